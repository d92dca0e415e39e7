import {
  extendSimulator,
  type OutgoingWebhook,
  type Route,
  type RouteParams,
  type RunningSimulator,
  router,
  ServerBucket,
  type SimulatorKit,
  type SimulatorOptions,
  type SimulatorReply,
  type SimulatorRequest,
  startSimulator,
} from '../../../src/simulator/index.ts'
import type { TikTokOperation } from '../limits.ts'
import { signWebhook } from '../sign.ts'
import { mcfTopic } from '../webhooks.ts'
import * as aftersales from './aftersales.ts'
import { asObject, documented, ok, seconds, wrong } from './answers.ts'
import { Auth, pdf, type TikTokCredentials } from './auth.ts'
import { controls } from './controls.ts'
import * as fbt from './fbt.ts'
import * as inventory from './inventory.ts'
import * as mcf from './mcf.ts'
import * as orders from './orders.ts'
import * as returns from './returns.ts'
import * as shipping from './shipping.ts'
import { stateOf } from './state.ts'
import { World, type WorldOptions } from './world.ts'

export type { TikTokCredentials } from './auth.ts'

export interface TikTokSimulatorOptions extends SimulatorOptions, Partial<WorldOptions> {
  readonly credentials?: TikTokCredentials
  /** Calls of each endpoint. TikTok publishes no numbers; default 10 a second, up to 20. */
  readonly limit?: { readonly rate: number; readonly burst: number }
  /** `true`: a refresh token that was used is refused from then on. Default `false`. */
  readonly strictRotation?: boolean
}

export interface TikTokSimulator extends RunningSimulator {
  /** What `tiktok()` needs to reach this simulator. */
  readonly options: TikTokCredentials & {
    readonly shopId: string
    readonly endpoint: string
    readonly authEndpoint: string
  }
}

const defaults: WorldOptions = {
  region: 'US',
  warehouses: 1,
  holdMs: 0,
  settlingMs: 2_000,
  zero: 'accepted',
  masked: false,
  mcfMs: 60_000,
  duplicates: 'nameless',
}

const testCredentials: TikTokCredentials = {
  appKey: 'simulated-key',
  appSecret: 'simulated-app-secret',
  refreshToken: 'TTP_simulated-refresh-token',
}

/** Signs webhooks as TikTok does, for `webhookRequest` of `stockpool/testing`: the topic and the id are the body's own. */
export function signTikTok(appKey: string, appSecret: string) {
  return ({ body }: Pick<OutgoingWebhook, 'body'>) => ({
    'content-type': 'application/json',
    authorization: signWebhook(appKey, appSecret, body),
  })
}

/**
 * Starts a simulated TikTok Shop Open API, with its token endpoint, on 127.0.0.1.
 *
 * It follows the documents where they speak. Where they are silent it does this: a paid order is on hold for `holdMs`; Get Order
 * List shows a change up to `settlingMs` late; a cancelled order frees its units, unless want of stock is the reason, when the
 * whole product shows 0; a parcel of the seller's awaits collection until `orders/collect`; a product that is activated again
 * passes its review at once; every answer but a refused call is HTTP 200. An MCF order holds its goods from the start, shows one
 * consign order after `mcfMs`, and is worked on after as long again; what is stalled or ABNORMAL puts its goods back; a cancelled order shows all of its
 * goods as closed; a reference whose order is over may be used again.
 *
 * @example
 * const simulator = await startTikTokSimulator()
 * const connection = tiktok(simulator.options)
 * await simulator.control('listings', { sku: 'MUG-RED', quantity: 5 })
 * await simulator.control('orders', { lines: [{ sku: 'MUG-RED', quantity: 1 }] })
 */
