import { isStockpoolError, type StockpoolError } from '../error.ts'
import type {
  Clock,
  HttpAnswer,
  HttpClient,
  HttpRequest,
  HttpResponse,
  Limits,
  Logger,
  ThrottleReading,
} from '../spec/context.ts'
import { readAnswer, refusal } from './answer.ts'
import type { SharedBudget } from './budget.ts'
import { systemClock } from './clock.ts'
import {
  defaultError,
  errorOfFailure,
  knownError,
  type Label,
  located,
  retryAfterOf,
  TransportFailure,
} from './failure.ts'
import { createLimiter, type Ending, type Grant } from './limiter.ts'
import { bodyOf, prepare, signed } from './prepare.ts'
import { createRedactor, type Redactor, redactError, redactingLogger, silentLogger } from './redact.ts'
import type { Prepared, Transport } from './transport.ts'

/** What happens to requests, for tests, measurements and the hub's report. Nothing secret, no body. */
export type HttpEvent =
  | { readonly type: 'sent'; readonly operation: string; readonly attempt: number; readonly waitedMs: number }
  | {
      readonly type: 'answered'
      readonly operation: string
      readonly attempt: number
      readonly status: number
    }
  | {
      readonly type: 'failed'
      readonly operation: string
      readonly attempt: number
      readonly error: StockpoolError
      /** `null`: given up. */
      readonly retryInMs: number | null
    }

export interface HttpClientOptions {
  /** The connection's name in the hub; it begins every error message. */
  readonly connection: string
  /** The only hosts that may be called. */
  readonly hosts: readonly string[]
  readonly limits?: Limits
  /** Where the limits are kept when several processes share them. Default: each process has the limits for itself. */
  readonly budget?: SharedBudget
  readonly clock?: Clock
  /** Ends every wait and every request under way. */
  readonly signal?: AbortSignal
  readonly log?: Logger
  readonly redact?: Redactor
  /** One attempt's longest time, in real milliseconds. Default 30,000. */
  readonly timeoutMs?: number
  /** Attempts in all, the first one among them. Default 5. */
  readonly maxAttempts?: number
  /** Most requests under way at once. Default 10. */
  readonly concurrency?: number
  /** Longest wait for a limit, or for a server that asks to wait; beyond it `rate_limited` tells the caller when. Default 15 minutes. */
  readonly maxWaitMs?: number
  /** Default 32 MiB. */
  readonly maxResponseBytes?: number
  readonly userAgent?: string
  readonly on?: (event: HttpEvent) => void
  /** 0 up to 1, for the jitter of retries. Default `Math.random`. */
  readonly random?: () => number
}

/** The one HTTP client of a connection: every call of its adapter passes here. */
export interface ConnectionHttpClient extends HttpClient {
  /**
   * The same limits, connections and retries, ended by another signal as well. `beforeSending` is called when a request has
   * waited for everything and is about to leave: when it aborts the signal, nothing is sent.
   */
  withSignal(signal: AbortSignal, beforeSending?: () => void): HttpClient
  /** Closes kept connections. */
  close(): void
}

const firstBackoffMs = 500
const longestBackoffMs = 20_000

/** Who asks: what ends its requests, and what is called just before one leaves. */
interface Caller {
  readonly signal: AbortSignal
  readonly beforeSending?: (() => void) | undefined
}

/** Headers whose values are credentials, whatever the platform calls them. */
const secretHeader = /authorization|token|secret|api-key|apikey|cookie/
const secretField = /secret|token|password|assertion|^code$/

/**
 * @example
 * const http = createHttpClient({ connection: 'web', hosts: ['shop.example'], limits: { products: { rate: 2, burst: 4 } } })
 * const { data } = await http.request({ operation: 'products', effect: 'read', method: 'GET', url: 'https://shop.example/p', schema })
 */
