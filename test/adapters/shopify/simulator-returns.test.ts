import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ShopifySimulator, startShopifySimulator } from '../../../adapters/shopify/simulator/index.ts'
import { type VirtualClock, virtualClock } from '../../../src/simulator/index.ts'

/** How the simulated shop behaves towards any client: returns, refunds, files, tokens and subscriptions. */

let clock: VirtualClock
let simulator: ShopifySimulator

beforeEach(async () => {
  clock = virtualClock(Date.UTC(2026, 6, 1))
  simulator = await startShopifySimulator({ clock, locations: ['Front', 'Back'] })
  await simulator.control('listings', { sku: 'MUG', quantity: 10, price: { amount: 1000, currency: 'USD' } })
})
afterEach(async () => {
  expect(simulator.errors).toEqual([])
  await simulator.close()
})

type Member =
  | 'amount'
  | 'bulkOperation'
  | 'bulkOperationRunQuery'
  | 'code'
  | 'fileSize'
  | 'fulfillmentOrders'
  | 'id'
  | 'lineItems'
  | 'message'
  | 'nodes'
  | 'order'
  | 'refund'
  | 'refundCreate'
  | 'return'
  | 'returnApproveRequest'
  | 'returnClose'
  | 'returnCreate'
  | 'returnDeclineRequest'
  | 'returnLineItems'
  | 'returnProcess'
  | 'returnableFulfillmentLineItems'
  | 'returnableFulfillments'
  | 'reverseFulfillmentOrders'
  | 'shopMoney'
  | 'suggestedRefund'
  | 'totalRefundedSet'
  | 'url'
  | 'userErrors'
  | 'webhookSubscription'
  | 'webhookSubscriptionCreate'
  | 'webhookSubscriptionUpdate'
  | 'webhookSubscriptions'

/** An answer to whatever was asked: read by its members, its rows, or as text. */
type Loose = string & readonly [Loose, ...Loose[]] & { readonly [name in Member]: Loose }

interface Body {
  readonly data: Loose
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[]
}

async function ask(query: string, variables: object = {}): Promise<Body> {
  const response = await fetch(`${simulator.url}/admin/api/2026-07/graphql.json`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-shopify-access-token': simulator.accessToken },
    body: JSON.stringify({ query, variables }),
  })
  return (await response.json()) as Body
}

async function shipped(quantity = 3) {
  const { order } = await simulator.control<{ order: string }>('orders', {
    lines: [{ sku: 'MUG', quantity }],
  })
  await simulator.control('orders/fulfill', { order })
  return order
}

const returnable = `query ($order: ID!) {
  returnableFulfillments(orderId: $order, first: 5) {
    nodes { returnableFulfillmentLineItems(first: 5) { nodes { quantity fulfillmentLineItem { id } } } }
  }
}`
async function goodsOf(order: string): Promise<{ quantity: number; fulfillmentLineItem: { id: string } }[]> {
  const { data } = await ask(returnable, { order })
  return data.returnableFulfillments.nodes.flatMap(
    ({ returnableFulfillmentLineItems: { nodes } }) =>
      nodes as unknown as { quantity: number; fulfillmentLineItem: { id: string } }[],
  )
}

const create = `mutation ($input: ReturnInput!) {
  returnCreate(returnInput: $input) {
    return { id status returnLineItems(first: 5) { nodes { id processableQuantity } }
      reverseFulfillmentOrders(first: 5) { nodes { lineItems(first: 5) { nodes { id totalQuantity } } } } }
    userErrors { field code message }
  }
}`
const open = async (orderId: string, fulfillmentLineItemId: string, quantity: number, more = {}) =>
  (await ask(create, { input: { orderId, returnLineItems: [{ fulfillmentLineItemId, quantity, ...more }] } }))
    .data.returnCreate
const process = async (input: object) =>
  (
    await ask(
      'mutation ($input: ReturnProcessInput!) { returnProcess(input: $input) { return { status } userErrors { code field } } }',
      { input },
    )
  ).data.returnProcess
const codes = ({ userErrors }: Loose) => userErrors.map(({ code }) => code)

