import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ShopifySimulator, startShopifySimulator } from '../../../adapters/shopify/simulator/index.ts'
import { parseDocument, SyntaxProblem } from '../../../src/simulator/graphql/index.ts'
import { type VirtualClock, virtualClock } from '../../../src/simulator/index.ts'

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: {
    readonly data?: Record<string, unknown>
    readonly errors?: {
      readonly message: string
      readonly path?: unknown[]
      readonly extensions: Record<string, unknown>
    }[]
    readonly extensions: {
      readonly cost: { requestedQueryCost: number; throttleStatus: { currentlyAvailable: number } }
    }
  }
}

let clock: VirtualClock
let simulator: ShopifySimulator

beforeEach(async () => {
  clock = virtualClock(Date.UTC(2026, 6, 1))
  simulator = await startShopifySimulator({
    clock,
    locations: ['Front', 'Back'],
    limit: { rate: 100, burst: 1000 },
  })
})
afterEach(async () => {
  expect(simulator.errors).toEqual([])
  await simulator.close()
})

async function ask(
  query: string,
  variables: object = {},
  more: { token?: string; version?: string } = {},
): Promise<Answer> {
  const response = await fetch(`${simulator.url}/admin/api/${more.version ?? '2026-07'}/graphql.json`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-shopify-access-token': more.token ?? simulator.accessToken,
    },
    body: JSON.stringify({ query, variables }),
  })
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  }
}

const codesOf = ({ body }: Answer) => (body.errors ?? []).map(({ extensions }) => extensions.code)
const listing = (sku: string, quantity: number, more = {}) =>
  simulator.control<{ listing: string; place: string }>('listings', { sku, quantity, ...more })
const buy = async (sku: string, quantity: number, more = {}) =>
  (await simulator.control<{ order: string }>('orders', { lines: [{ sku, quantity }], ...more })).order
const shown = (sku: string) =>
  (
    simulator.state() as { listings: { sku: string; quantity: number; committed: number; onHand: number }[] }
  ).listings.find((each) => each.sku === sku)

const write =
  'mutation Set($input: InventorySetQuantitiesInput!, $key: String!) { inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code field } } }'
const row = (
  { listing: inventoryItemId, place: locationId }: { listing: string; place: string },
  more: object,
) => ({
  inventoryItemId,
  locationId,
  ...more,
})
const input = (...quantities: object[]) => ({ name: 'available', reason: 'correction', quantities })
const rowErrors = ({ body }: Answer) => {
  const payload = body.data?.inventorySetQuantities as
    | { userErrors: { code: string; field: string[] | null }[] }
    | undefined
  return payload?.userErrors ?? expect.fail(`no data: ${JSON.stringify(body.errors)}`)
}

