import { describe, expect, it } from 'vitest'
import { demoStore } from '../../src/cli/demo/database.ts'
import { serverUrl } from '../stores.ts'

describe('the database of the demo', () => {
  const database = { postgres: { url: serverUrl(), schema: 't_demo_store' } }

  it('may be PostgreSQL, over a pool of its own that ends with it', async () => {
    const opened = await (await demoStore(database)).open()
    expect(await opened.read((tx) => tx.get('SELECT id FROM location'))).toEqual({ id: 'main' })
    await opened.close()
    await expect(opened.read((tx) => tx.get('SELECT 1'))).rejects.toMatchObject({ code: 'database' })
  })

  it('says what to install where there is no driver', async () => {
    const missing = async () => {
      throw Object.assign(new Error("Cannot find package 'pg'"), { code: 'ERR_MODULE_NOT_FOUND' })
    }
    await expect(demoStore(database, missing)).rejects.toMatchObject({
      code: 'not_found',
      remedy: 'npm install pg',
    })
  })
})
