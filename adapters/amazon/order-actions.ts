import { type Money, moneyToDecimal } from '../../src/model/money.ts'
import type { AdapterContext, CancelReason } from '../../src/spec/index.ts'
import { type Xml, xml } from './xml.ts'

/** What became of an action on an order. */
export type ActionOutcome =
  /** Amazon has worked it off without a complaint. */
  | { readonly status: 'taken'; readonly reference: string }
  /** Amazon has it and has not come to it. */
  | { readonly status: 'waiting'; readonly reference: string }
  | { readonly status: 'refused'; readonly detail: string }
  /** It ended without a verdict. `nothingDone`: before Amazon came to it; otherwise some of it may have been done. */
  | {
      readonly status: 'ended'
      readonly reference: string
      readonly detail: string
      readonly nothingDone: boolean
    }

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
  /** What became of an action that was `waiting`, by its reference. */
  look(context: AdapterContext, reference: string): Promise<ActionOutcome>
  /** @throws StockpoolError `unknown_outcome` when nobody knows whether Amazon has it. */
  refund(context: AdapterContext, action: RefundAction): Promise<ActionOutcome>
  acknowledge(context: AdapterContext, order: string): Promise<void>
  /** A parcel without a tracking number, which confirmShipment does not take. */
  ship(context: AdapterContext, action: ShipAction): Promise<ActionOutcome>
  /** Actions of a kind that were handed in since a moment: which of them, Amazon does not tell. */
  recent(
    context: AdapterContext,
    kind: ActionKind,
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

/** What Amazon's XML names the messages of each kind. An acknowledgement is a cancellation that says Success. */
export const messageTypes = {
  cancel: 'OrderAcknowledgement',
  refund: 'OrderAdjustment',
  ship: 'OrderFulfillment',
} as const
export type ActionKind = keyof typeof messageTypes

export function cancelMessage({ order, lines, reason }: CancelAction): readonly Xml[] {
  const items = lines.map((line) =>
    xml('Item', xml('AmazonOrderItemCode', line), xml('CancelReason', cancelReasons[reason])),
  )
  return [xml('AmazonOrderID', order), xml('StatusCode', 'Failure'), ...items]
}

export const acknowledgeMessage = (order: string): readonly Xml[] => [
  xml('AmazonOrderID', order),
  xml('StatusCode', 'Success'),
]

export function refundMessage({ order, key, reason, lines }: RefundAction): readonly Xml[] {
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
  return [xml('AmazonOrderID', order), ...items]
}

export function shipMessage(action: ShipAction): readonly Xml[] {
  const { order, carrierCode, carrierName, service, shippedAt, lines } = action
  return [
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
  ]
}
