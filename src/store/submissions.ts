import type { FulfillmentStatus } from '../model/fulfillment-status.ts'
import { joinSkus } from '../order/index.ts'
import type { Transaction } from './database.ts'

/**
 * What became of a request to ship.
 * - `intended`: written, nothing sent. `sending`: a call may be under way, or lost. `sent`: the provider has it.
 * - `cancelling`: we want it back. `kept`: we asked, and it was too late. `cancelled`: it was stopped at our wish.
 * - `rejected`: the provider refused it. `dropped`: the provider gave it up unasked. Both wait for a person.
 * - `void`: taken back before it was sent.
 */
export type SubmissionState =
  | 'intended'
  | 'sending'
  | 'sent'
  | 'cancelling'
  | 'kept'
  | 'cancelled'
  | 'rejected'
  | 'dropped'
  | 'void'

/** Units of a SKU. */
export interface SubmissionLine {
  readonly sku: string
  readonly quantity: number
}

export interface Submission {
  readonly provider: string
  readonly reference: string
  readonly connection: string
  readonly order: string
  readonly location: string
  readonly state: SubmissionState
  /** When it came into this state: ISO 8601 UTC. */
  readonly stateAt: string
  /** The provider's newest word of it; `null` while it said none. */
  readonly status: FulfillmentStatus | null
  readonly externalId: string | null
  readonly rawStatus: string
  readonly attention: string | null
  readonly acceptedAt: string | null
  /** Asked for. */
  readonly lines: readonly SubmissionLine[]
  /** Of these, gone. */
  readonly shipped: readonly SubmissionLine[]
  /** Of these, given up by the provider. */
  readonly cancelled: readonly SubmissionLine[]
  /**
   * Of what was given up, what a person has looked at, what we wanted back, or what has gone to another place: it stands for
   * nothing any more.
   */
  readonly settled: readonly SubmissionLine[]
  /** Its place refused it or cannot fill it: what is open of it is to go to another one, and nothing of the order comes back. */
  readonly leaving: boolean
}

interface SubmissionRow {
  provider: string
  reference: string
  connection: string
  order_id: string
  location: string
  state: SubmissionState
  updated_at: string
  status: FulfillmentStatus | null
  external_id: string | null
  raw_status: string
  attention: string | null
  accepted_at: string | null
  lines: string
  shipped_lines: string | null
  settled_lines: string | null
  cancelled_lines: string | null
  leaving: number
}

const columns =
  'provider, reference, connection, order_id, location, state, updated_at, status, external_id, raw_status, attention, accepted_at, lines, shipped_lines, cancelled_lines, settled_lines, leaving'

const toSubmission = (row: SubmissionRow): Submission => ({
  provider: row.provider,
  reference: row.reference,
  connection: row.connection,
  order: row.order_id,
  location: row.location,
  state: row.state,
  stateAt: row.updated_at,
  status: row.status,
  externalId: row.external_id,
  rawStatus: row.raw_status,
  attention: row.attention,
  acceptedAt: row.accepted_at,
  lines: JSON.parse(row.lines),
  shipped: row.shipped_lines === null ? [] : JSON.parse(row.shipped_lines),
  cancelled: row.cancelled_lines === null ? [] : JSON.parse(row.cancelled_lines),
  settled: row.settled_lines === null ? [] : JSON.parse(row.settled_lines),
  leaving: Number(row.leaving) === 1,
})

export async function getSubmission(
  tx: Transaction,
  provider: string,
  reference: string,
): Promise<Submission | null> {
  const row = await tx.get<SubmissionRow>(
    `SELECT ${columns} FROM submission WHERE provider = ? AND reference = ?`,
    [provider, reference],
  )
  return row ? toSubmission(row) : null
}

/** Everything ever submitted for an order, oldest reference first. */
export async function submissionsOf(
  tx: Transaction,
  connection: string,
  order: string,
): Promise<Submission[]> {
  const rows = await tx.all<SubmissionRow>(
    `SELECT ${columns} FROM submission WHERE connection = ? AND order_id = ? ORDER BY reference`,
    [connection, order],
  )
  return rows.map(toSubmission)
}

export async function addSubmission(
  tx: Transaction,
  submission: Pick<Submission, 'provider' | 'reference' | 'connection' | 'order' | 'location' | 'lines'> & {
    at: string
  },
): Promise<void> {
  await tx.run(
    `INSERT INTO submission (provider, reference, connection, order_id, location, state, lines, updated_at)
     VALUES (?, ?, ?, ?, ?, 'intended', ?, ?)`,
    [
      submission.provider,
      submission.reference,
      submission.connection,
      submission.order,
      submission.location,
      JSON.stringify(submission.lines),
      submission.at,
    ],
  )
}

