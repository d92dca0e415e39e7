import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import type { AdapterContext, Effect } from '../../src/spec/index.ts'
import { ask, segment } from './client.ts'
import { download, upload, WireDocument } from './documents.ts'
import type { Settings } from './options.ts'

// Feeds API 2021-06-30: a document is announced, put where Amazon says, and named in a feed; Amazon works it off in its
// own time. https://developer-docs.amazon.com/sp-api/docs/feeds-api-v2021-06-30-use-case-guide

export type FeedType =
  | 'JSON_LISTINGS_FEED'
  | 'POST_ORDER_ACKNOWLEDGEMENT_DATA'
  | 'POST_PAYMENT_ADJUSTMENT_DATA'
  | 'POST_ORDER_FULFILLMENT_DATA'

/** A feed as Amazon sees it. `processingStatus`: IN_QUEUE, IN_PROGRESS, DONE, CANCELLED, FATAL. */
export const WireFeed = z.object({
  feedId: z.string().min(1),
  feedType: z.string(),
  createdTime: z.string(),
  processingStatus: z.string(),
  resultFeedDocumentId: z.string().nullish(),
})
export type WireFeed = z.infer<typeof WireFeed>

export const FeedDocumentAnswer = z.object({ feedDocumentId: z.string().min(1), url: z.url() })
export const FeedAnswer = z.object({ feedId: z.string().min(1) })
export const FeedsAnswer = z.object({ feeds: z.array(WireFeed) })
/** cancelFeed answers 200 and nothing. */
const NoAnswer = z.unknown()

const root = '/feeds/2021-06-30'

export interface FeedOrder {
  readonly type: FeedType
  readonly marketplaceIds: readonly string[]
  readonly document: { readonly content: string; readonly type: string }
  /** What another submission of the same feed would do. */
  readonly effect: Exclude<Effect, 'read'>
  readonly priority?: number
}

/**
 * Hands a document in; answers the feed's id.
 * @throws StockpoolError `unknown_outcome` when nobody knows whether Amazon has it.
 */
export async function submitFeed(
  context: AdapterContext,
  settings: Settings,
  order: FeedOrder,
): Promise<string> {
  const { type } = order.document
  const { feedDocumentId, url } = await ask(context, settings, {
    operation: 'createFeedDocument',
    // An announced document that is never used does nothing.
    effect: 'idempotent',
    method: 'POST',
    path: `${root}/documents`,
    json: { contentType: type },
    ...(order.priority === undefined ? {} : { priority: order.priority }),
    schema: FeedDocumentAnswer,
  })
  await upload(context, settings, url, order.document)
  const { feedId } = await ask(context, settings, {
    operation: 'createFeed',
    bucket: order.type === 'JSON_LISTINGS_FEED' ? 'createListingsFeed' : 'createFeed',
    effect: order.effect,
    method: 'POST',
    path: `${root}/feeds`,
    json: {
      feedType: order.type,
      marketplaceIds: order.marketplaceIds.slice(0, 25),
      inputFeedDocumentId: feedDocumentId,
    },
    ...(order.priority === undefined ? {} : { priority: order.priority }),
    schema: FeedAnswer,
  })
  return feedId
}

/** `null`: Amazon does not know it (any more: feeds are kept for 90 days). */
export async function getFeed(
  context: AdapterContext,
  settings: Settings,
  feedId: string,
): Promise<WireFeed | null> {
  try {
    return await ask(context, settings, {
      operation: 'getFeed',
      effect: 'read',
      method: 'GET',
      path: `${root}/feeds/${segment(feedId)}`,
      schema: WireFeed,
    })
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}

/** Feeds of a type that were handed in since a moment, newest first; a hundred at most. */
export async function feedsSince(
  context: AdapterContext,
  settings: Settings,
  type: FeedType,
  since: number,
): Promise<readonly WireFeed[]> {
  const { feeds } = await ask(context, settings, {
    operation: 'getFeeds',
    effect: 'read',
    method: 'GET',
    path: `${root}/feeds`,
    query: { feedTypes: [type], pageSize: 100, createdSince: new Date(since).toISOString() },
    schema: FeedsAnswer,
  })
  return feeds
}

/** Takes a feed back. Amazon allows it while the feed waits; afterwards it refuses, and the feed goes on. */
export async function cancelFeed(context: AdapterContext, settings: Settings, feedId: string): Promise<void> {
  await ask(context, settings, {
    operation: 'cancelFeed',
    effect: 'idempotent',
    method: 'DELETE',
    path: `${root}/feeds/${segment(feedId)}`,
    schema: NoAnswer,
  })
}

/** What Amazon reports of a feed that it worked off; `null`: it reports nothing. */
export async function feedReport(
  context: AdapterContext,
  settings: Settings,
  feed: WireFeed,
): Promise<string | null> {
  const { resultFeedDocumentId: id } = feed
  if (!id) return null
  const addressed = () =>
    ask(context, settings, {
      operation: 'getFeedDocument',
      effect: 'read',
      method: 'GET',
      path: `${root}/documents/${segment(id)}`,
      schema: WireDocument,
    })
  return await download(context, settings, addressed)
}

export const isOver = ({ processingStatus }: WireFeed): boolean =>
  !['IN_QUEUE', 'IN_PROGRESS'].includes(processingStatus)

const waitsMs = [5_000, 10_000, 15_000, 30_000]

/** The feed once it is over, or as it is when `patienceMs` are up. */
export async function awaitFeed(
  context: AdapterContext,
  settings: Settings,
  feedId: string,
  patienceMs: number,
): Promise<WireFeed | null> {
  const until = context.clock.now() + patienceMs
  for (let round = 0; ; round += 1) {
    const feed = await getFeed(context, settings, feedId)
    if (feed === null || isOver(feed)) return feed
    const waitMs = waitsMs[Math.min(round, waitsMs.length - 1)] ?? 30_000
    if (context.clock.now() + waitMs > until) return feed
    await context.clock.sleep(waitMs, context.signal)
  }
}

/** A feed that ended otherwise than by being worked off. */
export function feedFailed(feed: WireFeed): StockpoolError {
  return new StockpoolError(
    'unavailable',
    `Amazon ended the feed ${feed.feedId} as ${feed.processingStatus}`,
    {
      details: { feedId: feed.feedId, feedType: feed.feedType, status: feed.processingStatus },
      remedy: 'It is handed in again. If it ends so each time, see Feeds in Seller Central.',
    },
  )
}
