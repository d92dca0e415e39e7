import type { Address } from '../model/address.ts'
import type { Money } from '../model/money.ts'
import type { AdapterContext } from './context.ts'
import type { CancelResult } from './orders.ts'
import type { TrackingNews } from './tracking.ts'

/** One box to buy a label for. */
export interface LabelPackage {
  /** Millimetres. */
  readonly size: { readonly length: number; readonly width: number; readonly height: number }
  /** Grams. */
  readonly weight: number
  /** What lies in it, by the channel's order line id, in units of the listing. */
  readonly lines: readonly { readonly line: string; readonly quantity: number }[]
}

/** What a label is wanted for: parcels of one order of this channel. */
export interface LabelRequest {
  /** The channel's own id of the order. */
  readonly order: string
  readonly shipFrom: Address
  readonly packages: readonly LabelPackage[]
  /** When the parcel will be handed over, epoch milliseconds. */
  readonly shipAt: number
}

/** One way to ship, at a price. */
export interface LabelRate {
  /** Opaque; give it to `buy`. It ends soon: minutes, on most platforms. */
  readonly id: string
  /** A canonical carrier code, or `null` when it is not in the registry. */
  readonly carrier: string | null
  readonly carrierName: string
  readonly service: string
  readonly price: Money | null
  /** Epoch milliseconds; `null`: not promised. */
  readonly deliverBy: number | null
  /** Whether it keeps the channel's own promise to the buyer (Seller Fulfilled Prime); `null`: not said. */
  readonly keepsPromise: boolean | null
}

/** A label that was bought. */
export interface Label {
  /** The platform's own id of it; `void` takes it. */
  readonly id: string
  readonly packages: readonly {
    readonly trackingNumber: string | null
    /** `PDF`, `PNG`, `ZPL`. */
    readonly format: string
    /** Names the buyer: keep it out of logs. `null` until the platform has made it. */
    readonly document: Uint8Array | null
  }[]
  readonly carrier: string | null
  readonly carrierName: string
  readonly price: Money | null
}

/** Where a parcel is that left under a label of the platform's. */
export type LabelNews = Pick<TrackingNews, 'status' | 'rawStatus' | 'at' | 'deliverBy'>

/** Shipping labels that a platform sells for its own orders. */
export interface LabelsFacet {
  rates(context: AdapterContext, request: LabelRequest): Promise<readonly LabelRate[]>
  /** Buys once under one key. @throws StockpoolError `unknown_outcome` when it cannot tell */
  buy(
    context: AdapterContext,
    request: LabelRequest & { readonly rate: string; readonly key: string; readonly repeated?: boolean },
  ): Promise<Label>
  /** A label bought before; `null`: unknown to the platform. */
  get?(context: AdapterContext, id: string): Promise<Label | null>
  /** Where the parcel with this number of the label is; `null`: nothing is known yet. Asked by the hour until it has arrived. */
  track?(
    context: AdapterContext,
    parcel: { readonly label: string; readonly trackingNumber: string },
  ): Promise<LabelNews | null>
  /** Gives a label back while it is unused. */
  void?(context: AdapterContext, id: string): Promise<CancelResult>
}
