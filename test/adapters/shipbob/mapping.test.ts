import { describe, expect, it } from 'vitest'
import { differences, toCreateOrder } from '../../../adapters/shipbob/request.ts'
import { readingsFrom } from '../../../adapters/shipbob/stock.ts'
import { WireOrder, WireStockPage } from '../../../adapters/shipbob/wire.ts'
import { at, inventoryId, order, read, request, settings, shipment, tracking } from './fixtures.ts'

const when = '2026-03-02T10:00:00.000Z'
const completed = (more: Parameters<typeof shipment>[0] = {}) =>
  shipment({
    status: 'Completed',
    tracking: tracking(),
    ...more,
    more: { actual_fulfillment_date: at, ...more.more },
  })

describe('the status of an order', () => {
  it.each([
    ['Processing', [], 'accepted'],
    ['Processing', [shipment()], 'accepted'],
    ['Processing', [shipment({ status: 'None' })], 'accepted'],
    ['Processing', [shipment({ detail: [{ id: 100, name: 'Picked' }] })], 'picking'],
    ['Processing', [shipment({ detail: [{ id: 101, name: 'Packed' }] })], 'picking'],
    ['Processing', [shipment({ detail: [{ id: 102, name: 'Labeled' }] })], 'labelled'],
    ['Processing', [shipment({ status: 'LabeledCreated' })], 'labelled'],
    ['Processing', [shipment({ status: 'OnHold' })], 'on_hold'],
    ['Processing', [shipment({ status: 'CleanSweeped' })], 'needs_attention'],
    ['Processing', [shipment({ status: 'Teleported' })], 'unknown'],
    [
      'Processing',
      [shipment({ status: 'LabeledCreated' }), shipment({ id: 2, status: 'OnHold' })],
      'on_hold',
    ],
    ['Exception', [], 'needs_attention'],
    ['Exception', [shipment({ status: 'Exception' })], 'needs_attention'],
    [
      'Exception',
      [shipment({ status: 'Exception', detail: [{ id: 303, name: 'OutOfStock' }] })],
      'backordered',
    ],
    ['Exception', [shipment({ status: 'Exception', detail: [{ name: 'outofstock' }] })], 'backordered'],
    ['Exception', [shipment({ status: 'Exception', detail: [{ id: 303 }, { id: 302 }] })], 'needs_attention'],
    ['ImportReview', [shipment({ status: 'ImportReview' })], 'needs_attention'],
    ['PartiallyFulfilled', [completed(), shipment({ id: 2 })], 'partially_shipped'],
    ['PartiallyFulfilled', [completed(), shipment({ id: 2, status: 'OnHold' })], 'partially_shipped'],
    ['Fulfilled', [completed()], 'shipped'],
    ['Fulfilled', [completed({ detail: [{ id: 200, name: 'Processing' }] })], 'shipped'],
    ['Fulfilled', [completed({ more: { delivery_date: at } })], 'delivered'],
    ['Fulfilled', [completed({ detail: [{ id: 203, name: 'Delivered' }] })], 'delivered'],
    ['Fulfilled', [completed({ more: { delivery_date: at } }), completed({ id: 2 })], 'shipped'],
    [
      'Fulfilled',
      [completed({ more: { delivery_date: at } }), shipment({ id: 2, status: 'Cancelled' })],
      'delivered',
    ],
    ['Cancelled', [shipment({ status: 'Cancelled' })], 'cancelled'],
    ['Cancelled', [], 'cancelled'],
    ['Teleported', [shipment()], 'unknown'],
  ])('%s with %j is %s', (status, shipments, expected) => {
    expect(read(order({ status, shipments }))).toMatchObject({ status: expected, rawStatus: status })
  })
})

