import { StockpoolError } from '../error.ts'
import type { Order } from '../model/order.ts'
import type { TrackingFacet, TrackingNews } from '../spec/tracking.ts'
import { readCursor, writeCursor } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { applyTracking, noteFollowed, noteFollowedAs, toFollow } from '../store/followed.ts'
import { enqueue, type Job } from '../store/jobs.ts'
import { later } from './backoff.ts'
import { followLabels } from './label-tracking.ts'
import { samePage } from './providers-pass.ts'
import { commit, type Pass, type Runtime } from './runtime.ts'

/** So long a provider has time to tell more of a parcel than that it left. */
const quietMs = 24 * 3_600_000

/**
 * Has the parcels of an order that have left followed: under a label of the channel's own by the channel, the others by the hub's
 * tracker, those of the merchant's own place at once, those of a provider after a day, unless it tells of them by itself.
 */
export async function followNewParcels(run: Runtime, tx: Transaction, order: Order): Promise<void> {
  const labelled = await followLabels(run, tx, order)
  const { tracker } = run
  if (tracker === null) return
  const at = run.at()
  const wanted = (number: string) => !labelled.has(number)
  for (const { key, own } of await noteFollowed(tx, tracker, order.connection, order.id, wanted)) {
    await enqueue(tx, {
      connection: tracker,
      kind: 'tracking.follow',
      key: `${tracker}/${key}`,
      payload: { key },
      at,
      runAt: own ? at : later(at, quietMs),
    })
  }
}

/** Has one parcel followed. Asking twice under one key is asking once. */
export async function followParcel(pass: Pass, job: Job): Promise<void> {
  const facet = facetOf(pass)
  const key = job.payload.key ?? ''
  const parcel = await pass.run.database.read((tx) => toFollow(tx, pass.name, key))
  if (parcel === null) return
  const { trackingNumber, carrier } = parcel
  const [result] = await facet.follow(pass.context, [{ trackingNumber, carrier, key }])
  if (result === undefined)
    throw new StockpoolError(
      'internal',
      `the ${pass.connection.kind} adapter answered no result for a parcel`,
    )
  if (result.status === 'failed') throw result.error
  await commit(pass, async (tx) => {
    await noteFollowedAs(tx, parcel, result.id)
    if (result.news !== null) await take(pass, tx, result.news)
  })
}

/** Reads one followed parcel afresh: a webhook hinted at it. */
export async function fetchTracking(pass: Pass, job: Job): Promise<void> {
  const news = await facetOf(pass).get(pass.context, job.payload.id ?? '')
  if (news !== null) await commit(pass, (tx) => take(pass, tx, news))
}

/** Reads what moved, page by page; the cursor moves only after a page is stored. */
export async function readTracking(pass: Pass): Promise<void> {
  const facet = pass.connection.tracking
  if (!facet) return
  let { value } = await pass.run.database.read((tx) => readCursor(tx, pass.name, 'tracking'))
  for (;;) {
    pass.signal.throwIfAborted()
    const page = await facet.read(pass.context, value)
    for (const news of page.news) await commit(pass, (tx) => take(pass, tx, news))
    if (page.more && page.cursor === value) throw samePage('tracking')
    value = page.cursor
    const ranAt = page.more ? null : pass.run.at()
    await commit(pass, (tx) => writeCursor(tx, pass.name, 'tracking', { value, completeUntil: null, ranAt }))
    if (!page.more) return
  }
}

async function take(pass: Pass, tx: Transaction, news: TrackingNews): Promise<void> {
  const time = new Date(news.at)
  if (Number.isNaN(time.getTime())) {
    const message = `the news of ${news.id} have no time`
    pass.report.errors.push({ doing: 'reading tracking', code: 'invalid_input', message })
    return
  }
  const report = { status: news.status, rawStatus: news.rawStatus, at: time.toISOString() }
  await applyTracking(tx, pass.name, news.id, report, pass.run.at())
}

function facetOf(pass: Pass): TrackingFacet {
  if (pass.connection.tracking) return pass.connection.tracking
  throw new StockpoolError('unsupported', `${pass.name} follows no parcels`, {
    remedy: 'Name a connection that does as the hub’s tracker.',
  })
}
