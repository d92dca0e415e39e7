import { describe, expect, it } from 'vitest'
import { type AmazonMcf, amazon } from '../../../adapters/amazon/index.ts'
import { toFulfillmentOrder, unitsOf } from '../../../adapters/amazon/mcf-order.ts'
import { quotesOf } from '../../../adapters/amazon/mcf-quote.ts'
import { createBody, createBody2020, tierOf } from '../../../adapters/amazon/mcf-request.ts'
import { returnsOf } from '../../../adapters/amazon/mcf-returns.ts'
import { parseOptions } from '../../../adapters/amazon/options.ts'
import {
  type AmazonSimulatorOptions,
  startAmazonSimulator,
} from '../../../adapters/amazon/simulator/index.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { FulfillmentRequest } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { options } from './stage.ts'

const request = (more: Partial<FulfillmentRequest> = {}): FulfillmentRequest => ({
  reference: 'sp-web-1001',
  number: '#1001',
  location: null,
  channel: 'web',
  placedAt: Date.UTC(2026, 6, 1),
  shipTo: {
    name: 'Ana Buyer',
    company: null,
    line1: '1 Main St',
    line2: 'Apt 2',
    line3: null,
    city: 'Boise',
    region: 'ID',
    postalCode: '83702',
    country: 'US',
    phone: '+12085550100',
  },
  buyer: { id: null, name: 'Ana Buyer', email: 'ana@example.com', phone: null },
  serviceLevel: 'standard',
  rawServiceLevel: null,
  shipBy: null,
  lines: [
    { sku: 'MUG-RED', title: 'Red mug', quantity: 2 },
    { sku: 'MUG-BLUE', title: 'Blue mug', quantity: 1 },
  ],
  ...more,
})

const settings = parseOptions({ ...options, mcf: true, fbaSkus: { 'MUG-RED': 'MUG-RED-FBA' } })
const plain = { blankBox: false, blockAmazonLogistics: false, channels: {}, comment: 'Thanks' }

