export interface SimulatedWarehouse {
  /** The number in its id: `Warehouse:8001` in base64. */
  readonly number: number
  readonly identifier: string
  readonly name: string
  readonly country: string
  readonly zip: string
}

export interface Warehouse extends SimulatedWarehouse {
  readonly id: string
}

export interface Shelf {
  onHand: number
  /** Kept back by the merchant: ShipHero's `reserve_inventory`. */
  reserve: number
  updatedAt: number
}

export interface Product {
  readonly id: string
  readonly number: number
  readonly sku: string
  readonly name: string
  readonly createdAt: number
  /** By warehouse id. */
  readonly shelves: Map<string, Shelf>
}

export interface Line {
  readonly id: string
  readonly number: number
  readonly sku: string
  readonly partnerId: string
  readonly name: string
  readonly price: string
  readonly warehouse: string
  readonly createdAt: number
  quantity: number
  pending: number
  shipped: number
  allocated: number
  backorder: number
  updatedAt: number
}

export interface Label {
  readonly id: string
  readonly number: number
  readonly carrier: string
  readonly method: string
  readonly tracking: string
  readonly box: number
  readonly createdAt: number
  status: 'valid' | 'void'
  pickedUp: boolean
  delivered: boolean
}

export interface ShipmentLine {
  readonly id: string
  readonly line: string
  readonly label: string | null
  readonly quantity: number
}

export interface Shipment {
  readonly id: string
  readonly number: number
  readonly warehouse: string
  readonly createdAt: number
  readonly labels: Label[]
  readonly lines: ShipmentLine[]
  completed: boolean
}

export const holdNames = [
  'address_hold',
  'client_hold',
  'fraud_hold',
  'operator_hold',
  'payment_hold',
] as const
export type HoldName = (typeof holdNames)[number]

export interface HistoryEntry {
  readonly message: string
  readonly at: number
}

/** An order; `input` is what it was made with, the rest is what became of it. */
export interface Order {
  readonly id: string
  readonly number: number
  readonly input: Readonly<Record<string, unknown>>
  readonly createdAt: number
  readonly lines: Line[]
  readonly shipments: Shipment[]
  readonly history: HistoryEntry[]
  readonly holds: Record<HoldName, boolean>
  reference: string | null
  status: string
  flagged: boolean
  /** ShipHero has not looked for stock yet. */
  waiting: boolean
  allocatedAt: number | null
  updatedAt: number
}

export interface ReturnLine {
  readonly id: string
  readonly number: number
  readonly line: Line
  readonly quantity: number
  readonly reason: string
  received: number
  restocked: number
  condition: string | null
  updatedAt: number
}

export interface Return {
  readonly id: string
  readonly number: number
  readonly order: Order
  readonly warehouse: string
  readonly tracking: string
  readonly createdAt: number
  readonly lines: ReturnLine[]
  status: string
  /** Is shown in a form that ShipHero does not document. */
  unreadable: boolean
}

export interface Webhook {
  readonly id: string
  readonly number: number
  readonly name: string
  readonly shopName: string | null
  readonly secret: string
  readonly createdAt: number
  url: string
  enabled: boolean
  health: 'HEALTHY' | 'WARNING' | 'UNHEALTHY'
  changedAt: number
}

/** What the account tells its webhooks: the name of one, and whom it is about. */
export type News = (
  name: string,
  about: {
    readonly order?: Order
    readonly shipment?: Shipment
    readonly product?: Product
    readonly returned?: Return
  },
) => void

/** ShipHero's opaque ids: the type and its number, in base64. */
export const idOf = (type: string, number: number): string =>
  Buffer.from(`${type}:${number}`).toString('base64')
