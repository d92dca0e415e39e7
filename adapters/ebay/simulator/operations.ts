import type { RouteParams, SimulatorReply, SimulatorRequest } from '../../../src/simulator/index.ts'
import type { dailyQuotas } from '../limits.ts'
import { postOrderError } from './answers.ts'
import { type Auth, type Needs, of } from './auth.ts'
import {
  checkEligibility,
  createCancellation,
  decideCancellation,
  getCancellation,
  searchCancellations,
} from './cancellations.ts'
import type { Quotas, SigningKeys } from './developer.ts'
import { createFulfillment, getFulfillment, issueRefund, listFulfillments } from './fulfillments.ts'
import { bulkGet, bulkUpdate, getItem, getItems, getOffer, getOffers } from './inventory.ts'
import type { Notifications } from './notifications.ts'
import { getOrder, getOrders } from './orders.ts'
import { decideReturn, getReturn, markReceived, refundReturn, searchReturns } from './returns.ts'
import { developing, notifying } from './services.ts'
import type { World } from './world.ts'

/** The APIs that a quota can be given for. */
export type EbayApi = keyof typeof dailyQuotas

/** What the operations are made of. */
export interface Parts {
  readonly state: World
  readonly auth: Auth
  readonly quotas: Quotas
  readonly notifications: Notifications
  readonly keys: SigningKeys
}

export interface Operation {
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly api: EbayApi | 'keys'
  readonly needs: Needs
  /** Moves money. */
  readonly signed?: boolean
  readonly handle: (
    request: SimulatorRequest,
    params: RouteParams,
  ) => SimulatorReply | Promise<SimulatorReply>
}

const order = '/sell/fulfillment/v1/order'
const inventory = '/sell/inventory/v1'
const cancellation = '/post-order/v2/cancellation'
const returns = '/post-order/v2/return'

/** Every operation of REST, at eBay's own path. */
export function operations(parts: Parts): Operation[] {
  return [...selling(parts), ...postOrder(parts), ...notifying(parts), ...developing(parts)]
}

function selling({ state }: Parts): Operation[] {
  const fulfillment = { api: 'fulfillment', needs: 'user' } as const
  const stock = { api: 'inventory', needs: 'user' } as const
  return [
    {
      ...fulfillment,
      operation: 'getOrders',
      method: 'GET',
      path: order,
      handle: (request) => getOrders(state, request),
    },
    {
      ...fulfillment,
      operation: 'issueRefund',
      method: 'POST',
      path: `${order}/{id}/issue_refund`,
      signed: true,
      handle: (request, params) => issueRefund(state, request, of(params, 'id')),
    },
    {
      ...fulfillment,
      operation: 'createShippingFulfillment',
      method: 'POST',
      path: `${order}/{id}/shipping_fulfillment`,
      handle: (request, params) => createFulfillment(state, request, of(params, 'id')),
    },
    {
      ...fulfillment,
      operation: 'getShippingFulfillments',
      method: 'GET',
      path: `${order}/{id}/shipping_fulfillment`,
      handle: (_, params) => listFulfillments(state, of(params, 'id')),
    },
    {
      ...fulfillment,
      operation: 'getShippingFulfillment',
      method: 'GET',
      path: `${order}/{id}/shipping_fulfillment/{fulfillment}`,
      handle: (_, params) => getFulfillment(state, of(params, 'id'), of(params, 'fulfillment')),
    },
    {
      ...fulfillment,
      operation: 'getOrder',
      method: 'GET',
      path: `${order}/{id}`,
      handle: (_, params) => getOrder(state, of(params, 'id')),
    },
    {
      ...stock,
      operation: 'bulkUpdatePriceQuantity',
      method: 'POST',
      path: `${inventory}/bulk_update_price_quantity`,
      handle: (request) => bulkUpdate(state, request),
    },
    {
      ...stock,
      operation: 'bulkGetInventoryItem',
      method: 'POST',
      path: `${inventory}/bulk_get_inventory_item`,
      handle: (request) => bulkGet(state, request),
    },
    {
      ...stock,
      operation: 'getInventoryItems',
      method: 'GET',
      path: `${inventory}/inventory_item`,
      handle: (request) => getItems(state, request),
    },
    {
      ...stock,
      operation: 'getInventoryItem',
      method: 'GET',
      path: `${inventory}/inventory_item/{sku}`,
      handle: (_, params) => getItem(state, of(params, 'sku')),
    },
    {
      ...stock,
      operation: 'getOffers',
      method: 'GET',
      path: `${inventory}/offer`,
      handle: (request) => getOffers(state, request),
    },
    {
      ...stock,
      operation: 'getOffer',
      method: 'GET',
      path: `${inventory}/offer/{id}`,
      handle: (_, params) => getOffer(state, of(params, 'id')),
    },
  ]
}

function postOrder({ state }: Parts): Operation[] {
  const shared = { api: 'postOrder', needs: 'iaf' } as const
  const post = { ...shared, method: 'POST' } as const
  const get = { ...shared, method: 'GET' } as const
  return [
    {
      ...get,
      operation: 'searchCancellations',
      path: `${cancellation}/search`,
      handle: (request) => searchCancellations(state, request),
    },
    {
      ...post,
      operation: 'checkCancellationEligibility',
      path: `${cancellation}/check_eligibility`,
      handle: (request) => checkEligibility(state, request),
    },
    {
      ...post,
      operation: 'createCancellation',
      path: cancellation,
      signed: true,
      handle: (request) => createCancellation(state, request),
    },
    {
      ...post,
      operation: 'approveCancellationRequest',
      path: `${cancellation}/{id}/approve`,
      signed: true,
      handle: (request, params) => decideCancellation(state, request, of(params, 'id'), true),
    },
    {
      ...post,
      operation: 'rejectCancellationRequest',
      path: `${cancellation}/{id}/reject`,
      handle: (request, params) => decideCancellation(state, request, of(params, 'id'), false),
    },
    {
      ...get,
      operation: 'getCancellation',
      path: `${cancellation}/{id}`,
      handle: (_, params) => getCancellation(state, of(params, 'id')),
    },
    {
      ...get,
      operation: 'searchReturns',
      path: `${returns}/search`,
      handle: (request) => searchReturns(state, request),
    },
    {
      ...post,
      operation: 'processReturnRequest',
      path: `${returns}/{id}/decide`,
      signed: true,
      handle: (request, params) => decideReturn(state, request, of(params, 'id')),
    },
    {
      ...post,
      operation: 'markReturnReceived',
      path: `${returns}/{id}/mark_as_received`,
      handle: (_, params) => markReceived(state, of(params, 'id')),
    },
    {
      ...post,
      operation: 'issueReturnRefund',
      path: `${returns}/{id}/issue_refund`,
      signed: true,
      handle: (request, params) => refundReturn(state, request, of(params, 'id')),
    },
    {
      ...get,
      operation: 'getReturn',
      path: `${returns}/{id}`,
      handle: (request, params) => getReturn(state, request, of(params, 'id')),
    },
    {
      ...get,
      operation: 'unknownPostOrder',
      path: '/post-order/v2/{any}',
      handle: () => postOrderError(404, 1001, 'Resource not found.'),
    },
  ]
}
