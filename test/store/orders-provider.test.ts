import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProviderOrder } from '../../src/order/index.ts'
import type { FulfillmentOrder } from '../../src/spec/fulfillment.ts'
import { getParcel, listParcels, noteParcelConfirmed, timeline } from '../../src/store/orders.ts'
import { line, minute, parcel, report, Shop, snapshot } from '../order/support.ts'

let shop: Shop
beforeEach(async () => {
  shop = await Shop.open({ MUG: { east: 10 }, BAG: { east: 10 } })
})
afterEach(() => shop.close())

const mugs = (quantity: number) => [{ sku: 'MUG', quantity }]
const gone = { handedOverAt: minute(5) }
const updated = (n: number) => ({ updatedAt: Date.parse(minute(n)) })
const counters = async () =>
  (await shop.order()).lines.map(
    ({ id, taken, released, shipped }) => `${id} ${taken}/${released}/${shipped}`,
  )

async function placed(units = 3): Promise<void> {
  await shop.apply(snapshot([line('a', units)]))
  await shop.submit('R1', mugs(units))
}

describe('what a provider reports', () => {
  it('fits what adapters give', () => {
    const given: FulfillmentOrder = report()
    const taken: ProviderOrder = given
    expect(taken.reference).toBe('R1')
  })

  it('is let alone when it is no order of ours', async () => {
    await placed()
    expect(await shop.provider(report({ reference: 'theirs' }))).toMatchObject({
      known: false,
      changed: false,
      order: null,
    })
  })

  it('says when it took the order on', async () => {
    await placed()
    expect(await shop.provider(report())).toMatchObject({
      known: true,
      changed: true,
      confirm: [],
      attention: [],
    })
    const row = await shop.read((tx) =>
      tx.get('SELECT accepted_at, external_id, status, raw_status FROM submission'),
    )
    expect(row).toEqual({
      accepted_at: minute(2),
      external_id: 'P1',
      status: 'accepted',
      raw_status: 'Processing',
    })
    const [allocation] = await shop.read((tx) => tx.all('SELECT accepted, accepted_at FROM allocation'))
    expect(allocation).toEqual({ accepted: 3, accepted_at: minute(2) })
    expect(await shop.eventTypes()).toEqual(['order.placed'])
  })

  it('changes nothing when it comes again', async () => {
    await placed()
    const shipped = report({ status: 'shipped', ...updated(6), parcels: [parcel('p', mugs(3), gone)] })
    await shop.provider(shipped)
    const events = await shop.eventTypes()
    expect(await shop.provider(shipped)).toMatchObject({ changed: false, attention: [] })
    expect(await shop.provider(report())).toMatchObject({ changed: false })
    expect(await shop.eventTypes()).toEqual(events)
  })
})

