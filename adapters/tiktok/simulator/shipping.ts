import { z } from 'zod'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/index.ts'
import { no, ok, seconds, wrong } from './answers.ts'
import { type Item, marks, type Order, type Package, providers, type World } from './world.ts'

const hourMs = 3_600_000

/** GET /logistics/202309/warehouses */
export function warehouseList(world: World): SimulatorReply {
  return ok({
    warehouses: world.warehouses.map((id, index) => ({
      id,
      name: `Warehouse ${index + 1}`,
      type: 'SALES_WAREHOUSE',
      sub_type: 'DOMESTIC_WAREHOUSE',
      effect_status: 'ENABLED',
      is_default: index === 0,
      address: { region_code: world.options.region, city: 'Springfield', postal_code: '94105' },
    })),
  })
}

/** GET /logistics/202309/warehouses/{warehouse_id}/delivery_options */
export function deliveryOptions(world: World, warehouse: string): SimulatorReply {
  if (!world.warehouses.includes(warehouse)) return no(21001001, 'The warehouse does not exist.')
  return ok({
    delivery_options: [{ id: world.deliveryOption, name: 'Shipped by seller', type: 'SEND_BY_SELLER' }],
  })
}

/** GET /logistics/202309/delivery_options/{delivery_option_id}/shipping_providers */
export function shippingProviders(world: World, option: string): SimulatorReply {
  if (option !== world.deliveryOption) return no(21001002, 'The delivery option does not exist.')
  return ok({ shipping_providers: providers })
}

const Mark = z.object({
  order_line_item_ids: z.array(z.string()).min(1),
  tracking_number: z.string().min(1),
  shipping_provider_id: z.string(),
})

/** Why these items cannot be put into a parcel now. */
function refusalOf(world: World, order: Order, items: readonly (Item | undefined)[]): SimulatorReply | null {
  const status = world.statusOf(order)
  if (order.fulfillmentType !== 'FULFILLMENT_BY_SELLER')
    return no(21011001, 'The order is fulfilled by TikTok.')
  if (status === 'UNPAID' || status === 'ON_HOLD' || status === 'CANCELLED')
    return no(21011005, `The order is ${status}.`)
  if (order.frozen) return no(21011007, 'package in freeze status')
  if (items.some((item) => item === undefined || !world.isOpen(item)))
    return no(21011006, 'Some items are not of the order, or are shipped or cancelled already.')
  return null
}

const itemsOf = (order: Order, ids: readonly string[]) =>
  ids.map((id) => order.items.find((item) => item.id === id))
const present = (items: readonly (Item | undefined)[]) => items.filter((item) => item !== undefined)
const providerOf = (id: string) => providers.find((provider) => provider.id === id)

/** POST /fulfillment/202309/orders/{order_id}/packages */
export function markAsShipped(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const now = world.settle()
  const order = world.orders.get(id)
  if (!order) return no(21001003, 'The order does not exist.')
  if (!marks(world.options.region)) return no(21011002, 'This market is not supported.')
  const parsed = Mark.safeParse(request.json())
  if (!parsed.success) return wrong(`invalid param error: ${parsed.error.issues[0]?.path.join('.')}`)
  if (order.shippingType !== 'SELLER') return no(21011004, 'The package is not shipped by the seller.')
  const provider = providerOf(parsed.data.shipping_provider_id)
  if (!provider) return no(21011022, 'Invalid tracking number or provider id.')
  const items = itemsOf(order, parsed.data.order_line_item_ids)
  const refusal = refusalOf(world, order, items)
  if (refusal) return refusal
  const made = world.pack(order, present(items), {
    status: 'PROCESSING',
    tracking: parsed.data.tracking_number,
    provider,
    shippedAt: now,
  })
  world.touch(order)
  const short = parsed.data.tracking_number.length < 8
  return ok({
    order_id: id,
    order_line_item_ids: parsed.data.order_line_item_ids,
    package_id: made.id,
    ...(short ? { warning: { message: 'The tracking number looks too short for this carrier.' } } : {}),
  })
}

const Ship = z.object({
  handover_method: z.enum(['PICKUP', 'DROP_OFF']).optional(),
  pickup_slot: z.object({ start_time: z.number(), end_time: z.number() }).optional(),
  self_shipment: z
    .object({ tracking_number: z.string().min(1), shipping_provider_id: z.string() })
    .optional(),
})

