import type { PushRow } from '../store/pushes.ts'

type Place = Pick<PushRow, 'id' | 'listing'>

/**
 * Which listings of a connection are being written now: none is ever written twice at once, at two of its places neither. Some
 * channels (TikTok) take the numbers of all places together: two such writes under way undo each other.
 */
export class Underway {
  readonly rows = new Set<number>()
  readonly #listings = new Set<string>()
  #waiting: (() => void)[] = []

  /** Begins with those of the rows that may be written now. `later` may be once another place of their listing is; the others are being written. */
  begin<Row extends Place>(rows: readonly Row[]): { readonly free: Row[]; readonly later: Row[] } {
    const idle = rows.filter(({ id }) => !this.rows.has(id))
    const later = idle.filter(({ listing }) => this.#listings.has(listing))
    const free = idle.filter(({ listing }) => !this.#listings.has(listing))
    for (const { id, listing } of free) {
      this.rows.add(id)
      this.#listings.add(listing)
    }
    return { free, later }
  }

  end(rows: readonly Place[]): void {
    for (const { id, listing } of rows) {
      this.rows.delete(id)
      this.#listings.delete(listing)
    }
    for (const go of this.#waiting.splice(0)) go()
  }

  /** Resolves when some write is over. */
  ended(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
