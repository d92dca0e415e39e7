import { describe, expect, it } from 'vitest'
import { differences, toCreateOrder } from '../../../adapters/shipstream/request.ts'
import { returnFrom } from '../../../adapters/shipstream/returns.ts'
import { readingsFrom } from '../../../adapters/shipstream/stock.ts'
import { WireDelivery, WireInventory, WireOrder } from '../../../adapters/shipstream/wire.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { Address } from '../../../src/model/address.ts'
import { at, box, item, order, read, request, settings, shipment } from './fixtures.ts'

const later = '2026-03-03T10:00:00+00:00'
const left = { status: 'shipped', shipped_at: '2026-03-02T15:00:00+00:00' }

describe('the status of an order', () => {
  it.each([
    ['new', 'new', 'accepted'],
    ['new', 'backordered', 'backordered'],
    ['processing', 'partial_backorder', 'backordered'],
    ['processing', 'processing', 'picking'],
    ['complete', 'complete', 'labelled'],
    ['canceled', 'canceled', 'cancelled'],
    ['holded', 'holded', 'on_hold'],
    ['holded', 'delayed_shipment', 'on_hold'],
    ['holded', 'unresolved', 'on_hold'],
    ['holded', 'invalid_address', 'needs_attention'],
    ['holded', 'unable_to_process', 'needs_attention'],
    ['paused', 'paused_by_robot', 'unknown'],
  ])('%s/%s is %s', (state, status, expected) => {
    const found = read(order({ state, status }))
    expect(found).toMatchObject({ status: expected, rawStatus: `${state}/${status}` })
    const stopped = ['on_hold', 'needs_attention', 'unknown'].includes(expected)
    expect(found.attention !== null).toBe(stopped)
  })

  it('says what a person should do, with the SKUs that are backordered', () => {
    const items = [item(), item({ sku: 'CUP', qty_ordered: 3, qty_backordered: '2.0000' })]
    expect(read(order({ status: 'partial_backorder', items })).attention).toBe(
      'ShipStream order web-1001-1: 2 of CUP are backordered: send stock, or cancel the order',
    )
    expect(read(order({ status: 'unresolved' })).attention).toMatch(/shipping method/)
  })

  it.each([
    ['all packed', 'complete', [shipment()], 'labelled'],
    ['one of two packed', 'processing', [shipment({ status: 'picking', packages: [] })], 'picking'],
    ['all left', 'complete', [shipment({ status: 'shipped', packages: [box(left)] })], 'shipped'],
    [
      'all delivered',
      'complete',
      [
        shipment({
          status: 'shipped',
          packages: [box({ ...left, status: 'delivered', delivered_at: later })],
        }),
      ],
      'delivered',
    ],
    [
      'a part left, the rest backordered',
      'partial_backorder',
      [
        shipment({
          status: 'shipped',
          packages: [box({ ...left, order_items: [{ sku: 'MUG-RED', quantity: '1.0000' }] })],
        }),
      ],
      'partially_shipped',
    ],
    ['reverted', 'new', [shipment({ status: 'voided', packages: [box(left)] })], 'accepted'],
  ])('with %s', (_, status, shipments, expected) => {
    expect(read(order({ state: status, status }), shipments).status).toBe(expected)
  })

  it('believes the order itself when its shipments cannot be seen', () => {
    expect(read(order({ status: 'complete', shipped_at: at })).status).toBe('shipped')
    expect(read(order({ status: 'complete', shipped_at: at, delivered_at: later })).status).toBe('delivered')
  })
})

describe('what ShipStream has taken off its stock', () => {
  it('is the whole order, once it is made', () => {
    expect(read(order())).toMatchObject({ allocated: true, acceptedAt: Date.parse(at) })
  })

  it('is not what is backordered, and then from the last change on', () => {
    expect(read(order({ items: [item({ qty_backordered: 1 })] })).allocated).toBe(false)
    expect(read(order({ updated_at: later })).acceptedAt).toBe(Date.parse(later))
    expect(read(order({ updated_at: later, items: [item({ qty_processing: 2 })] })).acceptedAt).toBe(
      Date.parse(at),
    )
  })

  it('is told by the allocation of each warehouse, where there is one', () => {
    const allocated = (...units: string[]) =>
      read(
        order({
          items: [
            item({ allocation_data: units.map((qty, id) => ({ warehouse_id: id, qty_allocated: qty })) }),
          ],
        }),
      ).allocated
    expect(allocated('1.0000', '1.0000')).toBe(true)
    expect(allocated('1.0000')).toBe(false)
    expect(allocated()).toBe(false)
  })

  it('is given back when units are cancelled, by SKU', () => {
    const items = [item({ qty_canceled: '1.0000' }), item({ qty_canceled: 1 }), item({ sku: 'CUP' })]
    expect(read(order({ items })).cancelled).toEqual([{ sku: 'MUG-RED', quantity: 2 }])
  })
})

