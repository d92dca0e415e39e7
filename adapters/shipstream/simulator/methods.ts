import { z } from 'zod'
import type { SimulatorKit } from '../../../src/simulator/index.ts'
import type { Deliveries } from './deliveries.ts'
import { pickFields, searchRows } from './filters.ts'
import { type Method, RpcError } from './rpc.ts'
import { isLive, type OrderInput, type SimulatedOrder, statusOf, sum } from './types.ts'
import { deliveryView, inventoryView, orderView, packageView, shipmentView, warehouseView } from './views.ts'
import type { Warehouse } from './warehouse.ts'

export interface MethodParts {
  readonly kit: SimulatorKit
  readonly warehouse: Warehouse
  readonly deliveries: Deliveries
  /** The merchant's zone: searches read their times in it. */
  readonly timeZone: string
  /** The store's own policy: whether it takes orders that it lacks stock for. */
  readonly backorders: boolean
  /** Whether the store lets whole orders be cancelled that are in process. */
  readonly cancelInProcess: boolean
  readonly webhookSecret: string
  /** Called with every new order. */
  created(order: SimulatedOrder): void
}

const filled = z.string().trim().min(1)
const maybe = z.union([z.string(), z.number()]).transform(String).nullish()
const Items = z.union([
  z.array(z.looseObject({ sku: filled, qty: z.coerce.number().int().min(1), order_item_ref: maybe })).min(1),
  z.record(filled, z.coerce.number().int().min(1)),
])
const Address = z.looseObject({
  firstname: filled,
  lastname: z.string().optional(),
  street1: filled,
  city: filled,
  country: z.string().regex(/^[A-Z]{2}$/),
})
const Info = z.looseObject({
  unique_id: maybe,
  order_ref: maybe,
  shipping_method: filled,
  backorder_policy: z
    .string()
    .regex(/^(default|all_or_nothing|as_available|up_to_\d+)$/)
    .optional(),
})

/** @throws RpcError 102, naming the field. */
function read<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new RpcError(102, `Invalid data given: ${[what, ...(issue?.path ?? [])].join('.')} ${issue?.message}`)
}

function inputOf([store, items, address, info]: readonly unknown[], nextId: () => number): OrderInput {
  const lines = read(Items, items, 'items')
  const rows = Array.isArray(lines)
    ? lines.map(({ sku, qty, order_item_ref: ref }) => ({ sku, quantity: qty, ref: ref ?? null }))
    : Object.entries(lines).map(([sku, quantity]) => ({ sku, quantity, ref: null }))
  const more = read(Info, info, 'info')
  return {
    store: typeof store === 'string' ? store : 'default',
    items: rows,
    address: read(Address, address, 'address'),
    info: more,
    uniqueId: more.unique_id ?? String(100_000_000 + nextId()),
    orderRef: more.order_ref ?? null,
  }
}

const orderIds = ['order_id', 'unique_id', 'order_ref']
const orderHeavy = [
  'shipping_address',
  'items',
  'shipments',
  'tracking_numbers',
  'packages',
  'status_history',
]
const shipmentIds = ['shipment_id', 'order_unique_id', 'order_ref']
const shipmentHeavy = ['shipping_address', 'items', 'packages', 'tracking_numbers']

/** Every method that the simulator speaks, by the names of ShipStream's documents. */
export function methods(parts: MethodParts): Record<string, Method> {
  const { warehouse, deliveries, timeZone } = parts
  const search = (
    rows: readonly Readonly<Record<string, unknown>>[],
    args: readonly unknown[],
    sort: string,
  ) => searchRows(rows, { filters: args[0], options: args[1], sort, timeZone })
  return {
    ...orderMethods(parts, search),
    ...webhookMethods(parts),
    'shipment.search': (args) => {
      const rows = warehouse.orders.flatMap((order) =>
        order.shipments.map((each) => shipmentView(order, each)),
      )
      const { results, ...rest } = search(rows, args, 'shipment_id')
      return { ...rest, results: results.map((row) => pickFields(row, args[2], shipmentIds, shipmentHeavy)) }
    },
    'shipment.info': ([id]) => {
      const order = warehouse.orders.find(({ shipments }) => shipments.some((each) => each.id === String(id)))
      const shipment = order?.shipments.find((each) => each.id === String(id))
      if (!order || !shipment) throw new RpcError(100, 'Requested shipment does not exist.')
      return shipmentView(order, shipment)
    },
    'package.search': (args) => {
      const rows = warehouse.orders.flatMap((order) =>
        order.shipments.filter(isLive).flatMap((shipment) =>
          shipment.boxes.map((box) => ({
            package_id: String(box.id),
            order_unique_id: order.input.uniqueId,
            order_ref: order.input.orderRef,
            package_status: box.status,
            ...packageView(order, shipment, box),
          })),
        ),
      )
      const { results, ...rest } = search(rows, args, 'package_id')
      return {
        ...rest,
        results: results.map((row) => pickFields(row, args[2], [...shipmentIds, 'package_id'], [])),
      }
    },
    'inventory.list': ([skus, place]) =>
      known(warehouse, deliveries, skus).map((sku) => {
        const one = place === null || place === undefined ? warehouse.places : [placeOf(warehouse, place)]
        const { detailed: _, ...row } = inventoryView(warehouse, deliveries, sku, one)
        return row
      }),
    'inventory.detailed': ([skus]) =>
      known(warehouse, deliveries, skus).map((sku) =>
        inventoryView(warehouse, deliveries, sku, warehouse.places),
      ),
    'warehouse.list': () => warehouse.places.map(warehouseView),
    'store.list': () => [
      { store_id: 1, code: 'default', name: 'Default Store View', sort_order: 0, is_active: 1 },
    ],
    'delivery.search': (args) => search(deliveries.all.map(deliveryView), args, 'delivery_id'),
    'delivery.commit': ([id]) => {
      const delivery = deliveries.find(String(id))
      if (delivery?.state !== 'pending_commit')
        throw new RpcError(113, 'Delivery with the specified ID cannot be committed.')
      deliveries.commit(delivery)
      return true
    },
    'rate.quote': ([, items, info]) => quote(warehouse, items, info),
  }
}

