import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Told } from './import/importer.ts'
import { type Platform, platforms } from './import/platforms.ts'

const full = { listings: 100_000, orders: 50_000 }
const shares: Readonly<Record<string, readonly number[]>> = { short: [0.002, 0.01], full: [0.1, 1] }

/**
 * A first import of a shop that sells already: hub and simulator in a process each, on one virtual clock. The importing process
 * is killed once, midway, and another goes on. Memory is that of the importing process, at two sizes: what lives in its heap
 * after a collection of garbage, which must not grow with the size, and the most that it ever had of the machine, most of
 * it garbage that node had not yet looked for. Never fails on timing, only when something is missing at the end.
 *
 * By default a tenth of 100,000 listings and 50,000 orders, beside a hundredth; `STOCKPOOL_BENCH=full` takes all of them, beside a
 * tenth; `STOCKPOOL_BENCH=short` a hundredth. `STOCKPOOL_PLATFORMS=Amazon,Meta` takes some.
 */
export default async function benchImport(): Promise<void> {
  const chosen = process.env.STOCKPOOL_PLATFORMS?.split(',')
  const rows: Record<string, unknown>[] = []
  for (const platform of platforms.filter(({ name }) => chosen?.includes(name) ?? true)) {
    for (const share of shares[process.env.STOCKPOOL_BENCH ?? ''] ?? [0.01, 0.1]) {
      rows.push(await importOnce(platform, { listings: full.listings * share, orders: full.orders * share }))
    }
  }
  console.log(
    'Listings and orders a second of real time, with what the importing process waited for the clock.',
  )
  console.table(rows)
}

interface Size {
  readonly listings: number
  readonly orders: number
}

async function importOnce(platform: Platform, size: Size): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), 'stockpool-import-'))
  const file = join(folder, 'pool.db')
  const simulator = fork(program('simulate.ts'), [platform.name, String(size.listings), String(size.orders)])
  try {
    const [started] = (await once(simulator, 'message')) as [{ url: string; options: unknown }]
    const { listings: lists, orders: sells } = facetsOf(platform, started.options)
    const expected = { listings: lists ? size.listings : 0, orders: sells ? size.orders : 0 }
    const args = [platform.name, started.url, file, JSON.stringify(started.options)]
    const half = (told: Told) =>
      lists ? told.listings.read >= size.listings / 2 : told.orders.read >= size.orders / 2
    const killed = await runImporter(platform, args, half)
    const resumed = await runImporter(platform, args, () => false)
    const ran = [killed, resumed]
    const listings = sum(ran.map(({ last }) => last.listings.linked))
    const orders = sum(ran.map(({ last }) => last.orders.placed))
    if (listings !== expected.listings || orders !== expected.orders) {
      throw new Error(
        `${platform.name}: ${listings} listings and ${orders} orders of ${JSON.stringify(expected)}`,
      )
    }
    const perSecond = (count: number, ms: number) => (count === 0 ? '-' : Math.round((count / ms) * 1000))
    return {
      platform: platform.name,
      listings,
      'listings/s': perSecond(listings, sum(ran.map(({ listingsMs }) => listingsMs))),
      orders,
      'orders/s': perSecond(orders, sum(ran.map(({ ordersMs }) => ordersMs))),
      'killed at': lists ? killed.last.listings.linked : killed.last.orders.placed,
      'went on with': lists ? resumed.last.listings.linked : resumed.last.orders.placed,
      'read twice': lists
        ? resumed.last.listings.known
        : resumed.last.orders.read - resumed.last.orders.placed,
      'simulated h': ((resumed.last.at - killed.first.at) / 3_600_000).toFixed(2),
      'live MB': Math.max(...ran.map(({ last }) => last.liveMb)),
      'most MB': Math.max(...ran.map(({ last }) => last.mostMb)),
      'database MB': Math.round(statSync(file).size / 1e6),
    }
  } finally {
    simulator.disconnect()
    rmSync(folder, { recursive: true, force: true })
  }
}

function facetsOf(platform: Platform, options: unknown): { listings: boolean; orders: boolean } {
  const { listings, orders } = platform.connect(options)
  return { listings: listings?.list !== undefined, orders: orders !== undefined }
}

interface Ran {
  readonly first: Told
  readonly last: Told
  /** Real time between the first and the last news of each. */
  readonly listingsMs: number
  readonly ordersMs: number
}

/** Runs until it is done, or until `enough`, which kills it. */
async function runImporter(
  platform: Platform,
  args: readonly string[],
  enough: (told: Told) => boolean,
): Promise<Ran> {
  const child = fork(program('importer.ts'), [...args], { execArgv: ['--expose-gc'] })
  const began = performance.now()
  const news: { told: Told; at: number }[] = []
  let shownAt = began
  child.on('message', (told: Told) => {
    if (child.killed) return
    const at = performance.now()
    news.push({ told, at })
    if (at - shownAt > 2000 || told.done) {
      shownAt = at
      const { listings, orders, mostMb } = told
      console.log(`${platform.name}: ${listings.read} listings, ${orders.read} orders, ${mostMb} MB`)
    }
    if (enough(told)) child.kill('SIGKILL')
  })
  const code = await ended(child)
  const [first] = news
  const last = news.at(-1)
  if (first === undefined || last === undefined || (code !== 0 && !enough(last.told))) {
    throw new Error(`${platform.name}: the importing process ended with ${code}`)
  }
  const lastListing = news.findLast(({ told }) => told.doing === 'listings')?.at ?? began
  return {
    first: first.told,
    last: last.told,
    listingsMs: lastListing - began,
    ordersMs: last.at - lastListing,
  }
}

async function ended(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

const program = (name: string) => fileURLToPath(new URL(`./import/${name}`, import.meta.url))
const sum = (list: readonly number[]) => list.reduce((total, each) => total + each, 0)
