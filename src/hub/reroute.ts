import type { Order } from '../model/order.ts'
import type { Transaction } from '../store/database.ts'
import { canReroute, type Reroute, rerouteOrder } from '../store/order-reroute.ts'
import { readPerson } from '../store/orders.ts'
import {
  markLeaving,
  moveSubmission,
  openAllocations,
  type Submission,
  type SubmissionLine,
  settleUnits,
  submissionsOf,
} from '../store/submissions.ts'
import { askBack } from './reactions.ts'
import type { Runtime } from './runtime.ts'

/**
 * Sends on to another place what a provider refused, gave up or has no stock for. Only what the provider has let go of is
 * moved: an order that it holds is asked back first, and moved when it has stopped it. Never back to a place that
 * refused the order before, and only where there is stock; what finds no other place stays and waits for a person.
 */
export async function rerouteGivenUp(run: Runtime, tx: Transaction, order: Order): Promise<void> {
  const submissions = await submissionsOf(tx, order.connection, order.id)
  if (!submissions.some((one) => leavingUnits(one).length > 0 || isBackordered(run, one))) return
  const away = new Set(submissions.filter((one) => one.leaving || leavingUnits(one).length > 0).map(placeOf))
  const shipTo = await shipToOf(run, tx, order)
  const base = {
    connection: order.connection,
    order: order.id,
    at: run.at(),
    route: run.route,
    shipTo,
    quotes: [],
  }
  for (const place of new Set(submissions.map(placeOf))) {
    const here = submissions.filter((one) => one.location === place)
    const leaving = here.filter((one) => leavingUnits(one).length > 0)
    if (leaving.length > 0) await moveOn(tx, { ...base, away }, place, here, leaving)
  }
  for (const submission of submissions.filter((one) => isBackordered(run, one))) {
    const from = new Map([[submission.location, bySku(submission.lines)]])
    const because = `${submission.provider} has no stock for it`
    const elsewhere: Reroute = { ...base, from, away: new Set([...away, submission.location]), because }
    if (await canReroute(tx, elsewhere)) await askToLeave(run, tx, submission)
  }
}

const placeOf = ({ location }: Submission): string => location

async function moveOn(
  tx: Transaction,
  base: Omit<Reroute, 'from' | 'because'>,
  place: string,
  here: readonly Submission[],
  leaving: readonly Submission[],
): Promise<void> {
  const { connection, order, at } = base
  const need = new Map(
    (await openAllocations(tx, connection, order))
      .filter(({ location }) => location === place)
      .map(({ sku, open }) => [sku, open]),
  )
  const units = new Map<string, number>()
  for (const [sku, open] of need) {
    const most = leaving.reduce((sum, one) => sum + unitsOf(leavingUnits(one), sku), 0)
    const kept = here.reduce((sum, one) => sum + staying(one, sku), 0)
    const quantity = Math.min(most, open - kept)
    if (quantity > 0) units.set(sku, quantity)
  }
  if (units.size === 0) return
  const because = reasonOf(leaving)
  const moved = await rerouteOrder(tx, { ...base, from: new Map([[place, units]]), because })
  const left = new Map<string, number>()
  for (const { sku, quantity } of moved) left.set(sku, quantity + (left.get(sku) ?? 0))
  for (const submission of leaving) {
    const gone = takeFrom(left, leavingUnits(submission))
    if (gone.length === 0) continue
    await markLeaving(tx, submission)
    await settleUnits(tx, submission, gone)
    const all = leavingUnits(submission).every(({ sku, quantity }) => unitsOf(gone, sku) === quantity)
    if (all) await moveSubmission(tx, submission, { from: ['rejected', 'dropped'], to: 'void', at })
  }
}

const reasonOf = (leaving: readonly Submission[]): string => {
  const [first] = leaving
  if (first === undefined) return ''
  if (first.state === 'rejected') return `${first.provider} refused it`
  return first.status === 'backordered'
    ? `${first.provider} has no stock for it`
    : `${first.provider} gave it up`
}

/** Units that its place has let go of and will not ship: they may go elsewhere. */
export function leavingUnits(submission: Submission): SubmissionLine[] {
  const { state, lines, shipped, cancelled, settled, leaving } = submission
  const left = (some: readonly SubmissionLine[], less: readonly SubmissionLine[][]) =>
    [...bySku(some)]
      .map(([sku, quantity]) => ({
        sku,
        quantity: quantity - less.reduce((sum, one) => sum + unitsOf(one, sku), 0),
      }))
      .filter(({ quantity }) => quantity > 0)
  const gone = [[...shipped], [...settled]]
  if (state === 'dropped') return left(lines, gone)
  // A refusal that a repetition could not change, or one that the provider told us of.
  if (state === 'rejected' && (leaving || submission.status === 'rejected')) return left(lines, gone)
  if (state === 'cancelled' && leaving) return left(lines, gone)
  if (state === 'sent') return left(cancelled, [[...settled]])
  return []
}

/** What of a SKU a submission will still ship from its place. */
function staying(submission: Submission, sku: string): number {
  const { state, lines, shipped, settled } = submission
  if (state === 'void' || state === 'cancelled') return 0
  const open = unitsOf(lines, sku) - unitsOf(shipped, sku) - unitsOf(settled, sku)
  return Math.max(0, open - unitsOf(leavingUnits(submission), sku))
}

/** The provider has the order, lacks the goods, and can be asked to give it back. */
function isBackordered(run: Runtime, { provider, state, status, leaving, shipped }: Submission): boolean {
  if (state !== 'sent' || status !== 'backordered' || leaving || shipped.length > 0) return false
  return run.connections.get(provider)?.fulfillment?.cancel !== undefined
}

async function askToLeave(run: Runtime, tx: Transaction, submission: Submission): Promise<void> {
  const at = run.at()
  const { provider, reference } = submission
  await markLeaving(tx, submission)
  if (await moveSubmission(tx, submission, { from: ['sent'], to: 'cancelling', at }))
    await askBack(tx, provider, reference, at)
}

/** Where a parcel goes, as closely as it is known. */
export async function shipToOf(run: Runtime, tx: Transaction, order: Order): Promise<Reroute['shipTo']> {
  const person = await readPerson(tx, order.connection, order.id, run.vault.reveal).catch(() => null)
  return { country: person?.shipTo?.country ?? null, postalCode: person?.shipTo?.postalCode ?? null }
}

function bySku(lines: readonly SubmissionLine[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { sku, quantity } of lines) sums.set(sku, quantity + (sums.get(sku) ?? 0))
  return sums
}

const unitsOf = (lines: readonly SubmissionLine[], sku: string): number => bySku(lines).get(sku) ?? 0

/** As many of the lines as are left, which they leave the less of. */
function takeFrom(left: Map<string, number>, lines: readonly SubmissionLine[]): SubmissionLine[] {
  return lines.flatMap(({ sku, quantity }) => {
    const taken = Math.min(quantity, left.get(sku) ?? 0)
    if (taken === 0) return []
    left.set(sku, (left.get(sku) ?? 0) - taken)
    return [{ sku, quantity: taken }]
  })
}
