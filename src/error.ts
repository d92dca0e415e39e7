/**
 * Every failure that stockpool reports is a `StockpoolError` with one of these codes.
 *
 * | code | meaning | what to do |
 * |---|---|---|
 * | `invalid_input` | a value given to stockpool, or sent by a platform, breaks its schema | correct `field`; see `remedy` |
 * | `not_found` | an SKU, listing, location, connection or order that nobody has made | create or link it first |
 * | `conflict` | the same key was used before with another body | use a new key, or repeat the old body |
 * | `insufficient` | a guarded take found too little stock; `details.short` names each SKU | order less, or wait |
 * | `unsupported` | the connection cannot do this (its facet or method is absent) | see `remedy` |
 * | `auth` | the platform refused the credential | renew it, then `hub.connections.resume()` |
 * | `permission` | the credential is good, but lacks a scope or a role | grant it |
 * | `rate_limited` | the platform asked for fewer calls; `retryAfterMs` says when | retried by itself |
 * | `unavailable` | 5xx, a refused or a broken connection before anything was sent | retried by itself |
 * | `unknown_outcome` | sent, but no answer: the effect may or may not have happened | looked up before any retry |
 * | `rejected` | the platform understood and said no | read `message`; it will not pass by repeating |
 * | `signature` | a webhook's signature is wrong, stale or absent | check the secret |
 * | `database` | the store cannot be read or written | see `cause` |
 * | `database_too_new` | the store was written by a later stockpool | upgrade stockpool |
 * | `lease_lost` | another worker took over this duty | nothing: the other one goes on |
 * | `aborted` | the caller's signal, or `stop()` | |
 * | `internal` | a bug in stockpool or an adapter | report it |
 */
export type ErrorCode =
  | 'invalid_input'
  | 'not_found'
  | 'conflict'
  | 'insufficient'
  | 'unsupported'
  | 'auth'
  | 'permission'
  | 'rate_limited'
  | 'unavailable'
  | 'unknown_outcome'
  | 'rejected'
  | 'signature'
  | 'database'
  | 'database_too_new'
  | 'lease_lost'
  | 'aborted'
  | 'internal'

/** What an error is made with beside its code and message. Nothing of it may hold a secret or buyer data. */
export interface StockpoolErrorInit {
  /** The path of the offending value, such as `lines.0.quantity`. */
  readonly field?: string | undefined
  /** One sentence that says how to put it right. */
  readonly remedy?: string | undefined
  /** Facts for programs. Never secrets, never buyer data. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
  /** Milliseconds after which a repeat is welcome. */
  readonly retryAfterMs?: number | undefined
  /** Overrides what the code alone says about retrying. */
  readonly retryable?: boolean | undefined
  readonly cause?: unknown
}

const marker = Symbol.for('stockpool.error')
const retryableCodes: ReadonlySet<ErrorCode> = new Set(['rate_limited', 'unavailable', 'unknown_outcome'])

/**
 * The one error class of stockpool. Recognise it with `isStockpoolError`, which also works across two copies
 * of the package.
 *
 * @example
 * try {
 *   await hub.stock.reserve(…)
 * } catch (error) {
 *   if (isStockpoolError(error, 'insufficient')) offerWaitingList(error.details)
 *   else throw error
 * }
 */
export class StockpoolError extends Error {
  override readonly name = 'StockpoolError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly field: string | undefined
  readonly remedy: string | undefined
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, init: StockpoolErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause })
    this.code = code
    this.retryable = init.retryable ?? retryableCodes.has(code)
    this.field = init.field
    this.remedy = init.remedy
    this.details = init.details
    this.retryAfterMs = init.retryAfterMs
    Object.defineProperty(this, marker, { value: true })
  }

  /** A plain object for logs and job rows: code, message, field, remedy, details; no stack, no cause. */
  toJSON(): Record<string, unknown> {
    const { code, message, retryable, field, remedy, details, retryAfterMs } = this
    return { code, message, retryable, field, remedy, details, retryAfterMs }
  }
}

/** Whether a value is a `StockpoolError` (of the given code, if one is given), from any copy of the package. */
export function isStockpoolError(value: unknown, code?: ErrorCode): value is StockpoolError {
  if (typeof value !== 'object' || value === null || !(marker in value)) return false
  return code === undefined || (value as { code?: unknown }).code === code
}

/** Wraps whatever was thrown: a `StockpoolError` passes unchanged, everything else becomes `internal`. */
export function toStockpoolError(thrown: unknown): StockpoolError {
  if (isStockpoolError(thrown)) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new StockpoolError('internal', message, { cause: thrown })
}
