import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isStockpoolError } from '../../src/error.ts'
import { settleReading } from '../../src/store/readings.ts'
import { Touched } from '../../src/store/stale.ts'
import { post } from '../../src/store/stock.ts'
import { line, minute, parcel, report, Shop, snapshot } from '../order/support.ts'

let shop: Shop
beforeEach(async () => {
  shop = await Shop.open({})
  shop.route = ({ lines }) => lines.map((one) => ({ ...one, location: 'east' }))
})
afterEach(() => shop.close())

const mugs = (quantity: number) => [{ sku: 'MUG', quantity }]
const movements = () =>
  shop.read((tx) =>
    tx.all<Record<string, unknown>>(
      `SELECT key, reason, from_bucket, to_bucket, quantity, cause FROM movement ORDER BY id`,
    ),
  )
const settled = () => shop.read((tx) => tx.all<{ settled: number }>('SELECT settled FROM allocation'))

describe('a reading', () => {
  it('becomes what is available, by a correction in the ledger', async () => {
    expect(await shop.reading('MUG', 12, minute(1))).toEqual({
      status: 'applied',
      correction: 12,
      available: 12,
    })
    expect(await shop.reading('MUG', 9, minute(2))).toEqual({
      status: 'applied',
      correction: -3,
      available: 9,
    })
    expect(await movements()).toEqual([
      {
        key: 'reading:east/MUG#1',
        reason: 'observed',
        from_bucket: 'correction',
        to_bucket: 'available',
        quantity: 12,
        cause: 'east',
      },
      {
        key: 'reading:east/MUG#2',
        reason: 'observed',
        from_bucket: 'available',
        to_bucket: 'correction',
        quantity: 3,
        cause: 'east',
      },
    ])
  })

  it('that says what is known writes no movement', async () => {
    await shop.reading('MUG', 12, minute(1))
    expect(await shop.reading('MUG', 12, minute(2))).toMatchObject({ correction: 0 })
    expect(await movements()).toHaveLength(1)
  })

  it('34: of older stock is an observation with an age, and does not replace a newer one (amzn/selling-partner-api-models#1445)', async () => {
    await shop.reading('MUG', 9, minute(5))
    expect(await shop.reading('MUG', 30, minute(4))).toEqual({ status: 'stale', correction: 0, available: 9 })
    expect(await shop.balance('MUG', 'east')).toBe('9/0')
  })

  it('34: hours old does not undo the sales since (amzn/selling-partner-api-models#893)', async () => {
    await shop.reading('MUG', 10, minute(1))
    await shop.apply(snapshot([line('a', 4)]))
    await shop.reading('MUG', 10, minute(1))
    expect(await shop.balance('MUG', 'east')).toBe('6/4')
  })

  it('overrules what was received or counted there by hand', async () => {
    await shop.reading('MUG', 10, minute(1))
    await shop.write((tx) =>
      post(tx, {
        key: 'hand',
        body: null,
        at: minute(2),
        reason: 'received',
        cause: null,
        guard: 'guarded',
        moves: [
          {
            sku: 'MUG',
            from: { bucket: 'supplier', location: null },
            to: { bucket: 'available', location: 'east' },
            quantity: 5,
          },
        ],
      }),
    )
    expect(await shop.write((tx) => settleReading(tx, 'MUG', 'east', minute(3), new Touched()))).toBe(-5)
    expect(await shop.write((tx) => settleReading(tx, 'MUG', 'main', minute(3), new Touched()))).toBe(0)
  })

  it('has what the own checkout holds taken off: no provider knows of it', async () => {
    await shop.reading('MUG', 10, minute(1))
    await shop.write((tx) =>
      post(tx, {
        key: 'cart',
        body: null,
        at: minute(2),
        reason: 'reserved',
        cause: null,
        guard: 'guarded',
        moves: [
          {
            sku: 'MUG',
            from: { bucket: 'available', location: 'east' },
            to: { bucket: 'reserved', location: 'east' },
            quantity: 3,
          },
        ],
      }),
    )
    expect(await shop.reading('MUG', 10, minute(3))).toMatchObject({ correction: 0, available: 7 })
  })

  it('of an SKU or at a place that nobody made is refused', async () => {
    for (const [sku, location, field] of [
      ['NONE', 'east', 'sku'],
      ['MUG', 'moon', 'location'],
    ] as const) {
      await expect(shop.reading(sku, 1, minute(1), 'available', location)).rejects.toSatisfy(
        (error) => isStockpoolError(error, 'not_found') && error.field === field,
      )
    }
    expect(await shop.read((tx) => tx.all('SELECT * FROM reading'))).toEqual([])
  })

  it('may show less than was sold', async () => {
    await shop.apply(snapshot([line('a', 4)]))
    expect(await shop.reading('MUG', 1, minute(5))).toMatchObject({ available: -3 })
    expect(await shop.balance('MUG', 'east')).toBe('-3/4')
  })
})