describe('what a person should do', () => {
  it.each([
    [
      'OnHold',
      { id: 401, name: 'InvalidAddress' },
      /shipment 501: the address is not deliverable: correct it in ShipBob/,
    ],
    ['OnHold', { id: 400, name: 'PaymentDeclined' }, /renew the payment method/],
    ['OnHold', { id: 402 }, /waits for its pick date/],
    ['OnHold', { id: 499, name: 'Manual', description: 'Held by the merchant' }, /Held by the merchant/],
    [
      'Exception',
      { id: 303, inventory_id: inventoryId('MUG-RED') },
      /MUG-RED is out of stock at Cicero \(IL\): send stock there, or cancel/,
    ],
    ['Exception', { id: 303, inventory_id: 1 }, /a product is out of stock/],
    ['Exception', { id: 302, inventory_id: inventoryId('MUG-RED') }, /MUG-RED is inactive: activate it/],
    ['Exception', { id: 304 }, /correct the SKU/],
    ['Exception', { id: 999, name: null, description: 'Something new' }, /Something new/],
  ])('%s %j', (status, detail, text) => {
    expect(
      read(order({ status: 'Exception', shipments: [shipment({ status, detail: [detail] })] })).attention,
    ).toMatch(text)
  })

  it.each([
    ['OnHold', /it is on hold: release it/],
    ['ImportReview', /import review: complete it/],
    ['CleanSweeped', /its status is CleanSweeped: look at it/],
    ['Teleported', /its status is Teleported/],
  ])('%s without a reason', (status, text) => {
    expect(read(order({ shipments: [shipment({ status })] })).attention).toMatch(text)
  })

  it('is nothing while all goes well, and is not lost when a part has shipped', () => {
    expect(read(order()).attention).toBeNull()
    expect(
      read(order({ status: 'Cancelled', shipments: [shipment({ status: 'Cancelled' })] })).attention,
    ).toBeNull()
    const half = order({
      status: 'PartiallyFulfilled',
      shipments: [completed(), shipment({ id: 2, status: 'OnHold' })],
    })
    expect(read(half).attention).toMatch(/shipment 2/)
    expect(read(order({ status: 'ImportReview', shipments: [] })).attention).toMatch(/order 900/)
  })
})

describe('a parcel', () => {
  const parcelsOf = (...shipments: unknown[]) =>
    read(
      order({
        status: 'Fulfilled',
        products: [{ reference_id: 'MUG-RED', quantity: 2 * shipments.length }],
        shipments,
      }),
    ).parcels

  it('carries its carrier, number, service and address as ShipBob says them', () => {
    expect(parcelsOf(completed())[0]).toEqual({
      id: '501',
      carrier: 'usps',
      carrierName: 'USPS',
      service: 'Ground Advantage',
      trackingNumber: '9400100000000000000001',
      trackingUrl: 'https://example.com/track/9400100000000000000001',
      labelledAt: when,
      handedOverAt: null,
      deliveredAt: null,
      status: 'info_received',
      rawStatus: 'Completed',
      withdrawn: false,
      lines: [{ sku: 'MUG-RED', quantity: 2 }],
    })
  })

  it.each([
    [200, 'Processing', 'info_received', false],
    [201, 'InTransit', 'in_transit', true],
    [202, 'OutForDelivery', 'out_for_delivery', true],
    [203, 'Delivered', 'delivered', true],
    [204, 'DeliveryException', 'exception', true],
  ])('detail %i %s: it is %s; handed over: %s', (id, name, status, left) => {
    const [parcel] = parcelsOf(
      completed({ detail: [{ id, name }], more: { last_tracking_update_at: '2026-03-03T08:00:00Z' } }),
    )
    expect(parcel).toMatchObject({
      status,
      labelledAt: when,
      handedOverAt: left ? '2026-03-03T08:00:00.000Z' : null,
    })
  })

  it('was handed over at the first sign of it, and delivered when ShipBob says so', () => {
    const [parcel] = parcelsOf(
      completed({
        detail: [
          { id: 203, name: 'Delivered' },
          { id: 201, name: 'InTransit' },
        ],
        tracking: tracking('1', { shipping_date: '2026-03-02T18:00:00+00:00' }),
        more: { last_tracking_update_at: '2026-03-05T08:00:00Z', delivery_date: '2026-03-05T07:00:00Z' },
      }),
    )
    expect(parcel).toMatchObject({
      status: 'delivered',
      handedOverAt: '2026-03-02T18:00:00.000Z',
      deliveredAt: '2026-03-05T07:00:00.000Z',
    })
  })

  it('is none before ShipBob is done with it, even with a number', () => {
    const early = [shipment(), shipment({ id: 2, status: 'LabeledCreated', tracking: tracking() })]
    expect(read(order({ shipments: early })).parcels).toEqual([])
  })

  it('is withdrawn when its shipment was cancelled after all', () => {
    const [parcel] = parcelsOf(completed({ status: 'Cancelled' }))
    expect(parcel).toMatchObject({ withdrawn: true, status: 'cancelled' })
  })

  it('keeps the words of a carrier nobody knows, and finds the page of one we know', () => {
    const unknown = completed({ tracking: tracking('X1', { carrier: 'Pigeon Post', tracking_url: null }) })
    const known = completed({ id: 2, tracking: tracking('1Z999', { carrier: 'UPS', tracking_url: null }) })
    expect(parcelsOf(unknown, known)).toMatchObject([
      { carrier: null, carrierName: 'Pigeon Post', trackingUrl: null },
      { carrier: 'ups', trackingUrl: expect.stringMatching(/ups\.com.*1Z999/) },
    ])
  })

  it('may be freight: its PRO number is its tracking number', () => {
    const freight = completed({ tracking: tracking('', { tracking_number: null, pro_number: 'PRO77' }) })
    expect(parcelsOf(freight)[0]).toMatchObject({ trackingNumber: 'PRO77' })
  })
})

