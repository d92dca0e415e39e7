import { beforeEach, describe, expect, it } from 'vitest'
import { getReservation } from '../../src/store/reservations.ts'
import { expireReservations } from '../../src/store/settlements.ts'
import { at, openShop, type Shop } from './support.ts'

let shop: Shop
const later = (ms: number) => new Date(Date.parse(at) + ms).toISOString()
const levels = async (sku: string) => {
  const { available, reserved, quarantined } = await shop.stock.get(sku)
  return { available, reserved, quarantined }
}
const at_ = async (sku: string, location: string) =>
  (await shop.stock.get(sku)).locations.find((row) => row.location === location)?.available ?? null
const reservation = (key: string) => shop.database.read((tx) => getReservation(tx, key))
const expire = (time: string, limit = 100) =>
  shop.database.transaction((tx) => expireReservations(tx, time, limit))

beforeEach(async () => {
  shop = await openShop()
  for (const sku of ['A', 'B']) {
    await shop.putItem({ sku })
    await shop.stock.receive(sku, 10, { key: `receive ${sku}` })
  }
  await shop.putItem({
    sku: 'KIT',
    kit: [
      { sku: 'A', quantity: 2 },
      { sku: 'B', quantity: 1 },
    ],
  })
  await shop.putLocation({ id: 'east', priority: 50 })
})

describe('receive, adjust and count', () => {
  it('change what is available, once for each key', async () => {
    expect(await shop.stock.receive('A', 5, { key: 'po', note: 'purchase order 7' })).toMatchObject({
      status: 'posted',
    })
    expect(await shop.stock.receive('A', 5, { key: 'po' })).toEqual({ status: 'exists' })
    expect((await levels('A')).available).toBe(15)
    await shop.stock.adjust('A', -4, { key: 'broken' })
    await shop.stock.adjust('A', 1, { key: 'found' })
    expect((await levels('A')).available).toBe(12)
    const [, received, broken] = await shop.stock.movements('A')
    expect(received).toMatchObject({
      reason: 'received',
      cause: 'purchase order 7',
      from: { bucket: 'supplier' },
    })
    expect(broken).toMatchObject({
      reason: 'adjusted',
      to: { bucket: 'correction', location: null },
      quantity: 4,
    })
  })

  it('count sets what is on hand, reserved units included', async () => {
    await shop.stock.reserve([{ sku: 'A', quantity: 4 }], { key: 'r' })
    await shop.stock.count('A', 7, { key: 'monday' })
    expect(await levels('A')).toEqual({ available: 3, reserved: 4, quarantined: 0 })
    // Counted again after a sale: the same key is the same count, and corrects nothing twice.
    expect(await shop.stock.count('A', 7, { key: 'monday' })).toEqual({ status: 'exists' })
    await shop.stock.count('A', 7, { key: 'tuesday' })
    expect(await levels('A')).toEqual({ available: 3, reserved: 4, quarantined: 0 })
    await shop.stock.count('A', 3, { key: 'wednesday', location: 'east' })
    expect(await at_('A', 'east')).toBe(3)
  })

  it('a count below what is promised is a fact, and tells by how much', async () => {
    await shop.stock.reserve([{ sku: 'A', quantity: 9 }], { key: 'r' })
    expect(await shop.stock.count('A', 4, { key: 'c' })).toMatchObject({
      status: 'posted',
      oversold: [{ sku: 'A', location: 'main', by: 5, available: -5 }],
    })
    expect(await shop.stock.adjust('B', -12, { key: 'stolen' })).toMatchObject({
      oversold: [{ by: 2, available: -2 }],
    })
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
  })

  it('a key belongs to one body', async () => {
    await shop.stock.receive('A', 5, { key: 'k' })
    for (const again of [
      () => shop.stock.receive('A', 6, { key: 'k' }),
      () => shop.stock.receive('B', 5, { key: 'k' }),
      () => shop.stock.receive('A', 5, { key: 'k', location: 'east' }),
      () => shop.stock.adjust('A', 5, { key: 'k' }),
      () => shop.stock.reserve([{ sku: 'A', quantity: 5 }], { key: 'k' }),
    ]) {
      await expect(again()).rejects.toMatchObject({ code: 'conflict', field: 'key' })
    }
    expect((await levels('A')).available).toBe(15)
  })
})

