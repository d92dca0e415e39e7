import {
  reply,
  type SimulatorKit,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'

const lifeSeconds = 86_399

const scope =
  'read_inventory,write_inventory,read_locations,read_products,read_orders,write_orders,read_merchant_managed_fulfillment_orders,write_merchant_managed_fulfillment_orders'

/** The app's access tokens. */
export class Tokens {
  readonly #kit: SimulatorKit
  readonly #app: { readonly accessToken: string; readonly clientId: string; readonly clientSecret: string }
  readonly #endsAt = new Map<string, number>()

  constructor(
    kit: SimulatorKit,
    app: { readonly accessToken: string; readonly clientId: string; readonly clientSecret: string },
  ) {
    this.#kit = kit
    this.#app = app
  }

  accepts(token: string | undefined): boolean {
    if (token === undefined) return false
    return token === this.#app.accessToken || (this.#endsAt.get(token) ?? 0) > this.#kit.clock.now()
  }

  /** `POST /admin/oauth/access_token`, as a form or as JSON. */
  grant(request: SimulatorRequest): SimulatorReply {
    const json = request.headers['content-type']?.includes('json') === true
    const given = json ? asRecord(request.json()) : Object.fromEntries(request.form())
    const { client_id, client_secret, grant_type } = given
    if (client_id !== this.#app.clientId || client_secret !== this.#app.clientSecret) {
      return reply(401, { error: 'invalid_client', error_description: 'The client credentials are invalid.' })
    }
    if (grant_type !== 'client_credentials') {
      return reply(400, { error: 'unsupported_grant_type', error_description: 'Use client_credentials.' })
    }
    const token = `shpat_${this.#kit.random.text(32, '0123456789abcdef')}`
    this.#endsAt.set(token, this.#kit.clock.now() + lifeSeconds * 1000)
    return reply(200, { access_token: token, scope, expires_in: lifeSeconds })
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
