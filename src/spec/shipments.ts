import type { StockpoolError } from '../error.ts'
import type { AdapterContext } from './context.ts'

/** News for the channel: this parcel of this order was shipped. */
export interface ShipmentNotice {
  readonly order: string
  /** Stable id of the parcel; the same parcel always has the same one. */
  readonly parcel: string
  /** The parcel's number within its order, 1, 2, 3 …; never reused. */
  readonly sequence: number
  /** A canonical carrier code, or `null` when it is not in the registry. */
  readonly carrier: string | null
  /** The carrier in the shipper's words. */
  readonly carrierName: string | null
  readonly service: string | null
  readonly trackingNumber: string | null
  readonly trackingUrl: string | null
  /** Epoch milliseconds. */
  readonly shippedAt: number
  /** Units of the listing, by the channel's order line id. */
  readonly lines: readonly { readonly line: string; readonly quantity: number }[]
  /**
   * References that the channel gave for the order's other parcels: what carries one of them is not this parcel, also
   * under the same (master) tracking number. Default: none.
   */
  readonly others?: readonly string[]
  /** `true`: this notice may have been sent before, so read what the channel has before writing. Default `false`. */
  readonly repeated?: boolean
  /** The `handle` of the latest answer, when that was `pending`. Absent or `null`: there was none, or it was lost. */
  readonly underway?: string | null
}

/** What became of one notice of a shipment. */
export type NoticeResult =
  /** The channel has it now, or had it already. `reference` is the channel's own id of the shipment, when it gives one. */
  | { readonly status: 'done'; readonly reference?: string }
  /** Taken, not worked off yet: the engine gives the notice again, with the handle, until the channel has decided. */
  | { readonly status: 'pending'; readonly handle: string | null }
  | { readonly status: 'failed'; readonly error: StockpoolError }

/** Tells a channel what was shipped. */
export interface ShipmentsFacet {
  /**
   * Confirms parcels; one result per notice, in order. Must be safe to repeat: where the platform is not, the adapter
   * reads what the channel already has before it writes.
   */
  confirm(context: AdapterContext, notices: readonly ShipmentNotice[]): Promise<readonly NoticeResult[]>
  /** Corrects the tracking of a parcel that was confirmed before. */
  correct?(context: AdapterContext, notice: ShipmentNotice, reference: string | null): Promise<NoticeResult>
}
