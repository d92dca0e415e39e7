import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dispositionType, hasArrived, planArrival } from '../../../adapters/shopify/arrivals.ts'
import { markedNote, markOf, withoutMark } from '../../../adapters/shopify/keys.ts'
import { goodsOf, mapReturn } from '../../../adapters/shopify/map-return.ts'
import { linesOf, reasonIdOf } from '../../../adapters/shopify/open-return.ts'
import { idempotencyKey, transactionsOf } from '../../../adapters/shopify/refunds.ts'
import { Disposition } from '../../../src/model/return.ts'
import { moneyBag, wireReturn, wireReturnLine, wireReverseLine } from './return-fixtures.ts'

const line = 'gid://shopify/LineItem/1'
const policy = { restock: false, location: 'gid://shopify/Location/7001' }

describe('a return', () => {
  it.each([
    ['REQUESTED', 0, 'requested'],
    ['OPEN', 0, 'approved'],
    ['OPEN', 1, 'approved'],
    ['OPEN', 3, 'received'],
    ['CLOSED', 0, 'processed'],
    ['DECLINED', 0, 'declined'],
    ['CANCELED', 0, 'cancelled'],
    ['PAUSED', 0, 'unknown'],
  ] as const)('that is %s with %i units processed is %s', (status, processed, wanted) => {
    const lines = [wireReturnLine({ processedQuantity: processed })]
    expect(mapReturn(wireReturn({ status }, lines))).toMatchObject({ status: wanted, rawStatus: status })
  })

  it('counts what arrived apart from what is missing, and tells what was decided', () => {
    const reverse = [
      wireReverseLine({
        dispositions: [
          { type: 'RESTOCKED', quantity: 1 },
          { type: 'MISSING', quantity: 1 },
          { type: 'NOT_RESTOCKED', quantity: 1 },
          { type: 'SHREDDED', quantity: 0 },
        ],
      }),
    ]
    const [found] = mapReturn(wireReturn({}, [wireReturnLine({ processedQuantity: 3 })], reverse)).lines
    expect(found).toMatchObject({
      line,
      expected: 3,
      received: 2,
      dispositions: [
        { kind: 'restocked', quantity: 1, note: null },
        { kind: 'missing', quantity: 1, note: null },
        // Nobody restocked it: that is no word on what became of it.
        { kind: 'unknown', quantity: 1, note: 'NOT_RESTOCKED' },
      ],
    })
  })

  it('sums the parts of one order line, and leaves out goods that the order does not have', () => {
    const two = wireReturnLine({
      id: 'gid://shopify/ReturnLineItem/2',
      quantity: 1,
      fulfillmentLineItem: { id: 'gid://shopify/FulfillmentLineItem/2', lineItem: { id: line } },
    })
    const unverified = wireReturnLine({
      id: 'gid://shopify/UnverifiedReturnLineItem/1',
      fulfillmentLineItem: undefined,
    })
    const { lines } = mapReturn(wireReturn({}, [wireReturnLine(), two, unverified]))
    expect(lines).toMatchObject([{ line, expected: 4, received: 0 }])
  })

  it('tells the reason, the parcel, an exchange, why it was declined, and its latest time', () => {
    const wire = wireReturn(
      {
        status: 'DECLINED',
        decline: { reason: 'FINAL_SALE', note: null },
        closedAt: '2026-07-09T00:00:00Z',
        exchangeLineItems: { nodes: [{ id: 'gid://shopify/ExchangeLineItem/1' }] },
      },
      [
        wireReturnLine({
          customerNote: 'too small',
          returnReasonDefinition: { handle: 'size', name: 'Size' },
        }),
      ],
      [wireReverseLine()],
      '1Z-BACK',
    )
    expect(mapReturn(wire)).toMatchObject({
      rawStatus: 'DECLINED: FINAL_SALE',
      wants: 'exchange',
      trackingNumber: '1Z-BACK',
      updatedAt: '2026-07-09T00:00:00.000Z',
      lines: [{ reason: 'Size: too small' }],
    })
  })
})

