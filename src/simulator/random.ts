/** Numbers that look random and repeat exactly for the same seed. Not for secrets. */
export interface SeededRandom {
  /** From 0 up to, not including, 1. */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number
  /** One of the values; throws on an empty list. */
  pick<T>(values: readonly T[]): T
  /** A text of `length` characters, default alphabet: digits and lower-case letters. */
  text(length: number, alphabet?: string): string
  /** A version-4 shaped UUID. */
  uuid(): string
}

/**
 * @example
 * const random = seededRandom(7)
 * random.text(3, '0123456789') // the same three digits on every run
 */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  // mulberry32: 32 bits of state, passes the usual smoke tests, five lines.
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1))
  const text = (length: number, alphabet = '0123456789abcdefghijklmnopqrstuvwxyz') =>
    Array.from({ length }, () => alphabet.charAt(int(0, alphabet.length - 1))).join('')
  const hex = (length: number) => text(length, '0123456789abcdef')
  return {
    next,
    int,
    text,
    pick<T>(values: readonly T[]): T {
      if (values.length === 0) throw new RangeError('cannot pick from an empty list')
      return values[int(0, values.length - 1)] as T
    },
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${text(1, '89ab')}${hex(3)}-${hex(12)}`,
  }
}
