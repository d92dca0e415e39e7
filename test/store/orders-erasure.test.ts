import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ChannelOrder } from '../../src/model/order.ts'
import { applyOrder, eraseDuePeople } from '../../src/store/orders.ts'
import { line, minute, Shop, snapshot } from '../order/support.ts'

let shop: Shop
beforeEach(async () => {
  shop = await Shop.open()
})
afterEach(() => shop.close())

const apply = (order: ChannelOrder, at: string, eraseAt: string) =>
  shop.write((tx) =>
    applyOrder(tx, {
      connection: 'web',
      order,
      at,
      countsFrom: minute(-9),
      route: shop.route,
      eraseAt,
      protect: (text) => text,
    }),
  )
const eraseAt = async () =>
  (await shop.read((tx) => tx.all<{ erase_at: string | null }>('SELECT erase_at FROM person'))).map(
    ({ erase_at }) => erase_at,
  )
const ada = { buyer: { name: 'Ada Example' } }

it('lets the time of buyer data run when a late snapshot, not the newest, finishes the order', async () => {
  await apply(snapshot([line('a', 1)], { ...ada, updatedAt: minute(1) }), minute(1), minute(30))
  // The newest says nothing of the cancellation yet; the older one is read after it, and then both.
  await apply(
    snapshot([line('a', 1)], { ...ada, updatedAt: minute(5), serviceLevel: 'standard' }),
    minute(6),
    minute(30),
  )
  expect(await eraseAt()).toEqual([null])
  const cancelled = [line('a', 1, { cancelled: 1 })]
  await apply(
    snapshot(cancelled, { ...ada, status: 'cancelled', updatedAt: minute(4) }),
    minute(7),
    minute(31),
  )
  expect((await shop.order()).status).toBe('cancelled')
  expect(await eraseAt()).toEqual([minute(31)])
  // Once it runs, no news prolong it.
  await apply(
    snapshot(cancelled, { ...ada, status: 'cancelled', updatedAt: minute(8) }),
    minute(9),
    minute(33),
  )
  expect(await eraseAt()).toEqual([minute(31)])
  await shop.write((tx) => eraseDuePeople(tx, minute(32)))
  expect(await eraseAt()).toEqual([])
})
