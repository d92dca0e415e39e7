import { RpcError } from './rpc.ts'

type Row = Readonly<Record<string, unknown>>
type Filter = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const plain = (value: unknown) => (value === null || value === undefined ? '' : String(value))

const number = (value: unknown) => (/^-?\d+(\.\d+)?$/.test(plain(value)) ? Number(value) : null)
function compare(one: unknown, other: unknown): number {
  const [a, b] = [number(one), number(other)]
  if (a !== null && b !== null) return a - b
  return plain(one) < plain(other) ? -1 : plain(one) > plain(other) ? 1 : 0
}

/** Milliseconds by which a zone's wall clock is ahead of UTC at a moment. */
function offsetOf(at: number, timeZone: string): number {
  const wall = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(
    at,
  )
  return Date.parse(`${wall.replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000
}

/** A wall-clock time in the merchant's zone; of an hour that the clock shows twice the later one, which finds less. */
export function fromWallClock(text: string, timeZone: string): number {
  const at = Date.parse(`${text.trim().replace(' ', 'T')}Z`)
  if (!Number.isFinite(at)) throw new RpcError(101, `Invalid filters given. "${text}" is no date.`)
  const hours = [-12, 12].map((each) => at - offsetOf(at + each * 3_600_000, timeZone))
  const fits = hours.filter((each) => each + offsetOf(each, timeZone) === at)
  return Math.max(...(fits.length > 0 ? fits : hours))
}

function bound(filter: Filter, name: 'from' | 'to', timeZone: string): number {
  const text = plain(filter[name])
  if (filter.datetime) return fromWallClock(text, timeZone)
  return fromWallClock(`${text.slice(0, 10)} ${name === 'from' ? '00:00:00' : '23:59:59'}`, timeZone)
}

const listed = (value: unknown) => (Array.isArray(value) ? value.map(plain) : [])

// docs.shipstream.io, Search Filters.
function matches(value: unknown, filter: unknown, timeZone: string): boolean {
  if (!isRecord(filter)) return plain(value) === plain(filter)
  return Object.entries(filter).every(([name, wanted]) => {
    switch (name) {
      case 'eq':
        return plain(value) === plain(wanted)
      case 'neq':
        return plain(value) !== plain(wanted)
      case 'starts':
        return plain(value).startsWith(plain(wanted))
      case 'gt':
        return compare(value, wanted) > 0
      case 'lt':
        return compare(value, wanted) < 0
      case 'gteq':
        return compare(value, wanted) >= 0
      case 'lteq':
        return compare(value, wanted) <= 0
      case 'from':
        return value !== null && Date.parse(plain(value)) >= bound(filter, 'from', timeZone)
      case 'to':
        return value !== null && Date.parse(plain(value)) <= bound(filter, 'to', timeZone)
      case 'in':
        return listed(wanted).includes(plain(value))
      case 'nin':
        return !listed(wanted).includes(plain(value))
      case 'null':
        return value === null
      case 'notnull':
        return value !== null
      case 'datetime':
        return true
      default:
        throw new RpcError(101, `Invalid filters given. "${name}" is no filter.`)
    }
  })
}

export interface SearchArguments {
  readonly filters: unknown
  readonly options: unknown
  readonly sort: string
  readonly timeZone: string
}

/** Filters, sorts and pages rows as ShipStream's searches do. Past the last page comes the last page again, as in Magento. */
export function searchRows<T extends Row>(
  rows: readonly T[],
  { filters, options, sort, timeZone }: SearchArguments,
) {
  const wanted = isRecord(filters) ? Object.entries(filters) : []
  const unknown = wanted.find(([field]) => rows.length > 0 && !(field in (rows[0] ?? {})))
  if (unknown) throw new RpcError(101, `Invalid filters given. There is no field "${unknown[0]}".`)
  const given = isRecord(options) ? options : {}
  const field = plain(given.sort_field) || sort
  const direction = given.sort_dir === 'desc' ? -1 : 1
  const limit = Math.min(100, Math.max(1, number(given.limit) ?? 50))
  const found = rows
    .filter((row) => wanted.every(([name, filter]) => matches(row[name], filter, timeZone)))
    .sort((one, other) => direction * compare(one[field], other[field]))
  const numPages = Math.ceil(found.length / limit)
  const page = Math.min(Math.max(1, number(given.page) ?? 1), Math.max(1, numPages))
  return { results: found.slice((page - 1) * limit, page * limit), totalCount: found.length, numPages }
}

/** The members that were asked for: `always`, with `*` all but `heavy`, and those that are named. */
export function pickFields<T extends Row>(
  row: T,
  fields: unknown,
  always: readonly string[],
  heavy: readonly string[],
): Row {
  const named = typeof fields === 'string' ? [fields] : listed(fields)
  const all = named.includes('*')
  return Object.fromEntries(
    Object.entries(row).filter(
      ([name]) => always.includes(name) || named.includes(name) || (all && !heavy.includes(name)),
    ),
  )
}
