/** A bell: everyone who waits for its next ring hears it. Rings within one turn of the event loop are one ring. */
export class WakeUp {
  #ring: PromiseWithResolvers<void> = Promise.withResolvers()
  #rung = false

  next(): Promise<void> {
    return this.#ring.promise
  }

  ring(): void {
    if (this.#rung) return
    this.#rung = true
    setImmediate(() => {
      const rung = this.#ring
      this.#ring = Promise.withResolvers()
      this.#rung = false
      rung.resolve()
    })
  }
}
