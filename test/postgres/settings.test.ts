import { Pool } from 'pg'
import { afterAll, expect, it } from 'vitest'
import { postgres } from '../../src/store/postgres.ts'
import { serverUrl } from '../stores.ts'

const pool = new Pool({ connectionString: serverUrl(), max: 1 })
afterAll(() => pool.end())

const names = ['search_path', 'enable_seqscan', 'jit', 'idle_in_transaction_session_timeout']
const shown = async (ask: (sql: string) => Promise<unknown[]>) => {
  const [row] = await ask(`SELECT ${names.map((name) => `current_setting('${name}') AS ${name}`).join(', ')}`)
  return row as Record<string, string>
}

it('a transaction finds by index and compiles nothing, and leaves the connection to others as it was', async () => {
  const before = await shown(async (sql) => (await pool.query(sql)).rows)
  const database = await postgres(pool, { schema: 't_settings', idleTransactionMs: 2_000 }).open()
  const within = await database.transaction((tx) => shown((sql) => tx.all(sql)))
  expect(within).toEqual({
    search_path: '"t_settings"',
    enable_seqscan: 'off',
    jit: 'off',
    idle_in_transaction_session_timeout: '2s',
  })
  await expect(
    database.transaction(async () => {
      throw new Error('undone')
    }),
  ).rejects.toThrow('undone')
  await database.close()
  expect(await shown(async (sql) => (await pool.query(sql)).rows)).toEqual(before)
})