describe('parcels', () => {
  it('have the facts of their package', () => {
    const [parcel] = read(order(), [shipment({ status: 'shipped', packages: [box(left)] })]).parcels
    expect(parcel).toEqual({
      id: '100000020-1',
      carrier: 'ups',
      carrierName: 'ups',
      service: 'UPS Ground',
      trackingNumber: '1Z1',
      trackingUrl: 'https://example.com/track/1Z1',
      labelledAt: '2026-03-02T11:00:00.000Z',
      handedOverAt: '2026-03-02T15:00:00.000Z',
      deliveredAt: null,
      status: 'in_transit',
      rawStatus: 'shipped/shipped',
      withdrawn: false,
      lines: [{ sku: 'MUG-RED', quantity: 2 }],
    })
  })

  it('are one for each package, by their age, and one more for each further number', () => {
    const younger = box({
      created_at: later,
      tracking: [{ number: '1Z9' }],
      order_items: [{ sku: 'CUP', quantity: 1 }],
    })
    const two = box({ tracking: [{ number: '1Z1' }, { number: '1Z2' }] })
    const { parcels } = read(order(), [shipment({ packages: [younger, two] })])
    expect(parcels.map(({ id, trackingNumber, lines }) => [id, trackingNumber, lines.length])).toEqual([
      ['100000020-1', '1Z1', 1],
      ['100000020-1.2', '1Z2', 0],
      ['100000020-2', '1Z9', 1],
    ])
  })

  it.each([
    ['packed', null],
    ['manifested', '1Z1'],
    ['shipped', '1Z1'],
    ['delivered', '1Z1'],
  ])('give their number on when %s: %s, unless it is wanted sooner', (status, number) => {
    const shipments = [
      shipment({ packages: [box({ status, tracking: [{ number: '1Z1' }, { number: '1Z2' }] })] }),
    ]
    const { parcels } = read(order(), shipments, 'manifested')
    expect(parcels.map(({ trackingNumber }) => trackingNumber)).toEqual(
      number === null ? [null] : ['1Z1', '1Z2'],
    )
    expect(parcels[0]).toMatchObject({ labelledAt: expect.any(String), lines: [{ quantity: 2 }] })
    expect(read(order(), shipments).parcels).toHaveLength(2)
  })

  it('whose labels were voided have no number, and say so only where one may have been given on', () => {
    const shipments = [shipment({ status: 'picked' })]
    const [parcel] = read(order(), shipments).parcels
    expect(parcel).toMatchObject({
      trackingNumber: null,
      labelledAt: null,
      status: 'cancelled',
      withdrawn: false,
    })
    expect(read(order(), shipments).attention).toContain('1Z1 do not hold')
    expect(read(order(), shipments, 'manifested').attention).toBeNull()
  })

  it('are not there before the shipment is packed', () => {
    expect(read(order(), [shipment({ status: 'packing', packages: [box()] })]).parcels).toEqual([])
    expect(read(order(), [shipment({ packages: [box({ status: 'tracking_required' })] })]).parcels).toEqual(
      [],
    )
  })

  it('hold what was ordered, not what it was assembled from', () => {
    const { parcels } = read(order(), [
      shipment({ packages: [box({ package_items: [{ sku: 'HANDLE', quantity: 4 }] })] }),
    ])
    expect(parcels[0]?.lines).toEqual([{ sku: 'MUG-RED', quantity: 2 }])
    const bare = box({ order_items: [], package_items: [{ sku: 'HANDLE', quantity: 4 }] })
    expect(read(order(), [shipment({ packages: [bare] })]).parcels[0]?.lines).toEqual([
      { sku: 'HANDLE', quantity: 4 },
    ])
  })

  it.each(['voided', 'canceled'])('of a %s shipment are withdrawn', (status) => {
    const [parcel] = read(order(), [shipment({ status })]).parcels
    expect(parcel).toMatchObject({ id: '100000020-1', withdrawn: true, status: 'cancelled' })
  })

  it('are one without a number for freight that left, which has no packages', () => {
    const freight = { packages: [], items: [{ sku: 'MUG-RED', qty: '2.0000', qty_canceled: '0.0000' }] }
    expect(read(order(), [shipment(freight)]).parcels).toEqual([])
    const gone = read(order({ status: 'complete' }), [
      shipment({ ...freight, status: 'shipped', shipped_at: '2026-03-02T15:00:00+00:00' }),
    ])
    expect(gone.status).toBe('shipped')
    expect(gone.parcels).toMatchObject([
      {
        id: '100000020-1',
        trackingNumber: null,
        handedOverAt: '2026-03-02T15:00:00.000Z',
        lines: [{ sku: 'MUG-RED', quantity: 2 }],
      },
    ])
  })

  it('never leave before they are labelled, whatever the clocks say', () => {
    const early = box({ ...left, shipped_at: '2026-03-02T09:00:00+00:00' })
    const [parcel] = read(order(), [shipment({ status: 'shipped', packages: [early] })]).parcels
    expect(parcel?.labelledAt).toBe('2026-03-02T09:00:00.000Z')
  })
})

