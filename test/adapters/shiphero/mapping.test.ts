import { describe, expect, it } from 'vitest'
import { markOf, readMark } from '../../../adapters/shiphero/lines.ts'
import { splitName, toCreateOrder } from '../../../adapters/shiphero/request.ts'
import { returnFrom } from '../../../adapters/shiphero/returns.ts'
import { freeOf, readingsFrom } from '../../../adapters/shiphero/stock.ts'
import { Moment, WireReturn } from '../../../adapters/shiphero/wire.ts'
import { label, line, now, order, read, request, settings, shipment } from './fixtures.ts'

const holds = (...names: string[]) => ({
  holds: Object.fromEntries(names.map((name) => [name, true])),
})
const shippedLine = (shipped: number, more = {}) =>
  line({
    quantity_shipped: shipped,
    quantity_pending_fulfillment: 5 - shipped,
    quantity_allocated: 5 - shipped,
    ...more,
  })

describe('where an order stands', () => {
  it.each([
    ['pending', {}, [line()], 'accepted', null],
    ['waiting to be allocated', { allocations: [] }, [line({ quantity_allocated: 0 })], 'accepted', null],
    ['canceled', { fulfillment_status: 'canceled' }, [line()], 'cancelled', null],
    [
      'cancelled, the other way to spell it',
      { fulfillment_status: 'Cancelled' },
      [line()],
      'cancelled',
      null,
    ],
    [
      'owed',
      {},
      [line({ quantity_allocated: 2, backorder_quantity: 3 })],
      'backordered',
      'ShipHero order #1001: 3 of MUG-RED is out of stock: send stock to its warehouse, or cancel the order',
    ],
    [
      'held for its address',
      holds('address_hold'),
      [line()],
      'on_hold',
      'ShipHero order #1001: the address is not deliverable: correct it in ShipHero, then release the address hold',
    ],
    [
      'held twice',
      holds('payment_hold', 'fraud_hold'),
      [line()],
      'on_hold',
      'ShipHero order #1001: it is on payment hold: release it in ShipHero once the order is paid; it is on fraud hold: review the order, then release it in ShipHero or cancel it',
    ],
    [
      'held in a way that is new',
      holds('moon_hold'),
      [line()],
      'on_hold',
      'ShipHero order #1001: ShipHero holds it: moon_hold',
    ],
    [
      'put off',
      { hold_until_date: '2026-03-09T00:00:00' },
      [line()],
      'on_hold',
      'ShipHero order #1001: it waits until 2026-03-09',
    ],
    ['put off until yesterday', { hold_until_date: '2026-03-01T00:00:00' }, [line()], 'accepted', null],
    [
      'flagged',
      { flagged: true },
      [line()],
      'needs_attention',
      'ShipHero order #1001: it is flagged in ShipHero: see its history for why',
    ],
    [
      'called what no document knows',
      { fulfillment_status: 'Wholesale' },
      [line()],
      'unknown',
      'ShipHero order #1001: its status is Wholesale: look at it in ShipHero',
    ],
    [
      'fulfilled by hand',
      { fulfillment_status: 'fulfilled' },
      [line({ quantity_pending_fulfillment: 0 })],
      'needs_attention',
      'ShipHero order #1001: ShipHero calls it fulfilled, but shows no parcel: see whether it was shipped',
    ],
  ])('%s', (_, more, lines, status, attention) => {
    expect(read(order(more, lines))).toMatchObject({ status, attention })
  })

  it('keeps the word, and takes an account’s own words from the options', () => {
    const row = order({ fulfillment_status: 'Wholesale' })
    expect(read(row).rawStatus).toBe('Wholesale')
    expect(read(row, { statuses: { wholesale: 'accepted' } })).toMatchObject({
      status: 'accepted',
      attention: null,
    })
    expect(read(row, { statuses: { Wholesale: 'on_hold' } })).toMatchObject({
      status: 'on_hold',
      attention: 'ShipHero order #1001: its status is Wholesale: look at it in ShipHero',
    })
  })

  it('says that lines were taken off the order', () => {
    const rest = line({ partner_line_item_id: 'web-1001-1/2/3/5' })
    expect(read(order({}, [rest]))).toMatchObject({
      status: 'needs_attention',
      attention:
        'ShipHero order #1001: 2 of its lines were taken off in ShipHero: compare the order there with its channel',
    })
  })
})

