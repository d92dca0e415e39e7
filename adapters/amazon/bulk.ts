import { z } from 'zod'
import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext, Backlog, ListingTarget, WriteResult } from '../../src/spec/index.ts'
import { feedReport, feedsSince, getFeed, isOver, submitFeed, type WireFeed } from './feeds.ts'
import { limits } from './limits.ts'
import { findLost, lostName, lostOf, noteBegun } from './lost-feed.ts'
import type { Settings } from './options.ts'
import { marketplaceOf, productTypeOf, quantityPatch, urgencyOf } from './patch.ts'
import type { ListingsFeed, WireIssue } from './wire.ts'

/** A feed is first looked at after this long; it is never quicker than some minutes. */
export const feedCheckMs = 60_000

/** Most messages of one JSON_LISTINGS_FEED (Amazon's changelog, 2025-05-06): at most 8 MB, of which 10 are advised. */
export const feedRows = limits.createListingsFeed.batch
/** Some of these are under way at once, less than two seconds of calls: what sells out in the midst of its own waits no longer. */
const callRows = 2

type Ways = Pick<Settings, 'bulkFrom' | 'feedMs'>

/** As many rows as calls get through in the time that Amazon takes for a feed: for so many, calls are no slower. */
export const quickRows = ({ feedMs }: Ways): number =>
  limits.patchListingsItem.burst + Math.floor((limits.patchListingsItem.rate * feedMs) / 1000)

/** How many rows of a backlog are written at once: few by calls, or as many as a feed takes. */
export function portionOf(ways: Ways, { urgency, waiting }: Backlog): number {
  const byCalls = urgency === 'more' ? ways.bulkFrom : quickRows(ways)
  return waiting <= byCalls ? callRows : Math.min(feedRows, Math.max(waiting, callRows))
}

/**
 * Which rows go by calls and which by feed. By calls: few rows; and whatever lowers a number, nothing left first, unless there
 * is so much of it that a feed is through sooner, and then still the first of it. The rest of a backlog by feed, which is slow but
 * takes any number of rows. A row whose SKU lies in a feed already, or comes twice, always goes by a call: a SKU is never in
 * two feeds.
 */
export function routed(
  targets: readonly ListingTarget[],
  ways: Ways,
): { readonly calls: readonly number[]; readonly feed: readonly number[] } {
  const all = targets.map((_, index) => index)
  if (targets.length <= ways.bulkFrom) return { calls: all, feed: [] }
  const times = new Map<string, number>()
  for (const { listing } of targets) times.set(listing, (times.get(listing) ?? 0) + 1)
  const bound = ({ listing, underway }: ListingTarget) =>
    (times.get(listing) ?? 0) > 1 || handleOf(underway ?? '').feed !== null
  const order = { 'none-left': 0, less: 1, more: 2 } as const
  const rank = (target: ListingTarget) => (bound(target) ? -1 : order[urgencyOf(target)])
  const ranks = targets.map(rank)
  const urgent = all.filter((index) => (ranks[index] ?? 2) < 2)
  urgent.sort((one, other) => (ranks[one] ?? 0) - (ranks[other] ?? 0))
  const forced = urgent.filter((index) => ranks[index] === -1).length
  const most = urgent.length <= quickRows(ways) ? urgent.length : ways.bulkFrom
  const calls = urgent.slice(0, Math.max(most, forced))
  const called = new Set(calls)
  return { calls, feed: all.filter((index) => !called.has(index)) }
}

/** What the handle of a row says: which feed it lies in, as which message, and whether a call was made since. */
export interface Handle {
  readonly feed: string | null
  /** `null`: the feed is done and took the row. */
  readonly message: number | null
  /** A call made while the feed had the SKU: the feed must not have the last word. */
  readonly called: string | null
}

export const inFeed = (feed: string, message: number) => `feed:${feed}:${message}`
/** In a feed whose messages nobody knows: what is said of all of them counts, and then what the listing shows. */
export const somewhereIn = (feed: string) => inFeed(feed, 0)
export const takenByFeed = (feed: string) => `feed:${feed}:done`
export const calledDuring = (feed: string, submission: string) => `feed:${feed}:called:${submission}`

export function handleOf(text: string): Handle {
  const match = /^feed:([^:]+):(?:(\d+)|done|called:(.+))$/.exec(text)
  if (!match) return { feed: null, message: null, called: null }
  const [, feed = null, message, called] = match
  return {
    feed,
    message: message === undefined ? null : Number(message),
    called: called ?? null,
  }
}

/** A JSON_LISTINGS_FEED, version 2, of quantities alone. Messages are numbered from 1, in the order of the rows. */
export function feedOf(settings: Settings, targets: readonly ListingTarget[]): ListingsFeed {
  return {
    header: { sellerId: settings.sellerId, version: '2.0' },
    messages: targets.map(({ listing, quantity }, index) => ({
      messageId: index + 1,
      sku: listing,
      // UPDATE would replace the whole listing, PARTIAL_UPDATE the handling time.
      operationType: 'PATCH',
      productType: productTypeOf(settings, listing),
      patches: quantityPatch(quantity),
    })),
  }
}