describe('transfer', () => {
  it('moves units between locations in one posting', async () => {
    await shop.stock.transfer('A', 4, { from: 'main', to: 'east', key: 't' })
    expect([await at_('A', 'main'), await at_('A', 'east')]).toEqual([6, 4])
    expect((await shop.stock.movements('A')).at(-1)).toMatchObject({ reason: 'transferred', quantity: 4 })
  })

  it('throws insufficient and moves nothing when too few are there, reserved ones not counted', async () => {
    await shop.stock.reserve([{ sku: 'A', quantity: 8 }], { key: 'r' })
    await expect(shop.stock.transfer('A', 3, { from: 'main', to: 'east', key: 't' })).rejects.toMatchObject({
      code: 'insufficient',
      details: { short: [{ sku: 'A', location: 'main', wanted: 3, available: 2 }] },
    })
    expect(await at_('A', 'east')).toBeNull()
    await shop.stock.transfer('A', 2, { from: 'main', to: 'east', key: 't' })
  })

  it('two that cross do not create or lose a unit', async () => {
    await shop.stock.receive('A', 10, { key: 'east', location: 'east' })
    await Promise.all(
      Array.from({ length: 40 }, (_, turn) =>
        shop.stock
          .transfer('A', 1 + (turn % 3), {
            from: turn % 2 === 0 ? 'main' : 'east',
            to: turn % 2 === 0 ? 'east' : 'main',
            key: `cross ${turn}`,
          })
          .catch(() => undefined),
      ),
    )
    expect((await levels('A')).available).toBe(20)
    expect((await shop.stock.verify()).ok).toBe(true)
  })
})

describe('reserve', () => {
  it('holds all lines, kits as their components, repeated SKUs summed', async () => {
    const lines = [
      { sku: 'KIT', quantity: 2 },
      { sku: 'A', quantity: 1 },
      { sku: 'KIT', quantity: 1 },
    ]
    expect(await shop.stock.reserve(lines, { key: 'cart' })).toEqual({
      status: 'reserved',
      placements: [
        { sku: 'A', location: 'main', quantity: 7 },
        { sku: 'B', location: 'main', quantity: 3 },
      ],
    })
    expect(await levels('A')).toEqual({ available: 3, reserved: 7, quarantined: 0 })
  })

  it('answers insufficient for lines that only together are too much', async () => {
    const result = await shop.stock.reserve(
      [
        { sku: 'KIT', quantity: 4 },
        { sku: 'A', quantity: 3 },
      ],
      { key: 'cart' },
    )
    expect(result).toEqual({
      status: 'insufficient',
      short: [{ sku: 'A', location: 'main', wanted: 11, available: 10 }],
    })
    expect(await reservation('cart')).toBeNull()
    expect(await levels('B')).toEqual({ available: 10, reserved: 0, quarantined: 0 })
  })

  it('answers exists to a repeat, even when nothing is left', async () => {
    const lines = [{ sku: 'A', quantity: 10 }]
    await shop.stock.reserve(lines, { key: 'cart', expiresInMs: 1000 })
    shop.setTime(later(500))
    expect(await shop.stock.reserve(lines, { key: 'cart', expiresInMs: 1000 })).toEqual({ status: 'exists' })
    expect(await reservation('cart')).toMatchObject({ expiresAt: later(1000) })
    await expect(shop.stock.reserve([{ sku: 'A', quantity: 9 }], { key: 'cart' })).rejects.toMatchObject({
      code: 'conflict',
    })
  })

  it('asks the locations in their order, one that has all first', async () => {
    await shop.stock.receive('A', 3, { key: 'e', location: 'east' })
    const placed = async (key: string, quantity: number, where = {}) => {
      const result = await shop.stock.reserve([{ sku: 'A', quantity }], { key, ...where })
      return result.status === 'reserved'
        ? result.placements.map((one) => `${one.location} ${one.quantity}`)
        : result
    }
    expect(await placed('1', 2)).toEqual(['east 2'])
    expect(await placed('2', 2)).toEqual(['main 2'])
    expect(await placed('3', 1, { locations: ['main', 'east'] })).toEqual(['main 1'])
    expect(await placed('4', 2, { location: 'east' })).toEqual({
      status: 'insufficient',
      short: [{ sku: 'A', location: 'east', wanted: 2, available: 1 }],
    })
    expect(await placed('5', 8)).toEqual(['east 1', 'main 7'])
    expect(await placed('6', 1)).toEqual({
      status: 'insufficient',
      short: [{ sku: 'A', location: null, wanted: 1, available: 0 }],
    })
  })

  it('refuses unknown SKUs and locations, naming the field', async () => {
    const lines = [{ sku: 'A', quantity: 1 }]
    await expect(
      shop.stock.reserve([...lines, { sku: 'NO', quantity: 1 }], { key: 'k' }),
    ).rejects.toMatchObject({
      code: 'not_found',
      field: 'lines.1.sku',
    })
    await expect(shop.stock.reserve(lines, { key: 'k', location: 'moon' })).rejects.toMatchObject({
      code: 'not_found',
    })
    await expect(shop.stock.reserve(lines, { key: 'k', locations: ['main', 'moon'] })).rejects.toMatchObject({
      code: 'not_found',
      field: 'locations.1',
    })
  })
})