describe('parcels', () => {
  it('are one for each label, with its own units and tracking', () => {
    const boxes = shipment(
      [label(1), label(2, { carrier: 'USPS', tracking_url: 'https://track.example/2' })],
      {
        'label-1': 3,
        'label-2': 2,
      },
    )
    const whole = read(order({ fulfillment_status: 'fulfilled', shipments: [boxes] }, [shippedLine(5)]))
    expect(whole.status).toBe('shipped')
    expect(whole.parcels).toEqual([
      {
        id: 'label-1',
        carrier: 'ups',
        carrierName: 'UPS',
        service: 'UPS Ground',
        trackingNumber: '1Z0001',
        trackingUrl: expect.stringContaining('1Z0001'),
        labelledAt: '2026-03-02T11:00:00.000Z',
        handedOverAt: null,
        deliveredAt: null,
        status: 'info_received',
        rawStatus: 'valid',
        withdrawn: false,
        lines: [{ sku: 'MUG-RED', quantity: 3 }],
      },
      expect.objectContaining({
        id: 'label-2',
        carrier: 'usps',
        trackingUrl: 'https://track.example/2',
        lines: [{ sku: 'MUG-RED', quantity: 2 }],
      }),
    ])
  })

  it('were handed over when they were picked up, at the latest by the last change', () => {
    const gone = shipment([label(1, { picked_up: true })], { 'label-1': 5 })
    const [parcel] = read(
      order({ fulfillment_status: 'fulfilled', shipments: [gone] }, [shippedLine(5)]),
    ).parcels
    expect(parcel).toMatchObject({
      handedOverAt: '2026-03-02T11:30:00.000Z',
      status: 'in_transit',
      rawStatus: 'valid/picked_up',
    })
  })

  it('that arrived make the order delivered', () => {
    const there = shipment([label(1, { picked_up: true, delivered: true })], { 'label-1': 5 })
    const whole = read(order({ fulfillment_status: 'fulfilled', shipments: [there] }, [shippedLine(5)]))
    expect(whole.status).toBe('delivered')
    expect(whole.parcels[0]).toMatchObject({ status: 'delivered', deliveredAt: '2026-03-02T11:30:00.000Z' })
  })

  it.each([
    [{ status: 'void' }],
    [{ status: 'Voided' }],
    [{ status: 'cancelled' }],
    [{ refunded: true }],
    [{ needs_refund: true }],
  ])('whose label is %j are withdrawn', (more) => {
    const undone = shipment([label(1, more)], { 'label-1': 5 })
    const whole = read(order({ shipments: [undone] }))
    expect(whole.parcels[0]).toMatchObject({ withdrawn: true, status: 'cancelled' })
    expect(whole).toMatchObject({ status: 'accepted', cancelled: [] })
  })

  it('that are still being packed are no parcels: their label may change', () => {
    const begun = shipment([label(1)], { 'label-1': 5 }, { completed: false })
    expect(read(order({ shipments: [begun] }))).toMatchObject({ status: 'labelled', parcels: [] })
  })

  it.each([
    ['that the order calls shipped', {}, [shippedLine(5)]],
    [
      'of a fulfilled order',
      { fulfillment_status: 'fulfilled' },
      [line({ quantity_pending_fulfillment: 0 })],
    ],
  ])('%s are parcels, whatever `completed` says', (_, more, lines) => {
    const odd = shipment([label(1)], { 'label-1': 5 }, { completed: false })
    expect(read(order({ shipments: [odd], ...more }, lines)).parcels).toHaveLength(1)
  })

  it('of which ShipHero does not say what lies in which box have it in the first that stands', () => {
    const loose = shipment([label(1, { status: 'void' }), label(3), label(2)], { '': 5 })
    const lines = read(order({ shipments: [loose] }, [shippedLine(5)])).parcels.map((each) => [
      each.id,
      each.lines,
    ])
    expect(lines).toEqual([
      ['label-1', []],
      ['label-3', []],
      ['label-2', [{ sku: 'MUG-RED', quantity: 5 }]],
    ])
  })

  it('without a label, shipped outside of ShipHero, have no number', () => {
    const outside = shipment([], { '': 5 })
    expect(
      read(order({ fulfillment_status: 'fulfilled', shipments: [outside] }, [shippedLine(5)])).parcels,
    ).toEqual([
      expect.objectContaining({
        id: 'U2hpcG1lbnQ6MQ==',
        trackingNumber: null,
        lines: [{ sku: 'MUG-RED', quantity: 5 }],
      }),
    ])
  })

  it('of a part leave the rest open', () => {
    const part = shipment([label(1)], { 'label-1': 2 })
    expect(read(order({ shipments: [part] }, [shippedLine(2)]))).toMatchObject({
      status: 'partially_shipped',
      cancelled: [],
    })
  })

  it('with goods of lines that are gone ask for a count, and the order has shipped all the same', () => {
    const strange = shipment([label(1)], { 'label-1': 5 })
    const other = line({ id: 'other', sku: 'CAP', quantity_shipped: 5, quantity_pending_fulfillment: 0 })
    expect(read(order({ fulfillment_status: 'fulfilled', shipments: [strange] }, [other]))).toMatchObject({
      status: 'shipped',
      attention: 'ShipHero order #1001: 5 units were shipped of lines that it no longer has: count the stock',
    })
  })
})

