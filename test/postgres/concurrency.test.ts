import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { seededRandom } from '../../src/simulator/random.ts'
import type { Database } from '../../src/store/database.ts'
import { createStock } from '../../src/store/pool.ts'
import { postgres } from '../../src/store/postgres.ts'
import { type Posting, post } from '../../src/store/stock.ts'
import { at, openShop, type Shop } from '../store/support.ts'
import { allAtOnce, endHelpers, Helper, type OwnDatabase, ownDatabase, pause } from './support.ts'

const seed = process.env.SEED ? Number(process.env.SEED) : 20_260_701

let own: OwnDatabase
beforeEach(async () => {
  own = await ownDatabase()
})
afterEach(async () => {
  await endHelpers()
  await own.drop()
})

const skus = ['A', 'B', 'C', 'D'] as const

async function openStocked(units: number, connections = 60): Promise<{ shop: Shop; database: Database }> {
  const database = await postgres(own.pool({ max: connections }), { maxConnections: connections }).open()
  const shop = await openShop(database)
  for (const sku of skus) {
    await shop.putItem({ sku })
    await shop.stock.receive(sku, units, { key: `start ${sku}` })
    await shop.link({ connection: 'web', listing: sku, sku })
  }
  return { shop, database }
}

/** A pool of stock for each caller: those of one pool share transactions, and these shall not. */
const stockOf = (database: Database) => createStock({ database, now: () => at })

const tally = (answers: readonly unknown[]) =>
  answers.reduce<Record<string, number>>((counts, answer) => {
    counts[String(answer)] = (counts[String(answer)] ?? 0) + 1
    return counts
  }, {})

describe('200 callers want one of 20 units', () => {
  it('over 60 connections: exactly 20 have one', async () => {
    const pool = own.pool({ max: 60 })
    const database = await postgres(pool, { maxConnections: 60 }).open()
    const shop = await openShop(database)
    await shop.putItem({ sku: 'A' })
    await shop.stock.receive('A', 20, { key: 'start' })
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        stockOf(database).reserve([{ sku: 'A', quantity: 1 }], { key: `caller ${n}` }),
      ),
    )
    expect(pool.totalCount).toBe(60)
    expect(tally(answers.map(({ status }) => status))).toEqual({ reserved: 20, insufficient: 180 })
    expect(await shop.stock.get('A')).toMatchObject({ available: 0, reserved: 20 })
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
    await database.close()
    expect(await own.deadlocks()).toBe(0)
  })

  it('from four processes: exactly 20 have one', async () => {
    const { shop, database } = await openStocked(20, 5)
    const answers = await allAtOnce('worker.ts', 4, (n) => ['take', own.url, 'stockpool', `p${n}`, '50'])
    expect(tally(answers.flat())).toEqual({ reserved: 20, insufficient: 180 })
    expect(await shop.stock.get('A')).toMatchObject({ available: 0, reserved: 20 })
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
    await database.close()
    expect(await own.deadlocks()).toBe(0)
  })
})

