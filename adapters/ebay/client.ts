import type { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { clientCredentials, refreshTokenGrant, withToken } from '../../src/http/index.ts'
import type { AdapterContext, Effect, HttpRequest, HttpResponse } from '../../src/spec/index.ts'
import { classify, classifyToken, hasErrorId } from './errors.ts'
import {
  type EbayBucket,
  type QuotaBucket,
  quotaNames,
  quotaOf,
  RateLimitsAnswer,
  throttleOf,
} from './limits.ts'
import type { Settings } from './options.ts'
import { signer } from './sign.ts'

/** Whose token a call carries: the seller's, the application's, or the seller's under Post-Order's own scheme. */
export type EbayAuth = 'user' | 'application' | 'iaf'

export interface EbayRequest<T> {
  /** eBay's name of the operation. */
  readonly operation: string
  readonly bucket: EbayBucket
  readonly effect: Effect
  readonly method: 'GET' | 'POST' | 'PUT'
  /** From the root, every segment percent-encoded (`segment`). */
  readonly path: string
  /** Default `user`. */
  readonly auth?: EbayAuth
  readonly query?: HttpRequest<unknown>['query']
  readonly json?: unknown
  /** Moves money: sellers of the EU and the UK must sign it, and for others eBay does not mind. */
  readonly signed?: boolean
  readonly priority?: number
  readonly schema: z.ZodType<T>
}

/** One path segment, percent-encoded once. @throws StockpoolError `invalid_input` */
export function segment(value: string): string {
  if (value === '' || /^\.{1,2}$/.test(value)) {
    throw new StockpoolError('invalid_input', `"${value}" cannot be part of an address`, { field: 'id' })
  }
  return encodeURIComponent(value)
}

const everything = 'https://api.ebay.com/oauth/api_scope'

const tokenClient = (settings: Settings) => ({
  url: `${settings.endpoint}/identity/v1/oauth2/token`,
  clientId: settings.clientId,
  clientSecret: settings.clientSecret,
  credentials: 'basic' as const,
  operation: 'token',
  priority: 9,
  classify: classifyToken,
})

/** The seller's token: every scope of the consent, as no `scope` asks for fewer. eBay does not rotate the refresh token. */
export const userToken = (context: AdapterContext, settings: Settings) =>
  refreshTokenGrant(context, { ...tokenClient(settings), refreshToken: settings.refreshToken })

const applicationToken = (context: AdapterContext, settings: Settings) =>
  clientCredentials(context, { ...tokenClient(settings), scope: everything })

/**
 * With a token of the seller or of the application. Two refusals mean that there is no better token: then a plain
 * "Access denied" is a missing scope, not an ended consent.
 */
export async function withEbayToken<T>(
  context: AdapterContext,
  settings: Settings,
  auth: EbayAuth,
  send: (token: string) => Promise<T>,
): Promise<T> {
  const own = auth === 'application'
  try {
    const refresh = own ? applicationToken(context, settings) : userToken(context, settings)
    return await withToken(context, own ? 'application' : 'user', refresh, send)
  } catch (error) {
    if (!isStockpoolError(error, 'auth') || !hasErrorId(error, 1100)) throw error
    throw new StockpoolError('permission', error.message, {
      remedy:
        'The consent lacks the scope of this call: let the seller consent again, with ebayConsentUrl().',
      details: error.details,
      cause: error,
    })
  }
}

/** Sends one REST call of eBay. */
export async function send<T>(
  context: AdapterContext,
  settings: Settings,
  request: EbayRequest<T>,
): Promise<HttpResponse<T>> {
  const {
    auth = 'user',
    path,
    signed,
    operation,
    bucket,
    effect,
    method,
    query,
    json,
    priority,
    schema,
  } = request
  const base = path.startsWith('/developer/key_management') ? settings.keyEndpoint : settings.endpoint
  return orWhen(context, settings, bucket, () =>
    withEbayToken(context, settings, auth, (token) =>
      context.http.request({
        operation,
        bucket,
        effect,
        method,
        url: `${base}${path}`,
        headers: {
          authorization: `${auth === 'iaf' ? 'IAF' : 'Bearer'} ${token}`,
          'x-ebay-c-marketplace-id': settings.marketplaceId,
        },
        schema,
        classify: classify(operation),
        ...(query === undefined ? {} : { query }),
        ...(json === undefined ? {} : { json }),
        ...(priority === undefined ? {} : { priority }),
        ...(signed ? signer(settings.signature) : {}),
      }),
    ),
  )
}

/** eBay's 429 often says nothing of when the quota begins anew: then getRateLimits does. */
export async function orWhen<T>(
  context: AdapterContext,
  settings: Settings,
  bucket: EbayBucket,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (!isStockpoolError(error, 'rate_limited') || error.retryAfterMs !== undefined) throw error
    const retryAfterMs =
      bucket in quotaNames ? await untilReset(context, settings, bucket as QuotaBucket) : null
    if (retryAfterMs === null) throw error
    const { message, remedy, details } = error
    throw new StockpoolError('rate_limited', message, { remedy, details, retryAfterMs, cause: error })
  }
}

async function untilReset(
  context: AdapterContext,
  settings: Settings,
  bucket: QuotaBucket,
): Promise<number | null> {
  try {
    const quota = await readQuota(context, settings, bucket)
    return quota !== null && quota.remaining < 1 ? Math.max(0, quota.resetAt - context.clock.now()) : null
  } catch {
    return null
  }
}

/** What is left of an API's quota. It goes through the API's own bucket, nearly free of charge, so that its answer corrects it. */
export async function readQuota(context: AdapterContext, settings: Settings, bucket: QuotaBucket) {
  const { body } = await withEbayToken(context, settings, 'application', (token) =>
    context.http.request({
      operation: 'getRateLimits',
      bucket,
      cost: 0.001,
      priority: 9,
      effect: 'read',
      method: 'GET',
      url: `${settings.endpoint}/developer/analytics/v1_beta/rate_limit/`,
      query: quotaNames[bucket],
      headers: { authorization: `Bearer ${token}` },
      schema: RateLimitsAnswer(),
      classify: classify('getRateLimits'),
      throttle: throttleOf(context.clock.now(), settings.quotaShare),
    }),
  )
  return quotaOf(body)
}