describe('an order at a place with readings', () => {
  beforeEach(async () => {
    await shop.reading('MUG', 10, minute(1))
    await shop.apply(snapshot([line('a', 4)]))
    await shop.submit('R1', mugs(4))
  })

  it('counts until the provider took it on before the reading, and never twice', async () => {
    expect(await shop.balance('MUG', 'east')).toBe('6/4')
    await shop.reading('MUG', 10, minute(2))
    expect(await shop.balance('MUG', 'east')).toBe('6/4')
    await shop.provider(report({ acceptedAt: Date.parse(minute(3)), updatedAt: Date.parse(minute(3)) }))
    expect(await shop.balance('MUG', 'east')).toBe('6/4')
    await shop.reading('MUG', 6, minute(4))
    expect(await shop.balance('MUG', 'east')).toBe('6/4')
  })

  it('is right again as soon as the news comes that explains the reading', async () => {
    await shop.reading('MUG', 6, minute(4))
    // The provider has it off and we do not know yet: too low, which sells nothing that is not there.
    expect(await shop.balance('MUG', 'east')).toBe('2/4')
    await shop.provider(report({ acceptedAt: Date.parse(minute(3)), updatedAt: Date.parse(minute(3)) }))
    expect(await shop.balance('MUG', 'east')).toBe('6/4')
  })

  it('is off an on-hand number until it has left before the reading', async () => {
    await shop.provider(report())
    await shop.reading('MUG', 10, minute(4), 'on-hand')
    expect(await shop.balance('MUG', 'east')).toBe('6/4')
    await shop.provider(
      report({
        updatedAt: Date.parse(minute(6)),
        parcels: [parcel('p', mugs(4), { handedOverAt: minute(5) })],
      }),
    )
    expect(await shop.balance('MUG', 'east')).toBe('6/0')
    await shop.reading('MUG', 6, minute(6), 'on-hand')
    expect(await shop.balance('MUG', 'east')).toBe('6/0')
  })

  it('that the channel cancels is not offered again before the provider has put it back', async () => {
    await shop.provider(report())
    await shop.reading('MUG', 6, minute(4))
    await shop.apply(snapshot([line('a', 4)], { status: 'cancelled', updatedAt: minute(5) }))
    expect(await shop.balance('MUG', 'east')).toBe('6/0')
    await shop.provider(report({ updatedAt: Date.parse(minute(6)), status: 'cancelled' }))
    await shop.reading('MUG', 10, minute(7))
    expect(await shop.balance('MUG', 'east')).toBe('10/0')
  })

  it('is read no more once it is finished and every later reading has it off', async () => {
    await shop.provider(
      report({
        updatedAt: Date.parse(minute(6)),
        parcels: [parcel('p', mugs(4), { handedOverAt: minute(5) })],
      }),
    )
    expect(await settled()).toEqual([{ settled: 0 }])
    await shop.reading('MUG', 6, minute(7))
    expect(await settled()).toEqual([{ settled: 1 }])
    // It counts again if it turns out not to be finished.
    await shop.apply(snapshot([line('a', 6, { shipped: 4 })], { updatedAt: minute(8) }))
    expect(await settled()).toEqual([{ settled: 0 }])
    expect(await shop.balance('MUG', 'east')).toBe('4/2')
  })
})