describe('quantities', () => {
  const items = (...rows: [id: number, quantity: number][]) => ({
    reference_id: 'MUG-RED',
    sku: 'MUG-RED',
    inventory_items: rows.map(([id, quantity]) => ({ id, quantity, quantity_committed: quantity })),
  })
  const shipped = (id: number, ...products: unknown[]) => completed({ id, more: { products } })
  const parcels = (quantity: number, ...shipments: unknown[]) =>
    read(
      order({ status: 'Fulfilled', products: [{ reference_id: 'MUG-RED', quantity }], shipments }),
    ).parcels.map(({ lines }) => lines)

  it('sum the lots of one item, and a product that is listed twice', () => {
    expect(parcels(5, shipped(1, items([7, 2], [7, 3])))).toEqual([[{ sku: 'MUG-RED', quantity: 5 }]])
    expect(parcels(5, shipped(1, items([7, 2]), items([7, 3])))).toEqual([[{ sku: 'MUG-RED', quantity: 5 }]])
  })

  it('count bundles and multipacks of ShipBob’s as what was ordered', () => {
    // Two sets of one cup and three spoons; three packs of six.
    expect(parcels(2, shipped(1, items([8, 6], [7, 2])))).toEqual([[{ sku: 'MUG-RED', quantity: 2 }]])
    expect(parcels(3, shipped(1, items([7, 6])), shipped(2, items([7, 12])))).toEqual([
      [{ sku: 'MUG-RED', quantity: 1 }],
      [{ sku: 'MUG-RED', quantity: 2 }],
    ])
  })

  it('do not take a shipment that was cancelled and made anew for a pack of two', () => {
    const shipments = [shipment({ status: 'Cancelled' }), completed({ id: 2 })]
    const result = read(order({ status: 'Fulfilled', shipments }))
    expect(result.parcels.map(({ lines }) => lines)).toEqual([[{ sku: 'MUG-RED', quantity: 2 }]])
    expect(result.cancelled).toEqual([])
  })

  it('go by the SKU where there is no reference', () => {
    const product = { ...items([7, 2]), reference_id: null }
    const body = order({
      status: 'Fulfilled',
      products: [{ reference_id: null, sku: 'MUG-RED', quantity: 2 }],
      shipments: [shipped(1, product)],
    })
    expect(read(body).parcels[0]?.lines).toEqual([{ sku: 'MUG-RED', quantity: 2 }])
  })

  it.each([
    ['Cancelled', [], 3],
    ['Cancelled', [shipment({ status: 'Cancelled' })], 3],
    ['Processing', [shipment({ status: 'Cancelled', lines: { 'MUG-RED': 3 } })], 3],
    [
      'Processing',
      [
        shipment({ status: 'Cancelled', lines: { 'MUG-RED': 3 } }),
        shipment({ id: 2, lines: { 'MUG-RED': 3 } }),
      ],
      0,
    ],
    [
      'PartiallyFulfilled',
      [
        completed({ lines: { 'MUG-RED': 2 } }),
        shipment({ id: 2, status: 'Cancelled', lines: { 'MUG-RED': 1 } }),
      ],
      1,
    ],
    ['Processing', [], 0],
    ['Processing', [shipment({ lines: { 'MUG-RED': 1 } })], 0],
    ['Fulfilled', [completed({ lines: { 'MUG-RED': 1 } })], 2],
  ])('of an order that is %s with %j: %i will never ship', (status, shipments, units) => {
    const body = order({ status, products: [{ reference_id: 'MUG-RED', quantity: 3 }], shipments })
    expect(read(body).cancelled).toEqual(units === 0 ? [] : [{ sku: 'MUG-RED', quantity: units }])
  })
})

