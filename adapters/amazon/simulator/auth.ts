import {
  reply,
  type SeededRandom,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'
import { denied, failed } from './answers.ts'

export interface AmazonCredentials {
  readonly clientId: string
  readonly clientSecret: string
  readonly refreshToken: string
}

const tokenLifeMs = 3_600_000

/** Login with Amazon, and the check of its tokens. */
export class Auth {
  readonly #credentials: AmazonCredentials
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #tokens = new Map<string, number>()
  consented = true

  constructor(credentials: AmazonCredentials, clock: Clock, random: SeededRandom) {
    this.#credentials = credentials
    this.#clock = clock
    this.#random = random
  }

  /** POST /auth/o2/token */
  token(request: SimulatorRequest): SimulatorReply {
    const form = request.form()
    if (form.get('grant_type') !== 'refresh_token') {
      return refused(400, 'unsupported_grant_type', 'The authorization grant type is not supported')
    }
    const { clientId, clientSecret, refreshToken } = this.#credentials
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret) {
      return refused(401, 'invalid_client', 'Client authentication failed')
    }
    if (form.get('refresh_token') !== refreshToken || !this.consented) {
      return refused(400, 'invalid_grant', 'The request has an invalid grant parameter : refresh_token')
    }
    const token = `Atza|${this.#random.text(40)}`
    this.#tokens.set(token, this.#clock.now() + tokenLifeMs)
    return reply(200, {
      access_token: token,
      token_type: 'bearer',
      expires_in: tokenLifeMs / 1000,
      refresh_token: refreshToken,
    })
  }

  /** What Amazon says to a call without a good token; `null` when it has one. */
  check(request: SimulatorRequest): SimulatorReply | null {
    const agent = request.headers['user-agent'] ?? ''
    if (agent === '' || agent.length > 500) {
      return failed(400, 'InvalidInput', 'The User-Agent header is missing or longer than 500 characters.')
    }
    const token = request.headers['x-amz-access-token']
    if (token === undefined) return denied('', 'MissingAuthenticationToken')
    const expiresAt = this.#tokens.get(token)
    if (expiresAt === undefined)
      return denied('The access token you provided is revoked, malformed or invalid.')
    return expiresAt <= this.#clock.now() ? denied('The access token you provided has expired.') : null
  }

  revokeTokens(): void {
    this.#tokens.clear()
  }
}

function refused(status: number, error: string, description: string): SimulatorReply {
  return reply(status, { error, error_description: description })
}
