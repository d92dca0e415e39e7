import { type ErrorCode, StockpoolError } from '../../src/error.ts'
import type { AdapterContext, HttpAnswer, HttpRequest, HttpResponse, Limits } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'

/**
 * Lists take five calls a second; everything else is limited by EasyPost's load, without a figure
 * (docs.easypost.com/guides/rate-limiting-guide). Ten a second is our own manners; a 429 makes it fewer.
 */
export const limits: Limits = {
  index: { rate: 5, burst: 5, batch: 100 },
  api: { rate: 10, burst: 10 },
}

interface Row {
  readonly code: ErrorCode
  readonly message: string
  readonly remedy?: string
}

// docs.easypost.com/docs/errors
const table: Readonly<Record<number, Row>> = {
  401: {
    code: 'auth',
    message: 'EasyPost refused the key',
    remedy: 'Give a key that is enabled as `apiKey`.',
  },
  402: {
    code: 'rejected',
    message: 'EasyPost asks for payment',
    remedy: 'Renew the payment method in the EasyPost dashboard, then replay the job.',
  },
  403: { code: 'permission', message: 'the EasyPost key may not do this' },
  404: { code: 'not_found', message: 'EasyPost does not have it' },
  408: { code: 'unavailable', message: 'EasyPost gave up waiting' },
  429: { code: 'rate_limited', message: 'EasyPost asks for fewer calls' },
}

/** `TRACKER.CREATE.ERROR` and its like. The message is left out: it may quote what was sent. */
function wordOf({ body }: HttpAnswer): string | null {
  if (typeof body !== 'object' || body === null || !('error' in body)) return null
  const { error } = body
  if (typeof error === 'string') return error.slice(0, 80)
  if (typeof error !== 'object' || error === null || !('code' in error)) return null
  return typeof error.code === 'string' ? error.code.slice(0, 80) : null
}

/** The error table, asked for every answer. */
export function classify(answer: HttpAnswer): StockpoolError | null {
  const { status } = answer
  if (status < 400) return null
  const word = wordOf(answer)
  const row: Row = word?.startsWith('APIKEY.')
    ? (table[401] as Row)
    : (table[status] ?? {
        code: status >= 500 ? 'unavailable' : 'rejected',
        message: `EasyPost answered ${status}`,
      })
  return new StockpoolError(row.code, word === null ? row.message : `${row.message}: ${word}`, {
    remedy: row.remedy,
    details: { status, ...(word === null ? {} : { word }) },
  })
}

export interface Call<T>
  extends Pick<HttpRequest<T>, 'operation' | 'method' | 'effect' | 'query' | 'json' | 'schema'> {
  /** After the version: `/trackers`. */
  readonly path: string
  readonly bucket: keyof typeof limits & string
}

/** The one place that speaks to EasyPost. The key is the user name of Basic authentication, without a password. */
export function send<T>(
  context: AdapterContext,
  settings: Settings,
  call: Call<T>,
): Promise<HttpResponse<T>> {
  const { path, ...request } = call
  return context.http.request({
    ...request,
    url: settings.base + path,
    headers: { authorization: `Basic ${Buffer.from(`${settings.apiKey}:`).toString('base64')}` },
    classify,
  })
}
