import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import type { Transaction } from '../../src/store/database.ts'
import { Together } from '../../src/store/together.ts'

const tx = {} as Transaction

type Databaselike = ConstructorParameters<typeof Together>[0]

/** Calls whose work is done in one transaction of this database. */
function togetherIn<Out>(
  database: Databaselike,
  work: (inputs: readonly number[]) => Promise<readonly ({ value: Out } | { error: unknown })[]>,
): Together<number, Out> {
  return new Together<number, Out>(database, (inputs) => database.transaction(() => work(inputs())))
}

/** Transactions that begin when told to, in their order, and may fail. */
function stage(dialect: 'sqlite' | 'postgres' = 'sqlite') {
  const queue: (() => Promise<void>)[] = []
  const log: unknown[] = []
  let failure: unknown
  const database = {
    dialect,
    transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        queue.push(async () => {
          try {
            const value = await work(tx)
            if (failure !== undefined) throw failure
            resolve(value)
          } catch (error) {
            reject(error)
          }
        })
      })
    },
  }
  const together = togetherIn<string>(database, async (inputs) => {
    log.push([...inputs])
    return inputs.map((input) => (input < 0 ? { error: `no ${input}` } : { value: `did ${input}` }))
  })
  return {
    together,
    log,
    asked: () => queue.length,
    fail(error: unknown) {
      failure = error
    },
    /** Runs those that wait now, as a commit does, and then lets their callers go on. */
    async commit() {
      for (const begin of queue.splice(0)) await begin()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)

describe('calls that wait together', () => {
  it('share one transaction, in order, each with its own outcome', async () => {
    const { together, log, commit } = stage()
    const answers = Promise.allSettled([1, -2, 3].map((input) => together.run(input)))
    await commit()
    expect(log).toEqual([[1, -2, 3]])
    expect((await answers).map((one) => (one.status === 'fulfilled' ? one.value : one.reason))).toEqual([
      'did 1',
      'no -2',
      'did 3',
    ])
  })

  it('join until it begins, and then begin another', async () => {
    const { together, log, commit } = stage()
    void together.run(1)
    await new Promise((resolve) => setImmediate(resolve))
    void together.run(2)
    await commit()
    void together.run(3)
    await commit()
    expect(log).toEqual([[1, 2], [3]])
  })

  it('are at most fifty, and the next fifty wait for a commit of their own', async () => {
    const { together, log, asked, commit } = stage()
    const answers = Promise.all(upTo(120).map((input) => together.run(input)))
    for (const size of [50, 50, 20]) {
      expect(asked()).toBe(1)
      await commit()
      expect(log.at(-1)).toHaveLength(size)
    }
    expect(log.flat()).toEqual(upTo(120))
    expect(await answers).toEqual(upTo(120).map((input) => `did ${input}`))
  })

  it('neither overtake another transaction nor are overtaken by it', async () => {
    const { together, log, commit } = stage()
    for (const input of upTo(60)) void together.run(input)
    void together.between(async () => log.push('between'))
    for (const input of [60, 61]) void together.run(input)
    await commit()
    expect(log).toEqual([upTo(50), upTo(60).slice(50), 'between', [60, 61]])
  })

  it('are each done alone when they fail together', async () => {
    const { together, log, fail, commit } = stage()
    const answers = Promise.allSettled([1, -2, 3].map((input) => together.run(input)))
    fail(new Error('a guard'))
    await commit()
    fail(undefined)
    await commit()
    expect(log).toEqual([[1, -2, 3], [1], [-2], [3]])
    expect((await answers).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  it('fail when they fail alone, or when the lock was not to be had', async () => {
    const { together, log, fail, commit } = stage()
    const alone = together.run(1).catch((error) => error)
    fail('broken')
    await commit()
    expect(await alone).toBe('broken')
    const busy = new StockpoolError('database', 'busy', { retryable: true })
    fail(busy)
    const both = Promise.all([2, 3].map((input) => together.run(input).catch((error) => error)))
    await commit()
    expect(await both).toEqual([busy, busy])
    expect(log).toEqual([[1], [2, 3]])
  })

  it('go on after a transaction that never began', async () => {
    let closed = true
    const together = togetherIn<number>(
      {
        dialect: 'sqlite',
        transaction: (work) => (closed ? Promise.reject(new Error('closed')) : work(tx)),
      },
      async (inputs) => inputs.map((value) => ({ value })),
    )
    const outcomes = await Promise.allSettled(upTo(70).map((input) => together.run(input)))
    expect(outcomes.map(({ status }) => status)).toEqual(upTo(70).map(() => 'rejected'))
    closed = false
    expect(await Promise.all([together.run(7), together.run(8)])).toEqual([7, 8])
  })

  it('are handed on unchanged when the transaction is run again', async () => {
    const seen: number[][] = []
    let late: Promise<number> | undefined
    const together: Together<number, number> = togetherIn<number>(
      {
        dialect: 'sqlite',
        async transaction(work) {
          await new Promise((resolve) => setImmediate(resolve))
          const first = work(tx)
          late ??= together.run(9)
          await first
          return work(tx)
        },
      },
      async (inputs) => {
        seen.push([...inputs])
        return inputs.map((value) => ({ value }))
      },
    )
    expect(await Promise.all([1, 2].map((input) => together.run(input)))).toEqual([1, 2])
    expect(await late).toBe(9)
    expect(seen).toEqual([[1, 2], [1, 2], [9], [9]])
  })

  it('have two transactions at once where several may write, and share the third', async () => {
    const { together, log, asked, commit } = stage('postgres')
    const answers: Promise<string>[] = []
    const call = (input: number) => answers.push(together.run(input))
    call(1)
    expect(asked()).toBe(1)
    // It has begun, and its commit is under way.
    const first = commit()
    call(2)
    call(3)
    expect(asked()).toBe(1)
    await first
    for (const input of [4, 5, 6]) call(input)
    await commit()
    await commit()
    expect(await Promise.all(answers)).toEqual([1, 2, 3, 4, 5, 6].map((input) => `did ${input}`))
    expect(log).toHaveLength(2)
  })

  it('are done one after the other when they cannot be done together there', async () => {
    const done: number[][] = []
    const together = togetherIn<number>(
      {
        dialect: 'postgres',
        transaction: (work) => new Promise((resolve) => setImmediate(() => resolve(work(tx)))),
      },
      async (inputs) => {
        done.push([...inputs])
        if (inputs.length > 1) throw new Error('not together')
        return inputs.map((value) => (value === 2 ? { error: new Error('not 2') } : { value }))
      },
    )
    const outcomes = await Promise.allSettled([1, 2, 3].map((input) => together.run(input)))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(done).toEqual([[1, 2, 3], [1], [2], [3]])
  })
})