describe('an arrival', () => {
  it('has a word of Shopify for every disposition, and restocks there only when asked to', () => {
    const words = Disposition.options.map((kind) => [
      kind,
      dispositionType(kind, false),
      dispositionType(kind, true),
    ])
    expect(words).toEqual([
      ['restocked', 'NOT_RESTOCKED', 'RESTOCKED'],
      ['quarantined', 'PROCESSING_REQUIRED', 'PROCESSING_REQUIRED'],
      ['disposed', 'NOT_RESTOCKED', 'NOT_RESTOCKED'],
      ['damaged', 'NOT_RESTOCKED', 'NOT_RESTOCKED'],
      ['missing', 'MISSING', 'MISSING'],
      ['unknown', 'PROCESSING_REQUIRED', 'PROCESSING_REQUIRED'],
    ])
  })

  const goods = goodsOf(
    wireReturn(
      {},
      [wireReturnLine({ processableQuantity: 2, processedQuantity: 1 })],
      [
        wireReverseLine({ totalQuantity: 2, dispositions: [{ type: 'PROCESSING_REQUIRED', quantity: 1 }] }),
        wireReverseLine({ id: 'gid://shopify/ReverseFulfillmentOrderLineItem/2', totalQuantity: 1 }),
      ],
    ),
  )

  it('is spread over what is left, and tells what has no room', () => {
    const plan = planArrival(
      goods,
      [
        { line, quantity: 1, disposition: 'restocked' },
        { line, quantity: 2, disposition: 'damaged' },
        { line: 'gid://shopify/LineItem/9', quantity: 1, disposition: 'restocked' },
      ],
      { ...policy, restock: true },
    )
    expect(plan).toEqual({
      lines: [
        {
          id: 'gid://shopify/ReturnLineItem/1',
          quantity: 2,
          dispositions: [
            {
              reverseFulfillmentOrderLineItemId: 'gid://shopify/ReverseFulfillmentOrderLineItem/1',
              quantity: 1,
              dispositionType: 'RESTOCKED',
              locationId: policy.location,
            },
            {
              reverseFulfillmentOrderLineItemId: 'gid://shopify/ReverseFulfillmentOrderLineItem/2',
              quantity: 1,
              dispositionType: 'NOT_RESTOCKED',
            },
          ],
        },
      ],
      unplaced: [
        { line, quantity: 1 },
        { line: 'gid://shopify/LineItem/9', quantity: 1 },
      ],
    })
  })

  it('is placed or told unit by unit, never beyond what the return expects', () => {
    const part = fc.record({
      line: fc.constantFrom(line, 'gid://shopify/LineItem/2'),
      quantity: fc.integer({ min: 1, max: 4 }),
      disposition: fc.constantFrom(...Disposition.options),
    })
    const reverse = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 })
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 6 }),
        reverse,
        fc.integer({ min: 0, max: 5 }),
        (arrived, rooms, left) => {
          const places = rooms.map((totalQuantity, index) =>
            wireReverseLine({ id: `reverse-${index}`, totalQuantity }),
          )
          const expects = goodsOf(wireReturn({}, [wireReturnLine({ processableQuantity: left })], places))
          const { lines, unplaced } = planArrival(expects, arrived, policy)
          const sum = (rows: readonly { quantity: number }[]) =>
            rows.reduce((total, { quantity }) => total + quantity, 0)
          expect(sum(lines) + sum(unplaced)).toBe(sum(arrived))
          expect(sum(lines)).toBeLessThanOrEqual(
            Math.min(
              left,
              rooms.reduce((total, each) => total + each, 0),
            ),
          )
          for (const { quantity, dispositions } of lines) expect(sum(dispositions)).toBe(quantity)
        },
      ),
    )
  })

  it('is known by as many units decided in the same way', () => {
    const arrived = (quantity: number, disposition: Disposition) => [{ line, quantity, disposition }]
    expect(hasArrived(goods, arrived(1, 'quarantined'), false)).toBe(true)
    expect(hasArrived(goods, arrived(2, 'quarantined'), false)).toBe(false)
    expect(hasArrived(goods, arrived(1, 'damaged'), false)).toBe(false)
    expect(hasArrived(goods, [...arrived(1, 'quarantined'), ...arrived(1, 'unknown')], false)).toBe(false)
  })
})

