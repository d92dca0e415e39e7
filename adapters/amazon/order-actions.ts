import { StockpoolError } from '../../src/error.ts'
import { type Money, moneyToDecimal } from '../../src/model/money.ts'
import type { AdapterContext, CancelReason } from '../../src/spec/index.ts'
import { awaitFeed, type FeedType, feedFailed, feedReport, feedsSince, isOver, submitFeed } from './feeds.ts'
import type { Settings } from './options.ts'
import { envelope, refusalOf, xml } from './xml.ts'

/** What became of an action on an order. */
export type ActionOutcome =
  /** Amazon has worked it off without a complaint. */
  | { readonly status: 'taken'; readonly reference: string }
  /** Amazon has it and has not come to it. */
  | { readonly status: 'waiting'; readonly reference: string }
  | { readonly status: 'refused'; readonly detail: string }

export interface CancelAction {
  readonly order: string
  /** Order lines, all of their units. */
  readonly lines: readonly string[]
  readonly reason: CancelReason
}

export interface RefundAction {
  readonly order: string
  /** Ours; Amazon keeps it with the adjustment and shows it in settlement reports. */
  readonly key: string
  readonly reason: 'CustomerReturn' | 'GeneralAdjustment'
  readonly lines: readonly {
    readonly line: string
    readonly parts: readonly { readonly type: AmountType; readonly amount: Money }[]
  }[]
}
export interface ShipAction {
  readonly order: string
  readonly carrierCode: string
  readonly carrierName?: string
  readonly service: string | null
  /** Epoch milliseconds. */
  readonly shippedAt: number
  readonly lines: readonly { readonly line: string; readonly quantity: number }[]
}

export type AmountType = 'Principal' | 'Tax' | 'Shipping' | 'Goodwill'

/**
 * What a seller does to an order, whichever way Amazon takes it. Today by feeds alone. A REST operation `cancelOrder` of
 * Orders 2026-01-01 was seen three times in Amazon's models and taken out again each time: when it stays, it goes in
 * here and nothing else changes.
 */
export interface OrderActions {
  cancel(context: AdapterContext, action: CancelAction): Promise<ActionOutcome>
  /** @throws StockpoolError `unknown_outcome` when nobody knows whether Amazon has it. */
  refund(context: AdapterContext, action: RefundAction): Promise<ActionOutcome>
  acknowledge(context: AdapterContext, order: string): Promise<void>
  /** A parcel without a tracking number, which confirmShipment does not take. */
  ship(context: AdapterContext, action: ShipAction): Promise<ActionOutcome>
  /** Actions of a kind that were handed in since a moment: which of them, Amazon does not tell. */
  recent(
    context: AdapterContext,
    kind: 'cancel' | 'refund' | 'ship',
    since: number,
  ): Promise<readonly { readonly reference: string; readonly over: boolean }[]>
}

/**
 * CancelReason of Amazon's OrderAcknowledgement.xsd; the values are those that Seller Central offers as well. There is none
 * for fraud.
 */
const cancelReasons: Readonly<Record<CancelReason, string>> = {
  customer: 'BuyerCanceled',
  out_of_stock: 'NoInventory',
  address: 'ShippingAddressUndeliverable',
  fraud: 'GeneralAdjustment',
  other: 'GeneralAdjustment',
}

const types = {
  cancel: 'POST_ORDER_ACKNOWLEDGEMENT_DATA',
  refund: 'POST_PAYMENT_ADJUSTMENT_DATA',
  ship: 'POST_ORDER_FULFILLMENT_DATA',
} as const satisfies Record<string, FeedType>

export function cancelDocument(sellerId: string, { order, lines, reason }: CancelAction): string {
  const items = lines.map((line) =>
    xml('Item', xml('AmazonOrderItemCode', line), xml('CancelReason', cancelReasons[reason])),
  )
  return envelope(sellerId, 'OrderAcknowledgement', [
    xml('AmazonOrderID', order),
    xml('StatusCode', 'Failure'),
    ...items,
  ])
}

export const acknowledgeDocument = (sellerId: string, order: string): string =>
  envelope(sellerId, 'OrderAcknowledgement', [xml('AmazonOrderID', order), xml('StatusCode', 'Success')])

export function refundDocument(sellerId: string, { order, key, reason, lines }: RefundAction): string {
  const items = lines.map(({ line, parts }) =>
    xml(
      'AdjustedItem',
      xml('AmazonOrderItemCode', line),
      xml('MerchantAdjustmentItemID', key),
      xml('AdjustmentReason', reason),
      xml(
        'ItemPriceAdjustments',
        ...parts.map(({ type, amount }) =>
          xml(
            'Component',
            xml('Type', type),
            xml('Amount', moneyToDecimal(amount)).with({ currency: amount.currency }),
          ),
        ),
      ),
    ),
  )
  return envelope(sellerId, 'OrderAdjustment', [xml('AmazonOrderID', order), ...items])
}

export function shipDocument(sellerId: string, action: ShipAction): string {
  const { order, carrierCode, carrierName, service, shippedAt, lines } = action
  return envelope(sellerId, 'OrderFulfillment', [
    xml('AmazonOrderID', order),
    xml('FulfillmentDate', new Date(shippedAt).toISOString()),
    xml(
      'FulfillmentData',
      carrierName === undefined ? xml('CarrierCode', carrierCode) : xml('CarrierName', carrierName),
      ...(service === null ? [] : [xml('ShippingMethod', service)]),
    ),
    ...lines.map(({ line, quantity }) =>
      xml('Item', xml('AmazonOrderItemCode', line), xml('Quantity', String(quantity))),
    ),
  ])
}

/** Every action as a feed of its own, waited for a while. */
export function feedActions(settings: Settings): OrderActions {
  const submit = (context: AdapterContext, type: FeedType, content: string, effect: 'once' | 'idempotent') =>
    submitFeed(context, settings, {
      type,
      marketplaceIds: settings.marketplaceIds,
      document: { content, type: 'text/xml; charset=UTF-8' },
      effect,
      priority: 8,
    })
  const verdict = async (context: AdapterContext, reference: string): Promise<ActionOutcome> => {
    const feed = await awaitFeed(context, settings, reference, settings.feedWaitMs)
    if (feed === null || !isOver(feed)) return { status: 'waiting', reference }
    if (feed.processingStatus !== 'DONE') throw feedFailed(feed)
    const detail = refusalOf(await feedReport(context, settings, feed))
    return detail === null ? { status: 'taken', reference } : { status: 'refused', detail }
  }
  return {
    async cancel(context, action) {
      const document = cancelDocument(settings.sellerId, action)
      // Cancelling what is cancelled is refused, and does nothing.
      return await verdict(context, await submit(context, types.cancel, document, 'idempotent'))
    },
    async refund(context, action) {
      const document = refundDocument(settings.sellerId, action)
      const reference = await submit(context, types.refund, document, 'once')
      try {
        return await verdict(context, reference)
      } catch (error) {
        if (error instanceof StockpoolError && error.retryable) return { status: 'waiting', reference }
        throw error
      }
    },
    async acknowledge(context, order) {
      await submit(context, types.cancel, acknowledgeDocument(settings.sellerId, order), 'idempotent')
    },
    async ship(context, action) {
      const document = shipDocument(settings.sellerId, action)
      // Amazon counts what is left to ship: the same units a second time are refused.
      return await verdict(context, await submit(context, types.ship, document, 'idempotent'))
    },
    async recent(context, kind, since) {
      const feeds = await feedsSince(context, settings, types[kind], since)
      return feeds.map((feed) => ({ reference: feed.feedId, over: isOver(feed) }))
    },
  }
}
