import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { migrate } from '../../src/store/migrate.ts'
import { migrations } from '../../src/store/schema.ts'
import { sqlite } from '../../src/store/sqlite.ts'
import { openShop, scratch } from './support.ts'

const files = scratch()
afterAll(() => files.remove())

describe('migrate', () => {
  it('numbers what it applies, and applies nothing twice', async () => {
    const path = files.path('twice.db')
    await (await sqlite(path).open()).close()
    const database = await sqlite(path).open()
    const versions = await database.read((tx) =>
      tx.all('SELECT version FROM schema_version ORDER BY version'),
    )
    expect(versions).toEqual(migrations.map((_, index) => ({ version: index + 1 })))
    await database.close()
  })

  it('brings an older database up to date and keeps what is in it', async () => {
    const path = files.path('older.db')
    const shop = await openShop(await sqlite(path).open())
    await shop.putItem({ sku: 'MUG' })
    await shop.stock.receive('MUG', 5, { key: 'po-1' })
    await migrate(shop.database, [
      ...migrations,
      ['CREATE TABLE later (id {identity})'],
      ['INSERT INTO later DEFAULT VALUES'],
    ])
    expect(await shop.database.read((tx) => tx.all('SELECT id FROM later'))).toEqual([{ id: 1 }])
    expect((await shop.stock.get('MUG')).available).toBe(5)
    await shop.database.close()
  })

  it('applies a migration whole or not at all', async () => {
    const database = await sqlite(':memory:').open()
    const broken = [...migrations, ['CREATE TABLE half (id {identity})', 'this is no SQL']]
    await expect(migrate(database, broken)).rejects.toMatchObject({ code: 'database' })
    const half = await database.read((tx) => tx.get("SELECT name FROM sqlite_master WHERE name = 'half'"))
    expect(half).toBeUndefined()
    await migrate(database, [...migrations, ['CREATE TABLE half (id {identity})']])
    await database.close()
  })

  it('refuses a database from the future, and leaves it as it was', async () => {
    const path = files.path('future.db')
    await (await sqlite(path).open()).close()
    const file = new DatabaseSync(path)
    file.exec('INSERT INTO schema_version (version) VALUES (999)')
    await expect(sqlite(path).open()).rejects.toMatchObject({
      code: 'database_too_new',
      remedy: expect.stringMatching(/[Uu]pgrade/),
      details: { version: 999, known: migrations.length },
    })
    expect(file.prepare('SELECT MAX(version) AS version FROM schema_version').get()).toEqual({ version: 999 })
    file.close()
  })
})
