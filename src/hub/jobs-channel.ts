import { StockpoolError } from '../error.ts'
import type { ListingRef } from '../spec/listings.ts'
import type { ShipmentNotice } from '../spec/shipments.ts'
import type { Transaction } from '../store/database.ts'
import { emit } from '../store/events.ts'
import { type Again, enqueue, type Job, markInDoubt } from '../store/jobs.ts'
import { listingIds, markListing } from '../store/listings.ts'
import { lockOrder } from '../store/locks.ts'
import { tellAttention } from '../store/order-news.ts'
import {
  addTimeline,
  getOrder,
  getParcel,
  listParcels,
  noteParcelConfirmed,
  type StoredParcel,
} from '../store/orders.ts'
import { noteObserved } from '../store/push-notes.ts'
import { pushRows } from '../store/pushes.ts'
import { beginTelling, knownAs, noteReplaced, type Telling } from '../store/telling-parcels.ts'
import { later, lookAgainMs } from './backoff.ts'
import { gone } from './jobs-pass.ts'
import { applySnapshot } from './orders-pass.ts'
import { commit, type Pass } from './runtime.ts'

/** Reads one order afresh from its channel: a webhook hinted at it, or its snapshot could not be stored. */
export async function fetchOrder(pass: Pass, job: Job): Promise<void> {
  const id = job.payload.order ?? ''
  const order = await pass.connection.orders?.get(pass.context, id)
  if (order) await applySnapshot(pass, order)
}

/** Tells the channel of one parcel. */
export async function confirmShipment(pass: Pass, job: Job): Promise<Again | undefined> {
  const { shipments } = pass.connection
  if (!shipments) throw unsupported(pass, 'take tracking')
  const { order = '', parcel: id = '', underway = null } = job.payload
  const parcel = await pass.run.database.read((tx) => getParcel(tx, pass.name, order, id))
  if (parcel === null) throw gone(`parcel ${id}`)
  if (parcel.confirmedAt !== null || parcel.withdrawn) return undefined
  const known = await pass.run.database.read((tx) => getOrder(tx, pass.name, order))
  if (known?.status === 'cancelled') {
    await commit(pass, (tx) => leftThoughCancelled(pass, tx, order, id))
    return undefined
  }
  const { others, telling } = await commit(pass, async (tx) => {
    const corrects = shipments.correct !== undefined
    const telling = await beginTelling(tx, { connection: pass.name, order, id }, corrects)
    // From here on nobody can be sure that the channel was not told, also after a crash or when a dead job is replayed.
    await markInDoubt(tx, job)
    return { telling, others: (await listParcels(tx, pass.name, order)).filter((one) => one.id !== id) }
  })
  if (telling.how !== 'anew') return tellInstead(pass, job, parcel, telling)
  const repeated = job.inDoubt || job.attempts > 1
  const notice = { ...noticeOf(pass, order, parcel), others: referencesOf(others), repeated, underway }
  const [result] = await shipments.confirm(pass.context, [notice])
  if (result === undefined)
    throw new StockpoolError(
      'internal',
      `the ${pass.connection.kind} adapter answered no result for a parcel`,
    )
  if (result.status === 'failed') throw result.error
  if (result.status === 'pending') return notYet(pass, job, result.handle)
  const at = pass.run.at()
  await commit(pass, async (tx) => {
    await lockOrder(tx, pass.name, order)
    await noteParcelConfirmed(tx, pass.name, order, id, { at, reference: result.reference ?? null })
    await addTimeline(tx, pass.name, order, at, {
      text: `${pass.name} has the tracking`,
      facts: { parcel: id, trackingNumber: parcel.trackingNumber },
    })
    await emit(tx, at, 'shipment.confirmed', { connection: pass.name, order, parcel: id })
    // The label may have been changed while the channel was being told of the old one.
    const now = await getParcel(tx, pass.name, order, id)
    if (now?.trackingNumber !== parcel.trackingNumber && shipments.correct)
      await correctLater(tx, pass.name, order, id, at)
  })
  pass.report.shipmentsConfirmed++
  return undefined
}

/** A channel that has not worked off the news of a parcel for so long will not. */
const patienceMs = 2 * 86_400_000

