import { z } from 'zod'
import { Instant, Quantity } from '../../src/model/ids.ts'

// What is read of Amazon's answers: only what is used, and only what Amazon marks as required is required here.
// "Possible values" lists in the models are open: plain strings.

const text = z.string().optional()
const WireMoney = z.object({ amount: text, currencyCode: text }).optional()
export type WireMoney = z.infer<typeof WireMoney>

const WireWindow = z.object({ earliestDateTime: text, latestDateTime: text }).optional()

const WireAddress = z.object({
  name: text,
  companyName: text,
  addressLine1: text,
  addressLine2: text,
  addressLine3: text,
  city: text,
  districtOrCounty: text,
  stateOrRegion: text,
  municipality: text,
  postalCode: text,
  countryCode: text,
  phone: text,
})
export type WireAddress = z.infer<typeof WireAddress>

export const WireItem = z.object({
  orderItemId: z.string().min(1),
  quantityOrdered: Quantity,
  product: z
    .object({
      asin: text,
      title: text,
      sellerSku: text,
      price: z.object({ unitPrice: WireMoney }).optional(),
    })
    .default({}),
  proceeds: z
    .object({ breakdowns: z.array(z.object({ type: text, subtotal: WireMoney })).optional() })
    .optional(),
  cancellation: z
    .object({
      cancellationRequest: z.object({ requester: text, cancelReason: text }).optional(),
      cancellationExecution: z.object({ cancelledBy: text, cancelReason: text }).optional(),
    })
    .optional(),
  fulfillment: z
    .object({
      quantityFulfilled: z.int().min(0).optional(),
      quantityUnfulfilled: z.int().min(0).optional(),
    })
    .optional(),
  tax: z.object({ taxCollections: z.array(z.object({ model: text })).optional() }).optional(),
})
export type WireItem = z.infer<typeof WireItem>

export const WirePackage = z.object({
  packageReferenceId: z.string(),
  trackingNumber: text,
  carrier: text,
  packageItems: z.array(z.object({ orderItemId: z.string(), quantity: z.int() })).optional(),
})
export type WirePackage = z.infer<typeof WirePackage>

/** An order of the Orders API v2026-01-01. */
export const WireOrder = z.object({
  orderId: z.string().min(1).max(200),
  createdTime: Instant,
  lastUpdatedTime: Instant,
  programs: z.array(z.string()).optional(),
  salesChannel: z.object({ channelName: text, marketplaceId: text }).optional(),
  buyer: z.object({ buyerName: text, buyerEmail: text }).optional(),
  recipient: z.object({ deliveryAddress: WireAddress.optional() }).optional(),
  proceeds: z.object({ grandTotal: WireMoney }).optional(),
  fulfillment: z
    .object({
      fulfillmentStatus: text,
      fulfilledBy: text,
      fulfillmentServiceLevel: text,
      shipByWindow: WireWindow,
      deliverByWindow: WireWindow,
    })
    .optional(),
  orderItems: z.array(WireItem).max(1000),
  packages: z.array(WirePackage).optional(),
})
export type WireOrder = z.infer<typeof WireOrder>

/** The orders stay unread here: each is kept as it came, beside the unified one. */
export const SearchOrdersAnswer = z.object({
  orders: z.array(z.unknown()),
  pagination: z.object({ nextToken: text }).nullish(),
  lastUpdatedBefore: text,
})

export const GetOrderAnswer = z.object({ order: z.unknown() })

const WireIssue = z.object({
  code: z.string().default(''),
  message: z.string().default(''),
  severity: text,
  attributeNames: z.array(z.string()).optional(),
  marketplaceIds: z.array(z.string()).optional(),
})
export type WireIssue = z.infer<typeof WireIssue>

/** A listing of the Listings Items API 2021-08-01. */
export const WireListing = z.object({
  sku: z.string(),
  issues: z.array(WireIssue).optional(),
  fulfillmentAvailability: z
    .array(z.object({ fulfillmentChannelCode: z.string(), quantity: z.int().optional() }))
    .optional(),
})
export type WireListing = z.infer<typeof WireListing>

export const SearchListingsAnswer = z.object({ items: z.array(WireListing) })

export const SubmissionAnswer = z.object({
  sku: z.string(),
  status: z.string(),
  submissionId: z.string(),
  issues: z.array(WireIssue).optional(),
})

/** The body of patchListingsItem, strict: this is what we send. */
export interface PatchBody {
  readonly productType: string
  readonly patches: readonly [
    {
      readonly op: 'merge'
      readonly path: '/attributes/fulfillment_availability'
      readonly value: readonly [{ readonly fulfillment_channel_code: 'DEFAULT'; readonly quantity: number }]
    },
  ]
}

/** The body of confirmShipment, strict: this is what we send. */
export interface ConfirmBody {
  readonly marketplaceId: string
  readonly packageDetail: {
    /** Digits of a positive number, as a JSON string: a JSON number is refused (amzn/selling-partner-api-models#5094). */
    readonly packageReferenceId: string
    readonly carrierCode: string
    readonly carrierName?: string
    readonly shippingMethod?: string
    readonly trackingNumber: string
    readonly shipDate: string
    readonly orderItems: readonly { readonly orderItemId: string; readonly quantity: number }[]
  }
}

export const TokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

/** confirmShipment answers 204 with no body. */
export const NoAnswer = z.unknown()
