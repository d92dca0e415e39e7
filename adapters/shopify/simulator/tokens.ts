import { z } from 'zod'
import { hmacSha256, sameBytes, toHex } from '../../../src/http/index.ts'
import {
  reply,
  type SimulatorKit,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'

/** Seconds: of an app's own token, of an expiring offline one, and of its refresh token. */
const clientLife = 86_399
const accessLife = 3600
const refreshLife = 7_776_000

const scope =
  'read_inventory,write_inventory,read_locations,read_products,read_orders,write_orders,read_returns,write_returns,read_merchant_managed_fulfillment_orders,write_merchant_managed_fulfillment_orders'

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const idToken = 'urn:ietf:params:oauth:token-type:id_token'
const offlineToken = 'urn:shopify:params:oauth:token-type:offline-access-token'
const onlineToken = 'urn:shopify:params:oauth:token-type:online-access-token'

interface App {
  /** A token that is always taken. */
  readonly accessToken: string
  readonly clientId: string
  readonly clientSecret: string
  readonly shop: string
}

/** A chain of expiring offline tokens: an app has one for a shop. */
interface Chain {
  access: string
  refresh: string
  /** What was used last: it still holds until its replacement is used, in case an answer was lost (since 2026-08-28). */
  usedRefresh: string | null
  refreshEndsAt: number
}

const Grant = z.looseObject({
  client_id: z.string().optional(),
  client_secret: z.string().optional(),
  grant_type: z.string().optional(),
  code: z.string().optional(),
  refresh_token: z.string().optional(),
  subject_token: z.string().optional(),
  subject_token_type: z.string().optional(),
  requested_token_type: z.string().optional(),
  expiring: z.union([z.string(), z.number()]).optional(),
})
type Grant = z.infer<typeof Grant>

const wrong = (error: string, words: string) => reply(400, { error, error_description: words })

/** The app's access tokens, and every way to get one. */
export class Tokens {
  readonly #kit: SimulatorKit
  readonly #app: App
  /** Until when, in epoch milliseconds. */
  readonly #endsAt = new Map<string, number>()
  readonly #codes = new Set<string>()
  #chain: Chain | null = null

  constructor(kit: SimulatorKit, app: App) {
    this.#kit = kit
    this.#app = app
  }

  accepts(token: string | undefined): boolean {
    if (token === undefined) return false
    const taken = token === this.#app.accessToken || (this.#endsAt.get(token) ?? 0) > this.#kit.clock.now()
    // The replacement is in use: what it replaced is over.
    if (taken && this.#chain?.access === token) this.#chain.usedRefresh = null
    return taken
  }

  #issue(seconds: number | null): string {
    const token = `shpat_${this.#kit.random.text(32, '0123456789abcdef')}`
    const endsAt = seconds === null ? Number.POSITIVE_INFINITY : this.#kit.clock.now() + seconds * 1000
    this.#endsAt.set(token, endsAt)
    return token
  }

  /** What an installation by OAuth gives an app that asks for expiring tokens. */
  install(): unknown {
    return this.#begin(null).body
  }

  /** Ends every token of the installation, as removing the app does. */
  revoke(): void {
    this.#endsAt.clear()
    this.#chain = null
  }

  /** `GET /admin/oauth/authorize`: the merchant agrees at once. */
  authorize({ query }: SimulatorRequest): SimulatorReply {
    const target = query.get('redirect_uri') ?? ''
    if (query.get('client_id') !== this.#app.clientId || !URL.canParse(target))
      return reply(400, 'Oauth error invalid_request: The redirect_uri is not whitelisted')
    const code = this.#kit.random.text(32, '0123456789abcdef')
    this.#codes.add(code)
    const { shop, clientSecret } = this.#app
    const given = {
      code,
      host: Buffer.from(`admin.shopify.com/store/${shop}`).toString('base64url'),
      shop: `${shop}.myshopify.com`,
      state: query.get('state') ?? '',
      timestamp: String(Math.floor(this.#kit.clock.now() / 1000)),
    }
    const hmac = toHex(hmacSha256(clientSecret, new URLSearchParams(given).toString()))
    const url = new URL(target)
    for (const [name, value] of Object.entries({ ...given, hmac })) url.searchParams.set(name, value)
    return reply(302, undefined, { location: url.toString() })
  }

  /** `POST /admin/oauth/access_token`, as a form or as JSON. */
  grant(request: SimulatorRequest): SimulatorReply {
    const json = request.headers['content-type']?.includes('json') === true
    const parsed = Grant.safeParse(json ? request.json() : Object.fromEntries(request.form()))
    if (!parsed.success) return wrong('invalid_request', 'The request is malformed.')
    const given = parsed.data
    if (given.client_id !== this.#app.clientId || given.client_secret !== this.#app.clientSecret) {
      return reply(401, { error: 'invalid_client', error_description: 'The client credentials are invalid.' })
    }
    switch (given.grant_type) {
      case 'client_credentials':
        return reply(200, { access_token: this.#issue(clientLife), scope, expires_in: clientLife })
      case 'refresh_token':
        return this.#refresh(given.refresh_token ?? '')
      case exchange:
        return this.#exchange(given)
      case undefined:
      case 'authorization_code':
        if (!this.#codes.delete(given.code ?? ''))
          return wrong('invalid_request', 'The authorization code was not found or was already used')
        return this.#offline(given)
      default:
        return wrong('unsupported_grant_type', 'The grant type is not supported.')
    }
  }

  /** A token of the shop: an expiring one when asked for. */
  #offline({ expiring }: Grant): SimulatorReply {
    if (String(expiring ?? 0) !== '1') return reply(200, { access_token: this.#issue(null), scope })
    return this.#begin(null)
  }

  #begin(used: string | null): SimulatorReply {
    const now = this.#kit.clock.now()
    const chain: Chain = {
      access: this.#issue(accessLife),
      refresh: `shprt_${this.#kit.random.text(32, '0123456789abcdef')}`,
      usedRefresh: used,
      refreshEndsAt: now + refreshLife * 1000,
    }
    this.#chain = chain
    return reply(200, {
      access_token: chain.access,
      expires_in: accessLife,
      refresh_token: chain.refresh,
      refresh_token_expires_in: refreshLife,
      scope,
    })
  }

  #refresh(token: string): SimulatorReply {
    const chain = this.#chain
    const known = token !== '' && (token === chain?.refresh || token === chain?.usedRefresh)
    if (!known || chain.refreshEndsAt <= this.#kit.clock.now())
      return wrong('invalid_grant', 'This request requires an active refresh_token')
    return this.#begin(token)
  }

  #exchange(given: Grant): SimulatorReply {
    const { subject_token = '', subject_token_type, requested_token_type } = given
    if (subject_token_type === offlineToken) {
      if (!this.accepts(subject_token)) return wrong('invalid_subject_token', 'The token is not active')
      this.#endsAt.delete(subject_token)
      return this.#offline(given)
    }
    if (subject_token_type !== idToken || !this.#signed(subject_token))
      return wrong('invalid_subject_token', 'The session token is not valid')
    if (requested_token_type !== onlineToken) return this.#offline(given)
    const user = { id: 1, first_name: 'Sam', last_name: 'Staff', email: 'staff@example.com' }
    return reply(200, {
      access_token: this.#issue(clientLife),
      scope,
      expires_in: clientLife,
      associated_user_scope: scope,
      associated_user: {
        ...user,
        account_owner: true,
        locale: 'en',
        collaborator: false,
        email_verified: true,
      },
    })
  }

  /** Whether a session token (a JWT) is signed with the app's secret, and of this app and time. */
  #signed(token: string): boolean {
    const [head = '', claims = '', signature = ''] = token.split('.')
    const wanted = hmacSha256(this.#app.clientSecret, `${head}.${claims}`)
    if (!sameBytes(Buffer.from(signature, 'base64url'), wanted)) return false
    const read = z
      .object({ exp: z.number(), aud: z.string() })
      .safeParse(JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')))
    return (
      read.success && read.data.aud === this.#app.clientId && read.data.exp * 1000 > this.#kit.clock.now()
    )
  }
}