describe('returns', () => {
  it('are of goods that shipped, and of no more than those', async () => {
    const { order } = await simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG', quantity: 3 }],
    })
    expect(await goodsOf(order)).toEqual([])
    await simulator.control('orders/fulfill', { order, lines: [{ sku: 'MUG', quantity: 2 }] })
    const [goods] = await goodsOf(order)
    expect(goods?.quantity).toBe(2)
    const id = goods?.fulfillmentLineItem.id ?? ''
    expect(codes(await open(order, id, 3))).toEqual(['INVALID'])
    expect(codes(await open(order, 'gid://shopify/FulfillmentLineItem/9', 1))).toEqual(['NOT_FOUND'])
    expect(codes(await open(order, id, 1, { returnReasonNote: 'x'.repeat(256) }))).toEqual(['TOO_LONG'])
    expect((await open(order, id, 1)).return).toMatchObject({ status: 'OPEN' })
    expect(await goodsOf(order)).toMatchObject([{ quantity: 1 }])
  })

  it('that were refunded cannot come back as well', async () => {
    const order = await shipped(2)
    await simulator.control('orders/return', { order, lines: [{ sku: 'MUG', quantity: 2 }] })
    expect(await goodsOf(order)).toEqual([])
    await expect(simulator.control('returns', { order, lines: [{ sku: 'MUG' }] })).rejects.toMatchObject({
      status: 409,
    })
  })

  it('are processed unit by unit, with dispositions that add up, and restocked at a location', async () => {
    const order = await shipped()
    const [goods] = await goodsOf(order)
    const made = (await open(order, goods?.fulfillmentLineItem.id ?? '', 3)).return
    const [line] = made.returnLineItems.nodes
    const [reverse] = made.reverseFulfillmentOrders.nodes[0].lineItems.nodes
    const disposition = (quantity: number, dispositionType: string, more = {}) => ({
      reverseFulfillmentOrderLineItemId: reverse.id,
      quantity,
      dispositionType,
      ...more,
    })
    const answer = (quantity: number, dispositions: object[]) =>
      process({ returnId: made.id, returnLineItems: [{ id: line.id, quantity, dispositions }] })
    expect(codes(await answer(4, [disposition(4, 'MISSING')]))).toEqual(['INVALID'])
    expect(codes(await answer(2, [disposition(1, 'MISSING')]))).toEqual(['INVALID'])
    expect(codes(await answer(1, [disposition(1, 'RESTOCKED')]))).toEqual(['BLANK'])
    const locationId = simulator.location
    expect(codes(await answer(2, [disposition(2, 'RESTOCKED', { locationId })]))).toEqual([])
    expect(simulator.state()).toMatchObject({
      listings: [{ quantity: 9 }],
      returns: [{ lines: [{ quantity: 3, received: 2 }] }],
    })
    // Not idempotent: a repeat is more.
    expect(codes(await answer(2, [disposition(2, 'RESTOCKED', { locationId })]))).toEqual(['INVALID'])
  })

  it('take each answer once, in the status that it needs', async () => {
    const order = await shipped()
    const { return: id } = await simulator.control<{ return: string }>('returns', {
      order,
      lines: [{ sku: 'MUG' }],
    })
    const answer = async (name: Member, argument: string, type: string, value: unknown) =>
      (
        await ask(`mutation ($value: ${type}!) { ${name}(${argument}: $value) { userErrors { code } } }`, {
          value,
        })
      ).data[name]
    const approve = () => answer('returnApproveRequest', 'input', 'ReturnApproveRequestInput', { id })
    expect(codes(await answer('returnClose', 'id', 'ID', id))).toEqual(['INVALID_STATE'])
    expect(codes(await approve())).toEqual([])
    expect(codes(await approve())).toEqual(['INVALID_STATE'])
    const decline = { id, declineReason: 'OTHER' }
    expect(
      codes(await answer('returnDeclineRequest', 'input', 'ReturnDeclineRequestInput', decline)),
    ).toEqual(['INVALID_STATE'])
    expect(codes(await answer('returnClose', 'id', 'ID', id))).toEqual([])
  })
})