describe('what an order is made of', () => {
  it('sums an SKU of two lines, and gives two address lines', () => {
    const lines = [1, 2].map((quantity) => ({ sku: 'MUG-RED', title: '', quantity }))
    const shipTo = { ...request().shipTo, line3: 'Rear' }
    const [store, items, address] = toCreateOrder(request({ lines, shipTo }), settings({ store: 'east' }))
    expect([store, items]).toEqual(['east', [{ sku: 'MUG-RED', qty: 3 }]])
    expect(address).toMatchObject({
      firstname: 'Jane van',
      lastname: 'Poe',
      street1: '12 Elm St\nFlat 3, Rear',
    })
  })

  it.each([
    ['same-day', 'cheapest_OVERNIGHT'],
    ['two-day', 'ups_02'],
    [null, 'usps_US-PM'],
  ] as const)('ships %s as %s', (serviceLevel, method) => {
    const own = settings({ shippingMethods: { 'two-day': 'ups_02' }, defaultShippingMethod: 'usps_US-PM' })
    expect(toCreateOrder(request({ serviceLevel }), own)[3].shipping_method).toBe(method)
  })

  it.each([
    ['shipTo.name', { name: null, company: null }],
    ['shipTo.line1', { line1: ' ' }],
    ['shipTo.city', { city: null }],
    ['shipTo.region', { region: null }],
    ['shipTo.postalCode', { postalCode: null }],
    ['shipTo.country', { country: null }],
  ])('refuses an address without %s before anything is sent', (field, part) => {
    const shipTo = { ...request().shipTo, ...part }
    try {
      toCreateOrder(request({ shipTo, buyer: null }), settings())
      expect.unreachable()
    } catch (thrown) {
      expect(isStockpoolError(thrown, 'invalid_input') && thrown.field).toBe(field)
    }
  })

  it('takes one name, no postal code where there are none, and leaves a masked email out', () => {
    const shipTo = Address.parse({ name: 'Cher', line1: '1 Main St', city: 'Dublin', country: 'IE' })
    const buyer = { id: null, name: 'Cher', email: 'c***@example.com', phone: null }
    expect(toCreateOrder(request({ shipTo, buyer }), settings())[2]).toEqual({
      firstname: 'Cher',
      lastname: '',
      street1: '1 Main St',
      city: 'Dublin',
      country: 'IE',
    })
  })

  it('differs by goods, name, postal code and country; not by street, +4 or an insert', () => {
    const ours = toCreateOrder(request(), settings())
    const theirs = (more: object, address: object = {}) =>
      WireOrder.parse(order({ ...more, shipping_address: { ...order().shipping_address, ...address } }))
    const insert = item({ sku: 'LEAFLET', qty_ordered: 1 })
    expect(
      differences(ours, theirs({ items: [item(), insert] }, { street: 'Elm', postcode: '62704-1234' })),
    ).toEqual([])
    expect(differences(ours, theirs({ items: [] }))).toEqual(['lines.MUG-RED.quantity'])
    expect(differences(ours, theirs({}, { lastname: 'Roe', postcode: '1', country: 'CA' }))).toEqual([
      'shipTo.name',
      'shipTo.postalCode',
      'shipTo.country',
    ])
  })
})

describe('stock', () => {
  const row = (warehouse_id: unknown, qty_available: unknown) => ({ warehouse_id, qty_available })
  const inventory = WireInventory.parse([
    { sku: 'MUG', qty_available: '99.0000', detailed: [row('1', '8.0000'), row(2, 0.5)] },
    { sku: 'mug', detailed: [row('1', '7.0000')] },
  ])

  it('is what is available in each warehouse, in whole units, of the SKUs that were asked for', () => {
    expect(readingsFrom(inventory, null, new Set(['MUG']), 5)).toEqual([
      { sku: 'MUG', location: '1', quantity: 8, basis: 'available', asOf: 5 },
      { sku: 'MUG', location: '2', quantity: 0, basis: 'available', asOf: 5 },
    ])
  })

  it('is none in a warehouse of ours that is not listed, and nothing in one that is not ours', () => {
    const found = readingsFrom(inventory, ['2', '3'], null, 5)
    expect(found.map(({ sku, location, quantity }) => [sku, location, quantity])).toEqual([
      ['MUG', '2', 0],
      ['MUG', '3', 0],
      ['mug', '2', 0],
      ['mug', '3', 0],
    ])
  })
})