export function createHttpClient(options: HttpClientOptions): ConnectionHttpClient {
  const clock = options.clock ?? systemClock
  const redact = options.redact ?? createRedactor()
  const log = redactingLogger(options.log ?? silentLogger, redact, { connection: options.connection })
  const random = options.random ?? Math.random
  const maxAttempts = Math.max(1, options.maxAttempts ?? 5)
  const maxWaitMs = options.maxWaitMs ?? 900_000
  const userAgent = options.userAgent ?? 'stockpool'
  const lifetime = options.signal ?? new AbortController().signal
  const emit = options.on ?? (() => {})
  const limiter = createLimiter({
    limits: options.limits ?? {},
    clock,
    concurrency: options.concurrency ?? 10,
    maxWaitMs,
    ...(options.budget === undefined ? {} : { budget: options.budget }),
  })
  // Loaded by the first request, node:https and axios with it.
  let transport: Promise<Transport> | undefined
  const openTransport = async (): Promise<Transport> => {
    const { createTransport } = await import('./transport.ts')
    return createTransport({
      timeoutMs: options.timeoutMs ?? 30_000,
      maxResponseBytes: options.maxResponseBytes ?? 32 * 1024 * 1024,
    })
  }

  function rememberSecrets(prepared: Prepared, request: HttpRequest<unknown>): void {
    for (const [name, value] of Object.entries(prepared.headers)) {
      if (secretHeader.test(name)) redact.add(value.replace(/^(?:bearer|basic)\s+/i, ''))
    }
    for (const [name, value] of Object.entries(request.form ?? {})) {
      if (secretField.test(name)) redact.add(value)
    }
  }

  async function attemptOnce<T>(
    request: HttpRequest<T>,
    prepared: Prepared,
    attempt: number,
    { signal, beforeSending }: Caller,
  ): Promise<HttpResponse<T>> {
    const { operation } = request
    const label: Label = { connection: options.connection, operation }
    // Before a place is taken: loading takes longer than requests may differ on their ways.
    transport ??= openTransport()
    const wire = await transport
    const startedAt = clock.now()
    let grant: Grant
    try {
      grant = await limiter.acquire({
        bucket: request.bucket,
        operation,
        cost: request.cost ?? 1,
        priority: request.priority ?? 5,
        signal,
      })
    } catch (error) {
      throw knownError(error, label, signal)
    }
    beforeSending?.()
    if (signal.aborted) {
      grant.end('unsent', null)
      throw knownError(signal.reason, label, signal)
    }
    emit({ type: 'sent', operation, attempt, waitedMs: clock.now() - startedAt })
    let reading: ThrottleReading | null = null
    let ending: Ending = 'unsent'
    try {
      const leaving = signed(prepared, request.sign, clock.now())
      ending = 'answered'
      const raw = await wire.send(leaving, signal)
      const answer: HttpAnswer = {
        status: raw.status,
        headers: raw.headers,
        body: bodyOf(raw),
      }
      emit({ type: 'answered', operation, attempt, status: answer.status })
      const error = request.classify?.(answer) ?? defaultError(answer)
      const retryAfterMs = error?.retryAfterMs ?? retryAfterOf(answer, clock)
      const told = request.throttle?.(answer) ?? null
      if (error?.code === 'rate_limited') {
        ending = 'refused'
        const waitMs = told?.retryAfterMs ?? retryAfterMs
        reading = waitMs === undefined ? told : { ...told, retryAfterMs: waitMs }
      } else reading = told
      if (error !== null) throw refusal(label, answer, error, request, told?.retryAfterMs ?? retryAfterMs)
      return {
        status: answer.status,
        headers: answer.headers,
        body: answer.body,
        data: readAnswer(label, answer, request),
      }
    } catch (error) {
      if (!(error instanceof TransportFailure)) throw error
      if (!error.sent) ending = 'unsent'
      throw located(label, null, errorOfFailure(error, request.effect))
    } finally {
      grant.end(ending, reading)
    }
  }

  async function request<T>(request: HttpRequest<T>, caller: Caller): Promise<HttpResponse<T>> {
    const { operation } = request
    const { signal } = caller
    const label: Label = { connection: options.connection, operation }
    let attempt = 0
    try {
      const prepared = prepare(request, options.hosts, userAgent)
      rememberSecrets(prepared, request)
      const once = () => {
        attempt += 1
        return attemptOnce(request, prepared, attempt, caller)
      }
      return await retrying(once, async (error) => {
        const waitMs = waitBefore(error, attempt)
        if (waitMs === null || !isStockpoolError(error)) return false
        emit({ type: 'failed', operation, attempt, error: redactError(redact, error), retryInMs: waitMs })
        log.info(`${operation} is tried again`, { attempt, waitMs, error })
        await clock.sleep(waitMs, signal)
        return true
      })
    } catch (thrown) {
      const error = redactError(redact, knownError(thrown, label, signal))
      emit({ type: 'failed', operation, attempt, error, retryInMs: null })
      throw error
    }
  }

  /** The first attempt costs nothing extra; p-retry is loaded when something has failed. */
  async function retrying<T>(
    once: () => Promise<T>,
    again: (error: unknown) => Promise<boolean>,
  ): Promise<T> {
    try {
      return await once()
    } catch (error) {
      if (maxAttempts < 2 || !(await again(error))) throw error
    }
    const { default: pRetry } = await import('p-retry')
    return pRetry(once, {
      retries: maxAttempts - 2,
      minTimeout: 0,
      // The wait itself is done here, on the connection's clock and by the server's word.
      shouldRetry: ({ error }) => again(error),
    })
  }

  /** Full jitter, unless the server said when; `null`: not again. */
  function waitBefore(error: unknown, failures: number): number | null {
    if (!isStockpoolError(error) || error.code === 'unknown_outcome' || !error.retryable) return null
    const backoff = random() * Math.min(longestBackoffMs, firstBackoffMs * 2 ** (failures - 1))
    if (error.retryAfterMs === undefined) return backoff
    // A little later than told, so that a crowd told the same does not come back in step.
    return error.retryAfterMs > maxWaitMs ? null : error.retryAfterMs + backoff / 10
  }

  const combined = (signal: AbortSignal) =>
    signal === lifetime ? signal : AbortSignal.any([lifetime, signal])
  return {
    request: (one) => request(one, { signal: lifetime }),
    withSignal: (signal, beforeSending) => {
      const caller = { signal: combined(signal), beforeSending }
      return { request: (one) => request(one, caller) }
    },
    close: () => void transport?.then((open) => open.close()),
  }
}
