/**
 * One of several processes of a storm: `storm-process.ts <url> <schema> <index> <processes> <orders>`. It works, and
 * takes its part of the webhooks: each order's come three times, to three of the processes.
 */
import { createInterface } from 'node:readline'
import { Pool } from 'pg'
import { createHub, postgresOf } from './storm-hub.ts'
import { eventOf, shopNames, shopOf } from './storm-shops.ts'

const [url = '', schema = '', index = '', processes = '', orders = ''] = process.argv.slice(2)
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)
const pool = new Pool({ connectionString: url, max: 10 })
const hub = createHub(postgresOf(pool, schema), Number(orders), (warning) => say({ warning }))

/** The numbers of the orders whose webhooks come here. */
function* mine(): Generator<[order: number, time: number]> {
  for (let order = 0; order < Number(orders); order++)
    for (const time of [0, 1, 2])
      if ((order + time) % Number(processes) === Number(index)) yield [order, time]
}

async function takeWebhooks(): Promise<void> {
  const waiting = mine()
  const takers = Array.from({ length: 16 }, async () => {
    for (const [order, time] of waiting) {
      const body = JSON.stringify({ event: eventOf(order, time), order: `o${order}` })
      const address = `http://hub.test/webhooks/${shopOf(order)}`
      const answer = await hub.webhook(new Request(address, { method: 'POST', body }))
      if (answer.status !== 200) say({ warning: `a webhook was answered ${answer.status}` })
    }
  })
  await Promise.all(takers)
}

say('ready')
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'go') {
    await hub.start()
    await takeWebhooks()
    say({ taken: shopNames.length })
  } else break
}
await hub.close()
await pool.end()
const { user, system } = process.cpuUsage()
say({ cpuMs: (user + system) / 1000 })
process.exit(0)
