import {
  type Route,
  type RouteParams,
  ServerBucket,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import { type AmazonBucket, limits } from '../limits.ts'
import { quotaExceeded } from './answers.ts'
import type { Auth, Grant } from './auth.ts'
import * as fba from './fba.ts'
import * as feeds from './feeds.ts'
import { getListing, patchListing, searchListings } from './listings.ts'
import * as mcf2020Routes from './mcf-2020.ts'
import * as mcfRoutes from './mcf-routes.ts'
import * as notifications from './notifications.ts'
import { getOrder, searchOrders } from './orders.ts'
import * as ordersV0 from './orders-v0.ts'
import * as reports from './reports.ts'
import { confirmShipment } from './shipments.ts'
import * as shippingRoutes from './shipping.ts'
import { type SandboxVector, staticAnswer } from './vectors.ts'
import type { World } from './world.ts'

type Handler = (world: World, request: SimulatorRequest, param: (name: string) => string) => SimulatorReply

interface Entry {
  readonly method: string
  readonly path: string
  readonly handle: Handler
  readonly grant?: Grant
  /** The bucket of a request, where it is not the operation's own. */
  readonly bucketOf?: (request: SimulatorRequest) => AmazonBucket
}

const item = '/listings/2021-08-01/items/{sellerId}'
const order = '/orders/2026-01-01/orders'
const orderV0 = '/orders/v0/orders'
const feed = '/feeds/2021-06-30'
const report = '/reports/2021-06-30'
const notice = '/notifications/v1'
const inventory = '/fba/inventory/v1'
const shipping = '/shipping/v2/shipments'
const mcf = '/fulfillment/outbound/2026-07-04/orders'
const mcf2020 = '/fba/outbound/2020-07-01/fulfillmentOrders'

const entries = {
  searchOrders: { method: 'GET', path: order, handle: searchOrders },
  getOrder: {
    method: 'GET',
    path: `${order}/{orderId}`,
    handle: (world, request, param) => getOrder(world, request, param('orderId')),
  },
  getOrders: { method: 'GET', path: orderV0, handle: ordersV0.getOrders },
  getOrderV0: {
    method: 'GET',
    path: `${orderV0}/{orderId}`,
    handle: (world, _, param) => ordersV0.getOrderV0(world, param('orderId')),
  },
  getOrderItems: {
    method: 'GET',
    path: `${orderV0}/{orderId}/orderItems`,
    handle: (world, _, param) => ordersV0.getOrderItems(world, param('orderId')),
  },
  confirmShipment: {
    method: 'POST',
    path: `${orderV0}/{orderId}/shipmentConfirmation`,
    handle: (world, request, param) => confirmShipment(world, request, param('orderId')),
  },
  patchListingsItem: {
    method: 'PATCH',
    path: `${item}/{sku}`,
    handle: (world, request, param) => patchListing(world, request, param('sellerId'), param('sku')),
  },
  getListingsItem: {
    method: 'GET',
    path: `${item}/{sku}`,
    handle: (world, request, param) => getListing(world, request, param('sellerId'), param('sku')),
  },
  searchListingsItems: {
    method: 'GET',
    path: item,
    handle: (world, request, param) => searchListings(world, request, param('sellerId')),
  },
  createFeedDocument: { method: 'POST', path: `${feed}/documents`, handle: feeds.createFeedDocument },
  createFeed: {
    method: 'POST',
    path: `${feed}/feeds`,
    handle: feeds.createFeed,
    bucketOf: (request) =>
      request.raw.includes('"JSON_LISTINGS_FEED"') ? 'createListingsFeed' : 'createFeed',
  },
  getFeeds: { method: 'GET', path: `${feed}/feeds`, handle: feeds.getFeeds },
  getFeed: {
    method: 'GET',
    path: `${feed}/feeds/{feedId}`,
    handle: (world, _, param) => feeds.getFeed(world, param('feedId')),
  },
  cancelFeed: {
    method: 'DELETE',
    path: `${feed}/feeds/{feedId}`,
    handle: (world, _, param) => feeds.cancelFeed(world, param('feedId')),
  },
  getFeedDocument: {
    method: 'GET',
    path: `${feed}/documents/{feedDocumentId}`,
    handle: (world, _, param) => feeds.getFeedDocument(world, param('feedDocumentId')),
  },
  createReport: { method: 'POST', path: `${report}/reports`, handle: reports.createReport },
  getReports: { method: 'GET', path: `${report}/reports`, handle: reports.getReports },
  getReport: {
    method: 'GET',
    path: `${report}/reports/{reportId}`,
    handle: (world, _, param) => reports.getReport(world, param('reportId')),
  },
  getReportDocument: {
    method: 'GET',
    path: `${report}/documents/{reportDocumentId}`,
    handle: (world, _, param) => reports.getReportDocument(world, param('reportDocumentId')),
  },
  getDestinations: {
    method: 'GET',
    path: `${notice}/destinations`,
    grant: 'application',
    handle: notifications.getDestinations,
  },
  createDestination: {
    method: 'POST',
    path: `${notice}/destinations`,
    grant: 'application',
    handle: notifications.createDestination,
  },
  getSubscription: {
    method: 'GET',
    path: `${notice}/subscriptions/{notificationType}`,
    handle: (world, _, param) => notifications.getSubscription(world, param('notificationType')),
  },
  createSubscription: {
    method: 'POST',
    path: `${notice}/subscriptions/{notificationType}`,
    handle: (world, request, param) =>
      notifications.createSubscription(world, request, param('notificationType')),
  },
  deleteSubscriptionById: {
    method: 'DELETE',
    path: `${notice}/subscriptions/{notificationType}/{subscriptionId}`,
    grant: 'application',
    handle: (world, _, param) =>
      notifications.deleteSubscription(world, param('notificationType'), param('subscriptionId')),
  },
  sendTestNotification: {
    method: 'POST',
    path: `${notice}/subscriptions/{notificationType}/testNotification`,
    grant: 'application',
    handle: (world, _, param) => notifications.sendTestNotification(world, param('notificationType')),
  },
  getMarketplaceParticipations: {
    method: 'GET',
    path: '/sellers/v1/marketplaceParticipations',
    handle: fba.getMarketplaceParticipations,
  },
  getInventorySummaries: {
    method: 'GET',
    path: `${inventory}/summaries`,
    handle: fba.getInventorySummaries,
  },
  createInventoryItem: { method: 'POST', path: `${inventory}/items`, handle: fba.createInventoryItem },
  addInventory: { method: 'POST', path: `${inventory}/items/inventory`, handle: fba.addInventory },
  deleteInventoryItem: {
    method: 'DELETE',
    path: `${inventory}/items/{sellerSku}`,
    handle: (world, _, param) => fba.deleteInventoryItem(world, param('sellerSku')),
  },
  createOrder: { method: 'POST', path: mcf, handle: mcfRoutes.createOrder },
  listOrders: { method: 'GET', path: mcf, handle: mcfRoutes.listOrders },
  getMcfOrder: {
    method: 'GET',
    path: `${mcf}/{orderId}`,
    handle: (world, request, param) => mcfRoutes.getOrder(world, request, param('orderId')),
  },
  cancelOrder: {
    method: 'PUT',
    path: `${mcf}/{orderId}/cancel`,
    handle: (world, _, param) => mcfRoutes.cancelOrder(world, param('orderId')),
  },
  updateOrderStatus: {
    method: 'PUT',
    path: `${mcf}/{orderId}/status`,
    handle: (world, request, param) => mcfRoutes.updateOrderStatus(world, request, param('orderId')),
  },
  updatePackage: {
    method: 'PUT',
    path: `${mcf}/{orderId}/packages/{packageId}`,
    handle: (world, request, param) =>
      mcfRoutes.updatePackage(world, request, param('orderId'), param('packageId')),
  },
  getOrderPreview: {
    method: 'POST',
    path: '/fulfillment/outbound/2026-07-04/previews',
    handle: mcfRoutes.getOrderPreview,
  },
  createFulfillmentOrder: { method: 'POST', path: mcf2020, handle: mcf2020Routes.createFulfillmentOrder },
  listAllFulfillmentOrders: { method: 'GET', path: mcf2020, handle: mcf2020Routes.listAllFulfillmentOrders },
  getFulfillmentOrder: {
    method: 'GET',
    path: `${mcf2020}/{sellerFulfillmentOrderId}`,
    handle: (world, _, param) => mcf2020Routes.getFulfillmentOrder(world, param('sellerFulfillmentOrderId')),
  },
  submitFulfillmentOrderStatusUpdate: {
    method: 'PUT',
    path: `${mcf2020}/{sellerFulfillmentOrderId}/status`,
    handle: (world, request, param) =>
      mcf2020Routes.submitStatus(world, request, param('sellerFulfillmentOrderId')),
  },
  getRates: { method: 'POST', path: `${shipping}/rates`, handle: shippingRoutes.getRates },
  purchaseShipment: { method: 'POST', path: shipping, handle: shippingRoutes.purchaseShipment },
  getShipmentDocuments: {
    method: 'GET',
    path: `${shipping}/{shipmentId}/documents`,
    handle: (world, request, param) =>
      shippingRoutes.getShipmentDocuments(world, request, param('shipmentId')),
  },
  getTracking: { method: 'GET', path: '/shipping/v2/tracking', handle: shippingRoutes.getTracking },
  cancelShipment: {
    method: 'PUT',
    path: `${shipping}/{shipmentId}/cancel`,
    handle: (world, _, param) => shippingRoutes.cancelShipment(world, param('shipmentId')),
  },
} satisfies Readonly<Record<string, Entry>>

/** Operations that a limit or a fault can name. */
export type AmazonOperation = keyof typeof entries

export interface ServerLimit {
  readonly rate: number
  readonly burst: number
}

/** Of Amazon's sandbox, which alone has the operations that no plan names. */
const sandboxLimit: ServerLimit = { rate: 5, burst: 15 }

/** Of operations that the adapter does not use. */
const others: Readonly<Record<string, ServerLimit>> = {
  getOrders: { rate: 0.0167, burst: 20 },
  getOrderV0: { rate: 0.5, burst: 30 },
  getOrderItems: { rate: 0.5, burst: 30 },
}

const planned = (name: string): ServerLimit =>
  (limits as Readonly<Record<string, ServerLimit>>)[name] ?? others[name] ?? sandboxLimit

/** The routes of everything that the simulator answers, Login with Amazon and the store of documents included. */
export function serve(
  world: World,
  auth: Auth,
  own: Partial<Record<AmazonOperation, ServerLimit>>,
  vectors: readonly SandboxVector[] | undefined,
): Route[] {
  return [
    {
      operation: 'lwaToken',
      method: 'POST',
      path: '/auth/o2/token',
      handle: (request) => auth.token(request),
    },
    ...(['PUT', 'GET'] as const).map((method) => ({
      operation: 'document',
      method,
      path: '/documents/{key}',
      handle: (request: SimulatorRequest, { key = '' }: RouteParams) => world.documents.serve(request, key),
    })),
    ...Object.entries<Entry>(entries).map(([name, entry]) => route(world, auth, own, vectors, name, entry)),
  ]
}

function route(
  world: World,
  auth: Auth,
  own: Partial<Record<string, ServerLimit>>,
  vectors: readonly SandboxVector[] | undefined,
  operation: string,
  entry: Entry,
): Route {
  const buckets = new Map<string, ServerBucket>()
  const bucketOf = (name: string) => {
    const known = buckets.get(name) ?? new ServerBucket(world.clock, own[operation] ?? planned(name))
    buckets.set(name, known)
    return known
  }
  const { method, path } = entry
  return {
    operation,
    method,
    path,
    handle: (request, params) => {
      if (vectors)
        return identified(world, staticAnswer(vectors, { operation, method, path }, request, params))
      const refusal = auth.check(request, entry.grant)
      if (refusal) return identified(world, refusal)
      const bucket = bucketOf(entry.bucketOf?.(request) ?? operation)
      if (!bucket.take(world.options.sellerId).ok) return identified(world, quotaExceeded())
      const param = (name: string) => params[name] ?? ''
      return identified(world, entry.handle(world, request, param), bucket.rate)
    },
  }
}

/** The headers of an answer. The models declare the rate with successes, 400s and 404s, not with 403s and 429s. */
function identified(world: World, answer: SimulatorReply, rate?: number): SimulatorReply {
  const limited = rate !== undefined && (answer.status < 401 || answer.status === 404)
  return {
    ...answer,
    headers: {
      ...answer.headers,
      'x-amzn-RequestId': world.random.uuid(),
      ...(limited ? { 'x-amzn-RateLimit-Limit': String(rate) } : {}),
    },
  }
}
