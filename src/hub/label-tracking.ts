import type { Order } from '../model/order.ts'
import { answersOf } from '../store/answers.ts'
import type { Transaction } from '../store/database.ts'
import { applyTracking, noteFollowed, noteFollowedAs, toFollow } from '../store/followed.ts'
import { type Again, enqueue, type Job } from '../store/jobs.ts'
import { later } from './backoff.ts'
import type { LabelFacts } from './jobs-labels.ts'
import { commit, type Pass, type Runtime } from './runtime.ts'

const hour = 3_600_000
/** What has not arrived for so long will not. */
const patienceMs = 90 * 24 * hour

/**
 * Has parcels that left under a label of the channel's own followed by the channel that sold it. Answers the numbers of all labels
 * of the order.
 */
export async function followLabels(
  run: Runtime,
  tx: Transaction,
  { connection, id: order }: Order,
): Promise<ReadonlySet<string>> {
  if (!run.connections.get(connection)?.labels?.track) return new Set()
  const labels = new Map<string, string>()
  for (const { kind, state, facts } of await answersOf(tx, connection, order)) {
    if (kind !== 'label.buy' || state !== 'done') continue
    const { label, packages } = facts as unknown as LabelFacts
    for (const { trackingNumber } of packages) if (trackingNumber !== null) labels.set(trackingNumber, label)
  }
  if (labels.size === 0) return new Set()
  const at = run.at()
  const wanted = (number: string) => labels.has(number)
  for (const followed of await noteFollowed(tx, connection, connection, order, wanted)) {
    const { key, trackingNumber: number } = followed
    const label = labels.get(number) ?? ''
    await noteFollowedAs(tx, followed, idOf(label, number))
    await enqueue(tx, {
      connection,
      kind: 'tracking.label',
      key: `${connection}/${key}`,
      payload: { key, label, number, since: at },
      at,
      runAt: later(at, hour),
    })
  }
  return new Set(labels.keys())
}

const idOf = (label: string, number: string) => `${label}/${number}`

/** Asks the channel where such a parcel is, by the hour, until it has arrived, is withdrawn, or has another number. */
export async function trackLabel(pass: Pass, job: Job): Promise<Again | undefined> {
  const { run, name } = pass
  const { labels } = pass.connection
  const { key = '', label = '', number = '', since = job.createdAt } = job.payload
  const follows = () => run.database.read((tx) => toFollow(tx, name, key))
  if (!labels?.track || (await follows()) === null) return undefined
  const news = await labels.track(pass.context, { label, trackingNumber: number })
  const at = run.at()
  if (news !== null) {
    const { status, rawStatus } = news
    const report = { status, rawStatus, at: new Date(news.at).toISOString() }
    await commit(pass, (tx) => applyTracking(tx, name, idOf(label, number), report, at))
  }
  if (Date.parse(at) - Date.parse(since) > patienceMs || (await follows()) === null) return undefined
  return { runAt: later(at, pass.connection.intervals.trackingMs ?? hour) }
}