describe('a parcel', () => {
  beforeEach(() => placed())

  it('with a label alone leaves the stock reserved, and gives its tracking', async () => {
    const { confirm } = await shop.provider(report({ status: 'labelled', parcels: [parcel('p', mugs(3))] }))
    expect(confirm).toMatchObject([
      {
        id: 'p',
        sequence: 1,
        provider: 'shipper',
        trackingNumber: '1Zp',
        ready: true,
        lines: [{ line: 'a', quantity: 3 }],
      },
    ])
    expect(await shop.balance('MUG', 'east')).toBe('7/3')
    expect(await shop.events('order.shipped')).toEqual([])
  })

  it('that is handed over goes to the customer, and is told once', async () => {
    await shop.provider(report({ parcels: [parcel('p', mugs(3))] }))
    await shop.provider(report({ ...updated(6), parcels: [parcel('p', mugs(3), gone)] }))
    await shop.provider(
      report({
        ...updated(7),
        parcels: [parcel('p', mugs(3), { ...gone, status: 'delivered', deliveredAt: minute(7) })],
      }),
    )
    expect(await shop.balance('MUG', 'east')).toBe('7/0')
    expect(await shop.events('order.shipped')).toMatchObject([
      { connection: 'web', order: '1', parcel: { id: 'p', handedOverAt: minute(5) } },
    ])
    expect(await shop.read((tx) => getParcel(tx, 'web', '1', 'p'))).toMatchObject({ status: 'delivered' })
  })

  it('with a label and a number has left when its provider calls the order shipped', async () => {
    await shop.provider(report({ status: 'shipped', ...updated(6), parcels: [parcel('p', mugs(3))] }))
    expect(await counters()).toEqual(['a 3/0/3'])
    const [row] = await shop.read((tx) => tx.all('SELECT shipped_at FROM allocation'))
    expect(row).toEqual({ shipped_at: minute(6) })
  })

  it('counts once when the channel reports the same units as shipped, before or after', async () => {
    await shop.apply(
      snapshot([line('a', 3, { shipped: 1 })], { updatedAt: minute(2), status: 'partially_shipped' }),
    )
    expect(await shop.balance('MUG', 'east')).toBe('7/2')
    await shop.provider(report({ ...updated(6), parcels: [parcel('p', mugs(2), gone)] }))
    expect(await shop.balance('MUG', 'east')).toBe('7/1')
    await shop.apply(snapshot([line('a', 3, { shipped: 3 })], { updatedAt: minute(8), status: 'shipped' }))
    await shop.provider(
      report({ ...updated(9), parcels: [parcel('p', mugs(2), gone), parcel('q', mugs(1), gone)] }),
    )
    expect(await shop.balance('MUG', 'east')).toBe('7/0')
    expect(await counters()).toEqual(['a 3/0/3'])
  })

  it('15: a second one does not erase the first (NEARBuilders/nearmerch.com#214)', async () => {
    await shop.provider(report({ parcels: [parcel('p', mugs(1), gone)] }))
    await shop.provider(report({ ...updated(4), parcels: [parcel('q', mugs(2), gone)] }))
    const parcels = await shop.read((tx) => listParcels(tx, 'web', '1'))
    expect(parcels.map(({ sequence, trackingNumber, lines }) => [sequence, trackingNumber, lines])).toEqual([
      [1, '1Zp', [{ line: 'a', quantity: 1 }]],
      [2, '1Zq', [{ line: 'a', quantity: 2 }]],
    ])
  })

  it('that is withdrawn is no more for the channel, and its goods may come in another', async () => {
    await shop.provider(report({ parcels: [parcel('p', mugs(3))] }))
    const withdrawn = parcel('p', mugs(3), { withdrawn: true })
    const second = await shop.provider(
      report({ ...updated(4), parcels: [withdrawn, parcel('q', mugs(3), gone)] }),
    )
    expect(second.confirm.map(({ id, sequence, lines }) => [id, sequence, lines])).toEqual([
      ['q', 2, [{ line: 'a', quantity: 3 }]],
    ])
    expect(await shop.events('shipment.withdrawn')).toEqual([{ connection: 'web', order: '1', parcel: 'p' }])
    expect(await counters()).toEqual(['a 3/0/3'])
    await shop.provider(report({ parcels: [parcel('p', mugs(3))] }))
    expect(await shop.read((tx) => getParcel(tx, 'web', '1', 'p'))).toMatchObject({
      withdrawn: true,
      ready: false,
    })
  })

  it('that is withdrawn after it had left asks a person to look: what shipped never falls', async () => {
    await shop.provider(report({ parcels: [parcel('p', mugs(3), gone)] }))
    const { attention } = await shop.provider(
      report({ ...updated(4), parcels: [parcel('p', mugs(3), { ...gone, withdrawn: true })] }),
    )
    expect(attention).toMatchObject([{ reason: expect.stringContaining('counted as shipped') }])
    expect(await shop.balance('MUG', 'east')).toBe('7/0')
  })

  it('with goods that nobody ordered asks a person to look, once', async () => {
    const odd = report({ parcels: [parcel('p', [...mugs(4), { sku: 'BAG', quantity: 1 }], gone)] })
    expect((await shop.provider(odd)).attention).toMatchObject([
      { reason: expect.stringContaining('1 of BAG, 1 of MUG') },
    ])
    await shop.provider(odd)
    expect(await shop.events('order.attention')).toHaveLength(1)
    expect(await shop.balance('MUG', 'east')).toBe('7/0')
  })

  it('that the channel has is not for it again, unless its number changes', async () => {
    await shop.provider(report({ parcels: [parcel('p', mugs(3))] }))
    await shop.write((tx) =>
      noteParcelConfirmed(tx, 'web', '1', 'p', { at: minute(5), reference: 'gid://f/1' }),
    )
    expect(
      await shop.provider(report({ ...updated(6), parcels: [parcel('p', mugs(3), gone)] })),
    ).toMatchObject({ confirm: [], correct: [] })
    const { confirm, correct } = await shop.provider(
      report({ ...updated(7), parcels: [parcel('p', mugs(3), { ...gone, trackingNumber: 'NEW' })] }),
    )
    expect(confirm).toEqual([])
    expect(correct).toMatchObject([{ id: 'p', trackingNumber: 'NEW', confirmedAs: 'gid://f/1' }])
  })

  it('keeps its name beside one of another provider that is called alike', async () => {
    await shop.provider(report({ parcels: [parcel('1', mugs(1), gone)] }))
    await shop.write((tx) => tx.run(`UPDATE parcel SET provider = 'other'`))
    await shop.provider(report({ ...updated(4), parcels: [parcel('1', mugs(1), gone)] }))
    const parcels = await shop.read((tx) => listParcels(tx, 'web', '1'))
    expect(parcels.map(({ id, sequence }) => [id, sequence])).toEqual([
      ['1', 1],
      ['shipper/1', 2],
    ])
  })
})

