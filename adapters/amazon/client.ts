import type { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { clientCredentials, refreshTokenGrant, withToken } from '../../src/http/index.ts'
import type { AdapterContext, Effect, HttpResponse } from '../../src/spec/index.ts'
import { classify, classifyToken } from './errors.ts'
import { type AmazonBucket, throttleOf } from './limits.ts'
import type { Settings } from './options.ts'

export interface AmazonRequest<T> {
  readonly operation: AmazonBucket
  /** Where an operation is limited otherwise for some of its uses. Default: the operation's own. */
  readonly bucket?: AmazonBucket
  readonly effect: Effect
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** From the root, every segment percent-encoded (`segment`). */
  readonly path: string
  /** Lists go as one comma-separated value, as the models say. */
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>
  readonly json?: unknown
  readonly priority?: number
  /** Beside those that every call has. */
  readonly headers?: Readonly<Record<string, string>>
  /** `application`: a token of the application itself, without a seller, as the destinations of notifications want it. */
  readonly grant?: 'seller' | 'application'
  readonly schema: z.ZodType<T>
}

/**
 * One path segment, fully percent-encoded and once: an unencoded slash in a SKU is answered with a 403 that reads
 * like a missing role (amzn/selling-partner-api-models#4727).
 */
export function segment(value: string): string {
  if (/^\.{1,2}$/.test(value)) {
    throw new StockpoolError('invalid_input', `"${value}" cannot be part of an address`, { field: 'listing' })
  }
  return encodeURIComponent(value).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Sends one call of the Selling Partner API with a fresh access token; one forced refresh when the token is refused. */
export function send<T>(
  context: AdapterContext,
  settings: Settings,
  request: AmazonRequest<T>,
): Promise<HttpResponse<T>> {
  const bucket = request.bucket ?? request.operation
  const [name, renew] =
    request.grant === 'application'
      ? (['lwa-application', applicationToken(context, settings)] as const)
      : (['lwa', sellerToken(context, settings)] as const)
  return withToken(context, name, renew, (token) =>
    context.http.request({
      operation: request.operation,
      bucket,
      effect: request.effect,
      method: request.method,
      url: `${settings.endpoint}${request.path}`,
      query: Object.fromEntries(
        Object.entries(request.query ?? {}).map(([name, value]) => [
          name,
          typeof value === 'object' ? value.join(',') : value,
        ]),
      ),
      headers: {
        ...request.headers,
        'x-amz-access-token': token,
        'x-amz-date': basicDate(context.clock.now()),
        'user-agent': settings.userAgent,
      },
      ...(request.json === undefined ? {} : { json: request.json }),
      ...(request.priority === undefined ? {} : { priority: request.priority }),
      schema: request.schema,
      classify: classify(request.operation, bucket),
      throttle: throttleOf(bucket),
    }),
  )
}

const loginOf = (settings: Settings) => ({
  url: settings.tokenEndpoint,
  clientId: settings.clientId,
  clientSecret: settings.clientSecret,
  headers: { 'user-agent': settings.userAgent },
  operation: 'lwaToken',
  priority: 9,
  classify: classifyToken,
})

/** Amazon does not rotate the refresh token: the one in the options stays good. */
const sellerToken = (context: AdapterContext, settings: Settings) =>
  refreshTokenGrant(context, { ...loginOf(settings), refreshToken: settings.refreshToken })

/** Grantless: https://developer-docs.amazon.com/sp-api/docs/grantless-operations */
const applicationToken = (context: AdapterContext, settings: Settings) =>
  clientCredentials(context, { ...loginOf(settings), scope: 'sellingpartnerapi::notifications' })

/** A call, and what Amazon answered to it. */
export async function ask<T>(
  context: AdapterContext,
  settings: Settings,
  request: AmazonRequest<T>,
): Promise<T> {
  return (await send(context, settings, request)).data
}

/** `20260705T093000Z`, as the developer guide wants `x-amz-date`. */
function basicDate(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}