describe('GraphQL', () => {
  it('reads aliases, arguments, fragments, directives, block strings and comments', async () => {
    const { listing: id, place } = await listing('MUG', 7)
    const query = `# a comment, with "quotes" and { braces }
      query Named($id: ID!, $place: ID!, $with: Boolean = true) {
        mug: inventoryItem(id: $id) { ...Item level: inventoryLevel(locationId: $place) @include(if: $with) { quantities(names: ["available", "on_hand"]) { name quantity } } }
        absent: inventoryItem(id: """gid://shopify/InventoryItem/1""") { id }
        node(id: $id) { __typename id ... on InventoryItem { sku } ... on Order { name } }
        shop { name @skip(if: $with) currencyCode }
      }
      fragment Item on InventoryItem { id, sku }`
    const { body } = await ask(query, { id, place })
    expect(body.data).toEqual({
      mug: {
        id,
        sku: 'MUG',
        level: {
          quantities: [
            { name: 'available', quantity: 7 },
            { name: 'on_hand', quantity: 7 },
          ],
        },
      },
      absent: null,
      node: { __typename: 'InventoryItem', id, sku: 'MUG' },
      shop: { currencyCode: 'USD' },
    })
  })

  it("refuses what the schema does not have, in Shopify's shape", async () => {
    const { status, body } = await ask('query Q { shop { name colour } orders(first: 1, sort: X) { nodes } }')
    expect(status).toBe(200)
    expect(body.data).toBeUndefined()
    expect(body.errors).toMatchObject([
      {
        message: "Field 'colour' doesn't exist on type 'Shop'",
        path: ['query Q', 'shop', 'colour'],
        extensions: { code: 'undefinedField', typeName: 'Shop', fieldName: 'colour' },
      },
      { extensions: { code: 'argumentNotAccepted' } },
      { extensions: { code: 'selectionMismatch' } },
    ])
  })

  it.each([
    ['{ shop { name }', 'BAD_REQUEST'],
    ['{ shop { } }', 'BAD_REQUEST'],
    ['nonsense', 'BAD_REQUEST'],
    ['{ shop { name(', 'BAD_REQUEST'],
    ['query A { shop { name } } query B { shop { name } }', 'BAD_REQUEST'],
    ['{ order { id } }', 'missingRequiredArguments'],
    ['{ shop { ...Nothing } }', 'useAndDefineFragment'],
    ['{ shop { ...A } } fragment A on Shop { ...B } fragment B on Shop { ...A }', 'infiniteLoop'],
    ['{ order(id: "\\x") { id } }', 'BAD_REQUEST'],
    ['{ orders { nodes { id } } }', 'BAD_REQUEST'],
    ['{ orders(first: 251) { nodes { id } } }', 'BAD_REQUEST'],
    ['{ orders(first: 1, after: "x") { nodes { id } } }', 'BAD_REQUEST'],
    ['{ orders(first: 1, query: "colour:red") { nodes { id } } }', 'BAD_REQUEST'],
    ['{ order(id: "42") { id } }', 'INVALID_VARIABLE'],
  ])('refuses %s as %s', async (query, code) => {
    expect(codesOf(await ask(query))).toEqual([code])
  })

  it('meets any text at all with a document or a syntax problem', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '[',
      ']',
      ':',
      '$',
      '...',
      '"',
      '"""',
      '#',
      '!',
      '@',
      'query',
      'on',
      'fragment',
      'a',
      '-1',
      '1.5e3',
      '\\',
      '\n',
      ' ',
      'true',
      'é',
    )
    const seed = process.env.SEED ? Number(process.env.SEED) : undefined
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        try {
          parseDocument(pieces.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxProblem)
        }
      }),
      { ...(seed === undefined ? {} : { seed }), numRuns: 1000 },
    )
  })

  it.each([
    [{}, 'Expected value to not be null'],
    [
      {
        input: input({ inventoryItemId: 'x', locationId: 'y', quantity: 1.5, changeFromQuantity: null }),
        key: 'k',
      },
      'Could not coerce value 1.5 to Int',
    ],
    [{ input: { ...input(), compareQuantity: 1 }, key: 'k' }, 'Field is not defined'],
    [{ input: { quantities: [] }, key: 'k' }, 'Expected value to not be null'],
  ])('refuses variables that do not fit: %o', async (variables, explanation) => {
    const { body } = await ask(write, variables)
    expect(body.errors?.[0]?.extensions).toMatchObject({
      code: 'INVALID_VARIABLE',
      problems: [{ explanation }],
    })
  })

  it('gives pages whose cursors hold while orders change', async () => {
    await listing('MUG', 100)
    for (let count = 0; count < 5; count += 1) {
      await buy('MUG', 1)
      await clock.advance(1000)
    }
    const query = `query P($after: String) { orders(first: 2, after: $after, sortKey: UPDATED_AT, query: "updated_at:>='2026-07-01T00:00:00Z'") { edges { cursor node { name } } pageInfo { hasNextPage endCursor } } }`
    const page = async (after: string | null) =>
      (await ask(query, { after })).body.data?.orders as {
        edges: { node: { name: string } }[]
        pageInfo: { hasNextPage: boolean; endCursor: string }
      }
    const names = ({ edges }: Awaited<ReturnType<typeof page>>) => edges.map(({ node }) => node.name)
    const first = await page(null)
    expect(names(first)).toEqual(['#1001', '#1002'])
    await simulator.control('orders/cancel', { order: '#1001' })
    const second = await page(first.pageInfo.endCursor)
    expect(names(second)).toEqual(['#1003', '#1004'])
    const third = await page(second.pageInfo.endCursor)
    expect(names(third)).toEqual(['#1005', '#1001'])
    expect(third.pageInfo.hasNextPage).toBe(false)
  })
})