/** POST /fulfillment/202309/packages/{package_id}/ship */
export function shipPackage(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const now = world.settle()
  const found = world.packages.get(id)
  const inside = world.itemsIn(id)
  if (!found || !inside) return no(21011028, 'The package does not exist.')
  const parsed = Ship.safeParse(request.json())
  if (!parsed.success) return wrong(`invalid param error: ${parsed.error.issues[0]?.path.join('.')}`)
  if (found.shippedAt !== null) return no(21011006, 'The package is shipped already.')
  const refusal = refusalOf(world, inside.order, inside.items)
  if (refusal) return refusal
  const { self_shipment, handover_method } = parsed.data
  if (inside.order.shippingType === 'SELLER') {
    const provider = providerOf(self_shipment?.shipping_provider_id ?? '')
    if (!self_shipment || !provider) return no(21011022, 'Invalid tracking number or provider id.')
    found.tracking = self_shipment.tracking_number
    found.provider = provider
  } else {
    if (!handover_method) return wrong('handover_method is required')
    found.handover = handover_method
    found.tracking = labelNumber(world)
    found.provider = providers[0]
  }
  found.status = 'PROCESSING'
  found.shippedAt = now
  world.touch(inside.order)
  return ok({})
}

const labelNumber = (world: World) => `TTS${world.random.text(12, '0123456789')}`

const Split = z.object({
  splittable_groups: z
    .array(z.object({ id: z.string(), order_line_item_ids: z.array(z.string()).min(1) }))
    .min(2),
})

/** POST /fulfillment/202309/orders/{order_id}/split */
export function splitOrder(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  world.settle()
  const order = world.orders.get(id)
  if (!order) return no(21001003, 'The order does not exist.')
  const parsed = Split.safeParse(request.json())
  if (!parsed.success) return wrong(`invalid param error: ${parsed.error.issues[0]?.path.join('.')}`)
  const groups = parsed.data.splittable_groups.map((group) => ({
    id: group.id,
    items: itemsOf(order, group.order_line_item_ids),
  }))
  const refusal = refusalOf(
    world,
    order,
    groups.flatMap(({ items }) => items),
  )
  if (refusal) return no(21011035, 'The order cannot be split now.')
  const packages = groups.map((group) => ({
    splittable_group_id: group.id,
    id: world.pack(order, present(group.items)).id,
  }))
  world.touch(order)
  return ok({ packages })
}

const Correct = z.object({ tracking_number: z.string().min(1), shipping_provider_id: z.string() })

/** POST /fulfillment/202309/packages/{package_id}/shipping_info/update */
export function updateShippingInfo(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const now = world.settle()
  const found = world.packages.get(id)
  const inside = world.itemsIn(id)
  if (!found || !inside) return no(21011028, 'The package does not exist.')
  const parsed = Correct.safeParse(request.json())
  if (!parsed.success) return wrong(`invalid param error: ${parsed.error.issues[0]?.path.join('.')}`)
  if (inside.order.shippingType !== 'SELLER') return no(21011004, 'The package is not shipped by the seller.')
  if (found.shippedAt === null) return no(21011043, 'The package is not shipped yet.')
  if (found.status === 'COMPLETED') return no(21011030, 'The package is delivered.')
  if (now - found.shippedAt > 72 * hourMs) return no(21011051, 'The time to update shipping info is over.')
  const provider = providerOf(parsed.data.shipping_provider_id)
  if (!provider) return no(21011022, 'Invalid tracking number or provider id.')
  found.tracking = parsed.data.tracking_number
  found.provider = provider
  world.touch(inside.order)
  return ok({})
}

/** GET /fulfillment/202309/packages/{package_id} */
export function packageDetail(world: World, id: string): SimulatorReply {
  world.settle()
  const found = world.packages.get(id)
  const inside = world.itemsIn(id)
  if (!found || !inside || !world.shows(found)) return no(21011028, 'The package does not exist.')
  return ok({
    package_id: found.id,
    package_status: found.status,
    tracking_number: found.tracking,
    shipping_type: inside.order.shippingType,
    shipping_provider_id: found.provider?.id ?? providers[0].id,
    shipping_provider_name: found.provider?.name ?? providers[0].name,
    handover_method: found.handover ?? '',
    order_line_item_ids: inside.items.map((item) => item.id),
    orders: [{ id: inside.order.id }],
    update_time: seconds(inside.order.updatedAt),
  })
}