describe('parcels of an order with kits and repeated SKUs', () => {
  it('say in listing units what is in them; a kit is shipped once all of it is', async () => {
    await shop.apply(snapshot([line('k', 1, { listing: 'L-SET' }), line('a', 1), line('b', 1)]))
    await shop.submit('R1', [{ sku: 'BAG', quantity: 2 }, ...mugs(3)])
    const one = await shop.provider(report({ parcels: [parcel('p', mugs(2), gone)] }))
    expect(one.confirm).toMatchObject([
      {
        id: 'p',
        lines: [
          { line: 'a', quantity: 1 },
          { line: 'b', quantity: 1 },
        ],
      },
    ])
    expect(await counters()).toEqual(['k 1/0/0', 'a 1/0/1', 'b 1/0/1'])
    expect(await shop.balance('MUG', 'east')).toBe('7/1')
    const two = await shop.provider(
      report({ ...updated(4), parcels: [parcel('q', [{ sku: 'BAG', quantity: 2 }, ...mugs(1)], gone)] }),
    )
    expect(two.confirm[1]).toMatchObject({ id: 'q', lines: [{ line: 'k', quantity: 1 }] })
    expect(await counters()).toEqual(['k 1/0/1', 'a 1/0/1', 'b 1/0/1'])
    expect(await shop.balance('BAG', 'east')).toBe('8/0')
  })

  it('with half a kit alone wait until the other half is there', async () => {
    await shop.apply(snapshot([line('k', 1, { listing: 'L-SET' })]))
    await shop.submit('R1', [{ sku: 'BAG', quantity: 2 }, ...mugs(1)])
    const { confirm } = await shop.provider(report({ parcels: [parcel('p', mugs(1), gone)] }))
    expect(confirm).toEqual([])
    expect(await shop.balance('MUG', 'east')).toBe('9/0')
  })
})

describe('what a provider cancels', () => {
  beforeEach(() => placed())

  it('unasked stays reserved, since the buyer is owed it, and a person is told', async () => {
    const { givenUp } = await shop.provider(report({ ...updated(4), cancelled: mugs(1) }))
    expect(givenUp).toMatchObject([{ reason: expect.stringContaining('cancelled 1 of MUG unasked') }])
    expect(await counters()).toEqual(['a 3/0/0'])
    const all = await shop.provider(report({ ...updated(5), status: 'cancelled', cancelled: mugs(1) }))
    expect(all.givenUp).toMatchObject([{ reason: expect.stringContaining('cancelled 2 of MUG unasked') }])
    expect(await counters()).toEqual(['a 3/0/0'])
    expect(await shop.balance('MUG', 'east')).toBe('7/3')
    expect(await shop.events('order.cancelled')).toEqual([])
  })

  it('counts once when the channel cancels the same', async () => {
    await shop.provider(report({ ...updated(4), status: 'cancelled' }))
    await shop.apply(snapshot([line('a', 3)], { status: 'cancelled', updatedAt: minute(5) }))
    expect(await counters()).toEqual(['a 3/3/0'])
    expect(await shop.balance('MUG', 'east')).toBe('10/0')
    expect(await shop.events('order.cancelled')).toHaveLength(1)
  })

  it('at our wish stays reserved as far as the order still wants it', async () => {
    await shop.apply(snapshot([line('a', 3, { cancelled: 1 })], { updatedAt: minute(3) }))
    await shop.write((tx) => tx.run(`UPDATE submission SET state = 'cancelling'`))
    await shop.provider(report({ ...updated(4), status: 'cancelled' }))
    expect(await counters()).toEqual(['a 3/1/0'])
    expect(await shop.balance('MUG', 'east')).toBe('8/2')
  })

  it('or refuses at once stays reserved: it may go elsewhere', async () => {
    const { givenUp } = await shop.provider(report({ status: 'rejected', attention: 'no such address' }))
    expect(givenUp).toMatchObject([{ reason: 'shipper: no such address' }])
    expect(await shop.balance('MUG', 'east')).toBe('7/3')
    expect(await shop.read((tx) => tx.all('SELECT accepted FROM allocation'))).toEqual([{ accepted: 0 }])
  })

  it('too late to stop a parcel: both happened, and the stock is right', async () => {
    await shop.apply(snapshot([line('a', 3)], { status: 'cancelled', updatedAt: minute(3) }))
    expect(await shop.balance('MUG', 'east')).toBe('10/0')
    await shop.provider(report({ ...updated(6), status: 'shipped', parcels: [parcel('p', mugs(3), gone)] }))
    expect(await counters()).toEqual(['a 6/3/3'])
    expect(await shop.balance('MUG', 'east')).toBe('7/0')
  })
})

describe('attention and timeline', () => {
  it('tell what a provider needs, once for each new word', async () => {
    await placed()
    const stuck = report({ ...updated(4), status: 'needs_attention', attention: 'address not found' })
    expect((await shop.provider(stuck)).attention).toEqual([
      { line: null, reason: 'shipper: address not found' },
    ])
    await shop.provider(stuck)
    await shop.provider(report({ ...updated(6) }))
    await shop.provider(stuck)
    expect(await shop.events('order.attention')).toHaveLength(1)
    const texts = (await shop.read((tx) => timeline(tx, 'web', '1'))).map(({ text }) => text)
    expect(texts).toEqual([
      'seen for the first time, open, 3 taken, from east (has the whole order; priority 200)',
      'shipper: address not found',
      'shipper: needs_attention',
      'shipper: accepted',
    ])
  })
})
