import { hasEverLeft } from '../order/index.ts'
import type { Transaction } from './database.ts'
import { lockOrder } from './locks.ts'
import { withShipped } from './order-parcels.ts'
import { loadOrder, type StoredOrder, same, saveOrder } from './order-rows.ts'
import { loadParcels, type ParcelRecord, type StoredParcel, saveParcel, toStoredParcel } from './parcels.ts'

/**
 * How a channel is to hear of a parcel. `anew`: as a parcel of its own. `instead`: by a correction of one that it was told
 * of and that was withdrawn before it left. `person`: it counts that one's units already and takes no correction.
 */
export type Telling =
  | { readonly how: 'anew' }
  | {
      readonly how: 'instead' | 'person'
      readonly of: StoredParcel
      /** The parcel by which the channel knows that one: it may itself stand in place of another. */
      readonly as: StoredParcel
    }

/**
 * Decides how a channel hears of a parcel, before it does. Where it may count the parcel from now on, that is noted: its
 * count of these units is our own word then, and no evidence that they have left.
 */
export async function beginTelling(
  tx: Transaction,
  parcel: { readonly connection: string; readonly order: string; readonly id: string },
  corrects: boolean,
): Promise<Telling> {
  const { connection, order: id } = parcel
  await lockOrder(tx, connection, id)
  const order = await loadOrder(tx, connection, id)
  const parcels = await loadParcels(tx, connection, id)
  const record = parcels.find((one) => one.id === parcel.id)
  if (order === null || record === undefined || record.told) return { how: 'anew' }
  const gone = parcels.filter(isVoid)
  const free = gone.filter(({ replacedBy }) => replacedBy === null)
  const [like] = [...(free.length > 0 ? free : gone)].sort((a, b) => common(b, record) - common(a, record))
  if (like !== undefined) {
    const found = { of: toStoredParcel(like), as: toStoredParcel(firstOf(parcels, like)) }
    if (corrects && free.length > 0) return { how: 'instead', ...found }
    if (!hasRoom(order, record)) return { how: 'person', ...found }
  }
  const told = { ...record, told: true }
  await saveParcel(tx, connection, id, told)
  const now = withShipped(
    order,
    parcels.map((one) => (one === record ? told : one)),
  )
  if (!same(now, order)) await saveOrder(tx, now, order)
  return { how: 'anew' }
}

/** The parcel by which a channel knows this one: itself, or the first of those that it stands in place of. */
export async function knownAs(
  tx: Transaction,
  connection: string,
  order: string,
  id: string,
): Promise<StoredParcel | null> {
  const parcels = await loadParcels(tx, connection, order)
  const record = parcels.find((one) => one.id === id)
  return record === undefined ? null : toStoredParcel(firstOf(parcels, record))
}

/** Whether the channel calls units shipped, by our word, that were withdrawn and are to ship yet. */
export async function isOwed(tx: Transaction, connection: string, order: string): Promise<boolean> {
  return (await loadParcels(tx, connection, order)).some((one) => isVoid(one) && one.replacedBy === null)
}

function firstOf(parcels: readonly ParcelRecord[], record: ParcelRecord): ParcelRecord {
  const before = parcels.find(({ replacedBy }) => replacedBy === record.id)
  return before === undefined ? record : firstOf(parcels, before)
}

/** Notes that the channel shows another parcel's tracking in place of this one's. */
export async function noteReplaced(
  tx: Transaction,
  { connection, order, id }: { readonly connection: string; readonly order: string; readonly id: string },
  replacedBy: string,
): Promise<void> {
  const record = (await loadParcels(tx, connection, order)).find((one) => one.id === id)
  if (record !== undefined) await saveParcel(tx, connection, order, { ...record, replacedBy })
}

/** The channel has it, and it will never leave. */
const isVoid = ({ confirmedAt, state }: ParcelRecord): boolean =>
  confirmedAt !== null && state.withdrawn && !hasEverLeft(state)

function common(a: ParcelRecord, b: ParcelRecord): number {
  const units = new Map(b.lines.map(({ line, quantity }) => [line, quantity]))
  return a.lines.reduce((sum, { line, quantity }) => sum + Math.min(quantity, units.get(line) ?? 0), 0)
}

/** Whether the channel has as many units of its lines left that it does not call shipped. */
function hasRoom({ lines }: StoredOrder, parcel: ParcelRecord): boolean {
  return parcel.lines.every(({ line, quantity }) => {
    const { seen, provider } = lines.find(({ facts }) => facts.id === line) ?? {}
    if (seen === undefined) return false
    return quantity <= seen.ordered - seen.cancelled - Math.max(seen.shipped, provider?.told ?? 0)
  })
}
