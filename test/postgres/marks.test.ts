import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Item } from '../../src/model/item.ts'
import { Listing } from '../../src/model/listing.ts'
import { linkListing, putItem } from '../../src/store/catalog.ts'
import type { Database, Transaction } from '../../src/store/database.ts'
import { createStock } from '../../src/store/pool.ts'
import { postgres } from '../../src/store/postgres.ts'
import { applyReadings } from '../../src/store/readings.ts'
import { notePlanned } from '../../src/store/stale.ts'
import { type OwnDatabase, openTransaction, ownDatabase, pause } from './support.ts'

// A number that is being computed while stock moves: whatever the computation cannot see marks its listing anew.

const at = '2026-07-01T09:00:00.000Z'
let own: OwnDatabase
let database: Database
let listing: number
beforeEach(async () => {
  own = await ownDatabase()
  database = await postgres(own.pool()).open()
  listing = await database.transaction(async (tx) => {
    await putItem(tx, Item.parse({ sku: 'MUG' }), at)
    return (await linkListing(tx, Listing.parse({ connection: 'web', listing: 'mug', sku: 'MUG' }), at)).id
  })
})
afterEach(async () => {
  await database.close()
  await own.drop()
})

const open = (work: (tx: Transaction) => Promise<unknown>) => openTransaction(database, work)
const plan = () => database.transaction((tx) => notePlanned(tx, [listing]))
const facts = () =>
  database.read(async (tx) => ({
    push: await tx.get<{ generation: number; planned: number }>('SELECT generation, planned FROM push'),
    available: (await tx.get<{ available: number }>('SELECT available FROM balance'))?.available ?? 0,
  }))

/** Plans while the posting is open; then either the plan has waited for it, or it marks the listing after the plan. */
async function planBeside(posting: { end: () => Promise<void> }): Promise<void> {
  let seen: number | null = null
  const planning = plan().then(async () => {
    seen = (await facts()).available
  })
  await pause(300)
  const waited = seen === null
  await posting.end()
  await planning
  const { push, available } = await facts()
  if (waited) expect(seen).toBe(available)
  else expect(push?.generation).toBeGreaterThan(push?.planned ?? 0)
}

describe('a number that is begun to be computed', () => {
  it('while stock is put where none of the SKU lay, by a provider’s first reading', async () => {
    const news = { sku: 'MUG', location: 'main', quantity: 10, basis: 'available', asOf: at, at } as const
    await planBeside(await open((tx) => applyReadings(tx, [news])))
    expect((await facts()).available).toBe(10)
  })

  it('while the balance changes that it depends on', async () => {
    const stock = createStock({ database, now: () => at })
    await stock.receive('MUG', 5, { key: 'first' })
    await plan()
    const news = { sku: 'MUG', location: 'main', quantity: 9, basis: 'available', asOf: at, at } as const
    await planBeside(await open((tx) => applyReadings(tx, [news])))
    expect((await facts()).available).toBe(9)
  })

  it('while its listing is linked to another SKU, of which stock moves', async () => {
    const stock = createStock({ database, now: () => at })
    await database.transaction((tx) => putItem(tx, Item.parse({ sku: 'CUP' }), at))
    await stock.receive('CUP', 5, { key: 'first' })
    await database.transaction((tx) =>
      linkListing(tx, Listing.parse({ connection: 'web', listing: 'mug', sku: 'CUP' }), at),
    )
    const news = { sku: 'CUP', location: 'main', quantity: 9, basis: 'available', asOf: at, at } as const
    await planBeside(await open((tx) => applyReadings(tx, [news])))
  })

  it('is counted once by two who count the same empty place', async () => {
    const stock = createStock({ database, now: () => at })
    await Promise.all(['a', 'b', 'c'].map((key) => stock.count('MUG', 10, { key })))
    expect((await facts()).available).toBe(10)
  })
})
