import { createHash } from 'node:crypto'

/** In the form of a UUID, as Shopify recommends for idempotency keys: equal parts give equal keys. */
export function keyOf(parts: unknown): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

const plain = /^[\w.:/-]{1,100}$/

/** What marks a note as written for a request, where Shopify keeps no key with it: it is found again by its end. */
export const markOf = (key: string) => `(stockpool ${plain.test(key) ? key : keyOf(key)})`

/** Our words and the mark behind them, cut so that the mark stays whole. */
export function markedNote(words: string | null, key: string, longest: number): string {
  const mark = markOf(key)
  const room = Math.max(0, longest - mark.length - 1)
  return `${(words ?? '').slice(0, room)} ${mark}`.trim()
}

/** The words alone, for people. */
export const withoutMark = (note: string) => note.replace(/\s*\(stockpool [^()]+\)$/, '')
