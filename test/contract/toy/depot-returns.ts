import { refuse, SentBack } from '../../../src/simulator/index.ts'
import type { Depot } from './depot.ts'

export interface GoodsBack {
  readonly id: string
  readonly reference: string
  readonly at: number
  sequence: number
  updatedAt: number
  status: string
  /** `null`: shown in a form that nobody can read. */
  lines: SentBack['lines'] | null
}

/** The toy platform's desk for goods that came back to its depot. */
export class DepotReturns {
  readonly all: GoodsBack[] = []
  readonly #depot: Depot
  readonly #now: () => number
  #sequence = 0

  constructor(depot: Depot, now: () => number) {
    this.#depot = depot
    this.#now = now
  }

  page(after: number, limit: number): { rows: GoodsBack[]; next: number; more: boolean } {
    const waiting = this.all
      .filter(({ sequence }) => sequence > after)
      .sort((one, other) => one.sequence - other.sequence)
    const rows = waiting.slice(0, limit)
    return { rows, next: rows.at(-1)?.sequence ?? after, more: waiting.length > rows.length }
  }

  #named(id: string): GoodsBack {
    return this.all.find((one) => one.id === id) ?? refuse(404, { error: 'no such return' })
  }

  #announce(reference: string, at: number): GoodsBack {
    if (!this.#depot.find(reference)) refuse(404, { error: 'no such job' })
    const id = `B-${this.all.length + 1}`
    const made = { id, reference, at, sequence: 0, updatedAt: 0, status: '', lines: null }
    this.all.push(made)
    return made
  }

  readonly controls: Record<string, (body: unknown) => unknown> = {
    'sent-back': (body) => {
      const { return: id, reference, lines, status, unreadable } = SentBack.parse(body)
      const at = this.#now()
      const one = id === undefined ? this.#announce(reference, at) : this.#named(id)
      const over = lines.every(({ quantity, received }) => received >= quantity)
      const begun = lines.some(({ received }) => received > 0)
      this.#sequence += 1
      one.sequence = this.#sequence
      one.updatedAt = at
      one.status = status ?? (over ? 'done' : begun ? 'counting' : 'announced')
      one.lines = unreadable ? null : lines
      return { return: one.id }
    },
  }
}