describe('the order that Amazon is given', () => {
  it('is whole, in its SKUs, all of it or none', () => {
    expect(createBody(settings, plain, request())).toEqual({
      orderId: 'sp-web-1001',
      channel: 'web',
      fulfillmentConfiguration: {
        serviceLevel: { serviceTiers: ['STANDARD'] },
        action: 'SHIP',
        policy: 'FILL_OR_KILL',
      },
      destination: {
        deliveryAddress: {
          name: 'Ana Buyer',
          addressLine1: '1 Main St',
          addressLine2: 'Apt 2',
          city: 'Boise',
          stateOrRegion: 'ID',
          postalCode: '83702',
          countryCode: 'US',
          phone: '+12085550100',
          email: 'ana@example.com',
        },
      },
      lineItems: [
        {
          lineItemId: '1',
          product: { productIdentifier: { amazonSku: 'MUG-RED-FBA' } },
          amount: { unit: 'EACHES', value: '2' },
        },
        {
          lineItemId: '2',
          product: { productIdentifier: { amazonSku: 'MUG-BLUE' } },
          amount: { unit: 'EACHES', value: '1' },
        },
      ],
    })
  })

  it('a blank box is asked for where the option, or the channel, wants it', () => {
    const unbranded = { services: { packaging: { packagingOption: 'UNBRANDED' } } }
    const wanted = { fulfillmentConfiguration: expect.objectContaining(unbranded) }
    expect(createBody(settings, { ...plain, blankBox: true }, request())).toMatchObject(wanted)
    const channels = { web: { blankBox: true, blockAmazonLogistics: false } }
    expect(createBody(settings, { ...plain, channels }, request())).toMatchObject(wanted)
    expect(createBody(settings, { ...plain, channels }, request({ channel: 'shop' }))).not.toMatchObject(
      wanted,
    )
  })

  it("Amazon's own carrier is kept away by the interface of 2020 alone", () => {
    expect(createBody2020(settings, { ...plain, blankBox: true }, request())).toEqual({
      sellerFulfillmentOrderId: 'sp-web-1001',
      displayableOrderId: '#1001',
      displayableOrderDate: '2026-07-01T00:00:00.000Z',
      displayableOrderComment: 'Thanks',
      shippingSpeedCategory: 'Standard',
      fulfillmentAction: 'Ship',
      fulfillmentPolicy: 'FillOrKill',
      destinationAddress: expect.objectContaining({ name: 'Ana Buyer', countryCode: 'US' }),
      featureConstraints: [
        { featureName: 'BLOCK_AMZL', featureFulfillmentPolicy: 'Required' },
        { featureName: 'BLANK_BOX', featureFulfillmentPolicy: 'Required' },
      ],
      items: [
        { sellerSku: 'MUG-RED-FBA', sellerFulfillmentOrderItemId: '1', quantity: 2 },
        { sellerSku: 'MUG-BLUE', sellerFulfillmentOrderItemId: '2', quantity: 1 },
      ],
    })
  })

  it.each([
    ['standard', 'US', 'STANDARD'],
    [null, 'US', 'STANDARD'],
    ['two-day', 'US', 'EXPEDITED'],
    ['next-day', 'US', 'EXPEDITED'],
    ['next-day', 'CA', 'PRIORITY'],
  ] as const)('%s to %s is %s', (level, country, tier) => expect(tierOf(level, country)).toBe(tier))

  it.each([
    [{ name: null, company: null }, 'shipTo.name'],
    [{ line1: null }, 'shipTo.line1'],
    [{ city: '' }, 'shipTo.city'],
    [{ postalCode: null }, 'shipTo.postalCode'],
    [{ country: null }, 'shipTo.country'],
  ])('an address with %o is refused here, naming the field', (more, field) => {
    const bad = request({ shipTo: { ...request().shipTo, ...more } })
    expect(() => createBody(settings, plain, bad)).toThrow(
      expect.objectContaining({ code: 'invalid_input', field }),
    )
  })

  it('in Japan the city is left out', () => {
    const japan = request({ shipTo: { ...request().shipTo, country: 'JP', city: null } })
    expect(createBody(settings, plain, japan)).not.toMatchObject({
      destination: { deliveryAddress: { city: '' } },
    })
  })

  it('more than Amazon takes is refused here', () => {
    const many = request({ lines: [{ sku: 'A', title: '', quantity: 251 }] })
    expect(() => createBody(settings, plain, many)).toThrow(expect.objectContaining({ field: 'lines' }))
    const lines = Array.from({ length: 101 }, (_, index) => ({ sku: `S-${index}`, title: '', quantity: 1 }))
    expect(() => createBody(settings, plain, request({ lines }))).toThrow(
      expect.objectContaining({ field: 'lines' }),
    )
  })
})

const item = (sku: string, units: number, more: object = {}) => ({
  productIdentifier: { amazonSku: sku },
  lineItemId: '1',
  amount: { unit: 'EACHES', value: `${units}.0` },
  ...more,
})
const shipment = (status: string, more: object = {}) => ({
  amazonShipmentId: 'S1',
  amazonFacility: { facilityId: 'BFI4' },
  status,
  shipTime: '2026-07-02T10:00:00Z',
  items: [item('MUG-RED-FBA', 2)],
  ...more,
})
const pack = (more: object = {}) => ({
  packageId: 'P1',
  status: 'IN_TRANSIT',
  tracking: { carrier: { carrierCode: 'UPS', trackingNumber: '1Z1' } },
  ...more,
})
const order = (status: string, shipments: readonly object[] = [], more: object = {}) => ({
  orderId: 'sp-web-1001',
  receiveTime: '2026-07-01T10:00:00Z',
  status,
  statusUpdateTime: '2026-07-02T11:00:00Z',
  lineItems: [
    {
      lineItemId: '1',
      product: { productIdentifier: { amazonSku: 'MUG-RED-FBA' } },
      amount: { value: '2.0' },
    },
  ],
  shipments,
  ...more,
})
const read = (raw: unknown) => toFulfillmentOrder(settings, raw)

