import type { Address, Buyer } from '../model/address.ts'
import type { FulfillmentStatus } from '../model/fulfillment-status.ts'
import type { Money } from '../model/money.ts'
import type { Disposition, ReturnStatus } from '../model/return.ts'
import type { ServiceLevel } from '../model/service-level.ts'
import type { Parcel } from '../model/shipment.ts'
import type { AdapterContext } from './context.ts'
import type { CancelResult, UnreadableOrder } from './orders.ts'

export type { FulfillmentStatus } from '../model/fulfillment-status.ts'

/** An order as a warehouse needs it: SKUs, not listings; components, not kits. */
export interface FulfillmentRequest {
  /** Deterministic and unique: `[A-Za-z0-9-]`, at most 40 characters. The natural key of the effect. */
  readonly reference: string
  /** What people call the order. */
  readonly number: string
  /** The provider's own id of the place to ship from; `null`: the provider chooses. */
  readonly location: string | null
  readonly channel: string
  /** Epoch milliseconds. */
  readonly placedAt: number
  readonly shipTo: Address
  readonly buyer: Buyer | null
  readonly serviceLevel: ServiceLevel | null
  readonly rawServiceLevel: string | null
  /** Epoch milliseconds. */
  readonly shipBy: number | null
  readonly lines: readonly { readonly sku: string; readonly title: string; readonly quantity: number }[]
}

/** A provider's parcel: its lines name SKUs. */
export interface FulfillmentParcel extends Omit<Parcel, 'lines'> {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
}

/** An order as a provider reports it at one moment. */
export interface FulfillmentOrder {
  /** The provider's own id. Empty: it has the order, and does not tell under which id of its own. */
  readonly id: string
  readonly reference: string
  readonly status: FulfillmentStatus
  readonly rawStatus: string
  /** What a person should do, when `on_hold`, `needs_attention`, `backordered` or `rejected`. */
  readonly attention: string | null
  /** When the provider took the order on, epoch milliseconds: from then its `available` stock has it taken off. */
  readonly acceptedAt: number
  /**
   * `false`: the provider has the order, but has not taken its units off its `available` stock yet (it waits for
   * stock, for allocation or for a review), so `acceptedAt` says nothing until then. Absent: taken off.
   */
  readonly allocated?: boolean
  /** Epoch milliseconds. */
  readonly updatedAt: number
  /** Units that will never ship, by SKU. */
  readonly cancelled: readonly { readonly sku: string; readonly quantity: number }[]
  readonly parcels: readonly FulfillmentParcel[]
  readonly raw: unknown
}

/** An order that the hub asked a provider for, by what it knows of it. */
export interface AskedOrder {
  readonly reference: string
  /** The provider's own id; `null` while nobody told it. */
  readonly id: string | null
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  /**
   * Since when the provider's `available` stock is known to have its units taken off, epoch milliseconds; `null`: it is not
   * known. For a provider that does not tell: an order that was taken off stays so, and one that newly is, is so from now on.
   */
  readonly acceptedAt: number | null
}

/** Orders that are not over and whose id is known, in the order of their references; fewer than `most`: that is all. */
export type OpenOrders = (page: {
  /** Only references after this one; `null`: from the first. */
  readonly after: string | null
  readonly most: number
}) => Promise<readonly AskedOrder[]>

/** One page of a provider's orders that changed. */
export interface FulfillmentPage {
  readonly orders: readonly FulfillmentOrder[]
  /** Orders of this page that could not be read, by our reference. Default: none. */
  readonly unreadable?: readonly UnreadableOrder[]
  /** Stored by the engine after the orders are; opaque to it. */
  readonly cursor: string
  readonly more: boolean
}

/** What a provider says lies at one of its places. */
export interface StockReading {
  readonly sku: string
  /** The provider's own id of the place. */
  readonly location: string
  readonly quantity: number
  /**
   * What the number counts. `available`: the provider has already taken off the orders it accepted. `on-hand`: it
   * has not.
   */
  readonly basis: 'available' | 'on-hand'
  /** The moment the number was true, epoch milliseconds. */
  readonly asOf: number
}

/** One page of a provider's stock; `cursor` is `null` on the last one. */
export interface StockPage {
  readonly readings: readonly StockReading[]
  readonly cursor: string | null
}

/** One of a provider's places, in its own words. */
export interface ProviderLocation {
  readonly id: string
  readonly name: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null
  readonly postalCode: string | null
}

/** Goods that came back to a provider: its lines name SKUs. */
export interface ProviderReturn {
  /** The provider's own id of the return. */
  readonly id: string
  /** Our reference of the order that the goods were shipped for; `null`: the provider does not know (no slip in the box). */
  readonly reference: string | null
  readonly status: ReturnStatus
  readonly rawStatus: string
  /** The provider's own id of the place. */
  readonly location: string | null
  /** Epoch milliseconds. */
  readonly updatedAt: number
  /** The parcel that they come back in, when known. */
  readonly trackingNumber: string | null
  readonly lines: readonly {
    readonly sku: string
    /** Units announced. */
    readonly expected: number
    /** Units that arrived. */
    readonly received: number
    /** What the provider was asked to do with them; `null`: nothing in particular. */
    readonly wanted: Disposition | null
    /** What was done, unit by unit. */
    readonly dispositions: readonly {
      readonly kind: Disposition
      readonly quantity: number
      readonly note: string | null
    }[]
    /** Addresses of pictures that the provider took. */
    readonly pictures: readonly string[]
  }[]
  readonly raw: unknown
}

