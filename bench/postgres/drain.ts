import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { fill } from './fill.ts'
import { short, whole } from './measure.ts'
import { openStore } from './ours.ts'

const schema = 'drain'
const listings = short ? 10_000 : 100_000

/** What the process that drained tells of it. Seconds, megabytes. */
export interface Drained {
  readonly mark: number
  readonly compute: number
  readonly drain: number
  readonly written: number
  readonly left: number
  readonly baseline: number
  readonly peak: number
  /** Statements between the first write and the end of the pass. */
  readonly statements: number
}

/** A backlog of one channel's listings, brought up to date on a connection that takes everything at once. */
export async function benchDrain(url: string): Promise<void> {
  console.log(`\nDrain: ${whole(listings)} listings of one no-op connection, batches of 250, by hub.sync()`)
  const database = await openStore(url, schema)
  await database.close()
  await fill(url, { schema, items: listings, listings: 1, marked: 0 })
  const found = await drainInProcess(url)
  if (found.written !== listings || found.left !== 0) {
    throw new Error(`drained ${found.written} of ${listings}, ${found.left} are left`)
  }
  print(found)
}

/** In a process of its own, so that its memory is what draining takes. */
async function drainInProcess(url: string): Promise<Drained> {
  const child = fork(fileURLToPath(new URL('./drain-process.ts', import.meta.url)), [url, schema])
  const ended = once(child, 'exit')
  const [message] = await Promise.race([once(child, 'message'), ended])
  if (typeof message !== 'object' || message === null) throw new Error(`draining ended with ${message}`)
  await ended
  return message as Drained
}

function print({ mark, compute, drain, baseline, peak, statements }: Drained): void {
  const line = (name: string, seconds: number) =>
    console.log(
      `  ${name.padEnd(46)} ${seconds.toFixed(2).padStart(7)} s   ${((seconds / listings) * 1e6).toFixed(1).padStart(7)} µs a listing`,
    )
  line('mark', mark)
  line('choose: the whole backlog, by urgency', compute)
  line('compute, write and note', drain)
  line('all', mark + compute + drain)
  console.log(`  ${((statements / listings) * 250).toFixed(0)} statements for each 250 listings`)
  console.log(`  memory: ${peak.toFixed(0)} MB at most, ${(peak - baseline).toFixed(0)} MB above the start`)
}
