import { describe, expect, it } from 'vitest'
import { amazon } from '../../../adapters/amazon/index.ts'
import { newsOf } from '../../../adapters/amazon/label-tracking.ts'
import { carrierOf, ratesBody } from '../../../adapters/amazon/labels.ts'
import { startAmazonSimulator } from '../../../adapters/amazon/simulator/index.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { LabelRequest } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { notice } from './stage.ts'

const shipFrom = {
  name: 'Mug Works',
  company: null,
  line1: '1 Kiln Lane',
  line2: null,
  line3: null,
  city: 'Tacoma',
  region: 'WA',
  postalCode: '98402',
  country: 'US',
  phone: '+12535550100',
}

async function shop(options: object = {}) {
  const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
  const simulator = await startAmazonSimulator({ clock, pendingMs: 0 })
  const connection = amazon({ ...simulator.options, labels: true, ...options })
  const context = adapterContext(connection, { clock, random: () => 0, fetchTimeoutMs: 500 })
  await simulator.control('listings', {
    sku: 'MUG-RED',
    quantity: 50,
    price: { amount: 1250, currency: 'USD' },
  })
  const { order } = await simulator.control<{ order: string }>('orders', {
    lines: [{ sku: 'MUG-RED', quantity: 2 }],
    programs: ['PRIME'],
  })
  await clock.advance(5_000)
  const found = await connection.orders.get(context, order)
  const line = found?.lines[0]?.id ?? ''
  const box = { size: { length: 200, width: 150, height: 100 }, weight: 900 }
  const request: LabelRequest = {
    order,
    shipFrom,
    packages: [{ ...box, lines: [{ line, quantity: 2 }] }],
    shipAt: clock.now(),
  }
  return {
    simulator,
    connection,
    labels: connection.labels,
    context,
    clock,
    order,
    line,
    request,
    async [Symbol.asyncDispose]() {
      clock.stop()
      await simulator.close()
    },
  }
}

const labelsIn = (simulator: { state(): unknown }) =>
  (simulator.state() as { labels: { order: string; voided: boolean }[] }).labels