/** Moves a submission on, if it is still in one of the states it was thought to be in. */
export async function moveSubmission(
  tx: Transaction,
  submission: Pick<Submission, 'provider' | 'reference'>,
  change: { from: readonly SubmissionState[]; to: SubmissionState; at: string; attention?: string | null },
): Promise<boolean> {
  const changed = await tx.run(
    `UPDATE submission SET state = ?, updated_at = ?, attention = COALESCE(?, attention)
     WHERE provider = ? AND reference = ? AND state IN (${change.from.map(() => '?').join(', ')})`,
    [
      change.to,
      change.at,
      change.attention ?? null,
      submission.provider,
      submission.reference,
      ...change.from,
    ],
  )
  return changed === 1
}

/** What its provider is not through with; the same words as those of its index. */
const isOpen = "provider = ? AND status NOT IN ('delivered', 'cancelled', 'rejected')"

/** Open at their provider under an id that is known, by reference; those that moved since an instant. */
export async function openSubmissions(
  tx: Transaction,
  provider: string,
  { after, most, since }: { after: string; most: number; since: string },
): Promise<Submission[]> {
  const rows = await tx.all<SubmissionRow>(
    `SELECT ${columns} FROM submission
     WHERE ${isOpen} AND reference > ? AND external_id IS NOT NULL AND updated_at >= ?
       AND state IN ('sent', 'kept', 'cancelling')
     ORDER BY reference LIMIT ?`,
    [provider, after, since, most],
  )
  return rows.map(toSubmission)
}

/** Had by their provider since before an instant under an id that nobody knows, and that nobody was asked for. */
export async function namelessSubmissions(
  tx: Transaction,
  provider: string,
  before: string,
): Promise<Submission[]> {
  const rows = await tx.all<SubmissionRow>(
    `SELECT ${columns} FROM submission
     WHERE ${isOpen} AND external_id IS NULL AND attention IS NULL AND updated_at <= ?
       AND state IN ('sent', 'kept', 'cancelling')
     ORDER BY reference`,
    [provider, before],
  )
  return rows.map(toSubmission)
}

/** Notes what a person is asked. `false`: that was noted before. */
export async function noteAttention(
  tx: Transaction,
  { provider, reference }: Pick<Submission, 'provider' | 'reference'>,
  attention: string,
): Promise<boolean> {
  const changed = await tx.run(
    `UPDATE submission SET attention = ?
     WHERE provider = ? AND reference = ? AND (attention IS NULL OR attention <> ?)`,
    [attention, provider, reference, attention],
  )
  return changed === 1
}

/** Units of an order that still have to leave each place, in units of the SKU. */
export async function openAllocations(
  tx: Transaction,
  connection: string,
  order: string,
): Promise<{ location: string; sku: string; open: number }[]> {
  const rows = await tx.all<{ location: string; sku: string; open: number }>(
    `SELECT location, sku, SUM(taken - released - shipped) AS open FROM allocation
     WHERE connection = ? AND order_id = ? GROUP BY location, sku ORDER BY location, sku`,
    [connection, order],
  )
  return rows.map(({ location, sku, open }) => ({ location, sku, open: Number(open) }))
}

/** A person has looked at what the provider gave up so far. */
export async function settleGivenUp(tx: Transaction, submission: Submission): Promise<void> {
  await tx.run('UPDATE submission SET settled_lines = cancelled_lines WHERE provider = ? AND reference = ?', [
    submission.provider,
    submission.reference,
  ])
}

/** The provider stopped these units at our wish, and keeps the rest. */
export async function settleStopped(
  tx: Transaction,
  { provider, reference }: Pick<Submission, 'provider' | 'reference'>,
  stopped: readonly SubmissionLine[],
): Promise<void> {
  const known = (await getSubmission(tx, provider, reference))?.settled ?? []
  await tx.run('UPDATE submission SET settled_lines = ? WHERE provider = ? AND reference = ?', [
    JSON.stringify(joinSkus(known, stopped)),
    provider,
    reference,
  ])
}

/** What is open of it is to go to another place. */
export async function markLeaving(
  tx: Transaction,
  { provider, reference }: Pick<Submission, 'provider' | 'reference'>,
): Promise<void> {
  await tx.run('UPDATE submission SET leaving = 1 WHERE provider = ? AND reference = ?', [
    provider,
    reference,
  ])
}

/** So many units of it have gone to another place. */
export async function settleUnits(
  tx: Transaction,
  { provider, reference, settled }: Submission,
  moved: readonly SubmissionLine[],
): Promise<void> {
  const sums = new Map(settled.map(({ sku, quantity }) => [sku, quantity]))
  for (const { sku, quantity } of moved) sums.set(sku, quantity + (sums.get(sku) ?? 0))
  const lines = [...sums].map(([sku, quantity]) => ({ sku, quantity }))
  await tx.run('UPDATE submission SET settled_lines = ? WHERE provider = ? AND reference = ?', [
    JSON.stringify(lines),
    provider,
    reference,
  ])
}
