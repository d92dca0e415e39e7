import type { Balance } from '../model/stock.ts'
import { type OfferSteps, offer } from '../stock/offer.ts'
import { balancesOf } from './balances.ts'
import type { Transaction } from './database.ts'
import { type ListingRow, type StoredListing, toListing } from './listings.ts'
import { chunks, marks, padded } from './sql.ts'

/** A component of a listing's SKU (the SKU itself, for an ordinary item) and its balances. */
export interface StockFact {
  readonly sku: string
  /** Units of it in one unit of the listing's SKU. */
  readonly quantity: number
  readonly locations: readonly Balance[]
}

/** The offer of one listing with every term that led to it. */
export interface OfferTerms extends OfferSteps {
  readonly listing: ListingRow
  readonly stock: readonly StockFact[]
}

/** The offers of these listings, by id; a listing that is no longer linked is absent. Two statements for up to 500. */
export async function offerTerms(tx: Transaction, ids: readonly number[]): Promise<Map<number, OfferTerms>> {
  const listings = await withParts(tx, ids)
  const skus = new Set<string>()
  for (const { parts } of listings.values()) for (const part of parts) skus.add(part.sku)
  const balances = await balancesOf(tx, [...skus])
  const terms = new Map<number, OfferTerms>()
  for (const [id, { listing, parts }] of listings) {
    const stock = parts.map((part) => ({ ...part, locations: balances.get(part.sku) ?? [] }))
    const byLocation = stock.map(({ sku, quantity, locations }) => ({ sku, quantity, byLocation: locations }))
    terms.set(id, { listing, stock, ...offer(byLocation, listing, listing.units) })
  }
  return terms
}

/** The balances behind a SKU's numbers: its own, or those of its components. */
export async function stockFacts(
  tx: Transaction,
  parts: readonly { readonly sku: string; readonly quantity: number }[],
): Promise<StockFact[]> {
  const balances = await balancesOf(
    tx,
    parts.map((part) => part.sku),
  )
  return parts.map((part) => ({ ...part, locations: balances.get(part.sku) ?? [] }))
}

interface Parted {
  readonly listing: ListingRow
  readonly parts: { sku: string; quantity: number }[]
}

async function withParts(tx: Transaction, ids: readonly number[]): Promise<Map<number, Parted>> {
  const found = new Map<number, Parted>()
  for (const some of chunks(ids, 500)) {
    const list = padded(some)
    const rows = await tx.all<StoredListing & { part: string | null; quantity: number | null }>(
      `SELECT listing.*, kit_component.sku AS part, kit_component.quantity AS quantity
       FROM listing LEFT JOIN kit_component ON kit_component.kit = listing.sku
       WHERE listing.id IN (${marks(list.length)})
       ORDER BY listing.id, kit_component.sku`,
      list,
    )
    for (const row of rows) {
      const id = Number(row.id)
      const part = { sku: row.part ?? row.sku, quantity: Number(row.quantity ?? 1) }
      const known = found.get(id)
      if (known === undefined) found.set(id, { listing: toListing(row), parts: [part] })
      else known.parts.push(part)
    }
  }
  return found
}
