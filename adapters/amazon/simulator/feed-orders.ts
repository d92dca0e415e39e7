import type { Feed, Work } from './feeds.ts'
import { confirmed } from './shipments.ts'
import { type Order, openUnits, shippedUnits, type World } from './world.ts'

/** What is wrong with a message; `null`: nothing. */
type Verdict = { readonly code: string; readonly message: string } | null

const wrong = (code: string, message: string): Verdict => ({ code, message })

function inside(text: string, tag: string): readonly string[] {
  return [...text.matchAll(new RegExp(`<${tag}(?:\\s[^>]*)?>([\\s\\S]*?)</${tag}>`, 'g'))].map(
    ([, inner = '']) => inner.trim(),
  )
}
const first = (text: string, tag: string) => inside(text, tag)[0] ?? ''

/** The XML feeds of orders: acknowledgements and cancellations, refunds, shipments. */
export const workOrders: Work = (world, feed, text, fault) => {
  const messages = inside(text, 'Message')
  const results = messages.map((message): { id: string; order: string; verdict: Verdict } => {
    const order = first(message, 'AmazonOrderID')
    const id = first(message, 'MessageID')
    if (fault?.kind === 'accepted_not_applied') return { id, order, verdict: null }
    if (fault?.kind === 'partial_failure')
      return { id, order, verdict: wrong('25', 'The message could not be processed.') }
    return { id, order, verdict: work(world, feed, message, order) }
  })
  return report(world, feed, results)
}

function work(world: World, feed: Feed, message: string, id: string): Verdict {
  const order = world.orders.get(id)
  if (!order) return wrong('18028', `The data you submitted is incomplete or invalid: no order ${id}.`)
  if (feed.type === 'POST_PAYMENT_ADJUSTMENT_DATA') return refund(world, order, message)
  if (feed.type === 'POST_ORDER_FULFILLMENT_DATA') return ship(world, order, message)
  if (first(message, 'StatusCode') !== 'Success') return cancel(world, order, message)
  order.acknowledged = true
  return null
}

const cancelReasons = [
  'NoInventory', 'ShippingAddressUndeliverable', 'CustomerExchange', 'BuyerCanceled', 'GeneralAdjustment',
  'CarrierCreditDecision', 'RiskAssessmentInformationNotValid', 'CarrierCoverageFailure', 'CustomerReturn',
  'MerchandiseNotReceived', 'PricingError',
] // biome-ignore format: a list reads better packed

/** Without items: the whole order. */
function cancel(world: World, order: Order, message: string): Verdict {
  if (order.fulfilledBy === 'AMAZON') return wrong('8058', 'The order is fulfilled by Amazon.')
  const items = inside(message, 'Item').map((item) => ({
    id: first(item, 'AmazonOrderItemCode'),
    reason: first(item, 'CancelReason'),
  }))
  const strange = items.find(({ reason }) => reason !== '' && !cancelReasons.includes(reason))
  if (strange) return wrong('5001', `XML Parsing Error: "${strange.reason}" is no CancelReason.`)
  const chosen = items.length === 0 ? order.lines.map(({ id }) => ({ id })) : items
  const lines = chosen.map(({ id }) => order.lines.find((line) => line.id === id))
  if (lines.some((line) => line === undefined)) return wrong('18028', 'An order item is not of this order.')
  if (lines.every((line) => line === undefined || openUnits(order, line) === 0))
    return wrong('8026', 'The order is cancelled or shipped already.')
  for (const line of lines) {
    if (!line) continue
    line.cancelled += openUnits(order, line)
    line.cancelledBy = 'MERCHANT'
  }
  world.touch(order, world.clock.now())
  return null
}

