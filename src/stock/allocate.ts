/** So many units of a SKU from one location. */
export interface Placement {
  readonly sku: string
  readonly location: string
  readonly quantity: number
}

export interface Unfilled {
  readonly sku: string
  readonly wanted: number
  /** What all the locations asked have together. */
  readonly available: number
}

/**
 * Where to take units from: the first location that has all of them, else split, each SKU from the locations in their
 * order. All or nothing: when a SKU is short, nothing is placed and every short SKU is named.
 */
export function allocate(
  wanted: ReadonlyMap<string, number>,
  locations: readonly string[],
  available: (sku: string, location: string) => number,
): { readonly placements: readonly Placement[]; readonly short: readonly Unfilled[] } {
  const whole = locations.find((location) =>
    [...wanted].every(([sku, quantity]) => available(sku, location) >= quantity),
  )
  if (whole !== undefined) {
    const placements = [...wanted].map(([sku, quantity]) => ({ sku, location: whole, quantity }))
    return { placements, short: [] }
  }
  const placements: Placement[] = []
  const short: Unfilled[] = []
  for (const [sku, quantity] of wanted) {
    let missing = quantity
    for (const location of locations) {
      const take = Math.min(missing, Math.max(0, available(sku, location)))
      if (take === 0) continue
      placements.push({ sku, location, quantity: take })
      missing -= take
    }
    if (missing > 0) short.push({ sku, wanted: quantity, available: quantity - missing })
  }
  return short.length > 0 ? { placements: [], short } : { placements, short }
}
