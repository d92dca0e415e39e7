import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext, ListedListing, ListingPage, UnreadableOrder } from '../../src/spec/index.ts'
import { rowReading } from './listing-report.ts'
import { merchantChannel } from './look.ts'
import type { Settings } from './options.ts'
import { marketplaceOf } from './patch.ts'
import { createReport, getReport, isMade, type Row, reportRows } from './reports.ts'

/** Search gives the first 1,000 SKUs of a seller and no more: everything is in this report alone. */
const reportType = 'GET_MERCHANT_LISTINGS_ALL_DATA'
const pageSize = 5_000
const pollMs = 15_000
const columns = [
  'seller-sku',
  'item-name',
  'quantity',
  'fulfillment-channel',
  'product-id',
  'product-id-type',
] as const

const Cursor = z.object({
  /** Which of the marketplaces. */
  marketplace: z.int().min(0),
  report: z.string(),
  polls: z.int(),
  /** Rows that were given. */
  from: z.int().min(0),
})
type Cursor = z.infer<typeof Cursor>

function readCursor(text: string): Cursor {
  try {
    return Cursor.parse(JSON.parse(text))
  } catch {
    throw new StockpoolError('invalid_input', "this is no cursor of Amazon's listings", { field: 'cursor' })
  }
}

/** The marketplaces that quantities are written in. */
const marketplacesOf = ({ marketplaceIds, listingMarketplaces }: Settings): readonly string[] => [
  ...new Set([marketplaceIds[0] ?? '', ...Object.values(listingMarketplaces)]),
]

/** `product-id-type` of a UPC and of an EAN; 1 is Amazon's own number. */
const barcodeTypes = ['3', '4']

/** One row of the report. @throws StockpoolError `invalid_input` when it has no SKU. */
export function listedOf(row: Row): ListedListing {
  const sku = row['seller-sku']
  if (sku === undefined) throw noSku()
  const reading = rowReading(row)
  const coded = barcodeTypes.includes(row['product-id-type'] ?? '')
  return {
    listing: sku,
    place: '',
    sku,
    title: row['item-name'] ?? '',
    barcode: coded ? (row['product-id'] ?? null) : null,
    quantity: reading?.status === 'shown' ? reading.quantity : null,
    fulfilledBy:
      (row['fulfillment-channel'] ?? merchantChannel) === merchantChannel ? 'merchant' : 'platform',
  }
}

/** One page of everything that the seller lists, the inactive too. Pages without rows come while Amazon makes the report. */
export async function listListings(
  context: AdapterContext,
  settings: Settings,
  text: string | null,
): Promise<ListingPage> {
  if (text === null) return await begun(context, settings, 0)
  const cursor = readCursor(text)
  const made = await getReport(context, settings, cursor.report)
  if (!isMade(made)) {
    if (cursor.polls * pollMs >= settings.reportWaitMs) throw slow(cursor.report)
    await context.clock.sleep(pollMs, context.signal)
    return { listings: [], cursor: JSON.stringify({ ...cursor, polls: cursor.polls + 1 } satisfies Cursor) }
  }
  const marketplace = marketplacesOf(settings)[cursor.marketplace] ?? ''
  const listings: ListedListing[] = []
  const unreadable: UnreadableOrder[] = []
  const from = cursor.from + pageSize
  let count = 0
  let known = false
  for await (const row of reportRows(context, settings, made, columns)) {
    const sku = row['seller-sku']
    known ||= sku !== undefined
    count += 1
    // What follows is another page's.
    if (count > from) break
    if (count <= cursor.from) continue
    if (sku === undefined) unreadable.push({ id: null, error: noSku() })
    else if (marketplaceOf(settings, sku) === marketplace) listings.push(listedOf(row))
  }
  if (count > 0 && !known) throw foreign()
  if (from < count)
    return { listings, unreadable, cursor: JSON.stringify({ ...cursor, from } satisfies Cursor) }
  const next = await begun(context, settings, cursor.marketplace + 1)
  return { listings, unreadable, cursor: next.cursor }
}

/** Asks for the report of a marketplace; no cursor: there is no such one any more. */
async function begun(context: AdapterContext, settings: Settings, marketplace: number): Promise<ListingPage> {
  const id = marketplacesOf(settings)[marketplace]
  if (id === undefined) return { listings: [], cursor: null }
  const report = await createReport(context, settings, { reportType, marketplaceIds: [id] })
  return { listings: [], cursor: JSON.stringify({ marketplace, report, polls: 0, from: 0 } satisfies Cursor) }
}

const noSku = () =>
  new StockpoolError('invalid_input', 'a row of the listing report has no SKU', { field: 'seller-sku' })

const slow = (report: string) =>
  new StockpoolError('unavailable', `Amazon has not made the listing report ${report} yet`, {
    retryAfterMs: 60_000,
    remedy: 'It goes on waiting when it is called again.',
  })

const foreign = () =>
  new StockpoolError(
    'unsupported',
    'Amazon writes the listing report of this marketplace in columns that are not known here',
    {
      remedy: 'Link the listings with hub.listings.link.',
    },
  )
