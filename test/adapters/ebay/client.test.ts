import eBayApi from 'ebay-api'
import { afterEach, describe, expect, it } from 'vitest'
import {
  type EbaySimulator,
  type EbaySimulatorOptions,
  startEbaySimulator,
} from '../../../adapters/ebay/simulator/index.ts'

/** A client of eBay's APIs that many use, unchanged, against the simulator: only the network leads elsewhere. */

const running: EbaySimulator[] = []
afterEach(async () => {
  for (const simulator of running.splice(0)) {
    expect(simulator.errors).toEqual([])
    await simulator.close()
  }
})

async function start(options: EbaySimulatorOptions = {}) {
  const simulator = await startEbaySimulator(options)
  running.push(simulator)
  const connect = (signature?: { jwe: string; privateKey: string }) => {
    const api = new eBayApi({
      appId: simulator.options.clientId,
      certId: simulator.options.clientSecret,
      ruName: 'Acme-Acme-Prd-ruName',
      sandbox: false,
      siteId: eBayApi.SiteId.EBAY_US,
      marketplaceId: eBayApi.MarketplaceId.EBAY_US,
      ...(signature === undefined ? {} : { signature: { cipher: 'sha256', ...signature } }),
    })
    const hosts = /^https:\/\/(api|apiz|auth)\.ebay\.com/
    api.req.instance.interceptors.request.use((request) => ({
      ...request,
      url: request.url?.replace(hosts, simulator.url) ?? '',
    }))
    return api
  }
  /** As the browser comes back from eBay's page of consent. */
  const login = async (api: eBayApi) => {
    const { code } = await simulator.control<{ code: string }>('auth/consent', { consented: true })
    api.OAuth2.setCredentials(await api.OAuth2.getToken(code))
    return api
  }
  return { simulator, connect, login }
}

const hourMs = 3_600_000

describe('ebay-api', () => {
  it('logs in by an OAuth code, lists orders, changes a number and ships', async () => {
    const { simulator, connect, login } = await start()
    const api = await login(connect())
    await simulator.control('listings', { sku: 'MUG', quantity: 10 })
    const { order } = await simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG', quantity: 2 }],
    })

    const now = Date.now()
    const span = [now - hourMs, now].map((at) => new Date(at).toISOString()).join('..')
    const { orders, total } = await api.sell.fulfillment.getOrders({ filter: `lastmodifieddate:[${span}]` })
    expect({ total, orders }).toMatchObject({
      total: 1,
      orders: [{ orderId: order, lineItems: [{ sku: 'MUG', quantity: 2 }] }],
    })

    const { offers } = await api.sell.inventory.getOffers({ sku: 'MUG' })
    const offerId = offers[0].offerId
    const { responses } = await api.sell.inventory.bulkUpdatePriceQuantity({
      requests: [
        {
          sku: 'MUG',
          shipToLocationAvailability: { quantity: 20 },
          offers: [{ offerId, availableQuantity: 20 }],
        },
      ],
    })
    expect(responses).toEqual([{ sku: 'MUG', offerId, statusCode: 200 }])

    await api.sell.fulfillment.createShippingFulfillment(order, {
      lineItems: [{ lineItemId: orders[0].lineItems[0].lineItemId, quantity: 2 }],
      shippingCarrierCode: 'USPS',
      trackingNumber: '9400111899560000000001',
    })
    expect(await api.sell.fulfillment.getShippingFulfillments(order)).toMatchObject({
      total: 1,
      fulfillments: [{ shipmentTrackingNumber: '9400111899560000000001' }],
    })
    expect(simulator.state()).toMatchObject({
      listings: [{ quantity: 20 }],
      orders: [{ shipments: [{ trackingNumber: '9400111899560000000001', carrier: 'USPS' }] }],
    })
  })

  it('changes a listing of the Trading API, in XML', async () => {
    const { simulator, connect, login } = await start()
    const api = await login(connect())
    const { itemId } = await simulator.control<{ itemId: string }>('listings', {
      sku: 'OLD',
      quantity: 10,
      api: 'trading',
    })
    const { Ack } = await api.trading.ReviseInventoryStatus({
      InventoryStatus: [{ ItemID: itemId, Quantity: 4 }],
    })
    expect(Ack).toBe('Success')
    const { Item } = await api.trading.GetItem({ ItemID: itemId })
    expect(Item).toMatchObject({ Quantity: 4, SKU: 'OLD' })
    const { ActiveList } = await api.trading.GetMyeBaySelling({ ActiveList: { Include: true } })
    expect(ActiveList.PaginationResult.TotalNumberOfEntries).toBe(1)
    await expect(api.trading.GetItem({ ItemID: '110000000000' })).rejects.toThrow('Item cannot be accessed')
  })

  it('signs refunds and cancellations, as sellers of the EU and the UK must', async () => {
    const { simulator, connect, login } = await start({ mustSign: true })
    await simulator.control('listings', { sku: 'MUG', quantity: 10 })
    const buy = async () =>
      (await simulator.control<{ order: string }>('orders', { lines: [{ sku: 'MUG', quantity: 1 }] })).order
    const refund = (api: eBayApi, order: string) =>
      api.sell.fulfillment.sign.issueRefund(order, {
        reasonForRefund: 'OTHER_ADJUSTMENT',
        orderLevelRefundAmount: { value: '1.00', currency: 'USD' },
      })
    const api = await login(connect(simulator.signingKey()))
    expect(await refund(api, await buy())).toMatchObject({ refundStatus: 'PENDING' })
    const { cancelId } = await api.postOrder.cancellation.sign.createCancellation({
      legacyOrderId: await buy(),
      cancelReason: 'OUT_OF_STOCK_OR_CANNOT_FULFILL',
      buyerPaid: true,
    })
    expect(cancelId).toMatch(/^\d+$/)
    const other = { ...simulator.signingKey(), privateKey: simulator.signingKey().privateKey }
    await expect(refund(await login(connect(other)), await buy())).rejects.toThrow('Signature validation')
  })

  it('reads returns and quotas', async () => {
    const { simulator, connect, login } = await start()
    const api = await login(connect())
    await simulator.control('listings', { sku: 'MUG', quantity: 10 })
    const { order } = await simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG', quantity: 1 }],
    })
    const opened = await simulator.control<{ return: string }>('returns', { order })
    expect(await api.postOrder.return.search({ limit: 10 })).toMatchObject({
      members: [{ returnId: opened.return, orderId: order, state: 'RETURN_REQUESTED' }],
    })
    const { detail } = await api.postOrder.return.getReturn(opened.return)
    expect(detail).toMatchObject({ itemDetail: { returnQuantity: 1 } })
    // Quotas belong to the application: without a seller's token, its own is asked for.
    const { rateLimits } = await connect().developer.analytics.getRateLimits()
    expect(rateLimits.map(({ apiName }: { apiName: string }) => apiName)).toContain('fulfillment')
  })

  it('gets a new token when one has ended, and reads what eBay refuses', async () => {
    const { simulator, connect, login } = await start()
    const api = await login(connect())
    await simulator.control('auth/revoke-tokens')
    expect((await api.sell.fulfillment.getOrders({})).total).toBe(0)
    expect(simulator.count('token')).toBe(2)
    await expect(api.sell.fulfillment.getOrder('99-99999-99999')).rejects.toMatchObject({
      meta: { errorId: 32100 },
    })
  })
})