describe('refunds', () => {
  const pay = async (input: object, key: string | null = crypto.randomUUID()) =>
    ask(
      `mutation ($input: RefundInput!, $key: String!) {
        refundCreate(input: $input) ${key === null ? '' : '@idempotent(key: $key)'} {
          refund { id totalRefundedSet { shopMoney { amount } } }
          userErrors { message }
        }
      }`,
      { input, key: key ?? '' },
    )
  const transactions = (
    orderId: string,
    amount: string,
    parentId = 'gid://shopify/OrderTransaction/1001',
  ) => ({
    orderId,
    transactions: [{ orderId, amount, gateway: 'shopify_payments', kind: 'REFUND', parentId }],
  })

  it('openclaw-workshop-kit#218: want a key, under which they are made once', async () => {
    const order = await shipped()
    const input = transactions(order, '10.00')
    expect((await pay(input, null)).errors?.[0]).toMatchObject({
      message: expect.stringContaining('@idempotent directive is required'),
      extensions: { code: 'BAD_REQUEST' },
    })
    const first = await pay(input, 'key-1')
    expect(await pay(input, 'key-1')).toMatchObject({ data: first.data })
    const other = await pay(transactions(order, '11.00'), 'key-1')
    expect(other.data.refundCreate.userErrors).toMatchObject([
      { message: expect.stringContaining('different') },
    ])
    expect(simulator.state()).toMatchObject({ refunds: [{ amount: { amount: 1000 } }] })
    // A day later the key is forgotten.
    await clock.advance(25 * 3_600_000)
    await pay(input, 'key-1')
    expect(simulator.state()).toMatchObject({ refunds: [{}, { amount: { amount: 1000 } }] })
  })

  it('under a key whose attempt failed fail until another key is used', async () => {
    const order = await shipped()
    const tooMuch = transactions(order, '99.00')
    expect((await pay(tooMuch, 'key-1')).data.refundCreate.userErrors[0].message).toMatch(
      /greater than 30.00/,
    )
    expect((await pay(tooMuch, 'key-1')).data.refundCreate.userErrors[0].message).toMatch(/previous attempt/)
  })

  it('move no money without transactions, and none of a payment that is not this order’s', async () => {
    const order = await shipped()
    const refundLineItems = [{ lineItemId: 'gid://shopify/LineItem/1001', quantity: 1 }]
    const none = await pay({ orderId: order, refundLineItems })
    expect(none.data.refundCreate.refund.totalRefundedSet.shopMoney.amount).toBe('0.00')
    const foreign = await pay(transactions(order, '1.00', 'gid://shopify/OrderTransaction/9'))
    expect(foreign.data.refundCreate.userErrors).toHaveLength(1)
    const many = await pay({ orderId: order, refundLineItems: [{ ...refundLineItems[0], quantity: 3 }] })
    expect(many.data.refundCreate.userErrors[0].message).toMatch(/more items than were purchased/)
  })

  it('are suggested by what is left of goods, shipping and money', async () => {
    const { order } = await simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG', quantity: 2 }],
      shipping: { amount: 450, currency: 'USD' },
    })
    const suggest = async (args: string) =>
      (
        await ask(
          `query ($id: ID!) { order(id: $id) { suggestedRefund(${args}) { amountSet { shopMoney { amount } } maximumRefundableSet { shopMoney { amount } } } } }`,
          { id: order },
        )
      ).data.order.suggestedRefund
    const amounts = (amount: string, most: string) => ({
      amountSet: { shopMoney: { amount } },
      maximumRefundableSet: { shopMoney: { amount: most } },
    })
    const one = 'refundLineItems: [{ lineItemId: "gid://shopify/LineItem/1001", quantity: 1 }]'
    expect(await suggest(one)).toEqual(amounts('10.00', '24.50'))
    expect(await suggest(`${one}, refundShipping: true`)).toEqual(amounts('14.50', '24.50'))
    expect(await suggest('suggestFullRefund: true')).toEqual(amounts('24.50', '24.50'))
    await pay(transactions(order, '20.00'))
    expect(await suggest(one)).toEqual(amounts('4.50', '4.50'))
  })
})

