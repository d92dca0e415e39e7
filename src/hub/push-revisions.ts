import { StockpoolError } from '../error.ts'
import type { ListingsFacet, RevisionLimit } from '../spec/listings.ts'
import type { Transaction } from '../store/database.ts'
import { emit } from '../store/events.ts'
import { noteFailed } from '../store/push-notes.ts'
import { noteJudged } from '../store/pushes.ts'
import { countedBefore, countRevisions, revisionsOn } from '../store/revisions.ts'
import { dayEnd, dayIn } from './calendar.ts'
import { allowed } from './push-allowance.ts'
import { inDoubt, mayShow } from './push-decision.ts'
import type { Looks, Plan } from './push-plan.ts'
import type { Pass } from './runtime.ts'

/**
 * Of what is to be written, what the channel still lets be changed today; it is counted before it is sent, so that a crash counts too
 * many and not too few. The rest waits for the channel's next day, but for what sells out meanwhile. The listings are held.
 */
export async function withinRevisions(
  pass: Pass,
  tx: Transaction,
  facet: ListingsFacet,
  plans: readonly Plan[],
  looks: Looks,
): Promise<readonly Plan[]> {
  const { revisions: limit } = facet
  if (limit === undefined || plans.length === 0) return plans
  const day = dayIn(limit.zone, pass.run.clock.now())
  const before = await countedBefore(
    tx,
    pass.name,
    plans.map(({ row }) => row.listing),
  )
  const changes = plans.map((plan) => {
    const { row, quantity: to } = plan
    const look = looks.get(row.id)
    const seen = typeof look === 'object' ? look : null
    const countedAs = seen?.countedAs ?? before.get(row.listing) ?? row.listing
    return { plan, countedAs, from: seen?.quantity ?? mayShow(row), to }
  })
  const names = changes.map(({ countedAs }) => countedAs)
  const going = allowed(limit, changes, await revisionsOn(tx, pass.name, day, names))
  for (const change of changes) if (!going.has(change)) await holdBack(pass, tx, limit, change.plan)
  const counts = Map.groupBy(going, ({ plan }) => plan.row.listing)
  await countRevisions(
    tx,
    pass.name,
    day,
    [...counts].flatMap(([listing, [first, ...others]]) =>
      first ? [{ listing, countedAs: first.countedAs, count: 1 + others.length }] : [],
    ),
  )
  return changes.flatMap((change) => (going.has(change) ? [change.plan] : []))
}

/** Told once a day: the text is the same until then. */
async function holdBack(
  pass: Pass,
  tx: Transaction,
  { most, zone }: RevisionLimit,
  { row }: Plan,
): Promise<void> {
  const until = new Date(dayEnd(zone, pass.run.clock.now())).toISOString()
  const { code, message } = new StockpoolError(
    'rate_limited',
    `${pass.connection.kind} lets a listing be changed ${most} times a day, and for today that is used up: its new number waits until ${until}`,
  )
  const error = JSON.stringify({ code, message })
  const at = pass.run.at()
  await noteFailed(tx, {
    id: row.id,
    retryAt: until,
    // What sells out meanwhile need not wait.
    lowerAt: at,
    error,
    counts: false,
    certain: !inDoubt(row),
  })
  await noteJudged(tx, row)
  pass.report.listingsFailed++
  if (row.error === error) return
  const { listing, place } = row
  await emit(tx, at, 'listing.failed', { connection: pass.name, listing, place, code, message })
}