describe('lines in any order', () => {
  it('600 reservations and 600 postings of three lines over four SKUs: none waits in a ring', async () => {
    const random = seededRandom(seed)
    const { shop, database } = await openStocked(10_000)
    const three = () => {
      const left: string[] = [...skus]
      return [0, 1, 2].map(() => left.splice(random.int(0, left.length - 1), 1)[0] ?? '')
    }
    const reserve = async (n: number) => {
      const lines = three().map((sku) => ({ sku, quantity: 1 }))
      return (await stockOf(database).reserve(lines, { key: `reserved ${n}` })).status
    }
    const sell = async (n: number) => {
      const moves: Posting['moves'] = three().map((sku) => ({
        sku,
        from: { bucket: 'available', location: 'main' },
        to: { bucket: 'customer', location: null },
        quantity: 1,
      }))
      const posting: Posting = {
        ...{ key: `sold ${n}`, body: n, at, reason: 'adjusted', cause: null, moves },
        // Every other one is a fact; the others are guarded.
        guard: n % 2 === 0 ? 'guarded' : 'forced',
      }
      return (await database.transaction((tx) => post(tx, posting))).status
    }
    const answers = await Promise.all(
      Array.from({ length: 1200 }, (_, n) => (n % 2 === 0 ? reserve(n) : sell(n))),
    )
    expect(tally(answers)).toEqual({ reserved: 600, posted: 600 })
    const levels = await Promise.all(skus.map((sku) => shop.stock.get(sku)))
    const sum = (key: 'available' | 'reserved') => levels.reduce((total, level) => total + level[key], 0)
    expect([sum('reserved'), sum('available')]).toEqual([1800, 40_000 - 3600])
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
    await database.close()
    expect(await own.deadlocks(), `replay with SEED=${seed}`).toBe(0)
  })

  it('of statements that nobody sorts make a ring, and this is where it would be counted', async () => {
    const pool = own.pool()
    await pool.query('CREATE TABLE row (id INT PRIMARY KEY, n INT); INSERT INTO row VALUES (1, 0), (2, 0)')
    const add = (client: { query(sql: string): Promise<unknown> }, id: number) =>
      client.query(`UPDATE row SET n = n + 1 WHERE id = ${id}`)
    const [one, two] = await Promise.all([pool.connect(), pool.connect()])
    await Promise.all([one.query('BEGIN'), two.query('BEGIN')])
    await Promise.all([add(one, 1), add(two, 2)])
    const outcomes = await Promise.allSettled([add(one, 2), add(two, 1)])
    await Promise.all([one.query('ROLLBACK'), two.query('ROLLBACK')])
    one.release()
    two.release()
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await own.deadlocks()).toBe(1)
  })
})

describe('the same key 200 times', () => {
  it('posts once', async () => {
    const { shop, database } = await openStocked(100)
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => stockOf(database).receive('A', 7, { key: 'the delivery' })),
    )
    expect(tally(answers.map(({ status }) => status))).toEqual({ posted: 1, exists: 199 })
    expect(await shop.stock.get('A')).toMatchObject({ available: 107 })
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
    await database.close()
    expect(await own.deadlocks()).toBe(0)
  })

  it('reserves once, also when it is the last unit', async () => {
    const { shop, database } = await openStocked(1)
    const answers = await Promise.all(
      Array.from({ length: 200 }, () =>
        stockOf(database).reserve([{ sku: 'A', quantity: 1 }], { key: 'the cart' }),
      ),
    )
    expect(tally(answers.map(({ status }) => status))).toEqual({ reserved: 1, exists: 199 })
    expect(await shop.stock.get('A')).toMatchObject({ available: 0, reserved: 1 })
    await database.close()
  })
})

describe('many processes', () => {
  it('ten of them may be the first to open a schema at the same moment', async () => {
    const answers = await allAtOnce('worker.ts', 10, () => ['open', own.url, 'brand new'])
    const [first] = answers
    expect(first).toEqual([[{ id: 'main' }], { value: expect.stringMatching(/^[0-9a-f-]{36}$/) }])
    expect(answers).toEqual(Array.from({ length: 10 }, () => first))
    expect(await own.deadlocks()).toBe(0)
  })

  it('four at once, killed at any moment: nothing that was answered is lost, nothing is half written', async () => {
    const { shop, database } = await openStocked(1_000_000, 5)
    const answered: unknown[] = []
    for (let life = 0; life < 3; life += 1) {
      const helpers = [0, 1, 2, 3].map(
        (n) => new Helper('worker.ts', ['forever', own.url, 'stockpool', `${life}-${n}`]),
      )
      await Promise.all(helpers.map((helper) => helper.said(1)))
      for (const helper of helpers) helper.tell('go')
      await Promise.all(
        helpers.map(async (helper) => {
          await helper.said(6)
          await pause(Math.random() * 150)
          helper.signal('SIGKILL')
          await helper.ended()
          answered.push(...helper.lines.slice(1))
        }),
      )
    }
    const kept = await shop.database.read((tx) => tx.all<{ key: string }>('SELECT key FROM reservation'))
    const keys = new Set<unknown>(kept.map((row) => row.key))
    expect(answered.filter((key) => !keys.has(key))).toEqual([])
    expect(answered.length).toBeGreaterThanOrEqual(3 * 4 * 5)
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
    for (const sku of ['A', 'B']) expect(await shop.stock.get(sku)).toMatchObject({ reserved: keys.size })
    await database.close()
    expect(await own.deadlocks()).toBe(0)
  })
})
