import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChannelOrder } from '../../src/model/order.ts'
import {
  applyOrder,
  eraseDuePeople,
  erasePeople,
  keepPayload,
  ordersOfBuyers,
  readPayloads,
  readPerson,
} from '../../src/store/orders.ts'
import { line, minute, Shop, snapshot } from '../order/support.ts'
import { tablesOf } from '../stores.ts'

let shop: Shop
beforeEach(async () => {
  shop = await Shop.open()
})
afterEach(() => shop.close())

const reveal = (text: string) => Buffer.from(text.slice('sealed:'.length), 'base64').toString()
const person = (id = '1') => shop.read((tx) => readPerson(tx, 'web', id, reveal))
const ada = {
  buyer: { name: 'Ada Example', email: 'ada@example.com' },
  shipTo: { line1: '1 Main St', country: 'US' },
  raw: { note: 'Ada was here' },
}

const apply = (order: ChannelOrder, at: string, eraseAt: string | null) =>
  shop.write((tx) =>
    applyOrder(tx, {
      connection: 'web',
      order,
      at,
      countsFrom: minute(-9),
      route: shop.route,
      eraseAt,
      protect: (text) => `sealed:${Buffer.from(text).toString('base64')}`,
    }),
  )

const protect = (text: string) => `sealed:${Buffer.from(text).toString('base64')}`
const keep = (reference: string, raw: unknown, order = '1') =>
  shop.write((tx) =>
    keepPayload(tx, { connection: 'web', order, provider: 'shipper', reference, raw, protect }),
  )
const payloads = async () => [...(await shop.read((tx) => readPayloads(tx, 'web', '1', reveal)))]

describe('what a provider sent of an order', () => {
  it('is kept beside the buyer data, one for each reference, and survives news of the buyer', async () => {
    await shop.apply(snapshot([line('a', 1)], ada))
    await keep('r-2', { to: 'Ada, again' })
    await keep('r-1', { to: 'Ada, early' })
    await keep('r-1', { to: 'Ada' })
    expect(await payloads()).toEqual([['shipper', [{ to: 'Ada' }, { to: 'Ada, again' }]]])
    const moved = { ...ada, shipTo: { line1: '2 Side St' } }
    await shop.apply(snapshot([line('a', 1)], { ...moved, updatedAt: minute(2) }))
    expect(await payloads()).toEqual([['shipper', [{ to: 'Ada' }, { to: 'Ada, again' }]]])
    expect(await person()).toMatchObject({ shipTo: { line1: '2 Side St' } })
  })

  it('is erased with them, and not kept where there are none', async () => {
    await keep('r-1', { to: 'Ada' })
    expect(await payloads()).toEqual([])
    await shop.apply(snapshot([line('a', 1)], ada))
    await keep('r-1', { to: 'Ada' })
    await shop.write((tx) => erasePeople(tx, 'web', ['1']))
    await keep('r-1', { to: 'Ada' })
    expect(await payloads()).toEqual([])
    const rows = await shop.read((tx) => tx.all<{ data: string }>('SELECT data FROM person'))
    expect(rows.map(({ data }) => JSON.parse(data))).toEqual([{ erased: true }])
  })
})

