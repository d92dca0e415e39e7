import { Pool } from 'pg'
import { afterAll, describe, expect, it } from 'vitest'
import type { Database, Transaction } from '../../src/store/database.ts'
import { postgres } from '../../src/store/postgres.ts'
import { sqlite } from '../../src/store/sqlite.ts'
import { databaseChecks } from '../../src/testing/database/checks.ts'
import { testDatabase } from '../../src/testing/database.ts'
import { pool, schemaOf, serverUrl } from '../stores.ts'
import { BetterSqlite3Like, scratch } from './support.ts'

const files = scratch()
afterAll(() => files.remove())
const test = { describe, it }
const onFile = (name: string) => sqlite(files.path(`${name}.db`)).open()

describe('SQLite in a file', () => testDatabase({ test, open: onFile }))

describe('SQLite in memory', () => {
  testDatabase({ test, open: () => sqlite(':memory:').open(), shared: false })
})

describe('a database in the shape of better-sqlite3', () => {
  testDatabase({ test, open: (name) => sqlite(new BetterSqlite3Like(files.path(`${name}.db`))).open() })
})

describe('PostgreSQL, pipelined', () => {
  const pipelined = new Pool({ connectionString: serverUrl(), max: 10, pipeline: true })
  afterAll(() => pipelined.end())
  testDatabase({
    test,
    open: (name) => postgres(pipelined, { schema: schemaOf(`pipelined ${name}`) }).open(),
  })
})

describe('PostgreSQL', () => {
  testDatabase({ test, open: (name) => postgres(pool(), { schema: schemaOf(name) }).open() })

  it('refuses a write in a read once, and says what to do', async () => {
    const database = await postgres(pool(), { schema: schemaOf('a write in a read') }).open()
    let tries = 0
    const writing = database.read(async (tx) => {
      tries += 1
      await tx.run(`INSERT INTO meta (name, value) VALUES ('a', 'b')`)
    })
    await expect(writing).rejects.toMatchObject({
      code: 'database',
      retryable: false,
      remedy: 'Write in a transaction.',
    })
    expect(tries).toBe(1)
    await database.close()
  })
})

/** Each breaks one promise; the suite must find it. */
const broken: Record<string, (database: Database) => Partial<Database>> = {
  'commits what was thrown away': (database) => ({
    async transaction(work) {
      let thrown: { error: unknown } | undefined
      const value = await database.transaction(async (tx) => {
        try {
          return await work(tx)
        } catch (error) {
          thrown = { error }
          return undefined
        }
      })
      if (thrown !== undefined) throw thrown.error
      return value as never
    },
  }),
  'undoes the neighbours of a failed transaction': (database) => {
    const waiting: { work: (tx: Transaction) => Promise<unknown>; settle: PromiseWithResolvers<unknown> }[] =
      []
    return {
      transaction(work) {
        const settle = Promise.withResolvers<unknown>()
        waiting.push({ work, settle })
        setImmediate(async () => {
          const batch = waiting.splice(0)
          if (batch.length === 0) return
          const all = database.transaction(async (tx) => {
            const results: unknown[] = []
            for (const entry of batch) results.push(await entry.work(tx))
            return results
          })
          for (const [index, entry] of batch.entries()) {
            all.then((results) => entry.settle.resolve(results[index]), entry.settle.reject)
          }
        })
        return settle.promise as Promise<never>
      },
    }
  },
  'reads what is not committed': (database) => {
    let open: Transaction | undefined
    return {
      transaction: (work) =>
        database.transaction(async (tx) => {
          open = tx
          // Reads get their turn in the middle of the transaction.
          const slow: Transaction = {
            dialect: tx.dialect,
            all: (sql, parameters) => tx.all(sql, parameters),
            get: (sql, parameters) => tx.get(sql, parameters),
            async run(sql, parameters) {
              const written = await tx.run(sql, parameters)
              await new Promise((resolve) => setImmediate(resolve))
              return written
            },
            finish: (sql, parameters) => tx.finish(sql, parameters),
          }
          try {
            return await work(slow)
          } finally {
            open = undefined
          }
        }),
      read: (work) => (open === undefined ? database.read(work) : work(open)),
    }
  },
  'forgets what it said it had kept': (database) => ({
    async transaction(work) {
      let value: unknown
      const undo = new Error('undo')
      try {
        await database.transaction(async (tx) => {
          value = await work(tx)
          if (JSON.stringify(value) === undefined && Math.random() < 0.5) throw undo
        })
      } catch (error) {
        if (error !== undo) throw error
      }
      return value as never
    },
  }),
  'mixes up the outcomes': (database) => {
    let last: unknown
    return {
      async transaction(work) {
        const mine = await database.transaction(work)
        const other = last
        last = mine
        return (other ?? mine) as never
      },
    }
  },
}

describe('the contract of a database finds one that', () => {
  for (const [name, plant] of Object.entries(broken)) {
    it(name, async () => {
      const failed: string[] = []
      const open = async (file: string) => {
        const database = await onFile(file)
        const plain: Database = {
          dialect: database.dialect,
          transaction: (work) => database.transaction(work),
          read: (work) => database.read(work),
          close: () => database.close(),
        }
        return { ...plain, ...plant(database) }
      }
      for (const check of databaseChecks) {
        await check.run(open).catch(() => failed.push(check.name))
      }
      expect(failed).not.toEqual([])
      expect(failed.length).toBeLessThan(databaseChecks.length)
    })
  }
})
