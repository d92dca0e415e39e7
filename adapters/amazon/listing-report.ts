import type { AdapterContext, ListingReading, ListingRef } from '../../src/spec/index.ts'
import { merchantChannel, notKept, placeRefused, readNow } from './look.ts'
import type { Settings } from './options.ts'
import { marketplaceOf } from './patch.ts'
import {
  awaitReport,
  createReport,
  isMade,
  type Row,
  reportRows,
  reportSince,
  type WireReport,
} from './reports.ts'

/** Every listing of a marketplace, the inactive ones too. Search gives only the first 1,000 of a seller's SKUs. */
const reportType = 'GET_MERCHANT_LISTINGS_ALL_DATA'

const columns = ['seller-sku', 'quantity', 'fulfillment-channel']

/**
 * A report that was asked for no longer ago is read in place of a new one: by a process that was killed while it waited, say. What
 * Amazon writes into a new one may be older than that.
 */
const recentMs = 1_800_000

/** What one row of the report shows; `null`: it does not say. */
export function rowReading(row: Row): ListingReading | null {
  const channel = row['fulfillment-channel'] ?? merchantChannel
  if (channel !== merchantChannel) return notKept([channel])
  const quantity = Number(row.quantity)
  // An empty number, of a listing of the merchant's own, is asked for by name.
  if (row.quantity === undefined || !Number.isInteger(quantity) || quantity < 0) return null
  return { status: 'shown', quantity }
}

/**
 * One reading for each ref, from Amazon's own report of each marketplace; what it does not have, or not readably, is asked for
 * by name. `null`: no report in time, or not one with the columns that are known here (some marketplaces translate them).
 */
export async function readByReport(
  context: AdapterContext,
  settings: Settings,
  refs: readonly ListingRef[],
): Promise<readonly ListingReading[] | null> {
  const good = refs.filter(({ place }) => place === '')
  const marketplaces = [...new Set(good.map(({ listing }) => marketplaceOf(settings, listing)))]
  // By the caller's own strings: one of the report's would keep the piece of the report that it was cut from.
  const wanted = new Map(good.map(({ listing }) => [listing, listing]))
  const made = await Promise.all(marketplaces.map((id) => madeReport(context, settings, id)))
  const shown = new Map<string, ListingReading>()
  for (const [index, report] of made.entries()) {
    if (report === null) return null
    let empty = true
    let known = false
    for await (const row of reportRows(context, settings, report, columns)) {
      empty = false
      const sku = row['seller-sku']
      if (sku === undefined) continue
      known = true
      const listing = wanted.get(sku)
      const reading = listing === undefined ? null : rowReading(row)
      if (listing === undefined || reading === null) continue
      if (marketplaceOf(settings, listing) === marketplaces[index]) shown.set(listing, reading)
    }
    if (!empty && !known) return null
  }
  const left = good.filter(({ listing }) => !shown.has(listing))
  const asked = await readNow(context, settings, left, { mayBeOld: true })
  for (const [index, { listing }] of left.entries()) {
    const reading = asked[index]
    if (reading) shown.set(listing, reading)
  }
  return refs.map(({ listing, place }): ListingReading => {
    if (place !== '') return { status: 'failed', error: placeRefused(place) }
    return shown.get(listing) ?? notKept([])
  })
}

async function madeReport(
  context: AdapterContext,
  settings: Settings,
  marketplaceId: string,
): Promise<WireReport | null> {
  const since = context.clock.now() - recentMs
  const id =
    (await reportSince(context, settings, { reportType, marketplaceId, since })) ??
    (await createReport(context, settings, { reportType, marketplaceIds: [marketplaceId] }))
  const report = await awaitReport(context, settings, id, settings.reportWaitMs)
  if (!isMade(report) || report.processingStatus === 'FATAL') {
    const facts = { reportId: id, status: report.processingStatus }
    context.log.warn('Amazon has made no listing report; the listings are asked for one by one', facts)
    return null
  }
  return report
}
