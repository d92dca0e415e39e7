import type { Transaction } from './database.ts'
import { chunks, marks } from './sql.ts'

/** An order that is kept from leaving at the merchant's wish, as `hub.orders.holds()` tells it. */
export interface OrderHold {
  readonly connection: string
  readonly order: string
  readonly reason: string
  /** ISO 8601 UTC. */
  readonly at: string
}

/** Keeps an order here. The caller holds its lock. */
export async function putHold(tx: Transaction, { connection, order, reason, at }: OrderHold): Promise<void> {
  await tx.run(
    `INSERT INTO order_hold (connection, order_id, reason, at) VALUES (?, ?, ?, ?)
     ON CONFLICT (connection, order_id) DO UPDATE SET reason = excluded.reason, at = excluded.at`,
    [connection, order, reason, at],
  )
}

/** `at`: only the hold of that instant, and none that came after it. `false`: there was none. */
export async function dropHold(
  tx: Transaction,
  connection: string,
  order: string,
  at: string | null = null,
): Promise<boolean> {
  const dropped = await tx.run(
    `DELETE FROM order_hold WHERE connection = ? AND order_id = ? AND (? = '' OR at = ?)`,
    [connection, order, at ?? '', at ?? ''],
  )
  return dropped > 0
}

export async function isKept(tx: Transaction, connection: string, order: string): Promise<boolean> {
  const row = await tx.get('SELECT at FROM order_hold WHERE connection = ? AND order_id = ?', [
    connection,
    order,
  ])
  return row !== undefined
}

/** What is kept here and not over, the longest kept first. */
export async function listHolds(tx: Transaction, connection: string | null): Promise<OrderHold[]> {
  return tx.all<{ connection: string; order: string; reason: string; at: string }>(
    `SELECT h.connection, h.order_id AS "order", h.reason, h.at FROM order_hold h
     JOIN orders o ON o.connection = h.connection AND o.id = h.order_id
     WHERE (? = '' OR h.connection = ?) AND o.status NOT IN ('shipped', 'delivered', 'cancelled')
     ORDER BY h.at, h.connection, h.order_id`,
    [connection ?? '', connection ?? ''],
  )
}

/** So many units of an order's line are to leave from one of the channel's own places. */
export interface PlacedUnits {
  readonly line: string
  readonly listing: string
  readonly place: string
  /** Of the listing, shipped ones included. */
  readonly quantity: number
  /** Of these, still to be shipped. */
  readonly open: number
}

/**
 * From which of a channel's places the units of an order leave, by the locations that their listings name for each place. Only
 * of listings with several places; a line whose units lie where no single place, or none at all, draws from is left out, and so
 * is a kit whose components lie apart: such a line leaves from wherever the channel thinks.
 */
export async function placedUnits(
  tx: Transaction,
  connection: string,
  order: string,
): Promise<PlacedUnits[]> {
  const lines = await tx.all<{ id: string; listing: string; components: string }>(
    `SELECT id, listing, components FROM order_line
     WHERE connection = ? AND order_id = ? AND listing IS NOT NULL AND components IS NOT NULL ORDER BY id`,
    [connection, order],
  )
  if (lines.length === 0) return []
  const places = await placesOf(tx, connection, [...new Set(lines.map(({ listing }) => listing))])
  const split = lines.filter(({ listing }) => (places.get(listing)?.length ?? 0) > 1)
  if (split.length === 0) return []
  const allocations = await tx.all<Allocated>(
    `SELECT line_id, sku, location, taken - released AS quantity, taken - released - shipped AS open
     FROM allocation WHERE connection = ? AND order_id = ? AND taken > released ORDER BY line_id, location, sku`,
    [connection, order],
  )
  return split.flatMap(({ id, listing, components }) => {
    const own = allocations.filter(({ line_id }) => line_id === id)
    return unitsOfLine(JSON.parse(components), own, places.get(listing) ?? []).map((units) => ({
      line: id,
      listing,
      ...units,
    }))
  })
}

interface Allocated {
  line_id: string
  sku: string
  location: string
  quantity: number
  open: number
}

interface Place {
  readonly place: string
  /** `null`: all. */
  readonly locations: readonly string[] | null
}

async function placesOf(
  tx: Transaction,
  connection: string,
  listings: readonly string[],
): Promise<Map<string, Place[]>> {
  const places = new Map<string, Place[]>()
  for (const some of chunks(listings)) {
    const rows = await tx.all<{ listing: string; place: string; policy: string }>(
      `SELECT listing, place, policy FROM listing WHERE connection = ? AND listing IN (${marks(some.length)})
       ORDER BY listing, place`,
      [connection, ...some],
    )
    for (const { listing, place, policy } of rows) {
      const { locations } = JSON.parse(policy) as Pick<Place, 'locations'>
      places.set(listing, [...(places.get(listing) ?? []), { place, locations }])
    }
  }
  return places
}

function unitsOfLine(
  components: readonly { readonly sku: string; readonly quantity: number }[],
  allocated: readonly Allocated[],
  places: readonly Place[],
): Pick<PlacedUnits, 'place' | 'quantity' | 'open'>[] {
  const units = new Map<string, { quantity: number; open: number }>()
  for (const location of new Set(allocated.map((one) => one.location))) {
    const from = places.filter(({ locations }) => locations === null || locations.includes(location))
    const [only] = from
    const whole = wholeUnits(components, allocated, location)
    if (only === undefined || from.length > 1 || whole === null) return []
    const before = units.get(only.place) ?? { quantity: 0, open: 0 }
    units.set(only.place, {
      quantity: before.quantity + whole.quantity,
      open: before.open + whole.open,
    })
  }
  return [...units].map(([place, counts]) => ({ place, ...counts }))
}

/** Units of the listing that lie at a location; `null`: not of each component the same number. */
function wholeUnits(
  components: readonly { readonly sku: string; readonly quantity: number }[],
  allocated: readonly Allocated[],
  location: string,
): { quantity: number; open: number } | null {
  const counts = components.map(({ sku, quantity }) => {
    const here = allocated.find((one) => one.location === location && one.sku === sku)
    return { quantity: Number(here?.quantity ?? 0) / quantity, open: Number(here?.open ?? 0) / quantity }
  })
  const [first] = counts
  if (first === undefined || !Number.isInteger(first.quantity)) return null
  if (counts.some(({ quantity }) => quantity !== first.quantity)) return null
  return { quantity: first.quantity, open: Math.floor(Math.min(...counts.map(({ open }) => open))) }
}

/** Notes what the channel is to be asked. `false`: it was asked that before. The caller holds the order's lock. */
export async function notePlaces(
  tx: Transaction,
  connection: string,
  order: string,
  units: readonly PlacedUnits[],
): Promise<boolean> {
  const places = JSON.stringify(units.map(({ line, place, quantity }) => [line, place, quantity]))
  const changed = await tx.run(
    `INSERT INTO order_place (connection, order_id, places) VALUES (?, ?, ?)
     ON CONFLICT (connection, order_id) DO UPDATE SET places = excluded.places
     WHERE order_place.places <> excluded.places`,
    [connection, order, places],
  )
  return changed > 0
}