describe('labels', () => {
  it('rates name carrier, price and day, and whether they keep the promise to the buyer', async () => {
    await using on = await shop()
    const rates = await on.labels.rates(on.context, on.request)
    expect(rates).toMatchObject([
      {
        carrier: 'usps',
        service: 'USPS Ground Advantage',
        price: { amount: 542, currency: 'USD' },
        keepsPromise: true,
      },
      {
        carrier: 'ups',
        service: 'UPS 2nd Day Air',
        price: { amount: 1195, currency: 'USD' },
        keepsPromise: true,
      },
    ])
  })

  it('bought, read again and given back', async () => {
    await using on = await shop()
    const [rate] = await on.labels.rates(on.context, on.request)
    const label = await on.labels.buy(on.context, { ...on.request, rate: rate?.id ?? '', key: 'label-1' })
    expect(label).toMatchObject({
      carrier: 'usps',
      carrierName: 'USPS',
      price: { amount: 542 },
      packages: [{ trackingNumber: expect.stringMatching(/^1Z/), format: 'PDF' }],
    })
    const text = Buffer.from(label.packages[0]?.document ?? []).toString()
    expect(text).toContain(on.order)
    expect(await on.labels.get(on.context, label.id)).toEqual({ ...label, price: null })
    expect(await on.labels.void(on.context, label.id)).toEqual({ outcome: 'stopped' })
    expect(labelsIn(on.simulator)).toMatchObject([{ order: on.order, voided: true }])
  })

  it.each(['drop_after', 'hang_after', 'drop_before'] as const)(
    '%s: one label, bought once under one key',
    async (kind) => {
      await using on = await shop()
      const [rate] = await on.labels.rates(on.context, on.request)
      on.simulator.faults.arm({ operation: 'purchaseShipment', kind })
      const asked = { ...on.request, rate: rate?.id ?? '', key: 'label-1' }
      const label = await on.labels.buy(on.context, asked)
      expect(await on.labels.buy(on.context, { ...asked, repeated: true })).toEqual(label)
      expect(labelsIn(on.simulator)).toHaveLength(1)
    },
  )

  it('an offer that has ended is refused; if it may have been bought before, a person must look', async () => {
    await using on = await shop()
    const [rate] = await on.labels.rates(on.context, on.request)
    await on.clock.advance(700_000)
    const asked = { ...on.request, rate: rate?.id ?? '', key: 'label-1' }
    await expect(on.labels.buy(on.context, asked)).rejects.toMatchObject({ code: 'rejected' })
    await expect(on.labels.buy(on.context, { ...asked, repeated: true })).rejects.toMatchObject({
      code: 'unknown_outcome',
      retryable: false,
    })
  })

  it('takes the document that was asked for where the carrier has it, else the nearest', async () => {
    await using on = await shop({ labels: { format: 'ZPL', dpi: 203 } })
    const [rate] = await on.labels.rates(on.context, on.request)
    const bought = await on.labels.buy(on.context, { ...on.request, rate: rate?.id ?? '', key: 'z' })
    expect(bought.packages[0]?.format).toBe('ZPL')
    await using png = await shop({ labels: { format: 'PNG' } })
    const [other] = await png.labels.rates(png.context, png.request)
    const second = await png.labels.buy(png.context, { ...png.request, rate: other?.id ?? '', key: 'p' })
    expect(second.packages[0]?.format).toBe('PDF')
  })

  it('tell where their parcel is', async () => {
    await using on = await shop()
    const [rate] = await on.labels.rates(on.context, on.request)
    const label = await on.labels.buy(on.context, { ...on.request, rate: rate?.id ?? '', key: 'label-1' })
    const trackingNumber = label.packages[0]?.trackingNumber ?? ''
    const track = () => on.labels.track(on.context, { label: label.id, trackingNumber })
    expect(await track()).toMatchObject({ status: 'info_received', rawStatus: 'PreTransit' })
    await on.clock.advance(86_400_000)
    await on.simulator.control('labels/scan', { tracking: trackingNumber, code: 'OutForDelivery' })
    expect(await track()).toMatchObject({
      status: 'out_for_delivery',
      at: expect.closeTo(on.clock.now(), -4),
      deliverBy: expect.any(Number),
    })
    expect(await on.labels.track(on.context, { label: label.id, trackingNumber: '1ZNONE' })).toBeNull()
  })

  it.each([
    ['Delivered', 'FORWARD', 'delivered'],
    ['Delivered', 'RETURNS', 'returned'],
    ['InTransit', 'RETURNS', 'returning'],
    ['Lost', 'RETURNS', 'exception'],
    ['AwaitingCustomerPickup', 'FORWARD', 'pickup_ready'],
    ['Abducted', 'FORWARD', 'unknown'],
  ])('%s on the way %s is %s', (word, shipmentType, status) => {
    const events = [
      { eventCode: 'x', eventTime: '2026-02-11T07:09:05Z', shipmentType },
      { eventCode: 'Undeliverable', eventTime: '2026-02-10T07:09:05Z', shipmentType: 'FORWARD' },
    ]
    expect(newsOf({ eventHistory: events, promisedDeliveryDate: null, summary: { status: word } })).toEqual({
      status,
      rawStatus: word,
      at: Date.parse('2026-02-11T07:09:05Z'),
      deliverBy: null,
    })
    expect(newsOf({ eventHistory: [], summary: { status: word } })).toBeNull()
  })

  it('a label that was used is not given back, and several boxes have one each', async () => {
    await using on = await shop()
    const [box] = on.request.packages
    if (!box) return expect.unreachable()
    const one = { ...box, lines: [{ line: on.line, quantity: 1 }] }
    const two = { ...on.request, packages: [one, one] }
    const [rate] = await on.labels.rates(on.context, two)
    const label = await on.labels.buy(on.context, { ...two, rate: rate?.id ?? '', key: 'two' })
    expect(label.packages).toHaveLength(2)
    expect((await on.labels.get(on.context, label.id))?.packages).toEqual(label.packages)
    const trackingNumber = label.packages[0]?.trackingNumber ?? ''
    const sent = notice({
      order: on.order,
      carrier: 'usps',
      trackingNumber,
      lines: [{ line: on.line, quantity: 1 }],
    })
    await on.connection.shipments.confirm(on.context, [sent])
    expect(await on.labels.void(on.context, label.id)).toMatchObject({ outcome: 'too_late' })
  })

  it('an order that Amazon does not know, a strange id and a half address are refused', async () => {
    await using on = await shop()
    const unknown = { ...on.request, order: '999-9999999-9999999' }
    await expect(on.labels.rates(on.context, unknown)).rejects.toMatchObject({
      code: 'not_found',
      field: 'order',
    })
    await expect(on.labels.get(on.context, 'nonsense')).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'id',
    })
    const bare = { ...on.request, shipFrom: { ...shipFrom, postalCode: null } }
    await expect(on.labels.rates(on.context, bare)).rejects.toMatchObject({ field: 'shipFrom.postalCode' })
    const gone = Buffer.from(JSON.stringify({ shipment: 'x', packages: 1, carrier: 'UPS', name: 'UPS' }))
    expect(await on.labels.get(on.context, gone.toString('base64url'))).toBeNull()
  })

  it('sizes go in centimetres, weights in grams; where the parcel goes, the order tells', async () => {
    await using on = await shop()
    const order = await on.connection.orders.get(on.context, on.order)
    if (!order) return expect.unreachable()
    expect(ratesBody(order, on.request)).toEqual({
      shipFrom: {
        name: 'Mug Works',
        addressLine1: '1 Kiln Lane',
        city: 'Tacoma',
        stateOrRegion: 'WA',
        postalCode: '98402',
        countryCode: 'US',
        phoneNumber: '+12535550100',
      },
      shipDate: new Date(on.request.shipAt).toISOString(),
      packages: [
        {
          dimensions: { length: 20, width: 15, height: 10, unit: 'CENTIMETER' },
          weight: { unit: 'GRAM', value: 900 },
          insuredValue: { unit: 'USD', value: 0 },
          packageClientReferenceId: '1',
          items: [{ itemIdentifier: on.line, quantity: 2 }],
        },
      ],
      channelDetails: { channelType: 'AMAZON', amazonOrderDetails: { orderId: on.order } },
    })
  })

  it.each([
    ['UPS', 'ups'],
    ['USPS', 'usps'],
    ['FEDEX', 'fedex'],
    ['AMZN_US', null],
  ])('carrier %s is %s', (id, code) => expect(carrierOf(id)).toBe(code))
})
