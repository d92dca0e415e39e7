import { describe, expect, it } from 'vitest'
import { amazon } from '../../../adapters/amazon/index.ts'
import { startAmazonSimulator } from '../../../adapters/amazon/simulator/index.ts'
import { isStockpoolError } from '../../../src/error.ts'
import type { ChannelOrder } from '../../../src/model/order.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { AdapterContext, QueueFacet } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { options } from './stage.ts'

const sqsArn = 'arn:aws:sqs:us-east-1:123456789012:amazon-news'
const eventBridge = { accountId: '123456789012', region: 'us-east-1' }

async function listening(more: object = {}) {
  const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
  const simulator = await startAmazonSimulator({ clock, pendingMs: 0, settlingMs: 0 })
  const notifications = { sqsArn, queue: simulator.queue, eventBridge }
  const connection = amazon({ ...simulator.options, ...more, notifications })
  const context = adapterContext(connection, { clock, random: () => 0, fetchTimeoutMs: 500 })
  const queue: QueueFacet = connection.queue
  return {
    simulator,
    connection,
    context,
    clock,
    queue,
    async [Symbol.asyncDispose]() {
      clock.stop()
      await simulator.close()
    },
  }
}
type Listening = Awaited<ReturnType<typeof listening>>

interface State {
  readonly messages: number
  readonly subscriptions: readonly { readonly type: string; readonly destinationId: string }[]
}
const stateOf = (on: Listening) => on.simulator.state() as State

async function buy(on: Listening): Promise<string> {
  await on.simulator.control('listings', { sku: 'MUG-RED', quantity: 100 })
  const { order } = await on.simulator.control<{ order: string }>('orders', {
    lines: [{ sku: 'MUG-RED', quantity: 1 }],
  })
  return order
}

describe('subscriptions', () => {
  it('are made once, in the right places, however often they are seen to', async () => {
    await using on = await listening()
    await on.queue.ensure?.(on.context)
    const made = stateOf(on).subscriptions
    const types = made.map(({ type }) => type).sort()
    expect(types).toEqual([
      'FEED_PROCESSING_FINISHED',
      'LISTINGS_ITEM_MFN_QUANTITY_CHANGE',
      'ORDER_CHANGE',
      'REPORT_PROCESSING_FINISHED',
    ])
    // Listings go to EventBridge, the rest to the queue.
    expect(new Set(made.map(({ destinationId }) => destinationId)).size).toBe(2)
    await on.queue.ensure?.(on.context)
    expect(stateOf(on).subscriptions).toEqual(made)
  })

  it.each(['createDestination', 'createSubscription'] as const)(
    'a lost answer of %s makes no second one',
    async (operation) => {
      await using on = await listening()
      on.simulator.faults.arm({ operation, kind: 'drop_after' })
      await on.queue.ensure?.(on.context)
      expect(stateOf(on).subscriptions).toHaveLength(4)
    },
  )

  it('with MCF, its news is subscribed to as well', async () => {
    await using on = await listening({ mcf: true })
    await on.queue.ensure?.(on.context)
    const types = stateOf(on).subscriptions.map(({ type }) => type)
    expect(types).toContain('FULFILLMENT_ORDER_STATUS')
    expect(types).toContain('FBA_INVENTORY_AVAILABILITY_CHANGES')
  })

  it('one that goes elsewhere is left alone, and named', async () => {
    await using on = await listening()
    await on.queue.ensure?.(on.context)
    const other = amazon({
      ...on.simulator.options,
      notifications: { sqsArn: 'arn:aws:sqs:us-east-1:123456789012:another' },
    })
    const context = adapterContext(other, { clock: on.clock })
    await expect(other.queue.ensure?.(context)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('ORDER_CHANGE'),
    })
  })

  it('one that leaves out a marketplace is made anew', async () => {
    const marketplaceIds = ['ATVPDKIKX0DER', 'A2EUQ1WTGCTBG2']
    const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
    const simulator = await startAmazonSimulator({ clock, marketplaceIds })
    try {
      const notifications = { sqsArn }
      const narrow = amazon({ ...simulator.options, marketplaceIds: ['ATVPDKIKX0DER'], notifications })
      await narrow.queue.ensure?.(adapterContext(narrow, { clock }))
      const wide = amazon({ ...simulator.options, notifications })
      await wide.queue.ensure?.(adapterContext(wide, { clock }))
      expect(simulator.count('deleteSubscriptionById', 200)).toBe(1)
      expect(simulator.count('createSubscription', 200)).toBe(4)
    } finally {
      clock.stop()
      await simulator.close()
    }
  })

  it('amzn/selling-partner-api-docs#845, amzn/selling-partner-api-models#1441: a FIFO queue is refused at once', () => {
    const bad = () => amazon({ ...options, notifications: { sqsArn: `${sqsArn}.fifo` } })
    expect(bad).toThrow(expect.objectContaining({ field: 'notifications.sqsArn' }))
  })

  it('without an address nothing is subscribed, and without a reader nothing is read', () => {
    const { queue } = amazon({ ...options, notifications: {} })
    expect(Object.keys(queue)).toEqual(['parse'])
  })
})

