import type { Detail } from './details.ts'

export interface SimulatedLocation {
  readonly id: number
  readonly name: string
  readonly country: string
  readonly postalCode: string
}

export interface InventoryItem {
  readonly id: number
  readonly productId: number
  readonly sku: string
  name: string
  /** Whether it was ever received: an SKU that only came with an order has no history. */
  received: boolean
  readonly onHand: Map<number, number>
}

export interface ShipmentLine {
  readonly sku: string
  quantity: number
  /** Units set aside for it at its location. */
  committed: number
}

export type ShipmentStatus =
  | 'Processing'
  | 'LabeledCreated'
  | 'Completed'
  | 'Exception'
  | 'OnHold'
  | 'Cancelled'
  | 'ImportReview'

export interface SimulatedShipment {
  readonly id: number
  readonly location: SimulatedLocation
  status: ShipmentStatus
  details: { readonly detail: Detail; readonly inventoryId: number | null }[]
  readonly lines: ShipmentLine[]
  tracking: { readonly carrier: string; readonly number: string; readonly url: string } | null
  readonly createdAt: number
  updatedAt: number
  trackedAt: number | null
  fulfilledAt: number | null
  deliveredAt: number | null
  /** Marked as taken over. */
  trackingUploaded: boolean
}

export type ReturnAction = 'Default' | 'Restock' | 'Quarantine' | 'Dispose'

export interface SimulatedReturn {
  readonly id: number
  readonly shipment: SimulatedShipment
  readonly order: SimulatedOrder
  status: string
  /** Is shown in a form that ShipBob does not document. */
  unreadable: boolean
  readonly history: { readonly status: string; readonly at: number }[]
  readonly lines: {
    readonly sku: string
    readonly quantity: number
    readonly requested: ReturnAction
    readonly taken: { action: string; reason: string | null; image: string | null; quantity: number }[]
  }[]
}

/** The body of Create Order, as it was sent. */
export interface OrderInput {
  readonly reference_id: string
  readonly order_number?: string | null
  readonly purchase_date?: string | null
  readonly shipping_method: string
  readonly type: string
  readonly location_id?: number | null
  readonly recipient: Readonly<Record<string, unknown>>
  readonly products: readonly {
    readonly reference_id: string
    readonly name?: string | null
    readonly quantity: number
  }[]
}

export interface SimulatedOrder {
  readonly id: number
  readonly channel: number
  readonly input: OrderInput
  readonly createdAt: number
  readonly shipments: SimulatedShipment[]
}

/** What others are told of. */
export type WarehouseNews = (topic: string, order: SimulatedOrder, shipment: SimulatedShipment) => void

/** ShipBob imputes an order's status from its shipments. */
export function statusOf({ shipments }: SimulatedOrder): string {
  const live = shipments.map(({ status }) => status).filter((status) => status !== 'Cancelled')
  if (live.length === 0) return shipments.length === 0 ? 'Processing' : 'Cancelled'
  if (live.every((status) => status === 'Completed')) return 'Fulfilled'
  if (live.includes('Completed')) return 'PartiallyFulfilled'
  if (live.includes('ImportReview')) return 'ImportReview'
  return live.includes('Exception') ? 'Exception' : 'Processing'
}
