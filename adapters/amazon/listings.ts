import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import type {
  AdapterContext,
  ListingReading,
  ListingRef,
  ListingsFacet,
  ListingTarget,
  ReadTerms,
  WriteResult,
} from '../../src/spec/index.ts'
import {
  calledDuring,
  type FeedState,
  feedCheckMs,
  feedRows,
  feedState,
  type Handle,
  handleOf,
  portionOf,
  routed,
  somewhereIn,
  takenByFeed,
  writeFeeds,
} from './bulk.ts'
import { cancelFeed, feedFailed, isOver } from './feeds.ts'
import { listListings } from './listing-list.ts'
import { readByReport } from './listing-report.ts'
import { type Looked, lookMany, lookWhenIdle, placeRefused, readingOf, readNow } from './look.ts'
import { feedBegun } from './lost-feed.ts'
import type { Settings } from './options.ts'
import { isAboutQuantity, marketplaceOf, patchOne, quantityIssue, refused, urgencyOf } from './patch.ts'
import type { WireListing } from './wire.ts'

export type AmazonListings = Required<Omit<ListingsFacet, 'revisions'>>

type Row = { readonly target: ListingTarget; readonly handle: string }

/** What became of an accepted quantity. Amazon names no submission in a listing, so the number itself tells. */
export function checked(
  settings: Settings,
  target: ListingTarget,
  handle: string,
  listing: WireListing | null,
): WriteResult {
  const reading = readingOf(listing)
  if (reading.status === 'missing') {
    const error = new StockpoolError('not_found', `${target.listing}: ${reading.detail}`, {
      field: 'listing',
    })
    return { status: 'failed', error }
  }
  if (reading.status === 'shown' && reading.quantity === target.quantity) return { status: 'done' }
  const issues = listing?.issues ?? []
  if (quantityIssue(issues, marketplaceOf(settings, target.listing))) {
    return { status: 'failed', error: refused(target.listing, issues.filter(isAboutQuantity)) }
  }
  const observed = reading.status === 'shown' ? reading.quantity : null
  return { status: 'pending', handle, checkAfterMs: settings.checkAfterMs, observed }
}

/**
 * One result per row, in order. What an earlier write may have left in a feed, without having told of it, is bound to that feed: what
 * must go down does so at once, and again after the feed; all else waits for it.
 */
async function write(
  context: AdapterContext,
  settings: Settings,
  targets: readonly ListingTarget[],
): Promise<readonly WriteResult[]> {
  const feeds = await leftIn(context, settings, targets)
  const waits = (target: ListingTarget, feed: string | null) => feed !== null && urgencyOf(target) === 'more'
  const rows = targets.map((target, index) => ({ target, feed: feeds[index] ?? null }))
  const written = await writeNow(
    context,
    settings,
    rows
      .filter(({ target, feed }) => !waits(target, feed))
      .map(({ target, feed }) => (feed === null ? target : { ...target, underway: somewhereIn(feed) })),
  )
  let next = 0
  return rows.map(({ target, feed }): WriteResult => {
    if (feed !== null && waits(target, feed))
      return { status: 'pending', handle: somewhereIn(feed), checkAfterMs: feedCheckMs, queued: true }
    return written[next++] ?? { status: 'failed', error: unanswered(target.listing) }
  })
}

const unanswered = (sku: string) => new StockpoolError('internal', `nothing became of ${sku}`)

/** The feed that each row may lie in without our knowing; `null`: none. */
async function leftIn(
  context: AdapterContext,
  settings: Settings,
  targets: readonly ListingTarget[],
): Promise<readonly (string | null)[]> {
  const asked = new Map<string, Promise<string | null>>()
  return await Promise.all(
    targets.map(({ listing, underway, doubtSince }) => {
      if (underway || doubtSince === undefined) return null
      const marketplace = marketplaceOf(settings, listing)
      const key = `${marketplace} ${doubtSince}`
      const feed = asked.get(key) ?? feedBegun(context, marketplace, doubtSince)
      asked.set(key, feed)
      return feed
    }),
  )
}

