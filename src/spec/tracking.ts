import type { StockpoolError } from '../error.ts'
import type { TrackingStatus } from '../model/tracking.ts'
import type { AdapterContext } from './context.ts'

/** A parcel to be followed. */
export interface FollowRequest {
  readonly trackingNumber: string
  /** A canonical carrier code, or `null`: the tracker finds out. */
  readonly carrier: string | null
  /** Stable and unique to the parcel: following it twice under one key is following it once. */
  readonly key: string
}

/** One scan, or the newest state, of a parcel. */
export interface TrackingNews {
  /** The tracker's own id of what it follows. */
  readonly id: string
  readonly trackingNumber: string
  readonly carrier: string | null
  readonly status: TrackingStatus
  /** The tracker's own word. */
  readonly rawStatus: string
  /** When it happened, epoch milliseconds. */
  readonly at: number
  /** When delivery is expected, epoch milliseconds; `null`: not said. */
  readonly deliverBy: number | null
}

/** What became of one request to follow. */
export type FollowResult =
  | { readonly status: 'done'; readonly id: string; readonly news: TrackingNews | null }
  | { readonly status: 'failed'; readonly error: StockpoolError }

/** One page of parcels that moved since a cursor. */
export interface TrackingPage {
  readonly news: readonly TrackingNews[]
  readonly cursor: string
  readonly more: boolean
}

/** A service that follows parcels at many carriers. It only tells: what is shipped is the shipper's word. */
export interface TrackingFacet {
  /** Most parcels that one `follow` should be given. */
  readonly batch: number
  /** Begins to follow parcels: create-or-fetch, one result per row, in order. */
  follow(context: AdapterContext, parcels: readonly FollowRequest[]): Promise<readonly FollowResult[]>
  /** What a followed parcel is now; `null` when the tracker does not know it. */
  get(context: AdapterContext, id: string): Promise<TrackingNews | null>
  /** One page of the parcels that moved since the cursor. */
  read(context: AdapterContext, cursor: string | null): Promise<TrackingPage>
}
