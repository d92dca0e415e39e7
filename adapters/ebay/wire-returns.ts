import { z } from 'zod'

// What is read of the Post-Order API's returns. eBay marks nearly every field as conditional, and keeps every enumeration
// open.

const text = z.string().nullish()
const DateTime = z.object({ value: text }).nullish().catch(null)

/** A number here, where every other API of eBay writes a text. */
export const PostOrderAmount = z
  .object({ value: z.union([z.number(), z.string()]).nullish(), currency: text })
  .nullish()
  .catch(null)
export type PostOrderAmount = z.infer<typeof PostOrderAmount>

/** What a search shows of a return, and its summary repeats under the same names. */
export const WireReturn = z.object({
  returnId: z.union([z.string().min(1), z.number()]).transform(String),
  orderId: z.string().min(1).max(200),
  state: text,
  status: text,
  currentType: text,
  creationInfo: z
    .object({
      creationDate: DateTime,
      item: z
        .object({ itemId: text, transactionId: text, returnQuantity: z.int().min(0).nullish() })
        .nullish(),
      reason: text,
    })
    .nullish(),
  sellerResponseDue: z.object({ activityDue: text, respondByDate: DateTime }).nullish(),
  sellerTotalRefund: z.object({ actualRefundAmount: PostOrderAmount }).nullish().catch(null),
})
export type WireReturn = z.infer<typeof WireReturn>

const WireEstimate = z.object({ refundFeeType: text, estimatedAmount: PostOrderAmount })
export type WireEstimate = z.infer<typeof WireEstimate>

/** Summary and detail together. */
export const WireReturnDetail = WireReturn.extend({
  responseHistory: z
    .array(z.object({ activity: text, creationDate: DateTime }))
    .nullish()
    .catch(null),
  returnShipmentInfo: z
    .object({
      shipmentTracking: z.object({ trackingNumber: text }).nullish(),
      allShipmentTrackings: z.array(z.object({ trackingNumber: text })).nullish(),
    })
    .nullish()
    .catch(null),
  refundInfo: z
    .object({
      estimatedRefundDetail: z.object({ itemizedRefundDetails: z.array(WireEstimate).nullish() }).nullish(),
      actualRefundDetail: z
        .object({ actualRefund: z.object({ totalAmount: PostOrderAmount }).nullish() })
        .nullish(),
    })
    .nullish()
    .catch(null),
})
export type WireReturnDetail = z.infer<typeof WireReturnDetail>

/** The rows stay unread here: each is read by itself. */
export const ReturnSearchAnswer = z.object({
  members: z.array(z.unknown()).nullish(),
  paginationOutput: z.object({ totalEntries: z.int().min(0).nullish() }).nullish(),
})

/** One of the two, by the field group that was asked for. */
export const ReturnAnswer = z.object({ summary: z.unknown().optional(), detail: z.unknown().optional() })

export const RefundAnswer = z.object({ refundStatus: text }).nullish().catch(null)

/** The body of a return's issue_refund, strict: this is what we send. */
export interface ReturnRefundBody {
  readonly refundDetail: {
    readonly itemizedRefundDetail: readonly {
      readonly refundAmount: { readonly value: string; readonly currency: string }
      readonly refundFeeType: string
    }[]
    readonly totalAmount: { readonly value: string; readonly currency: string }
  }
  readonly comments?: { readonly content: string }
}

/** The body of issueRefund, strict: this is what we send. */
export interface OrderRefundBody {
  readonly reasonForRefund: string
  readonly comment?: string
  readonly refundItems?: readonly {
    readonly lineItemId: string
    readonly refundAmount: { readonly value: string; readonly currency: string }
  }[]
  readonly orderLevelRefundAmount?: { readonly value: string; readonly currency: string }
}

export const IssueRefundAnswer = z.object({ refundId: text, refundStatus: text })
