import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { failed, instant, invalidInput } from './answers.ts'
import { drop, type McfOrder, type McfShipment, pack, plan, send, stop, touch, unplanned } from './mcf.ts'
import type { World } from './world.ts'

// Fulfillment Outbound 2026-07-04.

const text = z.string()
const Address = z.object({
  name: text.min(1),
  addressLine1: text.min(1),
  addressLine2: text.optional(),
  addressLine3: text.optional(),
  city: text.optional(),
  districtOrCounty: text.optional(),
  stateOrRegion: text.optional(),
  postalCode: text.min(1),
  countryCode: text.length(2),
  phone: text.optional(),
  email: text.optional(),
})
const Amount = z.object({ unit: z.literal('EACHES').default('EACHES'), value: text.regex(/^\d+(\.0+)?$/) })
const Product = z.object({ productIdentifier: z.object({ amazonSku: text.min(1) }) })
const Configuration = z.object({
  serviceLevel: z
    .object({ serviceTiers: z.array(z.enum(['STANDARD', 'EXPEDITED', 'PRIORITY', 'SCHEDULED'])).optional() })
    .optional(),
  action: z.enum(['SHIP', 'HOLD']).default('SHIP'),
  policy: z.enum(['FILL_OR_KILL', 'FILL_ALL', 'FILL_ALL_AVAILABLE']).default('FILL_OR_KILL'),
  services: z
    .object({ packaging: z.object({ packagingOption: z.enum(['UNBRANDED', 'ANY']).optional() }).optional() })
    .optional(),
})
const Create = z.object({
  orderId: text.min(1).max(40),
  channel: text.max(40).optional(),
  fulfillmentConfiguration: Configuration.prefault({}),
  destination: z.object({ deliveryAddress: Address }),
  lineItems: z
    .array(z.object({ lineItemId: text, product: Product, amount: Amount }))
    .min(1)
    .max(100),
})

export interface NewMcfOrder {
  readonly id: string
  readonly channel: string | null
  readonly action: 'SHIP' | 'HOLD'
  readonly policy: string
  readonly tier: string
  readonly unbranded: boolean
  readonly features: readonly string[]
  readonly address: Readonly<Record<string, string>>
  readonly number: string
  readonly comment: string
  readonly lines: readonly { readonly id: string; readonly sku: string; readonly units: number }[]
}

/** Takes an order on; `null` and a reason when it cannot. */
export function accept(world: World, made: NewMcfOrder, delayMs: number): string | null {
  const now = world.clock.now()
  if (world.mcf.has(made.id)) return `An order with the id ${made.id} exists already.`
  const unknown = made.lines.find(({ sku }) => !world.shelves.has(sku))
  if (unknown) return `Amazon has no inventory of ${unknown.sku}.`
  if (made.lines.reduce((sum, { units }) => sum + units, 0) > 250) return 'An order has at most 250 units.'
  const order: McfOrder = {
    ...made,
    receivedAt: now,
    visibleAt: now + delayMs,
    status: 'PROCESSING',
    updatedAt: now + delayMs,
    lines: made.lines.map((line) => ({ ...line, cancelled: 0, unfulfillable: 0 })),
    shipments: [],
    returns: [],
  }
  world.mcf.set(order.id, order)
  world.later(order.visibleAt + world.options.mcfPlanMs, (at) => {
    if (order.status === 'PROCESSING' && order.action === 'SHIP') plan(world, order, at)
  })
  return null
}

/** POST /fulfillment/outbound/2026-07-04/orders */
export function createOrder(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const parsed = Create.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  const { orderId, channel, fulfillmentConfiguration, destination, lineItems } = parsed.data
  const { mcfAsync, mcfAcceptMs } = world.options
  const refusal = accept(
    world,
    {
      id: orderId,
      channel: channel ?? null,
      action: fulfillmentConfiguration.action,
      policy: fulfillmentConfiguration.policy,
      tier: fulfillmentConfiguration.serviceLevel?.serviceTiers?.[0] ?? 'STANDARD',
      unbranded: fulfillmentConfiguration.services?.packaging?.packagingOption === 'UNBRANDED',
      features: [],
      address: Object.fromEntries(
        Object.entries(destination.deliveryAddress).filter(([, value]) => value !== undefined),
      ),
      number: orderId,
      comment: '',
      lines: lineItems.map(({ lineItemId, product, amount }) => ({
        id: lineItemId,
        sku: product.productIdentifier.amazonSku,
        units: Number(amount.value),
      })),
    },
    mcfAsync ? mcfAcceptMs : 0,
  )
  if (refusal !== null) return invalidInput(refusal)
  if (mcfAsync) return reply(202, { orderId, status: 'PROCESSING' })
  const order = world.mcf.get(orderId)
  return order ? reply(200, { order: onWire(order, true) }) : notFound(orderId)
}

