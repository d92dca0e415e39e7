import { type AddressInfo, createServer } from 'node:net'
import { Pool } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ChannelOrder } from '../../src/model/order.ts'
import { defaultRoute } from '../../src/order/index.ts'
import type { Database } from '../../src/store/database.ts'
import { applyOrder } from '../../src/store/orders.ts'
import { createStock, type Stock } from '../../src/store/pool.ts'
import { type PostgresOptions, postgres } from '../../src/store/postgres.ts'
import { at, openShop, type Shop } from '../store/support.ts'
import { Breaking } from './breaking.ts'
import { type OwnDatabase, ownDatabase, pause } from './support.ts'

let own: OwnDatabase
beforeEach(async () => {
  own = await ownDatabase()
})
afterEach(() => own.drop())

async function openOver(breaking: Breaking, options: PostgresOptions = {}): Promise<[Shop, Database]> {
  const database = await postgres(breaking.pool, { maxConnections: 10, ...options }).open()
  const shop = await openShop(database)
  for (const sku of ['A', 'B']) {
    await shop.putItem({ sku })
    await shop.stock.receive(sku, 10_000, { key: `start ${sku}` })
    await shop.link({ connection: 'web', listing: sku, sku })
  }
  return [shop, database]
}

const order = (id: string) =>
  ChannelOrder.parse({
    ...{ id, number: `#${id}`, status: 'open', rawStatus: 'open', payment: 'paid' },
    ...{ placedAt: at, updatedAt: at, cancelRequested: null, raw: {} },
    buyer: { name: 'Ada Buyer', email: 'ada@example.com' },
    shipTo: {
      ...{ name: 'Ada Buyer', line1: '1 Long Lane', city: 'Springfield', region: 'IL' },
      ...{ postalCode: '62701', country: 'US' },
    },
    lines: ['A', 'B'].map((listing, n) => ({
      ...{ id: `l${n}`, listing, channelSku: listing, ordered: 1, cancelled: 0, shipped: 0 },
    })),
  })

const take = (database: Database, id: string) =>
  database.transaction((tx) =>
    applyOrder(tx, {
      ...{ connection: 'web', order: order(id), at, countsFrom: '', route: defaultRoute },
      ...{ eraseAt: null, protect: (text: string) => text },
    }),
  )

const reserveIn = (stock: Stock, key: string) =>
  stock.reserve(
    ['A', 'B'].map((sku) => ({ sku, quantity: 1 })),
    { key },
  )

const reserve = (database: Database, key: string) => reserveIn(createStock({ database, now: () => at }), key)

/** So many of each were done, each of them once. */
async function expectDone(shop: Shop, { reservations, orders }: Record<'reservations' | 'orders', number>) {
  const count = async (sql: string) =>
    Number((await shop.database.read((tx) => tx.get<{ n: number }>(sql)))?.n)
  expect(await count('SELECT COUNT(*) AS n FROM reservation')).toBe(reservations)
  expect(await count('SELECT COUNT(*) AS n FROM orders')).toBe(orders)
  for (const sku of ['A', 'B']) {
    const taken = `SELECT COUNT(*) AS n FROM movement WHERE sku = '${sku}' AND to_bucket = 'reserved'`
    expect(await count(taken)).toBe(reservations + orders)
    expect(await shop.stock.get(sku)).toMatchObject({ reserved: reservations + orders })
  }
  expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
}

/** A pool's connections as they come, and such that send a statement before those before it are answered. */
const pools = [
  ['one by one', {}],
  ['pipelined', { pipeline: true }],
] as const

describe.each(pools)('connections that an operator ends at random moments, %s', (_, config) => {
  it('cost nothing: every reservation and every order is done, and done once', async () => {
    const breaking = new Breaking(own.pool({ ...config, max: 10, application_name: 'shop' }))
    const [shop, database] = await openOver(breaking, { retryMs: 50_000 })
    const operator = own.pool({ max: 1 })
    let over = false
    let ended = 0
    const ending = (async () => {
      // So many and no more: on a slow machine no transaction would ever come to its end.
      while (!over && ended < 80) {
        await pause(10 + Math.random() * 60)
        // Whatever it is at: between two statements, in one, or waiting for a lock.
        const { rowCount } = await operator.query(
          `SELECT pg_terminate_backend(pid) FROM (
             SELECT pid FROM pg_stat_activity WHERE application_name = 'shop' AND xact_start IS NOT NULL
             ORDER BY random() LIMIT 1) AS one`,
        )
        ended += rowCount ?? 0
      }
    })()
    const work = Array.from({ length: 300 }, async (_, n) => {
      if (n % 2 === 0) return (await reserve(database, `cart ${n}`)).status
      return (await take(database, `o${n}`)).first
    })
    const answers = await Promise.all(work).finally(() => {
      over = true
      return ending
    })
    expect(ended).toBeGreaterThan(3)
    expect(
      answers.filter((answer) => answer !== 'reserved' && answer !== 'exists' && answer !== true),
    ).toEqual([])
    await expectDone(shop, { reservations: 150, orders: 150 })
    await database.close()
  })
})

