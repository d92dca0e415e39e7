import { reply, type SimulatorReply } from '../../../src/simulator/index.ts'

/** TikTok's envelope. `request_id` is added where the answer leaves. */
export const ok = (data: unknown = {}): SimulatorReply => reply(200, { code: 0, message: 'Success', data })

/** A refusal of the business: HTTP 200, the code tells. */
export const no = (code: number, message: string, status = 200): SimulatorReply =>
  reply(status, { code, message, data: null })

export const wrong = (message: string): SimulatorReply => no(36009004, message, 400)
export const noOrder = () => no(25007006, 'The order does not exist.')

const words: Readonly<Record<number, readonly [number, string]>> = {
  400: [36009004, 'invalid param error'],
  401: [105002, 'Expired credentials. The `x-tts-access-token` header is expired.'],
  403: [105005, 'Access denied. You should apply the auth package of this API.'],
  404: [36009009, 'Invalid path.'],
  429: [36009002, 'Too many requests. You have made too many requests in a short period of time.'],
}

/** What a fault of this status looks like. */
export function documented(status: number): SimulatorReply {
  const [code, message] = words[status] ?? [36009003, 'Internal error. Please try again.']
  return no(code, message, status)
}

export const seconds = (ms: number) => Math.floor(ms / 1000)

/** One page of rows sorted by a time, oldest first or last, and the token of the next. */
export function paged<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  query: URLSearchParams,
  sizes: { readonly least: number; readonly most: number; readonly usual: number },
): { readonly page: readonly Row[]; readonly next: string } | null {
  const size = Number(query.get('page_size') ?? sizes.usual)
  if (!Number.isInteger(size) || size < sizes.least || size > sizes.most) return null
  const descending = query.get('sort_order') === 'DESC'
  const sorted = [...rows].sort(
    (one, other) => keyOf(one).localeCompare(keyOf(other)) * (descending ? -1 : 1),
  )
  const token = query.get('page_token')
  const after = token === null || token === '' ? null : Buffer.from(token, 'base64url').toString('utf8')
  if (after !== null && !/^\d{12}\//.test(after)) return null
  const left = sorted.filter(
    (row) => after === null || (descending ? keyOf(row) < after : keyOf(row) > after),
  )
  const page = left.slice(0, size)
  const last = page.at(-1)
  const more = left.length > page.length && last !== undefined
  return { page, next: more ? Buffer.from(keyOf(last)).toString('base64url') : '' }
}

/** Sorts by time, then by id. */
export const keyFrom = (at: number, id: string) => `${String(seconds(at)).padStart(12, '0')}/${id}`

export const asObject = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

export const asStrings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : []
