import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/index.ts'
import { asObject, keyFrom, no, ok, paged, seconds, wrong } from './answers.ts'
import type { Item, Order, World } from './world.ts'

const sizes = { least: 1, most: 100, usual: 20 }

/** POST /order/202309/orders/search */
export function searchOrders(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const filter = asObject(request.json())
  const { query } = request
  const field = query.get('sort_field') ?? 'create_time'
  if (!['create_time', 'update_time'].includes(field)) return wrong('sort_field is invalid')
  const timeOf = (order: Order) => (field === 'update_time' ? order.updatedAt : order.createdAt)
  const stale = request.fault('stale_read')
  const hiddenSince = stale ? now - Number(asObject(stale.detail).ms ?? 60_000) : Number.POSITIVE_INFINITY
  const rows = [...world.orders.values()].filter(
    (order) => order.visibleAt <= now && order.updatedAt < hiddenSince && matches(world, order, filter),
  )
  const found = paged(rows, (order) => keyFrom(timeOf(order), order.id), query, sizes)
  if (found === null) return no(36009004, 'page_size or page_token is invalid')
  return ok({
    orders: found.page.map((order) => orderOnWire(world, order)),
    next_page_token: found.next,
    total_count: rows.length,
  })
}

function matches(world: World, order: Order, filter: Readonly<Record<string, unknown>>): boolean {
  const within = (at: number, from: unknown, to: unknown) =>
    seconds(at) >= Number(from ?? 0) && seconds(at) < Number(to ?? Number.POSITIVE_INFINITY)
  return (
    within(order.updatedAt, filter.update_time_ge, filter.update_time_lt) &&
    within(order.createdAt, filter.create_time_ge, filter.create_time_lt) &&
    [undefined, world.statusOf(order)].includes(filter.order_status as string | undefined) &&
    [undefined, order.shippingType].includes(filter.shipping_type as Order['shippingType'] | undefined)
  )
}

/** GET /order/202309/orders */
export function getOrders(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const ids = (request.query.get('ids') ?? '').split(',').filter((id) => id !== '')
  if (ids.length === 0 || ids.length > 50) return wrong('ids: 1 to 50')
  const found = ids.flatMap((id) => world.orders.get(id) ?? [])
  return ok({ orders: found.map((order) => orderOnWire(world, order)) })
}

const cents = (amount: string) => Math.round(Number(amount) * 100)
const money = (amount: number) => (amount / 100).toFixed(2)

const mask = (text: string) => text.replace(/(?<=\S)\S/g, '*')

function addressOf(world: World, order: Order): unknown {
  const shown = (text: string) => (world.options.masked ? mask(text) : text)
  return {
    name: shown('Sam Shopper'),
    first_name: shown('Sam'),
    last_name: shown('Shopper'),
    phone_number: world.options.masked ? '(+1)415******1' : '(+1)4155550101',
    address_line1: shown('1 Market Street'),
    address_line2: '',
    address_detail: shown('1 Market Street'),
    full_address: shown('United States, California, San Francisco, 1 Market Street'),
    postal_code: '94105',
    region_code: order.country,
    district_info: [
      { address_level: 'L0', address_level_name: 'Country', address_name: 'United States', iso_code: 'US' },
      { address_level: 'L1', address_level_name: 'State', address_name: 'California', iso_code: 'CA' },
      {
        address_level: 'L2',
        address_level_name: 'County',
        address_name: 'San Francisco County',
        iso_code: '',
      },
      { address_level: 'L3', address_level_name: 'City', address_name: 'San Francisco', iso_code: '' },
    ],
  }
}

const dayMs = 86_400_000

/** An order as both the list and the detail give it. */
export function orderOnWire(world: World, order: Order): unknown {
  const status = world.statusOf(order)
  const request = world.pendingRequest(order)
  const total = order.items.reduce(
    (sum, item) => sum + cents(world.skus.get(item.sku)?.price.amount ?? '0'),
    0,
  )
  const currency = world.skus.get(order.items[0]?.sku ?? '')?.price.currency ?? 'USD'
  const packages = new Set(
    order.items.flatMap((item) => {
      const found = world.packageOf(item)
      return world.shows(found) ? [found.id] : []
    }),
  )
  const [gone] = order.items.filter((item) => item.cancelled !== null)
  return {
    id: order.id,
    status,
    create_time: seconds(order.createdAt),
    update_time: seconds(order.updatedAt),
    ...(order.paidAt === null ? {} : { paid_time: seconds(order.paidAt) }),
    order_type: order.orderType,
    fulfillment_type: order.fulfillmentType,
    shipping_type: order.shippingType,
    delivery_option_id: world.deliveryOption,
    delivery_option_name: 'Standard Shipping',
    warehouse_id: order.warehouse,
    user_id: '7494845267308415300',
    buyer_email: 'v4bE3USDHPXBRNN2@scs.tiktokw.us',
    buyer_message: '',
    rts_sla_time: seconds(order.createdAt + 2 * dayMs),
    tts_sla_time: seconds(order.createdAt + 3 * dayMs),
    delivery_sla_time: seconds(order.createdAt + 7 * dayMs),
    is_cod: false,
    is_sample_order: order.sample,
    is_replacement_order: false,
    is_on_hold_order: status === 'ON_HOLD',
    is_buyer_request_cancel: request !== null,
    has_updated_recipient_address: false,
    ...(request === null ? {} : { request_cancel_time: seconds(request.createdAt) }),
    ...(status === 'CANCELLED' && gone
      ? { cancel_reason: gone.cancelled ?? '', cancellation_initiator: gone.cancelledBy ?? 'SYSTEM' }
      : {}),
    payment: {
      currency,
      sub_total: money(total),
      shipping_fee: '0.00',
      tax: '0.00',
      original_total_product_price: money(total),
      total_amount: money(total),
    },
    // Not before the hold has ended.
    ...(status === 'UNPAID' || status === 'ON_HOLD' ? {} : { recipient_address: addressOf(world, order) }),
    packages: [...packages].map((id) => ({ id })),
    line_items: order.items.map((item) => itemOnWire(world, order, item)),
  }
}

function itemOnWire(world: World, order: Order, item: Item): unknown {
  const sku = world.skus.get(item.sku)
  const found = world.packageOf(item)
  return {
    id: item.id,
    sku_id: item.sku,
    product_id: sku?.product ?? '',
    seller_sku: sku?.sellerSku ?? '',
    product_name: world.products.get(sku?.product ?? '')?.title ?? '',
    sku_name: sku?.name ?? '',
    display_status: world.itemStatus(order, item),
    currency: sku?.price.currency ?? 'USD',
    original_price: sku?.price.amount ?? '0.00',
    sale_price: sku?.price.amount ?? '0.00',
    seller_discount: '0.00',
    platform_discount: '0.00',
    is_gift: item.gift,
    ...(item.cancelled === null
      ? {}
      : { cancel_reason: item.cancelled, cancel_user: item.cancelledBy ?? 'SYSTEM' }),
    ...(world.shows(found)
      ? {
          package_id: found.id,
          package_status: found.status,
          tracking_number: found.tracking,
          shipping_provider_id: found.provider?.id ?? '',
          shipping_provider_name: found.provider?.name ?? '',
        }
      : { tracking_number: '' }),
  }
}
