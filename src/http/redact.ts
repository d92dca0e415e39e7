import { isStockpoolError, StockpoolError } from '../error.ts'
import type { Logger } from '../spec/context.ts'

const mask = '[redacted]'

/** Shorter values would blank out ordinary words. */
const shortestSecret = 4

/**
 * The first ones are the connections' own and stay; of later ones, which are tokens that come and go, the oldest is
 * forgotten, so that a process that refreshes tokens for years does not grow.
 */
const mostFirm = 200
const mostPassing = 500

/** What looks like a credential or a buyer's address, whether anybody registered it or not. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[\w.~+/=|-]{6,}/gi, `$1 ${mask}`],
  [
    /((?:access|refresh|id|auth|api|session)[_-]?(?:token|key)|client[_-]?secret|api[_-]?secret|password|x-amz-security-token|hmac|signature)(["']?\s*[=:]\s*["']?)[^\s"'&,;}\]]+/gi,
    `$1$2${mask}`,
  ],
  [
    /\b(?:shp(?:at|ca|pa|ss|ua|rt)_[\w-]{6,}|whsec_[\w+/=-]{6,}|Atz[ar]\|[\w|+/=-]{6,}|amzn1\.oa2-cs\.[\w.]+)/g,
    mask,
  ],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, mask],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, mask],
]

/** The one place that takes secrets out of text. Every log line, error message and event detail of a connection passes it. */
export interface Redactor {
  /** Remembers values that must never be shown. Also their URL-encoded and JSON-escaped forms. */
  add(...secrets: readonly (string | null | undefined)[]): void
  redact(text: string): string
  /** The same for every string in a value, keys included. Errors become their redacted message. */
  redactValue(value: unknown): unknown
}

function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    encodeURIComponent(secret).replaceAll('%20', '+'),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
  ]
}

export function createRedactor(...secrets: readonly string[]): Redactor {
  const firm = new Set<string>()
  const passing = new Set<string>()
  let matcher: RegExp | null = null

  const redactor: Redactor = {
    add(...added) {
      for (const secret of added) {
        if (typeof secret !== 'string' || secret.length < shortestSecret) continue
        if (firm.has(secret) || passing.has(secret)) continue
        if (firm.size < mostFirm) firm.add(secret)
        else {
          const oldest = passing.values().next()
          if (passing.size >= mostPassing && !oldest.done) passing.delete(oldest.value)
          passing.add(secret)
        }
        matcher = null
      }
    },
    redact(text) {
      if (matcher === null && firm.size > 0) {
        const forms = [...new Set([...firm, ...passing].flatMap(formsOf))].sort((a, b) => b.length - a.length)
        matcher = new RegExp(forms.map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g')
      }
      let clean = matcher === null ? text : text.replace(matcher, mask)
      for (const [pattern, replacement] of patterns) clean = clean.replace(pattern, replacement)
      return clean
    },
    redactValue: (value) => redactDeep(redactor, value, 0),
  }
  redactor.add(...secrets)
  return redactor
}

const deepest = 8
const secretName = /token|secret|password|authorization|api[_-]?key|cookie|signature|hmac/i

function redactDeep(redactor: Redactor, value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactor.redact(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= deepest) return mask
  if (value instanceof Error) {
    return isStockpoolError(value)
      ? redactDeep(redactor, value.toJSON(), depth + 1)
      : redactor.redact(value.message)
  }
  if (value instanceof Date) return value
  if (Array.isArray(value)) return value.map((entry) => redactDeep(redactor, entry, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      redactor.redact(key),
      typeof entry === 'string' && secretName.test(key) ? mask : redactDeep(redactor, entry, depth + 1),
    ]),
  )
}

/** The same error without anything secret in its message, remedy, details or cause. */
export function redactError(redactor: Redactor, error: StockpoolError): StockpoolError {
  const { code, field, retryAfterMs, retryable, remedy, details, cause } = error
  const clean = new StockpoolError(code, redactor.redact(error.message), {
    field,
    retryAfterMs,
    retryable,
    remedy: remedy === undefined ? undefined : redactor.redact(remedy),
    details: details === undefined ? undefined : (redactor.redactValue(details) as Record<string, unknown>),
    cause: cause === undefined ? undefined : redactCause(redactor, cause),
  })
  if (error.stack !== undefined) clean.stack = redactor.redact(error.stack)
  return clean
}

/** Errors of libraries carry whole requests in their members: only the text and the stack are kept. */
function redactCause(redactor: Redactor, cause: unknown): unknown {
  if (isStockpoolError(cause)) return redactError(redactor, cause)
  if (!(cause instanceof Error)) return redactor.redactValue(cause)
  const clean = new Error(redactor.redact(cause.message))
  clean.name = cause.name
  if (cause.stack !== undefined) clean.stack = redactor.redact(cause.stack)
  return clean
}

/** A logger that redacts every message and fact, and puts the connection's name to each line. */
export function redactingLogger(
  log: Logger,
  redactor: Redactor,
  facts: Readonly<Record<string, unknown>> = {},
): Logger {
  const line = (level: keyof Logger) => (message: string, more?: Readonly<Record<string, unknown>>) =>
    log[level](
      redactor.redact(message),
      redactor.redactValue({ ...facts, ...more }) as Record<string, unknown>,
    )
  return { debug: line('debug'), info: line('info'), warn: line('warn') }
}

/** Says nothing. */
export const silentLogger: Logger = { debug: () => {}, info: () => {}, warn: () => {} }
