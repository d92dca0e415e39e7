/** So many at once; whoever comes later waits, first come first served. */
export class Slots {
  readonly #count: number
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(count: number) {
    this.#count = count
    this.#free = count
  }

  /** Waits until nobody has a place, and takes them all. Who comes meanwhile waits behind. */
  async enterAll(): Promise<() => void> {
    const places = await Promise.all(Array.from({ length: this.#count }, () => this.enter()))
    return () => {
      for (const leave of places) leave()
    }
  }

  /** Resolves with a function that gives the place back. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    return () => {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