describe('units that will never ship', () => {
  it.each([
    ['of a cancelled order all', { fulfillment_status: 'canceled' }, line(), 5],
    [
      'of a cancelled order that shipped in part the rest',
      { fulfillment_status: 'canceled' },
      shippedLine(2),
      3,
    ],
    ['taken off the line', {}, line({ quantity_pending_fulfillment: 3 }), 2],
    [
      'taken off the order by lowering the quantity',
      {},
      line({ quantity: 3, quantity_pending_fulfillment: 3 }),
      2,
    ],
    ['of a cancelled line', {}, line({ fulfillment_status: 'canceled' }), 5],
    [
      'of an order that was made by hand, by its own quantity',
      {},
      line({ partner_line_item_id: 'x', quantity_pending_fulfillment: 4 }),
      1,
    ],
  ])('%s', (_, more, one, quantity) => {
    expect(read(order(more, [one])).cancelled).toEqual([{ sku: 'MUG-RED', quantity }])
  })

  it('nobody can tell of an order that is called fulfilled and shows nothing shipped', () => {
    const row = order({ fulfillment_status: 'fulfilled' }, [line({ quantity_pending_fulfillment: 0 })])
    expect(read(row).cancelled).toEqual([])
  })

  it('are found by the mark that every line carries', () => {
    const mark = { index: 2, count: 3, quantity: 14 }
    expect(markOf('web-1001-1', mark)).toBe('web-1001-1/2/3/14')
    expect(readMark({ partner_line_item_id: 'web-1001-1/2/3/14' })).toEqual(mark)
    expect(readMark({ partner_line_item_id: 'gid://shopify/LineItem/1' })).toBeNull()
    expect(readMark({ partner_line_item_id: null })).toBeNull()
  })
})