/** Hands rows in as feeds, one for each marketplace. One result per row, in order. */
export async function writeFeeds(
  context: AdapterContext,
  settings: Settings,
  targets: readonly ListingTarget[],
): Promise<readonly WriteResult[]> {
  const results: WriteResult[] = []
  const marketplaces = new Map<string, number[]>()
  for (const [index, { listing }] of targets.entries()) {
    const marketplace = marketplaceOf(settings, listing)
    marketplaces.set(marketplace, [...(marketplaces.get(marketplace) ?? []), index])
  }
  await Promise.all(
    [...marketplaces].map(async ([marketplace, indexes]) => {
      const rows = indexes.flatMap((index) => targets[index] ?? [])
      const outcome = await submitted(context, settings, marketplace, rows)
      for (const [position, index] of indexes.entries()) {
        results[index] =
          typeof outcome === 'string'
            ? {
                status: 'pending',
                handle: inFeed(outcome, position + 1),
                checkAfterMs: feedCheckMs,
                queued: true,
              }
            : { status: 'failed', error: outcome }
      }
    }),
  )
  return results
}

async function submitted(
  context: AdapterContext,
  settings: Settings,
  marketplace: string,
  targets: readonly ListingTarget[],
): Promise<string | StockpoolError> {
  const began = context.clock.now()
  await noteBegun(context, settings, marketplace, { began, feed: null })
  const outcome = await handedIn(context, settings, { marketplace, targets, began })
  if (typeof outcome === 'string') await noteBegun(context, settings, marketplace, { began, feed: outcome })
  // Stopped in the middle of it, nobody can say.
  else if (outcome.code !== 'aborted')
    await noteBegun(context, settings, marketplace, { began, feed: 'never' })
  return outcome
}

async function handedIn(
  context: AdapterContext,
  settings: Settings,
  {
    marketplace,
    targets,
    began,
  }: { readonly marketplace: string; readonly targets: readonly ListingTarget[]; readonly began: number },
): Promise<string | StockpoolError> {
  try {
    return await submitFeed(context, settings, {
      type: 'JSON_LISTINGS_FEED',
      marketplaceIds: [marketplace],
      document: {
        content: JSON.stringify(feedOf(settings, targets)),
        type: 'application/json; charset=UTF-8',
      },
      // Sent twice it would be worked off twice, the second time perhaps over newer numbers.
      effect: 'once',
    })
  } catch (error) {
    if (!isStockpoolError(error, 'unknown_outcome')) return toStockpoolError(error)
    const ended = context.clock.now()
    return (await found(context, settings, began)) ?? lostName({ began, ended })
  }
}

/** The feed whose answer was lost, if it is the only one that has come in since. */
async function found(context: AdapterContext, settings: Settings, began: number): Promise<string | null> {
  try {
    const feeds = await feedsSince(context, settings, 'JSON_LISTINGS_FEED', began - 1_000)
    return feeds.length === 1 ? (feeds[0]?.feedId ?? null) : null
  } catch {
    return null
  }
}

const Report = z.object({
  issues: z
    .array(
      z.object({
        messageId: z.int().nullish(),
        sku: z.string().nullish(),
        code: z.string().default(''),
        message: z.string().default(''),
        severity: z.string().optional(),
        attributeName: z.string().nullish(),
      }),
    )
    .default([]),
})

/** Where a feed stands, and which of its messages Amazon refused. */
export interface FeedState {
  readonly feed: WireFeed | null
  /** Refusals by message id; of the whole feed by 0. `null`: not over, or not asked for. */
  readonly refusals: ReadonlyMap<number, readonly WireIssue[]> | null
  /** `true`: it was never handed in. */
  readonly never?: boolean
}

/** DONE can still hold refusals, message by message: the report tells them. */
export async function feedState(
  context: AdapterContext,
  settings: Settings,
  feedId: string,
  withReport: boolean,
): Promise<FeedState> {
  const lost = lostOf(feedId)
  const feed = lost
    ? await findLost(context, settings, 'JSON_LISTINGS_FEED', lost)
    : await getFeed(context, settings, feedId)
  // Of several, what each listing shows tells.
  if (feed === 'over' || feed === 'never') return { feed: null, refusals: null, never: feed === 'never' }
  if (feed === null || !isOver(feed) || feed.processingStatus !== 'DONE' || !withReport)
    return { feed, refusals: null }
  const text = await feedReport(context, settings, feed)
  return { feed, refusals: refusalsOf(text) }
}

/** @throws StockpoolError `invalid_input` when it is no report of a listings feed. */
export function refusalsOf(text: string | null): ReadonlyMap<number, readonly WireIssue[]> {
  const refusals = new Map<number, WireIssue[]>()
  if (text === null) return refusals
  const { issues } = reportOf(text)
  for (const { messageId, code, message, severity, attributeName } of issues) {
    if (severity !== 'ERROR') continue
    const key = messageId ?? 0
    const issue = { code, message, severity, ...(attributeName ? { attributeNames: [attributeName] } : {}) }
    refusals.set(key, [...(refusals.get(key) ?? []), issue])
  }
  return refusals
}

function reportOf(text: string): z.infer<typeof Report> {
  try {
    return Report.parse(JSON.parse(text))
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the report of a listings feed cannot be read', {
      field: 'issues',
      retryable: true,
      cause: cause instanceof Error ? cause.name : undefined,
    })
  }
}
