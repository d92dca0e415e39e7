import { beforeEach, describe, expect, it } from 'vitest'
import { type Move, type Posting, post, postAll } from '../../src/store/stock.ts'
import { at, openShop, type Shop } from './support.ts'

let shop: Shop
const shelf = (location = 'main') => ({ bucket: 'available', location }) as const
const held = (location = 'main') => ({ bucket: 'reserved', location }) as const
const outside = (bucket: 'supplier' | 'customer' | 'scrap') => ({ bucket, location: null }) as const
const take = (sku: string, quantity: number): Move => ({ sku, from: shelf(), to: held(), quantity })

const posting = (key: string, moves: Move[], more: Partial<Posting> = {}): Posting => ({
  key,
  body: key,
  at,
  reason: 'reserved',
  cause: null,
  moves,
  guard: 'guarded',
  ...more,
})
const doPost = (given: Posting) => shop.database.transaction((tx) => post(tx, given))
const balance = async (sku: string) => {
  const { available, reserved, quarantined } = await shop.stock.get(sku)
  return [available, reserved, quarantined]
}
const count = async (table: string) =>
  (await shop.database.read((tx) => tx.get<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table}`)))?.n

beforeEach(async () => {
  shop = await openShop()
  for (const sku of ['A', 'B']) {
    await shop.putItem({ sku })
    await shop.stock.receive(sku, 10, { key: `receive ${sku}` })
  }
})

describe('post, guarded', () => {
  it('moves units, and writes both sides to the ledger', async () => {
    expect(await doPost(posting('k', [take('A', 4)], { cause: 'cart 7' }))).toEqual({
      status: 'posted',
      oversold: [],
    })
    expect(await balance('A')).toEqual([6, 4, 0])
    expect((await shop.stock.movements('A')).at(-1)).toEqual({
      id: 3,
      key: 'k',
      at,
      sku: 'A',
      from: shelf(),
      to: held(),
      quantity: 4,
      reason: 'reserved',
      cause: 'cart 7',
    })
  })

  it('takes the last unit, and not one more', async () => {
    expect((await doPost(posting('all', [take('A', 10)]))).status).toBe('posted')
    expect(await doPost(posting('more', [take('A', 1)]))).toEqual({
      status: 'insufficient',
      short: [{ sku: 'A', location: 'main', wanted: 1, available: 0 }],
    })
  })

  it('sums a SKU that is named twice before it looks', async () => {
    expect(await doPost(posting('twice', [take('A', 6), take('B', 1), take('A', 6)]))).toEqual({
      status: 'insufficient',
      short: [{ sku: 'A', location: 'main', wanted: 12, available: 10 }],
    })
  })

  it('writes nothing when anything is short, and names all that is', async () => {
    const before = await count('movement')
    const events = await count('event')
    const result = await doPost(posting('k', [take('B', 99), take('A', 5), take('A', 6)]))
    expect(result).toMatchObject({ status: 'insufficient', short: [{ sku: 'A' }, { sku: 'B' }] })
    expect(await doPost(posting('k', [take('A', 5), take('B', 99)]))).toMatchObject({ short: [{ sku: 'B' }] })
    expect([await balance('A'), await balance('B')]).toEqual([
      [10, 0, 0],
      [10, 0, 0],
    ])
    expect([await count('movement'), await count('event')]).toEqual([before, events])
    // Not even the key is claimed.
    expect((await doPost(posting('k', [take('A', 1)]))).status).toBe('posted')
  })

  it('gives to a shelf below zero without asking it to be full', async () => {
    await doPost(posting('sold', [take('A', 15)], { guard: 'forced' }))
    const more: Move = { sku: 'A', from: outside('supplier'), to: shelf(), quantity: 2 }
    expect(await doPost(posting('in', [more]))).toEqual({ status: 'posted', oversold: [] })
    expect(await balance('A')).toEqual([-3, 15, 0])
  })
})

describe('post, with a key used before', () => {
  it('answers exists to the same body, whatever the order and the time', async () => {
    await doPost(posting('k', [take('A', 1), take('B', 2)], { body: { x: 1, y: [2] } }))
    const again = posting('k', [take('B', 2), take('A', 1)], {
      body: { y: [2], x: 1 },
      at: '2027-01-01T00:00:00.000Z',
    })
    expect(await doPost(again)).toEqual({ status: 'exists' })
    expect(await balance('A')).toEqual([9, 1, 0])
  })

  it.each<[string, Partial<Posting>]>([
    ['body', { body: 'another' }],
    ['quantity', { moves: [take('A', 2)] }],
    ['reason', { reason: 'sold' }],
  ])('throws conflict for another %s, and writes nothing', async (_, change) => {
    await doPost(posting('k', [take('A', 1)]))
    await expect(doPost({ ...posting('k', [take('A', 1)]), ...change })).rejects.toMatchObject({
      code: 'conflict',
      field: 'key',
      remedy: expect.stringContaining('new key'),
    })
    expect(await balance('A')).toEqual([9, 1, 0])
  })

  it('compares the body alone where the moves follow from the pool', async () => {
    await doPost(posting('k', [take('A', 1)], { derived: true }))
    expect(await doPost(posting('k', [take('A', 7)], { derived: true }))).toEqual({ status: 'exists' })
    await expect(doPost(posting('k', [], { derived: true, body: 'another' }))).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  it('claims the key of a posting that moves nothing', async () => {
    expect((await doPost(posting('k', []))).status).toBe('posted')
    expect((await doPost(posting('k', []))).status).toBe('exists')
    expect(await shop.events('stock.changed')).toHaveLength(2)
  })
})

describe('post, forced', () => {
  const order = { connection: 'web', order: '#1001' }
  const sold = (key: string, quantity: number) =>
    posting(key, [take('A', quantity)], { guard: 'forced', reason: 'sold', order })

  it('goes below zero and says by how much, each time only what this posting added', async () => {
    expect(await doPost(sold('1', 9))).toEqual({ status: 'posted', oversold: [] })
    expect(await doPost(sold('2', 3))).toEqual({
      status: 'posted',
      oversold: [{ sku: 'A', location: 'main', by: 2, available: -2 }],
    })
    expect(await doPost(sold('3', 4))).toMatchObject({ oversold: [{ by: 4, available: -6 }] })
    expect(await shop.events('stock.oversold')).toEqual([
      { sku: 'A', location: 'main', by: 2, available: -2, connection: 'web', order: '#1001' },
      { sku: 'A', location: 'main', by: 4, available: -6, connection: 'web', order: '#1001' },
    ])
  })

  it('makes a shelf that nothing was ever put on', async () => {
    await shop.putItem({ sku: 'NEW' })
    expect(await doPost(posting('n', [take('NEW', 3)], { guard: 'forced' }))).toMatchObject({
      oversold: [{ sku: 'NEW', by: 3, available: -3 }],
    })
    expect(await balance('NEW')).toEqual([-3, 3, 0])
  })
})

describe('post, bounded', () => {
  it.each(['guarded', 'forced'] as const)(
    'never takes more than is reserved or quarantined (%s)',
    async (guard) => {
      await doPost(posting('k', [take('A', 3)]))
      const ship: Move = { sku: 'A', from: held(), to: outside('customer'), quantity: 4 }
      await expect(doPost(posting('s', [ship], { guard }))).rejects.toMatchObject({
        code: 'conflict',
        details: { sku: 'A', location: 'main', bucket: 'reserved', wanted: 4, held: 3 },
      })
      const scrap: Move = {
        sku: 'B',
        from: { bucket: 'quarantined', location: 'main' },
        to: outside('scrap'),
        quantity: 1,
      }
      await expect(doPost(posting('q', [scrap], { guard }))).rejects.toMatchObject({ code: 'conflict' })
      expect(await balance('A')).toEqual([7, 3, 0])
      expect((await shop.stock.movements('A')).length).toBe(2)
    },
  )
})

describe('post, of what nobody made', () => {
  it.each([
    ['item', { ...take('NOBODY', 1) }, 'not_found', 'sku'],
    [
      'location',
      { sku: 'A', from: outside('supplier'), to: shelf('nowhere'), quantity: 1 } as Move,
      'not_found',
      'location',
    ],
    ['shelf of a kit', { ...take('KIT', 1) }, 'invalid_input', 'sku'],
  ] as const)('refuses an unknown %s', async (_, move, code, field) => {
    await shop.putItem({ sku: 'KIT', kit: [{ sku: 'A', quantity: 1 }] })
    for (const guard of ['guarded', 'forced'] as const) {
      await expect(doPost(posting(`k ${guard}`, [take('B', 1), move], { guard }))).rejects.toMatchObject({
        code,
        field,
        remedy: expect.any(String),
      })
    }
    expect(await balance('B')).toEqual([10, 0, 0])
  })
})

describe('what a posting tells', () => {
  it('marks each listing of what it touched once, kits too, and no other', async () => {
    await shop.putItem({
      sku: 'KIT',
      kit: [
        { sku: 'A', quantity: 1 },
        { sku: 'B', quantity: 2 },
      ],
    })
    await shop.putItem({ sku: 'OTHER', kit: [{ sku: 'B', quantity: 1 }] })
    for (const sku of ['A', 'B', 'KIT', 'OTHER']) await shop.link({ connection: 'web', listing: sku, sku })
    expect(await shop.generations()).toEqual({ A: 1, B: 1, KIT: 1, OTHER: 1 })
    await doPost(posting('1', [take('A', 1)]))
    expect(await shop.generations()).toEqual({ A: 2, B: 1, KIT: 2, OTHER: 1 })
    await doPost(posting('2', [take('A', 1), take('B', 1)]))
    expect(await shop.generations()).toEqual({ A: 3, B: 2, KIT: 3, OTHER: 2 })
    await doPost(posting('2', [take('A', 1), take('B', 1)]))
    expect(await shop.generations()).toEqual({ A: 3, B: 2, KIT: 3, OTHER: 2 })
  })

  it('does not mark again what is marked, until a number of it is begun to be computed', async () => {
    await shop.link({ connection: 'web', listing: 'A', sku: 'A' })
    await shop.generations()
    for (const key of ['1', '2', '3']) await doPost(posting(key, [take('A', 1)]))
    expect(await shop.generations()).toEqual({ A: 2 })
    await doPost(posting('4', [take('A', 1)]))
    expect(await shop.generations()).toEqual({ A: 3 })
  })

  it('leaves listings alone when what is available stays as it is', async () => {
    await shop.link({ connection: 'web', listing: 'A', sku: 'A' })
    await shop.generations()
    await doPost(posting('1', [take('A', 2)]))
    await doPost(
      posting('2', [{ sku: 'A', from: held(), to: outside('customer'), quantity: 2 }], { reason: 'shipped' }),
    )
    expect(await shop.generations()).toEqual({ A: 2 })
    expect(await shop.events('stock.changed')).toHaveLength(4)
  })

  it('lets a listing that waits keep its place, and gives one that is done a new one', async () => {
    const id = await shop.link({ connection: 'web', listing: 'A', sku: 'A' })
    const waitsSince = async () =>
      (await shop.database.read((tx) => tx.get<{ changed_at: string | null }>('SELECT changed_at FROM push')))
        ?.changed_at
    await doPost(posting('1', [take('A', 1)], { at: '2026-07-02T00:00:00.000Z' }))
    expect(await waitsSince()).toBe(at)
    await shop.generations()
    await shop.database.transaction((tx) =>
      tx.run('UPDATE push SET done = generation, changed_at = NULL WHERE listing = ?', [id]),
    )
    await doPost(posting('2', [take('A', 1)], { at: '2026-07-03T00:00:00.000Z' }))
    expect(await waitsSince()).toBe('2026-07-03T00:00:00.000Z')
  })

  it('names the SKUs whose balance changed', async () => {
    await doPost(posting('k', [take('B', 1), take('A', 1), take('B', 1)]))
    expect((await shop.events('stock.changed')).at(-1)).toEqual({ skus: ['A', 'B'], key: 'k' })
  })

  it('says stock.low once, on the way down, over all locations', async () => {
    await shop.putItem({ sku: 'A', reorderPoint: 8 })
    await shop.putLocation({ id: 'east' })
    await shop.stock.receive('A', 4, { location: 'east', key: 'east' })
    await doPost(posting('1', [take('A', 5)]))
    expect(await shop.events('stock.low')).toEqual([])
    await doPost(posting('2', [take('A', 1)]))
    await doPost(posting('3', [take('A', 1)]))
    expect(await shop.events('stock.low')).toEqual([{ sku: 'A', available: 8, reorderPoint: 8 }])
    await shop.stock.receive('A', 5, { key: 'more' })
    await doPost(posting('4', [take('A', 6)], { guard: 'forced' }))
    expect(await shop.events('stock.low')).toHaveLength(2)
    await shop.stock.transfer('A', 1, { from: 'east', to: 'main', key: 'move' })
    expect(await shop.events('stock.low')).toHaveLength(2)
  })
})

describe('postAll', () => {
  const doAll = (...given: Posting[]) => shop.database.transaction((tx) => postAll(tx, given))

  it('answers and tells what each would by itself', async () => {
    await shop.putItem({ sku: 'A', reorderPoint: 4 })
    const order = { connection: 'web', order: '#1' }
    const sold = { guard: 'forced', reason: 'sold', order } as const
    const more: Move = { sku: 'A', from: outside('supplier'), to: shelf(), quantity: 5 }
    const answers = await doAll(
      posting('1', [take('A', 7)]),
      posting('2', [take('A', 5), take('B', 1)], sold),
      posting('3', [more], { reason: 'received' }),
      posting('4', [take('A', 3)]),
    )
    expect(answers.map(({ oversold }) => oversold)).toEqual([
      [],
      [{ sku: 'A', location: 'main', by: 2, available: -2 }],
      [],
      [],
    ])
    expect([await balance('A'), await balance('B')]).toEqual([
      [0, 15, 0],
      [9, 1, 0],
    ])
    const told = (await shop.events()).slice(2)
    expect(told).toEqual([
      { sku: 'A', available: 3, reorderPoint: 4 },
      { skus: ['A'], key: '1' },
      { sku: 'A', location: 'main', by: 2, available: -2, ...order },
      { skus: ['A', 'B'], key: '2' },
      { skus: ['A'], key: '3' },
      { skus: ['A'], key: '4' },
    ])
    expect((await shop.stock.movements('A')).map(({ key, quantity }) => [key, quantity])).toEqual([
      ['receive A', 10],
      ['1', 7],
      ['2', 5],
      ['3', 5],
      ['4', 3],
    ])
    expect((await shop.stock.verify()).differences.filter(({ against }) => against === 'ledger')).toEqual([])
  })

  it('posts more than one statement holds', async () => {
    const many = Array.from({ length: 150 }, (_, index) =>
      posting(`m${index}`, [take('A', 1)], { guard: 'forced' }),
    )
    const answers = await doAll(...many)
    expect(answers.flatMap(({ oversold }) => oversold).map(({ available }) => available)).toEqual(
      Array.from({ length: 140 }, (_, index) => -1 - index),
    )
    expect(await balance('A')).toEqual([-140, 150, 0])
    expect(await count('posting')).toBe(152)
  })

  it.each<[string, Posting[]]>([
    ['a guard refuses', [posting('1', [take('A', 6)]), posting('2', [take('A', 5)])]],
    ['a key was used before', [posting('1', [take('A', 1)]), posting('receive B', [take('B', 1)])]],
    [
      'a row is not there',
      [
        posting('1', [take('A', 1)]),
        posting('2', [{ ...take('A', 1), from: shelf('east'), to: held('east') }]),
      ],
    ],
  ])('throws when %s, so that nothing is kept', async (_, given) => {
    await expect(doAll(...given)).rejects.toMatchObject({ code: 'internal' })
    expect(await balance('A')).toEqual([10, 0, 0])
    expect([await count('posting'), await count('event')]).toEqual([2, 2])
  })
})