export async function startTikTokSimulator(options: TikTokSimulatorOptions = {}): Promise<TikTokSimulator> {
  const {
    credentials = testCredentials,
    limit = { rate: 10, burst: 20 },
    strictRotation = false,
    port,
    clock,
    seed,
    observe,
    ...world
  } = options
  const settings: WorldOptions = { ...defaults, ...world }
  const running = await startSimulator(
    (kit) => {
      const state = new World(settings, kit.clock, kit.random)
      const auth = new Auth(credentials, kit.clock, kit.random, strictRotation)
      const tell = teller(kit, state)
      state.changed = (order) =>
        tell('ORDER_STATUS_CHANGE', 1, {
          order_id: order.id,
          order_status: state.statusOf(order),
          update_time: seconds(order.updatedAt),
        })
      state.mcfChanged = (order) => tell(mcfTopic, 58, { mcf_order: mcf.wireOf(order) })
      const telling = {
        asked: ({ id }: { readonly id: string }) => tell('CANCELLATION_STATUS_CHANGE', 11, { order_id: id }),
        returned: (each: { readonly id: string; readonly order: string }) =>
          tell('RETURN_STATUS_CHANGE', 12, { order_id: each.order, return_id: each.id }),
      }
      return {
        kind: 'tiktok',
        ...router(routesOf(kit, state, auth, limit), () => identified(state, documented(404))),
        controls: controls(state, auth, telling),
        state: () => stateOf(state),
        faultReply: (_, status) => identified(state, documented(status)),
        malformed: () => identified(state, wrong('invalid param error: the body is no JSON')),
        webhooks: {
          sign: signTikTok(credentials.appKey, credentials.appSecret),
          timeoutMs: 3_000,
          retryAfterMs: [120_000, 1_800_000, 10_800_000, 43_200_000],
        },
      }
    },
    { port, clock, seed, observe },
  )
  return extendSimulator(running, {
    options: {
      ...credentials,
      shopId: '7494726673780148744',
      endpoint: running.url,
      authEndpoint: running.url,
    },
  })
}

function teller(kit: SimulatorKit, world: World) {
  return (topic: string, type: number, data: unknown) => {
    const id = world.newId('73271')
    const timestamp = seconds(kit.clock.now())
    const body = { type, tts_notification_id: id, shop_id: world.shop.id, timestamp, data }
    kit.webhooks.send({ topic, id, body })
  }
}

type Handler = (request: SimulatorRequest, id: string) => SimulatorReply

/** Which the adapter does not call, and other clients do. */
type ForOthers = 'GetWarehouseList' | 'DeleteShopWebhook'

