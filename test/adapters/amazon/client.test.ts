import { existsSync } from 'node:fs'
import { Agent } from 'node:https'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { startAmazonSimulator } from '../../../adapters/amazon/simulator/index.ts'

/** The most used client of the Selling Partner API for Node, where it is installed. */
const installed = existsSync(resolve('node_modules/amazon-sp-api'))

interface Client {
  callAPI(request: object): Promise<Record<string, unknown>>
}

/** Leads every address of Amazon's to the simulator: the client itself is as it was published. */
function leadTo(port: number): Agent {
  const agent = new Agent({ keepAlive: false })
  Object.assign(agent, { createConnection: () => connect(port, '127.0.0.1') })
  return agent
}

it.skipIf(!installed)(
  'amazon-sp-api, as it is published, lists orders, changes stock and ships',
  async () => {
    const { SellingPartner } = createRequire(import.meta.url)('amazon-sp-api') as {
      SellingPartner: new (config: object) => Client
    }
    const simulator = await startAmazonSimulator({
      pendingMs: 0,
      settlingMs: 0,
      applyMs: 0,
      feedQueueMs: 0,
      feedMs: 0,
    })
    try {
      const { options } = simulator
      await simulator.control('listings', {
        sku: 'MUG/RED 1',
        quantity: 5,
        price: { amount: 1250, currency: 'USD' },
      })
      const { order: id } = await simulator.control<{ order: string }>('orders', {
        lines: [{ sku: 'MUG/RED 1', quantity: 2 }],
      })
      const client = new SellingPartner({
        region: 'na',
        refresh_token: options.refreshToken,
        credentials: {
          SELLING_PARTNER_APP_CLIENT_ID: options.clientId,
          SELLING_PARTNER_APP_CLIENT_SECRET: options.clientSecret,
        },
        options: { https_proxy_agent: leadTo(simulator.port), auto_request_throttled: false },
      })
      const MarketplaceIds = ['ATVPDKIKX0DER']
      const since = new Date(simulator.clock.now() - 86_400_000).toISOString()
      const listed = await client.callAPI({
        operation: 'getOrders',
        endpoint: 'orders',
        query: { MarketplaceIds, LastUpdatedAfter: since },
      })
      expect(listed).toMatchObject({ Orders: [{ AmazonOrderId: id, OrderStatus: 'Unshipped' }] })
      const newer = await client.callAPI({
        operation: 'searchOrders',
        endpoint: 'orders',
        options: { version: '2026-01-01' },
        query: { marketplaceIds: MarketplaceIds, lastUpdatedAfter: since, includedData: ['FULFILLMENT'] },
      })
      expect(newer).toMatchObject({ orders: [{ orderId: id }] })
      const items = await client.callAPI({
        operation: 'getOrderItems',
        endpoint: 'orders',
        path: { orderId: id },
      })
      const [item] = items.OrderItems as { OrderItemId: string; QuantityOrdered: number }[]
      expect(item).toMatchObject({ SellerSKU: 'MUG/RED 1', QuantityOrdered: 2 })
      const patched = await client.callAPI({
        operation: 'patchListingsItem',
        endpoint: 'listingsItems',
        options: { version: '2021-08-01' },
        path: { sellerId: options.sellerId, sku: 'MUG/RED 1' },
        query: { marketplaceIds: MarketplaceIds },
        body: {
          productType: 'PRODUCT',
          patches: [
            {
              op: 'merge',
              path: '/attributes/fulfillment_availability',
              value: [{ fulfillment_channel_code: 'DEFAULT', quantity: 9 }],
            },
          ],
        },
      })
      expect(patched).toMatchObject({ status: 'ACCEPTED' })
      await client.callAPI({
        operation: 'confirmShipment',
        endpoint: 'orders',
        path: { orderId: id },
        body: {
          marketplaceId: 'ATVPDKIKX0DER',
          packageDetail: {
            packageReferenceId: '1',
            carrierCode: 'UPS',
            trackingNumber: '1Z999AA10123456784',
            shipDate: new Date(simulator.clock.now()).toISOString(),
            orderItems: [{ orderItemId: item?.OrderItemId, quantity: 2 }],
          },
        },
      })
      const shipped = await client.callAPI({
        operation: 'getOrder',
        endpoint: 'orders',
        path: { orderId: id },
      })
      expect(shipped).toMatchObject({ OrderStatus: 'Shipped', NumberOfItemsShipped: 2 })
      expect(simulator.state()).toMatchObject({ listings: [{ quantity: 9 }] })
      expect(simulator.errors).toEqual([])
    } finally {
      await simulator.close()
    }
  },
)