describe('an order as Amazon reports it', () => {
  it.each([
    ['PROCESSING', [], 'accepted'],
    ['PROCESSING', [shipment('PROCESSING')], 'picking'],
    ['PROCESSING', [shipment('PROCESSING', { packages: [pack()] })], 'labelled'],
    ['PROCESSING', [shipment('SHIPPED', { packages: [pack()] })], 'partially_shipped'],
    ['PROCESSING', [shipment('CANCELLED', { packages: [pack()] })], 'accepted'],
    ['COMPLETE', [shipment('SHIPPED', { packages: [pack()] })], 'shipped'],
    ['COMPLETE', [shipment('SHIPPED', { packages: [pack({ status: 'DELIVERED' })] })], 'delivered'],
    ['COMPLETE_PARTIAL', [shipment('SHIPPED', { packages: [pack()] })], 'shipped'],
    ['CANCELLED', [], 'cancelled'],
    ['UNFULFILLABLE', [], 'rejected'],
    ['INVALID', [], 'rejected'],
    ['PROCESSED', [], 'unknown'],
    ['Received', [], 'accepted'],
    ['CompletePartialled', [shipment('SHIPPED')], 'shipped'],
  ])('%s with %j is %s', (raw, shipments, status) => {
    expect(read(order(raw, shipments))).toMatchObject({ status, rawStatus: raw })
  })

  it('until a shipment is planned, its units are still in Amazon’s number', () => {
    expect(read(order('PROCESSING')).allocated).toBe(false)
    expect(read(order('PROCESSING', [shipment('PROCESSING')])).allocated).toBeUndefined()
  })

  it('a cancelled shipment is not the end of its units: its parcel is withdrawn, nothing is cancelled', () => {
    const given = read(order('PROCESSING', [shipment('CANCELLED', { packages: [pack()] })]))
    expect(given).toMatchObject({ cancelled: [], parcels: [{ withdrawn: true }] })
  })

  it('what will never ship: the seller’s cancellations, and at the end all that has not left', () => {
    expect(read(order('UNFULFILLABLE')).cancelled).toEqual([{ sku: 'MUG-RED', quantity: 2 }])
    const one = shipment('SHIPPED', { items: [item('MUG-RED-FBA', 1)] })
    expect(read(order('COMPLETE_PARTIAL', [one])).cancelled).toEqual([{ sku: 'MUG-RED', quantity: 1 }])
    expect(read(order('COMPLETE', [shipment('SHIPPED')])).cancelled).toEqual([])
    const [line] = order('PROCESSING').lineItems
    const lineItems = [{ ...line, cancelledAmount: { value: '1' } }]
    expect(read(order('PROCESSING', [], { lineItems })).cancelled).toEqual([{ sku: 'MUG-RED', quantity: 1 }])
  })

  it('parcels: one for each package, with its own items, handed over when the shipment has left', () => {
    const items = [
      item('MUG-RED-FBA', 1, { packageId: 'P1' }),
      item('MUG-RED-FBA', 1, { shipmentItemId: 'I2' }),
    ]
    const packages = [pack(), pack({ packageId: 'P2', shipmentItemIds: ['I2'], status: 'OUT_FOR_DELIVERY' })]
    const { parcels } = read(order('COMPLETE', [shipment('SHIPPED', { items, packages })]))
    expect(parcels).toMatchObject([
      {
        id: 'S1/P1',
        carrier: 'ups',
        trackingNumber: '1Z1',
        status: 'in_transit',
        handedOverAt: '2026-07-02T10:00:00.000Z',
        lines: [{ sku: 'MUG-RED', quantity: 1 }],
      },
      { id: 'S1/P2', status: 'out_for_delivery', lines: [{ sku: 'MUG-RED', quantity: 1 }] },
    ])
    const planned = read(order('PROCESSING', [shipment('PROCESSING', { packages: [pack()] })]))
    expect(planned.parcels).toMatchObject([{ handedOverAt: null }])
  })

  it('parcels: what no package names is in the first one, so that no unit is lost', () => {
    const items = [item('MUG-RED-FBA', 1), item('MUG-RED-FBA', 1, { packageId: 'P2' })]
    const packages = [pack(), pack({ packageId: 'P2' })]
    const linesOf = (some: object[], status = 'SHIPPED') =>
      read(order('PROCESSING', [shipment(status, { items: some, packages })])).parcels.map(
        ({ lines }) => lines,
      )
    const one = { sku: 'MUG-RED', quantity: 1 }
    expect(linesOf(items)).toEqual([[one], [one]])
    expect(linesOf([item('MUG-RED-FBA', 2)])).toEqual([[{ ...one, quantity: 2 }], []])
    // Before it leaves, another package may come for it.
    expect(linesOf(items, 'PROCESSING')).toEqual([[], [one]])
  })

  it('parcels: the first package of a shipment that is packed yet holds what is named in it, not what will be in others', () => {
    const first = { packages: [pack({ shipmentItemIds: ['I1'] })] }
    const items = [
      item('MUG-RED-FBA', 1, { shipmentItemId: 'I1' }),
      item('MUG-RED-FBA', 1, { shipmentItemId: 'I2' }),
    ]
    const linesOf = (status: string, some: object[]) =>
      read(order('PROCESSING', [shipment(status, { items: some, ...first })])).parcels.map(
        ({ lines }) => lines,
      )
    // It is under way already (IN_TRANSIT): what it is said to hold has left.
    expect(linesOf('PROCESSING', items)).toEqual([[{ sku: 'MUG-RED', quantity: 1 }]])
    expect(linesOf('PROCESSING', [item('MUG-RED-FBA', 2)])).toEqual([[]])
    expect(linesOf('SHIPPED', items)).toEqual([[{ sku: 'MUG-RED', quantity: 2 }]])
  })

  it('parcels: what no package names stays in the same one, in whatever order Amazon lists them', () => {
    const packages = [pack({ packageId: 'P2' }), pack()]
    const held = (some: object[]) =>
      read(order('PROCESSING', [shipment('SHIPPED', { packages: some })])).parcels.flatMap(({ id, lines }) =>
        lines.length === 0 ? [] : [id],
      )
    expect([held(packages), held([...packages].reverse())]).toEqual([['S1/P1'], ['S1/P1']])
  })

  it('a shipment that left without a package being told is a parcel without a number', () => {
    expect(read(order('COMPLETE', [shipment('SHIPPED')])).parcels).toMatchObject([
      { id: 'S1/1', trackingNumber: null, lines: [{ sku: 'MUG-RED', quantity: 2 }] },
    ])
  })

  it('says what a person should do', () => {
    expect(read(order('UNFULFILLABLE')).attention).toContain('elsewhere')
    const held = read(order('PROCESSING', [], { fulfillmentConfiguration: { action: 'HOLD' } }))
    expect(held).toMatchObject({ status: 'on_hold', attention: expect.stringContaining('14 days') })
  })

  it('cannot be read without an id, and takes only whole units', () => {
    expect(() => read({ ...order('COMPLETE'), receiveTime: undefined })).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'receiveTime' }),
    )
    expect(unitsOf({ value: '3' })).toBe(3)
    expect(unitsOf(null)).toBe(0)
    for (const value of ['1.5', '-1', 'x'])
      expect(() => unitsOf({ value })).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })
})

