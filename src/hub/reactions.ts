import { createHash } from 'node:crypto'
import type { Order } from '../model/order.ts'
import { releasable } from '../order/index.ts'
import { listLocations } from '../store/catalog.ts'
import type { Transaction } from '../store/database.ts'
import { enqueue, hurryJob } from '../store/jobs.ts'
import { isKept, notePlaces, placedUnits } from '../store/order-wishes.ts'
import {
  addSubmission,
  moveSubmission,
  openAllocations,
  type Submission,
  type SubmissionLine,
  settleStopped,
  submissionsOf,
} from '../store/submissions.ts'
import { isOwed } from '../store/telling-parcels.ts'
import { waitsForQuotes } from './quotes.ts'
import { rerouteGivenUp } from './reroute.ts'
import type { Runtime } from './runtime.ts'

/**
 * What follows from an order's news, in the same transaction: providers are asked for what is open and not asked for
 * yet, and asked to stop what is no longer wanted. Level-triggered: it compares what is needed with what was asked for, so
 * it may be called at any time, any number of times.
 */
export async function react(run: Runtime, tx: Transaction, order: Order): Promise<void> {
  const at = run.at()
  const kept = await isKept(tx, order.connection, order.id)
  if (releasable(order) && !kept) {
    if (await waitsForQuotes(run, tx, order)) return
    if (run.reroute) await rerouteGivenUp(run, tx, order)
    await assignPlaces(run, tx, order)
  }
  const providers = new Map(
    (await listLocations(tx))
      .filter(({ connection }) => connection !== null && run.connections.get(connection)?.fulfillment)
      .map((location) => [location.id as string, location.connection as string]),
  )
  const open = await openAllocations(tx, order.connection, order.id)
  const submissions = await submissionsOf(tx, order.connection, order.id)
  const places = new Set([
    ...open.map(({ location }) => location),
    ...submissions.map(({ location }) => location),
  ])
  for (const place of places) {
    const provider = providers.get(place)
    if (provider === undefined) continue
    const need = new Map(open.filter(({ location }) => location === place).map((row) => [row.sku, row.open]))
    const here = submissions.filter(({ location }) => location === place)
    const holding = await takeBack(run, tx, need, here, at)
    if (kept || !(await goesOn(tx, order))) continue
    const missing = uncovered(need, holding)
    if (missing.length === 0) continue
    const reference = referenceOf(order, place, here.length + 1)
    await addSubmission(tx, {
      provider,
      reference,
      connection: order.connection,
      order: order.id,
      location: place,
      lines: missing,
      at,
    })
    await askFor(tx, provider, reference, at)
  }
}

/**
 * Whether what is open of an order may be given to a warehouse. A channel calls an order shipped once it has the tracking of a
 * label; where that label was withdrawn, the goods are owed all the same.
 */
async function goesOn(tx: Transaction, order: Order): Promise<boolean> {
  if (releasable(order)) return true
  if (order.status !== 'shipped' || !releasable({ ...order, status: 'partially_shipped' })) return false
  return isOwed(tx, order.connection, order.id)
}

/**
 * What a submission still stands for of a SKU. What its provider gave up unasked stays in it until a person has looked, so
 * that nothing is sent round in circles; what it stopped at our wish is free at once.
 */
