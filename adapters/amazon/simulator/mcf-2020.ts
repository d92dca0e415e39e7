import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { failed, instant, invalidInput } from './answers.ts'
import type { McfOrder, McfShipment } from './mcf.ts'
import { accept, moved } from './mcf-routes.ts'
import type { World } from './world.ts'

// Fulfillment Outbound 2020-07-01: it alone has returns, and keeps Amazon's carrier away.

const text = z.string()
const Address = z.looseObject({
  name: text.min(1),
  addressLine1: text.min(1),
  postalCode: text.min(1),
  countryCode: text.length(2),
})
const Create = z.object({
  sellerFulfillmentOrderId: text.min(1).max(40),
  displayableOrderId: text.min(1).max(40),
  displayableOrderDate: z.iso.datetime({ offset: true }),
  displayableOrderComment: text.min(1).max(1000),
  shippingSpeedCategory: z.enum(['Standard', 'Expedited', 'Priority', 'ScheduledDelivery']),
  destinationAddress: Address,
  fulfillmentAction: z.enum(['Ship', 'Hold']).default('Ship'),
  fulfillmentPolicy: z.enum(['FillOrKill', 'FillAll', 'FillAllAvailable']).default('FillOrKill'),
  featureConstraints: z
    .array(z.object({ featureName: text, featureFulfillmentPolicy: z.enum(['Required', 'NotRequired']) }))
    .default([]),
  items: z
    .array(z.object({ sellerSku: text, sellerFulfillmentOrderItemId: text, quantity: z.int().min(1) }))
    .min(1)
    .max(100),
})

/** POST /fba/outbound/2020-07-01/fulfillmentOrders; a success says nothing. */
export function createFulfillmentOrder(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const parsed = Create.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  const { data } = parsed
  const features = data.featureConstraints.map(({ featureName }) => featureName)
  const refusal = accept(
    world,
    {
      id: data.sellerFulfillmentOrderId,
      channel: null,
      action: data.fulfillmentAction === 'Hold' ? 'HOLD' : 'SHIP',
      policy: 'FILL_OR_KILL',
      tier: data.shippingSpeedCategory.toUpperCase(),
      unbranded: features.includes('BLANK_BOX'),
      features,
      address: Object.fromEntries(
        Object.entries(data.destinationAddress).map(([name, value]) => [name, String(value)]),
      ),
      number: data.displayableOrderId,
      comment: data.displayableOrderComment,
      lines: data.items.map((item) => ({
        id: item.sellerFulfillmentOrderItemId,
        sku: item.sellerSku,
        units: item.quantity,
      })),
    },
    0,
  )
  return refusal === null ? reply(200, {}) : invalidInput(refusal)
}

const words: Readonly<Record<string, string>> = {
  PROCESSING: 'Processing',
  COMPLETE: 'Complete',
  COMPLETE_PARTIAL: 'CompletePartialled',
  CANCELLED: 'Cancelled',
  UNFULFILLABLE: 'Unfulfillable',
  INVALID: 'Invalid',
}

/** GET /fba/outbound/2020-07-01/fulfillmentOrders */
export function listAllFulfillmentOrders(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const after = Date.parse(request.query.get('queryStartDate') ?? '1970-01-01T00:00:00Z')
  const from = Number(request.query.get('nextToken') ?? 0)
  if (Number.isNaN(after) || !Number.isInteger(from)) return invalidInput('queryStartDate, nextToken')
  const found = [...world.mcf.values()].filter(
    ({ visibleAt, updatedAt }) => visibleAt <= now && updatedAt >= after,
  )
  const page = found.slice(from, from + 50)
  return reply(200, {
    payload: {
      ...(from + 50 < found.length ? { nextToken: String(from + 50) } : {}),
      fulfillmentOrders: page.map((order) => orderOnWire(world, order)),
    },
  })
}