describe('accepted and allocated', () => {
  const held = (committed: number | null, status = 'Processing', more = {}) =>
    shipment({
      status,
      more: {
        products: [
          {
            reference_id: 'MUG-RED',
            inventory_items: [{ id: 7, quantity: 2, quantity_committed: committed }],
          },
        ],
        ...more,
      },
    })

  it.each([
    ['all committed', order({ shipments: [held(2)] }), true],
    ['a part committed', order({ shipments: [held(1, 'Exception')] }), false],
    ['nothing committed', order({ shipments: [held(0, 'OnHold')] }), false],
    ['on hold with its stock kept', order({ shipments: [held(2, 'OnHold')] }), true],
    [
      'waiting for allocation',
      order({
        shipments: [
          held(2, 'Processing', { estimated_fulfillment_date_status: 'AwaitingInventoryAllocation' }),
        ],
      }),
      false,
    ],
    ['one of two waiting', order({ shipments: [held(2), held(0, 'Exception')] }), false],
    [
      'shipped, whatever is committed then',
      order({ status: 'Fulfilled', shipments: [held(0, 'Completed')] }),
      true,
    ],
    ['without shipments yet', order({ shipments: [] }), false],
    ['cancelled', order({ status: 'Cancelled', shipments: [held(0, 'Cancelled')] }), true],
    ['not telling, processing', order({ shipments: [held(null)] }), true],
    [
      'not telling, in review',
      order({ status: 'ImportReview', shipments: [held(null, 'ImportReview')] }),
      false,
    ],
  ])('%s', (_, body, allocated) => {
    expect(read(body).allocated).toBe(allocated)
  })

  it('times carry an offset, and one without is UTC', () => {
    const zones = [
      '2026-03-02T10:00:00Z',
      '2026-03-02T12:00:00+02:00',
      '2026-03-02T10:00:00',
      '2026-03-02T10:00:00.0000000+00:00',
    ]
    for (const created_date of zones)
      expect(read(order({ created_date, shipments: [] })).acceptedAt).toBe(Date.parse(when))
    expect(() => read(order({ created_date: 'yesterday' }))).toThrow()
  })

  it('was accepted at its last change while it waits to be picked, and at its creation from then on', () => {
    const accepted = (status: string, more = {}) =>
      read(order({ shipments: [held(2, status, { last_update_at: '2026-03-02T11:00:00Z', ...more })] }))
        .acceptedAt
    expect(accepted('Processing')).toBe(Date.parse('2026-03-02T11:00:00Z'))
    expect(accepted('Processing', { status_details: [{ id: 100, name: 'Picked' }] })).toBe(Date.parse(when))
    expect(accepted('Completed')).toBe(Date.parse(when))
  })

  it('the newest of all changes is when it was updated', () => {
    const body = order({
      shipments: [completed({ more: { last_tracking_update_at: '2026-03-04T00:00:00Z' } })],
    })
    expect(read(body).updatedAt).toBe(Date.parse('2026-03-04T00:00:00Z'))
  })
})

