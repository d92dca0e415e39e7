import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { failed } from './answers.ts'
import { type Order, openUnits, type Package, statusOf, type World } from './world.ts'

const Confirmation = z.object({
  marketplaceId: z.string(),
  packageDetail: z.object({
    // A JSON number is refused since 2026-01 (amzn/selling-partner-api-models#5094).
    packageReferenceId: z.string().regex(/^[1-9]\d*$/),
    carrierCode: z.string().min(1),
    carrierName: z.string().optional(),
    shippingMethod: z.string().optional(),
    trackingNumber: z.string().min(1),
    shipDate: z.iso.datetime({ offset: true }),
    orderItems: z.array(z.object({ orderItemId: z.string(), quantity: z.int().min(1) })).min(1),
  }),
})
type Detail = z.infer<typeof Confirmation>['packageDetail']

const invalid = (details: string) => failed(400, 'InvalidInput', 'Invalid Input', details)

// The words of amzn/selling-partner-api-models#5037.
const nothingToUpdate = (id: string) =>
  failed(
    400,
    'InvalidInput',
    'Failed to create package due to not finding a matching package or order already fulfilled.' +
      `  ErrorMessage(errorCode=GeneralError, errorDescription=Unable to find package to update for order (${id}), ` +
      'errorMetric=PackageToUpdateNotFound, packageIndex=null)',
  )

/** POST /orders/v0/orders/{orderId}/shipmentConfirmation */
export function confirmShipment(world: World, request: SimulatorRequest, id: string): SimulatorReply {
  const now = world.settle()
  const parsed = Confirmation.safeParse(request.json())
  if (!parsed.success) return invalid(parsed.error.issues[0]?.path.join('.') ?? '')
  if (!/^\d{3}-\d{7}-\d{7}$/.test(id)) return invalid('AmazonOrderId must be in 3-7-7 format')
  const order = world.orders.get(id)
  if (!order) return failed(404, 'NotFound', 'The requested order does not exist.')
  const { marketplaceId, packageDetail } = parsed.data
  if (marketplaceId !== order.marketplaceId) return invalid('marketplaceId')
  if (order.fulfilledBy === 'AMAZON') return invalid('The order is fulfilled by Amazon.')
  if (packageDetail.carrierCode === 'Other' && !packageDetail.carrierName) return invalid('carrierName')
  const status = statusOf(order, now)
  if (status === 'PENDING' || status === 'CANCELLED') return invalid(`The order is ${status}.`)
  const stranger = packageDetail.orderItems.find(
    (item) => !order.lines.some((line) => line.id === item.orderItemId),
  )
  // jlevers/selling-partner-api#528
  if (stranger) return invalid('OrderItemId is invalid')

  const known = order.packages.get(packageDetail.packageReferenceId)
  if (known && world.options.reconfirm === 'refuse') return nothingToUpdate(id)
  return confirmed(world, order, packageDetail) ? reply(204) : nothingToUpdate(id)
}

/** Puts a package into the order, or in the place of the one of the same reference; `false`: it does not fit. */
export function confirmed(world: World, order: Order, detail: Detail): boolean {
  const now = world.clock.now()
  const known = order.packages.get(detail.packageReferenceId)
  const before = known?.items ?? []
  if (known) known.items = []
  if (!fits(order, detail)) {
    if (known) known.items = before
    return false
  }
  order.packages.set(detail.packageReferenceId, packageOf(detail, known?.createdAt ?? now))
  world.touch(order, now)
  return true
}

function fits(order: Order, detail: Detail): boolean {
  return order.lines.every((line) => {
    const wanted = detail.orderItems
      .filter(({ orderItemId }) => orderItemId === line.id)
      .reduce((sum, { quantity }) => sum + quantity, 0)
    return wanted <= openUnits(order, line)
  })
}

function packageOf(detail: Detail, createdAt: number): Package {
  return {
    reference: detail.packageReferenceId,
    createdAt,
    carrier: detail.carrierCode === 'Other' ? (detail.carrierName ?? 'Other') : detail.carrierCode,
    service: detail.shippingMethod ?? null,
    tracking: detail.trackingNumber,
    shippedAt: Date.parse(detail.shipDate),
    items: detail.orderItems,
  }
}
