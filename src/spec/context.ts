import type { z } from 'zod'
import type { StockpoolError } from '../error.ts'

/** Time, as the engine sees it. Tests and simulators put their own in its place. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Where an adapter says what it did. Every text passes the one redaction point; still never log a body. */
export interface Logger {
  debug(message: string, facts?: Readonly<Record<string, unknown>>): void
  info(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
}

/** A token bucket. `rate` tokens come back each second, up to `burst`. */
export interface Limit {
  readonly rate: number
  readonly burst: number
  /** Most rows one call may carry, where the platform sets a number. */
  readonly batch?: number
  /**
   * The platform publishes no number and tells none: `rate` and `burst` are where to begin, and the most. Each refusal halves
   * the pace, and answers bring it back little by little. Default `false`.
   */
  readonly adapts?: boolean
}

/** The rate limits of a platform by bucket name, as its documents state them; its headers correct them at run time. */
export type Limits = Readonly<Record<string, Limit>>

/** What a platform's answer said of its own bucket. Absent fields say nothing. */
export interface ThrottleReading {
  /** Tokens a second. */
  readonly rate?: number
  readonly burst?: number
  /**
   * Tokens left now. Fewer than the client believes are believed; more only beside `burst`, as then it is a bucket
   * that speaks, not the rest of a sliding window.
   */
  readonly remaining?: number
  /**
   * What the call truly cost, where the platform takes an estimate off before it and gives the rest back (Shopify's actual
   * query cost).
   */
  readonly spent?: number
  /** Milliseconds until the next call is welcome. */
  readonly retryAfterMs?: number
}

/**
 * Whether a request may be repeated when nobody knows if it took effect.
 * - `read`: changes nothing, repeat freely.
 * - `idempotent`: repeating it ends in the same state (absolute quantity, create with a unique reference).
 * - `once`: never repeated after it may have been sent; ends in `unknown_outcome`.
 */
export type Effect = 'read' | 'idempotent' | 'once'

/**
 * One call of a platform. What the client does with it: takes a token of its bucket, sends, asks `classify`, repeats where the
 * effect allows, and reads the answer through `schema`.
 * @example
 * const { data } = await context.http.request({
 *   operation: 'getOrders', effect: 'read', method: 'GET', url: 'https://api.acme.test/orders',
 *   query: { updatedAfter: '2026-07-01T00:00:00Z' }, schema: z.object({ orders: z.array(z.unknown()) }),
 * })
 */
export interface HttpRequest<T> {
  /** The platform's name of the operation; appears in logs and errors. */
  readonly operation: string
  /** The name of the token bucket in the connection's `limits`. Default: `operation`. */
  readonly bucket?: string
  /** Tokens this request costs. Default 1. */
  readonly cost?: number
  /** Higher goes first when several wait for one bucket. 0 to 9, default 5. */
  readonly priority?: number
  readonly effect: Effect
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Absolute, https; its host must be one of the connection's `hosts`. */
  readonly url: string
  /** `undefined` is left out; an array becomes a repeated parameter (join it yourself where commas are wanted). */
  readonly query?: Readonly<
    Record<string, string | number | boolean | readonly (string | number)[] | undefined>
  >
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, exactly once serialised: `null` members stay. */
  readonly json?: unknown
  /** Sent as application/x-www-form-urlencoded. */
  readonly form?: Readonly<Record<string, string>>
  /** Sent as it is, in UTF-8, under this content type: XML, a document, a body that was signed byte for byte. */
  readonly text?: { readonly content: string; readonly type: string }
  /**
   * Signs the request just before it leaves, each time it leaves: a signature that holds a time must not have waited for
   * a limit. The headers and query parameters that it answers are added.
   */
  readonly sign?: (sent: OutgoingRequest) => {
    readonly headers?: Readonly<Record<string, string>>
    readonly query?: Readonly<Record<string, string>>
  }
  /** How the answer's body is read. Default `json`: parsed when it is JSON, else the text. `bytes`: a `Uint8Array`, of a success. */
  readonly answer?: 'json' | 'bytes'
  /** What is read of the answer's body. Minimal and loose: members that are not named are dropped by the caller, never refused. */
  readonly schema: z.ZodType<T>
  /** The adapter's error table, asked for every answer, also for HTTP 200. `null`: a success. */
  readonly classify?: (answer: HttpAnswer) => StockpoolError | null
  /** Reads the platform's own word on its limits, asked for every answer. */
  readonly throttle?: (answer: HttpAnswer) => ThrottleReading | null
}

/** A request that is about to leave, as `sign` sees it. */
export interface OutgoingRequest {
  readonly method: string
  /** With its query, as it will be sent but for what `sign` adds. */
  readonly url: URL
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** The very bytes, as text; `''` without a body. */
  readonly body: string
  /** Epoch milliseconds, by the connection's clock. */
  readonly at: number
}

/** An answer as it came over the line, whatever its status. */
export interface HttpAnswer {
  /** The HTTP status, 100 to 599. */
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown
}

/** A successful answer, read through the schema of its request. */
export interface HttpResponse<T> extends Omit<HttpAnswer, 'body'> {
  /** What the schema made of the body. */
  readonly data: T
  /** The body as it came, for the unified object's `raw`. */
  readonly body: unknown
}

/** Limited, retried, schema-checked. An adapter classifies; this one place retries, and the server's word wins. */
export interface HttpClient {
  /** @throws StockpoolError only. */
  request<T>(request: HttpRequest<T>): Promise<HttpResponse<T>>
}

/**
 * An access token, or a refresh token, as the platform gave it.
 * @example const token: Token = { value: answer.access_token, expiresAt: context.clock.now() + answer.expires_in * 1000 }
 */
export interface Token {
  /** Secret: the redaction is told of it before anybody uses it. */
  readonly value: string
  /** Epoch milliseconds; `null`: does not expire. */
  readonly expiresAt: number | null
}

/**
 * Access tokens, kept in the store (encrypted when a key is given) and refreshed once for all processes, ahead of
 * their end. A rotated refresh token is stored before the new access token is used.
 */
export interface Tokens {
  /** The current token's value; calls `refresh` when there is none or it ends within a minute. `refresh` gets the stored token, if any. */
  get(name: string, refresh: (previous: Token | null) => Promise<Token>): Promise<string>
  /** Forgets a token the platform refused, if it is still the current one. */
  invalidate(name: string, value: string): Promise<void>
}

/** What was remembered under a name, and when, in epoch milliseconds. */
export interface Remembered {
  readonly value: string
  readonly at: number
}

/**
 * What an adapter has learned of its platform and would else ask again, kept in the store for all processes: the ids of a SKU's
 * offers, say. Neither encrypted nor redacted, so never a secret or anything of a buyer; and it may be gone or out of date at any
 * time, so nothing that could not be asked again. What is not remembered anew for 90 days is let go.
 * @example
 * const known = await context.memory.recall(['offers/MUG'])
 * await context.memory.remember(new Map([['offers/MUG', '["123"]'], ['offers/CUP', null]]))
 */
export interface Memory {
  /** What is known by these names; names of which nothing is are absent. */
  recall(names: readonly string[]): Promise<ReadonlyMap<string, Remembered>>
  /** Remembers each value under its name; `null` forgets it. */
  remember(learned: ReadonlyMap<string, string | null>): Promise<void>
}

/** What the engine hands to every call of an adapter. An adapter holds no state of its own. */
export interface AdapterContext {
  readonly http: HttpClient
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly tokens: Tokens
  readonly memory: Memory
  readonly log: Logger
}
