import { afterEach, expect, it } from 'vitest'
import { amazon } from '../../adapters/amazon/index.ts'
import { startAmazonSimulator } from '../../adapters/amazon/simulator/index.ts'
import { type CheckedCart, checkoutHandler, meta } from '../../adapters/meta/index.ts'
import { startMetaSimulator } from '../../adapters/meta/simulator/index.ts'
import { shopify } from '../../adapters/shopify/index.ts'
import { startShopifySimulator } from '../../adapters/shopify/simulator/index.ts'
import { createHub, sqlite } from '../../src/index.ts'
import { acceleratedClock, type RunningSimulator } from '../../src/simulator/index.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

interface Shown {
  readonly listings: readonly {
    readonly sku: string
    readonly quantity: number
    readonly availability?: string
  }[]
}
const shownBy = (simulator: RunningSimulator, sku = 'MUG') =>
  (simulator.state() as Shown).listings.find((each) => each.sku === sku)?.quantity

/** A web shop, a marketplace and a window on Facebook and Instagram, over one pool of MUG and CUP. */
async function setUp(stock: number) {
  const clock = acceleratedClock(600)
  const web = await startShopifySimulator({ clock })
  const market = await startAmazonSimulator({ clock, pendingMs: 0, settlingMs: 0 })
  const social = await startMetaSimulator({ clock })
  closing.push(web.close, market.close, social.close)
  const hub = createHub({
    store: sqlite(':memory:'),
    clock,
    connections: { web: shopify(web.options), market: amazon(market.options), social: meta(social.options) },
  })
  closing.push(() => hub.close())
  const put = { sku: 'MUG', title: 'Red mug', quantity: 0 }
  const { listing, variant } = await web.control<{ listing: string; variant: string }>('listings', put)
  await market.control('listings', put)
  // The catalogue has the item by Shopify's own content id, sold out as yet.
  await social.control('listings', { ...put, sku: 'shopify_US_1_44001' })
  await hub.items.put({ sku: 'MUG', title: 'Red mug' })
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing })
  await hub.listings.link({ sku: 'MUG', connection: 'market', listing: 'MUG' })
  await hub.listings.link({ sku: 'MUG', connection: 'social', listing: 'shopify_US_1_44001' })
  await hub.stock.receive('MUG', stock, { location: 'main', key: 'po-1' })

  const settled = async (quantity: number) => {
    for (let round = 0; round < 40; round += 1) {
      await hub.sync()
      const numbers = [shownBy(web), shownBy(market), shownBy(social, 'shopify_US_1_44001')]
      if (numbers.every((each) => each === quantity)) return
      await clock.sleep(5_000)
    }
    expect([shownBy(web), shownBy(market), shownBy(social, 'shopify_US_1_44001')]).toEqual([
      quantity,
      quantity,
      quantity,
    ])
  }
  /** What the merchant mounts at the shop's checkout URL: Shopify's cart permalink, with where the buyer came from. */
  const checkout = checkoutHandler({
    stock: {
      item: async (id) => {
        const linked = await hub.listings.get({ connection: 'social', listing: id })
        return linked && { sku: linked.sku, units: linked.units }
      },
      available: async (sku) => (await hub.stock.get(sku)).available,
    },
    redirect: ({ checked, source }: CheckedCart) => {
      const [line] = checked
      if (!line || line.buyable === 0) return 'https://my-shop.example/pages/sold-out'
      const cart = `${variant.split('/').at(-1)}:${line.buyable}`
      return `https://my-shop.example/cart/${cart}?attributes[cart_origin]=${source ?? ''}`
    },
  })
  /** A shopper on Instagram or Facebook goes to the checkout, and buys what it lets them. */
  const buy = async (from: 'instagram' | 'facebook', quantity: number, force = false) => {
    const lines = [{ sku: 'shopify_US_1_44001', quantity }]
    const tapped = await social.control<{ url: string }>('checkout', { lines, from, force })
    const answer = await checkout(new Request(tapped.url))
    const landing = new URL(answer.headers.get('location') ?? '')
    const [, bought] = /\/cart\/\d+:(\d+)/.exec(landing.pathname) ?? []
    if (bought === undefined) return landing.pathname
    const origin = landing.searchParams.get('attributes[cart_origin]') ?? ''
    const { order } = await web.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG', quantity: Number(bought) }],
      attributes: { cart_origin: origin },
      visit: { landingPage: landing.href },
    })
    return order
  }
  return { hub, settled, buy, web, market, social }
}

it('an Instagram buyer pays on the web shop: counted once, told by its source, and shown less everywhere', async () => {
  const { hub, settled, buy, social } = await setUp(10)
  await settled(10)

  const order = await buy('instagram', 3)
  await settled(7)
  await settled(7)
  const { orders } = await hub.orders.list()
  expect(orders.map(({ id, connection, source }) => ({ id, connection, source }))).toEqual([
    { id: order, connection: 'web', source: 'instagram' },
  ])
  expect(await hub.stock.get('MUG')).toMatchObject({ available: 7, reserved: 3 })
  expect((await hub.stock.movements('MUG')).filter(({ to }) => to.bucket === 'reserved')).toHaveLength(1)
  expect((await hub.drift()).differences).toEqual([])

  // More than there is, although the catalogue showed it a moment ago: what there is goes into the cart.
  await buy('facebook', 9)
  await settled(0)
  expect((social.state() as Shown).listings[0]?.availability).toBe('out of stock')
  expect((await hub.orders.list()).orders.map(({ source }) => source).sort()).toEqual([
    'facebook',
    'instagram',
  ])

  // A cart kept for days: the checkout looks at the stock of this moment.
  expect(await buy('instagram', 1, true)).toBe('/pages/sold-out')
  expect((await hub.stock.verify()).ok).toBe(true)
}, 60_000)

it('asking the window for its orders says since when there are none, and where they are', async () => {
  const { hub } = await setUp(1)
  const untyped = hub.orders as unknown as { list(query: { connection: string }): Promise<unknown> }
  await expect(untyped.list({ connection: 'social' })).rejects.toMatchObject({
    code: 'unsupported',
    message: 'social (meta) has no orders since 2026-10-27: Meta removed its order API from every version',
    remedy: expect.stringContaining('Connect the web shop'),
  })
})
