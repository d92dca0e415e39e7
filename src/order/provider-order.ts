import type { FulfillmentStatus } from '../model/fulfillment-status.ts'
import { joinSkus, type ParcelReport, type SkuQuantity, sumSkus } from './parcel.ts'

/** An order as a provider reports it at one moment; what `FulfillmentOrder` of an adapter gives fits it. */
export interface ProviderOrder {
  /** Empty: not told. */
  readonly id: string
  readonly reference: string
  readonly status: FulfillmentStatus
  readonly rawStatus: string
  readonly attention: string | null
  /** Epoch milliseconds. */
  readonly acceptedAt: number
  /** `false`: the provider has not taken its units off its stock yet. */
  readonly allocated?: boolean
  /** Epoch milliseconds. */
  readonly updatedAt: number
  readonly cancelled: readonly SkuQuantity[]
  readonly parcels: readonly ParcelReport[]
  readonly raw: unknown
}

/**
 * What a report says will never ship, by SKU. In a cancelled order that is everything which is in no parcel, whether
 * or not the provider lists it.
 */
export function cancelledIn(order: ProviderOrder, submitted: readonly SkuQuantity[]): SkuQuantity[] {
  const listed = sumSkus(order.cancelled)
  if (order.status !== 'cancelled') return listed
  const packed = new Map<string, number>()
  for (const parcel of order.parcels) {
    if (parcel.withdrawn) continue
    for (const { sku, quantity } of parcel.lines) packed.set(sku, (packed.get(sku) ?? 0) + quantity)
  }
  const unpacked = sumSkus(submitted).map(({ sku, quantity }) => ({
    sku,
    quantity: Math.max(0, quantity - (packed.get(sku) ?? 0)),
  }))
  return joinSkus(listed, sumSkus(unpacked))
}

/** Whether the report calls the whole order shipped. */
export function calledShipped(status: FulfillmentStatus): boolean {
  return status === 'shipped' || status === 'delivered'
}
