import type { Events } from '../../model/event.ts'
import type { DemoHub } from './hub-process.ts'
import type { World } from './world.ts'

export interface SkuRow {
  readonly sku: string
  /** Available in the pool. */
  readonly pool: number
  /** What each channel shows, read from the channel. */
  readonly web: number
  readonly amazonUs: number
  /** Units sold and shipped, kits counted as kits. */
  readonly sold: number
  readonly shipped: number
  readonly cancelled: number
  /** Units that were sold and were not there, and why. */
  readonly oversold: number
  readonly reason: string
}

export interface Verdict {
  readonly rows: readonly SkuRow[]
  /** Empty when everything is exact. */
  readonly faults: readonly string[]
  readonly orders: number
  readonly parcels: number
  /** Parcels that left before a cancelled order could be stopped. */
  readonly tooLate: number
}

export type Oversold = Events['stock.oversold']

/** Holds the channels' and the warehouse's own state against the pool and against each other. */
export async function judge(world: World, hub: DemoHub, oversold: readonly Oversold[]): Promise<Verdict> {
  const faults: string[] = []
  const channels = world.channels()
  const rows: SkuRow[] = []
  for (const { sku, kit } of world.config.items) {
    const level = await hub.stock.get(sku)
    const truth =
      kit === null
        ? freeAtWarehouse(world, sku)
        : Math.min(...kit.map((part) => Math.floor(freeAtWarehouse(world, part.sku) / part.quantity)))
    if (level.available !== truth)
      faults.push(`${sku}: the pool has ${level.available}, the warehouse ${truth} to give`)
    const shown = { web: 0, amazonUs: 0 }
    const sums = { sold: 0, shipped: 0, cancelled: 0 }
    for (const [name, state] of channels) {
      shown[name] = state.listings.find((listing) => listing.sku === sku)?.quantity ?? -1
      const [explained] = await hub.explain(sku, name)
      if (explained === undefined || explained.offer !== shown[name]) {
        faults.push(`${sku}: ${name} shows ${shown[name]}, the offer is ${explained?.offer}`)
      }
      for (const line of state.orders.flatMap(({ lines }) => lines)) {
        if (line.sku !== sku) continue
        sums.sold += line.quantity
        sums.shipped += line.shipped
        sums.cancelled += line.cancelled
      }
    }
    const over = oversold.filter((event) => event.sku === sku)
    rows.push({
      sku,
      pool: level.available,
      ...shown,
      ...sums,
      oversold: over.reduce((sum, { by }) => sum + by, 0),
      reason: [
        ...new Set(over.map(({ connection }) => `sold on ${connection} before its number could fall`)),
      ].join('; '),
    })
  }
  const counted = await countOrders(world, hub, faults)
  const untold = await findUntold(world, hub)
  const parcels = checkParcels(world, untold, faults)
  const ledger = await hub.stock.verify()
  if (!ledger.ok) faults.push(`the ledger does not refold: ${JSON.stringify(ledger.differences[0])}`)
  return { rows, faults, orders: counted, parcels, tooLate: untold.tooLate.size }
}

function freeAtWarehouse(world: World, sku: string): number {
  return world
    .warehouse()
    .stock.filter((row) => row.sku === sku)
    .reduce((sum, { onHand, committed }) => sum + onHand - committed, 0)
}

/** Every order of every channel is in the pool exactly once, whole, and so are its units at the warehouse. */
async function countOrders(world: World, hub: DemoHub, faults: string[]): Promise<number> {
  let counted = 0
  for (const [name, state] of world.channels()) {
    for (const order of state.orders) {
      const known = await hub.orders.get(name, order.id)
      counted++
      if (known === null) {
        faults.push(`order ${order.id} of ${name} is missing`)
        continue
      }
      for (const line of order.lines) {
        const taken = known.lines.find(({ id }) => id === line.id)
        const counted = taken === undefined ? 0 : taken.taken - taken.released
        const due = Math.max(line.quantity - line.cancelled, taken?.shipped ?? 0)
        if (counted !== due) {
          faults.push(`order ${order.id} of ${name}: ${counted} of ${due} ${line.sku} are counted`)
        }
        if (line.shipped + line.cancelled < line.quantity) {
          faults.push(
            `order ${order.id} of ${name}: ${line.shipped} of ${line.quantity} ${line.sku} shipped, ${line.cancelled} cancelled`,
          )
        }
      }
    }
    const stored = (await hub.orders.list({ connection: name, limit: 1000 })).orders.length
    if (stored !== state.orders.length)
      faults.push(`${name} has ${state.orders.length} orders, the pool ${stored}`)
  }
  const references = world.warehouse().orders.map(({ reference }) => reference)
  if (new Set(references).size !== references.length) faults.push('the warehouse was given an order twice')
  return counted
}

/** Parcels that no channel can be told of, by tracking number. */
interface Untold {
  /** Left for an order that its channel has cancelled: nobody could stop it any more. */
  readonly tooLate: ReadonlySet<string>
  /** Holds some components of a kit only; the kit is told with the parcel that completes it. */
  readonly partial: ReadonlySet<string>
}

async function findUntold(world: World, hub: DemoHub): Promise<Untold> {
  const tooLate = new Set<string>()
  const partial = new Set<string>()
  for (const [name, { orders }] of world.channels()) {
    for (const order of orders) {
      const cancelled = order.lines.some((line) => line.cancelled > 0)
      const parcels = (await hub.shipments.list(name, order.id)).flatMap((shipment) => shipment.parcels)
      for (const { trackingNumber, lines } of parcels) {
        if (trackingNumber === null) continue
        if (cancelled) tooLate.add(trackingNumber)
        else if (lines.length === 0) partial.add(trackingNumber)
      }
    }
  }
  return { tooLate, partial }
}

/** Every parcel that left has its tracking on the channel, and no unit left twice. */
function checkParcels(world: World, { tooLate, partial }: Untold, faults: string[]): number {
  const told = new Set(
    world
      .channels()
      .flatMap(([, { orders }]) =>
        orders.flatMap(({ shipments }) => shipments.map(({ trackingNumber }) => trackingNumber)),
      ),
  )
  let parcels = 0
  const left = new Map<string, number>()
  for (const { reference, shipments } of world.warehouse().orders) {
    for (const { trackingNumber, lines } of shipments) {
      if (trackingNumber === null || tooLate.has(trackingNumber)) continue
      parcels++
      if (!told.has(trackingNumber) && !partial.has(trackingNumber))
        faults.push(`parcel ${trackingNumber} of ${reference} has no tracking on its channel`)
      for (const { sku, quantity } of lines) left.set(sku, (left.get(sku) ?? 0) + quantity)
    }
  }
  for (const { sku, kit } of world.config.items) {
    if (kit !== null) continue
    const shipped = shippedUnits(world, sku)
    if ((left.get(sku) ?? 0) !== shipped) {
      faults.push(`${sku}: ${left.get(sku) ?? 0} left the warehouse, the channels know of ${shipped}`)
    }
  }
  return parcels
}

/** Units of a component that the channels call shipped, in kits and by themselves. */
function shippedUnits(world: World, sku: string): number {
  const perUnit = new Map(
    world.config.items.map((item) => [
      item.sku,
      item.kit === null
        ? Number(item.sku === sku)
        : (item.kit.find((part) => part.sku === sku)?.quantity ?? 0),
    ]),
  )
  return world
    .channels()
    .flatMap(([, { orders }]) => orders.flatMap(({ lines }) => lines))
    .reduce((sum, line) => sum + line.shipped * (perUnit.get(line.sku) ?? 0), 0)
}
