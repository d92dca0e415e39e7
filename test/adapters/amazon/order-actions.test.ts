import { describe, expect, it } from 'vitest'
import { cancelOrder } from '../../../adapters/amazon/cancel.ts'
import { cancelFeed } from '../../../adapters/amazon/feeds.ts'
import { parseOptions } from '../../../adapters/amazon/options.ts'
import {
  type ActionKind,
  acknowledgeMessage,
  cancelMessage,
  messageTypes,
  type OrderActions,
  refundMessage,
  shipMessage,
} from '../../../adapters/amazon/order-actions.ts'
import { refundLines } from '../../../adapters/amazon/refund.ts'
import { envelope as documentOf, type Xml, xml, xmlRefusals } from '../../../adapters/amazon/xml.ts'
import { ChannelOrder } from '../../../src/model/order.ts'
import type { CancelReason, RefundRequest } from '../../../src/spec/index.ts'
import { notice, type Stage, stage } from './stage.ts'

const sellerId = 'A1EXAMPLESELLER'
const settings = (on: Stage) => parseOptions(on.simulator.options)
const envelope = (type: string, inner: string) =>
  '<?xml version="1.0" encoding="UTF-8"?><AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">' +
  `<Header><DocumentVersion>1.01</DocumentVersion><MerchantIdentifier>${sellerId}</MerchantIdentifier></Header>` +
  `<MessageType>${type}</MessageType><Message><MessageID>1</MessageID><${type}>${inner}</${type}></Message></AmazonEnvelope>`

const alone = (kind: ActionKind, message: readonly Xml[]) =>
  documentOf(sellerId, messageTypes[kind], [message])

describe('documents', () => {
  it('a cancellation names the lines and a reason of Amazon’s list', () => {
    expect(
      alone('cancel', cancelMessage({ order: '111-1', lines: ['7', '8'], reason: 'out_of_stock' })),
    ).toBe(
      envelope(
        'OrderAcknowledgement',
        '<AmazonOrderID>111-1</AmazonOrderID><StatusCode>Failure</StatusCode>' +
          '<Item><AmazonOrderItemCode>7</AmazonOrderItemCode><CancelReason>NoInventory</CancelReason></Item>' +
          '<Item><AmazonOrderItemCode>8</AmazonOrderItemCode><CancelReason>NoInventory</CancelReason></Item>',
      ),
    )
  })

  it.each([
    ['customer', 'BuyerCanceled'],
    ['address', 'ShippingAddressUndeliverable'],
    ['fraud', 'GeneralAdjustment'],
    ['other', 'GeneralAdjustment'],
  ] as const)('%s is %s', (reason: CancelReason, word) => {
    expect(alone('cancel', cancelMessage({ order: '1', lines: ['7'], reason }))).toContain(
      `<CancelReason>${word}<`,
    )
  })

  it('an acknowledgement says Success, and no more', () => {
    expect(alone('cancel', acknowledgeMessage('111-1'))).toBe(
      envelope(
        'OrderAcknowledgement',
        '<AmazonOrderID>111-1</AmazonOrderID><StatusCode>Success</StatusCode>',
      ),
    )
  })

  it('a refund names its amounts by type, with the currency, and our key', () => {
    const amount = { amount: 1250, currency: 'USD' }
    const lines = [{ line: '7', parts: [{ type: 'Principal' as const, amount }] }]
    expect(alone('refund', refundMessage({ order: '1', key: 'r-1', reason: 'CustomerReturn', lines }))).toBe(
      envelope(
        'OrderAdjustment',
        '<AmazonOrderID>1</AmazonOrderID><AdjustedItem><AmazonOrderItemCode>7</AmazonOrderItemCode>' +
          '<MerchantAdjustmentItemID>r-1</MerchantAdjustmentItemID><AdjustmentReason>CustomerReturn</AdjustmentReason>' +
          '<ItemPriceAdjustments><Component><Type>Principal</Type><Amount currency="USD">12.50</Amount></Component>' +
          '</ItemPriceAdjustments></AdjustedItem>',
      ),
    )
  })

  it('a shipment without tracking names carrier, day and units', () => {
    const action = {
      order: '1',
      service: 'Letter',
      shippedAt: Date.UTC(2026, 6, 1),
      lines: [{ line: '7', quantity: 2 }],
    }
    const data = (carrier: string) =>
      envelope(
        'OrderFulfillment',
        `<AmazonOrderID>1</AmazonOrderID><FulfillmentDate>2026-07-01T00:00:00.000Z</FulfillmentDate><FulfillmentData>${carrier}` +
          '<ShippingMethod>Letter</ShippingMethod></FulfillmentData>' +
          '<Item><AmazonOrderItemCode>7</AmazonOrderItemCode><Quantity>2</Quantity></Item>',
      )
    expect(alone('ship', shipMessage({ ...action, carrierCode: 'USPS' }))).toBe(
      data('<CarrierCode>USPS</CarrierCode>'),
    )
    expect(alone('ship', shipMessage({ ...action, carrierCode: 'Other', carrierName: 'Velo' }))).toBe(
      data('<CarrierName>Velo</CarrierName>'),
    )
  })

  it('text is escaped, and what XML cannot write is left out', () => {
    expect(xml('A', `<&>"'\u0000\u0007é\t`).with({ x: '"&' }).text).toBe(
      '<A x="&quot;&amp;">&lt;&amp;&gt;&quot;&apos;é\t</A>',
    )
  })
})

