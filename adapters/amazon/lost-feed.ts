import { z } from 'zod'
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

/** A feed that was begun; `feed`: its id, or the name of a lost one. `null`: the process did not come so far. */
const Begun = z.array(z.object({ began: z.number(), feed: z.string().nullable() }))
type Begun = z.infer<typeof Begun>
type Noted = Begun[number] | { readonly began: number; readonly feed: 'never' }

const keepMs = 86_400_000
const memoryOf = (marketplace: string) => `feeds/${marketplace}`

async function begunIn(context: AdapterContext, marketplace: string): Promise<Begun> {
  const name = memoryOf(marketplace)
  const known = (await context.memory.recall([name])).get(name)
  const since = context.clock.now() - keepMs
  const begun = known ? (Begun.safeParse(JSON.parse(known.value)).data ?? []) : []
  return begun.filter(({ began }) => began > since)
}

/** One after the other: two feeds are begun at once, and each is to be kept in mind. Nobody else writes in this connection's name. */
const turns = new WeakMap<Settings, Promise<void>>()

/** Keeps in mind, beyond a kill, that a feed is being handed in, and then as what; `never`: that it was not, for certain. */
export function noteBegun(
  context: AdapterContext,
  settings: Settings,
  marketplace: string,
  begun: Noted,
): Promise<void> {
  const noted = (turns.get(settings) ?? Promise.resolve()).then(() => note(context, marketplace, begun))
  turns.set(
    settings,
    noted.catch(() => {}),
  )
  return noted
}

async function note(context: AdapterContext, marketplace: string, { began, feed }: Noted): Promise<void> {
  const all = await begunIn(context, marketplace)
  const at = all.findIndex((each) => each.began === began && each.feed === null)
  const others = feed === null || at === -1 ? all : all.toSpliced(at, 1)
  const value = JSON.stringify(feed === 'never' ? others : [...others, { began, feed }])
  await context.memory.remember(new Map([[memoryOf(marketplace), value]]))
}

/** A write begins its feed within moments, whatever it waits for then. */
const withinMs = 60_000

/** The feed that a write of this moment began, under its id or a name; `null`: it began none. */
export async function feedBegun(
  context: AdapterContext,
  marketplace: string,
  writtenAt: number,
): Promise<string | null> {
  const [first, ...others] = (await begunIn(context, marketplace)).filter(
    ({ began }) => began >= writtenAt && began <= writtenAt + withinMs,
  )
  if (first === undefined) return null
  // Whoever wrote is no longer at it: what was handed in, Amazon has by now. Of several, any may have the row.
  const lost = lostName({ began: first.began, ended: context.clock.now() })
  return others.length === 0 ? (first.feed ?? lost) : lost
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
