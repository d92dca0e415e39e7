import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { refuse, type SimulatorKit } from '../../../src/simulator/index.ts'
import { shownBy, type World } from './world.ts'

const ListingControl = z.object({
  sku: z.string().min(1),
  title: z.string().optional(),
  gtin: z.string().optional(),
  quantity: z.int().min(0).nullable().default(0),
  /** Default: by the quantity. */
  availability: z.string().optional(),
})

const CheckoutControl = z.strictObject({
  lines: z.array(z.object({ sku: z.string(), quantity: z.int().min(1) })).min(1),
  coupon: z.string().optional(),
  /** The endpoint that the seller entered in Commerce Manager. */
  url: z.url().default('https://shop.example/checkout'),
  from: z.enum(['facebook', 'instagram', 'meta_shops']).default('instagram'),
  /** Also of an item that the catalogue shows as sold out: buyers keep carts for days. */
  force: z.boolean().default(false),
})

const SubscribeControl = z.strictObject({ url: z.url(), verifyToken: z.string().optional() })

const TokenControl = z.strictObject({
  valid: z.boolean().optional(),
  expiresAt: z.int().min(0).optional(),
  dataAccessExpiresAt: z.int().min(0).optional(),
  scopes: z.array(z.string()).optional(),
})

const ShopControl = z.strictObject({ facebook: z.string().optional(), instagram: z.string().optional() })

const DeletionControl = z.strictObject({ userId: z.string().default('218471') })

/** What Meta's people, shoppers and sellers do, as `POST /_simulator/<name>`. */
export function controls(
  world: World,
  kit: SimulatorKit,
  facts: { readonly appSecret: string; readonly verifyToken: string },
): Record<string, (body: unknown) => unknown> {
  return {
    listings(body) {
      world.settle()
      const { sku, title, gtin, quantity, availability } = ListingControl.parse(body)
      const word = availability ?? ((quantity ?? 0) > 0 ? 'in stock' : 'out of stock')
      world.put(sku, title ?? sku, word, quantity, gtin)
      return { listing: sku, place: '' }
    },
    'listings/delete'(body) {
      const { sku } = z.strictObject({ sku: z.string() }).parse(body)
      return { deleted: world.remove(sku) }
    },
    /** A shopper taps "Go to checkout" on Facebook or Instagram: gives the address to which Meta sends them. */
    checkout(body) {
      world.settle()
      const { lines, coupon, url, from, force } = CheckoutControl.parse(body)
      for (const { sku } of lines) {
        const item = world.items.get(sku)
        if (!item) refuse(404, { error: 'not_found', sku })
        else if (!force && shownBy(item) === 0) refuse(409, { error: 'sold_out', sku })
      }
      const products = lines.map(({ sku, quantity }) => `${sku}:${quantity}`).join(',')
      const query = [
        ['products', products],
        ...(coupon === undefined ? [] : [['coupon', coupon]]),
        ['cart_origin', from],
        ['fbclid', `PA${kit.random.text(24)}`],
      ]
      const text = query.map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`).join('&')
      return { url: `${url}${url.includes('?') ? '&' : '?'}${text}` }
    },
    /** Somebody enters a webhook's address in the App Dashboard: Meta asks it first, and only then sends to it. */
    async 'webhooks/verify'(body) {
      const { url, verifyToken = facts.verifyToken } = SubscribeControl.parse(body)
      const challenge = kit.random.text(10, '123456789')
      const asked = new URL(url)
      asked.searchParams.set('hub.mode', 'subscribe')
      asked.searchParams.set('hub.challenge', challenge)
      asked.searchParams.set('hub.verify_token', verifyToken)
      const answer = await fetch(asked, { signal: kit.signal })
      const text = await answer.text()
      if (answer.status !== 200 || text !== challenge) {
        return refuse(400, { error: 'not_verified', status: answer.status })
      }
      return { subscription: kit.webhooks.subscribe({ url }) }
    },
    /** Something happens that Meta tells the app of. */
    happen(body) {
      const { object, field } = z
        .strictObject({ object: z.string().default('page'), field: z.string().default('feed') })
        .parse(body)
      const time = Math.floor(kit.clock.now() / 1000)
      const id = kit.random.text(15, '123456789')
      kit.webhooks.send({
        topic: object,
        body: { object, entry: [{ id, time, changes: [{ field, value: {} }] }] },
      })
      return { subject: id }
    },
    /** A person asks that their data be deleted: gives the form that Meta posts to the app. */
    deletion(body) {
      const { userId } = DeletionControl.parse(body)
      return { form: signedRequest(facts.appSecret, userId, kit.clock.now()) }
    },
    token(body) {
      const { valid, expiresAt, dataAccessExpiresAt, scopes } = TokenControl.parse(body)
      if (valid !== undefined) world.tokenValid = valid
      if (expiresAt !== undefined) world.tokenExpiresAt = Math.floor(expiresAt / 1000)
      if (dataAccessExpiresAt !== undefined)
        world.dataAccessExpiresAt = Math.floor(dataAccessExpiresAt / 1000)
      if (scopes !== undefined) world.scopes = scopes
      return {}
    },
    shop(body) {
      const { facebook, instagram } = ShopControl.parse(body)
      world.channels = {
        facebook: facebook ?? world.channels.facebook,
        instagram: instagram ?? world.channels.instagram,
      }
      return {}
    },
    /** Meta forgets a batch's handle. */
    'batches/forget'() {
      world.settle()
      world.batches.clear()
      return {}
    },
  }
}

/** Signs a request to delete data as Meta does: `signed_request=<signature>.<payload>`, both base64url. */
export function signedRequest(appSecret: string, userId: string, at: number): string {
  const payload = Buffer.from(
    JSON.stringify({ algorithm: 'HMAC-SHA256', issued_at: Math.floor(at / 1000), user_id: userId }),
  ).toString('base64url')
  const signature = createHmac('sha256', appSecret).update(payload).digest('base64url')
  return new URLSearchParams({ signed_request: `${signature}.${payload}` }).toString()
}

/** GET /_simulator/state */
export function stateOf(world: World) {
  world.settle()
  return {
    listings: [...world.items.values()].map((item) => ({
      sku: item.retailerId,
      listing: item.retailerId,
      place: '',
      quantity: shownBy(item),
      availability: item.availability,
      number: item.quantity,
    })),
    // There are none, and no way to make one.
    orders: [],
    batches: [...world.batches.values()].map(({ handle, outcome, rows, failures }) => ({
      handle,
      outcome,
      rows: rows.length,
      failures,
    })),
  }
}