async function running(simulated: AmazonSimulatorOptions = {}, mcf: true | AmazonMcf = true) {
  const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
  const simulator = await startAmazonSimulator({ clock, ...simulated })
  const connection = amazon({ ...simulator.options, mcf })
  const context = adapterContext(connection, { clock, random: () => 0, fetchTimeoutMs: 500 })
  for (const sku of ['MUG-RED', 'MUG-BLUE']) await simulator.control('stock', { sku, quantity: 10 })
  return {
    simulator,
    mcf: connection.fulfillment,
    context,
    clock,
    async [Symbol.asyncDispose]() {
      clock.stop()
      await simulator.close()
    },
  }
}

interface State {
  readonly orders: readonly {
    readonly reference: string
    readonly unbranded: boolean
    readonly features: readonly string[]
  }[]
}

describe('Multi-Channel Fulfillment', () => {
  it('a 202 is waited for until Amazon shows the order; if it does not in time, it is submitted', async () => {
    await using on = await running()
    expect(await on.mcf.submit(on.context, request())).toMatchObject({
      status: 'accepted',
      reference: 'sp-web-1001',
    })
    await using late = await running({ mcfAcceptMs: 60_000 })
    const asked = late.clock.now()
    const sent = await late.mcf.submit(late.context, request())
    expect(sent).toMatchObject({ status: 'submitted', allocated: false, raw: null })
    // Whatever Amazon says of it is newer.
    expect(sent.updatedAt).toBeLessThan(asked)
    // Sent again, as after a lost answer, Amazon has it and does not show it: nobody may take it for refused.
    await expect(late.mcf.submit(late.context, request())).rejects.toMatchObject({ code: 'unknown_outcome' })
    await late.clock.advance(60_000)
    expect(await late.mcf.submit(late.context, request())).toMatchObject({ status: 'accepted' })
  })

  it('a 200 holds the order already', async () => {
    await using on = await running({ mcfAsync: false })
    expect(await on.mcf.submit(on.context, request())).toMatchObject({ status: 'accepted' })
    expect(on.simulator.count('getMcfOrder')).toBe(0)
  })

  it("an order that may not be carried by Amazon goes by the interface of 2020, and is read by today's", async () => {
    await using on = await running(
      {},
      { channels: { tiktok: { blockAmazonLogistics: true, blankBox: true } } },
    )
    await on.mcf.submit(on.context, request())
    const other = await on.mcf.submit(on.context, request({ reference: 'sp-tiktok-1', channel: 'tiktok' }))
    expect(other).toMatchObject({ status: 'accepted', reference: 'sp-tiktok-1' })
    expect(on.simulator.count('createFulfillmentOrder', 200)).toBe(1)
    const { orders } = on.simulator.state() as State
    expect(orders.find(({ reference }) => reference === 'sp-tiktok-1')).toMatchObject({
      unbranded: true,
      features: ['BLOCK_AMZL', 'BLANK_BOX'],
    })
    await on.simulator.control('ship', { reference: 'sp-tiktok-1' })
    const shipped = await on.mcf.get(on.context, 'sp-tiktok-1')
    expect(shipped?.parcels).toMatchObject([{ carrier: 'ups' }])
  })

  it('a SKU that Amazon does not have is refused in its words', async () => {
    await using on = await running()
    const unknown = request({ lines: [{ sku: 'NOBODY', title: '', quantity: 1 }] })
    await expect(on.mcf.submit(on.context, unknown)).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('NOBODY'),
    })
  })

  it('a shipment that Amazon gives up does not end the order: the units go with another', async () => {
    await using on = await running()
    await on.mcf.submit(on.context, request())
    await on.simulator.control('mcf/drop-shipment', { reference: 'sp-web-1001' })
    const dropped = await on.mcf.get(on.context, 'sp-web-1001')
    expect(dropped).toMatchObject({ status: 'accepted', cancelled: [], parcels: [{ withdrawn: true }] })
    await on.simulator.control('ship', { reference: 'sp-web-1001' })
    const shipped = await on.mcf.get(on.context, 'sp-web-1001')
    expect(shipped?.status).toBe('shipped')
    expect(shipped?.parcels.map(({ withdrawn }) => withdrawn)).toEqual([true, false])
  })

  it('a cancellation is only asked for: what it came to, the order tells', async () => {
    await using on = await running({ mcfAcceptMs: 2_000 })
    const { id } = await on.mcf.submit(on.context, request())
    const ref = { id, reference: id }
    expect(await on.mcf.cancel(on.context, ref)).toMatchObject({ outcome: 'unknown' })
    await on.clock.advance(5_000)
    expect(await on.mcf.cancel(on.context, ref)).toEqual({ outcome: 'stopped' })
    await on.mcf.submit(on.context, request({ reference: 'sp-web-1002' }))
    await on.clock.advance(1_300_000)
    const busy = await on.mcf.cancel(on.context, { id: 'sp-web-1002', reference: 'sp-web-1002' })
    expect(busy).toMatchObject({ outcome: 'too_late' })
  })

  it('too little stock: the whole order is unfulfillable, and all of it may go elsewhere', async () => {
    await using on = await running()
    await on.mcf.submit(on.context, request({ lines: [{ sku: 'MUG-RED', title: '', quantity: 11 }] }))
    await on.clock.advance(1_300_000)
    expect(await on.mcf.get(on.context, 'sp-web-1001')).toMatchObject({
      status: 'rejected',
      rawStatus: 'UNFULFILLABLE',
      cancelled: [{ sku: 'MUG-RED', quantity: 11 }],
    })
  })

  it('quotes name price and dates of each tier, and what cannot be shipped', async () => {
    await using on = await running()
    const shipTo = { country: 'US', postalCode: '83702', city: 'Boise', region: 'ID' }
    const lines = [
      { sku: 'MUG-RED', quantity: 2 },
      { sku: 'MUG-BLUE', quantity: 11 },
    ]
    const quotes = await on.mcf.quote(on.context, { lines, shipTo, serviceLevel: null })
    expect(quotes).toMatchObject([
      { service: 'STANDARD', serviceLevel: 'standard', cost: { amount: 699, currency: 'USD' } },
      { service: 'EXPEDITED', serviceLevel: 'two-day', cost: { amount: 1099 } },
    ])
    expect(quotes[0]?.cannotShip).toEqual([{ sku: 'MUG-BLUE', reason: 'There is not enough of an item.' }])
    expect((quotes[1]?.deliverBy ?? 0) - on.clock.now()).toBeLessThan(3 * 86_400_000)
    const fast = await on.mcf.quote(on.context, { lines: lines.slice(0, 1), shipTo, serviceLevel: 'two-day' })
    expect(fast.map(({ service }) => service)).toEqual(['EXPEDITED'])
  })

  it('a tier that only some of the planned shipments offer is no quote; prices are summed', () => {
    const offer = (serviceTier: string, amount: string) => ({
      estimatedPrice: { totalPrice: { currencyCode: 'USD', amount } },
      fulfillmentConfiguration: { serviceLevel: { serviceTier } },
    })
    const planned = (sku: string, offers: readonly object[]) => ({
      items: [{ productIdentifier: { amazonSku: sku }, amount: { value: '1' } }],
      offers: offers as never,
    })
    const answer = {
      plannedShipments: [
        planned('MUG-RED-FBA', [offer('STANDARD', '5.00'), offer('EXPEDITED', '9.00')]),
        planned('MUG-BLUE', [offer('STANDARD', '6.50')]),
      ],
    }
    const lines = [
      { sku: 'MUG-RED', quantity: 1 },
      { sku: 'MUG-BLUE', quantity: 1 },
    ]
    const shipTo = { country: 'US', postalCode: null, city: null, region: null }
    expect(quotesOf(settings, { lines, shipTo, serviceLevel: null }, answer)).toEqual([
      {
        location: null,
        service: 'STANDARD',
        serviceLevel: 'standard',
        cost: { amount: 1150, currency: 'USD' },
        shipBy: null,
        deliverBy: null,
        cannotShip: [],
      },
    ])
  })

  it('returns are read by the interface of 2020, with what Amazon found', async () => {
    await using on = await running()
    await on.mcf.submit(on.context, request())
    await on.simulator.control('ship', { reference: 'sp-web-1001' })
    await on.simulator.control('mcf/returns', { reference: 'sp-web-1001', quantity: 2 })
    const first = await on.mcf.returns(on.context, null)
    expect(first.returns).toMatchObject([
      {
        id: 'sp-web-1001/RA-1',
        reference: 'sp-web-1001',
        status: 'approved',
        lines: [{ sku: 'MUG-RED', expected: 2, received: 0, dispositions: [] }],
      },
    ])
    await on.simulator.control('mcf/returns', {
      reference: 'sp-web-1001',
      quantity: 1,
      condition: 'Sellable',
    })
    await on.simulator.control('mcf/returns', {
      reference: 'sp-web-1001',
      quantity: 1,
      condition: 'Defective',
    })
    // Amazon lists no returns: each pass asks for every order by itself, so the next one is hours away.
    const calls = on.simulator.requests.length
    const soon = await on.mcf.returns(on.context, first.cursor)
    expect([soon.returns, soon.more, on.simulator.requests.length]).toEqual([[], false, calls])
    await on.clock.advance(4 * 3_600_000)
    const second = await on.mcf.returns(on.context, soon.cursor)
    expect(second.returns).toMatchObject([
      {
        status: 'processed',
        lines: [
          {
            received: 2,
            dispositions: [
              { kind: 'restocked', quantity: 1 },
              { kind: 'damaged', quantity: 1, note: 'Defective' },
            ],
          },
        ],
      },
    ])
  })

  it('a return is read of what has left of an order that is still under way', async () => {
    await using on = await running()
    await on.mcf.submit(on.context, request())
    const lines = [{ sku: 'MUG-RED', quantity: 1 }]
    await on.simulator.control('ship', { reference: 'sp-web-1001', lines })
    await on.simulator.control('mcf/returns', { reference: 'sp-web-1001', quantity: 1 })
    expect((await on.mcf.get(on.context, 'sp-web-1001'))?.status).toBe('partially_shipped')
    expect((await on.mcf.returns(on.context, null)).returns).toMatchObject([{ reference: 'sp-web-1001' }])
  })

  it('a page token that Amazon refuses is given up, and the pass begins again, once', async () => {
    await using on = await running()
    await on.mcf.submit(on.context, request())
    await on.simulator.control('ship', { reference: 'sp-web-1001' })
    await on.simulator.control('mcf/returns', { reference: 'sp-web-1001', quantity: 1 })
    const after = new Date(on.clock.now() - 86_400_000).toISOString()
    const watermark = Date.parse(after)
    const page = { token: 'of-yesterday', after, until: watermark }
    const refuse = (operation: string) =>
      on.simulator.faults.arm({ operation, kind: 'status', status: 400, times: 1 })
    refuse('listOrders')
    const begun = await on.mcf.updates(on.context, JSON.stringify({ watermark, page }))
    expect(begun).toMatchObject({ orders: [], more: true })
    const orders = await on.mcf.updates(on.context, begun.cursor)
    expect(orders).toMatchObject({ orders: [{ reference: 'sp-web-1001' }], more: false })
    expect(JSON.parse(orders.cursor)).not.toHaveProperty('restartedAt')
    const again = JSON.stringify({ watermark, page, restartedAt: on.clock.now() })
    refuse('listOrders')
    await expect(on.mcf.updates(on.context, again)).rejects.toMatchObject({ code: 'rejected' })

    const askedAt = on.clock.now()
    const stale = { token: 'of-yesterday', after, askedAt }
    const anew = await on.mcf.returns(on.context, JSON.stringify(stale))
    expect(anew).toMatchObject({ returns: [], more: true })
    const returns = await on.mcf.returns(on.context, anew.cursor)
    expect(returns).toMatchObject({ returns: [{ reference: 'sp-web-1001' }], more: false })
    expect(JSON.parse(returns.cursor)).not.toHaveProperty('restartedAt')
    const twice = JSON.stringify({ ...stale, restartedAt: on.clock.now() })
    await expect(on.mcf.returns(on.context, twice)).rejects.toMatchObject({ code: 'rejected' })
  })

  it('a return is looked for as long as returns of Amazon’s own orders are', async () => {
    await using on = await running()
    await on.mcf.submit(on.context, request())
    await on.simulator.control('ship', { reference: 'sp-web-1001' })
    await on.clock.advance(45 * 86_400_000)
    await on.simulator.control('mcf/returns', { reference: 'sp-web-1001' })
    expect((await on.mcf.returns(on.context, null)).returns).toHaveLength(1)
    await on.clock.advance(30 * 86_400_000)
    expect((await on.mcf.returns(on.context, null)).returns).toEqual([])
  })

  it.each([400, 403, 404])(
    'amzn/selling-partner-api-models#5374, #1845: an id of somebody else’s that cannot be read back (%i) has no returns',
    async (status) => {
      await using on = await running()
      await on.mcf.submit(on.context, request({ reference: 'TKS+Creator+005' }))
      await on.simulator.control('ship', {})
      on.simulator.faults.arm({ operation: 'getFulfillmentOrder', kind: 'status', status })
      expect(await on.mcf.returns(on.context, null)).toMatchObject({ returns: [], unreadable: [] })
    },
  )

  it('an order of ours whose returns Amazon refuses to show is told of, and stops no other', async () => {
    await using on = await running()
    await on.mcf.submit(on.context, request())
    await on.mcf.submit(on.context, request({ reference: 'sp-web-1002' }))
    await on.simulator.control('ship', {})
    for (const reference of ['sp-web-1001', 'sp-web-1002'])
      await on.simulator.control('mcf/returns', { reference })
    on.simulator.faults.arm({ operation: 'getFulfillmentOrder', kind: 'status', status: 400 })
    const { returns, unreadable } = await on.mcf.returns(on.context, null)
    expect(returns).toHaveLength(1)
    const error = { code: 'rejected', message: expect.stringContaining('sp-web-100') }
    expect(unreadable).toMatchObject([{ id: null, error }])
    on.simulator.faults.arm({ operation: 'getFulfillmentOrder', kind: 'status', status: 403, times: 9 })
    await expect(on.mcf.returns(on.context, null)).rejects.toMatchObject({ code: 'permission' })
  })

  it('a return item of a line that nobody knows has no SKU, and stands all the same', async () => {
    const returnItems = [
      {
        sellerReturnItemId: 'r',
        sellerFulfillmentOrderItemId: '9',
        status: 'Processed',
        statusChangedDate: '2026-07-01T00:00:00Z',
        returnReceivedCondition: 'Melted',
      },
    ]
    const payload = { fulfillmentOrderItems: [], returnItems }
    expect((await returnsOf(settings, 'x', { payload })).returns).toMatchObject([
      { id: 'x/none', lines: [{ sku: '', dispositions: [{ kind: 'unknown', note: 'Melted' }] }] },
    ])
  })

  it('a status of a return item that Amazon does not document is kept, and not taken for one that it does', async () => {
    const item = (sellerReturnItemId: string, status: string) => ({
      sellerReturnItemId,
      sellerFulfillmentOrderItemId: '1',
      status,
      statusChangedDate: '2026-07-01T00:00:00Z',
    })
    const payload = { fulfillmentOrderItems: [], returnItems: [item('r1', 'Processed'), item('r2', 'Lost')] }
    const { returns } = await returnsOf(settings, 'x', { payload })
    expect(returns).toMatchObject([
      { status: 'unknown', rawStatus: 'Lost', lines: [{ expected: 2, received: 1 }] },
    ])
  })

  it('a return that cannot be read is set apart, and stops no other of its order', async () => {
    const item = (returnAuthorizationId: string, statusChangedDate: unknown) => ({
      sellerReturnItemId: 'r',
      sellerFulfillmentOrderItemId: '1',
      status: 'New',
      statusChangedDate,
      returnAuthorizationId,
    })
    const payload = {
      fulfillmentOrderItems: [],
      returnItems: [item('RA-1', 7), item('RA-2', '2026-07-01T00:00:00Z'), 'nonsense'],
    }
    const { returns, unreadable } = await returnsOf(settings, 'x', { payload })
    expect(returns.map(({ id }) => id)).toEqual(['x/RA-2'])
    expect(unreadable).toMatchObject([
      { id: 'x/RA-1', error: { code: 'invalid_input', field: '0.statusChangedDate' } },
      { id: 'x/none', error: { code: 'invalid_input' } },
    ])
  })
})

