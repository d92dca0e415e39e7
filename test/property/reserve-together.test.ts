import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isStockpoolError } from '../../src/error.ts'
import type { Database, Transaction } from '../../src/store/database.ts'
import { createStock, type ReserveOptions, type StockLine } from '../../src/store/pool.ts'
import { type ReservationOutcome, reserveAll } from '../../src/store/reservations.ts'
import { at, openShop, type Shop } from '../store/support.ts'
import { dialect, runs } from '../stores.ts'

/**
 * Reservations that wait together are decided together, in a few statements. Here the same ones are made together in
 * one shop and one after the other in another, and nothing may tell the two apart.
 */

interface Request {
  readonly lines: StockLine[]
  readonly options: ReserveOptions
}
/** What another process does before a batch. */
type Meanwhile =
  | { readonly adjust: string; readonly by: number }
  | { readonly receive: string; readonly location: string }
  | { readonly watch: string; readonly reorderPoint: number }

interface Scene {
  readonly stock: { sku: string; location: string; units: number }[]
  readonly batches: Request[][]
  /** By the number of the batch. */
  readonly meanwhile?: Record<number, Meanwhile>
}

const request: fc.Arbitrary<Request> = fc
  .record({
    // Few keys, so that they come again, in the same batch and later, with the same body and with others.
    key: fc.integer({ min: 0, max: 12 }),
    lines: fc.array(
      fc.record({
        sku: fc.constantFrom('A', 'B', 'C', 'AB', 'AAC', 'A', 'B', 'NOBODY'),
        quantity: fc.integer({ min: 1, max: 4 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    where: fc.constantFrom(
      ...[undefined, undefined, ['main'], ['east', 'main'], ['west'], ['main', 'nowhere']],
    ),
    expires: fc.boolean(),
    fresh: fc.boolean(),
    note: fc.constantFrom(undefined, 'cart'),
  })
  .map(({ key, lines, where, expires, fresh, note }) => ({
    lines: fresh ? lines : [{ sku: 'A', quantity: 1 }],
    options: {
      key: fresh ? `k${key}-${JSON.stringify(lines)}` : `k${key % 4}`,
      ...(where === undefined ? {} : { locations: where }),
      ...(expires && fresh ? { expiresInMs: 1000 } : {}),
      ...(note === undefined ? {} : { note }),
    },
  }))

const scene: fc.Arbitrary<Scene> = fc.record({
  stock: fc.uniqueArray(
    fc.record({
      sku: fc.constantFrom('A', 'B', 'C'),
      location: fc.constantFrom('main', 'east', 'west'),
      units: fc.integer({ min: 1, max: 12 }),
    }),
    { minLength: 1, maxLength: 9, selector: ({ sku, location }) => `${sku}@${location}` },
  ),
  batches: fc.array(fc.array(request, { minLength: 1, maxLength: 14 }), { minLength: 1, maxLength: 3 }),
})

/** Ordinary goods at one place, as most shops have them; what is known of them is seldom wrong. */
const ordinary: fc.Arbitrary<Scene> = fc.record({
  stock: fc
    .tuple(
      ...['A', 'B', 'C'].map((sku) =>
        fc.record({ sku: fc.constant(sku), units: fc.integer({ min: 8, max: 90 }) }),
      ),
    )
    .map((all) => all.map((one) => ({ ...one, location: 'main' }))),
  batches: fc.array(
    fc.array(
      fc
        .record({
          key: fc.noBias(fc.nat({ max: 300 })),
          lines: fc.array(
            fc.record({ sku: fc.constantFrom('A', 'B', 'C'), quantity: fc.integer({ min: 1, max: 3 }) }),
            { minLength: 1, maxLength: 3 },
          ),
          where: fc.oneof(
            { arbitrary: fc.constantFrom(undefined, ['main']), weight: 12 },
            { arbitrary: fc.constant(['east', 'main']), weight: 1 },
          ),
        })
        .map(({ key, lines, where }) => ({
          lines,
          options: { key: `k${key}`, ...(where === undefined ? {} : { locations: where }) },
        })),
      { minLength: 1, maxLength: 6 },
    ),
    { minLength: 3, maxLength: 8 },
  ),
  meanwhile: fc.dictionary(
    fc.integer({ min: 0, max: 7 }).map(String),
    fc.oneof(
      fc.record({
        adjust: fc.constantFrom('A', 'B', 'C'),
        by: fc.integer({ min: -6, max: 6 }).filter(Boolean),
      }),
      fc.record({
        receive: fc.constantFrom('A', 'B', 'C'),
        location: fc.constantFrom('main', 'east', 'west'),
      }),
      fc.record({ watch: fc.constantFrom('A', 'B', 'C'), reorderPoint: fc.integer({ min: 0, max: 20 }) }),
    ),
    { maxKeys: 3 },
  ),
})

async function doMeanwhile(shop: Shop, what: Meanwhile, turn: number): Promise<void> {
  const elsewhere = createStock({ database: shop.database, now: () => at })
  const key = `meanwhile ${turn}`
  if ('adjust' in what) await elsewhere.adjust(what.adjust, what.by, { key })
  else if ('receive' in what) await elsewhere.receive(what.receive, 5, { location: what.location, key })
  else await shop.putItem({ sku: what.watch, reorderPoint: what.reorderPoint })
}

async function openScene(stock: Scene['stock']): Promise<Shop> {
  const shop = await openShop()
  await shop.putLocation({ id: 'east', priority: 2 })
  await shop.putLocation({ id: 'west', priority: 1 })
  for (const sku of ['A', 'B', 'C']) await shop.putItem({ sku, reorderPoint: sku === 'C' ? undefined : 5 })
  await shop.putItem({
    sku: 'AB',
    kit: [
      { sku: 'A', quantity: 1 },
      { sku: 'B', quantity: 1 },
    ],
  })
  await shop.putItem({
    sku: 'AAC',
    kit: [
      { sku: 'A', quantity: 2 },
      { sku: 'C', quantity: 1 },
    ],
  })
  for (const sku of ['A', 'B', 'C', 'AB', 'AAC']) await shop.link({ connection: 'web', listing: sku, sku })
  for (const [index, { sku, location, units }] of stock.entries()) {
    await shop.stock.receive(sku, units, { location, key: `start ${index}` })
  }
  // Every other listing shows its number, so that some wait already and some begin to.
  await shop.database.transaction((tx) =>
    tx.run('UPDATE push SET done = generation, changed_at = NULL WHERE listing % 2 = 0'),
  )
  await shop.generations()
  return shop
}

type Reserving = (requests: readonly Request[]) => Promise<unknown[]>

/** An answer or an error, as the caller sees it. */
async function seen(answer: Promise<unknown>): Promise<unknown> {
  return answer.catch((error) => {
    if (!isStockpoolError(error)) throw error
    return { code: error.code, field: error.field, message: error.message, details: error.details }
  })
}

const tables = ['balance', 'posting', 'movement', 'reservation', 'reservation_line', 'event', 'location']
/** All that is in the database; of marks that they are there, not how many. */
async function trace(shop: Shop): Promise<unknown> {
  return shop.database.read(async (tx) => {
    const rows: unknown[] = []
    for (const table of tables) {
      const columns = table === 'balance' ? 'sku, location, available, reserved, quarantined' : '*'
      const found = await tx.all<{ id?: number }>(`SELECT ${columns} FROM ${table} ORDER BY 1, 2, 3`)
      // A transaction that was undone may have used some ids.
      rows.push(found.map((row, nth) => (typeof row.id === 'number' ? { ...row, id: nth } : row)))
    }
    const marks = await tx.all(
      'SELECT listing, done, changed_at, generation > done AS stale, generation > 1 AS moved FROM push ORDER BY listing',
    )
    return [...rows, marks]
  })
}

/** Made together, they answer and leave what they answer and leave one after the other. */
function sameAsOneByOne(
  together: (database: Database) => Reserving,
  { scenes = scene, numRuns = runs(120) }: { scenes?: fc.Arbitrary<Scene>; numRuns?: number } = {},
): Promise<void> {
  const seed = process.env.SEED ? Number(process.env.SEED) : undefined
  const property = fc.asyncProperty(scenes, async ({ stock, batches, meanwhile = {} }) => {
    const [one, all] = [await openScene(stock), await openScene(stock)]
    try {
      const reserving = together(all.database)
      for (const [turn, batch] of batches.entries()) {
        const what = meanwhile[turn]
        if (what !== undefined) for (const shop of [one, all]) await doMeanwhile(shop, what, turn)
        const expected: unknown[] = []
        for (const { lines, options } of batch) {
          // Which knows nothing, and looks.
          const stock = createStock({ database: one.database, now: () => at })
          expected.push(await seen(stock.reserve(lines, options)))
        }
        assert.deepEqual(await reserving(batch), expected)
        assert.deepEqual(await trace(all), await trace(one))
        assert.deepEqual(await all.stock.verify(), { ok: true, differences: [] })
      }
    } finally {
      await Promise.all([one.database.close(), all.database.close()])
    }
  })
  return fc.assert(property, { numRuns, ...(seed === undefined ? {} : { seed }) })
}

function atOnce(database: Pick<Database, 'dialect' | 'transaction' | 'read'>): Reserving {
  const stock = createStock({ database, now: () => at })
  return (requests) => Promise.all(requests.map(({ lines, options }) => seen(stock.reserve(lines, options))))
}

describe('reservations made together', () => {
  it('are what they are one by one', () => sameAsOneByOne(atOnce))

  it('are so of ordinary goods, which others change meanwhile', () =>
    sameAsOneByOne(atOnce, { scenes: ordinary, numRuns: 60 }))

  it('are so in one transaction', () =>
    sameAsOneByOne((database) => async (requests) => {
      let transactions = 0
      const answers = await atOnce({
        dialect: database.dialect,
        read: (work) => database.read(work),
        transaction: (work) => {
          transactions += 1
          return database.transaction(work)
        },
      })(requests)
      assert.equal(transactions, 1)
      return answers
    }))

  it('are so when the transaction fails and each is made by itself', () =>
    sameAsOneByOne((database) => (requests) => {
      // What fails alone has failed.
      let fails = requests.length > 1
      return atOnce({
        dialect: database.dialect,
        read: (work) => database.read(work),
        transaction: (work) =>
          database.transaction(async (tx) => {
            const value = await work(tx)
            if (!fails) return value
            fails = false
            throw new Error('another process came in between')
          }),
      })(requests)
    }))
})

type Broken = (
  tx: Transaction,
  requests: Parameters<typeof reserveAll>[1],
) => Promise<readonly ReservationOutcome[]>

/** Each is a way in which deciding together could go wrong. */
const planted: Record<string, Broken> = {
  'decides each by the stock that all of them found': async (tx, requests) => {
    const looks: ReservationOutcome[] = []
    for (const one of requests) {
      await tx.run('SAVEPOINT look')
      looks.push(...(await reserveAll(tx, [one])))
      await tx.run('ROLLBACK TO look')
      await tx.run('RELEASE look')
    }
    await reserveAll(tx, requests)
    return looks
  },
  'serves the last first': async (tx, requests) => (await reserveAll(tx, [...requests].reverse())).reverse(),
  'makes a repeat again': (tx, requests) =>
    reserveAll(
      tx,
      requests.map((one, index) => ({ ...one, key: `${one.key}/${index}` })),
    ),
  'answers a repeat in the batch without looking at its body': async (tx, requests) => {
    const first = new Map(requests.map((one) => [one.key, one]).reverse() as [string, (typeof requests)[0]][])
    return reserveAll(
      tx,
      requests.map((one) => first.get(one.key) ?? one),
    )
  },
  'stops at the first that is short': async (tx, requests) => {
    const outcomes: ReservationOutcome[] = []
    for (const one of requests) {
      const before = outcomes.find((outcome) => 'value' in outcome && outcome.value.status === 'insufficient')
      outcomes.push(...(before === undefined ? await reserveAll(tx, [one]) : [before]))
    }
    return outcomes
  },
  'tells of the last alone': async (tx, requests) => {
    const { last = 0 } = (await tx.get<{ last: number }>('SELECT MAX(id) AS last FROM event')) ?? {}
    const outcomes = await reserveAll(tx, requests)
    await tx.run('DELETE FROM event WHERE id > ? AND id < (SELECT MAX(id) FROM event)', [last])
    return outcomes
  },
  'marks nothing': async (tx, requests) => {
    const rows = await tx.all<{ listing: number; generation: number; changed_at: string | null }>(
      'SELECT listing, generation, changed_at FROM push',
    )
    const outcomes = await reserveAll(tx, requests)
    for (const { listing, generation, changed_at } of rows) {
      await tx.run('UPDATE push SET generation = ?, changed_at = ? WHERE listing = ?', [
        generation,
        changed_at,
        listing,
      ])
    }
    return outcomes
  },
  'loses a line of the ledger': async (tx, requests) => {
    const outcomes = await reserveAll(tx, requests)
    if (requests.length > 1) {
      await tx.run("DELETE FROM movement WHERE id = (SELECT MAX(id) FROM movement WHERE reason = 'reserved')")
    }
    return outcomes
  },
}

// The property is tested itself over one database.
if (dialect === 'sqlite')
  describe('a planted bug is found: taking reservations together that', () => {
    it('has no bug passes', () => sameAsOneByOne((database) => withReserveAll(database, reserveAll)))

    for (const [name, bug] of Object.entries(planted)) {
      it(name, async () => {
        await expect(sameAsOneByOne((database) => withReserveAll(database, bug))).rejects.toThrow(
          /Property failed/,
        )
      })
    }
  })

/** The pool with another `reserveAll` under it: a batch that fails is made again one by one, as the pool does. */
function withReserveAll(database: Database, broken: Broken): Reserving {
  const reserving: Reserving = async (requests) => {
    try {
      const outcomes = await database.transaction((tx) => broken(tx, requests.map(requestOf)))
      return await Promise.all(
        outcomes.map((outcome) =>
          seen('error' in outcome ? Promise.reject(outcome.error) : Promise.resolve(outcome.value)),
        ),
      )
    } catch (error) {
      if (requests.length === 1) return [await seen(Promise.reject(error))]
      const answers: unknown[] = []
      for (const request of requests) answers.push(...(await reserving([request])))
      return answers
    }
  }
  return reserving
}

function requestOf({ lines, options }: Request): Parameters<Broken>[1][number] {
  const { key, locations, expiresInMs, note } = options
  return {
    key,
    lines,
    locations: locations ?? null,
    expiresAt: expiresInMs === undefined ? null : new Date(Date.parse(at) + expiresInMs).toISOString(),
    cause: note ?? null,
    at,
    body: {
      lines,
      ...(locations === undefined ? {} : { locations }),
      ...(expiresInMs === undefined ? {} : { expiresInMs }),
    },
  }
}
