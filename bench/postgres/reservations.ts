import type { ServerCpu } from './cpu.ts'
import { proveExact } from './exact.ts'
import { beginNumbers, fill, listingsEach } from './fill.ts'
import {
  aim,
  callFor,
  costed,
  type Measured,
  measured,
  type Sample,
  short,
  spent,
  times,
  whole,
} from './measure.ts'
import { type Choice, choose, type Load, openStore, reserveFor, stockOf } from './ours.ts'
import { yardstick } from './pgbench.ts'
import { Plain } from './plain.ts'
import { Processes } from './processes.ts'

const schema = 'reservations'
const items = 1000
const rounds = short ? 2 : 3
const secondsEach = short ? 1 : 3
const most = 32
const workers = { processes: 4, callers: 8 } as const

interface Variant {
  readonly name: string
  readonly choice: Choice
  readonly callers: number
  readonly way: 'plain' | 'ours' | 'processes'
}

const variants: readonly Variant[] = (['spread', 'hot'] as const).flatMap((choice) => [
  ...([1, 8, most] as const).flatMap((callers) => [
    { name: `plain, ${callers} callers`, choice, callers, way: 'plain' } as const,
    { name: `ours, ${callers} callers`, choice, callers, way: 'ours' } as const,
  ]),
  {
    name: `ours, ${workers.processes} processes x ${workers.callers}`,
    choice,
    callers: workers.processes * workers.callers,
    way: 'processes',
  } as const,
])

/** Reservations beside pgbench and beside the plain way, in turns. */
export async function benchReservations(url: string, cpu: ServerCpu): Promise<void> {
  const stick = await yardstick(url)
  const database = await openStore(url, schema)
  await fill(url, { schema, items, listings: listingsEach, marked: 0 })
  const plain = new Plain(url, schema, most)
  const processes = await Processes.start(workers.processes, url, schema)
  try {
    const stock = stockOf(database)
    const ways: Record<Variant['way'], (load: Load) => Promise<Sample>> = {
      plain: (load) =>
        callFor(load.callers, load.seconds, (name) =>
          plain.reserve(choose(load.choice, load.from, load.to), `${load.prefix}-${name}`),
        ),
      ours: (load) => reserveFor(stock, load),
      processes: (load) => processes.reserve({ ...load, callers: workers.callers }),
    }
    const found = await measureInTurns(ways, {
      cpu,
      pgbench: (seconds) => stick.measure(seconds),
      begin: () => beginNumbers(database),
    })
    print(stick.name, found)
    await proveExact(database, { schema, items, made: found.made })
  } finally {
    await Promise.all([processes.end(), plain.end(), stick.end(), database.close()])
  }
}

interface Found {
  readonly pgbench: Measured
  readonly results: ReadonlyMap<Variant, Measured>
  readonly made: number
}

interface Beside {
  readonly cpu: ServerCpu
  readonly pgbench: (seconds: number) => Promise<Sample>
  readonly begin: () => Promise<void>
}

/** In turns, since others may use the same machine: each variant meets the same weather. The first turn warms up. */
async function measureInTurns(
  ways: Record<Variant['way'], (load: Load) => Promise<Sample>>,
  { cpu, pgbench, begin }: Beside,
): Promise<Found> {
  const yard: Sample[] = []
  const samples = new Map<Variant, Sample[]>(variants.map((variant) => [variant, []]))
  let made = 0
  for (let round = 0; round <= rounds; round += 1) {
    const seconds = round === 0 ? 0.3 : secondsEach
    if (round > 0) yard.push(await costed(cpu, () => pgbench(seconds)))
    for (const [variant, taken] of samples) {
      const { choice, callers, way } = variant
      const prefix = `${round}-${way}-${choice}-${callers}`
      await begin()
      const load = { choice, callers, seconds, prefix, from: 1, to: items }
      const sample = await costed(cpu, () => ways[way](load))
      made += sample.count
      if (round > 0) taken.push(sample)
    }
  }
  const results = new Map([...samples].map(([variant, taken]) => [variant, measured(taken)]))
  return { pgbench: measured(yard), results, made }
}

function print(stick: string, { pgbench, results }: Found): void {
  console.log(
    `\nReservations: two SKUs of ${whole(items)}, one unit each, ${2 * listingsEach} listings depend on them`,
  )
  console.log(`  ${stick}: ${whole(pgbench.rate)}/s   ${spent(pgbench.serverUs)}`)
  const of = (way: Variant['way'], choice: Choice, callers: number): Measured => {
    const one = variants.find((v) => v.way === way && v.choice === choice && v.callers === callers)
    return (one && results.get(one)) ?? measured([])
  }
  for (const [{ name, choice, callers, way }, { rate, p50, p99, serverUs }] of results) {
    const beside = way === 'plain' ? '' : `${times(rate / of('plain', choice, callers).rate)} plain`
    console.log(
      `  ${choice.padEnd(7)}${name.padEnd(24)} ${whole(rate).padStart(7)}/s` +
        `   p50 ${p50.toFixed(2).padStart(6)} ms   p99 ${p99.toFixed(2).padStart(7)} ms` +
        `   ${spent(serverUs)}   ${times(rate / pgbench.rate).padStart(7)} pgbench   ${beside}`,
    )
  }
  for (const choice of ['spread', 'hot'] as const) {
    const { rate, p99 } = of('ours', choice, most)
    const alone = of('ours', choice, 1).p50
    const [overPgbench, overPlain] = [rate / pgbench.rate, rate / of('plain', choice, most).rate]
    const goal = choice === 'spread' ? 6 : 15
    aim(`${choice}, ${most} callers: at least 2 times pgbench`, overPgbench, overPgbench >= 2)
    aim(`${choice}, ${most} callers: at least ${goal} times the plain way`, overPlain, overPlain >= goal)
    aim(`${choice}, ${most} callers: p99 under 10 times the p50 of one caller`, p99 / alone, p99 / alone < 10)
  }
}