/** Only what was shipped can be paid back, and no more than was paid. */
function refund(world: World, order: Order, message: string): Verdict {
  const number = (order.refunds.at(-1)?.message ?? -1) + 1
  const made = inside(message, 'AdjustedItem').flatMap((item) =>
    inside(item, 'Component').map((component) => ({
      line: first(item, 'AmazonOrderItemCode'),
      type: first(component, 'Type'),
      amount: Math.round(Number(first(component, 'Amount')) * 100),
      currency: /<Amount currency="(\w+)"/.exec(component)?.[1] ?? '',
      reason: first(item, 'AdjustmentReason'),
      message: number,
    })),
  )
  if (made.length === 0) return wrong('5001', 'XML Parsing Error: there is no AdjustedItem.')
  for (const { line: id, amount } of made) {
    const line = order.lines.find((each) => each.id === id)
    if (!line) return wrong('18028', 'An order item is not of this order.')
    if (shippedUnits(order, line) === 0)
      return wrong('18047', 'The item was not shipped: there is no charge.')
    if (!(amount > 0)) return wrong('5001', 'XML Parsing Error: an amount must be above 0.')
    const price = world.listings.get(line.sku)?.price?.amount ?? '10.00'
    const paid = Math.round(Number(price) * 100) * line.quantity
    const before = order.refunds
      .filter((each) => each.line === id)
      .reduce((sum, each) => sum + each.amount, 0)
    const now = made.filter((each) => each.line === id).reduce((sum, each) => sum + each.amount, 0)
    if (before + now > paid) return wrong('18048', 'The refund is larger than the charge.')
  }
  order.refunds.push(...made)
  world.touch(order, world.clock.now())
  return null
}

function ship(world: World, order: Order, message: string): Verdict {
  const items = inside(message, 'Item').map((item) => ({
    orderItemId: first(item, 'AmazonOrderItemCode'),
    quantity: Number(first(item, 'Quantity')),
  }))
  const detail = {
    packageReferenceId: String(order.packages.size + 1),
    carrierCode: first(message, 'CarrierCode') || 'Other',
    carrierName: first(message, 'CarrierName') || undefined,
    shippingMethod: first(message, 'ShippingMethod') || undefined,
    // Unlike confirmShipment, the feed takes parcels without one (amzn/selling-partner-api-models#4329).
    trackingNumber: first(message, 'ShipperTrackingNumber'),
    shipDate: first(message, 'FulfillmentDate'),
    orderItems:
      items.length > 0
        ? items
        : order.lines.map((line) => ({ orderItemId: line.id, quantity: openUnits(order, line) })),
  }
  return confirmed(world, order, detail) ? null : wrong('18028', 'The shipment does not fit the order.')
}

function report(
  world: World,
  feed: Feed,
  results: readonly { readonly id: string; readonly order: string; readonly verdict: Verdict }[],
): string {
  const errors = results.filter(({ verdict }) => verdict !== null)
  const lines = errors.map(
    ({ id, order, verdict }) =>
      `<Result><MessageID>${id}</MessageID><ResultCode>Error</ResultCode><ResultMessageCode>${verdict?.code}</ResultMessageCode>` +
      `<ResultDescription>${verdict?.message}</ResultDescription><AdditionalInfo><AmazonOrderID>${order}</AmazonOrderID></AdditionalInfo></Result>`,
  )
  return (
    '<?xml version="1.0" encoding="UTF-8"?><AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">' +
    `<Header><DocumentVersion>1.02</DocumentVersion><MerchantIdentifier>${world.options.sellerId}</MerchantIdentifier></Header>` +
    '<MessageType>ProcessingReport</MessageType><Message><MessageID>1</MessageID><ProcessingReport>' +
    `<DocumentTransactionID>${feed.id}</DocumentTransactionID><StatusCode>Complete</StatusCode><ProcessingSummary>` +
    `<MessagesProcessed>${results.length}</MessagesProcessed><MessagesSuccessful>${results.length - errors.length}</MessagesSuccessful>` +
    `<MessagesWithError>${errors.length}</MessagesWithError><MessagesWithWarning>0</MessagesWithWarning></ProcessingSummary>` +
    `${lines.join('')}</ProcessingReport></Message></AmazonEnvelope>`
  )
}
