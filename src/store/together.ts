import { isStockpoolError, StockpoolError } from '../error.ts'
import type { Database, Transaction } from './database.ts'

type Outcome<Out> = { readonly value: Out } | { readonly error: unknown }
/** Does a group of calls in one transaction. It asks for their `inputs` when that has begun: until then others join them. */
type Work<In, Out> = (inputs: () => readonly In[]) => Promise<readonly Outcome<Out>[]>

interface Entry<In, Out> {
  readonly input: In
  readonly resolve: (value: Out) => void
  readonly reject: (reason: unknown) => void
}

/** So many calls share one transaction at most. */
const atMost = 50
/**
 * So many transactions are under way at once: where several may write, one is prepared while another is committed. With
 * more of them fewer calls would share each. SQLite puts them in a row itself, and may share one commit among them.
 */
const lanes = { sqlite: Number.POSITIVE_INFINITY, postgres: 2 } as const

/**
 * Calls of one kind that wait at the same time are done in one transaction, in the order of their arrival: all that
 * wait when it begins, no timer. When it fails, each of them is done by itself, so that one cannot fail the others.
 */
export class Together<In, Out> {
  readonly #database: Pick<Database, 'dialect' | 'transaction'>
  readonly #work: Work<In, Out>
  /** Takes those that come until its transaction begins. */
  #open: Entry<In, Out>[] | undefined
  /** Groups that wait for a transaction. */
  #behind: Entry<In, Out>[][] = []
  /** A group has asked for its transaction, which has not begun. */
  #asking = false
  #underWay = 0

  constructor(database: Pick<Database, 'dialect' | 'transaction'>, work: Work<In, Out>) {
    this.#database = database
    this.#work = work
  }

  run(input: In): Promise<Out> {
    return new Promise((resolve, reject) => this.#add({ input, resolve, reject }))
  }

  /**
   * A transaction of another kind. In SQLite those that come after it do not overtake it, nor it those before; in PostgreSQL
   * only what a caller has waited for comes before what it asks next.
   */
  between<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    if (this.#inARow) {
      this.#open = undefined
      for (const group of this.#behind.splice(0)) this.#start(group)
    }
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
    if (open === undefined && this.#inARow) this.#start(group)
    else this.#behind.push(group)
    this.#next()
  }

  /** The database takes transactions in the order in which they are asked for. */
  get #inARow(): boolean {
    return this.#database.dialect === 'sqlite'
  }

  #next(): void {
    if (this.#asking || this.#underWay >= lanes[this.#database.dialect]) return
    const group = this.#behind.shift()
    if (group !== undefined) this.#start(group)
  }

  #start(group: Entry<In, Out>[]): void {
    this.#asking = true
    this.#underWay += 1
    let begun = false
    const begin = () => {
      if (begun) return
      begun = true
      this.#asking = false
      if (this.#open === group) this.#open = undefined
      this.#next()
    }
    const ended = () => {
      this.#underWay -= 1
      begin()
      this.#next()
    }
    this.#work(() => {
      begin()
      return group.map(({ input }) => input)
    }).then(
      (outcomes) => {
        ended()
        settle(group, outcomes)
      },
      (error) => {
        ended()
        this.#afterFailure(group, error)
      },
    )
  }

  #afterFailure(group: readonly Entry<In, Out>[], error: unknown): void {
    // Who has waited for the lock as long as is allowed need not do so again.
    const final = group.length === 1 || (isStockpoolError(error) && error.retryable)
    if (final) for (const { reject } of group) reject(error)
    // SQLite takes them in their order, and may share one commit among them.
    else if (this.#inARow) for (const entry of group) this.#start([entry])
    else void this.#oneByOne(group)
  }

  async #oneByOne(group: readonly Entry<In, Out>[]): Promise<void> {
    for (const { input, resolve, reject } of group) {
      const settled = (outcomes: readonly Outcome<Out>[]) => settle([{ input, resolve, reject }], outcomes)
      await this.#work(() => [input]).then(settled, reject)
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
