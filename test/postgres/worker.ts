/**
 * A process that works on a schema, for the tests of many processes: `worker.ts <job> <url> <schema> <name> <n>`. It
 * says `ready`, waits for a line, and then prints one line of JSON for each answer it got.
 */
import { once } from 'node:events'
import { Pool } from 'pg'
import { createStock } from '../../src/store/pool.ts'
import { postgres } from '../../src/store/postgres.ts'

const [job = '', url = '', schema = '', name = '', count = '0'] = process.argv.slice(2)
const pool = new Pool({ connectionString: url, max: 20, pipeline: true })
const store = postgres(pool, { schema, maxConnections: 20 })
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)
const now = () => '2026-07-01T09:00:00.000Z'
const go = async () => {
  say('ready')
  await once(process.stdin, 'data')
  process.stdin.destroy()
}

if (job === 'open') {
  await go()
  const database = await store.open()
  say(await database.read((tx) => tx.all('SELECT id FROM location')))
  say(await database.read((tx) => tx.get(`SELECT value FROM meta WHERE name = 'id'`)))
  await database.close()
} else if (job === 'take') {
  const database = await store.open()
  await go()
  // A pool of its own for each caller, so that every one has a transaction of its own.
  const callers = Array.from({ length: Number(count) }, async (_, index) => {
    const stock = createStock({ database, now })
    say((await stock.reserve([{ sku: 'A', quantity: 1 }], { key: `${name}-${index}` })).status)
  })
  await Promise.all(callers)
  await database.close()
} else if (job === 'forever') {
  const database = await store.open()
  await go()
  const stock = createStock({ database, now })
  for (let turn = 0; ; turn += 1) {
    const keys = Array.from({ length: 5 }, (_, index) => `${name}-${turn}-${index}`)
    await Promise.all(
      keys.map(async (key, index) => {
        const both = ['A', 'B'].map((sku) => ({ sku, quantity: 1 }))
        await stock.reserve(index % 2 === 0 ? both : both.reverse(), { key })
        say(key)
      }),
    )
  }
}
await pool.end()
