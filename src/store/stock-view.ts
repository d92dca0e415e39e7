import type { Placement } from '../stock/allocate.ts'
import type { Transaction } from './database.ts'
import { noItem, noLocation } from './kits.ts'
import { chunks, marks, padded, sized } from './sql.ts'

/** As much of a reservation as says what it takes and where from. */
export interface Wish {
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  /** `null`: all locations, by their priority. */
  readonly locations: readonly string[] | null
}

/** What there is of all that some wishes are about, looked up once for all of them. */
export interface StockView {
  /** Units by SKU, kits expanded and repeated SKUs summed. Throws `not_found` for what nobody made. */
  wantedBy(wish: Wish): Map<string, number>
  /** The locations to ask, in order. Throws `not_found` for what nobody made. */
  locationsFor(wish: Wish, wanted: ReadonlyMap<string, number>): readonly string[]
  readonly available: (sku: string, location: string) => number
  take(placement: Placement): void
  /** The balances of a SKU, and when it is low; of PostgreSQL only, where they are held. */
  stockOf(sku: string): StockOf | undefined
  /** The only place of a SKU that is no kit, as long as any of it is left there. */
  placeOf(sku: string): string | null
}

export interface StockOf {
  reorderPoint: number | null
  /** What is available, by location. */
  readonly rows: Map<string, number>
}

type Parts = Map<string, Map<string, number>>
type Stock = Map<string, StockOf>

interface StockRow {
  item: string
  part: string | null
  quantity: number | null
  location: string | null
  available: number | null
  point: number | null
}

const partsAndStock = sized(
  (count) =>
    `SELECT item.sku AS item, kit_component.sku AS part, kit_component.quantity AS quantity,
       balance.location AS location, balance.available AS available, NULL AS point
     FROM item LEFT JOIN kit_component ON kit_component.kit = item.sku
     LEFT JOIN balance ON balance.sku = COALESCE(kit_component.sku, item.sku)
     WHERE item.sku IN (${marks(count)}) ORDER BY item.sku, kit_component.sku, balance.location`,
)

/**
 * The same for PostgreSQL, of what has balances, and holding these until the transaction ends. An outer join's rows cannot
 * be locked, so what has none is asked for by the statement above.
 */
const heldStock = sized(
  (count) =>
    `SELECT item.sku AS item, kit_component.sku AS part, kit_component.quantity AS quantity,
       balance.location AS location, balance.available AS available,
       CASE WHEN part.sku IS NULL THEN item.reorder_point ELSE part.reorder_point END AS point
     FROM item LEFT JOIN kit_component ON kit_component.kit = item.sku
     LEFT JOIN item AS part ON part.sku = kit_component.sku
     JOIN balance ON balance.sku = COALESCE(kit_component.sku, item.sku)
     WHERE item.sku IN (${marks(count)}) ORDER BY balance.sku, balance.location FOR UPDATE OF balance`,
)

/** Looks up the components and the stock of all these wishes: one statement, and one more where the places differ. */
export async function viewStock(tx: Transaction, wishes: readonly Wish[]): Promise<StockView> {
  const parts: Parts = new Map()
  const stock: Stock = new Map()
  const note = (rows: readonly StockRow[]) => {
    for (const { item, part, quantity, location, available, point } of rows) {
      const sku = part ?? item
      inner(parts, item, () => new Map()).set(sku, Number(quantity ?? 1))
      if (location === null) continue
      const of = inner(stock, sku, (): StockOf => ({ reorderPoint: null, rows: new Map() }))
      if (point !== null) of.reorderPoint = Number(point)
      of.rows.set(location, Number(available))
    }
  }
  const skus = [...new Set(wishes.flatMap(({ lines }) => lines.map(({ sku }) => sku)))]
  if (tx.dialect === 'sqlite') {
    for (const some of chunks(skus).map(padded))
      note(await tx.all<StockRow>(partsAndStock(some.length), some))
  } else {
    const all = padded(skus)
    note(await tx.all<StockRow>(heldStock(all.length), all))
    // Of a kit, a component that was never stocked has no row.
    const rest = skus.filter((sku) => !parts.has(sku) || !parts.get(sku)?.has(sku))
    let missed = false
    for (const some of chunks(rest).map(padded)) {
      const rows = await tx.all<StockRow>(partsAndStock(some.length), some)
      missed ||= rows.some(({ item, part, location }) => {
        return location !== null && stock.get(part ?? item)?.rows.has(location) !== true
      })
      note(rows)
    }
    // A balance that was made between the two looks is not held yet.
    if (missed) note(await tx.all<StockRow>(heldStock(all.length), all))
  }
  return view(parts, stock, await placesFor(tx, wishes, stock))
}

/** All locations by their priority, or none where the stock alone says which there are to ask. */
async function placesFor(tx: Transaction, wishes: readonly Wish[], stock: Stock): Promise<readonly string[]> {
  const known = new Set([...stock.values()].flatMap(({ rows }) => [...rows.keys()]))
  const sure =
    known.size === 1 && wishes.every((wish) => wish.locations?.every((id) => known.has(id)) ?? true)
  if (sure && wishes.every((wish) => wish.lines.every((line) => stock.has(line.sku)))) return []
  const rows = await tx.all<{ id: string }>('SELECT id FROM location ORDER BY priority, id')
  return rows.map((row) => row.id)
}

function view(parts: Parts, stock: Stock, places: readonly string[]): StockView {
  const available = (sku: string, location: string) => stock.get(sku)?.rows.get(location) ?? 0
  return {
    wantedBy({ lines }) {
      const wanted = new Map<string, number>()
      for (const [index, line] of lines.entries()) {
        const kit = parts.get(line.sku) ?? noItem(line.sku, `lines.${index}.sku`)
        for (const [sku, quantity] of kit) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity * line.quantity)
      }
      return wanted
    },
    locationsFor({ locations }, wanted) {
      const known = new Set([...wanted.keys()].flatMap((sku) => [...(stock.get(sku)?.rows.keys() ?? [])]))
      if (locations === null) return known.size === 1 ? [...known] : places
      for (const [index, id] of locations.entries()) {
        if (!known.has(id) && !places.includes(id)) noLocation(id, `locations.${index}`)
      }
      return locations
    },
    available,
    take({ sku, location, quantity }) {
      stock.get(sku)?.rows.set(location, available(sku, location) - quantity)
    },
    stockOf: (sku) => stock.get(sku),
    placeOf(sku) {
      const [part, ...more] = parts.get(sku)?.keys() ?? []
      const [place, ...others] = stock.get(sku)?.rows.keys() ?? []
      if (part !== sku || place === undefined || more.length + others.length > 0) return null
      return available(sku, place) > 0 ? place : null
    },
  }
}

function inner<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
