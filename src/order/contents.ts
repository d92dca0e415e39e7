import { type SkuQuantity, sumSkus } from './parcel.ts'

/** What one order line wants of one SKU, in units of the SKU. */
export interface Want {
  readonly line: string
  readonly sku: string
  /** Units of the SKU in one unit of the listing. */
  readonly perUnit: number
  /** Of these, what lies ready at the parcel's own place. */
  readonly here: number
  /** Ordered and not cancelled. */
  readonly wanted: number
  /** Ever ordered. */
  readonly ordered: number
}

/** So many units of a SKU, in a parcel, for one line. */
export interface Placed extends SkuQuantity {
  readonly line: string
}

/** How much of a line a parcel's goods may be for, in this order: see `Want`. */
const limits = ['here', 'wanted', 'ordered'] as const
type Limit = (typeof limits)[number]

/**
 * Says which lines a parcel's goods are for. Goes through the lines in their order, first for units of their listings that
 * come out whole: a single mug is for the line of mugs, not for half a kit of mug and spoon. Each time first what the
 * parcel's own place has to send, then what the order still wants, then what was ever ordered. What no line ordered
 * is left in `rest`, for a person to look at.
 *
 * @param placed what other parcels, and this one before, hold of each line.
 */
export function placeContents(
  contents: readonly SkuQuantity[],
  wants: readonly Want[],
  placed: readonly Placed[],
): { readonly placed: Placed[]; readonly rest: SkuQuantity[] } {
  const left = new Map(sumSkus(contents).map(({ sku, quantity }) => [sku, quantity]))
  const before = sumPlaced(placed)
  const now = new Map<string, Placed>()
  const given = (want: Want) =>
    (before.get(keyOf(want))?.quantity ?? 0) + (now.get(keyOf(want))?.quantity ?? 0)
  const room = (want: Want, limit: Limit) =>
    Math.max(0, Math.min(left.get(want.sku) ?? 0, want[limit] - given(want)))
  const give = (want: Want, quantity: number) => {
    if (quantity <= 0) return
    const { line, sku } = want
    left.set(sku, (left.get(sku) ?? 0) - quantity)
    now.set(keyOf(want), { line, sku, quantity: quantity + (now.get(keyOf(want))?.quantity ?? 0) })
  }
  const lines = [...Map.groupBy(wants, ({ line }) => line).values()]
  for (const limit of limits) {
    for (const line of lines) {
      const whole = Math.min(
        ...line.map((want) => Math.floor((given(want) + room(want, limit)) / want.perUnit)),
      )
      for (const want of line) give(want, Math.min(room(want, limit), whole * want.perUnit - given(want)))
    }
  }
  for (const limit of limits) for (const want of wants) give(want, room(want, limit))
  const rest = [...left].map(([sku, quantity]) => ({ sku, quantity })).filter(({ quantity }) => quantity > 0)
  return { placed: [...now.values()], rest }
}

/** Whole units of each line's listing that these goods make: a kit counts once all its components are there. */
export function wholeUnits(wants: readonly Want[], placed: readonly Placed[]): Map<string, number> {
  const sums = sumPlaced(placed)
  const units = new Map<string, number>()
  for (const want of wants) {
    const made = Math.floor((sums.get(keyOf(want))?.quantity ?? 0) / want.perUnit)
    units.set(want.line, Math.min(made, units.get(want.line) ?? made))
  }
  return units
}

/** The parcels' lines in units of the listings: a kit that comes in two parcels is in the one that completes it. */
export function parcelLines(
  wants: readonly Want[],
  parcels: readonly (readonly Placed[])[],
): { line: string; quantity: number }[][] {
  const soFar: Placed[] = []
  let before = wholeUnits(wants, soFar)
  return parcels.map((placed) => {
    soFar.push(...placed)
    const after = wholeUnits(wants, soFar)
    const lines = [...after].map(([line, units]) => ({ line, quantity: units - (before.get(line) ?? 0) }))
    before = after
    return lines.filter(({ quantity }) => quantity > 0)
  })
}

export function sumPlaced(placed: readonly Placed[]): Map<string, Placed> {
  const sums = new Map<string, Placed>()
  for (const { line, sku, quantity } of placed) {
    const key = keyOf({ line, sku })
    sums.set(key, { line, sku, quantity: quantity + (sums.get(key)?.quantity ?? 0) })
  }
  return sums
}

export function keyOf({ line, sku }: { readonly line: string; readonly sku: string }): string {
  return JSON.stringify([line, sku])
}
