import { describe, expect, it } from 'vitest'
import { carrierCodes, carrierOf } from '../../../adapters/ebay/carriers.ts'
import { ebay } from '../../../adapters/ebay/index.ts'
import { fulfillmentOf, fulfillmentRequest, plainNumber } from '../../../adapters/ebay/shipments.ts'
import { carriers } from '../../../src/model/carrier.ts'
import type { NoticeResult } from '../../../src/spec/index.ts'
import { buy, list, notice, type Stage, stage, stateOf } from './stage.ts'

async function bought(it: Stage, quantity = 3) {
  await list(it, 'MUG', 100)
  const order = await buy(it, [{ sku: 'MUG', quantity }])
  const [line] = (await it.connection.orders.get(it.context, order))?.lines ?? []
  it.clear()
  return { order, line: line?.id ?? '' }
}
const codeOf = (result: NoticeResult | undefined) =>
  result?.status === 'failed' ? result.error.code : result?.status
const parcels = (it: Stage) => stateOf(it).orders[0]?.shipments.map(({ trackingNumber }) => trackingNumber)

describe('a parcel', () => {
  it('is told once, after a look at what is there', async () => {
    const it = await stage()
    const { order, line } = await bought(it)
    const [result] = await it.connection.shipments.confirm(it.context, [
      notice(order, [{ line, quantity: 3 }]),
    ])
    expect(result).toEqual({ status: 'done', reference: '9400111899560000000001' })
    expect(it.seen.map(({ operation }) => operation)).toEqual([
      'getShippingFulfillments',
      'createShippingFulfillment',
    ])
    expect(it.seen[1]).toMatchObject({
      method: 'POST',
      path: `/sell/fulfillment/v1/order/${order}/shipping_fulfillment`,
      body: {
        lineItems: [{ lineItemId: line, quantity: 3 }],
        shippedDate: '2026-07-01T08:00:00.000Z',
        shippingCarrierCode: 'USPS',
        trackingNumber: '9400111899560000000001',
      },
      reply: { status: 201 },
    })
  })

  it.each([
    ['drop_after', 'createShippingFulfillment'],
    ['hang_after', 'createShippingFulfillment'],
  ] as const)('whose answer is lost (%s) is looked up, not sent again', async (kind, operation) => {
    const it = await stage({ fetchTimeoutMs: 300 })
    const { order, line } = await bought(it)
    it.simulator.faults.arm({ operation, kind })
    const [result] = await it.connection.shipments.confirm(it.context, [
      notice(order, [{ line, quantity: 3 }]),
    ])
    expect(codeOf(result)).toBe('done')
    expect(it.simulator.count('createShippingFulfillment')).toBe(1)
    expect(parcels(it)).toEqual(['9400111899560000000001'])
  })

  it('that never arrived is in doubt, and goes with the next attempt', async () => {
    const it = await stage()
    const { order, line } = await bought(it)
    it.simulator.faults.arm({ operation: 'createShippingFulfillment', kind: 'drop_before' })
    const confirm = () =>
      it.connection.shipments.confirm(it.context, [notice(order, [{ line, quantity: 3 }])])
    expect(codeOf((await confirm())[0])).toBe('unknown_outcome')
    expect(codeOf((await confirm())[0])).toBe('done')
    expect(parcels(it)).toHaveLength(1)
  })

  it('without a number goes without its carrier too, and is known again by its units', async () => {
    const it = await stage()
    const { order, line } = await bought(it)
    const bare = notice(order, [{ line, quantity: 2 }], { trackingNumber: null })
    const [first] = await it.connection.shipments.confirm(it.context, [bare])
    const [again] = await it.connection.shipments.confirm(it.context, [bare])
    expect([first, again]).toEqual([
      { status: 'done', reference: '999' },
      { status: 'done', reference: '999' },
    ])
    expect(it.of('createShippingFulfillment').map(({ body }) => body)).toEqual([
      { lineItems: [{ lineItemId: line, quantity: 2 }], shippedDate: '2026-07-01T08:00:00.000Z' },
    ])
  })

  it('of the same master number as another is another parcel', async () => {
    const it = await stage()
    const { order, line } = await bought(it)
    const results = await it.connection.shipments.confirm(it.context, [
      notice(order, [{ line, quantity: 2 }]),
      notice(order, [{ line, quantity: 1 }], { parcel: 'parcel-2', sequence: 2 }),
    ])
    expect(results.map(codeOf)).toEqual(['done', 'done'])
    expect(parcels(it)).toHaveLength(2)
  })

  it.each([
    ['one after the other', false],
    ['at once, by calls of their own', true],
  ])('with the same units and number as another is told as well: %s', async (_what, atOnce) => {
    for (const trackingNumber of [null, '9400111899560000000009']) {
      const it = await stage()
      const { order, line } = await bought(it)
      const parcel = (id: string, others: string[]) =>
        notice(order, [{ line, quantity: 1 }], { parcel: id, trackingNumber, others })
      const confirm = async (id: string, others: string[] = []) => {
        const [result] = await it.connection.shipments.confirm(it.context, [parcel(id, others)])
        return result?.status === 'done' ? (result.reference ?? '') : ''
      }
      if (atOnce) await Promise.all([confirm('a'), confirm('b')])
      else await confirm('b', [await confirm('a')])
      expect(it.simulator.count('createShippingFulfillment')).toBe(2)
      // A repeat, by a process that remembers nothing.
      const fresh = ebay(it.simulator.options)
      const [again] = await fresh.shipments.confirm(it.context, [
        { ...parcel('b', [trackingNumber ?? '999']), repeated: true },
      ])
      expect(codeOf(again)).toBe('done')
      expect(it.simulator.count('createShippingFulfillment')).toBe(2)
    }
  })

  it('of more than is left is refused by row', async () => {
    const it = await stage()
    const { order, line } = await bought(it)
    const [result] = await it.connection.shipments.confirm(it.context, [
      notice(order, [{ line, quantity: 9 }]),
    ])
    expect(codeOf(result)).toBe('rejected')
    expect(codeOf((await it.connection.shipments.confirm(it.context, [notice(order, [])]))[0])).toBe(
      'invalid_input',
    )
  })

  it('names each line once, however often it comes', () => {
    const body = fulfillmentRequest(
      notice('1', [
        { line: 'a', quantity: 1 },
        { line: 'a', quantity: 2 },
      ]),
    ).json
    expect(body).toMatchObject({ lineItems: [{ lineItemId: 'a', quantity: 3 }] })
  })

  it('is the one with its number and its units, whatever the spelling', () => {
    const one = notice('1', [{ line: 'a', quantity: 2 }], { trackingNumber: 'ab-12 3' })
    const known = (shipmentTrackingNumber: string, quantity: number) => ({
      fulfillmentId: 'x',
      shipmentTrackingNumber,
      lineItems: [{ lineItemId: 'a', quantity }],
    })
    expect(fulfillmentOf([known('AB123', 1), known('AB123', 2)], one)).toMatchObject({
      lineItems: [{ quantity: 2 }],
    })
    expect(fulfillmentOf([known('AB124', 2)], one)).toBeNull()
    expect(plainNumber('1Z 999-AA')).toBe('1Z999AA')
  })
})

describe('the carriers', () => {
  it('are of the registry, each with a code that eBay could know', () => {
    const known = new Set(carriers.map(({ code }) => code))
    expect(Object.keys(carrierCodes).filter((code) => !known.has(code))).toEqual([])
    expect(Object.values(carrierCodes).filter((code) => !/^[A-Za-z0-9]+$/.test(code))).toEqual([])
  })

  it('that eBay has no code for are "Other"', () => {
    expect([
      carrierOf({ carrier: 'royal-mail' }),
      carrierOf({ carrier: 'veho' }),
      carrierOf({ carrier: null }),
    ]).toEqual(['RoyalMail', 'Other', 'Other'])
  })
})
