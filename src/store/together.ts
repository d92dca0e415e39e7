import { isStockpoolError, StockpoolError } from '../error.ts'
import type { Database, Transaction } from './database.ts'

type Outcome<Out> = { readonly value: Out } | { readonly error: unknown }
type Work<In, Out> = (tx: Transaction, inputs: readonly In[]) => Promise<readonly Outcome<Out>[]>

interface Entry<In, Out> {
  readonly input: In
  readonly resolve: (value: Out) => void
  readonly reject: (reason: unknown) => void
}

/** So many calls share one transaction at most. */
const atMost = 50

/**
 * Calls of one kind that wait at the same time are done in one transaction, in the order of their arrival: all that
 * wait when it begins, no timer. When it fails, each of them is done by itself, so that one cannot fail the others.
 */
export class Together<In, Out> {
  readonly #database: Pick<Database, 'transaction'>
  readonly #work: Work<In, Out>
  /** Takes those that come until its transaction begins. */
  #open: Entry<In, Out>[] | undefined
  /** Groups behind a full one, each to wait for a commit of its own. */
  #behind: Entry<In, Out>[][] = []

  constructor(database: Pick<Database, 'transaction'>, work: Work<In, Out>) {
    this.#database = database
    this.#work = work
  }

  run(input: In): Promise<Out> {
    return new Promise((resolve, reject) => this.#add({ input, resolve, reject }))
  }

  /** A transaction of another kind, which those that come after it must not overtake, nor it those before. */
  between<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    this.#open = undefined
    for (const group of this.#behind.splice(0)) this.#start(group)
    return this.#database.transaction(work)
  }

  #add(entry: Entry<In, Out>): void {
    const open = this.#open
    if (open !== undefined && open.length < atMost) {
      open.push(entry)
      return
    }
    const group = [entry]
    this.#open = group
    if (open === undefined) this.#start(group)
    else this.#behind.push(group)
  }

  #start(group: Entry<In, Out>[]): void {
    let begun = false
    const begin = () => {
      if (begun) return
      begun = true
      if (this.#open === group) this.#open = undefined
      const next = this.#behind.shift()
      if (next !== undefined) this.#start(next)
    }
    this.#database
      .transaction((tx) => {
        begin()
        return this.#work(
          tx,
          group.map(({ input }) => input),
        )
      })
      .then((outcomes) => settle(group, outcomes))
      .catch((error) => {
        begin()
        this.#afterFailure(group, error)
      })
  }

  #afterFailure(group: readonly Entry<In, Out>[], error: unknown): void {
    // Who has waited for the lock as long as is allowed need not do so again.
    const final = group.length === 1 || (isStockpoolError(error) && error.retryable)
    for (const entry of group) {
      if (final) entry.reject(error)
      else this.#start([entry])
    }
  }
}

function settle<In, Out>(group: readonly Entry<In, Out>[], outcomes: readonly Outcome<Out>[]): void {
  for (const [index, { resolve, reject }] of group.entries()) {
    const outcome = outcomes[index] ?? { error: new StockpoolError('internal', 'a call has no outcome') }
    if ('error' in outcome) reject(outcome.error)
    else resolve(outcome.value)
  }
}
