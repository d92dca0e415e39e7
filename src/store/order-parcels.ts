import {
  joinParcels,
  type ParcelReport,
  type Placed,
  parcelFrom,
  parcelLines,
  placeContents,
  shippedAt,
  type Want,
  wholeUnits,
} from '../order/index.ts'
import type { StoredLine, StoredOrder } from './order-rows.ts'
import type { ShippedFacts } from './order-settle.ts'
import type { ParcelRecord } from './parcels.ts'

export interface ParcelNews {
  /** The provider's connection; `null`: the merchant ships. */
  readonly provider: string | null
  readonly location: string
  readonly reference: string
  readonly reports: readonly ParcelReport[]
  /** When the reports were true: ISO 8601 UTC. */
  readonly at: string
  readonly calledShipped: boolean
}

/**
 * Joins a provider's reports to the parcels of an order, numbers the new ones, and says which lines their goods are
 * for. A parcel that was placed stays as it was placed; only what it holds more is placed anew.
 */
export function mergeParcels(
  known: readonly ParcelRecord[],
  order: StoredOrder,
  news: ParcelNews,
): ParcelRecord[] {
  const parcels = [...known]
  for (const report of news.reports) {
    const state = parcelFrom(report, news.at, news.calledShipped)
    const index = parcels.findIndex((one) => one.provider === news.provider && one.state.id === report.id)
    const before = parcels[index]
    const next =
      before === undefined
        ? newParcel(parcels, news, state)
        : { ...before, state: joinParcels(before.state, state) }
    parcels.splice(index < 0 ? parcels.length : index, index < 0 ? 0 : 1, next)
  }
  return withLines(
    parcels.map((_, index) => index).reduce((all, index) => place(all, index, order), parcels),
    order,
  )
}

function newParcel(
  parcels: readonly ParcelRecord[],
  news: ParcelNews,
  state: ParcelRecord['state'],
): ParcelRecord {
  const { provider, location, reference } = news
  // Two providers may call their parcels alike.
  const taken = parcels.some((one) => one.id === state.id)
  return {
    id: taken ? `${provider ?? 'own'}/${state.id}` : state.id,
    provider,
    sequence: Math.max(0, ...parcels.map(({ sequence }) => sequence)) + 1,
    state,
    location,
    reference,
    placed: [],
    rest: [],
    lines: [],
    confirmedAt: null,
    confirmedAs: null,
    told: false,
    replacedBy: null,
    followed: null,
  }
}

/** Places what a parcel holds and was not placed yet. What a withdrawn parcel held is free for others. */
function place(parcels: readonly ParcelRecord[], index: number, order: StoredOrder): ParcelRecord[] {
  const parcel = parcels[index]
  if (parcel === undefined || parcel.state.withdrawn) return [...parcels]
  const done = new Map<string, number>()
  for (const { sku, quantity } of parcel.placed) done.set(sku, quantity + (done.get(sku) ?? 0))
  const more = parcel.state.lines
    .map(({ sku, quantity }) => ({ sku, quantity: quantity - (done.get(sku) ?? 0) }))
    .filter(({ quantity }) => quantity > 0)
  const others = parcels.filter((one) => !one.state.withdrawn).flatMap(({ placed }) => placed)
  const { placed, rest } = placeContents(more, wantsOf(order, parcel.location), others)
  const next = [...parcels]
  next[index] = { ...parcel, placed: joinPlaced(parcel.placed, placed), rest }
  return next
}

function joinPlaced(a: readonly Placed[], b: readonly Placed[]): Placed[] {
  if (b.length === 0) return [...a]
  const sums = new Map<string, Placed>()
  for (const { line, sku, quantity } of [...a, ...b]) {
    const key = JSON.stringify([line, sku])
    sums.set(key, { line, sku, quantity: quantity + (sums.get(key)?.quantity ?? 0) })
  }
  return [...sums.values()]
}

function withLines(parcels: readonly ParcelRecord[], order: StoredOrder): ParcelRecord[] {
  const standing = parcels.filter((one) => !one.state.withdrawn)
  const lines = parcelLines(
    wantsOf(order, null),
    standing.map(({ placed }) => placed),
  )
  return parcels.map((parcel) => {
    const index = standing.indexOf(parcel)
    return index < 0 ? parcel : { ...parcel, lines: lines[index] ?? [] }
  })
}

function wantsOf(order: StoredOrder, location: string | null): Want[] {
  return order.lines.flatMap((line) =>
    (line.components ?? []).map(({ sku, quantity }) => ({
      line: line.facts.id,
      sku,
      perUnit: quantity,
      here: hereOf(order, line, sku, location),
      wanted: Math.max(0, line.seen.ordered - line.seen.cancelled) * quantity,
      ordered: line.seen.ordered * quantity,
    })),
  )
}

function hereOf(order: StoredOrder, line: StoredLine, sku: string, location: string | null): number {
  const slot = order.allocations.find(
    (one) => one.line === line.facts.id && one.sku === sku && one.location === location,
  )
  return slot === undefined ? 0 : slot.taken - slot.released
}

export function hasLeft({ state }: ParcelRecord): boolean {
  return shippedAt(state) !== null
}

/** What has left, by line and SKU and by location. */
export function shippedFacts(parcels: readonly ParcelRecord[]): ShippedFacts {
  const facts = new Map<string, Map<string, { quantity: number; at: string }>>()
  for (const parcel of parcels) {
    const at = shippedAt(parcel.state)
    if (at === null) continue
    for (const { line, sku, quantity } of parcel.placed) {
      const key = JSON.stringify([line, sku])
      const places = facts.get(key) ?? new Map()
      const known = places.get(parcel.location)
      places.set(parcel.location, {
        quantity: quantity + (known?.quantity ?? 0),
        at: known !== undefined && known.at > at ? known.at : at,
      })
      facts.set(key, places)
    }
  }
  return facts
}

/** Whole units of each line that have left, and that the channel was told of, as the providers' share of its counters. */
export function withShipped(order: StoredOrder, parcels: readonly ParcelRecord[]): StoredOrder {
  const left = parcels.filter(hasLeft).flatMap(({ placed }) => placed)
  const units = wholeUnits(wantsOf(order, null), left)
  const lines = order.lines.map((line) => {
    const { provider } = line
    const shipped = Math.max(provider.shipped, units.get(line.facts.id) ?? 0)
    const told = Math.max(provider.told ?? 0, toldOf(parcels, line.facts.id))
    if (shipped === provider.shipped && told === (provider.told ?? 0)) return line
    return { ...line, provider: told > 0 ? { shipped, told } : { shipped } }
  })
  return { ...order, lines }
}

function toldOf(parcels: readonly ParcelRecord[], line: string): number {
  const lines = parcels.filter(({ told }) => told).flatMap((parcel) => parcel.lines)
  return lines.reduce((sum, one) => sum + (one.line === line ? one.quantity : 0), 0)
}