describe('bulk operations', () => {
  const run = async (query: string) =>
    (
      await ask(
        'mutation ($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: false) { bulkOperation { id status } userErrors { code message } } }',
        { query },
      )
    ).data.bulkOperationRunQuery
  const state = async (id: string) =>
    (await ask('query ($id: ID!) { bulkOperation(id: $id) { status url objectCount fileSize } }', { id }))
      .data.bulkOperation

  it('write JSON lines, children after all parents unless they are grouped, and keep them a week', async () => {
    await shipped(1)
    await shipped(1)
    const { bulkOperation } = await run(
      '{ orders { edges { node { id lineItems { edges { node { id quantity } } } } } } }',
    )
    expect(bulkOperation).toMatchObject({ status: 'CREATED' })
    expect(await state(bulkOperation.id)).toMatchObject({ status: 'RUNNING', url: null })
    await clock.advance(2000)
    const done = await state(bulkOperation.id)
    expect(done).toMatchObject({ status: 'COMPLETED', objectCount: '4' })
    const whole = await fetch(done.url)
    const lines = (await whole.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ id, __parentId }) => [id.split('/')[3], __parentId?.split('/')[4]])).toEqual([
      ['Order', undefined],
      ['Order', undefined],
      ['LineItem', '5001'],
      ['LineItem', '5002'],
    ])
    const part = await fetch(done.url, { headers: { range: 'bytes=2-5' } })
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
      206,
      JSON.stringify(lines[0]).slice(2, 6),
      `bytes 2-5/${done.fileSize}`,
    ])
    await clock.advance(7 * 24 * 3_600_000)
    expect(await state(bulkOperation.id)).toMatchObject({ status: 'EXPIRED', url: null })
    expect((await fetch(done.url)).status).toBe(404)
  })

  it.each([
    ['{ shop { name } }', /at least one connection/],
    ['{ orders { edges { node { lineItems { edges { node { id } } } } } } }', /must select the 'id' field/],
    ['{ orders { edges { node { nope } } } }', /doesn't exist/],
    ['{ orders { edges {', /Expected/],
    [
      '{ orders { edges { node { id } } } locations { edges { node { id } } } }',
      /exactly one top-level field/,
    ],
  ])('refuse %s', async (query, message) => {
    const { bulkOperation, userErrors } = await run(query)
    expect(bulkOperation).toBe(null)
    expect(userErrors).toMatchObject([{ code: 'INVALID', message: expect.stringMatching(message) }])
  })

  it('run five at once, and no more', async () => {
    for (let count = 0; count < 5; count += 1) await run('{ orders { edges { node { id } } } }')
    expect((await run('{ orders { edges { node { id } } } }')).userErrors).toMatchObject([
      { code: 'LIMIT_REACHED' },
    ])
  })
})

describe('subscriptions', () => {
  it('are brought back by an update, and dropped as Shopify drops those that fail', async () => {
    const input = { uri: 'https://hub.example/x', format: 'XML', filter: 'id:*' }
    const made = await ask(
      'mutation ($input: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: $input) { webhookSubscription { id format filter } } }',
      { input },
    )
    const { id } = made.data.webhookSubscriptionCreate.webhookSubscription
    const update = await ask(
      'mutation ($id: ID!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: { format: JSON, filter: "" }) { webhookSubscription { format filter } userErrors { message } } }',
      { id },
    )
    expect(update.data.webhookSubscriptionUpdate).toEqual({
      webhookSubscription: { format: 'JSON', filter: null },
      userErrors: [],
    })
    await simulator.control('webhooks/drop', {})
    const left = await ask('{ webhookSubscriptions(first: 5) { nodes { id } } }')
    expect(left.data.webhookSubscriptions.nodes).toEqual([])
  })
})

describe('fulfilment orders', () => {
  it('are searched by their own change, which is none of their order’s', async () => {
    const { order } = await simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG', quantity: 1 }],
    })
    await clock.advance(60_000)
    await simulator.control('orders/hold', { order })
    const found = await ask(
      `{ fulfillmentOrders(first: 5, sortKey: UPDATED_AT, query: "updated_at:>'2026-07-01T00:00:30Z' status:on_hold") {
        nodes { updatedAt status order { id updatedAt } } } }`,
    )
    expect(found.data.fulfillmentOrders.nodes).toEqual([
      {
        status: 'ON_HOLD',
        updatedAt: '2026-07-01T00:01:00Z',
        order: { id: order, updatedAt: '2026-07-01T00:00:00Z' },
      },
    ])
  })
})