/** Reads what waits, as an engine does: stores the hints, then acknowledges, then reads the truth. */
async function drain(
  { queue, context }: Pick<Listening, 'queue' | 'context'>,
  seen: Set<string>,
  look: (order: string) => Promise<void>,
): Promise<number> {
  const messages = (await queue.receive?.(context)) ?? []
  const orders: string[] = []
  for (const { event } of messages) {
    if (isStockpoolError(event) || !('hints' in event) || seen.has(event.id)) continue
    seen.add(event.id)
    for (const hint of event.hints) if (hint.kind === 'order') orders.push(hint.order)
  }
  await queue.acknowledge?.(
    context,
    messages.map(({ receipt }) => receipt),
  )
  for (const order of orders) await look(order)
  return messages.length
}

describe('the queue', () => {
  it('hints at what changed; the same notification twice has one id, and is forgotten once acknowledged', async () => {
    await using on = await listening()
    await on.queue.ensure?.(on.context)
    await on.simulator.control('queue/chaos', { duplicate: 1 })
    const order = await buy(on)
    const messages = (await on.queue.receive?.(on.context)) ?? []
    const events = messages.map(({ event }) => event)
    expect(events).toMatchObject([
      { topic: 'ORDER_CHANGE', hints: [{ kind: 'order', order }] },
      { topic: 'ORDER_CHANGE', hints: [{ kind: 'order', order }] },
    ])
    expect(new Set(events.map((event) => 'id' in event && event.id)).size).toBe(1)
    await on.queue.acknowledge?.(
      on.context,
      messages.map(({ receipt }) => receipt),
    )
    await on.queue.acknowledge?.(
      on.context,
      messages.map(({ receipt }) => receipt),
    )
    expect(stateOf(on).messages).toBe(0)
  })

  it('what was not acknowledged comes again, as the same event', async () => {
    await using on = await listening()
    await on.queue.ensure?.(on.context)
    await buy(on)
    const [first] = (await on.queue.receive?.(on.context)) ?? []
    expect(await on.queue.receive?.(on.context)).toEqual([])
    await on.clock.advance(60_000)
    const [again] = (await on.queue.receive?.(on.context)) ?? []
    expect(again?.event).toEqual(first?.event)
    expect(again?.receipt).not.toBe(first?.receipt)
  })

  it('twice, late and in any order: the orders end as they are at Amazon', async () => {
    await using on = await listening()
    await on.queue.ensure?.(on.context)
    await on.simulator.control('queue/chaos', { duplicate: 2, reorder: true })
    const ids: string[] = []
    for (let index = 0; index < 5; index += 1) ids.push(await buy(on))
    await on.simulator.control('orders/cancel', { order: ids[1] })
    await on.simulator.control('orders/request-cancel', { order: ids[2] })
    await on.clock.advance(3_600_000)
    const known = new Map<string, ChannelOrder>()
    const seen = new Set<string>()
    const look = async (id: string) => {
      const order = await on.connection.orders.get(on.context, id)
      if (order) known.set(id, order)
    }
    while ((await drain(on, seen, look)) > 0);
    expect([...known.keys()].sort()).toEqual([...ids].sort())
    expect(known.get(ids[1] ?? '')?.status).toBe('cancelled')
    expect(known.get(ids[2] ?? '')?.cancelRequested).not.toBeNull()
    expect(seen.size).toBe(7)
    expect(stateOf(on).messages).toBe(0)
  })

  it('docs#3278, docs#2662: a queue that is dead loses nothing, for the orders are swept as ever', async () => {
    await using on = await listening()
    await on.queue.ensure?.(on.context)
    await on.simulator.control('queue/chaos', { drop: true })
    const begun = await on.connection.orders.read(on.context, null)
    const ids = [await buy(on), await buy(on)]
    await on.simulator.control('orders/cancel', { order: ids[0] })
    expect(await on.queue.receive?.(on.context)).toEqual([])
    const found = new Map<string, string>()
    let { cursor } = begun
    for (let sweep = 0; sweep < 2; sweep += 1) {
      await on.clock.advance(on.connection.intervals.ordersMs ?? 0)
      const page = await on.connection.orders.read(on.context, cursor)
      for (const { id, status } of page.orders) found.set(id, status)
      cursor = page.cursor
    }
    expect([...found]).toEqual(
      expect.arrayContaining([
        [ids[0], 'cancelled'],
        [ids[1], 'open'],
      ]),
    )
  })

  it('a message that is none of Amazon’s is an error beside the others, and can be forgotten', async () => {
    await using on = await listening()
    await on.queue.ensure?.(on.context)
    await on.simulator.control('queue/put', { body: 'who goes there' })
    const order = await buy(on)
    const messages = (await on.queue.receive?.(on.context)) ?? []
    expect(messages.map(({ event }) => (isStockpoolError(event) ? event.code : 'hints'))).toEqual([
      'invalid_input',
      'hints',
    ])
    expect(messages[1]?.event).toMatchObject({ hints: [{ kind: 'order', order }] })
    await on.queue.acknowledge?.(
      on.context,
      messages.map(({ receipt }) => receipt),
    )
    expect(stateOf(on).messages).toBe(0)
  })
})

