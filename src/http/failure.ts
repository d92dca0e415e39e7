import type { ErrorCode } from '../error.ts'
import { isStockpoolError, StockpoolError } from '../error.ts'
import type { Clock, Effect, HttpAnswer } from '../spec/context.ts'

/** Where platforms put the id that their support asks for. */
const requestIdHeaders = [
  'x-amzn-requestid',
  'x-request-id',
  'x-correlation-id',
  'x-trace-id',
  'request-id',
  'cf-ray',
]

export function requestIdOf(answer: Pick<HttpAnswer, 'headers'>): string | undefined {
  for (const name of requestIdHeaders) {
    const value = answer.headers[name]
    if (value !== undefined && value !== '') return value.slice(0, 128)
  }
  return undefined
}

/** What a request is called in every error and log line about it. */
export interface Label {
  readonly connection: string
  readonly operation: string
}

/** Adds what support needs to find the call: the operation, the status, the platform's id. Never a body, never a URL. */
export function located(label: Label, answer: HttpAnswer | null, error: StockpoolError): StockpoolError {
  const requestId = answer === null ? undefined : requestIdOf(answer)
  const where = [
    answer === null ? null : `HTTP ${answer.status}`,
    requestId === undefined ? null : `request ${requestId}`,
  ].filter((part) => part !== null)
  const subject = error.message.includes(label.operation) ? '' : `${label.operation}: `
  const place = where.length === 0 ? '' : ` (${where.join(', ')})`
  const { code, field, remedy, retryable, retryAfterMs, cause } = error
  return new StockpoolError(code, `${label.connection}: ${subject}${error.message}${place}`, {
    field,
    remedy,
    retryable,
    retryAfterMs,
    cause,
    details: {
      ...error.details,
      ...label,
      ...(answer === null ? {} : { status: answer.status }),
      ...(requestId === undefined ? {} : { requestId }),
    },
  })
}

/** Whatever ended a request, as the error its caller gets. */
export function knownError(thrown: unknown, label: Label, signal: AbortSignal): StockpoolError {
  if (isStockpoolError(thrown))
    return thrown.details?.operation === undefined ? located(label, null, thrown) : thrown
  if (signal.aborted) return located(label, null, new StockpoolError('aborted', 'stopped by the caller'))
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return located(label, null, new StockpoolError('internal', message, { cause: thrown }))
}

const byStatus: Readonly<Record<number, readonly [ErrorCode, string, string]>> = {
  400: ['rejected', 'the platform says the request is wrong', 'correct the data; repeating will not help'],
  401: ['auth', 'the platform refused the credential', 'renew the credential, then resume the connection'],
  403: [
    'permission',
    'the credential lacks a permission',
    'grant the scope or role that this operation needs',
  ],
  404: ['not_found', 'the platform knows no such thing', 'check the id, and that it belongs to this account'],
  408: ['unavailable', 'the platform gave up waiting', 'it is retried by itself'],
  409: ['conflict', 'the platform reports a conflict with its present state', 'read the present state first'],
  422: ['rejected', 'the platform understood and said no', 'correct the data; repeating will not help'],
  425: ['unavailable', 'the platform is not ready', 'it is retried by itself'],
  429: ['rate_limited', 'the platform asked for fewer calls', 'it is retried by itself'],
}

/** What a status means when the adapter's own table says nothing; `null` for 2xx. */
export function defaultError(answer: HttpAnswer): StockpoolError | null {
  const { status } = answer
  if (status >= 200 && status < 300) return null
  const known = byStatus[status]
  if (known) return new StockpoolError(known[0], known[1], { remedy: known[2] })
  if (status >= 500) {
    return new StockpoolError('unavailable', 'the platform is in trouble', {
      remedy: 'it is retried by itself',
    })
  }
  if (status >= 300 && status < 400) {
    return new StockpoolError('rejected', 'the platform sends the call elsewhere, which is not followed', {
      remedy: 'check the endpoint of this connection',
    })
  }
  return new StockpoolError('rejected', 'the platform said no', { remedy: 'repeating will not help' })
}

/** Milliseconds the server asks to wait: `Retry-After` in seconds or as a date, or one of its common relatives. */
export function retryAfterOf(answer: Pick<HttpAnswer, 'headers'>, clock: Clock): number | undefined {
  const { headers } = answer
  const exact = Number(headers['retry-after-ms'] ?? Number.NaN)
  if (Number.isFinite(exact) && exact >= 0) return exact
  const text = (headers['retry-after'] ?? headers['x-retry-after'])?.trim()
  if (text === undefined || text === '') return undefined
  const seconds = Number(text)
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1000 : undefined
  const until = Date.parse(text)
  if (Number.isNaN(until)) return undefined
  // Two clocks differ; the server's own, if it shows it, is the one its date was made by.
  const serverNow = Date.parse(headers.date ?? '')
  return Math.max(0, until - (Number.isNaN(serverNow) ? clock.now() : serverNow))
}

/** Codes under which a request surely never left. */
const neverSent =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ENETDOWN|EPROTO|CERT_\w+|ERR_TLS_\w+|ERR_SSL_\w+|UNABLE_TO_\w+|DEPTH_ZERO_\w+|SELF_SIGNED_\w+|HOSTNAME_MISMATCH)$/
const certificate = /^(?:CERT_|ERR_TLS_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/

export type FailureKind = 'timeout' | 'network' | 'too_large' | 'aborted'

/** A request that ended without a usable answer. `sent`: whether the server may have seen it. */
export class TransportFailure extends Error {
  readonly kind: FailureKind
  readonly sent: boolean
  readonly code: string

  constructor(kind: FailureKind, code: string, connected: boolean) {
    super(code)
    this.kind = kind
    this.code = code
    this.sent = connected && !neverSent.test(code)
  }
}

export function unknownOutcome(message: string, cause?: unknown): StockpoolError {
  return new StockpoolError('unknown_outcome', message, {
    remedy: 'look the effect up before repeating it',
    cause,
  })
}

/** What a broken-off request means for its caller. A `once` that may have arrived is never plainly a failure. */
export function errorOfFailure(failure: TransportFailure, effect: Effect): StockpoolError {
  const doubtful = failure.sent && effect === 'once'
  switch (failure.kind) {
    case 'aborted':
      return doubtful
        ? unknownOutcome('stopped after it was sent')
        : new StockpoolError('aborted', 'stopped by the caller')
    case 'timeout':
      return doubtful
        ? unknownOutcome('sent, but not answered in time')
        : new StockpoolError('unavailable', 'not answered in time', { remedy: 'it is retried by itself' })
    case 'too_large':
      return new StockpoolError('invalid_input', 'the answer is larger than allowed', {
        field: 'body',
        remedy: 'ask for fewer rows a page, or raise maxResponseBytes',
        details: { sent: true },
      })
    case 'network':
      if (doubtful) return unknownOutcome(`sent, but the connection broke: ${failure.code}`)
      if (certificate.test(failure.code)) {
        return new StockpoolError(
          'unavailable',
          `the server's certificate was not accepted: ${failure.code}`,
          {
            remedy: "check the endpoint, this machine's clock and its certificate authorities",
            retryable: false,
          },
        )
      }
      return new StockpoolError('unavailable', `no connection: ${failure.code}`, {
        remedy: 'it is retried by itself',
      })
  }
}