const notFound = (id: string) => failed(404, 'NOT_FOUND', `There is no order ${id}.`)

function shown(world: World, id: string): McfOrder | null {
  const now = world.settle()
  const order = world.mcf.get(id)
  return order && order.visibleAt <= now ? order : null
}

/** GET /fulfillment/outbound/2026-07-04/orders/{orderId} */
export function getOrder(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const order = shown(world, id)
  if (!order) return notFound(id)
  return reply(200, { order: onWire(order, request.query.get('shipments') !== 'EXCLUDE') })
}

const pageSize = 50

/** GET /fulfillment/outbound/2026-07-04/orders */
export function listOrders(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const after = Date.parse(request.query.get('updatedAfter') ?? '1970-01-01T00:00:00Z')
  if (Number.isNaN(after)) return invalidInput('updatedAfter')
  const key = (order: McfOrder) => `${String(order.updatedAt).padStart(16, '0')}/${order.id}`
  const from = request.query.get('pageToken')
  const found = [...world.mcf.values()]
    .filter(({ visibleAt, updatedAt }) => visibleAt <= now && updatedAt >= after)
    .sort((one, other) => key(one).localeCompare(key(other)))
    .filter((order) => from === null || key(order) > Buffer.from(from, 'base64url').toString('utf8'))
  const page = found.slice(0, pageSize)
  const last = page.at(-1)
  const more = found.length > page.length && last !== undefined
  return reply(200, {
    orders: page.map((order) => onWire(order, request.query.get('shipments') !== 'EXCLUDE')),
    pagination: more ? { nextToken: Buffer.from(key(last)).toString('base64url') } : {},
  })
}

/** PUT /fulfillment/outbound/2026-07-04/orders/{orderId}/cancel */
export function cancelOrder(world: World, id: string): SimulatorReply {
  const order = shown(world, id)
  if (!order) return notFound(id)
  const busy = order.shipments.some(({ status }) => status !== 'CANCELLED')
  if (order.status !== 'PROCESSING' || busy) return invalidInput('The order can no longer be cancelled.')
  world.later(world.clock.now() + world.options.mcfAcceptMs, (at) => stop(world, order, at))
  return reply(202, {})
}

const Preview = z.object({
  fulfillmentConfiguration: z
    .object({ serviceLevel: z.object({ serviceTiers: z.array(text).optional() }).optional() })
    .optional(),
  destination: z.object({ deliveryAddress: Address }),
  lineItems: z.array(z.object({ product: Product, amount: Amount })).min(1),
})

/** In minor units, and days, of each tier. */
const tiers: Readonly<Record<string, readonly [number, number]>> = {
  STANDARD: [699, 5],
  EXPEDITED: [1099, 2],
}

/** POST /fulfillment/outbound/2026-07-04/previews */
export function getOrderPreview(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const parsed = Preview.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  const { lineItems, fulfillmentConfiguration } = parsed.data
  const wanted = fulfillmentConfiguration?.serviceLevel?.serviceTiers ?? Object.keys(tiers)
  const there = lineItems.filter(({ product, amount }) => {
    const shelf = world.shelves.get(product.productIdentifier.amazonSku)
    return shelf !== undefined && shelf.onHand - shelf.committed >= Number(amount.value)
  })
  const short = there.length < lineItems.length
  const offers = Object.entries(tiers)
    .filter(([tier]) => wanted.includes(tier))
    .map(([serviceTier, [cost, days]]) => offer(serviceTier, cost * there.length, days, now))
  const items = there.map(({ product, amount }) => ({ productIdentifier: product.productIdentifier, amount }))
  return reply(200, {
    plannedShipments: there.length === 0 ? [] : [{ items, offers }],
    ...(short
      ? {
          constraints: [
            {
              type: 'ValidationError',
              code: 'ItemQuantityNotAvailable',
              message: 'There is not enough of an item.',
            },
          ],
        }
      : {}),
  })
}

function offer(serviceTier: string, cents: number, days: number, now: number): unknown {
  const price = { currencyCode: 'USD', amount: (cents / 100).toFixed(2) }
  const interval = (from: number, to: number) => ({
    startTime: instant(now + from * 86_400_000),
    endTime: instant(now + to * 86_400_000),
  })
  return {
    estimatedPrice: { rollupPrices: [{ type: 'FULFILLMENT', value: price }], totalPrice: price },
    fulfillmentConfiguration: {
      serviceLevel: { serviceTier, shipInterval: interval(0, 1), deliveryInterval: interval(days - 1, days) },
    },
  }
}