/** By calls or by feed (`routed`), never both for one SKU. */
async function writeNow(
  context: AdapterContext,
  settings: Settings,
  targets: readonly ListingTarget[],
): Promise<readonly WriteResult[]> {
  const results: WriteResult[] = []
  const good: number[] = []
  for (const [index, { place }] of targets.entries()) {
    if (place === '') good.push(index)
    else results[index] = { status: 'failed', error: placeRefused(place) }
  }
  const rows = good.flatMap((index) => targets[index] ?? [])
  const { calls, feed } = routed(rows, settings)
  const put = (position: number, result: WriteResult) => {
    results[good[position] ?? 0] = result
  }
  const byCall = calls.map(async (position) => {
    const target = rows[position]
    if (target) put(position, await call(context, settings, target))
  })
  const byFeed = async () => {
    const some = feed.flatMap((position) => rows[position] ?? [])
    const written = some.length === 0 ? [] : await writeFeeds(context, settings, some)
    for (const [at, position] of feed.entries()) {
      const result = written[at]
      if (result) put(position, result)
    }
  }
  await Promise.all([...byCall, byFeed()])
  return results
}

/**
 * What must go down goes down at once, also while a feed with the older number is on its way. Amazon does not say which of the
 * two is applied last (amzn/selling-partner-api-samples, discussion 109), so the row stays pending until the feed is over
 * and the number is the right one.
 */
function call(context: AdapterContext, settings: Settings, target: ListingTarget): Promise<WriteResult> {
  const { feed } = handleOf(target.underway ?? '')
  return patchOne(context, settings, target, (submission) =>
    feed === null ? submission : calledDuring(feed, submission),
  )
}

async function read(
  context: AdapterContext,
  settings: Settings,
  refs: readonly ListingRef[],
  terms: ReadTerms = {},
): Promise<readonly ListingReading[]> {
  // The report can be more than an hour old (amzn/selling-partner-api-docs#1299).
  const reported = terms.mayBeOld === true && refs.length >= settings.reportFrom
  const readings = reported ? await readByReport(context, settings, refs) : null
  return readings ?? (await readNow(context, settings, refs, terms))
}

async function check(
  context: AdapterContext,
  settings: Settings,
  rows: readonly Row[],
): Promise<readonly WriteResult[]> {
  const feeds = await feedStates(context, settings, rows)
  const verdicts = rows.map(({ target, handle }) => verdictOf(context, settings, target, handle, feeds))
  const ask = rows.filter((_, index) => verdicts[index] === null)
  const found = await lookAgain(context, settings, ask)
  return rows.map(({ target, handle }, index): WriteResult => {
    const verdict = verdicts[index]
    if (verdict) return verdict
    const parsed = handleOf(handle)
    const next = parsed.message !== null && parsed.feed !== null ? takenByFeed(parsed.feed) : handle
    const looked = found.get(target.listing) ?? { listing: null }
    // Not being able to look says nothing of the write: ask again.
    if ('error' in looked && looked.error.retryable) {
      const checkAfterMs = looked.error.retryAfterMs ?? settings.checkAfterMs
      return { status: 'pending', handle: next, checkAfterMs }
    }
    if ('error' in looked) return { status: 'failed', error: looked.error }
    const result = checked(settings, target, next, looked.listing)
    // The feed came after the call and set its older number: nothing of ours is under way any more.
    if (parsed.called !== null && result.status === 'pending')
      return { status: 'stale', observed: result.observed ?? null }
    return result
  })
}