describe('the end of a reservation', () => {
  beforeEach(async () => {
    await shop.stock.reserve([{ sku: 'KIT', quantity: 3 }], { key: 'cart', expiresInMs: 60_000 })
  })

  it('release gives everything back, once', async () => {
    expect(await shop.stock.release('cart')).toEqual({ status: 'posted' })
    expect(await shop.stock.release('cart')).toEqual({ status: 'exists' })
    expect(await levels('A')).toEqual({ available: 10, reserved: 0, quarantined: 0 })
    expect(await reservation('cart')).toMatchObject({ open: false })
    await expect(shop.stock.ship('cart')).rejects.toMatchObject({ code: 'conflict', field: 'reservation' })
  })

  it('ship sends everything out, once', async () => {
    expect(await shop.stock.ship('cart')).toEqual({ status: 'posted' })
    expect(await shop.stock.ship('cart')).toEqual({ status: 'exists' })
    expect(await levels('A')).toEqual({ available: 4, reserved: 0, quarantined: 0 })
    await expect(shop.stock.release('cart')).rejects.toMatchObject({ code: 'conflict' })
    expect(await expire(later(60_000))).toEqual([])
  })

  it('parts are shipped and released under keys of their own, never more than is held', async () => {
    const one = [{ sku: 'KIT', quantity: 1 }]
    expect(await shop.stock.ship('cart', { lines: one, key: 'parcel 1' })).toEqual({ status: 'posted' })
    expect(await shop.stock.ship('cart', { lines: one, key: 'parcel 1' })).toEqual({ status: 'exists' })
    expect(await shop.stock.release('cart', { lines: one, key: 'changed mind' })).toEqual({
      status: 'posted',
    })
    await expect(
      shop.stock.ship('cart', { lines: [{ sku: 'KIT', quantity: 2 }], key: 'parcel 2' }),
    ).rejects.toMatchObject({ code: 'conflict', field: 'lines', details: { sku: 'A', wanted: 4, held: 2 } })
    await expect(shop.stock.release('cart', { lines: one, key: 'parcel 1' })).rejects.toMatchObject({
      code: 'conflict',
    })
    expect(await shop.stock.ship('cart')).toEqual({ status: 'posted' })
    expect(await levels('A')).toEqual({ available: 6, reserved: 0, quarantined: 0 })
    expect(await levels('B')).toEqual({ available: 8, reserved: 0, quarantined: 0 })
    expect(await reservation('cart')).toMatchObject({
      open: false,
      lines: [
        { sku: 'A', taken: 6, released: 2, shipped: 4 },
        { sku: 'B', taken: 3, released: 1, shipped: 2 },
      ],
    })
    expect((await shop.stock.verify()).ok).toBe(true)
  })

  it('expires at its time and not before, the longest expired first', async () => {
    await shop.stock.reserve([{ sku: 'B', quantity: 1 }], {
      key: 'sooner',
      expiresAt: '2026-07-01T11:00:30+02:00',
    })
    await shop.stock.reserve([{ sku: 'B', quantity: 1 }], { key: 'never' })
    expect(await expire(later(29_999))).toEqual([])
    expect(await expire(later(60_000), 1)).toEqual(['sooner'])
    expect(await expire(later(60_000))).toEqual(['cart'])
    expect(await expire(later(999_999_999))).toEqual([])
    expect(await levels('B')).toEqual({ available: 9, reserved: 1, quarantined: 0 })
    expect((await shop.stock.movements('A')).at(-1)).toMatchObject({
      reason: 'expired',
      key: 'cart#expired',
      cause: 'cart',
    })
    await expect(shop.stock.ship('cart')).rejects.toMatchObject({
      code: 'conflict',
      remedy: expect.stringContaining('anew'),
    })
    expect(await shop.stock.release('cart')).toEqual({ status: 'exists' })
  })

  it('of a reservation that nobody made is not found', async () => {
    for (const end of [() => shop.stock.release('nobody'), () => shop.stock.ship('nobody')]) {
      await expect(end()).rejects.toMatchObject({ code: 'not_found', field: 'reservation' })
    }
  })

  it('release, ship and expiry at once: one wins, and nothing is counted twice', async () => {
    await Promise.allSettled([
      shop.stock.ship('cart'),
      shop.stock.release('cart'),
      expire(later(60_000)),
      shop.stock.ship('cart'),
      shop.stock.release('cart', { lines: [{ sku: 'B', quantity: 1 }], key: 'part' }),
    ])
    expect((await shop.stock.verify()).ok).toBe(true)
    const { available, reserved } = await levels('A')
    expect(reserved).toBe(0)
    expect([4, 10]).toContain(available)
  })
})