describe.each(pools)('a connection that breaks at the commit, %s', (_, config) => {
  it.each([
    ['before the server has it', 'unsent'],
    ['when the server has done it, before the answer', 'unanswered'],
    ['while it is on its way', 'racing'],
  ] as const)('%s: what was done is not done again, what was not done is', async (_when, moment) => {
    const breaking = new Breaking(own.pool({ ...config, max: 10 }))
    const [shop, database] = await openOver(breaking, { retryMs: 50_000 })
    breaking.commits = (n) => (n % 3 === 0 ? moment : null)
    // Of one pool of stock, so that some share a transaction, and its last statement goes with the commit.
    const stock = createStock({ database, now: () => at })
    const answers = await Promise.all([
      ...Array.from({ length: 60 }, async (_, n) => (await reserve(database, `cart ${n}`)).status),
      ...Array.from({ length: 20 }, async (_, n) => (await reserveIn(stock, `shared ${n}`)).status),
      ...Array.from({ length: 60 }, async (_, n) => (await take(database, `o${n}`)).first),
    ])
    breaking.commits = () => null
    expect(breaking.broken).toBeGreaterThan(20)
    expect(answers).toEqual([...Array(80).fill('reserved'), ...Array(60).fill(true)])
    await expectDone(shop, { reservations: 80, orders: 60 })
    await database.close()
  })

  it('again and again, of what shares a transaction: what was done is not done again', async () => {
    const breaking = new Breaking(own.pool({ ...config, max: 10 }))
    const [shop, database] = await openOver(breaking, { retryMs: 50_000 })
    const moments = ['unsent', 'unanswered', 'racing'] as const
    breaking.commits = (n) => (n % 2 === 0 ? (moments[(n / 2) % 3] ?? null) : null)
    const stock = createStock({ database, now: () => at })
    for (let round = 0; round < 24; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 5 }, async (_, n) => (await reserveIn(stock, `${round} ${n}`)).status),
      )
      expect(answers).toEqual(Array(5).fill('reserved'))
    }
    breaking.commits = () => null
    expect(breaking.broken).toBeGreaterThan(10)
    await expectDone(shop, { reservations: 120, orders: 0 })
    await database.close()
  })

  it('while the server is still at it: its outcome is waited for', async () => {
    const breaking = new Breaking(own.pool({ ...config, max: 4 }))
    const [shop, database] = await openOver(breaking)
    await slowCommits(own)
    breaking.commits = (n) => (n === 1 ? 'racing' : null)
    const began = performance.now()
    expect(await reserve(database, 'cart')).toMatchObject({ status: 'reserved' })
    expect(performance.now() - began).toBeGreaterThan(700)
    expect(breaking.broken).toBe(1)
    await expectDone(shop, { reservations: 1, orders: 0 })
    await database.close()
  })

  it('and no server to ask: the answer says that it may have been done, and a repeat is told so', async () => {
    const breaking = new Breaking(own.pool({ ...config, max: 4 }))
    const [shop, database] = await openOver(breaking, { retryMs: 200 })
    breaking.commits = (n) => (n === 1 ? 'unanswered' : null)
    breaking.unreachable = () => breaking.broken > 0
    await expect(reserve(database, 'cart')).rejects.toMatchObject({
      code: 'database',
      details: { outcome: 'unknown' },
    })
    breaking.unreachable = () => false
    expect(await reserve(database, 'cart')).toEqual({ status: 'exists' })
    await expectDone(shop, { reservations: 1, orders: 0 })
    await database.close()
  })
})

describe('a server that ends a connection in the breath in which it accepts it, as while it shuts down', () => {
  it('is an error of the call, and not the end of the process', async () => {
    const shuttingDown = createServer((socket) => {
      socket.on('error', () => undefined)
      // All in one packet, so that the client is told of both before anybody can listen.
      socket.once('data', () => socket.end(Buffer.concat([authenticated, ready, fatal])))
    })
    await new Promise<void>((resolve) => shuttingDown.listen(0, '127.0.0.1', resolve))
    const { port } = shuttingDown.address() as AddressInfo
    const pool = new Pool({ host: '127.0.0.1', port, user: 'u', database: 'd' })
    try {
      await expect(postgres(pool, { retryMs: 200 }).open()).rejects.toMatchObject({
        code: 'database',
        retryable: true,
      })
    } finally {
      await pool.end()
      shuttingDown.close()
    }
  })
})

const message = (type: string, ...parts: (string | Buffer)[]) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const authenticated = message('R', Buffer.alloc(4))
const ready = message('Z', 'I')
const fatal = message('E', 'SFATAL\0', 'C57P01\0', 'Mterminating connection\0', '\0')

/** Every commit of a reservation takes the server most of a second. */
async function slowCommits(database: OwnDatabase): Promise<void> {
  await database.pool({ max: 1 }).query(`
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_sleep(0.8); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON stockpool.reservation
      DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION slow();`)
}
