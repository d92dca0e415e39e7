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
}

type Numbers = Map<string, Map<string, number>>

interface StockRow {
  item: string
  part: string | null
  quantity: number | null
  location: string | null
  available: number | null
}

const partsAndStock = sized(
  (count) =>
    `SELECT item.sku AS item, kit_component.sku AS part, kit_component.quantity AS quantity,
       balance.location AS location, balance.available AS available
     FROM item LEFT JOIN kit_component ON kit_component.kit = item.sku
     LEFT JOIN balance ON balance.sku = COALESCE(kit_component.sku, item.sku)
     WHERE item.sku IN (${marks(count)}) ORDER BY item.sku, kit_component.sku, balance.location`,
)

/** Looks up the components and the stock of all these wishes: one statement, and one more where the places differ. */
export async function viewStock(tx: Transaction, wishes: readonly Wish[]): Promise<StockView> {
  const parts: Numbers = new Map()
  const stock: Numbers = new Map()
  const skus = new Set(wishes.flatMap(({ lines }) => lines.map(({ sku }) => sku)))
  for (const some of chunks([...skus]).map(padded)) {
    const rows = await tx.all<StockRow>(partsAndStock(some.length), some)
    for (const { item, part, quantity, location, available } of rows) {
      const sku = part ?? item
      inner(parts, item).set(sku, Number(quantity ?? 1))
      if (location !== null) inner(stock, sku).set(location, Number(available))
    }
  }
  return view(parts, stock, await placesFor(tx, wishes, stock))
}

/** All locations by their priority, or none where the stock alone says which there are to ask. */
async function placesFor(
  tx: Transaction,
  wishes: readonly Wish[],
  stock: Numbers,
): Promise<readonly string[]> {
  const known = new Set([...stock.values()].flatMap((rows) => [...rows.keys()]))
  const sure =
    known.size === 1 && wishes.every((wish) => wish.locations?.every((id) => known.has(id)) ?? true)
  if (sure && wishes.every((wish) => wish.lines.every((line) => stock.has(line.sku)))) return []
  const rows = await tx.all<{ id: string }>('SELECT id FROM location ORDER BY priority, id')
  return rows.map((row) => row.id)
}

function view(parts: Numbers, stock: Numbers, places: readonly string[]): StockView {
  const available = (sku: string, location: string) => stock.get(sku)?.get(location) ?? 0
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
      const known = new Set([...wanted.keys()].flatMap((sku) => [...(stock.get(sku)?.keys() ?? [])]))
      if (locations === null) return known.size === 1 ? [...known] : places
      for (const [index, id] of locations.entries()) {
        if (!known.has(id) && !places.includes(id)) noLocation(id, `locations.${index}`)
      }
      return locations
    },
    available,
    take({ sku, location, quantity }) {
      inner(stock, sku).set(location, available(sku, location) - quantity)
    },
  }
}

function inner(map: Numbers, key: string): Map<string, number> {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = new Map<string, number>()
  map.set(key, made)
  return made
}
