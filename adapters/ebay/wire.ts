import { z } from 'zod'
import { Instant, Quantity } from '../../src/model/ids.ts'

// What is read of the Fulfillment API's answers. Its document marks nothing as required and types every enumeration as a
// plain string, so only what an order cannot do without is required here.

const text = z.string().nullish()

/** Unreadable money is no money: the order stands without it, and `raw` keeps what came. */
export const WireAmount = z.object({ value: text, currency: text }).nullish().catch(null)
export type WireAmount = z.infer<typeof WireAmount>

const WireAddress = z
  .object({
    addressLine1: text,
    addressLine2: text,
    city: text,
    county: text,
    stateOrProvince: text,
    postalCode: text,
    countryCode: text,
  })
  .nullish()

export const WireContact = z
  .object({
    fullName: text,
    companyName: text,
    contactAddress: WireAddress,
    primaryPhone: z.object({ phoneNumber: text }).nullish(),
    email: text,
  })
  .nullish()
export type WireContact = z.infer<typeof WireContact>

const WireTaxes = z
  .array(z.object({ amount: WireAmount, taxType: text }))
  .nullish()
  .catch(null)

export const WireRefund = z.object({
  refundId: text,
  refundStatus: text,
  amount: WireAmount,
  refundDate: text,
})
export type WireRefund = z.infer<typeof WireRefund>

export const WireLine = z.object({
  lineItemId: z.string().min(1),
  legacyItemId: text,
  legacyVariationId: text,
  sku: text,
  title: text,
  quantity: Quantity,
  /** Of all units together. */
  lineItemCost: WireAmount,
  discountedLineItemCost: WireAmount,
  total: WireAmount,
  deliveryCost: z.object({ shippingCost: WireAmount, discountAmount: WireAmount }).nullish().catch(null),
  taxes: WireTaxes,
  ebayCollectAndRemitTaxes: WireTaxes,
  lineItemFulfillmentStatus: text,
  lineItemFulfillmentInstructions: z
    .object({ shipByDate: text, maxEstimatedDeliveryDate: text })
    .nullish()
    .catch(null),
  refunds: z.array(WireRefund).nullish().catch(null),
})
export type WireLine = z.infer<typeof WireLine>

export const WireCancelRequest = z.object({
  cancelRequestId: text,
  cancelInitiator: text,
  cancelReason: text,
  cancelRequestState: text,
  cancelRequestedDate: text,
})
export type WireCancelRequest = z.infer<typeof WireCancelRequest>

const WireCancelStatus = z
  .object({ cancelState: text, cancelRequests: z.array(WireCancelRequest).nullish() })
  .nullish()

const WirePayments = z
  .object({
    payments: z.array(z.object({ paymentStatus: text, paymentDate: text })).nullish(),
    refunds: z.array(WireRefund).nullish().catch(null),
  })
  .nullish()

/** An order of the Fulfillment API v1. */
export const WireOrder = z.object({
  orderId: z.string().min(1).max(200),
  creationDate: Instant,
  lastModifiedDate: Instant,
  orderFulfillmentStatus: text,
  orderPaymentStatus: text,
  buyer: z.object({ username: text, buyerRegistrationAddress: WireContact }).nullish(),
  cancelStatus: WireCancelStatus,
  fulfillmentStartInstructions: z
    .array(
      z.object({
        fulfillmentInstructionsType: text,
        ebaySupportedFulfillment: z.boolean().nullish(),
        maxEstimatedDeliveryDate: text,
        shippingStep: z
          .object({ shippingServiceCode: text, shipTo: WireContact, shipToReferenceId: text })
          .nullish(),
      }),
    )
    .nullish(),
  paymentSummary: WirePayments,
  pricingSummary: z.object({ total: WireAmount }).nullish().catch(null),
  program: z
    .object({ fulfillmentProgram: z.object({ fulfilledBy: text }).nullish() })
    .catchall(z.unknown())
    .nullish()
    .catch(null),
  lineItems: z.array(WireLine).max(1000),
})
export type WireOrder = z.infer<typeof WireOrder>

/** What is read of an order to cancel it: nothing else of it need be readable. */
export const WireOrderState = WireOrder.pick({
  orderId: true,
  orderFulfillmentStatus: true,
  orderPaymentStatus: true,
  cancelStatus: true,
  paymentSummary: true,
})
export type WireOrderState = z.infer<typeof WireOrderState>

/** The orders stay unread here: each is read by itself, and kept as it came beside the unified one. */
export const OrdersAnswer = z.object({ orders: z.array(z.unknown()).nullish(), total: z.int().min(0) })

export const WireFulfillment = z.object({
  fulfillmentId: text,
  shipmentTrackingNumber: text,
  lineItems: z.array(z.object({ lineItemId: z.string(), quantity: z.int().nullish() })).nullish(),
})
export type WireFulfillment = z.infer<typeof WireFulfillment>

export const FulfillmentsAnswer = z.object({ fulfillments: z.array(WireFulfillment).nullish() })

/** The body of createShippingFulfillment, strict: this is what we send. */
export interface FulfillmentBody {
  readonly lineItems: readonly { readonly lineItemId: string; readonly quantity: number }[]
  readonly shippedDate: string
  /** With `trackingNumber`, or neither. */
  readonly shippingCarrierCode?: string
  readonly trackingNumber?: string
}

/** Answers whose body is of no use, or is empty. */
export const Anything = z.unknown()
