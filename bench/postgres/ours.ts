import { Pool } from 'pg'
import type { Database } from '../../src/store/database.ts'
import { createStock, type Stock } from '../../src/store/pool.ts'
import { postgres } from '../../src/store/postgres.ts'
import { skuOf } from './fill.ts'
import { callFor, type Sample } from './measure.ts'

/** How the two SKUs of a reservation are chosen: both at random, or the first one always the same. */
export type Choice = 'spread' | 'hot'

export function choose(choice: Choice, from: number, to: number): readonly [string, string] {
  const first = choice === 'hot' ? from : randomOf(from, to)
  for (;;) {
    const second = randomOf(from, to)
    if (second !== first) return [skuOf(first), skuOf(second)]
  }
}

const randomOf = (from: number, to: number): number => from + Math.floor(Math.random() * (to - from + 1))

/** As the docs advise: over a pool whose connections pipeline. */
export const openStore = (url: string, schema: string): Promise<Database> =>
  postgres(new Pool({ connectionString: url, pipeline: true }), { schema, endPool: true }).open()

export const stockOf = (database: Database): Stock =>
  createStock({ database, now: () => new Date().toISOString() })

export interface Load {
  readonly choice: Choice
  readonly callers: number
  readonly seconds: number
  /** Begins every key. */
  readonly prefix: string
  /** The SKUs to choose from, by number. */
  readonly from: number
  readonly to: number
}

/** Reservations by the verb that users call. */
export function reserveFor(stock: Stock, load: Load): Promise<Sample> {
  return callFor(load.callers, load.seconds, async (name) => {
    const lines = choose(load.choice, load.from, load.to).map((sku) => ({ sku, quantity: 1 }))
    const { status } = await stock.reserve(lines, { key: `${load.prefix}-${name}` })
    if (status !== 'reserved') throw new Error(`answered ${status}`)
  })
}
