import type { z } from 'zod'
import { hmacSha256, toHex } from '../../src/http/index.ts'
import type { AdapterContext, Effect } from '../../src/spec/index.ts'
import { classify } from './errors.ts'
import { type MetaBucket, throttleOf } from './limits.ts'
import type { Settings } from './options.ts'

export interface GraphRequest<T> {
  readonly operation: string
  readonly bucket: MetaBucket
  readonly effect: Effect
  readonly method: 'GET' | 'POST'
  /** Behind the version, without a slash before it: `1017309634048260/products`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly json?: unknown
  readonly priority?: number
  readonly schema: z.ZodType<T>
}

/**
 * Proves that the caller knows the app's secret, so that a stolen token alone is worth nothing
 * (docs/graph-api/guides/secure-requests): lower-case hex of HMAC-SHA256 over the token.
 */
export function appSecretProof(accessToken: string, appSecret: string): string {
  return toHex(hmacSha256(appSecret, accessToken))
}

/** Sends one call of the Graph API. The one place of this adapter from which calls leave. */
export async function send<T>(
  settings: Settings,
  context: AdapterContext,
  request: GraphRequest<T>,
): Promise<T> {
  const { accessToken, appSecret, endpoint, version } = settings
  const proof = appSecret === undefined ? {} : { appsecret_proof: appSecretProof(accessToken, appSecret) }
  const { data, headers } = await context.http.request({
    operation: request.operation,
    bucket: request.bucket,
    effect: request.effect,
    method: request.method,
    url: `${endpoint}/${version}/${request.path}`,
    query: { ...request.query, ...proof },
    // Not in the address, where Meta takes it too: it would come back in the links to further pages.
    headers: { authorization: `Bearer ${accessToken}` },
    ...(request.json === undefined ? {} : { json: request.json }),
    ...(request.priority === undefined ? {} : { priority: request.priority }),
    schema: request.schema,
    classify,
    throttle: throttleOf(request.bucket),
  })
  // A version that Meta no longer serves answers as the oldest one it does: this header is the only sign.
  const served = headers['facebook-api-version']
  if (served !== undefined && served !== version) {
    context.log.warn('Meta served another version of the Graph API than asked for', {
      asked: version,
      served,
    })
  }
  return data
}
