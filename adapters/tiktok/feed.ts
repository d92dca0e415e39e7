import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { orBeginAgain, tryRow } from '../../src/http/index.ts'
import type { AdapterContext, UnreadableOrder } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'

/** One page of a list, sorted by `update_time`, oldest first. */
export interface ListPage {
  readonly rows: readonly unknown[]
  readonly next: string | null
}

/** What is asked for: everything updated at or after `from` (seconds), or further along the same question by its token. */
export interface ListQuery {
  readonly from: number
  readonly token: string | null
}

/** A page of rows that could be read, oldest change first, and of those that could not. */
export interface FeedPage<Row> {
  readonly rows: readonly Row[]
  readonly unreadable: readonly UnreadableOrder[]
  readonly cursor: string
  readonly more: boolean
  /** Epoch milliseconds. */
  readonly completeUntil: number
}

export interface Feed<Row> {
  /** What it is, for people. */
  readonly what: string
  list(query: ListQuery): Promise<ListPage>
  /** @throws StockpoolError when the row cannot be read. */
  read(raw: unknown): Row
  idOf(raw: unknown): string | null
  updatedAt(row: Row): string
}

const Cursor = z.object({
  /** Everything changed before this is known, epoch milliseconds. */
  watermark: z.number(),
  /** Present between two pages of one pass. */
  pass: z
    .object({
      /** When it began, epoch milliseconds. */
      began: z.number(),
      /** Seconds. */
      from: z.number(),
      token: z.string().nullable(),
      /** When the page last began again, TikTok having refused its token. */
      restartedAt: z.number().optional(),
    })
    .optional(),
})
type Cursor = z.infer<typeof Cursor>
type Pass = NonNullable<Cursor['pass']>

const dayMs = 86_400_000

function readCursor(text: string | null, what: string, settings: Settings, now: number): Cursor {
  if (text === null) return { watermark: settings.ordersSince ?? now - 7 * dayMs }
  let value: unknown = null
  try {
    value = JSON.parse(text)
  } catch {
    // Falls through to the refusal below.
  }
  const parsed = Cursor.safeParse(value)
  if (parsed.success) return parsed.data
  throw new StockpoolError('invalid_input', `this is no cursor of ${what}`, { field: 'cursor' })
}

/**
 * Reads one page of what changed. The next page begins at the latest time of this one: a page counted by rows would skip one
 * whenever a row before it is updated and moves ("update times may exceed the selected search range due to ongoing data
 * refreshes during the search process", Get Order List). Only rows of a single second are paged by TikTok's token. A pass ends
 * with the time when it began, never with the latest seen: what a list shows late is met by the next one.
 */
export async function readFeed<Row>(
  context: AdapterContext,
  settings: Settings,
  feed: Feed<Row>,
  text: string | null,
): Promise<FeedPage<Row>> {
  const now = context.clock.now()
  const cursor = readCursor(text, feed.what, settings, now)
  // The very first pass starts where the user said; later ones look back.
  const back = text === null ? cursor.watermark : cursor.watermark - settings.overlapMs
  const pass: Pass = cursor.pass ?? { began: now, from: Math.max(0, Math.floor(back / 1000)), token: null }

  const { token, restartedAt } = pass
  const page = await orBeginAgain(context, feed.list(pass), { of: feed.what, token, restartedAt })
  if (page === null) {
    const again: Cursor = { watermark: cursor.watermark, pass: { ...pass, token: null, restartedAt: now } }
    return {
      rows: [],
      unreadable: [],
      cursor: JSON.stringify(again),
      more: true,
      completeUntil: cursor.watermark,
    }
  }

  const { rows, unreadable } = await readEach(feed, page.rows)
  const next = nextOf(pass, page)
  if (next === null) {
    const watermark = Math.max(cursor.watermark, pass.began - settings.settlingMs)
    return {
      rows,
      unreadable,
      cursor: JSON.stringify({ watermark }),
      more: false,
      completeUntil: watermark,
    }
  }
  const going: Cursor = { watermark: cursor.watermark, pass: { ...pass, ...next } }
  return { rows, unreadable, cursor: JSON.stringify(going), more: true, completeUntil: cursor.watermark }
}

const timeOf = (raw: unknown) => {
  const time = (raw as { readonly update_time?: unknown } | null | undefined)?.update_time
  return typeof time === 'number' && Number.isFinite(time) ? time : 0
}

function nextOf(pass: ListQuery, { rows, next }: ListPage): ListQuery | null {
  if (next === null || next === '' || rows.length === 0) return null
  const latest = Math.max(...rows.map(timeOf))
  return latest > pass.from ? { from: latest, token: null } : { from: pass.from, token: next }
}

/** One row that cannot be read does not stop the others. */
async function readEach<Row>(
  feed: Feed<Row>,
  raws: readonly unknown[],
): Promise<{ rows: Row[]; unreadable: UnreadableOrder[] }> {
  const rows: Row[] = []
  const unreadable: UnreadableOrder[] = []
  for (const raw of raws) {
    const read = await tryRow(() => feed.read(raw))
    if ('value' in read) rows.push(read.value)
    else unreadable.push({ id: feed.idOf(raw), error: read.error })
  }
  rows.sort((one, other) => feed.updatedAt(one).localeCompare(feed.updatedAt(other)))
  return { rows, unreadable }
}
