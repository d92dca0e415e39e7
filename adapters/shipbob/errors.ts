import { type ErrorCode, StockpoolError } from '../../src/error.ts'
import type { HttpAnswer } from '../../src/spec/index.ts'
import { retryAfterMs } from './limits.ts'

interface Row {
  readonly code: ErrorCode
  readonly message: string
  readonly remedy?: string
}

// developer.shipbob.com/errors and /rate-limit; 422 is also ShipBob's word for a reference that exists.
const table: Readonly<Record<number, Row>> = {
  400: { code: 'rejected', message: 'ShipBob refused the request' },
  401: {
    code: 'auth',
    message: 'ShipBob refused the token',
    remedy: 'Make a new token in the portal (Integrations, API Tokens) and give it as `token`.',
  },
  403: {
    code: 'permission',
    message: 'the ShipBob token may not do this',
    remedy: 'Grant the scope, and check that `channelId` is a channel this token can write to.',
  },
  404: { code: 'not_found', message: 'ShipBob does not have it' },
  408: { code: 'unavailable', message: 'ShipBob gave up waiting' },
  409: { code: 'rejected', message: 'ShipBob reports a conflict' },
  422: { code: 'rejected', message: 'ShipBob could not process the request' },
  429: { code: 'rate_limited', message: 'ShipBob asks for fewer calls' },
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What ShipBob says about the request, in the three shapes it has: `{field: [text]}`, problem details, `{message}`. */
export function complaintsOf(body: unknown): { readonly field: string | null; readonly message: string }[] {
  if (!isRecord(body)) return []
  const nested = isRecord(body.errors) ? body.errors : body
  const fields = Object.entries(nested).flatMap(([field, texts]) =>
    Array.isArray(texts) && texts.every((each) => typeof each === 'string')
      ? texts.map((message: string) => ({ field: field === '' ? null : field, message }))
      : [],
  )
  if (fields.length > 0) return fields
  const words = [body.detail, body.message, body.title].filter((each) => typeof each === 'string')
  return words.slice(0, 1).map((message) => ({ field: null, message }))
}

// ShipBob echoes values ("'12 Elm St' is not a valid address"): what it quotes, and any email, may be the buyer's.
const withoutValues = (text: string) => text.replace(/"[^"]*"|(?<!\w)'[^']*'|\S+@\S+/g, '…').slice(0, 300)

const duplicate = /already exist|duplicate|must be unique|not unique|been used/i

/** Whether ShipBob says that the reference is taken. It does not document the words, so never decide by this alone. */
export function saysDuplicate(error: StockpoolError): boolean {
  return error.details?.duplicate === true
}

/**
 * The error table, asked for every answer. After a 5xx to a create (`once`), the HTTP client says `unknown_outcome` by
 * itself: gateways time out before ShipBob does (Jaal-Yantra-Textiles/v2#1225: every retry made another order).
 */
export function classify(answer: HttpAnswer): StockpoolError | null {
  const { status } = answer
  if (status < 400) return null
  const row: Row = table[status] ?? {
    code: status >= 500 ? 'unavailable' : 'rejected',
    message: `ShipBob answered ${status}`,
  }
  const complaints = row.code === 'rejected' ? complaintsOf(answer.body) : []
  const spoken = complaints.map(({ field, message }) =>
    withoutValues(field ? `${field}: ${message}` : message),
  )
  const field = complaints.find((each) => each.field !== null)?.field
  return new StockpoolError(row.code, [row.message, ...spoken].join('; '), {
    field: field ?? undefined,
    remedy:
      row.remedy ??
      (row.code === 'rejected' ? 'Correct what ShipBob names; repeating will not help.' : undefined),
    retryAfterMs: row.code === 'rate_limited' ? (retryAfterMs(answer) ?? 60_000) : undefined,
    details: {
      status,
      ...(complaints.some(({ message }) => duplicate.test(message)) ? { duplicate: true } : {}),
    },
  })
}
