import { z } from 'zod'
import { Instant, Quantity } from '../../src/model/ids.ts'

// What is read of Amazon's answers: only what is used, and only what Amazon marks as required is required here; the rest
// may be absent or `null`. "Possible values" lists in the models are open: plain strings.

const text = z.string().nullish()
/** Unreadable money is no money: the order stands without it, and `raw` keeps what came. */
const WireMoney = z.object({ amount: text, currencyCode: text }).nullish().catch(null)
export type WireMoney = z.infer<typeof WireMoney>

const WireWindow = z.object({ earliestDateTime: text, latestDateTime: text }).nullish()

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
      price: z.object({ unitPrice: WireMoney }).nullish(),
    })
    .nullish(),
  proceeds: z
    .object({ breakdowns: z.array(z.object({ type: text, subtotal: WireMoney })).nullish() })
    .nullish()
    .catch(null),
  cancellation: z
    .object({
      cancellationRequest: z.object({ requester: text, cancelReason: text }).nullish(),
      cancellationExecution: z.object({ cancelledBy: text, cancelReason: text }).nullish(),
    })
    .nullish(),
  fulfillment: z
    .object({
      quantityFulfilled: z.int().min(0).nullish(),
      quantityUnfulfilled: z.int().min(0).nullish(),
    })
    .nullish(),
  tax: z.object({ taxCollections: z.array(z.object({ model: text })).nullish() }).nullish(),
})
export type WireItem = z.infer<typeof WireItem>

export const WirePackage = z.object({
  packageReferenceId: z.string(),
  trackingNumber: text,
  carrier: text,
  packageItems: z.array(z.object({ orderItemId: z.string(), quantity: z.int() })).nullish(),
})
export type WirePackage = z.infer<typeof WirePackage>

const WireSalesChannel = z.object({ channelName: text, marketplaceId: text }).nullish()

/** An order of the Orders API v2026-01-01. */
export const WireOrder = z.object({
  orderId: z.string().min(1).max(200),
  createdTime: Instant,
  lastUpdatedTime: Instant,
  programs: z.array(z.string()).nullish(),
  salesChannel: WireSalesChannel,
  buyer: z.object({ buyerName: text, buyerEmail: text }).nullish(),
  recipient: z.object({ deliveryAddress: WireAddress.nullish() }).nullish(),
  proceeds: z.object({ grandTotal: WireMoney }).nullish().catch(null),
  fulfillment: z
    .object({
      fulfillmentStatus: text,
      fulfilledBy: text,
      fulfillmentServiceLevel: text,
      shipByWindow: WireWindow,
      deliverByWindow: WireWindow,
    })
    .nullish(),
  orderItems: z.array(WireItem).max(1000),
})
export type WireOrder = z.infer<typeof WireOrder>

/** What is read of an order to confirm a package: nothing else of it need be readable. */
export const WirePackages = z.object({
  salesChannel: WireSalesChannel,
  packages: z.array(WirePackage).nullish(),
})

/** The orders stay unread here: each is read by itself, and kept as it came beside the unified one. */
export const SearchOrdersAnswer = z.object({
  orders: z.array(z.unknown()),
  pagination: z.object({ nextToken: text }).nullish(),
  lastUpdatedBefore: text,
})

export const GetOrderAnswer = z.object({ order: z.unknown() })

const WireIssue = z.object({
  code: z.string().default(''),
  message: z.string().default(''),
  severity: z.string().optional(),
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
  readonly patches: readonly [QuantityPatch]
}

export interface QuantityPatch {
  readonly op: 'merge'
  readonly path: '/attributes/fulfillment_availability'
  readonly value: readonly [{ readonly fulfillment_channel_code: 'DEFAULT'; readonly quantity: number }]
}

/** A JSON_LISTINGS_FEED of version 2, strict: this is what we send. */
export interface ListingsFeed {
  readonly header: { readonly sellerId: string; readonly version: '2.0' }
  readonly messages: readonly {
    /** Unique in the feed, from 1. */
    readonly messageId: number
    readonly sku: string
    readonly operationType: 'PATCH'
    readonly productType: string
    readonly patches: readonly [QuantityPatch]
  }[]
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

/** confirmShipment answers 204 with no body. */
export const NoAnswer = z.unknown()