/** GET /fulfillment/202309/packages/{package_id}/handover_time_slots */
export function handoverSlots(world: World, id: string): SimulatorReply {
  const now = world.settle()
  if (!world.packages.has(id)) return no(21011028, 'The package does not exist.')
  const start = seconds(now + 24 * hourMs)
  return ok({
    can_drop_off: true,
    can_pickup: true,
    can_van_collection: false,
    drop_off_point_url: '',
    pickup_slots: [
      { avaliable: true, start_time: start, end_time: start + 7200 },
      { avaliable: false, start_time: start + 7200, end_time: start + 14_400 },
    ],
  })
}

/** GET /fulfillment/202309/packages/{package_id}/shipping_documents */
export function shippingDocument(
  world: World,
  request: SimulatorRequest,
  id: string,
  url: string,
): SimulatorReply {
  const found = world.packages.get(id)
  if (!found) return no(21011028, 'The package does not exist.')
  if (!request.query.get('document_type')) return wrong('document_type is required')
  const inside = world.itemsIn(id)
  if (inside?.order.shippingType !== 'TIKTOK') return no(21011004, 'Only TikTok Shipping has documents.')
  if (found.shippedAt === null) return no(21011043, 'The package is not shipped yet.')
  return ok({ doc_url: `${url}/labels/${found.id}.pdf`, tracking_number: found.tracking })
}

const size = z.object({
  length: z.string(),
  width: z.string(),
  height: z.string(),
  unit: z.enum(['CM', 'INCH']),
})
const weight = z.object({ value: z.string(), unit: z.enum(['GRAM', 'POUND']) })
const services = [
  {
    id: '7208502187360519982',
    name: 'USPS Ground Advantage',
    price: '4.10',
    days: [3, 5],
    provider: providers[0],
  },
  {
    id: '7208502187360519983',
    name: 'UPS Ground Saver',
    price: '6.35',
    days: [2, 4],
    provider: providers[1],
  },
] as const

const serviceOnWire = ({ id, name, price, days, provider }: (typeof services)[number]) => ({
  id,
  name,
  price,
  currency: 'USD',
  earliest_delivery_days: days[0],
  latest_delivery_days: days[1],
  shipping_provider_id: provider.id,
  shipping_provider_name: provider.name,
})

const Query = z.object({ order_line_item_ids: z.array(z.string()).min(1), dimension: size, weight })

/** POST /fulfillment/202309/orders/{order_id}/shipping_services/query */
export function eligibleServices(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  world.settle()
  const order = world.orders.get(id)
  if (!order) return no(21001003, 'The order does not exist.')
  if (world.options.region !== 'US') return no(21011002, 'This market is not supported.')
  const parsed = Query.safeParse(request.json())
  if (!parsed.success) return wrong(`invalid param error: ${parsed.error.issues[0]?.path.join('.')}`)
  return ok({
    order_id: id,
    order_line_id: parsed.data.order_line_item_ids,
    dimension: parsed.data.dimension,
    weight: parsed.data.weight,
    shipping_services: services.map((service, index) => ({
      ...serviceOnWire(service),
      is_default: index === 0,
    })),
  })
}

const Create = Query.extend({ order_id: z.string(), shipping_service_id: z.string().optional() })

/** POST /fulfillment/202309/packages: buys a label. */
export function createPackage(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const parsed = Create.safeParse(request.json())
  if (!parsed.success) return wrong(`invalid param error: ${parsed.error.issues[0]?.path.join('.')}`)
  const { order_id, order_line_item_ids, shipping_service_id, dimension } = parsed.data
  const order = world.orders.get(order_id)
  if (!order) return no(21001003, 'The order does not exist.')
  if (world.options.region !== 'US') return no(21011002, 'This market is not supported.')
  if (order.shippingType !== 'TIKTOK') return no(21011003, 'The order is not of TikTok Shipping.')
  const service = services.find(({ id }) => id === (shipping_service_id ?? services[0].id))
  if (!service) return no(21011023, 'The shipping service is not available.')
  const items = itemsOf(order, order_line_item_ids)
  const refusal = refusalOf(world, order, items)
  if (refusal) return refusal
  const made: Package = world.pack(order, present(items), {
    status: 'PROCESSING',
    tracking: labelNumber(world),
    provider: service.provider,
    shippedAt: now,
  })
  world.touch(order)
  return ok({
    package_id: made.id,
    order_id,
    order_line_item_ids,
    create_time: seconds(now),
    dimension,
    weight: parsed.data.weight,
    shipping_service_info: serviceOnWire(service),
  })
}