const UpdateStatus = z.object({ status: text })

/** PUT …/orders/{orderId}/status, a sandbox-only operation. */
export function updateOrderStatus(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const order = shown(world, id)
  if (!order) return notFound(id)
  const parsed = UpdateStatus.safeParse(request.json())
  if (!parsed.success) return invalidInput('status')
  return moved(world, order, parsed.data.status) ? reply(204) : invalidInput(`status ${parsed.data.status}`)
}

/** What the sandbox does to an order; `false`: it knows no such status. */
export function moved(world: World, order: McfOrder, status: string): boolean {
  const at = world.clock.now()
  if (status === 'COMPLETE') {
    plan(world, order, at)
    for (const shipment of order.shipments)
      if (shipment.status === 'PROCESSING') send(world, order, shipment, at)
    return true
  }
  if (status === 'PROCESSING') {
    plan(world, order, at)
    return true
  }
  if (!['CANCELLED', 'UNFULFILLABLE', 'INVALID', 'COMPLETE_PARTIAL'].includes(status)) return false
  for (const shipment of order.shipments)
    if (shipment.status === 'PROCESSING') drop(world, order, shipment, at)
  for (const line of order.lines)
    if (status === 'CANCELLED') line.cancelled = line.units
    else line.unfulfillable += unplanned(order, line)
  order.status = status
  touch(world, order, at)
  return true
}

const UpdatePackage = z.object({ status: text, deliveryTime: text.optional() })

/** PUT …/orders/{orderId}/packages/{packageId}, a sandbox-only operation. */
export function updatePackage(
  world: World,
  request: SimulatorRequest,
  id: string,
  packageId: string,
): SimulatorReply {
  const order = shown(world, id)
  const shipment = order?.shipments.find(({ packs }) => packs.some((each) => each.id === packageId))
  const found = shipment?.packs.find((each) => each.id === packageId)
  if (!order || !shipment || !found) return notFound(`${id}/${packageId}`)
  const parsed = UpdatePackage.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  pack(world, order, shipment, world.clock.now())
  found.status = parsed.data.status
  if (parsed.data.deliveryTime !== undefined) found.deliveryAt = Date.parse(parsed.data.deliveryTime)
  touch(world, order, world.clock.now(), shipment)
  return reply(204)
}

const eaches = (units: number) => ({ unit: 'EACHES', value: `${units}.0` })

function onWire(order: McfOrder, withShipments: boolean): unknown {
  return {
    orderId: order.id,
    ...(order.channel === null ? {} : { channel: order.channel }),
    receiveTime: instant(order.receivedAt),
    status: order.status,
    statusUpdateTime: instant(order.updatedAt),
    fulfillmentConfiguration: {
      serviceLevel: { serviceTiers: [order.tier] },
      action: order.action,
      policy: order.policy,
      ...(order.unbranded ? { services: { packaging: { packagingOption: 'UNBRANDED' } } } : {}),
    },
    destination: { deliveryAddress: order.address },
    lineItems: order.lines.map((line) => ({
      lineItemId: line.id,
      product: { productIdentifier: { amazonSku: line.sku } },
      amount: eaches(line.units),
      cancelledAmount: eaches(line.cancelled),
      unfulfillableAmount: eaches(line.unfulfillable),
    })),
    ...(withShipments
      ? { shipments: order.shipments.map((shipment) => shipmentOnWire(order, shipment)) }
      : {}),
  }
}

function shipmentOnWire(order: McfOrder, shipment: McfShipment): unknown {
  const [first] = shipment.packs
  return {
    amazonShipmentId: shipment.id,
    amazonFacility: { facilityId: 'BFI4' },
    status: shipment.status,
    ...(shipment.status === 'CANCELLED' ? {} : { shipTime: instant(shipment.shipAt) }),
    items: shipment.items.map((item) => ({
      productIdentifier: { amazonSku: item.sku },
      lineItemId: item.line,
      amount: eaches(item.units),
      ...(first ? { packageId: first.id } : {}),
      shipmentItemId: item.id,
    })),
    packages: shipment.packs.map((each) => ({
      packageId: each.id,
      ...(each.deliveryAt === null ? {} : { deliveryTime: instant(each.deliveryAt) }),
      status: each.status,
      tracking: {
        carrier: { carrierCode: each.carrier, trackingNumber: each.tracking },
        amazon: {
          trackingNumber: each.tracking,
          trackingUrl: `https://www.swiship.com/track?id=${each.tracking}`,
        },
      },
      shipmentItemIds: shipment.items.map(({ id }) => id),
    })),
    serviceLevel: { serviceTier: order.tier },
  }
}