describe('the processing report of a feed', () => {
  const report = (inner: string) => `<ProcessingReport><ProcessingSummary>${inner}</ProcessingReport>`
  const summary = (errors: number) => `<MessagesWithError>${errors}</MessagesWithError></ProcessingSummary>`

  const said = (text: string | null) => {
    const { messages, whole } = xmlRefusals(text)
    return [[...messages], whole]
  }
  const result = (code: string, message = 1) =>
    `<Result><MessageID>${message}</MessageID><ResultCode>${code}</ResultCode><ResultMessageCode>18028</ResultMessageCode><ResultDescription>No &lt;such&gt; order</ResultDescription></Result>`

  it('DONE alone says nothing: an error in it is a refusal of its message, a warning is none', () => {
    const detail = '18028: No <such> order'
    expect(said(report(summary(1) + result('Error', 7)))).toEqual([[[7, detail]], null])
    expect(said(report(summary(2) + result('Error') + result('Error')))).toEqual([
      [[1, `${detail}; ${detail}`]],
      null,
    ])
    expect(said(report(summary(0) + result('Warning')))).toEqual([[], null])
    expect(said(report(summary(0)))).toEqual([[], null])
    expect(said(null)).toEqual([[], null])
  })

  it('what is said of no message is of the feed as a whole, and leaves open what was taken when some was', () => {
    const some = `<MessagesSuccessful>3</MessagesSuccessful>${summary(1)}`
    expect(said(report(summary(1) + result('Error', 0)))).toEqual([
      [],
      { detail: '18028: No <such> order', someTaken: false },
    ])
    expect(said(report(some + result('Error', 0)))).toMatchObject([[], { someTaken: true }])
    expect(said(report(summary(1)))).toMatchObject([
      [],
      { detail: expect.stringContaining('without a reason'), someTaken: false },
    ])
  })

  it.each(['', '<html>down</html>', '{}'])('%o is no report', (text) => {
    expect(() => xmlRefusals(text)).toThrow(
      expect.objectContaining({ code: 'invalid_input', retryable: true }),
    )
  })
})

async function ordered(on: Stage, lines = [{ sku: 'MUG-RED', quantity: 2 }]): Promise<string> {
  for (const { sku } of lines)
    await on.simulator.control('listings', { sku, quantity: 50, price: { amount: 1250, currency: 'USD' } })
  const { order } = await on.simulator.control<{ order: string }>('orders', { lines })
  await on.clock.advance(10_000)
  return order
}

interface State {
  readonly orders: readonly {
    readonly id: string
    readonly status: string
    readonly acknowledged: boolean
    readonly refunds: readonly { readonly type: string; readonly amount: number; readonly reason: string }[]
    readonly lines: readonly { readonly id: string; readonly cancelled: number }[]
  }[]
}
const orderIn = (on: Stage, id: string) =>
  (on.simulator.state() as State).orders.find((order) => order.id === id)

const cancelling = (order: string, more: object = {}) =>
  ({ order, reason: 'out_of_stock', key: `cancel-${order}`, ...more }) as const

async function ship(on: Stage, id: string, quantity = 2) {
  const order = await on.connection.orders.get(on.context, id)
  const line = order?.lines[0]?.id ?? ''
  await on.connection.shipments.confirm(on.context, [notice({ order: id, lines: [{ line, quantity }] })])
  return line
}