/** GET /fba/outbound/2020-07-01/fulfillmentOrders/{sellerFulfillmentOrderId} */
export function getFulfillmentOrder(world: World, id: string): SimulatorReply {
  const now = world.settle()
  const order = world.mcf.get(id)
  if (!order || order.visibleAt > now) return failed(404, 'NotFound', `There is no order ${id}.`)
  const authorizations = [...new Set(order.returns.map(({ authorization }) => authorization))]
  return reply(200, {
    payload: {
      fulfillmentOrder: orderOnWire(world, order),
      fulfillmentOrderItems: order.lines.map((line) => ({
        sellerSku: line.sku,
        sellerFulfillmentOrderItemId: line.id,
        quantity: line.units,
        cancelledQuantity: line.cancelled,
        unfulfillableQuantity: line.unfulfillable,
      })),
      fulfillmentShipments: order.shipments.map(shipmentOnWire),
      returnItems: order.returns.map((each) => ({
        sellerReturnItemId: each.id,
        sellerFulfillmentOrderItemId: each.line,
        amazonShipmentId: order.shipments[0]?.id ?? '',
        sellerReturnReasonCode: 'Other',
        ...(each.status === null ? {} : { status: each.status }),
        statusChangedDate: instant(each.changedAt),
        returnAuthorizationId: each.authorization,
        ...(each.condition === null
          ? {}
          : { returnReceivedCondition: each.condition, fulfillmentCenterId: 'BFI4' }),
      })),
      returnAuthorizations: authorizations.map((returnAuthorizationId) => ({
        returnAuthorizationId,
        fulfillmentCenterId: 'BFI4',
        returnToAddress: {
          name: 'Amazon',
          addressLine1: '2700 Center Drive',
          city: 'DuPont',
          stateOrRegion: 'WA',
          postalCode: '98327',
          countryCode: 'US',
        },
        amazonRmaId: `RMA-${returnAuthorizationId}`,
        rmaPageURL: 'https://www.amazon.example/rma',
      })),
    },
  })
}

const Update = z.object({ fulfillmentOrderStatus: text })
const back: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(words).map(([ours, theirs]) => [theirs.toUpperCase(), ours]),
)

/** PUT …/{sellerFulfillmentOrderId}/status, a sandbox-only operation. */
export function submitStatus(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  world.settle()
  const order = world.mcf.get(id)
  const parsed = Update.safeParse(request.json())
  if (!order) return failed(404, 'NotFound', `There is no order ${id}.`)
  if (!parsed.success) return invalidInput('fulfillmentOrderStatus')
  const status = back[parsed.data.fulfillmentOrderStatus.toUpperCase()] ?? ''
  return moved(world, order, status) ? reply(200, {}) : invalidInput('fulfillmentOrderStatus')
}

const speeds: Readonly<Record<string, string>> = {
  STANDARD: 'Standard',
  EXPEDITED: 'Expedited',
  PRIORITY: 'Priority',
}

function orderOnWire(world: World, order: McfOrder): unknown {
  const { email: _, ...address } = order.address
  return {
    sellerFulfillmentOrderId: order.id,
    marketplaceId: world.options.marketplaceIds[0],
    displayableOrderId: order.number,
    displayableOrderDate: instant(order.receivedAt),
    displayableOrderComment: order.comment,
    shippingSpeedCategory: speeds[order.tier] ?? 'Standard',
    destinationAddress: address,
    fulfillmentAction: order.action === 'HOLD' ? 'Hold' : 'Ship',
    fulfillmentPolicy: 'FillOrKill',
    receivedDate: instant(order.receivedAt),
    fulfillmentOrderStatus: words[order.status] ?? order.status,
    statusUpdatedDate: instant(order.updatedAt),
    featureConstraints: order.features.map((featureName) => ({
      featureName,
      featureFulfillmentPolicy: 'Required',
    })),
  }
}

const shipmentWords = {
  PROCESSING: 'PENDING',
  SHIPPED: 'SHIPPED',
  CANCELLED: 'CANCELLED_BY_FULFILLER',
} as const

function shipmentOnWire(shipment: McfShipment): unknown {
  return {
    amazonShipmentId: shipment.id,
    fulfillmentCenterId: 'BFI4',
    fulfillmentShipmentStatus: shipmentWords[shipment.status],
    shippingDate: instant(shipment.shipAt),
    fulfillmentShipmentItem: shipment.items.map((item) => ({
      sellerSku: item.sku,
      sellerFulfillmentOrderItemId: item.line,
      quantity: item.units,
      packageNumber: 1,
    })),
    fulfillmentShipmentPackage: shipment.packs.map((each, index) => ({
      packageNumber: index + 1,
      carrierCode: each.carrier,
      trackingNumber: each.tracking,
    })),
  }
}
