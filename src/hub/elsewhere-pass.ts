import { Quantity, Sku } from '../model/ids.ts'
import type { StockReading } from '../spec/fulfillment.ts'
import { writeCursor } from '../store/connections.ts'
import {
  type ElsewhereReading,
  forgetUnread,
  putPlaces,
  putReadings,
  type StockElsewhere,
  stockElsewhere,
} from '../store/elsewhere.ts'
import { checked } from '../store/input.ts'
import { samePage } from './providers-pass.ts'
import { commit, type Pass, type Runtime } from './runtime.ts'

/**
 * Reads the stock that a platform keeps and sells by itself. It is shown, and nothing else: no number, route or reservation may
 * rest on it, so it never becomes a location of the pool.
 */
export async function readElsewhere(pass: Pass): Promise<void> {
  const { name, run } = pass
  const facet = pass.connection.platformStock
  if (!facet) return
  const began = run.at()
  const places = await facet.locations(pass.context)
  await commit(pass, (tx) => putPlaces(tx, name, places))
  const cursors = new Set<string>()
  let cursor: string | null = null
  do {
    pass.signal.throwIfAborted()
    const page: Awaited<ReturnType<typeof facet.stock>> = await facet.stock(pass.context, {
      skus: null,
      cursor,
    })
    cursor = page.cursor
    if (cursor !== null && cursors.has(cursor)) throw samePage('stock')
    if (cursor !== null) cursors.add(cursor)
    const readings = page.readings.flatMap((one) => readable(pass, one))
    await commit(pass, (tx) => putReadings(tx, name, readings, began))
    pass.report.stockReadings += readings.length
  } while (cursor !== null)
  await commit(pass, async (tx) => {
    await forgetUnread(tx, name, began)
    await writeCursor(tx, name, 'platform-stock', { value: null, completeUntil: null, ranAt: run.at() })
  })
}

function readable(pass: Pass, reading: StockReading): ElsewhereReading[] {
  const { sku, location: place, quantity, basis, asOf } = reading
  const time = new Date(asOf)
  if (Sku.safeParse(sku).success && Quantity.safeParse(quantity).success && !Number.isNaN(time.getTime()))
    return [{ sku, place, quantity, basis, asOf: time.toISOString() }]
  const message = `the reading of ${sku} at ${place} makes no sense`
  pass.report.errors.push({ doing: 'reading platform stock', code: 'invalid_input', message })
  return []
}

/**
 * What platforms keep of a SKU by themselves (Amazon FBA, TikTok FBT), with its age; empty when none does. It is not part of
 * `hub.stock.get`.
 */
export async function elsewhere(run: Runtime, sku: string): Promise<StockElsewhere[]> {
  const known = checked(Sku, sku, 'sku')
  return run.database.read((tx) => stockElsewhere(tx, [known], run.clock.now()))
}