describe('cancelling', () => {
  it('is stopped only when the order itself says so', async () => {
    await using on = await stage()
    const order = await ordered(on)
    expect(await on.connection.orders.cancel(on.context, cancelling(order))).toEqual({ outcome: 'stopped' })
    expect(orderIn(on, order)).toMatchObject({ status: 'CANCELLED', lines: [{ cancelled: 2 }] })
    expect(await on.connection.orders.cancel(on.context, cancelling(order))).toEqual({ outcome: 'stopped' })
    expect(on.simulator.count('createFeed')).toBe(1)
  })

  it('a feed that takes long is unknown, and asking again hands in no second one', async () => {
    await using on = await stage({ feedQueueMs: 3_600_000 }, { feedWaitMs: 60_000 })
    const order = await ordered(on)
    const first = await on.connection.orders.cancel(on.context, cancelling(order))
    expect(first).toMatchObject({ outcome: 'unknown', detail: expect.stringContaining('feed') })
    const { handle } = first
    const again = cancelling(order, { repeated: true, underway: handle })
    expect(await on.connection.orders.cancel(on.context, again)).toMatchObject({ outcome: 'unknown' })
    expect(on.simulator.count('createFeed')).toBe(1)
    await on.clock.advance(3_700_000)
    expect(await on.connection.orders.cancel(on.context, again)).toEqual({ outcome: 'stopped' })
    expect(on.simulator.count('createFeed')).toBe(1)
  })

  it('is asked for again although a feed of another order waits: nobody knows what that one holds', async () => {
    await using on = await stage({ feedQueueMs: 3_600_000 }, { feedWaitMs: 0 })
    const first = await ordered(on)
    await on.connection.orders.cancel(on.context, cancelling(first))
    const order = await ordered(on)
    const again = cancelling(order, { repeated: true })
    await on.connection.orders.cancel(on.context, again)
    await on.clock.advance(3_700_000)
    expect(await on.connection.orders.cancel(on.context, again)).toEqual({ outcome: 'stopped' })
    expect(on.simulator.count('createFeed')).toBe(2)
  })

  it('whose feed Amazon gave up is handed in again', async () => {
    await using on = await stage({ feedQueueMs: 600_000 }, { feedWaitMs: 0 })
    const order = await ordered(on)
    on.simulator.faults.arm({
      operation: 'createFeed',
      kind: 'accepted_not_applied',
      detail: { status: 'FATAL' },
    })
    const { handle } = await on.connection.orders.cancel(on.context, cancelling(order))
    await on.clock.advance(700_000)
    const second = await on.connection.orders.cancel(on.context, cancelling(order, { underway: handle }))
    expect(second).toMatchObject({ outcome: 'unknown', handle: expect.not.stringContaining(`${handle}`) })
    await on.clock.advance(700_000)
    expect(
      await on.connection.orders.cancel(on.context, cancelling(order, { underway: second.handle })),
    ).toEqual({ outcome: 'stopped' })
  })

  it('what was shipped meanwhile is too late; a line that was not is still stopped', async () => {
    await using on = await stage()
    const both = [
      { sku: 'MUG-RED', quantity: 2 },
      { sku: 'MUG-BLUE', quantity: 1 },
    ]
    const order = await ordered(on, both)
    await ship(on, order)
    expect(await on.connection.orders.cancel(on.context, cancelling(order))).toMatchObject({
      outcome: 'too_late',
    })
    expect(orderIn(on, order)?.lines.map(({ cancelled }) => cancelled)).toEqual([0, 1])
  })

  it('an order that Amazon ships itself cannot be cancelled by the seller', async () => {
    await using on = await stage()
    await on.simulator.control('listings', { sku: 'MUG-RED', quantity: 5 })
    const { order } = await on.simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG-RED', quantity: 1 }],
      fulfilledBy: 'platform',
    })
    expect(await on.connection.orders.cancel(on.context, cancelling(order))).toMatchObject({
      outcome: 'too_late',
    })
    expect(on.simulator.count('createFeed')).toBe(0)
  })

  it("another refusal of Amazon's is an error in its words", async () => {
    await using on = await stage()
    const order = await ordered(on)
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'partial_failure' })
    await expect(on.connection.orders.cancel(on.context, cancelling(order))).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('25: The message could not be processed.'),
    })
  })

  it("a buyer's wish is granted by the same way, and refused by shipping", async () => {
    await using on = await stage()
    const order = await ordered(on)
    await on.simulator.control('orders/request-cancel', { order })
    expect(await on.connection.orders.answerCancelRequest(on.context, order, false)).toMatchObject({
      outcome: 'too_late',
    })
    expect(on.simulator.count('createFeed')).toBe(0)
    expect(await on.connection.orders.answerCancelRequest(on.context, order, true)).toEqual({
      outcome: 'stopped',
    })
  })

  it('stands behind a port: a cancellation by REST would go in there', async () => {
    await using on = await stage()
    const id = await ordered(on)
    const asked: object[] = []
    const rest = {
      cancel: async (_, action) => {
        asked.push(action)
        await on.simulator.control('orders/cancel', { order: id, by: 'MERCHANT' })
        return { status: 'taken', reference: '202' }
      },
    } satisfies Partial<OrderActions>
    const read = (order: string) => on.connection.orders.get(on.context, order)
    const outcome = await cancelOrder(on.context, rest as unknown as OrderActions, read, cancelling(id))
    expect(outcome).toEqual({ outcome: 'stopped' })
    expect(asked).toEqual([{ order: id, lines: [orderIn(on, id)?.lines[0]?.id], reason: 'out_of_stock' }])
    expect(on.simulator.count('createFeed')).toBe(0)
  })
})