describe("the merchant's own reader", () => {
  const wrapped = (queue: object) => {
    const connection = amazon({ ...options, notifications: { queue: queue as never } })
    const warnings: string[] = []
    const log = { debug: () => {}, info: () => {}, warn: (message: string) => void warnings.push(message) }
    return {
      queue: connection.queue as Required<QueueFacet>,
      context: adapterContext(connection, { log }),
      warnings,
    }
  }
  const none = async () => []

  it('fails as unavailable, without its words, which may name the account', async () => {
    const fails = async () => {
      throw Object.assign(new Error('AccessDenied for arn:aws:iam::123456789012:user/x'), {
        name: 'AccessDenied',
      })
    }
    const { queue, context } = wrapped({ receive: fails, remove: fails })
    await expect(queue.receive(context)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the SQS queue cannot be read (AccessDenied)',
    })
    await expect(queue.acknowledge(context, ['r'])).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('is stopped by the signal', async () => {
    const ending = new AbortController()
    const { queue, context } = wrapped({
      receive: (signal: AbortSignal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      remove: none,
    })
    const reading = queue.receive({ ...context, signal: ending.signal } as AdapterContext)
    ending.abort(new Error('the hub stops'))
    await expect(reading).rejects.toThrow('the hub stops')
  })

  it('deletes ten at a time', async () => {
    const sizes: number[] = []
    const remove = async (handles: readonly string[]) => void sizes.push(handles.length)
    const { queue, context } = wrapped({ receive: none, remove })
    await queue.acknowledge(
      context,
      Array.from({ length: 23 }, (_, index) => `r-${index}`),
    )
    expect(sizes).toEqual([10, 10, 3])
  })

  it('a message without a receipt handle is left, and told', async () => {
    const { queue, context, warnings } = wrapped({ receive: async () => [{ Body: '{}' }], remove: none })
    expect(await queue.receive(context)).toEqual([])
    expect(warnings).toHaveLength(1)
  })

  it('must be two functions', () => {
    const bad = () => amazon({ ...options, notifications: { queue: { receive: none } as never } })
    expect(bad).toThrow(expect.objectContaining({ field: 'notifications.queue' }))
  })
})

describe('a message that was handed in', () => {
  const { queue } = amazon({ ...options, notifications: {} })
  const order = (more: object = {}) => ({
    NotificationVersion: '1.0',
    NotificationType: 'ORDER_CHANGE',
    PayloadVersion: '1.0',
    EventTime: '2026-07-01T12:00:00.000Z',
    Payload: {
      OrderChangeNotification: { SellerId: options.sellerId, AmazonOrderId: '111-1111111-1111111', ...more },
    },
    NotificationMetadata: { NotificationId: 'n-1' },
  })
  const hint = { kind: 'order', order: '111-1111111-1111111' }

  it.each([
    ['itself', order()],
    ['its text', JSON.stringify(order())],
    ['of SQS', { Body: JSON.stringify(order()), ReceiptHandle: 'r' }],
    ['of SQS as a Lambda gets it', { messageId: 'm', body: JSON.stringify(order()) }],
    ['one in a list', { Records: [{ body: JSON.stringify(order()) }] }],
    [
      'of EventBridge, by way of SQS',
      { Records: [{ body: JSON.stringify({ source: 'aws.partner/x', detail: order() }) }] },
    ],
    ['of EventBridge', { source: 'aws.partner/sellingpartnerapi.amazon.com/x', detail: order() }],
  ])('%s', (_, message) => {
    expect(queue.parse(message)).toEqual({
      id: 'n-1',
      topic: 'ORDER_CHANGE',
      occurredAt: Date.UTC(2026, 6, 1, 12),
      hints: [hint],
    })
  })

  it.each([
    [undefined],
    [null],
    [42],
    ['not json'],
    ['"text"'],
    [[]],
    [{}],
    [{ Records: [{ body: '{}' }, { body: '{}' }] }],
    [{ NotificationType: 'ORDER_CHANGE', NotificationMetadata: { NotificationId: 'n' } }],
    [{ ...order(), NotificationMetadata: {} }],
    [order({ AmazonOrderId: undefined })],
    [order({ AmazonOrderId: 7 })],
    [{ body: JSON.stringify({ body: JSON.stringify({ body: JSON.stringify({ body: '{}' }) }) }) }],
  ])('%j is refused, and nothing else is ever thrown', (message) => {
    expect(() => queue.parse(message)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  it("another seller's, and one of an unknown type, hint at nothing", () => {
    expect(queue.parse(order({ SellerId: 'A2STRANGER' })).hints).toMatchObject([{ kind: 'ignored' }])
    expect(queue.parse({ ...order(), NotificationType: 'PRICING_HEALTH' }).hints).toEqual([
      { kind: 'ignored', topic: 'PRICING_HEALTH' },
    ])
  })

  it.each([
    [
      'LISTINGS_ITEM_MFN_QUANTITY_CHANGE',
      { SellerId: options.sellerId, FulfillmentChannelCode: 'DEFAULT', Sku: 'MUG/RED', Quantity: 4 },
      { kind: 'listing', listing: 'MUG/RED', place: '' },
    ],
    [
      'FULFILLMENT_ORDER_STATUS',
      {
        FulfillmentOrderStatusNotification: {
          SellerId: options.sellerId,
          SellerFulfillmentOrderId: 'sp-1',
          FulfillmentOrderStatus: 'PROCESSED',
        },
      },
      { kind: 'fulfillment', reference: 'sp-1' },
    ],
    ['FBA_INVENTORY_AVAILABILITY_CHANGES', { anything: true }, { kind: 'stock' }],
  ])('%s', (NotificationType, Payload, wanted) => {
    expect(queue.parse({ ...order(), NotificationType, Payload }).hints).toEqual([wanted])
  })

  it.each([
    ['JSON_LISTINGS_FEED', 'ignored'],
    ['POST_ORDER_ACKNOWLEDGEMENT_DATA', 'ignored'],
  ])('a feed that is over, in small letters: %s is %s', (feedType, kind) => {
    const message = {
      notificationType: 'FEED_PROCESSING_FINISHED',
      eventTime: '2026-07-01T12:00:00Z',
      payload: { feedProcessingFinishedNotification: { feedId: '7', feedType, processingStatus: 'DONE' } },
      notificationMetadata: { notificationId: 'n-2' },
    }
    expect(queue.parse(message)).toMatchObject({ id: 'n-2', hints: [{ kind }] })
  })

  it('the end of a returns report asks for no other, or the two would call for each other for ever', () => {
    const reportType = 'GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE'
    const message = {
      notificationType: 'REPORT_PROCESSING_FINISHED',
      payload: { reportProcessingFinishedNotification: { reportId: '7', reportType } },
      notificationMetadata: { notificationId: 'n-3' },
    }
    expect(queue.parse(message)).toMatchObject({ occurredAt: null, hints: [{ kind: 'ignored' }] })
  })

  it('EventBridge: what a handler was given tells which number changed', async () => {
    await using on = await listening()
    await on.queue.ensure?.(on.context)
    await buy(on)
    expect(on.simulator.events.map((event) => on.queue.parse(event).hints)).toEqual([
      [{ kind: 'listing', listing: 'MUG-RED', place: '' }],
    ])
  })
})
