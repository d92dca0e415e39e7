import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../error.ts'
import type { AdapterContext, HttpAnswer, Token } from '../spec/context.ts'

/**
 * Sends with the current token. When the platform refuses it, it is refreshed once and the call repeated once; a
 * second refusal is the caller's.
 *
 * @example
 * withToken(context, 'lwa', refresh, (token) => context.http.request({ …, headers: { 'x-amz-access-token': token } }))
 */
export async function withToken<T>(
  context: Pick<AdapterContext, 'tokens'>,
  name: string,
  refresh: (previous: Token | null) => Promise<Token>,
  send: (token: string) => Promise<T>,
): Promise<T> {
  const token = await context.tokens.get(name, refresh)
  try {
    return await send(token)
  } catch (error) {
    if (!isStockpoolError(error, 'auth')) throw error
    await context.tokens.invalidate(name, token)
  }
  return send(await context.tokens.get(name, refresh))
}

export interface OAuthClient {
  /** The token endpoint. */
  readonly url: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scope?: string
  /** Where the credentials go. Default: in the form. */
  readonly credentials?: 'form' | 'basic'
  /** Further form fields. */
  readonly fields?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  /** Default `oauth.token`; names the bucket too. */
  readonly operation?: string
  /** As in `HttpRequest`. */
  readonly priority?: number
  /** The platform's own table of errors. Default: RFC 6749, 5.2. */
  readonly classify?: (answer: HttpAnswer) => StockpoolError | null
}

export interface RefreshTokenClient extends OAuthClient {
  readonly refreshToken: string
}

type Context = Pick<AdapterContext, 'http' | 'clock'>

/** A refresh function for `withToken`: OAuth 2.0 client credentials (RFC 6749, 4.4). */
export function clientCredentials(context: Context, client: OAuthClient): () => Promise<Token> {
  return () => grant(context, client, { grant_type: 'client_credentials' })
}

/** A refresh function for `withToken`: OAuth 2.0 refresh token (RFC 6749, 6), for refresh tokens that do not rotate. */
export function refreshTokenGrant(context: Context, client: RefreshTokenClient): () => Promise<Token> {
  return () => grant(context, client, { grant_type: 'refresh_token', refresh_token: client.refreshToken })
}

// Made when needed: building a schema costs milliseconds at import.
const tokenAnswer = () =>
  z.object({
    access_token: z.string().min(1),
    expires_in: z.coerce.number().positive().optional(),
  })

async function grant(
  context: Context,
  client: OAuthClient,
  fields: Readonly<Record<string, string>>,
): Promise<Token> {
  const basic = client.credentials === 'basic'
  const { data } = await context.http.request({
    operation: client.operation ?? 'oauth.token',
    effect: 'idempotent',
    method: 'POST',
    url: client.url,
    headers: basic ? { ...client.headers, authorization: basicAuth(client) } : (client.headers ?? {}),
    form: {
      ...fields,
      ...(basic ? {} : { client_id: client.clientId, client_secret: client.clientSecret }),
      ...(client.scope === undefined ? {} : { scope: client.scope }),
      ...client.fields,
    },
    ...(client.priority === undefined ? {} : { priority: client.priority }),
    schema: tokenAnswer(),
    classify: client.classify ?? classifyGrant,
  })
  // From the moment of the answer, not of the question: a token is never thought to live longer than it does by more
  // than the answer's way back, and it is renewed a minute ahead.
  const expiresAt = data.expires_in === undefined ? null : context.clock.now() + data.expires_in * 1000
  return { value: data.access_token, expiresAt }
}

/** RFC 6749, 2.3.1: both halves are form-encoded before they are joined. */
function basicAuth({ clientId, clientSecret }: OAuthClient): string {
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+')
  return `Basic ${Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')}`
}

const byCode: Readonly<Record<string, readonly [string, string]>> = {
  invalid_grant: [
    'the refresh token or grant is expired or revoked',
    'authorise the application again and give the new token',
  ],
  invalid_client: [
    'the client id or secret is wrong',
    'check the client id and secret; a rotated secret must be replaced',
  ],
  unauthorized_client: [
    'this application may not use this grant',
    "check the application's settings at the platform",
  ],
  access_denied: ['the platform denied access', 'authorise the application again'],
}

/** RFC 6749, 5.2. `auth` stops the connection, so only a plain no of the platform is one. */
function classifyGrant(answer: HttpAnswer): StockpoolError | null {
  if (answer.status < 400 || answer.status >= 500 || answer.status === 429 || answer.status === 408)
    return null
  const body: unknown = answer.body
  const code =
    typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string'
      ? body.error
      : undefined
  const known = code === undefined ? undefined : byCode[code]
  if (known) return new StockpoolError('auth', known[0], { remedy: known[1], details: { oauthError: code } })
  if (code === 'invalid_scope') {
    return new StockpoolError('permission', 'the platform does not grant this scope', {
      field: 'scope',
      remedy: "add the scope to the application's settings",
    })
  }
  if (answer.status === 401 || answer.status === 403) {
    return new StockpoolError('auth', 'the token endpoint refused the credential', {
      remedy: 'check the client id, the secret and the token',
    })
  }
  return null
}