it('acknowledging hands in one feed, where the option asks for it', async () => {
  await using on = await stage({}, { acknowledgeOrders: true })
  const order = await ordered(on)
  await on.connection.orders.acknowledge?.(on.context, order)
  await on.clock.advance(10_000)
  expect(orderIn(on, order)?.acknowledged ?? null).toBe(true)
})

describe('what is asked for at about the same time', () => {
  it('goes in one feed, acknowledgements and cancellations together', async () => {
    await using on = await stage({}, { acknowledgeOrders: true })
    const orders: string[] = []
    for (let index = 0; index < 12; index += 1) orders.push(await ordered(on))
    const { acknowledge } = on.connection.orders
    const told = orders.slice(0, 6).map((order) => acknowledge?.(on.context, order))
    const cancelled = orders
      .slice(6)
      .map((order) => on.connection.orders.cancel(on.context, cancelling(order)))
    await Promise.all(told)
    expect(await Promise.all(cancelled)).toEqual(Array(6).fill({ outcome: 'stopped' }))
    expect(on.simulator.count('createFeed')).toBe(1)
    expect(orders.map((order) => orderIn(on, order))).toMatchObject([
      ...Array(6).fill({ acknowledged: true }),
      ...Array(6).fill({ status: 'CANCELLED' }),
    ])
  })

  it('has a verdict for each, from one report', async () => {
    await using on = await stage()
    const orders = [await ordered(on), await ordered(on), await ordered(on)]
    // Of the second nothing was shipped: there is nothing to pay back.
    const lines = await Promise.all([0, 2].map((index) => ship(on, orders[index] ?? '')))
    const refunds = orders.map((order) => on.connection.returns.refund(on.context, refunding(order)))
    const settled = await Promise.allSettled(refunds)
    expect(settled).toMatchObject([
      { value: { outcome: 'done', reference: expect.stringMatching(/:1$/) } },
      { reason: { code: 'rejected', message: expect.stringContaining('not shipped') } },
      { value: { outcome: 'done', reference: expect.stringMatching(/:3$/) } },
    ])
    expect(lines).toHaveLength(2)
    expect([on.simulator.count('createFeed'), on.simulator.count('getFeedDocument')]).toEqual([1, 1])
  })

  it('shares the fate of its feed: when the answer is lost, nobody knows of any of it', async () => {
    await using on = await stage()
    const orders = [await ordered(on), await ordered(on)]
    for (const order of orders) await ship(on, order)
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'drop_after' })
    const lost = await Promise.allSettled(
      orders.map((order) => on.connection.returns.refund(on.context, refunding(order))),
    )
    expect(lost).toMatchObject(orders.map(() => ({ reason: { code: 'unknown_outcome' } })))
    // The next one begins a feed of its own.
    const order = await ordered(on)
    await ship(on, order)
    expect(await on.connection.returns.refund(on.context, refunding(order))).toMatchObject({
      outcome: 'done',
    })
  })

  it('and what comes while a feed waits for its turn gathers for the next', async () => {
    await using on = await stage({}, { feedWaitMs: 0 }, 30)
    const orders: string[] = []
    for (let index = 0; index < 40; index += 1) orders.push(await ordered(on))
    const cancel = (order: string) => on.connection.orders.cancel(on.context, cancelling(order))
    // Amazon takes fifteen feeds at once, and then one in two minutes.
    for (const order of orders.slice(0, 15)) await cancel(order)
    const began = on.clock.now()
    const acted: Promise<unknown>[] = []
    for (const order of orders.slice(15)) {
      acted.push(cancel(order))
      await on.clock.advance(3_000)
    }
    await Promise.all(acted)
    expect(on.simulator.count('createFeed')).toBeLessThanOrEqual(18)
    expect(on.clock.now() - began).toBeLessThan(360_000)
  })
})

