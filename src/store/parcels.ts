import type { Parcel } from '../model/shipment.ts'
import {
  isConfirmable,
  joinTracking,
  type ParcelState,
  type Placed,
  type SkuQuantity,
  type TrackingState,
  toParcel,
  trackingNow,
} from '../order/index.ts'
import type { Transaction } from './database.ts'

/** A parcel as it is stored. */
export interface StoredParcel extends Parcel {
  /** The provider's connection; `null` when the merchant ships. */
  readonly provider: string | null
  /** 1, 2, 3 … within the order; never reused. */
  readonly sequence: number
  /** When the channel had its tracking; `null` while it has not. */
  readonly confirmedAt: string | null
  /** The channel's own id of the shipment, when it gave one. */
  readonly confirmedAs: string | null
  /** There is a tracking number that holds, and goods of the order: the channel is to be told. */
  readonly ready: boolean
}

/** A parcel with everything that its next report is joined to. */
export interface ParcelRecord {
  readonly id: string
  readonly provider: string | null
  readonly sequence: number
  readonly state: ParcelState
  /** Where it was sent from. */
  readonly location: string
  /** The submission that it belongs to. */
  readonly reference: string
  /** Which lines its SKUs are for, in units of the SKUs. */
  readonly placed: readonly Placed[]
  /** What no line ordered. */
  readonly rest: readonly SkuQuantity[]
  /** The same in whole units of the listings. */
  readonly lines: Parcel['lines']
  readonly confirmedAt: string | null
  readonly confirmedAs: string | null
  /** The channel may have counted it: it was to be told of it as a parcel of its own. */
  readonly told: boolean
  /** The parcel whose tracking the channel was given in place of this one's, which was withdrawn. */
  readonly replacedBy: string | null
  /** What a tracker told of it under this number; kept apart, since it never says that goods have left. */
  readonly followed: { readonly trackingNumber: string; readonly tracking: TrackingState } | null
}

interface ParcelRow {
  id: string
  provider: string | null
  sequence: number
  facts: string
  lines: string
  confirmed_at: string | null
  confirmed_as: string | null
  followed: string | null
}

const columns = 'id, provider, sequence, facts, lines, confirmed_at, confirmed_as, followed'

function toRecord(row: ParcelRow): ParcelRecord {
  const facts = JSON.parse(row.facts) as Pick<ParcelRecord, 'state' | 'location' | 'reference'> &
    Partial<Pick<ParcelRecord, 'told' | 'replacedBy'>>
  const contents = JSON.parse(row.lines) as Pick<ParcelRecord, 'placed' | 'rest' | 'lines'>
  return {
    id: row.id,
    provider: row.provider,
    sequence: Number(row.sequence),
    ...facts,
    told: facts.told ?? row.confirmed_at !== null,
    replacedBy: facts.replacedBy ?? null,
    ...contents,
    confirmedAt: row.confirmed_at,
    confirmedAs: row.confirmed_as,
    followed: row.followed === null ? null : JSON.parse(row.followed),
  }
}

export function toStoredParcel(record: ParcelRecord): StoredParcel {
  const { id, provider, sequence, confirmedAt, confirmedAs } = record
  const ready = isReady(record)
  return { ...shown(record), id, provider, sequence, confirmedAt, confirmedAs, ready }
}

/** Where it is: by its shipper's word and, under the number that it has, by its tracker's. */
function shown({ state, lines, followed }: ParcelRecord): Parcel {
  const parcel = toParcel(state, lines)
  if (followed === null || followed.trackingNumber !== parcel.trackingNumber || parcel.withdrawn)
    return parcel
  const { status, rawStatus, at } = trackingNow(joinTracking(state.tracking, followed.tracking))
  const deliveredAt = parcel.deliveredAt ?? (status === 'delivered' ? at : null)
  return { ...parcel, status, rawStatus, deliveredAt }
}

function isReady({ state, lines }: ParcelRecord): boolean {
  return isConfirmable(state) && lines.length > 0
}

/** The parcels of an order, by their sequence. */
export async function loadParcels(
  tx: Transaction,
  connection: string,
  order: string,
): Promise<ParcelRecord[]> {
  const rows = await tx.all<ParcelRow>(
    `SELECT ${columns} FROM parcel WHERE connection = ? AND order_id = ? ORDER BY sequence`,
    [connection, order],
  )
  return rows.map(toRecord)
}

export async function saveParcel(
  tx: Transaction,
  connection: string,
  order: string,
  record: ParcelRecord,
): Promise<void> {
  const { id, provider, sequence, state, location, reference, told, replacedBy, placed, rest, lines } = record
  await tx.run(
    `INSERT INTO parcel (connection, order_id, id, provider, sequence, facts, lines, ready)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (connection, order_id, id) DO UPDATE SET
       facts = excluded.facts, lines = excluded.lines, ready = excluded.ready`,
    [
      connection,
      order,
      id,
      provider,
      sequence,
      JSON.stringify({ state, location, reference, told, replacedBy }),
      JSON.stringify({ placed, rest, lines }),
      isReady(record) ? 1 : 0,
    ],
  )
}

/** Stores what a tracker told of a parcel. */
export async function saveFollowed(
  tx: Transaction,
  connection: string,
  order: string,
  { id, followed }: Pick<ParcelRecord, 'id' | 'followed'>,
): Promise<void> {
  await tx.run('UPDATE parcel SET followed = ? WHERE connection = ? AND order_id = ? AND id = ?', [
    followed === null ? null : JSON.stringify(followed),
    connection,
    order,
    id,
  ])
}

/** The parcels of an order, by their sequence. */
export async function listParcels(
  tx: Transaction,
  connection: string,
  order: string,
): Promise<StoredParcel[]> {
  return (await loadParcels(tx, connection, order)).map(toStoredParcel)
}

export async function getParcel(
  tx: Transaction,
  connection: string,
  order: string,
  id: string,
): Promise<StoredParcel | null> {
  const row = await tx.get<ParcelRow>(
    `SELECT ${columns} FROM parcel WHERE connection = ? AND order_id = ? AND id = ?`,
    [connection, order, id],
  )
  return row === undefined ? null : toStoredParcel(toRecord(row))
}

/** The parcels of an order that its channel is to be told of and does not know yet. */
export async function parcelsToConfirm(
  tx: Transaction,
  connection: string,
  order: string,
): Promise<string[]> {
  const rows = await tx.all<{ id: string }>(
    `SELECT id FROM parcel WHERE connection = ? AND order_id = ? AND confirmed_at IS NULL AND ready = 1
     ORDER BY sequence`,
    [connection, order],
  )
  return rows.map(({ id }) => id)
}

/** Notes that the channel has a parcel's tracking. */
export async function noteParcelConfirmed(
  tx: Transaction,
  connection: string,
  order: string,
  id: string,
  { at, reference }: { readonly at: string; readonly reference: string | null },
): Promise<void> {
  await tx.run(
    `UPDATE parcel SET confirmed_at = ?, confirmed_as = COALESCE(?, confirmed_as)
     WHERE connection = ? AND order_id = ? AND id = ?`,
    [at, reference, connection, order, id],
  )
}
