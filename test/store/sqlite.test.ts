import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { isStockpoolError, type StockpoolError } from '../../src/error.ts'
import type { Database } from '../../src/store/database.ts'
import { sqlite } from '../../src/store/sqlite.ts'
import { BetterSqlite3Like, scratch, sqliteError } from './support.ts'

const files = scratch()
afterAll(() => files.remove())
let count = 0
const newFile = () => files.path(`file-${count++}.db`)

async function errorOf(promise: Promise<unknown>): Promise<StockpoolError> {
  const error = await promise.then(
    () => expect.unreachable('it should have failed'),
    (thrown: unknown) => thrown,
  )
  if (!isStockpoolError(error)) throw error
  return error
}

const insert = (database: Database, id: string) =>
  database.transaction((tx) => tx.run('INSERT INTO location (id, name, priority) VALUES (?, ?, 1)', [id, id]))
const places = async (database: Database) =>
  (await database.read((tx) => tx.all<{ id: string }>('SELECT id FROM location ORDER BY id'))).map(
    (row) => row.id,
  )

describe('sqlite()', () => {
  it('opens nothing before it is asked to', async () => {
    const path = newFile()
    const store = sqlite(path)
    expect(store.description).toBe(`SQLite ${path}`)
    expect(existsSync(path)).toBe(false)
    const database = await store.open()
    expect(existsSync(path)).toBe(true)
    await database.close()
  })

  it('is durable at every commit: WAL and synchronous FULL, said and not assumed', async () => {
    const given = new BetterSqlite3Like(newFile())
    given.exec('PRAGMA synchronous = NORMAL')
    const database = await sqlite(given).open()
    const [mode, level] = await database.read(async (tx) => [
      await tx.get('PRAGMA journal_mode'),
      await tx.get('PRAGMA synchronous'),
    ])
    expect(mode).toEqual({ journal_mode: 'wal' })
    expect(level).toEqual({ synchronous: 2 })
    await database.close()
  })

  it('refuses a file that is no database, and leaves it as it was', async () => {
    const path = newFile()
    writeFileSync(path, 'sku,quantity\nMUG,4\n'.repeat(100))
    const error = await errorOf(sqlite(path).open())
    expect(error).toMatchObject({ code: 'database', retryable: false })
    expect(error.message).toContain(path)
    expect(error.remedy).toMatch(/SQLite database/)
  })

  it('names the path when it is a directory, or lies where no file can be', async () => {
    const directory = files.path('directory')
    mkdirSync(directory)
    const file = newFile()
    writeFileSync(file, '')
    for (const path of [directory, files.path('nowhere/shop.db'), `${file}/shop.db`]) {
      const error = await errorOf(sqlite(path).open())
      expect(error.code).toBe('database')
      expect(error.message).toContain(path)
      expect(error.remedy).toMatch(/directory/)
    }
  })

  it('refuses a file that another program fills, and leaves its tables alone', async () => {
    const path = newFile()
    const other = new DatabaseSync(path)
    other.exec('CREATE TABLE item (name TEXT)')
    const error = await errorOf(sqlite(path).open())
    expect(error.code).toBe('database')
    expect(error.message).toContain('item')
    const tables = other.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
    expect(tables).toEqual([{ name: 'item' }])
    other.close()
  })

  it('says what is missing when Node has no node:sqlite', async () => {
    vi.doMock('node:sqlite', () => {
      throw new Error('No such built-in module: node:sqlite')
    })
    vi.resetModules()
    try {
      const fresh = await import('../../src/store/sqlite.ts')
      const error = await errorOf(fresh.sqlite(':memory:').open())
      expect(error.code).toBe('database')
      expect(error.remedy).toMatch(/22\.13.*better-sqlite3/)
    } finally {
      vi.doUnmock('node:sqlite')
      vi.resetModules()
    }
  })
})