const refunding = (order: string, more: Partial<RefundRequest> = {}): RefundRequest => ({
  order,
  return: 'RMA-1',
  lines: [],
  shipping: false,
  amount: null,
  reason: null,
  key: `refund-${order}`,
  ...more,
})

describe('refunding', () => {
  it('pays back once what the buyer paid for the units, and says how much', async () => {
    await using on = await stage()
    const order = await ordered(on)
    const line = await ship(on, order)
    const result = await on.connection.returns.refund(
      on.context,
      refunding(order, { lines: [{ line, quantity: 1 }] }),
    )
    expect(result).toMatchObject({ outcome: 'done', amount: { amount: 1250, currency: 'USD' } })
    expect(orderIn(on, order)?.refunds).toMatchObject([
      { type: 'Principal', amount: 1250, reason: 'CustomerReturn' },
    ])
  })

  it('may have been paid: nothing is sent while any refund was handed in since, and a person must look', async () => {
    await using on = await stage()
    const order = await ordered(on)
    const line = await ship(on, order)
    const request = refunding(order, { lines: [{ line, quantity: 1 }] })
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'drop_after' })
    await expect(on.connection.returns.refund(on.context, request)).rejects.toMatchObject({
      code: 'unknown_outcome',
    })
    await expect(
      on.connection.returns.refund(on.context, { ...request, repeated: true }),
    ).rejects.toMatchObject({
      code: 'unknown_outcome',
      retryable: false,
      details: { feeds: [expect.any(String)] },
    })
    await on.clock.advance(10_000)
    await on.connection.orders.get(on.context, order)
    expect(orderIn(on, order)?.refunds).toHaveLength(1)
  })

  it('lost before it arrived: the repeat finds no refund, and pays', async () => {
    await using on = await stage()
    const order = await ordered(on)
    const line = await ship(on, order)
    const request = refunding(order, { lines: [{ line, quantity: 1 }] })
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'drop_before' })
    await expect(on.connection.returns.refund(on.context, request)).rejects.toMatchObject({
      code: 'unknown_outcome',
    })
    expect(await on.connection.returns.refund(on.context, { ...request, repeated: true })).toMatchObject({
      outcome: 'done',
    })
    expect(orderIn(on, order)?.refunds).toHaveLength(1)
  })

  it('a feed that takes long is pending, with its id', async () => {
    await using on = await stage({ feedQueueMs: 3_600_000 }, { feedWaitMs: 0 })
    const order = await ordered(on)
    await ship(on, order)
    expect(await on.connection.returns.refund(on.context, refunding(order))).toMatchObject({
      outcome: 'pending',
      reference: expect.stringMatching(/^\d+:1$/),
    })
  })

  it('that was handed in is pending, whatever keeps us from looking at it then', async () => {
    await using on = await stage()
    const order = await ordered(on)
    await ship(on, order)
    on.simulator.faults.arm({ operation: 'getFeed', kind: 'status', status: 403, times: 100 })
    expect(await on.connection.returns.refund(on.context, refunding(order))).toMatchObject({
      outcome: 'pending',
      reference: expect.any(String),
    })
  })

  describe('whose feed took long is looked at by its reference', () => {
    async function handedIn(fault?: object) {
      const on = await stage({ feedQueueMs: 600_000 }, { feedWaitMs: 0 })
      const order = await ordered(on)
      const line = await ship(on, order)
      if (fault) on.simulator.faults.arm({ operation: 'createFeed', ...fault } as never)
      const request = refunding(order, { lines: [{ line, quantity: 1 }] })
      const { reference } = await on.connection.returns.refund(on.context, request)
      const pending = { order, return: null, key: request.key, reference: reference ?? '' }
      const look = () => on.connection.returns.checkRefund(on.context, pending)
      return { on, look, pending }
    }

    it('and is paid', async () => {
      const { on, look } = await handedIn()
      await using _ = on
      expect(await look()).toMatchObject({ outcome: 'pending' })
      await on.clock.advance(700_000)
      expect(await look()).toMatchObject({ outcome: 'done' })
    })

    it("and is refused, in Amazon's words", async () => {
      const { on, look } = await handedIn({ kind: 'partial_failure' })
      await using _ = on
      await on.clock.advance(700_000)
      expect(await look()).toMatchObject({
        outcome: 'refused',
        detail: '25: The message could not be processed.',
      })
    })

    it('and nobody can tell, when Amazon aborted the feed: some of it may have been done', async () => {
      const { on, look } = await handedIn({ kind: 'accepted_not_applied', detail: { status: 'FATAL' } })
      await using _ = on
      await on.clock.advance(700_000)
      expect(await look()).toMatchObject({ outcome: 'unknown', detail: expect.stringContaining('FATAL') })
    })

    it('and nothing is paid, when the feed was taken back before Amazon came to it', async () => {
      const { on, look, pending } = await handedIn()
      await using _ = on
      await cancelFeed(on.context, settings(on), pending.reference.replace(/:1$/, ''))
      expect(await look()).toMatchObject({ outcome: 'refused', detail: expect.stringContaining('CANCELLED') })
    })
  })

  it("Amazon's refusal is an error in its words: more than was paid, or nothing shipped", async () => {
    await using on = await stage()
    const order = await ordered(on)
    await expect(on.connection.returns.refund(on.context, refunding(order))).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('not shipped'),
    })
  })
})

