import { StockpoolError } from '../error.ts'
import { readCursor } from '../store/connections.ts'
import { type StockElsewhere, stockElsewhere } from '../store/elsewhere.ts'
import { type OfferTerms, offerTerms } from '../store/offers.ts'
import { type PushRow, pushRows } from '../store/pushes.ts'
import { unitsSoldSince } from '../store/sales.ts'
import { mustKnow } from './api-catalog.ts'
import { baseline, mayShow } from './push-decision.ts'
import { raisesWaitFor } from './push-hold.ts'
import type { Runtime } from './runtime.ts'
import { userOffer } from './user-offer.ts'

/** A number and when it was true; `null`: never. */
export interface Dated {
  readonly quantity: number
  /** ISO 8601 UTC. */
  readonly at: string
}

/** Every term of one published number. Quantities in units of the listing, unless a field says otherwise. */
export interface Explanation {
  readonly sku: string
  readonly connection: string
  readonly listing: string
  readonly place: string
  /** What the policy made of the pool: on hand, reserved and available by location (in units of the SKU), buffer, cap, minimum. */
  readonly terms: OfferTerms
  /** The number to show, after the user's own offer function. */
  readonly offer: number
  /** Sales seen on the channel whose orders have not arrived: held back. */
  readonly heldBack: number
  /** What should be on the channel now: offer less held back. */
  readonly target: number
  readonly lastSent: Dated | null
  readonly lastConfirmed: Dated | null
  readonly lastObserved: Dated | null
  /** What the channel is believed to show: the last known number less its own sales since. */
  readonly believed: number | null
  /**
   * `shown`: nothing to do. `waiting`: out of date. `held`: a raise, and the orders of `waitsFor` have never been read to
   * the end. `pending`: accepted, not applied yet. `failing`: see `error`.
   */
  readonly state: 'shown' | 'waiting' | 'held' | 'pending' | 'failing'
  /** The connections whose first order read a raise waits for; empty unless the state is `held`. */
  readonly waitsFor: readonly string[]
  readonly error: { readonly code: string; readonly message: string; readonly retryAt: string | null } | null
  /** What platforms keep of the SKU by themselves: shown for people, and no part of any number above. */
  readonly elsewhere: readonly StockElsewhere[]
}

/** Explains every listing of a SKU on a connection. */
export async function explainListings(run: Runtime, sku: string, connection: string): Promise<Explanation[]> {
  mustKnow(run, connection)
  return run.database.read(async (tx) => {
    const rows = await pushRows(tx, { connection, sku, after: 0, limit: 1000 })
    if (rows.length === 0) {
      throw new StockpoolError('not_found', `${sku} has no listing on ${connection}`, {
        field: 'sku',
        remedy: 'Link one with hub.listings.link.',
      })
    }
    const { completeUntil } = await readCursor(tx, connection, 'orders')
    const terms = await offerTerms(
      tx,
      rows.map(({ id }) => id),
    )
    const unread = await raisesWaitFor(run, tx)
    const elsewhere = await stockElsewhere(tx, [sku], run.clock.now())
    const explanations: Explanation[] = []
    for (const row of rows) {
      const term = terms.get(row.id)
      if (!term) continue
      const { offer, error } = userOffer(run.offer, connection, row, term)
      const state = stateOf(row, Math.max(0, offer - row.held), unread)
      const base = baseline({ ...row, completeUntil })
      const sold =
        base === null ? 0 : await unitsSoldSince(tx, { connection, listing: row.listing, after: base.at })
      explanations.push({
        sku,
        connection,
        listing: row.listing,
        place: row.place,
        terms: term,
        offer,
        heldBack: row.held,
        target: Math.max(0, offer - row.held),
        lastSent: dated(row.sent, row.sentAt),
        lastConfirmed: dated(row.confirmed, row.confirmedAt),
        lastObserved: dated(row.observed, row.observedAt),
        believed: base === null ? null : Math.max(0, base.quantity - sold),
        state,
        waitsFor: state === 'held' ? unread : [],
        error: row.error === null ? told(error) : { ...JSON.parse(row.error), retryAt: row.retryAt },
        elsewhere,
      })
    }
    return explanations
  })
}

const dated = (quantity: number | null, at: string | null): Dated | null =>
  quantity === null || at === null ? null : { quantity, at }

/** What is wrong with the user's own offer function. */
const told = (error: StockpoolError | null): Explanation['error'] =>
  error === null ? null : { code: error.code, message: error.message, retryAt: null }

function stateOf(row: PushRow, target: number, unread: readonly string[]): Explanation['state'] {
  if (row.handle !== null) return 'pending'
  if (row.generation <= row.done) return 'shown'
  if (row.error !== null) return 'failing'
  return unread.length > 0 && target > (mayShow(row) ?? 0) ? 'held' : 'waiting'
}
