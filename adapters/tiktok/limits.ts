import type { HttpAnswer, Limits, ThrottleReading } from '../../src/spec/index.ts'
import { codeOf } from './envelope.ts'

/** Every operation that is called, by TikTok's own name. TikTok keeps its limits per application, shop and endpoint, so each has a bucket. */
export const operations = [
  'GetAuthorizedShops',
  'GetOrderList',
  'GetOrderDetail',
  'InventorySearch',
  'UpdateInventory',
  'SearchProducts',
  'ActivateProduct',
  'DeactivateProducts',
  'GetWarehouseDeliveryOptions',
  'GetShippingProviders',
  'MarkPackageAsShipped',
  'ShipPackage',
  'SplitOrders',
  'UpdatePackageShippingInfo',
  'GetPackageDetail',
  'GetPackageHandoverTimeSlots',
  'GetPackageShippingDocument',
  'GetEligibleShippingService',
  'CreatePackages',
  'CancelOrder',
  'GetAftersaleEligibility',
  'SearchCancellations',
  'ApproveCancellation',
  'RejectCancellation',
  'GetRejectReasons',
  'SearchReturns',
  'ApproveReturn',
  'RejectReturn',
  'SearchFBTInventory',
  'GetFBTWarehouseList',
  'GetFBTMerchantMCFStatus',
  'SearchGoodsInfo',
  'QueryGoodsInventoryForMCF',
  'CreateFBTMCFOrder',
  'GetFBFMCFOrderStatus',
  'CancelFBTMCFOrder',
  'GetShopWebhooks',
  'UpdateShopWebhook',
] as const

export type TikTokOperation = (typeof operations)[number]

/** The documents' own pace for a first try after "Too many requests". */
export const firstWaitMs = 1_000

/**
 * TikTok publishes no numbers: it gives each application and shop a share that moves, and answers 429 even to one call a
 * second when it is used up (its FAQ). So every endpoint begins at the modest rate of the options, and what TikTok
 * answers has the last word: a refusal empties the bucket, waits, and halves the pace until answers bring it back.
 */
export function limitsOf(callsPerSecond: number): Limits {
  const limit = { rate: callsPerSecond, burst: Math.max(2, callsPerSecond * 2), adapts: true }
  return {
    ...Object.fromEntries(operations.map((operation) => [operation, limit])),
    // Ours only: it keeps a fault from hammering the token endpoint.
    RefreshToken: { rate: 0.5, burst: 5 },
    // Files of TikTok's own store, without a limit that anybody named.
    LabelDocument: limit,
  }
}

/** Codes of "too many requests": of the gateway, of a test shop's hourly share, of FBT. */
export const throttled: ReadonlySet<number> = new Set([36009002, 36009037, 177001008])

/** What an answer says of its bucket: nothing, until it refuses. `Retry-After` is obeyed where it comes. */
export function throttleOf(answer: HttpAnswer): ThrottleReading | null {
  if (answer.status !== 429 && !throttled.has(codeOf(answer.body) ?? 0)) return null
  return answer.headers['retry-after'] === undefined
    ? { remaining: 0, retryAfterMs: firstWaitMs }
    : { remaining: 0 }
}
