import { describe, expect, it } from 'vitest'
import { isEngineKey } from '../../src/store/user-key.ts'
import { storeAt } from '../stores.ts'
import { type Kit, newFile, pass, query, setUp, stocked } from './kit.ts'

/** Claims a key as nothing but the engine itself should. */
async function claim(file: string, key: string): Promise<void> {
  const database = await storeAt(file).open()
  await database.transaction((tx) =>
    tx.run('INSERT INTO posting (key, hash, at) VALUES (?, ?, ?)', [key, 'of something else', '']),
  )
  await database.close()
}

const lines = [{ sku: 'MUG', quantity: 1 }]
const hold = (kit: Kit, key: string) => kit.hub.stock.reserve(lines, { key, expiresInMs: 1000 })

describe('a key of the engine’s own', () => {
  const verbs: [string, (kit: Kit, key: string) => Promise<unknown>][] = [
    ['stock.receive', ({ hub }, key) => hub.stock.receive('MUG', 1, { key })],
    ['stock.adjust', ({ hub }, key) => hub.stock.adjust('MUG', 1, { key })],
    ['stock.count', ({ hub }, key) => hub.stock.count('MUG', 1, { key })],
    ['stock.transfer', ({ hub }, key) => hub.stock.transfer('MUG', 1, { from: 'main', to: 'east', key })],
    ['stock.reserve', ({ hub }, key) => hub.stock.reserve(lines, { key })],
    ['stock.ship', ({ hub }, key) => hub.stock.ship('cart-1', { lines, key })],
    ['stock.release', ({ hub }, key) => hub.stock.release('cart-1', { lines, key })],
    [
      'returns.receive',
      ({ hub }, key) => hub.returns.receive({ connection: 'web', order: 'o1', sku: 'MUG', quantity: 1, key }),
    ],
    [
      'shipments.add',
      ({ hub }, key) =>
        hub.shipments.add({ connection: 'web', order: 'o1', key, carrier: 'ups', trackingNumber: '1Z1' }),
    ],
  ]

  it.each(verbs)('is refused by %s', async (_name, verb) => {
    const kit = setUp()
    await stocked(kit, { own: 5 })
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    await pass(kit)
    const keys = ['order:web/o2#1', 'reading:east/MUG#1', 'cart#released', 'cart#expired', 'cart#shipped']
    for (const key of keys) {
      await expect(verb(kit, key)).rejects.toMatchObject({
        code: 'invalid_input',
        field: expect.stringMatching(/key$/),
        message: expect.stringContaining('engine'),
        remedy: expect.any(String),
      })
    }
  })

  it('is every key that the engine posts under', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await stocked(kit, { own: 9, east: 4 })
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    for (const key of ['a', 'b', 'c']) await hold(kit, key)
    await kit.hub.stock.ship('a')
    await kit.hub.stock.release('b')
    await pass(kit, 2000)
    const posted = await query<{ key: string }>(file, 'SELECT key FROM posting')
    const own = posted.map(({ key }) => key).filter((key) => !['first', 'a', 'b', 'c'].includes(key))
    expect(own.map((key) => key.replace(/^(\w+:).*|.*(#\w+)$/, '$1$2')).sort()).toEqual(
      expect.arrayContaining(['#expired', '#released', '#shipped', 'order:', 'reading:']),
    )
    for (const key of own) expect(isEngineKey(key), key).toBe(true)
  })
})

describe('upkeep', () => {
  it('gives back every reservation but the one that it cannot, and the pass goes on and tells', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await stocked(kit, { own: 9 })
    for (const key of ['cart-1', 'cart-2', 'cart-3']) await hold(kit, key)
    await claim(file, 'cart-1#expired')
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    const report = await pass(kit, 5000)
    expect(report.web).toMatchObject({
      ordersPlaced: 1,
      errors: [{ doing: 'upkeep: the expired reservation cart-1', code: 'conflict' }],
    })
    // One held for ever, one sold.
    expect(await kit.hub.stock.get('MUG')).toMatchObject({ available: 7, reserved: 2 })
    expect(kit.logs.join()).toContain('upkeep failed')
  })

  it('erases buyer data also while another chore fails', async () => {
    const file = await newFile()
    const kit = setUp({ file, options: { keepBuyerDataMs: 1000 } })
    await stocked(kit, { own: 9 })
    await hold(kit, 'cart-1')
    await claim(file, 'cart-1#expired')
    const id = kit.web.sell([{ listing: 'mug', quantity: 1 }]) ?? ''
    await pass(kit)
    expect(await kit.hub.orders.person('web', id)).not.toBe(null)
    kit.web.cancel(id)
    await pass(kit, 5000)
    await pass(kit, 5000)
    expect(await kit.hub.orders.person('web', id)).toBe(null)
  })
})
