import type { AdapterContext, ListingReading, ListingRef } from '../../src/spec/index.ts'
import { merchantChannel, notKept, placeRefused, readNow } from './look.ts'
import type { Settings } from './options.ts'
import { marketplaceOf } from './patch.ts'
import { awaitReport, createReport, isMade, type Row, reportText, rowsOf } from './reports.ts'

/** Every listing of a marketplace, the inactive ones too. Search gives only the first 1,000 of a seller's SKUs. */
const reportType = 'GET_MERCHANT_LISTINGS_ALL_DATA'

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
  const reports = await Promise.all(marketplaces.map((id) => tableOf(context, settings, id)))
  const shown = new Map<string, ListingReading>()
  for (const [index, rows] of reports.entries()) {
    if (rows === null) return null
    for (const row of rows) {
      const sku = row['seller-sku']
      const reading = rowReading(row)
      if (sku === undefined || reading === null) continue
      if (marketplaceOf(settings, sku) === marketplaces[index]) shown.set(sku, reading)
    }
  }
  const left = good.filter(({ listing }) => !shown.has(listing))
  const asked = await readNow(context, settings, left)
  for (const [index, { listing }] of left.entries()) {
    const reading = asked[index]
    if (reading) shown.set(listing, reading)
  }
  return refs.map(({ listing, place }): ListingReading => {
    if (place !== '') return { status: 'failed', error: placeRefused(place) }
    return shown.get(listing) ?? notKept([])
  })
}

async function tableOf(
  context: AdapterContext,
  settings: Settings,
  marketplaceId: string,
): Promise<readonly Row[] | null> {
  const id = await createReport(context, settings, { reportType, marketplaceIds: [marketplaceId] })
  const report = await awaitReport(context, settings, id, settings.reportWaitMs)
  if (!isMade(report) || report.processingStatus === 'FATAL') {
    const facts = { reportId: id, status: report.processingStatus }
    context.log.warn('Amazon has made no listing report; the listings are asked for one by one', facts)
    return null
  }
  const text = await reportText(context, settings, report)
  if (text === '') return []
  const rows = rowsOf(text)
  return rows.some((row) => row['seller-sku'] !== undefined) ? rows : null
}
