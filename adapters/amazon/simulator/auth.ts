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

/** A token is of a seller, or of the application itself. */
export type Grant = 'seller' | 'application'

const tokenLifeMs = 3_600_000

/** Login with Amazon, and the check of its tokens. */
export class Auth {
  readonly #credentials: AmazonCredentials
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #tokens = new Map<string, { readonly grant: Grant; readonly endsAt: number }>()
  consented = true

  constructor(credentials: AmazonCredentials, clock: Clock, random: SeededRandom) {
    this.#credentials = credentials
    this.#clock = clock
    this.#random = random
  }

  /** POST /auth/o2/token */
  token(request: SimulatorRequest): SimulatorReply {
    const form = fieldsOf(request)
    const grantless = form.get('grant_type') === 'client_credentials'
    if (form.get('grant_type') !== 'refresh_token' && !grantless) {
      return refused(400, 'unsupported_grant_type', 'The authorization grant type is not supported')
    }
    const { clientId, clientSecret, refreshToken } = this.#credentials
    if (form.get('client_id') !== clientId || form.get('client_secret') !== clientSecret) {
      return refused(401, 'invalid_client', 'Client authentication failed')
    }
    if (grantless) {
      const scope = form.get('scope')
      if (scope !== 'sellingpartnerapi::notifications')
        return refused(400, 'invalid_scope', 'The requested scope is invalid, unknown, or malformed')
      const access_token = this.#issue('application')
      return reply(200, { access_token, scope, token_type: 'bearer', expires_in: tokenLifeMs / 1000 })
    }
    if (form.get('refresh_token') !== refreshToken || !this.consented) {
      return refused(400, 'invalid_grant', 'The request has an invalid grant parameter : refresh_token')
    }
    return reply(200, {
      access_token: this.#issue('seller'),
      token_type: 'bearer',
      expires_in: tokenLifeMs / 1000,
      refresh_token: refreshToken,
    })
  }

  #issue(grant: Grant): string {
    const token = `Atza|${this.#random.text(40)}`
    this.#tokens.set(token, { grant, endsAt: this.#clock.now() + tokenLifeMs })
    return token
  }

  /** What Amazon says to a call without a good token; `null` when it has one. */
  check(request: SimulatorRequest, grant: Grant = 'seller'): SimulatorReply | null {
    const agent = request.headers['user-agent'] ?? ''
    if (agent === '' || agent.length > 500) {
      return failed(400, 'InvalidInput', 'The User-Agent header is missing or longer than 500 characters.')
    }
    const token = request.headers['x-amz-access-token']
    if (token === undefined) return denied('', 'MissingAuthenticationToken')
    const known = this.#tokens.get(token)
    if (known === undefined) return denied('The access token you provided is revoked, malformed or invalid.')
    if (known.endsAt <= this.#clock.now()) return denied('The access token you provided has expired.')
    return known.grant === grant ? null : denied()
  }

  revokeTokens(): void {
    this.#tokens.clear()
  }
}

/** Login with Amazon takes a form, and JSON as well, which amazon-sp-api sends. */
function fieldsOf(request: SimulatorRequest): URLSearchParams {
  if (!request.raw.toString('utf8').trimStart().startsWith('{')) return request.form()
  const given = Object.entries(request.json() as Readonly<Record<string, unknown>>)
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]))
}

function refused(status: number, error: string, description: string): SimulatorReply {
  return reply(status, { error, error_description: description })
}