/** What a feed may have raised again is looked at as soon as what is to be written; the others are right, or will be. */
async function lookAgain(
  context: AdapterContext,
  settings: Settings,
  rows: readonly Row[],
): Promise<ReadonlyMap<string, Looked>> {
  const called = ({ handle }: Row) => handleOf(handle).called !== null
  const skus = (some: readonly Row[]) => some.map(({ target }) => target.listing)
  const urgent = await lookMany(context, settings, skus(rows.filter(called)))
  const others = await lookWhenIdle(context, settings, skus(rows.filter((row) => !called(row))))
  return new Map([...others, ...urgent])
}

type States = ReadonlyMap<string, FeedState | StockpoolError>

/** Each feed is asked for once, whatever the number of its rows; its report only while rows wait for its verdict. */
async function feedStates(
  context: AdapterContext,
  settings: Settings,
  rows: readonly Row[],
): Promise<States> {
  const reports = new Map<string, boolean>()
  for (const { feed, message, called } of rows.map(({ handle }) => handleOf(handle))) {
    if (feed === null || (message === null && called === null)) continue
    reports.set(feed, reports.get(feed) === true || message !== null)
  }
  const states = new Map<string, FeedState | StockpoolError>()
  await Promise.all(
    [...reports].map(async ([feed, withReport]) => {
      try {
        states.set(feed, await settledOrCancelled(context, settings, feed, withReport))
      } catch (error) {
        states.set(feed, toStockpoolError(error))
      }
    }),
  )
  return states
}

/** A feed that waits for too long is taken back, so that its rows can be written otherwise. */
async function settledOrCancelled(
  context: AdapterContext,
  settings: Settings,
  feedId: string,
  withReport: boolean,
): Promise<FeedState> {
  const state = await feedState(context, settings, feedId, withReport)
  const { feed } = state
  if (feed?.processingStatus !== 'IN_QUEUE' || !isLate(context, settings, feed.createdTime)) return state
  await cancelFeed(context, settings, feed.feedId)
  return await feedState(context, settings, feedId, withReport)
}

const isLate = (context: AdapterContext, settings: Settings, createdTime: string) =>
  context.clock.now() - Date.parse(createdTime) > settings.feedPatienceMs

/** What the feed of a row decides by itself; `null`: the number that the listing shows must tell. */
function verdictOf(
  context: AdapterContext,
  settings: Settings,
  target: ListingTarget,
  handle: string,
  states: States,
): WriteResult | null {
  const { feed: feedId, message, called }: Handle = handleOf(handle)
  const state = feedId === null ? undefined : states.get(feedId)
  if (state === undefined) return null
  if (isStockpoolError(state)) {
    if (!state.retryable) return { status: 'failed', error: state }
    return { status: 'pending', handle, checkAfterMs: state.retryAfterMs ?? feedCheckMs, queued: true }
  }
  const { feed, refusals } = state
  if (feed !== null && !isOver(feed)) {
    // Stuck for days (amzn/selling-partner-api-models#2633): the engine may then look at the listing afresh.
    const queued = !isLate(context, settings, feed.createdTime)
    return { status: 'pending', handle, checkAfterMs: feedCheckMs, queued }
  }
  if (state.never && called === null) return { status: 'failed', error: neverCame() }
  if (feed === null || called !== null) return null
  if (feed.processingStatus !== 'DONE') return { status: 'failed', error: feedFailed(feed) }
  const issues = refusals?.get(message ?? 0) ?? refusals?.get(0)
  return issues ? { status: 'failed', error: refused(target.listing, issues) } : null
}

const neverCame = () =>
  new StockpoolError('unavailable', 'the feed of this quantity never reached Amazon; it is handed in again')

export function amazonListings(settings: Settings): AmazonListings {
  return {
    batch: feedRows,
    portion: (backlog) => portionOf(settings, backlog),
    compareAndSet: false,
    write: (context, targets) => write(context, settings, targets),
    read: (context, refs, terms) => read(context, settings, refs, terms),
    // One report is of all listings of a marketplace, however many are asked about.
    readTogether: 100_000,
    list: (context, cursor) => listListings(context, settings, cursor),
    check: (context, rows) => check(context, settings, rows),
  }
}