describe('buyer data', () => {
  it('is kept in one table, protected, and nowhere else: not in the order, its events or its timeline', async () => {
    const { order } = await shop.apply(snapshot([line('a', 1)], ada))
    expect(await person()).toMatchObject({
      buyer: { name: 'Ada Example' },
      shipTo: { line1: '1 Main St' },
      raw: { note: 'Ada was here' },
    })
    expect(JSON.stringify(order)).not.toMatch(/Ada|Main St|example\.com/)
    for (const name of await tablesOf(shop.database)) {
      const rows = await shop.read((tx) => tx.all(`SELECT * FROM ${name}`))
      expect(JSON.stringify(rows), name).not.toMatch(/Ada|Main St|example\.com/)
    }
  })

  it('33: that a channel hides later stays as it was shown (openlinker#2882)', async () => {
    await shop.apply(snapshot([line('a', 1)], ada))
    await shop.apply(
      snapshot([line('a', 1)], { updatedAt: minute(2), shipTo: { line1: '2 Side St', country: 'US' } }),
    )
    expect(await person()).toMatchObject({ buyer: { name: 'Ada Example' }, shipTo: { line1: '2 Side St' } })
    await shop.apply(snapshot([line('a', 1)], { updatedAt: minute(3) }))
    expect(await person()).toMatchObject({ shipTo: { line1: '2 Side St' } })
  })

  it('of an older snapshot does not replace that of a newer one', async () => {
    await shop.apply(snapshot([line('a', 1)], { updatedAt: minute(3), shipTo: { line1: 'new' } }))
    await shop.apply(
      snapshot([line('a', 1, { cancelled: 1 })], { updatedAt: minute(2), shipTo: { line1: 'old' } }),
    )
    expect(await person()).toMatchObject({ shipTo: { line1: 'new' } })
  })

  it('is stored when the channel shows it only later, without the order having changed', async () => {
    const late = { ...ada, shipTo: { line1: '1 Main St' } }
    await shop.apply(snapshot([line('a', 1)]))
    expect(await shop.apply(snapshot([line('a', 1)], late))).toMatchObject({ changed: false })
    expect(await person()).toMatchObject({ buyer: { name: 'Ada Example' }, shipTo: { line1: '1 Main St' } })
  })

  it('once erased at the platform’s wish never comes back', async () => {
    await shop.apply(snapshot([line('a', 1)], ada))
    await shop.write((tx) => erasePeople(tx, 'web', ['1', '2']))
    await shop.apply(snapshot([line('a', 1)], { ...ada, updatedAt: minute(2) }))
    await shop.apply(snapshot([line('a', 1)], { ...ada, id: '2' }))
    expect([await person(), await person('2')]).toEqual([null, null])
  })

  it('is found by who bought, as far as it can be read, and no longer once erased', async () => {
    const bought = (id: string, buyer: string) =>
      shop.apply(snapshot([line('a', 1)], { ...ada, id, buyer: { ...ada.buyer, id: buyer } }))
    await bought('1', 'ada-1')
    await bought('2', 'bob-2')
    await bought('3', 'ada-1')
    const find = (ids: string[], open = reveal) =>
      shop.read(async (tx) => (await ordersOfBuyers(tx, 'web', ids, open)).sort())
    expect(await find(['ada-1', 'somebody'])).toEqual(['1', '3'])
    expect(await find(['bob-2', 'ada-1'])).toEqual(['1', '2', '3'])
    const lost = () => {
      throw new Error('the key is another')
    }
    expect(await find(['ada-1'], lost)).toEqual([])
    await shop.write((tx) => erasePeople(tx, 'web', ['1']))
    expect(await find(['ada-1'])).toEqual(['3'])
  })

  it('is deleted when its time is over, which the end of the order sets', async () => {
    await apply(snapshot([line('a', 1)], ada), minute(1), minute(31))
    await apply(
      snapshot([line('a', 1, { shipped: 1 })], { ...ada, status: 'shipped', updatedAt: minute(2) }),
      minute(10),
      minute(40),
    )
    await apply(
      snapshot([line('a', 1, { shipped: 1 })], { ...ada, status: 'delivered', updatedAt: minute(3) }),
      minute(20),
      minute(50),
    )
    expect(await shop.write((tx) => eraseDuePeople(tx, minute(39)))).toBe(0)
    expect(await shop.write((tx) => eraseDuePeople(tx, minute(40)))).toBe(1)
    expect(await person()).toBeNull()
    await apply(
      snapshot([line('a', 1, { shipped: 1 })], { ...ada, status: 'delivered', updatedAt: minute(4) }),
      minute(45),
      minute(75),
    )
    expect(await person()).toBeNull()
  })

  it('whose time is over already is not stored at all', async () => {
    await apply(snapshot([line('a', 1)], ada), minute(9), minute(9))
    expect(await person()).toBeNull()
  })
})