/** The channel took the news and has not worked them off: they are given again, with what it gave for them. */
function notYet({ run, name }: Pass, { payload }: Job, handle: string | null): Again {
  const at = run.at()
  const { since = at } = payload
  const ageMs = Date.parse(at) - Date.parse(since)
  if (ageMs >= patienceMs) {
    throw new StockpoolError('rejected', `${name} has not worked off the news of a parcel for two days`, {
      remedy: 'See on the platform whether it shows the parcel; if not, replay the job.',
    })
  }
  const known: Record<string, string> = { ...payload, since }
  if (handle !== null) known.underway = handle
  return { runAt: later(at, lookAgainMs(ageMs)), payload: known }
}

/** The goods of a withdrawn parcel that the channel counts already go in another one: it gets that one's tracking for them. */
async function tellInstead(
  pass: Pass,
  job: Job,
  parcel: StoredParcel,
  { how, of, as }: Exclude<Telling, { how: 'anew' }>,
): Promise<Again | undefined> {
  const { id, trackingNumber } = parcel
  const { order = '', underway = null } = job.payload
  if (how === 'person') {
    await commit(pass, (tx) => tellByHand(pass, tx, order, parcel, of))
    return undefined
  }
  const notice = { ...noticeOf(pass, order, parcel), ...identityOf(as), underway }
  const result = await pass.connection.shipments?.correct?.(pass.context, notice, of.confirmedAs)
  if (result?.status === 'failed') throw result.error
  if (result?.status === 'pending') return notYet(pass, job, result.handle)
  await commit(pass, async (tx) => {
    const at = pass.run.at()
    await lockOrder(tx, pass.name, order)
    await noteReplaced(tx, { connection: pass.name, order, id: of.id }, id)
    await noteParcelConfirmed(tx, pass.name, order, id, { at, reference: of.confirmedAs })
    await addTimeline(tx, pass.name, order, at, {
      text: `${pass.name} has the tracking, in place of parcel ${of.id}`,
      facts: { parcel: id, trackingNumber },
    })
    await emit(tx, at, 'shipment.confirmed', { connection: pass.name, order, parcel: id })
    const now = await getParcel(tx, pass.name, order, id)
    if (now?.trackingNumber !== trackingNumber) await correctLater(tx, pass.name, order, id, at)
  })
  pass.report.shipmentsConfirmed++
  return undefined
}

async function tellByHand(
  pass: Pass,
  tx: Transaction,
  order: string,
  { id, carrierName, trackingNumber }: StoredParcel,
  of: StoredParcel,
): Promise<void> {
  const at = pass.run.at()
  await lockOrder(tx, pass.name, order)
  const tracking = [carrierName, trackingNumber].filter((text) => text !== null).join(' ')
  const reason = `${pass.name} shows the tracking of parcel ${of.id} (${of.trackingNumber}), which was withdrawn before it left, and takes no correction: give it that of parcel ${id} there by hand (${tracking})`
  await noteParcelConfirmed(tx, pass.name, order, id, { at, reference: null })
  await tellAttention(tx, pass.name, order, at, [{ line: null, reason }])
}

/** Has the channel told of another tracking number. */
export async function correctLater(
  tx: Transaction,
  connection: string,
  order: string,
  parcel: string,
  at: string,
): Promise<void> {
  const key = `${connection}/${order}/${parcel}`
  await enqueue(tx, { connection, kind: 'shipment.correct', key, payload: { order, parcel }, at })
}

/** Tells the channel that a parcel it knows has another tracking number. */
export async function correctShipment(pass: Pass, job: Job): Promise<Again | undefined> {
  const { shipments } = pass.connection
  if (!shipments?.correct) throw unsupported(pass, 'correct tracking')
  const { order = '', parcel: id = '' } = job.payload
  const parcel = await pass.run.database.read((tx) => getParcel(tx, pass.name, order, id))
  const as = await pass.run.database.read((tx) => knownAs(tx, pass.name, order, id))
  if (parcel === null || as === null) throw gone(`parcel ${id}`)
  if (parcel.confirmedAt === null || parcel.withdrawn || parcel.trackingNumber === null) return undefined
  const { underway = null } = job.payload
  const notice = { ...noticeOf(pass, order, parcel), ...identityOf(as), underway }
  const result = await shipments.correct(pass.context, notice, parcel.confirmedAs)
  if (result.status === 'failed') throw result.error
  if (result.status === 'pending') return notYet(pass, job, result.handle)
  const facts = { parcel: id, trackingNumber: parcel.trackingNumber }
  await commit(pass, (tx) =>
    addTimeline(tx, pass.name, order, pass.run.at(), {
      text: `${pass.name} has the corrected tracking`,
      facts,
    }),
  )
  return undefined
}

