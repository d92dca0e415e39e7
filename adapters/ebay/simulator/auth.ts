import {
  type RouteParams,
  reply,
  type SeededRandom,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'
import { accessError, failed, postOrderError } from './answers.ts'

export interface EbayCredentials {
  readonly clientId: string
  readonly clientSecret: string
  readonly refreshToken: string
}

/** What a call must carry. `trading` sends the seller's token in a header of its own, `iaf` in a scheme of its own. */
export type Needs = 'user' | 'application' | 'either' | 'iaf' | 'trading'

const lifeS = 7200
const refreshLifeS = 47_304_000

interface Held {
  readonly kind: 'user' | 'application'
  readonly expiresAt: number
}

/** eBay's token endpoint, and the check of its tokens. */
export class Auth {
  readonly #credentials: EbayCredentials
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #tokens = new Map<string, Held>()
  readonly #codes = new Set<string>()
  consented = true

  constructor(credentials: EbayCredentials, clock: Clock, random: SeededRandom) {
    this.#credentials = credentials
    this.#clock = clock
    this.#random = random
  }

  /** POST /identity/v1/oauth2/token */
  token(request: SimulatorRequest): SimulatorReply {
    const { clientId, clientSecret, refreshToken } = this.#credentials
    const expected = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
    if (request.headers.authorization !== expected)
      return refused(401, 'invalid_client', 'client authentication failed')
    const form = request.form()
    switch (form.get('grant_type')) {
      case 'client_credentials':
        return reply(200, { ...this.#issue('application'), token_type: 'Application Access Token' })
      case 'refresh_token':
        if (form.get('refresh_token') !== refreshToken || !this.consented)
          return refused(
            400,
            'invalid_grant',
            'the provided authorization refresh token is invalid or was issued to another client',
          )
        return reply(200, { ...this.#issue('user'), token_type: 'User Access Token' })
      case 'authorization_code': {
        const code = form.get('code') ?? ''
        if (!this.#codes.delete(code) || !form.get('redirect_uri'))
          return refused(
            400,
            'invalid_grant',
            'the provided authorization grant code is invalid or was issued to another client',
          )
        const more = {
          refresh_token: refreshToken,
          refresh_token_expires_in: refreshLifeS,
          token_type: 'User Access Token',
        }
        return reply(200, { ...this.#issue('user'), ...more })
      }
      default:
        return refused(
          400,
          'unsupported_grant_type',
          'grant type in request is not supported by the authorization server',
        )
    }
  }

  #issue(kind: Held['kind']) {
    const token = `v^1.1#i^1#p^3#f^0#t^${this.#random.text(48)}`
    this.#tokens.set(token, { kind, expiresAt: this.#clock.now() + lifeS * 1000 })
    return { access_token: token, expires_in: lifeS }
  }

  /** The seller consents: gives the code that the browser would bring back. */
  consent(): string {
    this.consented = true
    const code = `v^1.1#i^1#${this.#random.text(24)}`
    this.#codes.add(code)
    return code
  }

  /** Why a call's token is refused; `null` when it is good. */
  refusal(request: SimulatorRequest, needs: Needs): 'missing' | 'invalid' | 'expired' | 'denied' | null {
    const held = this.#held(request, needs)
    if (held === null) return 'missing'
    if (held === undefined) return 'invalid'
    if (held.expiresAt <= this.#clock.now()) return 'expired'
    const wanted = needs === 'either' ? held.kind : needs === 'application' ? 'application' : 'user'
    return held.kind === wanted ? null : 'denied'
  }

  #held(request: SimulatorRequest, needs: Needs): Held | null | undefined {
    if (needs === 'trading') {
      const token = request.headers['x-ebay-api-iaf-token']
      return token === undefined ? null : this.#tokens.get(token)
    }
    const match = /^(\w+) (.+)$/.exec(request.headers.authorization ?? '')
    if (match?.[2] === undefined) return null
    // Post-Order refuses Bearer (hendt/ebay-api#76), the others IAF.
    return match[1] === (needs === 'iaf' ? 'IAF' : 'Bearer') ? this.#tokens.get(match[2]) : undefined
  }

  /** What a REST call is answered without a good token. */
  check(request: SimulatorRequest, needs: Needs): SimulatorReply | null {
    const why = this.refusal(request, needs)
    if (why === null) return null
    if (needs === 'iaf') return postOrderError(401, 1301, 'The user is not authenticated.')
    // The Inventory API says so of a token that merely ended (hendt/ebay-api#148).
    if (why === 'denied' || (why === 'expired' && request.path.startsWith('/sell/inventory')))
      return accessError(403, 1100, 'Access denied')
    const message = why === 'missing' ? 'Missing access token' : 'Invalid access token'
    return failed(401, {
      errorId: why === 'missing' ? 1002 : 1001,
      domain: 'OAuth',
      category: 'REQUEST',
      message,
      longMessage: `${message}. Check the value of the Authorization HTTP request header.`,
    })
  }

  /** Every access token is refused from now on. */
  revokeTokens(): void {
    this.#tokens.clear()
  }
}

function refused(status: number, error: string, description: string): SimulatorReply {
  return reply(status, { error, error_description: description })
}

export const of = (params: RouteParams, name: string): string => params[name] ?? ''