describe('access', () => {
  const grant = (form: Record<string, string>) =>
    fetch(`${simulator.url}/admin/oauth/access_token`, { method: 'POST', body: new URLSearchParams(form) })
  const good = () => ({
    client_id: simulator.clientId,
    client_secret: simulator.clientSecret,
    grant_type: 'client_credentials',
  })

  it('gives tokens for a day', async () => {
    const response = await grant(good())
    const { access_token: token, expires_in } = (await response.json()) as {
      access_token: string
      expires_in: number
    }
    expect(expires_in).toBe(86_399)
    expect((await ask('{ shop { name } }', {}, { token })).status).toBe(200)
    await clock.advance(86_400_000)
    expect((await ask('{ shop { name } }', {}, { token })).status).toBe(401)
  })

  it('takes its parameters as JSON too, and refuses others', async () => {
    const json = await fetch(`${simulator.url}/admin/oauth/access_token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(good()),
    })
    expect(json.status).toBe(200)
    expect((await grant({ ...good(), client_secret: 'wrong' })).status).toBe(401)
    expect((await grant({ ...good(), grant_type: 'password' })).status).toBe(400)
    expect((await ask('{ shop { name } }', {}, { token: 'shpat_wrong' })).status).toBe(401)
  })

  it('serves the version asked for, or the oldest that is left', async () => {
    const served = async (version: string) =>
      (await ask('{ shop { name } }', {}, { version })).headers.get('x-shopify-api-version')
    expect(await served('2026-07')).toBe('2026-07')
    expect(await served('2026-10')).toBe('2026-10')
    expect(await served('2025-01')).toBe('2026-04')
    expect((await ask('{ shop { name } }', {}, { version: '2026-13' })).status).toBe(404)
  })
})

describe('the throttle', () => {
  const dear = '{ orders(first: 100) { nodes { id lineItems(first: 1) { nodes { id } } } } }'

  it('counts points and gives back what was not used', async () => {
    const { body } = await ask(dear)
    expect(body.extensions.cost).toMatchObject({
      requestedQueryCost: 402,
      throttleStatus: { maximumAvailable: 1000, restoreRate: 100, currentlyAvailable: 999 },
    })
  })

  it('refuses under HTTP 200 and lets through after the wait', async () => {
    await listing('MUG', 1000)
    for (let count = 0; count < 100; count += 1) await buy('MUG', 1)
    expect(codesOf(await ask(dear))).toEqual([])
    expect(codesOf(await ask(dear))).toEqual([])
    const refused = await ask(dear)
    expect(refused.status).toBe(200)
    expect(codesOf(refused)).toEqual(['THROTTLED'])
    const { requestedQueryCost, throttleStatus } = refused.body.extensions.cost
    await clock.advance(Math.ceil(((requestedQueryCost - throttleStatus.currentlyAvailable) / 100) * 1000))
    expect(codesOf(await ask(dear))).toEqual([])
  })

  it('refuses a query above 1,000 points for good', async () => {
    expect(
      codesOf(await ask('{ orders(first: 250) { nodes { id lineItems(first: 10) { nodes { id } } } } }')),
    ).toEqual(['MAX_COST_EXCEEDED'])
  })
})

describe('stock', () => {
  it('openclaw-workshop-kit#218: wants @idempotent and changeFromQuantity, with an error of its own for each', async () => {
    const mug = await listing('MUG', 7)
    const bare = write.replace(' @idempotent(key: $key)', '').replace(', $key: String!', '')
    const whole = input(row(mug, { quantity: 1, changeFromQuantity: null }))
    expect(codesOf(await ask(bare, { input: whole }))).toEqual(['BAD_REQUEST'])
    expect(codesOf(await ask(write, { input: whole, key: ' ' }))).toEqual(['BAD_REQUEST'])
    expect(codesOf(await ask(write, { input: input(row(mug, { quantity: 1 })), key: 'k' }))).toEqual([
      'INVALID_FIELD_ARGUMENTS',
    ])
    expect(shown('MUG')?.quantity).toBe(7)
    expect(rowErrors(await ask(write, { input: whole, key: 'k' }))).toEqual([])
    expect(shown('MUG')?.quantity).toBe(1)
  })

  it('takes 250 rows and not one more', async () => {
    const rows = Array.from({ length: 251 }, (_, index) => ({
      inventoryItemId: `gid://shopify/InventoryItem/${index}`,
      locationId: simulator.location,
      quantity: 1,
      changeFromQuantity: null,
    }))
    expect(codesOf(await ask(write, { input: input(...rows), key: 'a' }))).toEqual([
      'MAX_INPUT_SIZE_EXCEEDED',
    ])
    expect(rowErrors(await ask(write, { input: input(...rows.slice(1)), key: 'b' }))).toHaveLength(250)
  })

  it('writes all rows or none, and names the bad ones', async () => {
    const [mug, cup] = [await listing('MUG', 7), await listing('CUP', 7, { bundle: true })]
    const rows = [
      row(mug, { quantity: 1, changeFromQuantity: 7 }),
      row(cup, { quantity: 1, changeFromQuantity: null }),
      row({ ...mug, place: 'gid://shopify/Location/7002' }, { quantity: 1, changeFromQuantity: null }),
      row({ ...mug, place: 'gid://shopify/Location/1' }, { quantity: 1, changeFromQuantity: null }),
    ]
    expect(rowErrors(await ask(write, { input: input(...rows), key: 'a' }))).toEqual([
      { code: 'NON_MUTABLE_INVENTORY_ITEM', field: ['input', 'quantities', '1', 'inventoryItemId'] },
      { code: 'ITEM_NOT_STOCKED_AT_LOCATION', field: ['input', 'quantities', '2', 'locationId'] },
      { code: 'INVALID_LOCATION', field: ['input', 'quantities', '3', 'locationId'] },
    ])
    expect(shown('MUG')?.quantity).toBe(7)
  })

  it('may be set at any location since 2026-10', async () => {
    const mug = await listing('MUG', 7)
    const rows = input(
      row({ ...mug, place: 'gid://shopify/Location/7002' }, { quantity: 3, changeFromQuantity: 0 }),
    )
    expect(rowErrors(await ask(write, { input: rows, key: 'a' }, { version: '2026-10' }))).toEqual([])
  })

  it('keeps a key for a day: same rows, same result; other rows or a failure, an error', async () => {
    const mug = await listing('MUG', 7)
    const set = async (key: string, quantity: number, changeFromQuantity: number | null) =>
      rowErrors(await ask(write, { input: input(row(mug, { quantity, changeFromQuantity })), key })).map(
        ({ code }) => code,
      )
    expect(await set('a', 5, 7)).toEqual([])
    expect(await set('a', 5, 7)).toEqual([])
    expect(await set('a', 6, 7)).toEqual(['IDEMPOTENCY_KEY_PARAMETER_MISMATCH'])
    expect(await set('b', 4, 7)).toEqual(['CHANGE_FROM_QUANTITY_STALE'])
    expect(await set('b', 4, 7)).toEqual(['IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED'])
    await clock.advance(24 * 3_600_000)
    expect(await set('a', 5, 7)).toEqual(['CHANGE_FROM_QUANTITY_STALE'])
    expect(shown('MUG')?.quantity).toBe(5)
  })

  it('goes down by a sale at once, stays on hand until it ships, and comes back by a cancellation', async () => {
    await listing('MUG', 7)
    const order = await buy('MUG', 2)
    expect(shown('MUG')).toMatchObject({ quantity: 5, committed: 2, onHand: 7 })
    await simulator.control('orders/fulfill', { order, lines: [{ sku: 'MUG', quantity: 1 }] })
    expect(shown('MUG')).toMatchObject({ quantity: 5, committed: 1, onHand: 6 })
    await simulator.control('orders/cancel', { order, lines: [{ sku: 'MUG' }] })
    expect(shown('MUG')).toMatchObject({ quantity: 6, committed: 0, onHand: 6 })
    await simulator.control('orders/return', { order, lines: [{ sku: 'MUG', quantity: 1 }] })
    expect(shown('MUG')).toMatchObject({ quantity: 7, committed: 0, onHand: 7 })
  })

  it('sums repeated lines before it sells the last unit (medusajs/medusa#16502, #16569, #16825, #12401)', async () => {
    await listing('MUG', 3)
    const lines = [
      { sku: 'MUG', quantity: 2 },
      { sku: 'MUG', quantity: 2 },
    ]
    await expect(simulator.control('orders', { lines })).rejects.toMatchObject({
      status: 409,
      body: { error: 'sold_out', sku: 'MUG' },
    })
    expect(shown('MUG')?.quantity).toBe(3)
  })
})