describe('get', () => {
  it('adds up an item over its locations', async () => {
    await shop.stock.receive('A', 3, { key: 'e', location: 'east' })
    expect(await shop.stock.get('A')).toEqual({
      sku: 'A',
      available: 13,
      reserved: 0,
      quarantined: 0,
      locations: [
        { sku: 'A', location: 'east', available: 3, reserved: 0, quarantined: 0 },
        { sku: 'A', location: 'main', available: 10, reserved: 0, quarantined: 0 },
      ],
      kit: null,
    })
  })

  it('computes a kit from its components', async () => {
    expect(await shop.stock.get('KIT')).toMatchObject({
      available: 5,
      locations: [],
      kit: [
        { sku: 'A', quantity: 2, available: 10 },
        { sku: 'B', quantity: 1, available: 10 },
      ],
    })
  })

  it('shows an item without stock, and refuses one that nobody made', async () => {
    await shop.putItem({ sku: 'NEW' })
    expect(await shop.stock.get('NEW')).toMatchObject({ available: 0, locations: [] })
    await expect(shop.stock.get('NO')).rejects.toMatchObject({ code: 'not_found', field: 'sku' })
  })
})

describe('movements', () => {
  it('come in pages, oldest first', async () => {
    for (let turn = 0; turn < 7; turn += 1) await shop.stock.adjust('A', 1, { key: `${turn}` })
    const first = await shop.stock.movements('A', { limit: 5 })
    const rest = await shop.stock.movements('A', { after: first.at(-1)?.id ?? 0 })
    expect([...first, ...rest].map((movement) => movement.key)).toEqual([
      'receive A',
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
    ])
    expect(await shop.stock.movements('KIT')).toEqual([])
    await expect(shop.stock.movements('NO')).rejects.toMatchObject({ code: 'not_found' })
    await expect(shop.stock.movements('A', { limit: 1001 })).rejects.toMatchObject({ field: 'limit' })
  })
})

describe('verify', () => {
  it.each<[string, string, object]>([
    [
      'a balance that was tampered with',
      "UPDATE balance SET available = 12 WHERE sku = 'A'",
      { sku: 'A', location: 'main', bucket: 'available', against: 'ledger', expected: 6, actual: 12 },
    ],
    [
      'a movement that was lost',
      "DELETE FROM movement WHERE key = 'receive A'",
      { sku: 'A', location: 'main', bucket: 'available', against: 'ledger', expected: -4, actual: 6 },
    ],
    [
      'a balance that was lost',
      "DELETE FROM balance WHERE sku = 'B'",
      { sku: 'B', location: 'main', bucket: 'available', against: 'ledger', expected: 10, actual: 0 },
    ],
    [
      'a hold that nobody has',
      'DELETE FROM reservation_line',
      { sku: 'A', location: 'main', bucket: 'reserved', against: 'holds', expected: 0, actual: 4 },
    ],
  ])('finds %s', async (_, harm, difference) => {
    await shop.stock.reserve([{ sku: 'A', quantity: 4 }], { key: 'r' })
    expect(await shop.stock.verify()).toEqual({ ok: true, differences: [] })
    await shop.database.transaction((tx) => tx.run(harm))
    expect(await shop.stock.verify()).toEqual({ ok: false, differences: [difference] })
  })
})