describe("Amazon's own sandbox controls drive the simulator", () => {
  async function call(on: Awaited<ReturnType<typeof running>>, method: string, path: string, body?: object) {
    const token = await fetch(on.simulator.options.tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        refresh_token: on.simulator.options.refreshToken,
        client_id: on.simulator.options.clientId,
        client_secret: on.simulator.options.clientSecret,
      }),
    }).then((answer) => answer.json() as Promise<{ access_token: string }>)
    return await fetch(`${on.simulator.url}${path}`, {
      method,
      headers: {
        'x-amz-access-token': token.access_token,
        'content-type': 'application/json',
        'x-amzn-idempotency-token': 'once',
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  }

  it('an item is made, stocked once, ordered, completed and delivered, and deleted', async () => {
    await using on = await running()
    const inventory = '/fba/inventory/v1/items'
    const item = { sellerSku: 'NEW', marketplaceId: 'ATVPDKIKX0DER' }
    expect((await call(on, 'POST', inventory, { ...item, productName: 'New' })).status).toBe(200)
    const add = { inventoryItems: [{ ...item, quantity: 4 }] }
    for (let time = 0; time < 2; time += 1)
      expect((await call(on, 'POST', `${inventory}/inventory`, add)).status).toBe(200)
    const stock = await on.mcf.stock(on.context, { skus: ['NEW'], cursor: null })
    expect(stock.readings).toMatchObject([{ sku: 'NEW', quantity: 4 }])
    await on.mcf.submit(on.context, request({ lines: [{ sku: 'NEW', title: '', quantity: 3 }] }))
    const orders = '/fulfillment/outbound/2026-07-04/orders/sp-web-1001'
    expect((await call(on, 'PUT', `${orders}/status`, { status: 'COMPLETE' })).status).toBe(204)
    const shipped = await on.mcf.get(on.context, 'sp-web-1001')
    expect(shipped?.status).toBe('shipped')
    const packageId = shipped?.parcels[0]?.id.split('/')[1]
    const delivered = { status: 'DELIVERED', deliveryTime: '2026-01-06T00:00:00Z' }
    expect((await call(on, 'PUT', `${orders}/packages/${packageId}`, delivered)).status).toBe(204)
    expect(await on.mcf.get(on.context, 'sp-web-1001')).toMatchObject({
      status: 'delivered',
      parcels: [{ deliveredAt: '2026-01-06T00:00:00.000Z' }],
    })
    expect((await call(on, 'DELETE', `${inventory}/NEW?marketplaceId=ATVPDKIKX0DER`)).status).toBe(200)
  })
})