describe('the amounts of a refund', () => {
  const money = (amount: number) => ({ amount, currency: 'USD' })
  const order = ChannelOrder.parse({
    id: '111-1',
    status: 'shipped',
    placedAt: '2026-01-01T00:00:00Z',
    updatedAt: '2026-01-01T00:00:00Z',
    raw: {},
    lines: [
      {
        id: '7',
        listing: 'A',
        ordered: 3,
        price: money(1000),
        discount: money(100),
        shipping: money(301),
        taxes: [
          { amount: money(250), collectedBy: 'merchant' },
          { amount: money(99), collectedBy: 'platform' },
        ],
      },
      { id: '8', listing: 'B', ordered: 1, price: money(500) },
    ],
  })
  const lines = (more: Partial<RefundRequest>) => refundLines(order, refunding('111-1', more))
  const parts = (of: ReturnType<typeof lines>) =>
    of.map((each) => [each.line, ...each.parts.map(({ type, amount }) => `${type} ${amount.amount}`)])

  it('are the share of what was paid, with the tax that the merchant collected, not the one that Amazon did', () => {
    expect(parts(lines({ lines: [{ line: '7', quantity: 1 }], shipping: true }))).toEqual([
      ['7', 'Principal 967', 'Tax 83', 'Shipping 100'],
    ])
    expect(parts(lines({}))).toEqual([
      ['7', 'Principal 2900', 'Tax 250'],
      ['8', 'Principal 500'],
    ])
  })

  it('an amount over lines is divided by what they cost, and adds up', () => {
    const both = [
      { line: '7', quantity: 1 },
      { line: '8', quantity: 1 },
    ]
    expect(parts(lines({ lines: both, amount: money(1000) }))).toEqual([
      ['7', 'Principal 666'],
      ['8', 'Principal 334'],
    ])
  })

  it('an amount for the order as a whole is goodwill', () => {
    expect(parts(lines({ amount: money(300) }))).toEqual([['7', 'Goodwill 300']])
  })

  it.each([
    [{ lines: [{ line: '9', quantity: 1 }] }, 'lines'],
    [{ lines: [{ line: '8', quantity: 2 }] }, 'lines'],
    [{ amount: money(0) }, 'amount'],
  ])('%o is refused', (more, field) => {
    expect(() => lines(more)).toThrow(expect.objectContaining({ code: 'invalid_input', field }))
  })

  it('without prices the amount must be said', () => {
    const bare = { ...order, lines: order.lines.map((line) => ({ ...line, price: null })) }
    expect(() => refundLines(bare, refunding('111-1'))).toThrow(expect.objectContaining({ field: 'amount' }))
  })
})
