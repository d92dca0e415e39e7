/**
 * A process that works on a shared database file, for the tests of many processes: `worker.ts <job> <file> <name> <n>`.
 * It prints one line of JSON for each answer it got, and nothing before the answer is durable.
 */
import { createStock } from '../../src/store/pool.ts'
import { storeAt } from '../stores.ts'

const [job = '', file = '', name = '', count = '0'] = process.argv.slice(2)
const database = await storeAt(file).open()
const stock = createStock({ database, now: () => '2026-07-01T09:00:00.000Z' })
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)

/** The order in which lines are named must not matter. */
const lines = (turn: number) => {
  const both = [
    { sku: 'A', quantity: 1 },
    { sku: 'B', quantity: 1 },
  ]
  return turn % 2 === 0 ? both : both.reverse()
}

if (job === 'take') {
  // Ten at a time, so that batches of several processes meet.
  for (let turn = 0; turn < Number(count); turn += 10) {
    const answers = Array.from({ length: Math.min(10, Number(count) - turn) }, (_, index) =>
      stock.reserve(lines(turn + index), { key: `${name}-${turn + index}` }),
    )
    for (const answer of await Promise.all(answers)) say(answer.status)
  }
} else if (job === 'same') {
  for (let turn = 0; turn < Number(count); turn += 1) {
    say((await stock.reserve(lines(0), { key: `same-${turn}` })).status)
  }
} else if (job === 'open') {
  say(await database.read((tx) => tx.all('SELECT id FROM location')))
} else if (job === 'forever') {
  for (let turn = 0; ; turn += 1) {
    const keys = Array.from({ length: 5 }, (_, index) => `${name}-${turn}-${index}`)
    await Promise.all(
      keys.map(async (key) => {
        await stock.reserve(lines(turn), { key })
        say(key)
      }),
    )
  }
}
await database.close()
