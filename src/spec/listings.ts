import type { StockpoolError } from '../error.ts'
import type { AdapterContext } from './context.ts'
import type { UnreadableOrder } from './orders.ts'

/** One number that a channel shows: of one listing, at one place where the channel keeps stock per place. */
export interface ListingRef {
  readonly listing: string
  /** `''`: the adapter's default place, or a channel without places. */
  readonly place: string
}

/** The quantity to show: absolute, in units of the listing, 0 or more. Safe to repeat. */
export interface ListingTarget extends ListingRef {
  readonly quantity: number
  /**
   * What the engine believes the channel shows now; `null` when it does not know. A channel that can compare and
   * set refuses the row as `stale` when it differs. A channel that cannot ignores it: the engine has just looked.
   */
  readonly expected: number | null
  /** Unique to this row, quantity and attempt chain: repeat it only after an unknown outcome. */
  readonly key: string
  /**
   * The handle of an earlier write of this row that was accepted and is not known to be applied: what is written now must
   * have the last word, also when the earlier one is applied after it. Absent or `null`: none.
   */
  readonly underway?: string | null
  /**
   * An earlier write of this row was begun then (epoch milliseconds), and what became of it is not known, nor its handle: a process was
   * killed, say. It may still be applied, also after this one. Absent: there is none.
   */
  readonly doubtSince?: number
  /** The `note` of the look that this write follows, where it follows one. Absent: there was none. */
  readonly note?: unknown
}

/** What became of one row of a write or a check. Quantities in units of the listing. */
export type WriteResult =
  /** The channel shows it. */
  | { readonly status: 'done' }
  /** Accepted, not applied yet: `check` it with the handle, not before `checkAfterMs`. */
  | {
      readonly status: 'pending'
      readonly handle: string
      readonly checkAfterMs: number
      /** What the channel showed when it was asked, by `check`, in units of the listing; `null` or absent: not known. */
      readonly observed?: number | null
      /**
       * `true`: the channel itself says that it has not come to it yet (a queued feed), so the write is not given up for
       * taking long. Default `false`.
       */
      readonly queued?: boolean
    }
  /**
   * Of a write: not written, since the channel's number was not `expected`. Of a check: an older write of this row was applied after
   * the one that is asked about, and nothing of either is under way any more; the engine writes the number again. `observed` when the
   * channel said what it shows.
   */
  | { readonly status: 'stale'; readonly observed: number | null }
  /** This row failed, whatever became of the others. */
  | { readonly status: 'failed'; readonly error: StockpoolError }

/** What a channel shows for one row of a read, in units of the listing. */
export type ListingReading =
  | {
      readonly status: 'shown'
      readonly quantity: number
      /**
       * Whatever the adapter wants to have again with a write that follows this look within moments, so that it need not ask
       * twice: the ids of a SKU's offers, say. Never stored.
       */
      readonly note?: unknown
      /** What the channel counts changes of this number by (`revisions`), where that is not the listing: the item of a variation. */
      readonly countedAs?: string
    }
  /** The channel does not have such a listing, or does not keep stock for it; `detail` in its own words. */
  | { readonly status: 'missing'; readonly detail: string }
  | { readonly status: 'failed'; readonly error: StockpoolError }

/**
 * How fresh the answer of a read must be.
 * @example const readings = await listings.read(context, refs, { mayBeOld: true })
 */
export interface ReadTerms {
  /**
   * `true`: what differs is read once more before it is believed, so the answer may come from a file that the channel has made of
   * everything, an hour ago perhaps. Absent or `false`: what is shown now, since a write is decided by it.
   */
  readonly mayBeOld?: boolean
}

/** Something that a channel sells, as it lists it. */
export interface ListedListing extends ListingRef {
  /** The SKU that the merchant gave it there; `null`: none. */
  readonly sku: string | null
  readonly title: string
  /** GTIN, EAN or UPC; `null`: not said. */
  readonly barcode: string | null
  /** What it shows, in units of the listing; `null`: not said, or no stock is kept of it. */
  readonly quantity: number | null
  /** `platform`: the platform ships it from its own warehouse, so its number is not the merchant's to write. */
  readonly fulfilledBy: 'merchant' | 'platform'
}

/** One page of what a channel sells. */
export interface ListingPage {
  readonly listings: readonly ListedListing[]
  /** Rows of this page that could not be read, by the channel's listing id. Default: none. */
  readonly unreadable?: readonly UnreadableOrder[]
  /** `null`: this was the last page. Opaque; a page may be asked for again by its cursor, also by another process, for some hours. */
  readonly cursor: string | null
}

/** How many rows of one urgency are out of date at the moment. */
export interface Backlog {
  /** `none-left`: to show 0. `less`: to show less than now. `more`: everything else, which can wait. */
  readonly urgency: 'none-left' | 'less' | 'more'
  readonly waiting: number
}

/** How often a day a channel lets one listing be changed. The engine counts what it sends, and what is left waits for the next day. */
export interface RevisionLimit {
  /** Changes of a listing in one calendar day. */
  readonly most: number
  /** How many of them are kept for what sells out and for what is on sale again after that. */
  readonly spare: number
  /** Whose calendar: an IANA time zone, such as `America/Los_Angeles`. */
  readonly zone: string
}

/** The numbers a channel shows. Batch calls answer one result per row, in order, and never throw for one bad row. */
export interface ListingsFacet {
  /** Most rows that one `write` should be given. */
  readonly batch: number
  /**
   * How many rows one `write` should be given of such a backlog, 1 to `batch`: for a channel that has a quick way for few rows
   * and a slow one for many. Absent: `batch`.
   */
  portion?(backlog: Backlog): number
  /** How often a day one listing may be changed. Absent: as often as it takes. */
  readonly revisions?: RevisionLimit
  /** `true` when `write` honours `expected` by itself, so that no look is needed before it. */
  readonly compareAndSet: boolean
  write(context: AdapterContext, targets: readonly ListingTarget[]): Promise<readonly WriteResult[]>
  /** What the channel shows now. Every channel that reduces its number by its own sales must have this. */
  read?(
    context: AdapterContext,
    refs: readonly ListingRef[],
    terms?: ReadTerms,
  ): Promise<readonly ListingReading[]>
  /**
   * How many rows one `read` whose answer may be old (`mayBeOld`) is given at most, when everything is compared: for a channel that
   * has a file of all of them. Called again after it was killed, it goes on with the file that it had asked for, where the channel
   * tells of it. Rows that differ are then read as they are now, at most 200 together. Absent: 200, and never old.
   */
  readonly readTogether?: number
  /**
   * One page of everything that the channel sells, each listing at each of its places, in an order of the channel's own. For a
   * first import, and for what is not linked. `null` begins.
   */
  list?(context: AdapterContext, cursor: string | null): Promise<ListingPage>
  /**
   * What became of rows that were accepted but not applied. `pending` again means: ask later. Called beside `write`, for minutes perhaps, so
   * it writes nothing itself, and leaves the platform's calls to what is written where both take of one limit.
   */
  check?(
    context: AdapterContext,
    rows: readonly { readonly target: ListingTarget; readonly handle: string }[],
  ): Promise<readonly WriteResult[]>
}