function placeOf(warehouse: Warehouse, id: unknown) {
  const place = warehouse.place(String(id))
  if (!place) throw new RpcError(102, 'Unexpected error applying filters.')
  return place
}

function known(warehouse: Warehouse, deliveries: Deliveries, skus: unknown): string[] {
  const all = new Set([
    ...warehouse.onHand.keys(),
    ...deliveries.all.flatMap(({ items }) => items.map(({ sku }) => sku)),
  ])
  if (skus === null || skus === undefined) return [...all]
  const wanted = (Array.isArray(skus) ? skus : [skus]).map((each) => String(each).toLowerCase())
  // MySQL finds text in any case.
  return [...all].filter((sku) => wanted.includes(sku.toLowerCase()))
}

type Find = (
  rows: readonly Readonly<Record<string, unknown>>[],
  args: readonly unknown[],
  sort: string,
) => ReturnType<typeof searchRows>

function orderMethods(
  { kit, warehouse, backorders, cancelInProcess, created }: MethodParts,
  search: Find,
): Record<string, Method> {
  const orderOf = (uniqueId: unknown): SimulatedOrder => {
    const found = warehouse.find(String(uniqueId))
    if (!found) throw new RpcError(100, 'Requested order does not exist.')
    return found
  }
  const view = (order: SimulatedOrder, fields: unknown) =>
    pickFields(orderView(order), fields, orderIds, orderHeavy)

  const create: Method = (args, request) => {
    const input = inputOf(args, () => warehouse.id())
    if (warehouse.find(input.uniqueId))
      throw new RpcError(104, 'An order with the specified ID already exists.')
    const unknown = input.items.find(({ sku }) => !warehouse.onHand.has(sku))
    if (unknown) throw new RpcError(107, `Product "${unknown.sku}" does not exist.`)
    const policy = input.info.backorder_policy ?? 'default'
    const short = warehouse.short(input)
    if (short.length > 0 && policy === 'default' && !backorders)
      throw new RpcError(102, 'Invalid data given: the requested quantity is not available.')
    const order = warehouse.create(
      input,
      request.fault('accepted_not_applied') === null ? null : 'invalid_address',
    )
    created(order)
    return view(order, '*')
  }

  const cancel: Method = ([id, given, fields], request) => {
    const order = orderOf(id)
    const options = z.record(z.string(), z.unknown()).safeParse(given).data ?? {}
    const on = (name: string) => options[name] === true || options[name] === 1
    if (!['backordered_items', 'unfulfilled_items', 'all_items', 'cancellation_request'].some(on))
      throw new RpcError(102, 'Invalid data given: no cancellation option is set.')
    if (statusOf(order)[0] === 'canceled')
      throw new RpcError(103, 'Order status not changed: it is canceled.')
    const result = stop(warehouse, order, on, {
      cancelInProcess,
      refuses: request.fault('partial_failure') !== null,
    })
    return { ...result, order: view(order, fields) }
  }

  return {
    'order.create': create,
    'order.cancel': cancel,
    'order.info': ([id, fields]) => view(orderOf(id), fields),
    'order.search': (args, request) => {
      // The index behind the list is late at times: an order just made is not in it yet.
      const lag = request.fault('stale_read') === null ? 0 : 60_000
      const shown = warehouse.orders.filter((order) => lag === 0 || order.createdAt <= kit.clock.now() - lag)
      const { results, ...rest } = search(shown.map(orderView), args, 'order_id')
      return { ...rest, results: results.map((row) => pickFields(row, args[2], orderIds, orderHeavy)) }
    },
    'order.hold': ([id]) => changed(warehouse.hold(orderOf(id), 'holded')),
    'order.unhold': ([id]) => changed(warehouse.hold(orderOf(id), null)),
    'order.comment': ([id]) => orderOf(id) !== undefined,
  }
}

