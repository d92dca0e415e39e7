import { describe, expect, it } from 'vitest'
import { createWebhookDocument } from '../../../adapters/shiphero/documents.ts'
import { startShipHeroSimulator } from '../../../adapters/shiphero/simulator/index.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import { ask } from './fixtures.ts'

const start = (more = {}) => startShipHeroSimulator({ clock: virtualClock(), ...more })

// Documents as ShipHero's own examples and widespread clients write them: arguments in place, no operation name.
const create = `mutation {
  order_create(data: {
    order_number: "1501", partner_order_id: "A-1501", shop_name: "api-test", fulfillment_status: "pending", order_date: "2026-01-04 10:00:00"
    shipping_lines: { title: "UPS", price: "0.00", carrier: "ups", method: "Ground" }
    shipping_address: { first_name: "John", last_name: "Johnson", address1: "2543 Duck St.", city: "Oklahoma", state: "OK", zip: "73008", country: "US" }
    line_items: [{ sku: "MUG-RED", partner_line_item_id: "A-1501-1", quantity: 2, price: "19.99", product_name: "Mug" }]
  }) { request_id complexity order { id order_number fulfillment_status line_items(first: 1) { edges { node { id quantity_allocated } } } } }
}`

describe('the simulator', () => {
  it('takes the examples of ShipHero’s documents as they stand', async () => {
    await using simulator = await start()
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    const made = await ask(simulator, create)
    expect(made.body.errors).toBeUndefined()
    expect(made.body.data).toMatchObject({
      order_create: {
        order: {
          order_number: '1501',
          fulfillment_status: 'pending',
          line_items: { edges: [{ node: { quantity_allocated: 2 } }] },
        },
      },
    })
    const listed = await ask(
      simulator,
      `query { orders(order_number: "1501", shop_name: "api-test") { request_id complexity data(first: 10) { pageInfo { hasNextPage startCursor endCursor } edges { cursor node { id shipping_address { zip } } } } } }`,
    )
    expect(listed.body.data).toMatchObject({
      orders: {
        data: { edges: [{ cursor: expect.any(String), node: { shipping_address: { zip: '73008' } } }] },
      },
    })
    const products = await ask(
      simulator,
      `query { product(sku: "MUG-RED") { data { id sku warehouse_products { warehouse_id on_hand available } } }
        warehouse_products(sku: "MUG-RED", warehouse_id: "${simulator.warehouses[0]}") { data { edges { node { on_hand allocated available } } } }
        account { data { id warehouses { id identifier address { zip } } } }
        me { data { email account { id } } } }`,
    )
    expect(products.body.data).toMatchObject({
      product: { data: { warehouse_products: [{ on_hand: 9, available: 7 }] } },
      warehouse_products: { data: { edges: [{ node: { on_hand: 9, allocated: 2, available: 7 } }] } },
      account: { data: { warehouses: [{ identifier: 'Primary' }, { identifier: 'West' }] } },
    })
  })

  it('pages from either end, by cursors that count rows, and sorts', async () => {
    await using simulator = await start()
    for (const sku of ['A', 'B', 'C', 'D']) await simulator.control('stock', { sku, quantity: 1 })
    const skus = async (args: string) => {
      const { body } = await ask(
        simulator,
        `{ products { data(${args}) { edges { cursor node { sku } } pageInfo { hasNextPage hasPreviousPage endCursor } } } }`,
      )
      const { data } = (
        body.data as {
          products: { data: { edges: { cursor: string; node: { sku: string } }[]; pageInfo: object } }
        }
      ).products
      return { skus: data.edges.map(({ node }) => node.sku).join(''), ...data.pageInfo } as {
        skus: string
        hasNextPage: boolean
        endCursor: string
      }
    }
    const first = await skus('first: 3')
    expect(first).toMatchObject({ skus: 'ABC', hasNextPage: true, hasPreviousPage: false })
    expect(Buffer.from(first.endCursor, 'base64').toString()).toBe('arrayconnection:2')
    expect(await skus(`first: 3, after: "${first.endCursor}"`)).toMatchObject({
      skus: 'D',
      hasNextPage: false,
    })
    expect(await skus('last: 2')).toMatchObject({ skus: 'CD', hasPreviousPage: true })
    expect(await skus('first: 2, sort: "-sku"')).toMatchObject({ skus: 'DC' })
  })

  it('changes stock by the API, and tells what it has to say of it', async () => {
    await using simulator = await start()
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 5 })
    const [warehouse_id] = simulator.warehouses
    const data = { sku: 'MUG-RED', warehouse_id, quantity: 3, reason: 'Restock' }
    const change = async (name: string, input: string, quantity: number) => {
      const { body } = await ask(
        simulator,
        `mutation Change($data: ${input}!) { ${name}(data: $data) { warehouse_product { on_hand } } }`,
        { data: { ...data, quantity } },
      )
      return body
    }
    const onHand = (quantity: number) => ({ warehouse_product: { on_hand: quantity } })
    expect((await change('inventory_add', 'UpdateInventoryInput', 3)).data).toEqual({
      inventory_add: onHand(8),
    })
    expect((await change('inventory_remove', 'UpdateInventoryInput', 6)).data).toEqual({
      inventory_remove: onHand(2),
    })
    expect((await change('inventory_replace', 'ReplaceInventoryInput', 7)).data).toEqual({
      inventory_replace: onHand(7),
    })
    expect(await change('inventory_remove', 'UpdateInventoryInput', 8)).toMatchObject({
      data: { inventory_remove: null },
      errors: [{ message: 'Not enough inventory to remove', operation: 'inventory_remove', code: 3 }],
    })
  })

  it('answers 200 with errors, 400 to what is no query of its schema, 401 without a token', async () => {
    await using simulator = await start()
    const missing = await ask(
      simulator,
      'mutation { order_cancel(data: { order_id: "T3JkZXI6MQ==" }) { request_id } }',
    )
    expect(missing).toEqual({
      status: 200,
      body: {
        data: { order_cancel: null },
        errors: [
          {
            message: 'Order not found',
            operation: 'order_cancel',
            field: 'order_cancel',
            request_id: expect.stringMatching(/^[0-9a-f]{24}$/),
            code: 5,
          },
        ],
      },
    })
    expect(await ask(simulator, '{ orders { nodes { id } } }')).toMatchObject({ status: 400 })
    expect(await ask(simulator, '{ orders {')).toMatchObject({ status: 400 })
    const anonymous = await fetch(`${simulator.url}/graphql`, { method: 'POST', body: '{}' })
    expect(anonymous.status).toBe(401)
    const refused = await fetch(`${simulator.url}/auth/refresh`, {
      method: 'POST',
      body: '{"refresh_token":"x"}',
    })
    expect(refused.status).toBe(403)
  })

  it('tells a query’s cost without charging it, and charges what it gives', async () => {
    await using simulator = await start()
    const left = async () => {
      const { body } = await ask(
        simulator,
        '{ user_quota { credits_remaining max_available increment_rate } }',
      )
      return (body.data as { user_quota: { credits_remaining: number } }).user_quota.credits_remaining
    }
    const before = await left()
    const analyzed = await ask(
      simulator,
      '{ products(analyze: true) { complexity data(first: 100) { edges { node { id warehouse_products { id } } } } } }',
    )
    expect(analyzed.body.data).toEqual({ products: { complexity: 1 + 100 * 2, data: { edges: [] } } })
    await ask(simulator, '{ products { data(first: 100) { edges { node { id } } } } }')
    expect(before - (await left())).toBeLessThan(8)
  })

  it('refuses what costs more than is left, in the words of ShipHero, and what no account can pay', async () => {
    await using simulator = await start({ credits: { rate: 60, burst: 500 } })
    const big =
      '{ orders { data(first: 20) { edges { node { line_items(first: 20) { edges { node { id } } } } } } } }'
    await ask(simulator, 'mutation { order_update_holds(data: { order_id: "x" }) { request_id } }')
    for (let index = 0; index < 90; index += 1) await ask(simulator, '{ user_quota { credits_remaining } }')
    const { body } = await ask(simulator, big)
    expect(body).toMatchObject({
      data: { orders: null },
      errors: [{ code: 30, required_credits: 421, time_remaining: expect.stringMatching(/^\d+ seconds$/) }],
    })
    expect(body.errors?.[0]?.message).toMatch(
      /^There are not enough credits to perform the requested operation, which requires 421 credits, but there are only \d+ left\. In \d+ seconds you will have enough credits to perform the operation$/,
    )
    const worse = await ask(
      simulator,
      '{ orders { data { edges { node { line_items { edges { node { id } } } } } } } }',
    )
    expect(worse.body.errors?.[0]).toMatchObject({ code: 30, required_credits: 1 + 100 * 101 })
  })

  it('counts requests too: 7,000 in five minutes', async () => {
    await using simulator = await start({ requests: { limit: 2, windowMs: 300_000 } })
    const { access_token: token } = (await (
      await fetch(`${simulator.url}/auth/refresh`, {
        method: 'POST',
        body: JSON.stringify({ refresh_token: simulator.refreshToken }),
      })
    ).json()) as { access_token: string }
    const send = () =>
      fetch(`${simulator.url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: '{ user_quota { max_available } }' }),
      })
    expect([(await send()).status, (await send()).status]).toEqual([200, 200])
    const third = await send()
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '300'])
  })

  it('shows a webhook’s secret once, and keeps names apart by their shop name', async () => {
    await using simulator = await start()
    const data = { name: 'PO Update', url: 'https://x.example/', shop_name: 'a' }
    const first = await ask(simulator, createWebhookDocument.query, { data })
    expect(first.body.data).toMatchObject({
      webhook_create: { webhook: { shared_signature_secret: expect.any(String) } },
    })
    expect((await ask(simulator, createWebhookDocument.query, { data })).body.errors).toHaveLength(1)
    await ask(simulator, createWebhookDocument.query, { data: { ...data, shop_name: 'b' } })
    const { body } = await ask(
      simulator,
      '{ webhooks { data { edges { node { shop_name health enabled shared_signature_secret } } } } }',
    )
    const node = (shop_name: string) => ({
      node: { shop_name, health: 'HEALTHY', enabled: true, shared_signature_secret: null },
    })
    expect(body.data).toEqual({ webhooks: { data: { edges: [node('a'), node('b')] } } })
  })

  it('takes lines off an order, and refuses what was shipped', async () => {
    await using simulator = await start()
    await simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    const made = await ask(simulator, create)
    const { order } = (
      made.body.data as {
        order_create: { order: { id: string; line_items: { edges: { node: { id: string } }[] } } }
      }
    ).order_create
    const id = order.line_items.edges[0]?.node.id
    const lower = `mutation { order_update_line_items(data: { order_id: "${order.id}", line_items: [{ id: "${id}", quantity: 1 }] }) { order { line_items { edges { node { quantity quantity_pending_fulfillment } } } } } }`
    expect((await ask(simulator, lower)).body.data).toMatchObject({
      order_update_line_items: {
        order: { line_items: { edges: [{ node: { quantity: 1, quantity_pending_fulfillment: 1 } }] } },
      },
    })
    const remove = `mutation { order_remove_line_items(data: { order_id: "${order.id}", line_item_ids: ["${id}"] }) { order { fulfillment_status } } }`
    await simulator.control('ship')
    expect((await ask(simulator, remove)).body.errors).toMatchObject([
      { message: 'A line item was shipped already' },
    ])
  })
})