const referencesOf = (parcels: readonly StoredParcel[]) =>
  parcels.flatMap(({ confirmedAs, withdrawn }) => (confirmedAs === null || withdrawn ? [] : [confirmedAs]))

/** What the channel knows a parcel by, whichever now goes in its place. */
const identityOf = ({ id, sequence, lines }: StoredParcel) => ({ parcel: id, sequence, lines })

function noticeOf(pass: Pass, order: string, parcel: StoredParcel): ShipmentNotice {
  const { id, sequence, carrier, carrierName, service, trackingNumber, trackingUrl, lines } = parcel
  const shippedAt = Date.parse(parcel.handedOverAt ?? parcel.labelledAt ?? pass.run.at())
  return {
    order,
    parcel: id,
    sequence,
    carrier,
    carrierName,
    service,
    trackingNumber,
    trackingUrl,
    shippedAt,
    lines,
  }
}

/** The channel takes no tracking for an order that it has cancelled: a person must hear of the parcel. */
async function leftThoughCancelled(
  pass: Pass,
  tx: Transaction,
  order: string,
  parcel: string,
): Promise<void> {
  const at = pass.run.at()
  await lockOrder(tx, pass.name, order)
  const reason = `parcel ${parcel} left although the order is cancelled: ask the carrier to return it, or the buyer to pay`
  await noteParcelConfirmed(tx, pass.name, order, parcel, { at, reference: 'cancelled' })
  await addTimeline(tx, pass.name, order, at, { text: reason, facts: { parcel } })
  await emit(tx, at, 'order.attention', { connection: pass.name, order, line: null, reason })
}

/** Our own writes come back as hints of changed listings; by then the number is known again and the look finds nothing new. */
const settleMs = 5000

/** Has listings looked at that the channel may have changed by itself. */
export async function observeLater(
  tx: Transaction,
  connection: string,
  listings: readonly ListingRef[],
  at: string,
  afterMs = settleMs,
): Promise<void> {
  const found: number[] = []
  for (const { listing, place } of listings)
    found.push(...(await listingIds(tx, { connection, listing, place })))
  // In one order, so that two transactions do not wait for each other's jobs in a ring.
  for (const id of [...new Set(found)].sort((a, b) => a - b)) {
    await enqueue(tx, {
      connection,
      kind: 'listing.observe',
      key: `${connection}/${id}`,
      payload: { listing: String(id) },
      at,
      runAt: later(at, afterMs),
    })
  }
}

/** Looks at a listing that the channel says has changed; out of date only if it shows something we do not expect. */
export async function observeListing(pass: Pass, job: Job): Promise<void> {
  const { listings } = pass.connection
  const id = Number(job.payload.listing)
  const [row] = await pass.run.database.read((tx) =>
    pushRows(tx, { connection: pass.name, after: id - 1, limit: 1 }),
  )
  if (!listings?.read || row?.id !== id || row.handle !== null) return
  const [reading] = await listings.read(pass.context, [row])
  if (reading?.status === 'failed') throw reading.error
  if (reading?.status !== 'shown' || reading.quantity === row.confirmed) return
  const at = pass.run.at()
  await commit(pass, async (tx) => {
    await noteObserved(tx, [{ id, quantity: reading.quantity, at }])
    await markListing(tx, id, at)
  })
}

export const unsupported = (pass: Pass, what: string) =>
  new StockpoolError('unsupported', `${pass.name} (${pass.connection.kind}) cannot ${what}`, {
    remedy: 'Do it on the platform itself; its news will be read.',
  })
