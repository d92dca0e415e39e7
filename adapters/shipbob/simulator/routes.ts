import { z } from 'zod'
import {
  type Route,
  reply,
  type SimulatorKit,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import { parseOrder } from './create.ts'
import { type Channel, complain, type Gate } from './gate.ts'
import { type ReturnDesk, returnRoutes } from './returns.ts'
import { sandboxRoutes } from './sandbox.ts'
import { type SimulatedOrder, statusOf } from './types.ts'
import { levelView, locationLevelView, locationView, orderView, shipmentView, time } from './views.ts'
import type { Warehouse } from './warehouse.ts'

export interface RouteParts {
  readonly kit: SimulatorKit
  readonly gate: Gate
  readonly warehouse: Warehouse
  readonly desk: ReturnDesk
  readonly channels: readonly Channel[]
  readonly version: string
  readonly webhookSecret: string
  readonly ending: AbortSignal
  /** Called with every new order. */
  created(order: SimulatedOrder): void
}

type Handle = (request: SimulatorRequest, params: Readonly<Record<string, string>>) => SimulatorReply

const isReply = (value: object): value is SimulatorReply => 'status' in value && !('input' in value)
const missing = () => reply(404, { statusCode: 404, message: 'Resource not found' })
const list = (text: string | null) => (text === null ? null : text.split(',').map((each) => each.trim()))
const after = (at: number | null, text: string | null) =>
  text === null || (at !== null && at > Date.parse(text))
const before = (at: number | null, text: string | null) =>
  text === null || (at !== null && at < Date.parse(text))
const latest = (times: readonly (number | null)[]) =>
  times.reduce((max, at) => (at !== null && (max === null || at > max) ? at : max), null)

/** Every operation of the API that the simulator speaks, by the names of ShipBob's OpenAPI. */
export function routes(parts: RouteParts): Route[] {
  const { gate, version } = parts
  const route = (operation: string, method: string, path: string, handle: Handle): Route => ({
    operation,
    method,
    path: `/${version}${path}`,
    handle: (request, params) => gate.guard(request, () => handle(request, params)),
  })
  return [
    ...orderRoutes(parts, route),
    ...stockRoutes(parts, route),
    ...webhookRoutes(parts, route),
    ...returnRoutes(
      parts.desk,
      parts.warehouse,
      (query) => `${parts.kit.url()}/${version}/return?${query}`,
      route,
    ),
    ...sandboxRoutes(parts.kit, parts.warehouse, parts.ending, route),
    route('getChannels', 'GET', '/channel', () =>
      reply(200, {
        items: parts.channels.map(({ id, name }) => ({
          id,
          name,
          application_name: 'stockpool',
          scopes: [
            'orders_read',
            'orders_write',
            'inventory_read',
            'locations_read',
            'webhooks_read',
            'webhooks_write',
          ],
        })),
        next: null,
        prev: null,
      }),
    ),
  ]
}

type Maker = (operation: string, method: string, path: string, handle: Handle) => Route

function orderRoutes({ kit, gate, warehouse, channels, created }: RouteParts, route: Maker): Route[] {
  const view = (order: SimulatedOrder) =>
    orderView(warehouse, order, channels.find(({ id }) => id === order.channel)?.name ?? '')
  const byId = (id: string | undefined) => warehouse.orders.find((order) => String(order.id) === id)
  const byShipment = (id: string | undefined) => {
    const order = warehouse.orders.find(({ shipments }) => shipments.some((each) => String(each.id) === id))
    const shipment = order?.shipments.find((each) => String(each.id) === id)
    return order && shipment ? { order, shipment } : null
  }

  const create: Handle = (request) => {
    const channel = gate.channelOf(request)
    if (channel === null)
      return complain(400, 'shipbob_channel_id', 'The shipbob_channel_id header is required.')
    if (isReply(channel)) return channel
    const input = parseOrder(request.json())
    if (isReply(input)) return input
    if (warehouse.find(channel.id, input.reference_id)) {
      return complain(422, 'ReferenceId', `Order with reference id ${input.reference_id} already exists`)
    }
    if (input.location_id != null && !warehouse.location(input.location_id)) {
      return complain(422, 'LocationId', 'The location does not exist')
    }
    const order = warehouse.create(channel.id, input, request.fault('accepted_not_applied') !== null)
    created(order)
    return reply(201, view(order))
  }

  const read: Handle = (request) => {
    const channel = gate.channelOf(request)
    if (channel !== null && isReply(channel)) return channel
    const [page, limit] = [Number(request.query.get('Page') ?? 1), Number(request.query.get('Limit') ?? 50)]
    if (!Number.isInteger(page) || page < 1)
      return complain(400, 'Page', 'Page must be between 1 and 2147483647.')
    if (!Number.isInteger(limit) || limit < 1 || limit > 250)
      return complain(400, 'Limit', 'Limit must be between 1 and 250.')
    // The index behind the list is late at times: an order just made is not in it yet.
    const lag = request.fault('stale_read') === null ? 0 : 60_000
    const found = warehouse.orders
      .filter((order) => channel === null || order.channel === channel.id)
      .filter((order) => lag === 0 || order.createdAt <= kit.clock.now() - lag)
      .filter(filterOf(request.query))
    const sorted = request.query.get('SortOrder') === 'Newest' ? found.reverse() : found
    return reply(200, sorted.slice((page - 1) * limit, page * limit).map(view))
  }

  const cancel: Handle = (request, { id }) => {
    const order = byId(id)
    if (!order) return missing()
    const live = order.shipments.filter(({ status }) => status !== 'Cancelled')
    if (live.length === 0 || live.every(({ status }) => status === 'Completed')) {
      return complain(422, 'OrderId', `Order is not in a cancellable state: ${statusOf(order)}`)
    }
    const part = request.fault('partial_failure')
    const results = live.map((shipment, index) => {
      const late = part !== null && index > 0 ? 'Shipment is being picked' : warehouse.cancel(order, shipment)
      return { shipment_id: shipment.id, action: 'Cancel', is_success: late === null, reason: late }
    })
    const done = results.filter((each) => each.is_success).length
    const status = done === results.length ? 'Success' : done === 0 ? 'Failure' : 'PartialSuccess'
    return reply(200, { order_id: order.id, status, order: view(order), canceled_shipment_results: results })
  }

  const markTracking: Handle = (request) => {
    const parsed = MarkTracking.safeParse(request.json())
    if (!parsed.success) return complain(400, 'ShipmentIds', 'Shipment ids are required.')
    const { shipment_ids, is_tracking_uploaded } = parsed.data
    const results = shipment_ids.map((id) => {
      const found = byShipment(String(id))
      if (found) found.shipment.trackingUploaded = is_tracking_uploaded
      const error = found ? null : { code: 'NotFound', message: 'Shipment not found' }
      return { shipmentId: id, isSuccess: found !== null, ...(error ? { error } : {}) }
    })
    const successful = results.filter(({ isSuccess }) => isSuccess).length
    const summary = { total: results.length, successful, failed: results.length - successful }
    return reply(200, { results, summary })
  }

  return [
    route('createOrder', 'POST', '/order', create),
    route('getOrders', 'GET', '/order', read),
    route('cancelOrder', 'POST', '/order/{id}:cancel', cancel),
    route('getOrder', 'GET', '/order/{id}', (_, { id }) => {
      const order = byId(id)
      return order ? reply(200, view(order)) : missing()
    }),
    route('getShipments', 'GET', '/order/{id}/shipment', (_, { id }) => {
      const order = byId(id)
      return order ? reply(200, view(order).shipments) : missing()
    }),
    route('getShipment', 'GET', '/shipment/{id}', (_, { id }) => {
      const found = byShipment(id)
      return found ? reply(200, shipmentView(warehouse, found.order, found.shipment)) : missing()
    }),
    route('batchUpdateTrackingUpload', 'POST', '/shipment:batchUpdateTrackingUpload', markTracking),
    route('getShippingMethods', 'GET', '/shipping-method', () =>
      reply(
        200,
        ['Standard', '2 Day', '1 Day'].map((name, index) => ({
          id: index + 1,
          name,
          active: true,
          default: true,
          service_level: { id: index + 1, name },
        })),
      ),
    ),
  ]
}

const MarkTracking = z.object({ shipment_ids: z.array(z.int()), is_tracking_uploaded: z.boolean() })

/** All filters of Get Orders together: an order must match each. */
function filterOf(query: URLSearchParams): (order: SimulatedOrder) => boolean {
  const ids = list(query.get('IDs'))
  const references = list(query.get('ReferenceIds'))
  const tracking = query.get('HasTracking')
  const uploaded = query.get('IsTrackingUploaded')
  return (order) => {
    const updated = latest([order.createdAt, ...order.shipments.map((each) => each.updatedAt)])
    const tracked = latest(order.shipments.map((each) => each.trackedAt))
    const has = order.shipments.some((each) => each.tracking !== null)
    return (
      (ids === null || ids.includes(String(order.id))) &&
      (references === null || references.includes(order.input.reference_id)) &&
      (tracking === null || has === (tracking === 'true')) &&
      (uploaded === null ||
        order.shipments.some((each) => each.tracking && each.trackingUploaded === (uploaded === 'true'))) &&
      after(order.createdAt, query.get('StartDate')) &&
      before(order.createdAt, query.get('EndDate')) &&
      after(updated, query.get('LastUpdateStartDate')) &&
      before(updated, query.get('LastUpdateEndDate')) &&
      after(tracked, query.get('LastTrackingUpdateStartDate')) &&
      before(tracked, query.get('LastTrackingUpdateEndDate'))
    )
  }
}

function stockRoutes({ kit, warehouse, version }: RouteParts, route: Maker): Route[] {
  const paged =
    (path: string, view: (item: Parameters<typeof levelView>[1]) => unknown): Handle =>
    (request) => {
      const size = Math.min(Math.max(1, Number(request.query.get('PageSize') ?? 50) || 50), 250)
      const start = Math.max(0, Number(request.query.get('Cursor') ?? 0) || 0)
      const search = request.query.get('SearchBy')?.toLowerCase()
      const ids = list(request.query.get('InventoryIds'))
      const found = [...warehouse.items.values()]
        .filter(({ id }) => ids === null || ids.includes(String(id)))
        .filter(
          ({ id, name, sku }) =>
            !search || String(id) === search || `${name}\n${sku}`.toLowerCase().includes(search),
        )
      const at = (from: number) => {
        const query = new URLSearchParams(request.query)
        query.set('PageSize', String(size))
        query.set('Cursor', String(from))
        return `${kit.url()}/${version}${path}?${query}`
      }
      const last = Math.max(0, Math.floor((found.length - 1) / size) * size)
      return reply(200, {
        items: found.slice(start, start + size).map(view),
        first: start > 0 ? at(0) : null,
        prev: start > 0 ? at(Math.max(0, start - size)) : null,
        next: start + size < found.length ? at(start + size) : null,
        last: start < last ? at(last) : null,
      })
    }
  return [
    route(
      'getInventoryLevels',
      'GET',
      '/inventory-level',
      paged('/inventory-level', (item) => levelView(warehouse, item)),
    ),
    route(
      'getInventoryLevelsByLocation',
      'GET',
      '/inventory-level/locations',
      paged('/inventory-level/locations', (item) => locationLevelView(warehouse, item)),
    ),
    route('getLocations', 'GET', '/location', () => reply(200, warehouse.locations.map(locationView))),
  ]
}

function webhookRoutes({ kit, webhookSecret }: RouteParts, route: Maker): Route[] {
  const made = new Map<string, { at: number; description: string | null }>()
  const view = ({ id, url, topics }: { id: string; url: string; topics: readonly string[] | null }) => ({
    id,
    url,
    topics: topics ?? [],
    created_at: time(made.get(id)?.at ?? kit.clock.now()),
    description: made.get(id)?.description ?? null,
  })
  return [
    route('getWebhooks', 'GET', '/webhook', () =>
      reply(200, {
        items: kit.webhooks.subscriptions.map((each) => ({ ...view(each), enabled: true })),
        next: null,
        prev: null,
      }),
    ),
    route('createWebhook', 'POST', '/webhook', (request) => {
      const body = request.json() as {
        url: string
        topics: string[]
        secret?: string | null
        description?: string | null
      }
      const secret = body.secret ?? webhookSecret
      const subscription = kit.webhooks.subscribe({ url: body.url, topics: body.topics, secret })
      made.set(subscription.id, { at: kit.clock.now(), description: body.description ?? null })
      return reply(200, { ...view(subscription), secret })
    }),
    route('deleteWebhook', 'DELETE', '/webhook/{id}', (_, { id }) =>
      kit.webhooks.unsubscribe(id ?? '') ? { status: 204 } : missing(),
    ),
  ]
}