describe('orders', () => {
  const cancel =
    'mutation C($id: ID!) { orderCancel(orderId: $id, reason: INVENTORY, restock: false) { job { id done } orderCancelUserErrors { code } } }'
  const look = 'query L($id: ID!) { order(id: $id) { cancelledAt displayFinancialStatus } }'

  it('are cancelled in a job, some time after it was asked', async () => {
    await listing('MUG', 7)
    const id = await buy('MUG', 2)
    const { body } = await ask(cancel, { id })
    expect(body.data).toMatchObject({ orderCancel: { job: { done: false }, orderCancelUserErrors: [] } })
    expect((await ask(look, { id })).body.data).toMatchObject({ order: { cancelledAt: null } })
    await clock.advance(1000)
    expect((await ask(look, { id })).body.data).toMatchObject({
      order: { cancelledAt: '2026-07-01T00:00:01Z', displayFinancialStatus: 'REFUNDED' },
    })
    // Not restocked: what is on sale stays, and the units are gone from the shelf.
    expect(shown('MUG')).toMatchObject({ quantity: 5, committed: 0, onHand: 5 })
    expect((await ask(cancel, { id })).body.data).toMatchObject({
      orderCancel: { job: null, orderCancelUserErrors: [{ code: 'INVALID' }] },
    })
  })

  it('microsoft/BCApps#7065: are fulfilled from one location a call', async () => {
    await listing('MUG', 7)
    await listing('CUP', 7, { location: 'gid://shopify/Location/7002' })
    const lines = [
      { sku: 'MUG', quantity: 1 },
      { sku: 'CUP', quantity: 1 },
    ]
    const { order: id } = await simulator.control<{ order: string }>('orders', { lines })
    const query = 'query F($id: ID!) { order(id: $id) { fulfillmentOrders(first: 5) { nodes { id } } } }'
    const { order } = (await ask(query, { id })).body.data as {
      order: { fulfillmentOrders: { nodes: { id: string }[] } }
    }
    const create =
      'mutation F($f: FulfillmentInput!) { fulfillmentCreate(fulfillment: $f) { fulfillment { id } userErrors { message } } }'
    const parts = order.fulfillmentOrders.nodes.map((node) => ({ fulfillmentOrderId: node.id }))
    expect(parts).toHaveLength(2)
    const both = await ask(create, { f: { lineItemsByFulfillmentOrder: parts } })
    expect(both.body.data).toMatchObject({
      fulfillmentCreate: {
        fulfillment: null,
        userErrors: [{ message: 'All fulfillment orders must be assigned to a single location.' }],
      },
    })
    for (const part of parts) {
      const { body } = await ask(create, { f: { lineItemsByFulfillmentOrder: [part] } })
      expect(body.data).toMatchObject({ fulfillmentCreate: { userErrors: [] } })
    }
    expect(simulator.state()).toMatchObject({ orders: [{ status: 'fulfilled' }] })
  })

  it('have numbers that count up', async () => {
    await listing('MUG', 7)
    expect([await buy('MUG', 1), await buy('MUG', 1)]).toEqual([
      'gid://shopify/Order/5001',
      'gid://shopify/Order/5002',
    ])
    expect(simulator.state()).toMatchObject({ orders: [{ number: '#1001' }, { number: '#1002' }] })
  })
})
