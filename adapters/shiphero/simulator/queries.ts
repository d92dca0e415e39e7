import type { Args, FieldType } from '../../../src/simulator/graphql/index.ts'
import type { Order } from './types.ts'
import { holdNames } from './types.ts'
import { accountId, time } from './views.ts'
import type { World } from './world.ts'

type Query = FieldType<never, World>

/** How long a stale look at the orders lags behind. */
const staleMs = 60_000

const wrap = (world: World, args: Args, data: unknown, empty: unknown) => ({
  request_id: world.requestId,
  complexity: world.cost,
  data: args.analyze === true ? empty : data,
})

const text = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, 'String']))
const moments = (names: string) => Object.fromEntries(names.split(' ').map((name) => [name, 'ISODateTime']))

function single(
  type: string,
  args: Record<string, string>,
  find: (world: World, args: Args) => unknown,
): Query {
  return {
    type,
    args: { analyze: 'Boolean', ...args },
    resolve: (_, given, world) => wrap(world, given, find(world, given) ?? null, null),
  }
}

function plural(
  type: string,
  args: Record<string, string>,
  find: (world: World, args: Args) => readonly object[],
): Query {
  return {
    type,
    args: { analyze: 'Boolean', ...args },
    resolve: (_, given, world) => wrap(world, given, find(world, given), []),
  }
}

/** A date as ShipHero takes it, to the second; `null` when none is given. */
function moment(value: unknown): number | null {
  if (typeof value !== 'string') return null
  const at = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`)
  return Number.isNaN(at) ? null : Math.floor(at / 1000) * 1000
}

function within(at: number, from: unknown, to: unknown): boolean {
  const [first, last] = [moment(from), moment(to)]
  return (first === null || at >= first) && (last === null || at <= last)
}

const is = (wanted: unknown, value: unknown) => wanted === null || wanted === undefined || wanted === value

function orderMatches(order: Order, args: Args): boolean {
  const { input } = order
  const dated = moment(input.order_date) ?? order.createdAt
  return (
    is(args.partner_order_id, order.reference) &&
    is(args.order_number, input.order_number) &&
    is(args.shop_name, input.shop_name) &&
    is(args.email, input.email) &&
    is(args.fulfillment_status, order.status) &&
    (args.sku == null || order.lines.some(({ sku }) => sku === args.sku)) &&
    (args.warehouse_id == null || order.lines.some(({ warehouse }) => warehouse === args.warehouse_id)) &&
    holdNames.every((name) => is(args[name], order.holds[name])) &&
    within(order.updatedAt, args.updated_from, args.updated_to) &&
    within(dated, args.order_date_from, args.order_date_to)
  )
}

function shipments({ depot, views }: World, wanted: (id: string, order: Order) => boolean) {
  return depot.orders.flatMap((order) =>
    order.shipments
      .filter(({ id }) => wanted(id, order))
      .map((each) => ({ each, view: views.shipment(order, each) })),
  )
}

export const queries: Record<string, Query> = {
  user_quota: {
    type: 'UserQuota',
    resolve: (_, __, { quota }) => ({
      ...quota,
      is_expired: false,
      time_remaining: null,
      expiration_date: null,
    }),
  },
  me: single('CurrentUserQueryResult', {}, (world) => ({
    id: accountId,
    legacy_id: 6334,
    email: 'api@example.com',
    first_name: 'API',
    last_name: 'User',
    account: accountOf(world),
  })),
  account: single('AccountQueryResult', {}, accountOf),
  order: single('OrderQueryResult', { id: 'String!' }, ({ depot, views }, { id }) => {
    const order = depot.find(String(id))
    return order && views.order(order)
  }),
  orders: plural(
    'OrdersQueryResult',
    {
      ...text('partner_order_id order_number shop_name email fulfillment_status sku warehouse_id'),
      ...text('customer_account_id'),
      ...moments('updated_from updated_to order_date_from order_date_to'),
      address_hold: 'Boolean',
      fraud_hold: 'Boolean',
      operator_hold: 'Boolean',
      payment_hold: 'Boolean',
    },
    ({ depot, views, fault, kit }, args) => {
      // The index behind the list is late at times: an order just made is not in it yet.
      const lag = fault('stale_read') === null ? 0 : staleMs
      return depot.orders
        .filter((order) => lag === 0 || order.createdAt <= kit.clock.now() - lag)
        .filter((order) => orderMatches(order, args))
        .map((order) => views.order(order))
    },
  ),
  shipment: single(
    'ShipmentQueryResult',
    { id: 'String' },
    (world, { id }) => shipments(world, (each) => each === id)[0]?.view,
  ),
  shipments: plural(
    'ShipmentsQueryResult',
    { ...text('order_id tracking_number'), ...moments('date_from date_to') },
    (world, args) =>
      shipments(world, (_, order) => is(args.order_id, order.id))
        .filter(({ each }) => within(each.createdAt, args.date_from, args.date_to))
        .filter(
          ({ each }) =>
            args.tracking_number == null ||
            each.labels.some(({ tracking }) => tracking === args.tracking_number),
        )
        .map(({ view }) => view),
  ),
  product: single('ProductQueryResult', text('id sku'), ({ depot, views }, { id, sku }) => {
    const found = [...depot.products.values()].find((each) => each.id === id || each.sku === sku)
    return found && views.product(found)
  }),
  products: plural(
    'ProductsQueryResult',
    { ...text('sku customer_account_id'), ...moments('updated_from updated_to created_from created_to') },
    ({ depot, views }, args) =>
      [...depot.products.values()]
        .filter(
          ({ sku, createdAt }) => is(args.sku, sku) && within(createdAt, args.created_from, args.created_to),
        )
        .map((product) => views.product(product)),
  ),
  warehouse_products: plural(
    'WarehouseProductsQueryResult',
    {
      ...text('sku warehouse_id customer_account_id'),
      ...moments('updated_from updated_to created_from created_to'),
      active: 'Boolean',
    },
    ({ depot, views }, args) =>
      [...depot.products.values()]
        .filter(({ sku }) => is(args.sku, sku))
        .flatMap((product) => views.product(product).warehouse_products)
        .filter((row) => is(args.warehouse_id, row.warehouse_id))
        .filter((row) => within(moment(row.updated_at) ?? 0, args.updated_from, args.updated_to)),
  ),
  return: single('ReturnQueryResult', { id: 'String!' }, ({ depot, views }, { id }) => {
    const found = depot.returns.find((each) => each.id === id)
    return found && views.return(found)
  }),
  returns: plural(
    'ReturnsQueryResult',
    { ...text('order_id warehouse_id customer_account_id'), ...moments('date_from date_to') },
    ({ depot, views }, args) =>
      depot.returns
        .filter(({ createdAt }) => within(createdAt, args.date_from, args.date_to))
        .filter(({ order, warehouse }) => is(args.order_id, order.id) && is(args.warehouse_id, warehouse))
        .map((returned) => views.return(returned)),
  ),
  webhooks: plural('WebhooksQueryResult', text('customer_account_id'), ({ hooks, views }) =>
    [...hooks.all.values()].map((webhook) => views.webhook(webhook)),
  ),
}

function accountOf({ depot, views }: World) {
  return {
    id: accountId,
    legacy_id: 6334,
    email: 'api@example.com',
    username: 'stockpool',
    status: 'active',
    is_3pl: false,
    warehouses: depot.warehouses.map((each) => views.warehouse(each)),
    created_at: time(0),
  }
}
