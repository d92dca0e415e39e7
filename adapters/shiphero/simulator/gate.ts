import {
  reply,
  ServerBucket,
  type SimulatorKit,
  type SimulatorReply,
  type SimulatorRequest,
  SlidingWindow,
} from '../../../src/simulator/index.ts'

export interface Credits {
  readonly rate: number
  readonly burst: number
}

export interface GateOptions {
  readonly refreshToken: string
  readonly username: string
  readonly password: string
  readonly credits: Credits
  readonly requests: { readonly limit: number; readonly windowMs: number }
}

/** 28 days. */
const livesSeconds = 2_419_200

/** Tokens, credits and the cap on requests of one account. */
export class Gate {
  readonly bucket: ServerBucket
  readonly #kit: SimulatorKit
  readonly #options: GateOptions
  readonly #window: SlidingWindow
  readonly #tokens = new Map<string, number>()

  constructor(kit: SimulatorKit, options: GateOptions) {
    this.#kit = kit
    this.#options = options
    this.bucket = new ServerBucket(kit.clock, options.credits)
    this.#window = new SlidingWindow(kit.clock, options.requests)
  }

  /** `POST /auth/refresh` and `POST /auth/token`. */
  grant(request: SimulatorRequest): SimulatorReply {
    const body = (request.json() ?? {}) as Readonly<Record<string, unknown>>
    const { refreshToken, username, password } = this.#options
    const known = request.path.endsWith('/token')
      ? body.username === username && body.password === password
      : body.refresh_token === refreshToken
    if (!known) {
      return reply(403, { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' })
    }
    const token = `eyJ.${this.#kit.random.uuid()}.sim`
    this.#tokens.set(token, this.#kit.clock.now() + livesSeconds * 1000)
    const granted = {
      access_token: token,
      expires_in: livesSeconds,
      scope: 'offline_access',
      token_type: 'Bearer',
    }
    return reply(200, request.path.endsWith('/token') ? { ...granted, refresh_token: refreshToken } : granted)
  }

  /** A refusal before the query is looked at; `null`: come in. */
  refusal(request: SimulatorRequest): SimulatorReply | null {
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
    const until = this.#tokens.get(token)
    if (until === undefined || until <= this.#kit.clock.now()) return unauthorized()
    const taken = this.#window.take(token)
    if (taken.ok) return null
    return reply(
      429,
      { message: 'Too many requests' },
      { 'retry-after': String(Math.ceil(taken.retryAfterMs / 1000)) },
    )
  }

  /** Takes what a request may cost; the message of ShipHero's refusal when there is not enough. */
  charge(cost: number): { message: string; required: number; remaining: number; seconds: number } | null {
    if (cost <= this.bucket.burst && this.bucket.take('', cost).ok) return null
    const remaining = Math.floor(this.bucket.remaining())
    const seconds = Math.ceil((cost - this.bucket.remaining()) / this.bucket.rate)
    const what = `There are not enough credits to perform the requested operation, which requires ${cost} credits, but there are only ${remaining} left.`
    const when =
      cost > this.bucket.burst
        ? ` The most that one operation may require is ${this.bucket.burst}.`
        : ` In ${seconds} seconds you will have enough credits to perform the operation`
    return { message: what + when, required: cost, remaining, seconds }
  }
}

export const unauthorized = () =>
  reply(401, { code: 'token_invalid', description: 'Unable to parse or verify the token.' })
