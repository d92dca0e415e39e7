import type { SqlValue } from './database.ts'

/** So many rows go into one statement at most: both dialects bound the number of parameters. */
const maxRows = 100

/** A statement whose text depends on how many values it takes: written once for each number. */
export function sized(text: (count: number) => string): (count: number) => string {
  const texts = new Map<number, string>()
  return (count) => {
    let known = texts.get(count)
    if (known === undefined) {
      known = text(count)
      texts.set(count, known)
    }
    return known
  }
}

/** `?, ?, ?` for a list of values. */
export const marks = sized((count) => Array.from({ length: count }, () => '?').join(', '))

/** Pieces of at most `size`, in order. */
export function chunks<T>(values: readonly T[], size = maxRows): readonly (readonly T[])[] {
  if (values.length <= size) return values.length === 0 ? [] : [values]
  const pieces: T[][] = []
  for (let start = 0; start < values.length; start += size) pieces.push(values.slice(start, start + size))
  return pieces
}

/**
 * Pieces of 64, 32, 16 … rows, in order: for statements that write many rows at once, of which there is then one for
 * each of a few sizes and not one for every number of rows.
 */
export function pieces<T>(rows: readonly T[]): readonly (readonly T[])[] {
  const found: (readonly T[])[] = []
  for (let start = 0, size = 64; start < rows.length; start += size) {
    while (size > rows.length - start) size /= 2
    found.push(rows.length === size ? rows : rows.slice(start, start + size))
  }
  return found
}

/**
 * The same values, the last one repeated until their number is a power of two, for `IN`: lists of every length would
 * each be a statement of their own, to be prepared and kept.
 */
export function padded<T>(values: readonly T[]): readonly T[] {
  const last = values.at(-1)
  if (last === undefined) return values
  const size = 2 ** Math.ceil(Math.log2(values.length))
  return size === values.length
    ? values
    : [...values, ...Array.from({ length: size - values.length }, () => last)]
}

/** `(?, ?), (?, ?)` for rows of so many columns. */
export function rowMarks(rows: number, columns: number): string {
  return Array.from({ length: rows }, () => `(${marks(columns)})`).join(', ')
}

/** The rows' values in one list, in the order of `rowMarks`. */
export function flat(rows: readonly (readonly SqlValue[])[]): SqlValue[] {
  return rows.flat()
}
