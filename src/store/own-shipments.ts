import { StockpoolError } from '../error.ts'
import { type ParcelReport, type SkuQuantity, sumSkus, toParcel } from '../order/index.ts'
import { getLocation } from './catalog.ts'
import type { Transaction } from './database.ts'
import { tellOrder } from './order-news.ts'
import { mergeParcels, shippedFacts, withShipped } from './order-parcels.ts'
import { tellParcels } from './order-provider.ts'
import { loadOrder, type StoredOrder } from './order-rows.ts'
import { settleOrder } from './order-settle.ts'
import { loadParcels, type ParcelRecord, saveParcel } from './parcels.ts'

/** A parcel that the merchant's own warehouse sent. */
export interface OwnParcel {
  readonly connection: string
  readonly order: string
  /** The parcel's id: the same key again changes nothing. */
  readonly key: string
  /** `null`: the one place of the merchant's that holds something open for the order. */
  readonly location: string | null
  readonly carrier: string | null
  readonly carrierName: string
  readonly service: string | null
  readonly trackingNumber: string
  readonly trackingUrl: string | null
  readonly shippedAt: string
  /** Units of the listings; `null`: everything open at the place. */
  readonly lines: readonly { readonly line: string; readonly quantity: number }[] | null
  readonly at: string
}

/**
 * Takes in a parcel of the merchant's own, as a provider's would be: its goods leave the pool, and it waits to be
 * confirmed on the channel.
 * @throws StockpoolError `insufficient` when the place holds fewer open units, `not_found` for an unknown line,
 * `conflict` when the key is another parcel's
 */
export async function shipFromOwn(tx: Transaction, own: OwnParcel): Promise<void> {
  const { connection, order: id, key: reference, at } = own
  const before = await loadOrder(tx, connection, id)
  const known = await loadParcels(tx, connection, id)
  if (before === null) return
  const repeated = known.find((parcel) => parcel.provider === null && parcel.reference === reference)
  if (repeated !== undefined) return mustBeSame(before, repeated, own)
  const location = own.location ?? (await openPlace(tx, before))
  if ((await getLocation(tx, location)) === null) throw noSuchPlace(location)
  const lines = contentsOf(before, location, own.lines)
  const { carrier, carrierName, service, trackingNumber, trackingUrl, shippedAt } = own
  const report: ParcelReport = {
    id: reference,
    carrier,
    carrierName,
    service,
    trackingNumber,
    trackingUrl,
    labelledAt: shippedAt,
    handedOverAt: shippedAt,
    deliveredAt: null,
    status: 'unknown',
    rawStatus: null,
    withdrawn: false,
    lines,
  }
  const news = { provider: null, location, reference, reports: [report], at: shippedAt, calledShipped: true }
  const parcels = mergeParcels(known, before, news)
  const settled = await settleOrder(tx, {
    before,
    after: withShipped(before, parcels),
    at,
    route: null,
    shipTo: { country: before.country, postalCode: null },
    shipped: shippedFacts(parcels),
  })
  for (const parcel of parcels)
    if (parcel.reference === reference) await saveParcel(tx, connection, id, parcel)
  if (settled.changed) await tellOrder(tx, before, settled.order, at)
  await tellParcels(tx, settled.order, known, parcels, at)
}

/** What was left out then or is left out now is not compared: it follows from what was open. */
function mustBeSame(order: StoredOrder, known: ParcelRecord, own: OwnParcel): void {
  const { carrierName, service, trackingNumber } = toParcel(known.state, known.lines)
  const was: Record<string, unknown> = { carrierName, service, trackingNumber, location: known.location }
  const isNow: Record<string, unknown> = {
    carrierName: own.carrierName,
    service: own.service,
    trackingNumber: own.trackingNumber,
    location: own.location ?? known.location,
  }
  const differs = Object.keys(was).find((field) => was[field] !== isNow[field])
  const field = differs ?? (sameUnits(order, known, own.lines) ? null : 'lines')
  if (field === null) return
  throw new StockpoolError(
    'conflict',
    `the key ${own.key} was used for another parcel of order ${own.order}`,
    {
      field: 'key',
      remedy: `Give each parcel a key of its own, or repeat this one as it was: ${field === 'carrierName' ? 'carrier' : field} differs.`,
    },
  )
}

