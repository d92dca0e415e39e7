import { isLive } from './status.ts'
import type { WireOrder, WireShipment } from './wire.ts'

export interface SkuQuantity {
  readonly sku: string
  readonly quantity: number
}

type Product = WireShipment['products'][number]

const skuOf = (product: { readonly reference_id: string | null; readonly sku: string | null }) =>
  product.reference_id ?? product.sku ?? ''

/** Ordered units by SKU, repeated products summed. */
function orderedBySku(order: WireOrder): Map<string, number> {
  const ordered = new Map<string, number>()
  for (const product of order.products) {
    const sku = skuOf(product)
    ordered.set(sku, (ordered.get(sku) ?? 0) + product.quantity)
  }
  return ordered
}

/** Units of the product's leading inventory item in a shipment: lots of one item are rows of their own, and are summed. */
function leading(product: Product): number {
  const first = Math.min(...product.inventory_items.map(({ id }) => id))
  return product.inventory_items
    .filter(({ id }) => id === first)
    .reduce((sum, { quantity }) => sum + (quantity ?? 0), 0)
}

/**
 * How many inventory units make one product. A shipment's product carries no quantity of its own, only its inventory
 * items: one for an ordinary product, more than one for a bundle or a multipack of ShipBob's. So a product whose units
 * come to a whole multiple of what was ordered is a pack of that many. Cancelled shipments count only when all are:
 * a cancelled one is often made anew, and would double the sum.
 */
function packSizes(order: WireOrder, ordered: ReadonlyMap<string, number>): Map<string, number> {
  const live = order.shipments.filter(isLive)
  const units = new Map<string, number>()
  for (const shipment of live.length > 0 ? live : order.shipments) {
    for (const product of shipment.products) {
      units.set(skuOf(product), (units.get(skuOf(product)) ?? 0) + leading(product))
    }
  }
  const sizes = new Map<string, number>()
  for (const [sku, total] of units) {
    const wanted = ordered.get(sku) ?? 0
    sizes.set(sku, wanted > 0 && total > wanted && total % wanted === 0 ? total / wanted : 1)
  }
  return sizes
}

export interface Quantities {
  /** What lies in a shipment, by SKU. */
  linesOf(shipment: WireShipment): SkuQuantity[]
  /** Units that will never ship, by SKU. */
  readonly cancelled: readonly SkuQuantity[]
}

const rows = (quantities: ReadonlyMap<string, number>): SkuQuantity[] =>
  [...quantities].filter(([, quantity]) => quantity > 0).map(([sku, quantity]) => ({ sku, quantity }))

/**
 * Sums an order's units by SKU. Units that will never ship: once ShipBob calls the order done (`Fulfilled`,
 * `Cancelled`) whatever no shipment holds; before that only what lay in a cancelled shipment and in no other since,
 * as ShipBob may make a shipment anew, or not have made it yet.
 */
export function quantitiesOf(order: WireOrder): Quantities {
  const ordered = orderedBySku(order)
  const sizes = packSizes(order, ordered)
  const linesOf = (shipment: WireShipment): SkuQuantity[] => {
    const sums = new Map<string, number>()
    for (const product of shipment.products) {
      if (product.inventory_items.length === 0) continue
      const sku = skuOf(product)
      const units = Math.floor(leading(product) / (sizes.get(sku) ?? 1))
      sums.set(sku, (sums.get(sku) ?? 0) + units)
    }
    return rows(sums)
  }
  const sum = (shipments: readonly WireShipment[]) => {
    const sums = new Map<string, number>()
    for (const { sku, quantity } of shipments.flatMap(linesOf)) sums.set(sku, (sums.get(sku) ?? 0) + quantity)
    return sums
  }
  const live = sum(order.shipments.filter(isLive))
  const stopped = sum(order.shipments.filter((shipment) => !isLive(shipment)))
  const done = order.status === 'Cancelled' || order.status === 'Fulfilled'
  const cancelled = new Map<string, number>()
  for (const [sku, quantity] of ordered) {
    const missing = quantity - (live.get(sku) ?? 0)
    cancelled.set(sku, done ? missing : Math.min(missing, stopped.get(sku) ?? 0))
  }
  return { linesOf, cancelled: rows(cancelled) }
}
