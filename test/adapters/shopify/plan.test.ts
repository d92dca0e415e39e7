import { describe, expect, it } from 'vitest'
import { companyOf, shopifyCarriers } from '../../../adapters/shopify/carriers.ts'
import { planFulfillments } from '../../../adapters/shopify/plan.ts'
import type { WireFulfillmentOrder } from '../../../adapters/shopify/wire.ts'
import { carriers } from '../../../src/model/carrier.ts'
import { page } from './fixtures.ts'

function fulfillmentOrder(
  id: string,
  lines: Readonly<Record<string, number>>,
  over: Partial<WireFulfillmentOrder> = {},
): WireFulfillmentOrder {
  const nodes = Object.entries(lines).map(([line, remainingQuantity]) => ({
    id: `${id}/${line}`,
    remainingQuantity,
    lineItem: { id: line },
  }))
  return {
    id,
    status: 'OPEN',
    supportedActions: [{ action: 'CREATE_FULFILLMENT' }],
    assignedLocation: { name: 'Main', location: { id: 'main' } },
    lineItems: page(...nodes),
    ...over,
  }
}

const at = (name: string) => ({ assignedLocation: { name, location: { id: name } } })

describe('planFulfillments', () => {
  it('names fulfilment order lines, not order lines', () => {
    const plan = planFulfillments([fulfillmentOrder('fo1', { a: 3, b: 1 })], [{ line: 'a', quantity: 2 }])
    expect(plan).toEqual({
      calls: [[{ fulfillmentOrderId: 'fo1', fulfillmentOrderLineItems: [{ id: 'fo1/a', quantity: 2 }] }]],
      unplaced: [],
    })
  })

  it('makes one call per location (microsoft/BCApps#7065)', () => {
    const orders = [
      fulfillmentOrder('fo1', { a: 1 }, at('main')),
      fulfillmentOrder('fo2', { b: 1 }, at('back')),
      fulfillmentOrder('fo3', { a: 1 }, at('main')),
    ]
    const { calls } = planFulfillments(orders, [
      { line: 'a', quantity: 2 },
      { line: 'b', quantity: 1 },
    ])
    expect(calls.map((call) => call.map((part) => part.fulfillmentOrderId))).toEqual([
      ['fo1', 'fo3'],
      ['fo2'],
    ])
  })

  it.each([
    { status: 'ON_HOLD' },
    { status: 'SCHEDULED' },
    { status: 'CLOSED' },
    { status: 'CANCELLED' },
    { supportedActions: [{ action: 'REQUEST_FULFILLMENT' }] },
    { supportedActions: [] },
  ])('passes over a fulfilment order with %o', (over) => {
    const parcel = [{ line: 'a', quantity: 1 }]
    expect(planFulfillments([fulfillmentOrder('fo1', { a: 1 }, over)], parcel)).toEqual({
      calls: [],
      unplaced: parcel,
    })
  })

  it('never asks for more than is left, nor with an empty list, which would mean everything', () => {
    const orders = [fulfillmentOrder('fo1', { a: 0, b: 5 }), fulfillmentOrder('fo2', { a: 1 })]
    const { calls, unplaced } = planFulfillments(orders, [{ line: 'a', quantity: 3 }])
    expect(calls).toEqual([
      [{ fulfillmentOrderId: 'fo2', fulfillmentOrderLineItems: [{ id: 'fo2/a', quantity: 1 }] }],
    ])
    expect(unplaced).toEqual([{ line: 'a', quantity: 2 }])
  })

  it('sums a line that a parcel names twice', () => {
    const parcel = [
      { line: 'a', quantity: 1 },
      { line: 'a', quantity: 1 },
    ]
    expect(planFulfillments([fulfillmentOrder('fo1', { a: 2 })], parcel)).toMatchObject({ unplaced: [] })
  })
})

describe('the name of a carrier', () => {
  it('is written to the letter, since only then Shopify links and follows it', () => {
    expect(companyOf('ups', 'United Parcel Service')).toBe('UPS')
    expect(companyOf('dhl-express', null)).toBe('DHL Express')
    expect(companyOf(null, 'FedEx Ground')).toBe('FedEx')
  })

  it('falls back to the words it was given, then to the registry, then to nothing', () => {
    expect(companyOf(null, 'Bob & Sons')).toBe('Bob & Sons')
    expect(companyOf('veho', null)).toBe('Veho')
    expect(companyOf(null, null)).toBeNull()
  })

  it('has only carriers of the registry', () => {
    const codes = carriers.map(({ code }) => code)
    expect(Object.keys(shopifyCarriers).filter((code) => !codes.includes(code))).toEqual([])
  })
})