describe('opening a return', () => {
  const reasons = [
    { id: 'r1', handle: 'wrong-item', name: 'Wrong item', deleted: false },
    { id: 'r2', handle: 'other', name: 'Other', deleted: false },
    { id: 'r3', handle: 'too-tight', name: 'Too tight', deleted: true },
  ]

  it('takes the reason by its handle or name, else "other"; never a deleted one', () => {
    expect(reasonIdOf(reasons, 'wrong_item')).toBe('r1')
    expect(reasonIdOf(reasons, 'Wrong Item')).toBe('r1')
    expect(reasonIdOf(reasons, 'too-tight')).toBe('r2')
    expect(reasonIdOf(reasons, null)).toBe('r2')
    expect(reasonIdOf([], 'wrong item')).toBe(null)
  })

  it('marks its note so that it is found again, however long the words are', () => {
    expect(markedNote('does not fit', 'ret-1', 255)).toBe('does not fit (stockpool ret-1)')
    expect(markedNote(null, 'ret-1', 255)).toBe('(stockpool ret-1)')
    const long = markedNote('x'.repeat(400), 'ret-1', 255)
    expect(long).toHaveLength(255)
    expect(long.endsWith(markOf('ret-1'))).toBe(true)
    // A key that would not fit, or would not be found again, is replaced by one made of it.
    for (const key of ['k'.repeat(300), 'a (b)', 'ключ']) {
      const note = markedNote('x', key, 255)
      expect(note).toMatch(/^x \(stockpool [0-9a-f-]{36}\)$/)
      expect(note.endsWith(markOf(key))).toBe(true)
    }
  })

  it('shows people its words without the mark', () => {
    expect(withoutMark('does not fit (stockpool ret-1)')).toBe('does not fit')
    expect(withoutMark('(stockpool ret-1)')).toBe('')
    expect(withoutMark('a (stockpool) note')).toBe('a (stockpool) note')
  })

  const returnable = (id: number, quantity: number) => ({
    quantity,
    fulfillmentLineItem: { id: `gid://shopify/FulfillmentLineItem/${id}`, lineItem: { id: line } },
  })
  const request = (quantity: number) => ({
    order: 'gid://shopify/Order/5001',
    lines: [{ line, quantity, reason: 'wrong item' }],
    note: null,
    key: 'ret-1',
  })

  it('takes units from as many parcels as it needs', () => {
    expect(linesOf(request(3), [returnable(1, 2), returnable(2, 2)], reasons)).toMatchObject([
      {
        fulfillmentLineItemId: 'gid://shopify/FulfillmentLineItem/1',
        quantity: 2,
        returnReasonDefinitionId: 'r1',
      },
      {
        fulfillmentLineItemId: 'gid://shopify/FulfillmentLineItem/2',
        quantity: 1,
        returnReasonDefinitionId: 'r1',
      },
    ])
  })

  it('refuses more than can come back', () => {
    expect(() => linesOf(request(3), [returnable(1, 2)], reasons)).toThrow(/only 2 of 3/)
  })
})

describe('a refund', () => {
  const payment = (id: number, suggested: string, most: string, gateway: string | null = 'cards') => ({
    gateway,
    amountSet: moneyBag(suggested),
    maximumRefundableSet: moneyBag(most),
    parentTransaction: { id: `gid://shopify/OrderTransaction/${id}` },
  })
  const suggestion = (...suggestedTransactions: ReturnType<typeof payment>[]) => ({
    amountSet: moneyBag('0'),
    maximumRefundableSet: moneyBag('100'),
    suggestedTransactions,
  })
  const order = 'gid://shopify/Order/5001'
  const amounts = (made: ReturnType<typeof transactionsOf>) =>
    made.map(({ amount, parentId }) => [parentId?.at(-1), amount])

  it('sends back what Shopify suggests, payment by payment, and leaves out what is no payment', () => {
    const made = transactionsOf(
      order,
      suggestion(
        payment(1, '10.00', '10.00', 'gift_card'),
        payment(2, '2.50', '30.00'),
        payment(3, '0.00', '5'),
        payment(4, '1', '1', null),
      ),
      null,
    )
    expect(made).toEqual([
      {
        orderId: order,
        kind: 'REFUND',
        gateway: 'gift_card',
        amount: '10.00',
        parentId: 'gid://shopify/OrderTransaction/1',
      },
      {
        orderId: order,
        kind: 'REFUND',
        gateway: 'cards',
        amount: '2.50',
        parentId: 'gid://shopify/OrderTransaction/2',
      },
    ])
  })

  it('spreads an amount of ours over the payments, as far as each can give back', () => {
    const two = suggestion(payment(1, '10.00', '10.00'), payment(2, '2.50', '30.00'))
    expect(amounts(transactionsOf(order, two, { amount: 1500, currency: 'USD' }))).toEqual([
      ['1', '10.00'],
      ['2', '5.00'],
    ])
    expect(amounts(transactionsOf(order, two, { amount: 300, currency: 'USD' }))).toEqual([['1', '3.00']])
  })

  it('is made in the currency that the buyer paid in', () => {
    const both = {
      ...moneyBag('10.00'),
      presentmentMoney: { amount: '1100', currencyCode: 'JPY' },
    }
    const made = transactionsOf(
      order,
      suggestion({ ...payment(1, '0', '0'), amountSet: both, maximumRefundableSet: both }),
      null,
    )
    expect(made).toMatchObject([{ amount: '1100' }])
  })

  it('has one key for one request, and another for each attempt after a failed one', () => {
    const keys = [0, 1].map((attempt) => idempotencyKey({ order, key: 'refund-1' }, attempt))
    expect(keys[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(idempotencyKey({ order, key: 'refund-1' }, 0)).toBe(keys[0])
    expect(new Set([...keys, idempotencyKey({ order, key: 'refund-2' }, 0)]).size).toBe(3)
  })
})
