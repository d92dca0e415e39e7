import {
  createHttpClient,
  createRedactor,
  type HttpEvent,
  redactingLogger,
  silentLogger,
  systemClock,
} from '../http/index.ts'
import type { Connection } from '../spec/connection.ts'
import type { AdapterContext, Clock, Logger, Memory, Remembered, Token, Tokens } from '../spec/context.ts'

export interface AdapterContextOptions {
  readonly clock?: Clock
  readonly log?: Logger
  /** One attempt's longest time, in real milliseconds. Default 5,000. */
  readonly fetchTimeoutMs?: number
  readonly maxAttempts?: number
  readonly signal?: AbortSignal
  /** The connection's name. Default: its kind. */
  readonly name?: string
  readonly on?: (event: HttpEvent) => void
  /** 0 up to 1: the jitter of retries. `() => 0` retries at once. */
  readonly random?: () => number
}

/**
 * What the hub hands to an adapter, without a hub: the real HTTP client with limits and retries, and tokens and what it remembers in memory.
 *
 * @example
 * const connection = acme({ endpoint: simulator.url, token: 'test' })
 * const page = await connection.orders.read(adapterContext(connection), { cursor: null })
 */
export function adapterContext(connection: Connection, options: AdapterContextOptions = {}): AdapterContext {
  const clock = options.clock ?? systemClock
  const redact = createRedactor(...connection.secrets())
  const name = options.name ?? connection.kind
  const log = redactingLogger(options.log ?? silentLogger, redact, { connection: name })
  const signal = options.signal ?? new AbortController().signal
  const http = createHttpClient({
    connection: name,
    hosts: connection.hosts,
    limits: connection.limits,
    clock,
    signal,
    log,
    redact,
    timeoutMs: options.fetchTimeoutMs ?? 5000,
    ...(options.maxAttempts === undefined ? {} : { maxAttempts: options.maxAttempts }),
    ...(options.on === undefined ? {} : { on: options.on }),
    ...(options.random === undefined ? {} : { random: options.random }),
  })
  const tokens = memoryTokens(clock, (value) => redact.add(value))
  return { http, clock, signal, tokens, memory: processMemory(clock), log }
}

const aheadMs = 60_000

/** Tokens of one process: each is refreshed once, however many ask at the same time. */
export function memoryTokens(clock: Clock = systemClock, secret: (value: string) => void = () => {}): Tokens {
  const held = new Map<string, Token>()
  const underWay = new Map<string, Promise<string>>()

  async function renew(name: string, refresh: (previous: Token | null) => Promise<Token>): Promise<string> {
    const token = await refresh(held.get(name) ?? null)
    secret(token.value)
    held.set(name, token)
    return token.value
  }

  return {
    get(name, refresh) {
      const token = held.get(name)
      if (token && (token.expiresAt === null || token.expiresAt - aheadMs > clock.now())) {
        return Promise.resolve(token.value)
      }
      const running = underWay.get(name)
      if (running) return running
      const started = renew(name, refresh).finally(() => underWay.delete(name))
      underWay.set(name, started)
      return started
    },
    async invalidate(name, value) {
      if (held.get(name)?.value === value) held.delete(name)
    },
  }
}

/** A memory that ends with the process. */
function processMemory(clock: Clock): Memory {
  const held = new Map<string, Remembered>()
  return {
    async recall(names) {
      return new Map(
        names.flatMap((name) => {
          const one = held.get(name)
          return one ? [[name, one] as const] : []
        }),
      )
    },
    async remember(learned) {
      for (const [name, value] of learned) {
        if (value === null) held.delete(name)
        else held.set(name, { value, at: clock.now() })
      }
    },
  }
}
