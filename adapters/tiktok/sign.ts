import { hmacSha256, toHex } from '../../src/http/index.ts'
import type { OutgoingRequest } from '../../src/spec/index.ts'

/** What of a request is signed. */
export interface Signed {
  /** The path as it goes out, from the root. */
  readonly path: string
  /** Decoded, in any order; `sign` and `access_token` among them are passed over. */
  readonly query: Iterable<readonly [string, string]>
  /** The very bytes that are sent, as text; `''` without a body. */
  readonly body: string
}

/**
 * The text that is signed, without the secret around it: to compare with what Partner Center's own tool makes of a
 * request, when TikTok calls a signature wrong.
 */
export function stringToSign({ path, query, body }: Signed): string {
  // The access token takes no part (volcengine article 1465204: "signature is invalid" when it does).
  const parameters = [...query].filter(([name]) => name !== 'sign' && name !== 'access_token')
  parameters.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
  return path + parameters.map(([name, value]) => name + value).join('') + body
}

/**
 * The signature of a request (partner.tiktokshop.com, "Sign your API request"): HMAC-SHA256 in lower-case hex, for upper
 * case is refused (fudiwei/DotNetCore.SKIT.FlurlHttpClient.ByteDance#37).
 * @example signRequest('app_secret', { path: '/test-api', query: [['foo', 'bar']], body: '' }) // 'd3cb7fe1…'
 */
export function signRequest(secret: string, signed: Signed): string {
  return toHex(hmacSha256(secret, secret, stringToSign(signed), secret))
}

/** Signs a request as it leaves: TikTok takes a time from 5 minutes ago to 30 seconds ahead. */
export function signer(appKey: string, secret: string) {
  return ({ url, body, at }: OutgoingRequest) => {
    const timestamp = String(Math.floor(at / 1000))
    const query = [...url.searchParams, ['app_key', appKey], ['timestamp', timestamp]] as const
    const sign = signRequest(secret, { path: url.pathname, query: query.map(pair), body })
    return { query: { app_key: appKey, timestamp, sign } }
  }
}

const pair = ([name = '', value = '']: readonly string[]) => [name, value] as const

/** The signature of a webhook: over the app key and the raw body, by the app secret. */
export function signWebhook(appKey: string, secret: string, body: string | Uint8Array): string {
  return toHex(hmacSha256(secret, appKey, body))
}
