import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { type Answer, send } from './call.ts'
import type { Settings } from './options.ts'
import { WireSearch } from './wire.ts'

/** The documented most of `limit` (docs.shipstream.io, Search Options). */
export const pageSize = 100

export interface Search {
  readonly method: 'order.search' | 'shipment.search' | 'delivery.search'
  readonly filters: Readonly<Record<string, unknown>>
  /** A field whose values are unique, so that rows do not change places between two pages. */
  readonly sort: string
  readonly page: number
  readonly fields?: readonly string[]
}

export interface SearchPage {
  readonly rows: readonly unknown[]
  /** Whether the search says that no other page follows. */
  readonly last: boolean
  readonly headers: Answer<unknown>['headers']
}

export async function search(context: AdapterContext, settings: Settings, what: Search): Promise<SearchPage> {
  const options = { sort_field: what.sort, sort_dir: 'asc', page: what.page, limit: pageSize }
  const { data, headers } = await send(context, settings, {
    method: what.method,
    args: [what.filters, options, ...(what.fields === undefined ? [] : [what.fields])],
    effect: 'read',
    schema: WireSearch,
  })
  const { results: rows, numPages } = data
  const last = numPages === null ? rows.length < pageSize : what.page >= numPages
  return { rows, last: last || rows.length === 0, headers }
}

/** The first and the last row of a page: a server that repeats its last page for ever gives them twice. */
export const edgesOf = (rows: readonly unknown[]) =>
  rows.length === 0 ? null : JSON.stringify([rows.length, idOf(rows[0]), idOf(rows.at(-1))])

const idOf = (row: unknown) => {
  const { order_id, shipment_id, increment_id } = Object(row) as Record<string, unknown>
  return order_id ?? shipment_id ?? increment_id ?? null
}

/** All rows of a search. */
export async function searchAll(
  context: AdapterContext,
  settings: Settings,
  what: Omit<Search, 'page'>,
): Promise<unknown[]> {
  const found: unknown[] = []
  let before: string | null = null
  for (let page = 1; page <= 1000; page += 1) {
    const { rows, last } = await search(context, settings, { ...what, page })
    const edges = edgesOf(rows)
    if (edges === null || edges === before) return found
    found.push(...rows)
    if (last) return found
    before = edges
  }
  throw new StockpoolError('unavailable', `${what.method} does not end after 1000 pages`)
}

const hourMs = 3_600_000
/** The zone furthest behind UTC is twelve hours behind it. */
const anyZoneMs = 12 * hourMs

const wallClock = (at: number, timeZone: string) =>
  new Intl.DateTimeFormat('sv-SE', {
    timeZone,
    year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
  }).format(at) // biome-ignore format: one line reads better

/**
 * The filter for what changed since a moment. ShipStream reads its time on the merchant's wall clock (docs.shipstream.io,
 * Search Filters): written in the zone of the options, or far enough back for any zone. In the hour that a clock shows
 * twice it names the first one. @param since epoch milliseconds
 */
export function changedSince(since: number, timeZone: string | null): Readonly<Record<string, unknown>> {
  const zone = timeZone ?? 'UTC'
  const at = timeZone === null ? since - anyZoneMs : since
  const twice = wallClock(at, zone) === wallClock(at + hourMs, zone)
  return { updated_at: { from: wallClock(twice ? at - hourMs : at, zone), datetime: true } }
}