describe('Create Order', () => {
  const made = (more: Parameters<typeof request>[0] = {}, options = {}) =>
    toCreateOrder(request(more), settings(options))

  it.each([
    [null, {}, 'Standard'],
    [null, { defaultShippingMethod: 'Ground' }, 'Ground'],
    ['economy', {}, 'Standard'],
    ['two-day', {}, '2 Day'],
    ['next-day', {}, '1 Day'],
    ['same-day', {}, '1 Day'],
    ['two-day', { shippingMethods: { 'two-day': 'Expedited (2 days)' } }, 'Expedited (2 days)'],
    ['standard', { shippingMethods: { 'two-day': 'Expedited (2 days)' } }, 'Standard'],
  ] as const)('ships %s with %j as %s', (serviceLevel, options, expected) => {
    expect(made({ serviceLevel }, options).shipping_method).toBe(expected)
  })

  it('sums lines of one SKU, and names a product without a title by its SKU', () => {
    const lines = [
      { sku: 'A', title: '', quantity: 1 },
      { sku: 'B', title: 'Bee', quantity: 2 },
      { sku: 'A', title: 'Ay', quantity: 3 },
    ]
    expect(made({ lines }).products).toEqual([
      { reference_id: 'A', name: 'A', quantity: 4 },
      { reference_id: 'B', name: 'Bee', quantity: 2 },
    ])
  })

  it('leaves out what is unknown, a masked email, and asks no postal code where there is none', () => {
    const { shipTo } = request()
    const { recipient } = made({
      shipTo: { ...shipTo, country: 'IE', postalCode: null, region: null, line2: null, phone: null },
      buyer: { id: null, name: null, email: 'j***@example.com', phone: null },
    })
    expect(recipient).toEqual({
      name: 'Jane Poe',
      address: { address1: '12 Elm St', city: 'Springfield', country: 'IE' },
    })
  })

  it('takes the name of the buyer, else of the company, and has two lines for three', () => {
    const { shipTo } = request()
    const company = { ...shipTo, name: null, company: 'Poe & Co', line3: 'Rear' }
    expect(made({ shipTo: company }).recipient).toMatchObject({
      name: 'Jane Poe',
      address: { company_name: 'Poe & Co', address2: 'Flat 3, Rear' },
    })
    expect(made({ shipTo: company, buyer: null }).recipient.name).toBe('Poe & Co')
  })

  it('compares what matters, and lets ShipBob correct an address', () => {
    const differ = (more: Record<string, unknown>) => differences(made(), WireOrder.parse(order(more)))
    expect(differ({})).toEqual([])
    const recipient = {
      name: 'JANE  POE',
      address: { address1: '12 ELM STREET', city: 'SPRINGFIELD', zip_code: '62704-1234', country: 'US' },
    }
    expect(differ({ recipient })).toEqual([])
    expect(differ({ recipient: null })).toEqual([])
    expect(
      differ({
        recipient: { ...recipient, address: { ...recipient.address, country: 'CA', zip_code: 'K1A 0B1' } },
      }),
    ).toEqual(['shipTo.postalCode', 'shipTo.country'])
    expect(
      differ({
        products: [
          { sku: 'MUG-RED', reference_id: null, quantity: 1 },
          { reference_id: 'MUG-RED', quantity: 1 },
        ],
      }),
    ).toEqual([])
  })
})

describe('stock', () => {
  const page = (...items: unknown[]) => WireStockPage.parse({ items })
  const item = (sku: string | null, id: number, ...rows: [number, number][]) => ({
    sku,
    inventory_id: id,
    locations: rows.map(([location_id, fulfillable_quantity]) => ({ location_id, fulfillable_quantity })),
  })
  const numbers = (options: Parameters<typeof settings>[0], ...items: unknown[]) =>
    readingsFrom(page(...items), settings(options), null, 1).map(({ sku, location, quantity }) => [
      sku,
      location,
      quantity,
    ])

  it('is summed over inventory items of one SKU', () => {
    expect(numbers({}, item('A', 1, [3, 4]), item('A', 2, [3, 1], [8, 2]))).toEqual([
      ['A', '3', 5],
      ['A', '8', 2],
    ])
  })

  it('goes by the names the options give, and only for the locations they name', () => {
    expect(
      numbers({ inventorySkus: { 5: 'OURS' } }, item('THEIRS', 5, [3, 4]), item(null, 6, [3, 4])),
    ).toEqual([['OURS', '3', 4]])
    expect(numbers({ locations: [3, '8'] }, item('A', 1, [3, 4], [99, 7]))).toEqual([
      ['A', '3', 4],
      ['A', '8', 0],
    ])
  })
})
