import '@shopify/shopify-api/adapters/node'
import { createHmac } from 'node:crypto'
import { RequestedTokenType, type Session, shopifyApi } from '@shopify/shopify-api'
import { setAbstractFetchFunc } from '@shopify/shopify-api/runtime'
import { afterEach, describe, expect, it } from 'vitest'
import { type ShopifySimulator, startShopifySimulator } from '../../../adapters/shopify/simulator/index.ts'

/** Shopify's own client for Node, unchanged, against the simulator: only the network leads elsewhere. */

const running: ShopifySimulator[] = []
afterEach(async () => {
  for (const simulator of running.splice(0)) {
    expect(simulator.errors).toEqual([])
    await simulator.close()
  }
})

const shop = 'simulated-shop.myshopify.com'

async function start() {
  const simulator = await startShopifySimulator()
  running.push(simulator)
  setAbstractFetchFunc((url: string | URL | Request, init?: RequestInit) =>
    fetch(String(url).replace(`https://${shop}`, simulator.url), { ...init, redirect: 'manual' }),
  )
  const api = shopifyApi({
    apiKey: simulator.clientId,
    apiSecretKey: simulator.clientSecret,
    apiVersion: '2026-07' as never,
    scopes: ['read_orders', 'write_orders'],
    hostName: 'app.example',
    isEmbeddedApp: true,
    logger: { log: () => {} },
  })
  return { simulator, api }
}

/** As the admin gives it to an embedded app. */
function sessionToken(simulator: ShopifySimulator): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: `https://${shop}/admin`,
    dest: `https://${shop}`,
    aud: simulator.clientId,
    sub: '1',
    exp: now + 60,
    nbf: now - 5,
    iat: now,
    jti: 'f8912129-1af6-4cad-9ca3-76b0f7621087',
    sid: 'aaea182f2732d44c23057c0fea584021a4485b2bd25d3eb7fd349313ad24c685',
  }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  const signature = createHmac('sha256', simulator.clientSecret).update(signed).digest('base64url')
  return `${signed}.${signature}`
}

describe('@shopify/shopify-api', () => {
  it('logs in by token exchange, lists orders, changes a number, ships and pays back', async () => {
    const { simulator, api } = await start()
    const { session } = await api.auth.tokenExchange({
      shop,
      sessionToken: sessionToken(simulator),
      requestedTokenType: RequestedTokenType.OfflineAccessToken,
      expiring: true,
    })
    expect(session).toMatchObject({ isOnline: false, refreshToken: expect.stringMatching(/^shprt_/) })
    const { listing, place } = await simulator.control<{ listing: string; place: string }>('listings', {
      sku: 'MUG',
      quantity: 9,
    })
    await simulator.control('orders', { lines: [{ sku: 'MUG', quantity: 2 }] })
    const client = new api.clients.Graphql({ session })

    const orders = await client.request(
      `query ($first: Int!) {
        orders(first: $first, sortKey: UPDATED_AT) {
          edges { node { id name fulfillmentOrders(first: 1) { nodes { id } } lineItems(first: 5) { nodes { id quantity } } } }
        }
      }`,
      { variables: { first: 10 } },
    )
    const order = orders.data?.orders.edges[0].node
    expect(order).toMatchObject({ name: '#1001', lineItems: { nodes: [{ quantity: 2 }] } })

    const set = await client.request(
      `mutation ($input: InventorySetQuantitiesInput!, $key: String!) {
        inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code message } }
      }`,
      {
        variables: {
          key: crypto.randomUUID(),
          input: {
            name: 'available',
            reason: 'correction',
            quantities: [
              { inventoryItemId: listing, locationId: place, quantity: 20, changeFromQuantity: 7 },
            ],
          },
        },
      },
    )
    expect(set.data?.inventorySetQuantities.userErrors).toEqual([])

    const ship = await client.request(
      `mutation ($fulfillment: FulfillmentInput!) {
        fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { status } userErrors { message } }
      }`,
      {
        variables: {
          fulfillment: {
            lineItemsByFulfillmentOrder: [{ fulfillmentOrderId: order.fulfillmentOrders.nodes[0].id }],
            trackingInfo: { company: 'UPS', number: '1Z999AA10123456784' },
          },
        },
      },
    )
    expect(ship.data?.fulfillmentCreate).toEqual({ fulfillment: { status: 'SUCCESS' }, userErrors: [] })
    expect(simulator.state()).toMatchObject({
      listings: [{ quantity: 20 }],
      orders: [
        { status: 'fulfilled', shipments: [{ trackingNumber: '1Z999AA10123456784', carrier: 'UPS' }] },
      ],
    })
  })

  it('refreshes an expiring token, whose predecessor then ends', async () => {
    const { simulator, api } = await start()
    const { refresh_token } = await simulator.control<{ refresh_token: string }>('app/install', {})
    const { session } = await api.auth.refreshToken({ shop, refreshToken: refresh_token })
    const ask = (one: Session) => new api.clients.Graphql({ session: one }).request('{ shop { name } }')
    expect((await ask(session)).data).toEqual({ shop: { name: 'Simulated shop' } })
    await expect(api.auth.refreshToken({ shop, refreshToken: refresh_token })).rejects.toThrow()
    const again = await api.auth.refreshToken({ shop, refreshToken: session.refreshToken ?? '' })
    expect((await ask(again.session)).data).toBeDefined()
  })

  it('logs in by client credentials, and by an OAuth code that the merchant agreed to', async () => {
    const { simulator, api } = await start()
    const { session } = await api.auth.clientCredentials({ shop })
    expect(session.accessToken).toMatch(/^shpat_/)
    const consent = new URL('/admin/oauth/authorize', simulator.url)
    consent.search = new URLSearchParams({
      client_id: simulator.clientId,
      redirect_uri: 'https://app.example/auth/callback',
      state: '123',
    }).toString()
    const answer = await fetch(consent, { redirect: 'manual' })
    const back = new URL(answer.headers.get('location') ?? '')
    expect(await api.utils.validateHmac(Object.fromEntries(back.searchParams))).toBe(true)
    const grant = await fetch(`${simulator.url}/admin/oauth/access_token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: simulator.clientId,
        client_secret: simulator.clientSecret,
        code: back.searchParams.get('code'),
        expiring: '1',
      }),
    })
    expect(await grant.json()).toMatchObject({ expires_in: 3600, refresh_token_expires_in: 7_776_000 })
  })

  it('finds the signature of a delivery right', async () => {
    const { simulator, api } = await start()
    const body = '{"id": 1, "price": "12.50"}'
    const { signShopify } = await import('../../../adapters/shopify/simulator/index.ts')
    const headers = signShopify(simulator.clientSecret)({
      id: 'event',
      topic: 'orders/create',
      url: 'https://app.example/hooks',
      body: Buffer.from(body),
      secret: null,
      subscription: 's',
      attempt: 1,
      at: Date.now(),
    })
    const rawRequest = { headers, method: 'POST', url: '/hooks' } as never
    expect(await api.webhooks.validate({ rawBody: body, rawRequest })).toMatchObject({
      valid: true,
      topic: 'ORDERS_CREATE',
      domain: shop,
    })
  })
})
