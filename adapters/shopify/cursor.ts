import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import type { Shop } from './options.ts'

const defaultLookBackMs = 7 * 24 * 3_600_000

/**
 * What is kept between two reads. `seen` is the latest `updatedAt` that was given and only ever grows; the overlap is
 * taken off when asking, never stored. `after` goes on within a pass that began at `began`.
 */
export const Watermark = z.object({
  v: z.literal(1),
  seen: z.number(),
  from: z.number(),
  began: z.number(),
  after: z.string().nullable(),
  /** How many rows the pass has given. */
  given: z.number().optional(),
  /** When the pass last began again, Shopify having refused its page token. */
  restartedAt: z.number().optional(),
})
export type Watermark = z.infer<typeof Watermark>

/** @throws StockpoolError `invalid_input`: the cursor is another's. */
export function readCursorAs<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the cursor is not one of the Shopify adapter', {
      field: 'cursor',
      remedy: 'Give back the cursor of the page before, or null to begin anew.',
      cause,
    })
  }
}

export const readCursor = (text: string) => readCursorAs(Watermark, text)

/** Where a read goes on: within its pass, or in a new one a little before the last; without a cursor at `ordersSince`. */
export function beginPass<T extends Watermark>(
  { ordersSince, overlapMs }: Pick<Shop, 'ordersSince' | 'overlapMs'>,
  now: number,
  cursor: T | null,
): T | Watermark {
  if (cursor?.after != null) return cursor
  if (cursor !== null) return { ...cursor, from: cursor.seen - overlapMs, began: now, given: 0 }
  const since = ordersSince ?? now - defaultLookBackMs
  return { v: 1, seen: since, from: since, began: now, after: null }
}

/** Shopify gives no row behind the 25,000th of one question (shopify.dev/docs/api/usage/limits). */
const deepestRow = 24_000

/**
 * The mark after a page. Before the pages become too deep the pass is cut: what is left is asked for anew, from the
 * latest change that was given.
 */
export function afterPage<T extends Watermark>(
  { overlapMs }: Pick<Shop, 'overlapMs'>,
  at: T,
  page: { readonly seen: number; readonly after: string | null; readonly rows: number },
): T {
  const given = (at.given ?? 0) + page.rows
  // A new question must get further than this one, overlap and all.
  const deep = given >= deepestRow && page.seen - overlapMs > at.from
  return { ...at, seen: page.seen, after: deep ? null : page.after, given }
}

/** Shopify's times have whole seconds: the text is cut to them, so that none is skipped by its milliseconds. */
export const isoSecond = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`

/** A search term for what changed since. */
export const updatedSince = (at: number) => `updated_at:>='${isoSecond(at)}'`