/** One page of a provider's returns that changed since a cursor. */
export interface ProviderReturnPage {
  readonly returns: readonly ProviderReturn[]
  /** Returns of this page that could not be read, by the provider's id of the return. Default: none. */
  readonly unreadable?: readonly UnreadableOrder[]
  readonly cursor: string
  readonly more: boolean
}

/** What a provider is asked to reckon, before it gets the order. Where the parcel goes, and no more of the buyer. */
export interface QuoteRequest {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly shipTo: {
    readonly country: string
    readonly postalCode: string | null
    readonly city: string | null
    readonly region: string | null
  }
  /** `null`: all that the provider has. */
  readonly serviceLevel: ServiceLevel | null
}

/** What shipping would cost at a provider, and when it would arrive. */
export interface Quote {
  /** The provider's own id of the place; `null`: it does not say. */
  readonly location: string | null
  /** The provider's name of the service. */
  readonly service: string
  readonly serviceLevel: ServiceLevel | null
  /** Everything the provider would charge for it; `null`: it does not say. */
  readonly cost: Money | null
  /** Latest hand-over and latest delivery, epoch milliseconds; `null`: it does not say. */
  readonly shipBy: number | null
  readonly deliverBy: number | null
  /** SKUs that it could not ship. Empty: it can ship everything asked for. */
  readonly cannotShip: readonly { readonly sku: string; readonly reason: string }[]
}

/** A provider that stores and ships goods. */
export interface FulfillmentFacet {
  /**
   * Creates the order, or fetches the one that exists under the same reference. Never makes two. Throws
   * `unknown_outcome` when it cannot tell; the engine then calls `get` before it submits again. Throws `conflict`
   * when the reference exists with other contents, `rejected` when the provider refuses the order. Where the order exists and
   * its id is not told, it answers with an empty `id`: nothing is sent again, and the engine learns the id from a webhook, or
   * asks a person for it.
   */
  submit(context: AdapterContext, request: FulfillmentRequest): Promise<FulfillmentOrder>
  /**
   * By our reference. `null` when the provider has no such order. A provider that answers to its own id alone takes that of
   * `asked`, which the engine always gives, and sees to it that the order is the one of our reference; while the id is `null`
   * it cannot tell, and throws `unknown_outcome`. What was sent within a day is then submitted again, the reference being
   * unique; later a person is asked.
   */
  get(context: AdapterContext, reference: string, asked?: AskedOrder): Promise<FulfillmentOrder | null>
  /** Cancels what has not shipped. `too_late` when nothing could be stopped, `unknown` when it was only requested. */
  cancel?(
    context: AdapterContext,
    order: { readonly id: string; readonly reference: string },
  ): Promise<CancelResult>
  /**
   * One page of the orders that changed since the cursor. A provider that keeps no list of changes reads the orders of `open`,
   * which the engine always gives, one by one, with the last reference as its cursor: so each is looked at once in a round, and
   * the one that was looked at longest ago is always the next.
   */
  updates(context: AdapterContext, cursor: string | null, open?: OpenOrders): Promise<FulfillmentPage>
  /** One page of the provider's stock. `skus` narrows it where the provider can. */
  stock(
    context: AdapterContext,
    query: { readonly skus: readonly string[] | null; readonly cursor: string | null },
  ): Promise<StockPage>
  locations(context: AdapterContext): Promise<readonly ProviderLocation[]>
  /** Cancels some units of an order that have not shipped. Safe to repeat: it says how many shall be left. */
  keep?(
    context: AdapterContext,
    order: { readonly id: string; readonly reference: string },
    lines: readonly { readonly sku: string; readonly quantity: number }[],
  ): Promise<CancelResult>
  /** What it would cost and when it would arrive. Changes nothing. */
  quote?(context: AdapterContext, request: QuoteRequest): Promise<readonly Quote[]>
  /** One page of the returns that changed since the cursor. Stock that they bring is told by `stock`. */
  returns?(context: AdapterContext, cursor: string | null): Promise<ProviderReturnPage>
}

/**
 * Stock that a platform keeps and sells by itself (Amazon FBA, TikTok FBT) while the connection ships nothing from it for
 * other channels: shown with its age, at locations of its own, and never promised elsewhere.
 */
export interface PlatformStockFacet {
  stock(
    context: AdapterContext,
    query: { readonly skus: readonly string[] | null; readonly cursor: string | null },
  ): Promise<StockPage>
  locations(context: AdapterContext): Promise<readonly ProviderLocation[]>
}