export function covers(submission: Submission, sku: string): number {
  if (submission.state === 'void' || submission.state === 'cancelled') return 0
  const of = (lines: Submission['lines']) =>
    sum(lines.filter((line) => line.sku === sku).map(({ quantity }) => quantity))
  const askedBack = submission.state === 'cancelling' || submission.state === 'kept'
  const free = of(askedBack ? submission.cancelled : submission.settled)
  return Math.max(0, of(submission.lines) - of(submission.shipped) - free)
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

function uncovered(need: ReadonlyMap<string, number>, submissions: readonly Submission[]): SubmissionLine[] {
  return [...need]
    .map(([sku, quantity]) => ({
      sku,
      quantity: quantity - sum(submissions.map((submission) => covers(submission, sku))),
    }))
    .filter(({ quantity }) => quantity > 0)
}

/** Stops what asks for more than is needed. Answers the submissions that still hold. */
async function takeBack(
  run: Runtime,
  tx: Transaction,
  need: ReadonlyMap<string, number>,
  submissions: readonly Submission[],
  at: string,
): Promise<Submission[]> {
  const skus = new Set(submissions.flatMap(({ lines }) => lines.map(({ sku }) => sku)))
  const tooMuch = [...skus].some(
    (sku) => sum(submissions.map((one) => covers(one, sku))) > (need.get(sku) ?? 0),
  )
  if (!tooMuch) {
    for (const submission of submissions) await endKeeping(run, tx, submission, at)
    return [...submissions]
  }
  const holding: Submission[] = []
  for (const submission of submissions) {
    const { provider, reference } = submission
    if (await moveSubmission(tx, submission, { from: ['intended', 'rejected', 'dropped'], to: 'void', at }))
      continue
    holding.push(submission)
    const facet = run.connections.get(provider)?.fulfillment
    if (
      (facet?.cancel !== undefined || facet?.keep !== undefined) &&
      (await moveSubmission(tx, submission, { from: ['sending', 'sent'], to: 'cancelling', at }))
    ) {
      await askBack(tx, provider, reference, at)
    }
  }
  return holding
}

/** A provider that was asked to keep a part has come to it by now: it goes on with that, and may be asked for less again. */
async function endKeeping(run: Runtime, tx: Transaction, submission: Submission, at: string): Promise<void> {
  const { provider, state, status, lines, leaving, cancelled } = submission
  if (state !== 'cancelling' || leaving || status === 'cancelled' || status === 'rejected') return
  if (run.connections.get(provider)?.fulfillment?.keep === undefined) return
  if (lines.every(({ sku }) => covers(submission, sku) === 0)) return
  await settleStopped(tx, submission, cancelled)
  await moveSubmission(tx, submission, { from: ['cancelling'], to: 'sent', at })
}

/** Has a channel told which of its places the goods leave from, unless it was asked for just that before. */
async function assignPlaces(run: Runtime, tx: Transaction, { connection, id }: Order): Promise<void> {
  if (!run.connections.get(connection)?.orders?.assign) return
  const units = await placedUnits(tx, connection, id)
  if (units.every(({ open }) => open === 0) || !(await notePlaces(tx, connection, id, units))) return
  const key = `${connection}/${id}`
  await enqueue(tx, { connection, kind: 'order.assign', key, payload: { order: id }, at: run.at() })
}

/** Has a submission given to its provider. `id`: under which the provider may have it already; then at once. */
export async function askFor(
  tx: Transaction,
  provider: string,
  reference: string,
  at: string,
  id: string | null = null,
): Promise<void> {
  const key = `${provider}/${reference}`
  const payload = { reference, ...(id === null ? {} : { id }) }
  await enqueue(tx, { connection: provider, kind: 'fulfillment.submit', key, payload, at })
  if (id !== null) await hurryJob(tx, 'fulfillment.submit', key, at)
}

/** Has the provider asked to stop a submission. */
export async function askBack(
  tx: Transaction,
  provider: string,
  reference: string,
  at: string,
): Promise<void> {
  const key = `${provider}/${reference}`
  await enqueue(tx, { connection: provider, kind: 'fulfillment.cancel', key, payload: { reference }, at })
}

/** Deterministic, unique, readable on a packing slip: `1001-3f2a9c1b0d-1`. At most 40 characters of `[A-Za-z0-9-]`. */
export function referenceOf(
  order: Pick<Order, 'connection' | 'id' | 'number'>,
  location: string,
  nth: number,
): string {
  const readable = (order.number || order.id)
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(-22)
  const unique = createHash('sha256')
    .update(`${order.connection}\n${order.id}\n${location}`)
    .digest('hex')
    .slice(0, 12)
  return `${readable}-${unique}-${nth}`
}