/** Every operation behind the gate: its name, its method and path, and what it does with the one id in its path. */
function operationsOf(
  kit: SimulatorKit,
  world: World,
): readonly (readonly [TikTokOperation | ForOthers, string, string, Handler])[] {
  return [
    ['GetOrderList', 'POST', '/order/202309/orders/search', (request) => orders.searchOrders(world, request)],
    ['GetOrderDetail', 'GET', '/order/202309/orders', (request) => orders.getOrders(world, request)],
    ['InventorySearch', 'POST', '/product/202309/inventory/search', (r) => inventory.searchInventory(world, r)],
    ['UpdateInventory', 'POST', '/product/202309/products/{id}/inventory/update', (r, id) => inventory.updateInventory(world, r, id)],
    ['SearchProducts', 'POST', '/product/202502/products/search', (r) => inventory.searchProducts(world, r)],
    ['ActivateProduct', 'POST', '/product/202309/products/activate', (r) => inventory.toggleProducts(world, r, 'ACTIVATE')],
    ['DeactivateProducts', 'POST', '/product/202309/products/deactivate', (r) => inventory.toggleProducts(world, r, 'SELLER_DEACTIVATED')],
    ['GetWarehouseList', 'GET', '/logistics/202309/warehouses', () => shipping.warehouseList(world)],
    ['GetWarehouseDeliveryOptions', 'GET', '/logistics/202309/warehouses/{id}/delivery_options', (_, id) => shipping.deliveryOptions(world, id)],
    ['GetShippingProviders', 'GET', '/logistics/202309/delivery_options/{id}/shipping_providers', (_, id) => shipping.shippingProviders(world, id)],
    ['MarkPackageAsShipped', 'POST', '/fulfillment/202309/orders/{id}/packages', (r, id) => shipping.markAsShipped(world, r, id)],
    ['SplitOrders', 'POST', '/fulfillment/202309/orders/{id}/split', (r, id) => shipping.splitOrder(world, r, id)],
    ['GetEligibleShippingService', 'POST', '/fulfillment/202309/orders/{id}/shipping_services/query', (r, id) => shipping.eligibleServices(world, r, id)],
    ['CreatePackages', 'POST', '/fulfillment/202309/packages', (r) => shipping.createPackage(world, r)],
    ['ShipPackage', 'POST', '/fulfillment/202309/packages/{id}/ship', (r, id) => shipping.shipPackage(world, r, id)],
    ['UpdatePackageShippingInfo', 'POST', '/fulfillment/202309/packages/{id}/shipping_info/update', (r, id) => shipping.updateShippingInfo(world, r, id)],
    ['GetPackageDetail', 'GET', '/fulfillment/202309/packages/{id}', (_, id) => shipping.packageDetail(world, id)],
    ['GetPackageHandoverTimeSlots', 'GET', '/fulfillment/202309/packages/{id}/handover_time_slots', (_, id) => shipping.handoverSlots(world, id)],
    ['GetPackageShippingDocument', 'GET', '/fulfillment/202309/packages/{id}/shipping_documents', (r, id) => shipping.shippingDocument(world, r, id, kit.url())],
    ['GetAftersaleEligibility', 'GET', '/return_refund/202512/orders/{id}/aftersale_eligibility', (_, id) => aftersales.eligibility(world, id)],
    ['CancelOrder', 'POST', '/return_refund/202309/cancellations', (r) => aftersales.cancelOrder(world, r)],
    ['SearchCancellations', 'POST', '/return_refund/202309/cancellations/search', (r) => aftersales.searchCancellations(world, r)],
    ['ApproveCancellation', 'POST', '/return_refund/202309/cancellations/{id}/approve', (r, id) => aftersales.answerCancellation(world, r, id, true)],
    ['RejectCancellation', 'POST', '/return_refund/202309/cancellations/{id}/reject', (r, id) => aftersales.answerCancellation(world, r, id, false)],
    ['GetRejectReasons', 'GET', '/return_refund/202309/reject_reasons', (r) => aftersales.getRejectReasons(world, r)],
    ['SearchReturns', 'POST', '/return_refund/202309/returns/search', (r) => returns.searchReturns(world, r)],
    ['ApproveReturn', 'POST', '/return_refund/202309/returns/{id}/approve', (r, id) => returns.approveReturn(world, r, id)],
    ['RejectReturn', 'POST', '/return_refund/202309/returns/{id}/reject', (r, id) => returns.rejectReturn(world, r, id)],
    ['SearchFBTInventory', 'POST', '/fbt/202408/inventory/search', (r) => fbt.searchFbtInventory(world, r)],
    ['GetFBTWarehouseList', 'GET', '/fbt/202408/warehouses', () => fbt.fbtWarehouses(world)],
    ['GetFBTMerchantMCFStatus', 'GET', '/fbt/202601/merchants/mcf_status', () => mcf.mcfStatus(world)],
    ['SearchGoodsInfo', 'POST', '/fbt/202409/goods/search', (r) => mcf.searchGoods(world, r)],
    ['QueryGoodsInventoryForMCF', 'POST', '/fbt/202601/mcf/goods/inventory/search', (r) => mcf.goodsInventory(world, r)],
    ['CreateFBTMCFOrder', 'POST', '/fbt/202601/mcf_outbound_orders', (r) => mcf.createMcf(world, r)],
    ['GetFBFMCFOrderStatus', 'GET', '/fbt/202601/mcf_outbound_orders', (r) => mcf.getMcf(world, r)],
    ['CancelFBTMCFOrder', 'POST', '/fbt/202601/mcf_outbound_orders/cancel', (r) => mcf.cancelMcf(world, r)],
    ['GetShopWebhooks', 'GET', '/event/202309/webhooks', () => listWebhooks(kit)],
    ['UpdateShopWebhook', 'PUT', '/event/202309/webhooks', (r) => updateWebhook(kit, r)],
    ['DeleteShopWebhook', 'DELETE', '/event/202309/webhooks', (r) => deleteWebhook(kit, r)],
  ] // biome-ignore format: a table reads better packed
}