describe('a shared commit', () => {
  async function watched() {
    const given = new BetterSqlite3Like(newFile())
    const database = await sqlite(given).open()
    given.log.length = 0
    return { given, database, commits: () => given.log.filter((sql) => sql === 'COMMIT').length }
  }

  it('takes all that waits, at most fifty at a time', async () => {
    const { database, commits } = await watched()
    await Promise.all(Array.from({ length: 120 }, (_, id) => insert(database, `p${id}`)))
    expect(commits()).toBe(3)
    expect(await places(database)).toHaveLength(121)
    await database.close()
  })

  it('lets a single transaction go without a savepoint', async () => {
    const { given, database } = await watched()
    await insert(database, 'alone')
    expect(given.log.filter((sql) => /SAVEPOINT|BEGIN|COMMIT/.test(sql))).toEqual([
      'BEGIN IMMEDIATE',
      'COMMIT',
    ])
    await database.close()
  })

  it('fails all of its transactions when it fails, and keeps none', async () => {
    const { given, database } = await watched()
    given.before = (sql) => {
      if (sql === 'COMMIT') throw sqliteError('database or disk is full', 'SQLITE_FULL')
    }
    const outcomes = await Promise.allSettled(['a', 'b', 'c'].map((id) => insert(database, id)))
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'database', retryable: false } })
      expect(outcome).toHaveProperty('reason.remedy', expect.stringMatching(/disk space/))
    }
    given.before = () => {}
    expect(await places(database)).toEqual(['main'])
    await insert(database, 'after')
    expect(await places(database)).toEqual(['after', 'main'])
    await database.close()
  })

  it('is run again as a whole when another process was in the way', async () => {
    const { given, database } = await watched()
    let refusals = 3
    given.before = (sql) => {
      if (sql === 'COMMIT' && refusals-- > 0) throw sqliteError('database is locked', 'SQLITE_BUSY')
    }
    let runs = 0
    const [answer] = await Promise.all([
      database.transaction(async (tx) => {
        runs += 1
        await tx.run("INSERT INTO location (id, name, priority) VALUES ('again', '', 1)")
        return runs
      }),
      insert(database, 'with it'),
    ])
    expect(answer).toBe(4)
    expect(await places(database)).toEqual(['again', 'main', 'with it'])
    await database.close()
  })

  it('does not lose the others when a statement undoes the whole transaction', async () => {
    const { database } = await watched()
    const outcomes = await Promise.allSettled([
      insert(database, 'first'),
      database.transaction((tx) => tx.run('ROLLBACK')),
      insert(database, 'last'),
    ])
    // Nothing may be reported as kept that is not.
    const kept = await places(database)
    for (const [index, id] of ['first', 'last'].entries()) {
      expect(kept.includes(id)).toBe(outcomes[index === 0 ? 0 : 2]?.status === 'fulfilled')
    }
    await insert(database, 'after')
    expect(await places(database)).toContain('after')
    await database.close()
  })
})

describe('while another process holds the lock', () => {
  it('waits, leaves the event loop free, and goes on', async () => {
    const path = newFile()
    const database = await sqlite(path).open()
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const written = insert(database, 'waited')
    let ticks = 0
    const ticking = setInterval(() => ticks++, 5)
    // Reads do not wait for writers.
    expect(await places(database)).toEqual(['main'])
    await new Promise((resolve) => setTimeout(resolve, 200))
    clearInterval(ticking)
    expect(ticks).toBeGreaterThan(5)
    expect(await places(database)).toEqual(['main'])
    other.exec('COMMIT')
    await written
    expect(await places(database)).toEqual(['main', 'waited'])
    other.close()
    await database.close()
  })

  it('gives up after the time it was given, with an error that a repeat may mend', async () => {
    const path = newFile()
    const database = await sqlite(path, { lockWaitMs: 50 }).open()
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const error = await errorOf(insert(database, 'late'))
    expect(error).toMatchObject({ code: 'database', retryable: true })
    expect(error.remedy).toMatch(/Another process/)
    other.exec('COMMIT')
    await insert(database, 'later')
    other.close()
    await database.close()
  })
})