describe('when an order was taken off the stock', () => {
  const accepted = (row: unknown) => {
    const { allocated, acceptedAt } = read(row)
    return { allocated, acceptedAt: new Date(acceptedAt).toISOString() }
  }

  it('is when it was allocated, as late in that second as may be', () => {
    expect(accepted(order())).toEqual({ allocated: true, acceptedAt: '2026-03-02T10:00:05.999Z' })
  })

  it('is when it was made, once its allocation is over', () => {
    const gone = order({ fulfillment_status: 'fulfilled', allocations: [] }, [shippedLine(5)])
    expect(accepted(gone)).toEqual({ allocated: true, acceptedAt: '2026-03-02T10:00:00.999Z' })
  })

  it('is the last change of one that is owed units: these are off the readings too', () => {
    const owed = order({}, [line({ quantity_allocated: 2, backorder_quantity: 3 })])
    expect(accepted(owed)).toEqual({ allocated: true, acceptedAt: '2026-03-02T11:30:00.999Z' })
  })

  it('has not come for one that ShipHero has not looked at', () => {
    const fresh = order({ allocations: [] }, [line({ quantity_allocated: 0 })])
    expect(accepted(fresh).allocated).toBe(false)
  })

  it('is never later than it is read', () => {
    const text = new Date(now).toISOString().slice(0, 19)
    expect(read(order({ allocations: [{ warehouse_id: 'w', allocated_at: text }] })).acceptedAt).toBe(now)
  })

  it('reads times with and without a zone, and refuses none at all', () => {
    for (const text of [
      '2026-03-02T10:00:00',
      '2026-03-02 10:00:00',
      '2026-03-02T10:00:00Z',
      '2026-03-02T11:00:00+01:00',
    ]) {
      expect(Moment.parse(text)).toBe(Date.parse('2026-03-02T10:00:00Z'))
    }
    expect(Moment.parse(null)).toBeNull()
    expect(Moment.safeParse('yesterday').success).toBe(false)
  })
})

describe('stock', () => {
  const product = (more: object = {}) => ({
    sku: 'MUG-RED',
    warehouse_id: 'w1',
    on_hand: 20,
    allocated: 5,
    available: 15,
    backorder: 0,
    reserve_inventory: 0,
    ...more,
  })

  it.each([
    ['is what is on hand and not allocated', {}, 15],
    ['is less what is kept back', { reserve_inventory: 4 }, 11],
    ['is less what is owed to orders', { available: 15, backorder: 2 }, 13],
    [
      'is less what is owed, once, where ShipHero has taken it off already',
      { available: 13, backorder: 2 },
      13,
    ],
    ['does not grow by what may be sold ahead', { available: 65 }, 15],
    ['is never more than ShipHero calls available', { available: 9 }, 9],
    ['may be below nothing', { on_hand: 3, allocated: 3, available: 0, backorder: 7 }, -7],
    [
      'is what ShipHero calls available where it says no more',
      { on_hand: null, allocated: null, backorder: null },
      15,
    ],
    ['is counted where ShipHero says nothing of what is available', { available: null }, 15],
  ])('%s', (_, more, quantity) => {
    expect(freeOf(product(more))).toBe(quantity)
  })

  it('without any figure is an error that names the product, not a zero', () => {
    expect(() => freeOf(product({ on_hand: null, available: null }))).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'available' }),
    )
  })

  it('sums rows of one SKU and place, and leaves out other places and SKUs', () => {
    const rows = [
      product(),
      product({ on_hand: 7, allocated: 0, available: 7 }),
      product({ warehouse_id: 'w2' }),
      product({ sku: 'CAP' }),
      product({ sku: null }),
    ]
    expect(readingsFrom(rows, { warehouses: ['w1'] }, new Set(['MUG-RED']), 7)).toEqual([
      { sku: 'MUG-RED', location: 'w1', quantity: 22, basis: 'available', asOf: 7 },
    ])
    expect(readingsFrom(rows, { warehouses: null }, null, 7)).toHaveLength(3)
  })
})

