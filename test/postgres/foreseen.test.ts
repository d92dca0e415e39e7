import type { Pool, PoolClient } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createStock, type Stock } from '../../src/store/pool.ts'
import type { PostgresPool, PostgresQuery } from '../../src/store/postgres.ts'
import { postgres } from '../../src/store/postgres.ts'
import { at, openShop, type Shop } from '../store/support.ts'
import { Breaking } from './breaking.ts'
import { type OwnDatabase, openTransaction, ownDatabase, until } from './support.ts'

// Where ordinary goods lie is remembered, and what is reserved of them is written without a look. Here it lies elsewhere by then.

let own: OwnDatabase
let shop: Shop
/** The pool of a process, whose statements are kept. */
let stock: Stock
let sent: string[]

beforeEach(async () => {
  own = await ownDatabase()
  sent = []
  const database = await postgres(recording(own.pool({ pipeline: true }), sent)).open()
  shop = await openShop(await postgres(own.pool()).open())
  stock = createStock({ database, now: () => at })
  await shop.putLocation({ id: 'east', priority: 1 })
  for (const sku of ['MUG', 'CUP']) {
    await shop.putItem({ sku })
    await shop.stock.receive(sku, 20, { key: `first ${sku}` })
  }
  await stock.reserve([{ sku: 'CUP', quantity: 1 }], { key: 'the look' })
  sent.length = 0
})
afterEach(() => own.drop())

function recording(pool: Pool, statements: string[]): PostgresPool {
  return {
    connect: async () => recorded(await pool.connect(), statements),
    end: () => pool.end(),
  }
}

function recorded(client: PoolClient, statements: string[]): PoolClient {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'query') return value.bind(target)
      return (query: PostgresQuery) => {
        statements.push(query.text.trim().split(/[\s;]/, 1)[0] ?? '')
        return target.query(query)
      }
    },
  })
}

let keys = 0
const reserve = (sku: string, quantity = 1, options = {}) =>
  stock.reserve([{ sku, quantity }], { key: `k${++keys}`, ...options })
const reservedAt = (location: string, sku: string, quantity = 1) => ({
  status: 'reserved',
  placements: [{ sku, location, quantity }],
})

describe('a reservation of ordinary goods', () => {
  it('is written without a look: what it holds is checked on the way', async () => {
    // Of a SKU that nobody has looked at yet, too.
    expect(await reserve('MUG')).toEqual(reservedAt('main', 'MUG'))
    expect(sent).toEqual(['BEGIN', 'SELECT', 'WITH', 'COMMIT'])
    expect(await Promise.all([reserve('MUG', 2), reserve('CUP', 1, { location: 'main' })])).toEqual([
      reservedAt('main', 'MUG', 2),
      reservedAt('main', 'CUP'),
    ])
    expect(sent.slice(4)).toEqual(['BEGIN', 'SELECT', 'WITH', 'COMMIT'])
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
  })
})

describe('is looked at again, and answered as it is, when meanwhile', () => {
  it('it lies at a second place that comes first', async () => {
    await shop.stock.receive('MUG', 5, { key: 'east', location: 'east' })
    expect(await reserve('MUG')).toEqual(reservedAt('east', 'MUG'))
    // From now on it is known to need a look.
    sent.length = 0
    expect(await reserve('MUG')).toEqual(reservedAt('east', 'MUG'))
    expect(sent.filter((word) => word === 'BEGIN')).toHaveLength(1)
  })

  it('it was brought to another place', async () => {
    await shop.stock.transfer('MUG', 20, { key: 'away', from: 'main', to: 'east' })
    expect(await reserve('MUG')).toEqual(reservedAt('east', 'MUG'))
  })

  it('it is sold out', async () => {
    await shop.stock.adjust('MUG', -20, { key: 'gone' })
    expect(await reserve('MUG')).toMatchObject({ status: 'insufficient' })
    sent.length = 0
    expect(await reserve('MUG')).toMatchObject({ status: 'insufficient' })
    expect(sent.filter((word) => word === 'BEGIN')).toHaveLength(1)
    await shop.stock.receive('MUG', 1, { key: 'back' })
    expect(await reserve('MUG')).toEqual(reservedAt('main', 'MUG'))
  })

  it('it has become a kit', async () => {
    await shop.stock.adjust('MUG', -20, { key: 'gone' })
    await shop.putItem({ sku: 'MUG', kit: [{ sku: 'CUP', quantity: 2 }] })
    expect(await reserve('MUG')).toEqual(reservedAt('main', 'CUP', 2))
  })

  it('it is told when it gets low', async () => {
    await shop.putItem({ sku: 'MUG', reorderPoint: 18 })
    expect(await reserve('MUG')).toEqual(reservedAt('main', 'MUG'))
    expect(await shop.events('stock.low')).toEqual([])
    expect(await reserve('MUG')).toEqual(reservedAt('main', 'MUG'))
    expect(await shop.events('stock.low')).toEqual([{ sku: 'MUG', available: 18, reorderPoint: 18 }])
    expect(await reserve('MUG')).toEqual(reservedAt('main', 'MUG'))
    expect(await shop.events('stock.low')).toHaveLength(1)
  })

  it('its key was used', async () => {
    await shop.stock.reserve([{ sku: 'MUG', quantity: 1 }], { key: 'mine' })
    await shop.stock.reserve([{ sku: 'MUG', quantity: 7 }], { key: 'theirs' })
    const answers = await Promise.allSettled([
      reserve('MUG', 1, { key: 'mine' }),
      reserve('MUG', 1, { key: 'theirs' }),
      reserve('MUG', 3),
    ])
    expect(answers).toMatchObject([
      { value: { status: 'exists' } },
      { reason: { code: 'conflict', field: 'key' } },
      { value: reservedAt('main', 'MUG', 3) },
    ])
    expect((await shop.stock.get('MUG')).reserved).toBe(11)
  })
})

it('is done once, and said to be reserved, when all answers to it are lost with the connection', async () => {
  const breaking = new Breaking(own.pool({ pipeline: true }))
  const database = await postgres(breaking.pool).open()
  const theirs = createStock({ database, now: () => at })
  await theirs.reserve([{ sku: 'CUP', quantity: 1 }], { key: 'their look' })
  // Somebody holds the balance, so that not even that one is held is known when the commit is on its way.
  const other = await openTransaction(shop.database, (tx) =>
    tx.run("UPDATE balance SET marked = marked WHERE sku = 'MUG'"),
  )
  breaking.commits = (n) => (n === 1 ? 'unread' : null)
  breaking.meanwhile = async () => {
    await other.end()
    await until(async () => (await shop.stock.get('MUG')).reserved === 1)
  }
  const answer = theirs.reserve([{ sku: 'MUG', quantity: 1 }], { key: 'theirs' })
  expect(await answer).toEqual(reservedAt('main', 'MUG'))
  expect((await shop.stock.get('MUG')).reserved).toBe(1)
  await database.close()
})

it('names what nobody made, where a SKU or a place was only guessed', async () => {
  await expect(reserve('MUGG')).rejects.toMatchObject({ code: 'not_found', field: 'lines.0.sku' })
  await expect(reserve('MUG', 1, { location: 'mian' })).rejects.toMatchObject({ code: 'not_found' })
  await expect(reserve('MUG', 1, { locations: ['main', 'mian'] })).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(await reserve('MUG', 1, { locations: ['east', 'main'] })).toEqual(reservedAt('main', 'MUG'))
})
