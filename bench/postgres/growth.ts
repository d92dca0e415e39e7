import type { Database } from '../../src/store/database.ts'
import type { ServerCpu } from './cpu.ts'
import { proveExact } from './exact.ts'
import { fill, listingsEach } from './fill.ts'
import {
  aim,
  costed,
  type Measured,
  measured,
  type Sample,
  short,
  spent,
  timed,
  times,
  whole,
} from './measure.ts'
import { openStore, reserveFor, stockOf } from './ours.ts'

/** With ten thousand, where a planner may still find it cheaper to read a whole table than to look up a batch's rows. */
const sizes: readonly number[] = short ? [1000, 10_000, 100_000] : [1000, 10_000, 100_000, 1_000_000]
const rounds = short ? 2 : 3
const secondsEach = short ? 1 : 3
const callers = 32
/** Seconds. */
const longestFill = short ? 30 : 180

/** The listings of the last fifth are up to date until they are marked; all others are marked from the start. */
const markedOf = (items: number): number => (items * 4) / 5

interface Shop {
  readonly schema: string
  readonly items: number
  readonly listings: number
  /** Seconds that filling it took. */
  readonly filled: number
  readonly database: Database
  readonly marked: Sample[]
  readonly fresh: Sample[]
  made: number
}

/** The same reservations in larger and larger pools. */
export async function benchGrowth(url: string, cpu: ServerCpu): Promise<void> {
  console.log(`\nGrowth: ${callers} callers, spread over all SKUs, ${listingsEach} listings each`)
  const shops: Shop[] = []
  try {
    for (const items of sizes) shops.push(await openShop(url, items, shops.at(-1)))
    for (let round = 0; round <= rounds; round += 1) for (const shop of shops) await measure(shop, round, cpu)
    print(shops)
    for (const { database, schema, items, made } of shops) await proveExact(database, { schema, items, made })
  } finally {
    for (const { database } of shops) await database.close()
  }
}

async function openShop(url: string, items: number, smaller?: Shop): Promise<Shop> {
  const schema = `growth_${items}`
  const listings = smaller === undefined ? listingsEach : listingsFor(items, smaller)
  const database = await openStore(url, schema)
  const contents = { schema, items, listings, marked: markedOf(items) }
  const { seconds } = await timed(() => fill(url, contents))
  console.log(`  filled ${whole(items)} SKUs, ${whole(items * listings)} listings: ${seconds.toFixed(1)} s`)
  return { schema, items, listings, filled: seconds, database, marked: [], fresh: [], made: 0 }
}

/** Fewer of the largest when filling it would take too long, as filling the next smaller one foretells. */
function listingsFor(items: number, { filled, items: fewer }: Shop): number {
  const foretold = filled * (items / fewer)
  if (foretold <= longestFill) return listingsEach
  const listings = Math.max(1, Math.floor((listingsEach * longestFill) / foretold))
  console.log(
    `  ${whole(items)} SKUs have ${listings} of ${listingsEach} listings: filling all would take ${foretold.toFixed(0)} s here`,
  )
  return listings
}

/** The first round warms up. */
async function measure(shop: Shop, round: number, cpu: ServerCpu): Promise<void> {
  const { database, items } = shop
  const stock = stockOf(database)
  const seconds = round === 0 ? 0.5 : secondsEach
  const ranges = [
    { name: 'marked', taken: shop.marked, from: 1, to: markedOf(items) },
    { name: 'fresh', taken: shop.fresh, from: markedOf(items) + 1, to: items },
  ]
  for (const { name, taken, from, to } of ranges) {
    const load = { choice: 'spread', callers, seconds, prefix: `${round}-${name}`, from, to } as const
    const sample = await costed(cpu, () => reserveFor(stock, load))
    shop.made += sample.count
    if (round > 0) taken.push(sample)
  }
}

function print(shops: readonly Shop[]): void {
  const line = (name: string, { rate, p50, p99, serverUs }: Measured, note: string) =>
    console.log(
      `  ${name.padEnd(52)} ${whole(rate).padStart(7)}/s   p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms   ${spent(serverUs)}   ${note}`,
    )
  const base = measured(shops[0]?.marked ?? []).rate
  for (const { items, listings, marked, fresh } of shops) {
    const [all, marking] = [measured(marked), measured(fresh)]
    line(`${whole(items)} SKUs`, all, `${times(base / all.rate)} slower than ${whole(sizes[0] ?? 0)}`)
    // In a small pool there are soon none left to mark.
    if (items > 1000) line(`  … and every reservation marks up to ${2 * listings} more listings`, marking, '')
  }
  for (const { items, marked } of shops.slice(1)) {
    const slower = base / measured(marked).rate
    aim(`${whole(items)} SKUs within 1.5 times of ${whole(sizes[0] ?? 0)}`, slower, slower <= 1.5)
  }
}