function sameUnits(order: StoredOrder, known: ParcelRecord, lines: OwnParcel['lines']): boolean {
  if (lines === null) return true
  const text = (units: readonly SkuQuantity[]) =>
    JSON.stringify(
      sumSkus(units.map(({ sku, quantity }) => ({ sku, quantity })))
        .map(({ sku, quantity }) => [sku, quantity] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    )
  const wanted = lines.flatMap(({ line, quantity }) => componentsOf(order, line, quantity))
  return text(wanted) === text([...known.placed, ...known.rest])
}

/** The merchant's own place to ship from, when there is only one that it can be. */
async function openPlace(tx: Transaction, order: StoredOrder): Promise<string> {
  const own = await tx.all<{ id: string }>('SELECT id FROM location WHERE connection IS NULL')
  const names = new Set(own.map(({ id }) => id))
  const open = new Set(
    order.allocations
      .filter((one) => names.has(one.location) && openOf(one) > 0)
      .map(({ location }) => location),
  )
  const [only] = open
  if (only !== undefined && open.size === 1) return only
  const message =
    open.size === 0
      ? 'nothing of the order is to be shipped by the merchant'
      : 'several places hold goods for the order'
  throw new StockpoolError('invalid_input', message, {
    field: 'location',
    remedy:
      open.size === 0 ? 'See hub.orders.timeline for who ships it.' : `Name one of: ${[...open].join(', ')}.`,
  })
}

const isSome = ({ quantity }: SkuQuantity) => quantity > 0

const noSuchPlace = (location: string) =>
  new StockpoolError('not_found', `there is no location ${location}`, {
    field: 'location',
    remedy: 'Make it with hub.locations.put, or name the one that shipped.',
  })

const openOf = (one: StoredOrder['allocations'][number]) => one.taken - one.released - one.shipped

function contentsOf(order: StoredOrder, location: string, lines: OwnParcel['lines']): SkuQuantity[] {
  const here = order.allocations.filter((one) => one.location === location)
  const open = new Map<string, number>()
  for (const one of here) open.set(one.sku, (open.get(one.sku) ?? 0) + openOf(one))
  if (lines === null) {
    const all = sumSkus([...open].map(([sku, quantity]) => ({ sku, quantity }))).filter(isSome)
    if (all.length > 0) return all
    throw new StockpoolError('insufficient', `nothing of the order is open at ${location}`, {
      field: 'location',
      remedy: 'See hub.orders.timeline for who ships it.',
    })
  }
  const wanted = sumSkus(lines.flatMap(({ line, quantity }) => componentsOf(order, line, quantity)))
  const short = wanted.filter(({ sku, quantity }) => quantity > (open.get(sku) ?? 0))
  if (short.length === 0) return wanted
  const facts = short.map(({ sku, quantity }) => ({
    sku,
    location,
    wanted: quantity,
    available: open.get(sku) ?? 0,
  }))
  const [first] = facts
  throw new StockpoolError(
    'insufficient',
    `only ${first?.available} of ${first?.sku} are open for the order at ${location}`,
    {
      field: 'lines',
      remedy: 'Ship at most what is open there.',
      details: { short: facts },
    },
  )
}

function componentsOf(order: StoredOrder, id: string, quantity: number): SkuQuantity[] {
  const line = order.lines.find(({ facts }) => facts.id === id)
  if (line?.components)
    return line.components.map((part) => ({ sku: part.sku, quantity: part.quantity * quantity }))
  throw new StockpoolError('not_found', `the order has no line ${id} that is counted in the pool`, {
    field: 'lines',
    remedy: `Name lines of the order: ${order.lines.map(({ facts }) => facts.id).join(', ')}.`,
  })
}
