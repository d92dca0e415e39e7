import { sameBytes } from '../../../src/http/index.ts'
import {
  reply,
  type SeededRandom,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'
import { signRequest } from '../sign.ts'
import { no, ok, seconds, wrong } from './answers.ts'

export interface TikTokCredentials {
  readonly appKey: string
  readonly appSecret: string
  readonly refreshToken: string
}

const accessLifeMs = 7 * 86_400_000
const refreshLifeMs = 365 * 86_400_000

/** The token endpoint of the other host, and the gate before every call. */
export class Auth {
  readonly #credentials: TikTokCredentials
  readonly #clock: Clock
  readonly #random: SeededRandom
  /** Whether an old refresh token dies when it is used. */
  readonly #strict: boolean
  readonly #access = new Map<string, number>()
  readonly #refresh: Set<string>
  /** Operations that the application has no scope for. */
  readonly denied = new Set<string>()

  constructor(credentials: TikTokCredentials, clock: Clock, random: SeededRandom, strict: boolean) {
    this.#credentials = credentials
    this.#clock = clock
    this.#random = random
    this.#strict = strict
    this.#refresh = new Set([credentials.refreshToken])
  }

  /** `GET /api/v2/token/get` and `…/refresh`. */
  token(request: SimulatorRequest, grant: 'authorized_code' | 'refresh_token'): SimulatorReply {
    const { query } = request
    if (
      query.get('app_key') !== this.#credentials.appKey ||
      query.get('app_secret') !== this.#credentials.appSecret
    )
      return no(36004003, 'invalid app_key or app_secret')
    if (query.get('grant_type') !== grant) return no(36004002, 'invalid grant_type')
    const given = query.get(grant === 'refresh_token' ? 'refresh_token' : 'auth_code') ?? ''
    if (grant === 'refresh_token' && !this.#refresh.has(given))
      return no(36004005, 'refresh token is invalid')
    if (grant === 'authorized_code' && given === '') return no(36004004, 'auth code is invalid')
    const now = this.#clock.now()
    const access = `TTP_${this.#random.text(40)}`
    const refresh = `TTP_${this.#random.text(40)}`
    this.#access.set(access, now + accessLifeMs)
    this.#refresh.add(refresh)
    if (this.#strict) this.#refresh.delete(given)
    return ok({
      access_token: access,
      access_token_expire_in: seconds(now + accessLifeMs),
      refresh_token: refresh,
      refresh_token_expire_in: seconds(now + refreshLifeMs),
      open_id: '7010736057180325637',
      seller_name: 'Simulated seller',
      seller_base_region: 'US',
      user_type: 0,
    })
  }

  /** What the gateway says to a call before it looks at it; `null`: it may pass. */
  check(request: SimulatorRequest, cipher: string | null): SimulatorReply | null {
    const { query, headers } = request
    const { appKey, appSecret } = this.#credentials
    if (query.get('app_key') !== appKey)
      return wrong("Invalid credentials. Invalid 'app_key' query parameter.")
    const timestamp = Number(query.get('timestamp') ?? Number.NaN)
    const now = this.#clock.now() / 1000
    // Whole seconds on their side, and time goes on while a request is under way.
    if (!(timestamp >= now - 301 && timestamp <= now + 31))
      return wrong("Invalid 'timestamp' query parameter.")
    const body = headers['content-type']?.startsWith('multipart/form-data')
      ? ''
      : request.raw.toString('utf8')
    const expected = signRequest(appSecret, { path: request.path, query, body })
    if (!sameBytes(query.get('sign') ?? '', expected)) return no(106001, 'Signature invalid.', 400)
    const token = headers['x-tts-access-token']
    if (token === undefined) return wrong("Invalid credentials. The 'x-tts-access-token' header is missing.")
    if ((this.#access.get(token) ?? 0) <= this.#clock.now())
      return no(105002, "Expired credentials. The 'x-tts-access-token' header is invalid or expired.", 401)
    if (this.denied.has(request.operation))
      return no(105005, 'Access denied. You should apply the auth package of this API.', 403)
    const given = query.get('shop_cipher')
    if (cipher === null)
      return given === null ? null : wrong("The 'shop_cipher' query parameter is not required by this API.")
    if (given === null) return no(106013, "Missing 'shop_cipher' query parameter.", 400)
    return given === cipher ? null : no(106011, 'Invalid shop_cipher', 400)
  }

  revokeAccess(): void {
    this.#access.clear()
  }

  /** The seller withdraws the authorisation. */
  revokeAll(): void {
    this.#access.clear()
    this.#refresh.clear()
  }
}

/** The label itself, which anybody may fetch who has its address. */
export const pdf = (name: string): SimulatorReply =>
  reply(200, Buffer.from(`%PDF-1.4 label of ${name}\n%%EOF`), { 'content-type': 'application/pdf' })
