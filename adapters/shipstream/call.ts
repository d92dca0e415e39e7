import { z } from 'zod'
import { isStockpoolError, type StockpoolError } from '../../src/error.ts'
import { toBase64, withToken } from '../../src/http/index.ts'
import type { AdapterContext, Effect, HttpResponse, Limits, Token } from '../../src/spec/index.ts'
import { classify, rpcCode } from './errors.ts'
import type { Settings } from './options.ts'

export interface Call<T> {
  /** `order.info`. */
  readonly method: string
  readonly args: readonly unknown[]
  readonly effect: Effect
  readonly priority?: number
  /** Of the `result`. */
  readonly schema: z.ZodType<T>
}

/** What a call came to: `data` as its schema read it, `result` as it came. */
export interface Answer<T> {
  readonly data: T
  readonly result: unknown
  readonly headers: HttpResponse<unknown>['headers']
}

/** ShipStream documents no limit. All methods share one address, so they share one bucket. */
export const limitsFor = (requestsPerSecond: number): Limits => ({
  api: { rate: requestsPerSecond, burst: Math.max(1, Math.floor(requestsPerSecond * 2)) },
})

export const basicOf = ({ username, apiKey }: Pick<Settings, 'username' | 'apiKey'>) =>
  toBase64(Buffer.from(`${username}:${apiKey}`))

async function post<T>(
  context: AdapterContext,
  settings: Settings,
  rpc: {
    readonly method: 'login' | 'call'
    readonly params: readonly unknown[]
    readonly headers?: Record<string, string>
  },
  call: Pick<Call<T>, 'method' | 'effect' | 'priority' | 'schema'>,
): Promise<Answer<T>> {
  const { data, body, headers } = await context.http.request({
    operation: call.method,
    bucket: 'api',
    effect: call.effect,
    method: 'POST',
    url: settings.endpoint,
    headers: rpc.headers ?? {},
    json: { jsonrpc: '2.0', id: Math.floor(context.clock.now()), method: rpc.method, params: rpc.params },
    schema: z.object({ result: call.schema }),
    classify: classify(call.method),
    ...(call.priority === undefined ? {} : { priority: call.priority }),
  })
  return { data: data.result, result: (body as { readonly result?: unknown }).result, headers }
}

/** A session lasts 24 hours (docs.shipstream.io, API Basics). */
const sessionMs = 24 * 3_600_000

async function login(context: AdapterContext, settings: Settings): Promise<Token> {
  const params = [settings.username, settings.apiKey]
  const { data: value } = await post(
    context,
    settings,
    { method: 'login', params },
    { method: 'login', effect: 'idempotent', priority: 9, schema: z.string().min(1) },
  )
  return { value, expiresAt: context.clock.now() + sessionMs }
}

/** ShipStream says "Access denied" to a wrong key and to a role that lacks the method alike: a log-in tells which it is. */
async function explain(
  context: AdapterContext,
  settings: Settings,
  denial: StockpoolError,
): Promise<StockpoolError> {
  try {
    await login(context, settings)
    return denial
  } catch (thrown) {
    return isStockpoolError(thrown, 'auth') ? thrown : denial
  }
}

/** The one place that speaks to ShipStream: address, credentials, error table and limits. */
export async function send<T>(
  context: AdapterContext,
  settings: Settings,
  call: Call<T>,
): Promise<Answer<T>> {
  const withSession = (session: string | null, headers: Record<string, string> = {}) =>
    post(context, settings, { method: 'call', params: [session, call.method, call.args], headers }, call)
  try {
    if (settings.auth === 'basic')
      return await withSession(null, { authorization: `Basic ${basicOf(settings)}` })
    return await withToken(context, 'session', () => login(context, settings), withSession)
  } catch (thrown) {
    if (isStockpoolError(thrown, 'permission') && rpcCode(thrown) === 2)
      throw await explain(context, settings, thrown)
    throw thrown
  }
}

/**
 * The latest moment at which an answer is surely true by ShipStream's clock, and not after ours: its times have whole
 * seconds and are compared with this one, and a later moment than the true one would claim that an answer holds news
 * it cannot hold. `Date` is the time of the answer; the reading may be as old as the call took.
 */
export function momentOf(startedAt: number, endedAt: number, headers: Answer<unknown>['headers']): number {
  const date = Date.parse(headers.date ?? '')
  const began = Math.floor(startedAt)
  const theirs = Number.isFinite(date) ? date - Math.max(0, Math.ceil(endedAt) - began) : began
  return Math.floor(Math.min(began, theirs) / 1000) * 1000
}
