import type { Placement } from '../stock/allocate.ts'
import type { ReservationRequest } from './reservations.ts'
import type { Held } from './reserve-postgres.ts'
import type { StockView } from './stock-view.ts'

/** Of so many SKUs at most it is remembered what sets them apart. */
const mostKnown = 10_000
/** After failures in a row, so many times at most a look comes first before it is tried without one again. */
const mostLooks = 64

/**
 * Where SKUs lie, as far as this process has seen: most are no kits, and lie at one place alone. What is reserved of them can
 * be written without a look, by statements that fail where anything is otherwise. So whatever is known here may be wrong.
 */
export class KnownPlaces {
  /** Where a SKU lies of which nothing is known, as the first that were seen. `null`: that is not to be guessed. */
  #usual: string | null = null
  /** Where those lie of which it is known. `null`: only a look can tell. */
  readonly #known = new Map<string, string | null>()
  /** How many looks the latest failure costs, and how many of them are still to be made. */
  #looks = 0
  #looksLeft = 0

  /** What each of these holds if all is as known; `null` where that cannot be told, or would likely be wrong. */
  foresee(requests: readonly ReservationRequest[]): Held[] | null {
    if (this.#looksLeft > 0) {
      this.#looksLeft -= 1
      return null
    }
    const keys = new Set(requests.map(({ key }) => key))
    if (keys.size < requests.length) return null
    const held: Held[] = []
    for (const request of requests) {
      const placements = this.#placementsOf(request)
      if (placements === null) return null
      held.push({ request, placements })
    }
    return held
  }

  /** As a look has found it; what was short is looked at again. */
  learn(requests: readonly ReservationRequest[], view: StockView, short: ReadonlySet<string>): void {
    const places = skusOf(requests).map((sku) => ({ sku, place: short.has(sku) ? null : view.placeOf(sku) }))
    const all = new Set(places.map(({ place }) => place))
    const [only = null] = all
    if (all.size === 1 && only !== null) this.#usual ??= only
    for (const { sku, place } of places) this.#note(sku, place)
  }

  /** All was as foreseen. */
  trust(): void {
    this.#looks = 0
  }

  /**
   * Something was otherwise: a SKU lies elsewhere or is sold out, or a key was used before. Where that happens again and
   * again, as where every call is repeated, trying costs more than a look.
   */
  doubt(requests: readonly ReservationRequest[]): void {
    this.#looks = Math.min(mostLooks, Math.max(1, 2 * this.#looks))
    this.#looksLeft = this.#looks
    if (this.#looks === mostLooks) this.#usual = null
    for (const sku of skusOf(requests)) this.#note(sku, null)
  }

  #placementsOf({ lines, locations }: ReservationRequest): Placement[] | null {
    const placements = new Map<string, Placement>()
    for (const { sku, quantity } of lines) {
      const location = this.#placeOf(sku)
      // Whether another one that is named exists, and comes first, is not known.
      if (location === null || locations?.some((id) => id !== location)) return null
      const before = placements.get(sku)?.quantity ?? 0
      placements.set(sku, { sku, location, quantity: before + quantity })
    }
    return [...placements.values()]
  }

  #placeOf(sku: string): string | null {
    const known = this.#known.get(sku)
    return known === undefined ? this.#usual : known
  }

  #note(sku: string, place: string | null): void {
    this.#known.delete(sku)
    if (place !== null && place === this.#usual) return
    this.#known.set(sku, place)
    if (this.#known.size <= mostKnown) return
    const [oldest] = this.#known.keys()
    if (oldest !== undefined) this.#known.delete(oldest)
  }
}

function skusOf(requests: readonly ReservationRequest[]): string[] {
  return [...new Set(requests.flatMap(({ lines }) => lines.map(({ sku }) => sku)))]
}
