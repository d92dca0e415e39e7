import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { type FeedType, feedsSince, isOver, type WireFeed } from './feeds.ts'
import type { Settings } from './options.ts'

// createFeed takes no key of ours. When its answer is lost the feed may lie in Amazon's queue with numbers that are soon old ones,
// so its rows stay bound to it, under a name that says when it was handed in, until it is known what became of it.

/** When a feed was handed in of which nobody knows the id: epoch milliseconds. */
interface Lost {
  readonly began: number
  readonly ended: number
}

export const lostName = ({ began, ended }: Lost): string => `lost-${Math.floor(began)}-${Math.ceil(ended)}`

export function lostOf(name: string): Lost | null {
  const [, began, ended] = /^lost-(\d+)-(\d+)$/.exec(name) ?? []
  return began === undefined ? null : { began: Number(began), ended: Number(ended) }
}

/** Amazon's clock and ours may differ by so much, and so long its list may lag behind. */
const settlingMs = 300_000

/**
 * The feed that it is, or one of those that it may be and that Amazon has not worked off; `over`: there are several, and all
 * are over; `never`: there is none.
 * @throws StockpoolError `unavailable` while it may still turn up.
 */
export async function findLost(
  context: AdapterContext,
  settings: Settings,
  type: FeedType,
  { began, ended }: Lost,
): Promise<WireFeed | 'over' | 'never'> {
  const since = await feedsSince(context, settings, type, began - 1_000)
  const feeds = since.filter(({ createdTime }) => Date.parse(createdTime) <= ended + 60_000)
  const [first, ...others] = feeds
  if (first !== undefined)
    return feeds.find((feed) => !isOver(feed)) ?? (others.length === 0 ? first : 'over')
  if (context.clock.now() >= ended + settlingMs) return 'never'
  throw new StockpoolError('unavailable', 'Amazon does not list a feed yet whose answer was lost', {
    retryAfterMs: 60_000,
  })
}
