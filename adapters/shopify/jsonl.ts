import { StockpoolError } from '../../src/error.ts'

/** A row of a bulk file with the rows that belong to it, or why it cannot be read. */
export type BulkRow =
  | {
      readonly row: Readonly<Record<string, unknown>>
      readonly parts: readonly Readonly<Record<string, unknown>>[]
    }
  | { readonly error: StockpoolError }

export interface BulkCut {
  readonly rows: readonly BulkRow[]
  /** Bytes of the piece that were read: where the next piece begins. */
  readonly used: number
}

const newline = 10

interface Line {
  readonly start: number
  readonly end: number
  readonly value: unknown
}

function linesOf(piece: Buffer, last: boolean): Line[] {
  const lines: Line[] = []
  for (let start = 0; start < piece.length; ) {
    const at = piece.indexOf(newline, start)
    // Without its end it may be half a line; only at the end of the file it is whole.
    if (at === -1 && !last) break
    const end = at === -1 ? piece.length : at + 1
    const text = piece.toString('utf8', start, at === -1 ? end : at).trim()
    if (text !== '') lines.push({ start, end, value: parsed(text) })
    start = end
  }
  return lines
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const unreadable = () =>
  new StockpoolError('invalid_input', 'a line of the bulk file is no JSON', {
    remedy: 'Look at the order in Shopify; it is read with the next change.',
  })

/**
 * Cuts the whole rows out of a piece of a bulk file: JSON lines, in which what belongs to a row follows it and names it
 * by `__parentId`. The last row of a piece may go on in the next, so it is left for that, unless the file ends.
 */
export function cutRows(piece: Uint8Array, last: boolean): BulkCut {
  const lines = linesOf(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength), last)
  const rows: { start: number; row: unknown; parts: Record<string, unknown>[] }[] = []
  for (const { start, value } of lines) {
    const current = rows.at(-1)
    if (isRecord(value) && typeof value.__parentId === 'string' && current) current.parts.push(value)
    else rows.push({ start, row: value, parts: [] })
  }
  const open = last ? undefined : rows.pop()
  const used = open ? open.start : last ? piece.length : 0
  return {
    rows: rows.map(({ row, parts }) => (isRecord(row) ? { row, parts } : { error: unreadable() })),
    used,
  }
}
