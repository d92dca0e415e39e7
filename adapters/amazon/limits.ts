import type { HttpAnswer, Limits, ThrottleReading } from '../../src/spec/index.ts'

/**
 * The default usage plans, per operation, account and application, as the models state them; where the model and
 * Amazon's pages disagree (getListingsItem: burst 10 or 5) the lower holds. They are where the limiter starts:
 * `x-amzn-RateLimit-Limit` moves the rate, in practice often upwards (jrl84/amazon-sp-api#101). The token endpoint
 * has no published limit; ours only keeps a fault from hammering it.
 */
export const limits = {
  searchOrders: { rate: 0.0056, burst: 20, batch: 100 },
  getOrder: { rate: 0.5, burst: 30, batch: 1 },
  confirmShipment: { rate: 2, burst: 10, batch: 1 },
  patchListingsItem: { rate: 5, burst: 5, batch: 1 },
  getListingsItem: { rate: 5, burst: 5, batch: 1 },
  searchListingsItems: { rate: 5, burst: 5, batch: 20 },
  createFeedDocument: { rate: 0.5, burst: 15, batch: 1 },
  createFeed: { rate: 0.0083, burst: 15, batch: 1 },
  // Its own: 5 submissions in 5 minutes, 25,000 messages each (Amazon's changelog, 2025-05-06).
  createListingsFeed: { rate: 0.0166, burst: 5, batch: 25_000 },
  getFeed: { rate: 2, burst: 15, batch: 1 },
  getFeeds: { rate: 0.0222, burst: 10, batch: 100 },
  getFeedDocument: { rate: 0.0222, burst: 10, batch: 1 },
  cancelFeed: { rate: 2, burst: 15, batch: 1 },
  createReport: { rate: 0.0167, burst: 15, batch: 1 },
  getReports: { rate: 0.0222, burst: 10, batch: 100 },
  getReport: { rate: 2, burst: 15, batch: 1 },
  getReportDocument: { rate: 0.0167, burst: 15, batch: 1 },
  getMarketplaceParticipations: { rate: 0.016, burst: 15, batch: 1 },
  getInventorySummaries: { rate: 2, burst: 2, batch: 50 },
  getSubscription: { rate: 1, burst: 5, batch: 1 },
  createSubscription: { rate: 1, burst: 5, batch: 1 },
  deleteSubscriptionById: { rate: 1, burst: 5, batch: 1 },
  getDestinations: { rate: 1, burst: 5, batch: 1 },
  createDestination: { rate: 1, burst: 5, batch: 1 },
  createOrder: { rate: 2, burst: 30, batch: 1 },
  createFulfillmentOrder: { rate: 2, burst: 30, batch: 1 },
  getFulfillmentOrder: { rate: 2, burst: 30, batch: 1 },
  listAllFulfillmentOrders: { rate: 2, burst: 30, batch: 1 },
  getMcfOrder: { rate: 2, burst: 30, batch: 1 },
  listOrders: { rate: 2, burst: 30, batch: 1 },
  cancelOrder: { rate: 2, burst: 30, batch: 1 },
  getOrderPreview: { rate: 2, burst: 30, batch: 1 },
  getRates: { rate: 80, burst: 100, batch: 1 },
  purchaseShipment: { rate: 80, burst: 100, batch: 1 },
  getShipmentDocuments: { rate: 80, burst: 100, batch: 1 },
  cancelShipment: { rate: 80, burst: 100, batch: 1 },
  getTracking: { rate: 80, burst: 100, batch: 1 },
  // Of the documents' own hosts nothing is published; this only keeps a fault from hammering them.
  document: { rate: 10, burst: 20 },
  lwaToken: { rate: 0.5, burst: 5 },
} as const satisfies Limits

export type AmazonBucket = keyof typeof limits

/** The current rate as Amazon states it; `null` when the header is absent, as it is at times. It says nothing of the burst. */
export function rateOf(answer: HttpAnswer): number | null {
  const rate = Number(answer.headers['x-amzn-ratelimit-limit'])
  return Number.isFinite(rate) && rate > 0 ? rate : null
}

/**
 * What an answer says of its bucket: the rate, and on a 429 that the bucket is empty. Amazon documents
 * no Retry-After: one token's worth of time is the honest wait.
 */
export function throttleOf(bucket: AmazonBucket): (answer: HttpAnswer) => ThrottleReading | null {
  return (answer) => {
    const rate = rateOf(answer)
    if (answer.status !== 429) return rate === null ? null : { rate }
    const retryAfterMs = waitMs(bucket, answer)
    return {
      remaining: 0,
      ...(rate === null ? {} : { rate }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }
  }
}

/** Until one token has come back, in milliseconds. `undefined` when the server itself says when, in its Retry-After. */
export function waitMs(bucket: AmazonBucket, answer: HttpAnswer): number | undefined {
  if (answer.headers['retry-after'] !== undefined) return undefined
  return Math.ceil(1000 / (rateOf(answer) ?? limits[bucket].rate))
}