describe('a return', () => {
  const item = (more: object = {}) => ({
    id: 'i1',
    quantity: 3,
    quantity_received: 0,
    restock: 0,
    condition: null,
    reason: 'Too small',
    warehouse_id: 'w1',
    updated_at: '2026-03-09T09:00:00',
    line_item: { sku: 'MUG-RED' },
    ...more,
  })
  const returned = (status: string | null, lines: object[], more: object = {}) =>
    returnFrom(
      WireReturn.parse({
        id: 'r1',
        status,
        created_at: '2026-03-08T09:00:00',
        labels: [{ tracking_number: '1ZRET' }],
        order: { partner_order_id: 'web-1001-1' },
        line_items: lines,
        ...more,
      }),
      { id: 'r1' },
    )

  it('is announced', () => {
    expect(returned('pending', [item()])).toEqual({
      id: 'r1',
      reference: 'web-1001-1',
      status: 'approved',
      rawStatus: 'pending',
      location: 'w1',
      updatedAt: Date.parse('2026-03-09T09:00:00Z'),
      trackingNumber: '1ZRET',
      lines: [{ sku: 'MUG-RED', expected: 3, received: 0, wanted: null, dispositions: [], pictures: [] }],
      raw: { id: 'r1' },
    })
  })

  it('tells unit by unit what became of it: what was restocked, and of the rest its condition', () => {
    const done = returned('Warehouse Complete', [
      item({ quantity_received: 3, restock: 2, condition: 'Damaged box' }),
    ])
    expect(done.status).toBe('processed')
    expect(done.lines[0]?.dispositions).toEqual([
      { kind: 'restocked', quantity: 2, note: 'Damaged box' },
      { kind: 'damaged', quantity: 1, note: 'Damaged box' },
    ])
    const odd = returned('complete', [item({ quantity_received: 1, condition: 'Opened' })])
    expect(odd.lines[0]?.dispositions).toEqual([{ kind: 'unknown', quantity: 1, note: 'Opened' }])
  })

  it('is received before it is decided', () => {
    const half = returned('pending', [item({ quantity_received: 2 })])
    expect(half).toMatchObject({ status: 'received', lines: [{ received: 2, dispositions: [] }] })
  })

  it.each([
    ['canceled', 'cancelled'],
    ['in_transit', 'in_transit'],
    ['Lost at sea', 'unknown'],
    [null, 'unknown'],
  ])('that ShipHero calls %s is %s', (word, status) => {
    expect(returned(word, [item()])).toMatchObject({ status, rawStatus: word ?? '' })
  })

  it('without an order has no reference', () => {
    expect(returned('pending', [item()], { order: null }).reference).toBeNull()
  })
})

describe('what an order is made of', () => {
  it('is refused before anything is sent when the address lacks what its country needs', () => {
    const without = (part: object) => () =>
      toCreateOrder(request({ shipTo: { ...request().shipTo, ...part } }), settings())
    const field = (name: string) =>
      expect.objectContaining({ code: 'invalid_input', field: name, remedy: expect.any(String) })
    expect(without({ line1: null })).toThrow(field('shipTo.line1'))
    expect(without({ city: '' })).toThrow(field('shipTo.city'))
    expect(without({ country: null })).toThrow(field('shipTo.country'))
    expect(without({ postalCode: null })).toThrow(field('shipTo.postalCode'))
    expect(without({ region: ' ' })).toThrow(field('shipTo.region'))
    expect(without({ country: 'IE', postalCode: null, region: null })).not.toThrow()
    expect(() => toCreateOrder(request({ lines: [] }), settings())).toThrow(field('lines'))
    const half = { lines: [{ sku: 'MUG-RED', title: '', quantity: 0.5 }] }
    expect(() => toCreateOrder(request(half), settings())).toThrow(field('lines.0.quantity'))
  })

  it.each([
    ['Jane Poe', 'Jane', 'Poe'],
    ['Ana María de la Cruz', 'Ana María de la', 'Cruz'],
    ['  Prince ', 'Prince', ''],
    ['山田 太郎', '山田', '太郎'],
  ])('has the name %s in two parts', (name, first_name, last_name) => {
    expect(splitName(name)).toEqual({ first_name, last_name })
  })

  it('leaves out an email that a channel has masked', () => {
    const masked = toCreateOrder(
      request({ buyer: { id: null, name: null, email: 'j***@example.com', phone: null } }),
      settings(),
    )
    expect(masked.email).toBeUndefined()
    expect(masked.shipping_address.email).toBeUndefined()
  })

  it('goes by the shipping method of its service level', () => {
    const how = (serviceLevel: 'two-day' | null, more = {}) =>
      toCreateOrder(request({ serviceLevel }), settings(more)).shipping_lines
    expect(how('two-day')).toEqual({ title: 'two-day', price: '0.00' })
    expect(how(null, { defaultShippingMethod: 'Cheapest' })).toEqual({ title: 'Cheapest', price: '0.00' })
    expect(
      how('two-day', { shippingMethods: { 'two-day': { carrier: 'ups', method: '2nd Day Air' } } }),
    ).toEqual({
      title: 'ups 2nd Day Air',
      price: '0.00',
      carrier: 'ups',
      method: '2nd Day Air',
    })
  })
})