type RouteHandler = (request: SimulatorRequest, params: RouteParams) => SimulatorReply

function routesOf(
  kit: SimulatorKit,
  world: World,
  auth: Auth,
  limit: { readonly rate: number; readonly burst: number },
): Route[] {
  const gated = (operation: string, handle: RouteHandler, cipher: () => string | null): RouteHandler => {
    const bucket = new ServerBucket(world.clock, limit)
    return (request: SimulatorRequest, params: RouteParams) => {
      const refusal = auth.check({ ...request, operation }, cipher())
      if (refusal) return identified(world, refusal)
      if (!bucket.take(world.shop.id).ok) return identified(world, documented(429))
      return identified(world, handle(request, params))
    }
  }
  return [
    {
      operation: 'GetAccessToken',
      method: 'GET',
      path: '/api/v2/token/get',
      handle: (request) => identified(world, auth.token(request, 'authorized_code')),
    },
    {
      operation: 'RefreshToken',
      method: 'GET',
      path: '/api/v2/token/refresh',
      handle: (request) => identified(world, auth.token(request, 'refresh_token')),
    },
    {
      operation: 'LabelDocument',
      method: 'GET',
      path: '/labels/{id}.pdf',
      handle: (_, params) => pdf(params.id ?? ''),
    },
    {
      operation: 'GetAuthorizedShops',
      method: 'GET',
      path: '/authorization/202309/shops',
      // Of the seller: the shop's cipher must be absent.
      handle: gated(
        'GetAuthorizedShops',
        () => listShops(world),
        () => null,
      ),
    },
    ...operationsOf(kit, world).map(([operation, method, path, handle]) => ({
      operation,
      method,
      path,
      handle: gated(
        operation,
        (request, params) => handle(request, params.id ?? ''),
        () => world.cipher,
      ),
    })),
  ]
}

function listShops(world: World): SimulatorReply {
  const { id, name, code } = world.shop
  const { region } = world.options
  return ok({ shops: [{ id, name, code, region, cipher: world.cipher, seller_type: 'LOCAL' }] })
}

function listWebhooks(kit: SimulatorKit): SimulatorReply {
  const webhooks = kit.webhooks.subscriptions
    .filter(({ id }) => id.startsWith('event:'))
    .map(({ id, url }) => ({ event_type: id.slice('event:'.length), address: url }))
  return ok({ webhooks, total_count: webhooks.length })
}

/** One address for each topic of the shop: another one takes its place. */
function updateWebhook(kit: SimulatorKit, request: SimulatorRequest): SimulatorReply {
  const { event_type, address } = asObject(request.json())
  if (typeof address !== 'string' || address === '') return wrong('param body.address is missing')
  if (typeof event_type !== 'string' || address.length > 255) return wrong('invalid param error')
  kit.webhooks.subscribe({ id: `event:${event_type}`, url: address, topics: [event_type] })
  return ok({})
}

/** "Regardless of whether webhook is configured or not, the result will return success." */
function deleteWebhook(kit: SimulatorKit, request: SimulatorRequest): SimulatorReply {
  const { event_type } = asObject(request.json())
  if (typeof event_type !== 'string') return wrong('param body.event_type is missing')
  kit.webhooks.unsubscribe(`event:${event_type}`)
  return ok({})
}

/** Every answer names itself. */
function identified(world: World, answer: SimulatorReply): SimulatorReply {
  if (Buffer.isBuffer(answer.body)) return answer
  const request_id = `2026${world.random.text(28, '0123456789ABCDEF')}`
  return { ...answer, body: { ...asObject(answer.body), request_id } }
}