describe('a return', () => {
  const delivery = (more: object = {}, items: object = {}) => ({
    increment_id: '1000036',
    warehouse_id: 1,
    state: 'pending_commit',
    status: 'put_away',
    sender_ref_alt: '#1001',
    tracking_numbers: ['1Zback'],
    updated_at: at,
    items: [
      {
        delivery_item_id: 1,
        sku: 'MUG',
        qty: 5,
        qty_received: 4,
        qty_processed: 3,
        qty_putaway: 3,
        qty_committed: 0,
        ...items,
      },
    ],
    exceptions: [
      {
        delivery_item_id: 1,
        status: 'approved',
        sign: -1,
        reason: 'shortage_damaged',
        comment: 'cracked',
        qty: 1,
      },
      {
        delivery_item_id: 1,
        status: 'approved',
        sign: -1,
        reason: 'shortage_missing',
        comment: null,
        qty: 1,
      },
      { delivery_item_id: 1, status: 'pending', sign: -1, reason: 'shortage_missing', comment: null, qty: 9 },
      { delivery_item_id: 1, status: 'approved', sign: 1, reason: 'overage_counted', comment: null, qty: 2 },
      {
        delivery_item_id: 2,
        status: 'approved',
        sign: -1,
        reason: 'shortage_damaged',
        comment: null,
        qty: 3,
      },
    ],
    ...more,
  })
  const readReturn = (raw: object) =>
    returnFrom(WireDelivery.parse(raw), raw, new Map([['#1001', 'web-1001-1']]))

  it('counts what is committed as restocked, and approved shortages as what they are', () => {
    const open = readReturn(delivery())
    expect(open).toMatchObject({
      id: '1000036',
      reference: 'web-1001-1',
      status: 'received',
      rawStatus: 'pending_commit/put_away',
      location: '1',
      trackingNumber: '1Zback',
      lines: [{ sku: 'MUG', expected: 5, received: 4, wanted: null, pictures: [] }],
    })
    const shortages = [
      { kind: 'damaged', quantity: 1, note: 'cracked' },
      { kind: 'missing', quantity: 1, note: null },
    ]
    expect(open.lines[0]?.dispositions).toEqual(shortages)
    const done = readReturn(delivery({ status: 'complete', state: 'complete' }, { qty_committed: '3.0000' }))
    expect(done.status).toBe('processed')
    const late = (units: number) =>
      readReturn(delivery({ state: 'complete' }, { qty_committed: units })).status
    expect([late(0), late(2), late(3)]).toEqual(['received', 'received', 'processed'])
    expect(done.lines[0]?.dispositions).toEqual([
      { kind: 'restocked', quantity: 3, note: null },
      ...shortages,
    ])
  })

  it('keeps the reason of an exception that ShipStream does not document, beside its comment', () => {
    const exception = { delivery_item_id: 1, status: 'approved', sign: -1, reason: 'shortage_wet', qty: 1 }
    const exceptions = [
      { ...exception, comment: null },
      { ...exception, comment: 'rain' },
    ]
    expect(readReturn(delivery({ exceptions })).lines[0]?.dispositions).toEqual([
      { kind: 'unknown', quantity: 1, note: 'shortage_wet' },
      { kind: 'unknown', quantity: 1, note: 'shortage_wet: rain' },
    ])
  })

  it.each([
    ['new', 'approved'],
    ['processing_exception', 'received'],
    ['void', 'cancelled'],
    ['teleported', 'unknown'],
  ])('that is %s is %s', (status, expected) => {
    expect(readReturn(delivery({ status })).status).toBe(expected)
  })

  it('of an order that nobody knows has no reference', () => {
    expect(readReturn(delivery({ sender_ref_alt: 'elsewhere' })).reference).toBeNull()
    expect(readReturn(delivery({ sender_ref_alt: null })).reference).toBeNull()
  })
})

describe('what PHP makes of lists and numbers', () => {
  it('reads a list whose keys have gaps, and an empty object that is a list', () => {
    const gaps = { 0: item(), 3: item({ sku: 'CUP' }) }
    expect(WireOrder.parse(order({ items: gaps })).items.map(({ sku }) => sku)).toEqual(['MUG-RED', 'CUP'])
    expect(WireOrder.parse(order({ items: [] })).items).toEqual([])
  })

  it('reads numbers as numbers, in text, and times without an offset as UTC', () => {
    const found = WireOrder.parse(
      order({
        order_id: 900,
        items: [item({ qty_ordered: 2 })],
        updated_at: '2026-03-02 10:00:00',
        shipped_at: '',
      }),
    )
    expect(found).toMatchObject({ order_id: '900', updated_at: Date.parse(at), shipped_at: null })
  })

  it('refuses what is no whole number of goods, and says where', () => {
    expect(() => read(order({ items: [item({ qty_ordered: '1.5000' })] }))).toThrow(/items.0.qty_ordered/)
  })
})