describe('bad input', () => {
  const bad: [string, () => Promise<unknown>, string][] = [
    ...[0, -1, 1.5, Number.NaN, 2e9, '5' as unknown as number].flatMap(
      (quantity): [string, () => Promise<unknown>, string][] => [
        [`receive ${quantity}`, () => shop.stock.receive('A', quantity, { key: 'k' }), 'quantity'],
        [
          `transfer ${quantity}`,
          () => shop.stock.transfer('A', quantity, { from: 'main', to: 'east', key: 'k' }),
          'quantity',
        ],
        [
          `reserve ${quantity}`,
          () => shop.stock.reserve([{ sku: 'A', quantity }], { key: 'k' }),
          'lines.0.quantity',
        ],
      ],
    ),
    ['adjust 0', () => shop.stock.adjust('A', 0, { key: 'k' }), 'delta'],
    ['adjust 0.5', () => shop.stock.adjust('A', 0.5, { key: 'k' }), 'delta'],
    ['adjust too much', () => shop.stock.adjust('A', -2e9, { key: 'k' }), 'delta'],
    ['count -1', () => shop.stock.count('A', -1, { key: 'k' }), 'counted'],
    ['no key', () => shop.stock.receive('A', 1, {} as { key: string }), 'key'],
    ['no options', () => shop.stock.receive('A', 1, undefined as unknown as { key: string }), 'key'],
    ['empty key', () => shop.stock.receive('A', 1, { key: '' }), 'key'],
    ['a key of the pool itself', () => shop.stock.receive('A', 1, { key: 'cart#released' }), 'key'],
    ['long key', () => shop.stock.receive('A', 1, { key: 'k'.repeat(201) }), 'key'],
    ['empty SKU', () => shop.stock.receive('', 1, { key: 'k' }), 'sku'],
    ['SKU with a control character', () => shop.stock.receive('A\n', 1, { key: 'k' }), 'sku'],
    [
      'transfer to the same place',
      () => shop.stock.transfer('A', 1, { from: 'main', to: 'main', key: 'k' }),
      'to',
    ],
    ['no lines', () => shop.stock.reserve([], { key: 'k' }), 'lines'],
    [
      'two ways to say where',
      () =>
        shop.stock.reserve([{ sku: 'A', quantity: 1 }], { key: 'k', location: 'main', locations: ['main'] }),
      'locations',
    ],
    [
      'two ways to say when',
      () => shop.stock.reserve([{ sku: 'A', quantity: 1 }], { key: 'k', expiresInMs: 1, expiresAt: at }),
      'expiresAt',
    ],
    [
      'a time without an offset',
      () => shop.stock.reserve([{ sku: 'A', quantity: 1 }], { key: 'k', expiresAt: '2026-07-01T09:00:00' }),
      'expiresAt',
    ],
    ['a part without lines', () => shop.stock.ship('cart', { lines: [], key: 'k' }), 'part.lines'],
  ]

  it.each(bad)('%s is refused with the field and a remedy, and writes nothing', async (_, run, field) => {
    const before = await shop.database.read((tx) => tx.all('SELECT * FROM posting'))
    await expect(run()).rejects.toMatchObject({ code: 'invalid_input', field, remedy: expect.any(String) })
    expect(await shop.database.read((tx) => tx.all('SELECT * FROM posting'))).toEqual(before)
  })

  it.each<[string, () => Promise<unknown>, string, string]>([
    ['receive', () => shop.stock.receive('NO', 1, { key: 'k' }), 'not_found', 'sku'],
    ['count', () => shop.stock.count('NO', 0, { key: 'k' }), 'not_found', 'sku'],
    [
      'a place that nobody made',
      () => shop.stock.adjust('A', 1, { key: 'k', location: 'moon' }),
      'not_found',
      'location',
    ],
    [
      'a transfer to nowhere',
      () => shop.stock.transfer('A', 1, { from: 'main', to: 'moon', key: 'k' }),
      'not_found',
      'location',
    ],
    ['receive a kit', () => shop.stock.receive('KIT', 1, { key: 'k' }), 'invalid_input', 'sku'],
    ['count a kit', () => shop.stock.count('KIT', 0, { key: 'k' }), 'invalid_input', 'sku'],
    [
      'transfer a kit',
      () => shop.stock.transfer('KIT', 1, { from: 'main', to: 'east', key: 'k' }),
      'invalid_input',
      'sku',
    ],
  ])('%s: refused, and the key is not spent', async (_, run, code, field) => {
    await expect(run()).rejects.toMatchObject({ code, field, remedy: expect.any(String) })
    expect(await shop.stock.receive('A', 1, { key: 'k' })).toMatchObject({ status: 'posted' })
  })
})
