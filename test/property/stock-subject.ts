import fc from 'fast-check'
import type { Database, Transaction } from '../../src/store/database.ts'
import { createStock, type Stock } from '../../src/store/pool.ts'
import { expireReservations } from '../../src/store/settlements.ts'
import { type Posting, type PostResult, post } from '../../src/store/stock.ts'
import { at, openShop, type Shop } from '../store/support.ts'
import { freshStore, runs } from '../stores.ts'

/** What the properties are stated about: the real pool, or one with a bug planted. */
export interface Subject {
  readonly database: Database
  post(posting: Posting): Promise<PostResult>
  readonly stock: Pick<Stock, 'reserve' | 'release' | 'ship'>
  expire(at: string): Promise<unknown>
}
export type Implementation = (database: Database) => Subject

export const real: Implementation = (database) => ({
  database,
  post: (posting) => database.transaction((tx) => post(tx, posting)),
  stock: createStock({ database, now: () => at }),
  expire: (time) => database.transaction((tx) => expireReservations(tx, time, 1000)),
})

/** The real pool with another `post` under it. */
export function withPost(
  broken: (tx: Transaction, posting: Posting, honest: typeof post) => Promise<PostResult>,
): Implementation {
  return (database) => ({
    ...real(database),
    post: (posting) => database.transaction((tx) => broken(tx, posting, post)),
  })
}

export const skus = ['A', 'B', 'C'] as const
export const locations = ['main', 'east'] as const
export type Name = (typeof skus)[number]
/** Kits that share components, and what one of each takes. */
export const kits: Readonly<Record<string, Readonly<Partial<Record<Name, number>>>>> = {
  AB: { A: 1, B: 1 },
  AAC: { A: 2, C: 1 },
}

/** A new pool in memory with the SKUs and kits, so many units of each SKU at each location, and a listing for each. */
export async function stage(
  units: number,
  implementation: Implementation,
): Promise<{ shop: Shop; subject: Subject }> {
  const shop = await openShop(await freshStore().open())
  await shop.putLocation({ id: 'east' })
  for (const sku of skus) {
    await shop.putItem({ sku })
    await shop.link({ connection: 'web', listing: sku, sku })
    for (const location of locations) {
      if (units > 0) await shop.stock.receive(sku, units, { key: `start ${sku} ${location}`, location })
    }
  }
  for (const [sku, parts] of Object.entries(kits)) {
    await shop.putItem({
      sku,
      kit: Object.entries(parts).map(([part, quantity]) => ({ sku: part, quantity: quantity ?? 0 })),
    })
    await shop.link({ connection: 'web', listing: sku, sku })
  }
  return { shop, subject: implementation(shop.database) }
}

/** Runs a property on a new stage each time. */
export async function check<T>(
  implementation: Implementation,
  units: number,
  arbitrary: fc.Arbitrary<T>,
  predicate: (given: T, subject: Subject, shop: Shop) => Promise<void>,
  numRuns = 40,
): Promise<void> {
  const seed = process.env.SEED ? Number(process.env.SEED) : undefined
  const property = fc.asyncProperty(arbitrary, async (given) => {
    const { shop, subject } = await stage(units, implementation)
    try {
      await predicate(given, subject, shop)
    } finally {
      await shop.database.close()
    }
  })
  await fc.assert(property, { numRuns: runs(numRuns), ...(seed === undefined ? {} : { seed }) })
}