function changed(done: boolean): true {
  if (!done) throw new RpcError(103, 'Order status not changed.')
  return true
}

/** docs.shipstream.io, order.cancel: each option is tried, and one success is a success. */
function stop(
  warehouse: Warehouse,
  order: SimulatedOrder,
  on: (name: string) => boolean,
  { cancelInProcess, refuses }: { readonly cancelInProcess: boolean; readonly refuses: boolean },
): { success: boolean; warnings: string[] } {
  const warnings: string[] = []
  const live = order.shipments.filter(isLive)
  const fulfilled = live.some(({ status }) => status === 'packed' || status === 'shipped')
  let done = 0
  if (on('backordered_items')) done += warehouse.cancelUnfulfilled(order, true)
  if (on('unfulfilled_items') || (on('all_items') && live.length === 0))
    done += warehouse.cancelUnfulfilled(order, false)
  if (on('all_items') && live.length > 0) {
    if (fulfilled && !on('cancellation_request'))
      warnings.push(
        'Order contains fulfilled items, please set the "cancellation_request" option to "true" and try again',
      )
    else if (cancelInProcess) done += warehouse.cancelShipments(order, () => true)
    else warnings.push('The store does not allow to cancel orders that are in process.')
  }
  if (on('cancellation_request') && !refuses) done += warehouse.requestCancellation(order)
  return { success: done > 0, warnings }
}

function webhookMethods({ kit, webhookSecret }: MethodParts): Record<string, Method> {
  const made = new Map<string, string>()
  let nextId = 0
  const Input = z.looseObject({
    topics: z.union([z.array(filled).min(1), filled.transform((text) => text.split(','))]),
    url: z.url(),
    secret_key: z.string().optional(),
  })
  return {
    'webhook.list': () =>
      kit.webhooks.subscriptions.map(({ id, url, topics }) => ({
        webhook_id: Number(id),
        is_active: 1,
        topics: (topics ?? []).join(','),
        url,
        extra_headers: '',
        secret_key: made.get(id) ?? webhookSecret,
      })),
    'webhook.create': ([given]) => {
      const parsed = Input.safeParse(given)
      if (!parsed.success) throw new RpcError(101, 'Invalid data given.')
      const { topics, url, secret_key: secret = webhookSecret } = parsed.data
      nextId += 1
      made.set(String(nextId), secret)
      kit.webhooks.subscribe({ id: String(nextId), url, topics, secret })
      return true
    },
    'webhook.delete': ([id]) => {
      if (!kit.webhooks.unsubscribe(String(id))) throw new RpcError(103, 'Webhook not exists.')
      return true
    },
  }
}

function quote(warehouse: Warehouse, items: unknown, info: unknown) {
  const lines = read(Items, items, 'items')
  const rows = Array.isArray(lines) ? lines : []
  const unknown = rows.find(({ sku }) => !warehouse.onHand.has(sku))
  if (unknown) throw new RpcError(107, `Product "${unknown.sku}" does not exist.`)
  const { methods: asked } = read(
    z.looseObject({ methods: z.union([z.array(filled), filled]) }),
    info,
    'methodInfo',
  )
  const units = sum(rows.map(({ qty }) => qty))
  const shares = warehouse.quotedShares(rows.map(({ sku, qty }) => ({ sku, units: qty })))
  const from = new Set(shares.flatMap((each) => [...each.keys()]))
  const day = new Date(warehouse.clock.now() + 3 * 86_400_000).toISOString().slice(0, 10)
  return {
    rates: [asked].flat().map((code) => ({
      code: code.startsWith('cheapest_') ? 'ups_03' : code,
      description: 'UPS Ground',
      zone: '002',
      days_in_transit: '3',
      package_count: 1,
      shipping_cost: (7.5 + units).toFixed(2),
      shipping_cost_currency: 'USD',
      min_delivery_date: day,
      max_delivery_date: day,
      signature_fee: '0.00',
      signature_fee_currency: 'USD',
      multiple_warehouses: from.size > 1,
      allocation: rows.map(({ sku }, index) => ({
        [sku]: [...(shares[index] ?? [])].map(([id, qty]) => ({ warehouse_id: id, qty: qty.toFixed(3) })),
      })),
    })),
    handling_cost: '2.4',
    handling_cost_currency: 'USD',
  }
}
