import { afterEach, describe, expect, it } from 'vitest'
import { line, minute, parcel, report, Shop, snapshot } from '../order/support.ts'

let shop: Shop
afterEach(() => shop.close())

describe('applyOrder', () => {
  it('reserves what was sold', async () => {
    shop = await Shop.open()
    const result = await shop.apply(snapshot([line('a', 3)]))
    expect(result).toMatchObject({ first: true, changed: true, oversold: [], attention: [] })
    expect(result.order.lines[0]).toMatchObject({
      sku: 'MUG',
      state: 'counted',
      taken: 3,
      released: 0,
      shipped: 0,
    })
    expect(await shop.balance('MUG')).toBe('7/3')
    expect(await shop.eventTypes()).toEqual(['order.placed'])
  })

  it('ships by a provider', async () => {
    shop = await Shop.open({ MUG: { east: 10 } })
    await shop.apply(snapshot([line('a', 3)]))
    await shop.submit('R1', [{ sku: 'MUG', quantity: 3 }])
    const accepted = await shop.provider(report())
    expect(accepted).toMatchObject({ known: true, changed: true, confirm: [] })
    const shipped = await shop.provider(
      report({
        status: 'shipped',
        updatedAt: Date.parse(minute(6)),
        parcels: [parcel('p', [{ sku: 'MUG', quantity: 3 }], { handedOverAt: minute(5) })],
      }),
    )
    expect(shipped.confirm).toMatchObject([{ id: 'p', sequence: 1, lines: [{ line: 'a', quantity: 3 }] }])
    expect(await shop.balance('MUG', 'east')).toBe('7/0')
    await shop.apply(snapshot([line('a', 3, { shipped: 3 })], { status: 'shipped', updatedAt: minute(7) }))
    expect(await shop.balance('MUG', 'east')).toBe('7/0')
    expect(await shop.eventTypes()).toEqual([
      'order.placed',
      'order.updated',
      'order.shipped',
      'order.updated',
    ])
  })
})
