import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { failed, instant, invalidInput, listOf } from './answers.ts'
import type { ReturnRequest, World } from './world.ts'

export interface Report {
  readonly id: string
  readonly type: string
  readonly marketplaceIds: readonly string[]
  readonly from: number
  readonly until: number
  readonly createdAt: number
  status: 'IN_QUEUE' | 'IN_PROGRESS' | 'DONE' | 'CANCELLED' | 'FATAL'
  endedAt: number | null
  document: string | null
}

type Maker = (world: World, report: Report) => string

const makers: Readonly<Record<string, Maker>> = {
  GET_MERCHANT_LISTINGS_ALL_DATA: listingsReport,
  GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE: returnsReport,
}

const instantText = z.iso.datetime({ offset: true })
const Create = z.object({
  reportType: z.string(),
  marketplaceIds: z.array(z.string()).min(1).max(25),
  dataStartTime: instantText.optional(),
  dataEndTime: instantText.optional(),
})

/** POST /reports/2021-06-30/reports */
export function createReport(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const parsed = Create.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  const { reportType, marketplaceIds, dataStartTime, dataEndTime } = parsed.data
  const make = makers[reportType]
  if (!make) return invalidInput(`reportType ${reportType}`)
  const report: Report = {
    id: world.random.text(11, '123456789'),
    type: reportType,
    marketplaceIds,
    from: dataStartTime === undefined ? now - 86_400_000 : Date.parse(dataStartTime),
    until: dataEndTime === undefined ? now : Date.parse(dataEndTime),
    createdAt: now,
    status: 'IN_QUEUE',
    endedAt: null,
    document: null,
  }
  if (report.until - report.from > 60 * 86_400_000 + 60_000)
    return invalidInput('the report covers at most 60 days')
  world.reports.set(report.id, report)
  const fatal = request.fault('accepted_not_applied') !== null
  world.later(now + world.options.reportMs, (at) => finish(world, report, fatal ? null : make, at))
  return reply(202, { reportId: report.id })
}

function finish(world: World, report: Report, make: Maker | null, at: number): void {
  const text = make === null ? '' : make(world, report)
  report.endedAt = at
  // A report without a row is cancelled.
  const empty = text.split('\n').length < 2
  report.status = make === null ? 'FATAL' : empty ? 'CANCELLED' : 'DONE'
  if (report.status === 'DONE')
    report.document = world.documents.keep(text, 'text/tab-separated-values;charset=UTF-8')
  world.tell('REPORT_PROCESSING_FINISHED', at, {
    reportProcessingFinishedNotification: {
      sellerId: world.options.sellerId,
      accountId: `amzn1.merchant.o.${world.options.sellerId}`,
      reportId: report.id,
      reportType: report.type,
      processingStatus: report.status,
      ...(report.document === null ? {} : { reportDocumentId: report.document }),
    },
  })
}

/** GET /reports/2021-06-30/reports/{reportId} */
export function getReport(world: World, id: string): SimulatorReply {
  world.settle()
  const report = world.reports.get(id)
  return report ? reply(200, onWire(report)) : failed(404, 'NotFound', 'Report not found')
}

/** GET /reports/2021-06-30/reports */
export function getReports(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const types = listOf(request.query, 'reportTypes')
  if (types === null) return invalidInput('reportTypes, or a nextToken alone, is needed')
  const statuses = listOf(request.query, 'processingStatuses')
  const marketplaces = listOf(request.query, 'marketplaceIds')
  const since = request.query.get('createdSince')
  const reports = [...world.reports.values()]
    .filter(({ type }) => types.includes(type))
    .filter(({ status }) => statuses === null || statuses.includes(status))
    // Those that match at least one of them.
    .filter(
      ({ marketplaceIds }) => marketplaces === null || marketplaceIds.some((id) => marketplaces.includes(id)),
    )
    .filter(({ createdAt }) => since === null || createdAt >= Date.parse(since))
    .sort((one, other) => other.createdAt - one.createdAt)
  return reply(200, { reports: reports.slice(0, Number(request.query.get('pageSize') ?? 10)).map(onWire) })
}

/** GET /reports/2021-06-30/documents/{reportDocumentId} */
export function getReportDocument(world: World, id: string): SimulatorReply {
  world.settle()
  const offered = world.documents.offer(id)
  return offered
    ? reply(200, { reportDocumentId: id, ...offered })
    : failed(404, 'NotFound', 'Document not found')
}

function onWire(report: Report): unknown {
  return {
    reportId: report.id,
    reportType: report.type,
    marketplaceIds: report.marketplaceIds,
    dataStartTime: instant(report.from),
    dataEndTime: instant(report.until),
    createdTime: instant(report.createdAt),
    processingStatus: report.status,
    ...(report.endedAt === null ? {} : { processingEndTime: instant(report.endedAt) }),
    ...(report.document === null ? {} : { reportDocumentId: report.document }),
  }
}

const table = (head: readonly string[], rows: readonly (readonly unknown[])[]) =>
  [head, ...rows]
    .map((cells) => cells.map((cell) => String(cell ?? '').replace(/[\t\n]/g, ' ')).join('\t'))
    .join('\n')

const listingColumns = [
  'item-name', 'item-description', 'listing-id', 'seller-sku', 'price', 'quantity', 'open-date', 'product-id-type', 'asin1',
  'product-id',
  'fulfillment-channel', 'status',
] // biome-ignore format: a list reads better packed

function listingsReport(world: World, report: Report): string {
  const listings = [...world.listings.values()].filter(({ marketplaceId }) =>
    report.marketplaceIds.includes(marketplaceId),
  )
  return table(
    listingColumns,
    listings.map((listing) => {
      const [entry] = listing.availability
      const own = entry?.fulfillment_channel_code === 'DEFAULT'
      return [
        listing.title, '', listing.asin, listing.sku, listing.price?.amount, own ? (entry.quantity ?? 0) : '',
        instant(listing.createdAt), '1', listing.asin, listing.asin, entry?.fulfillment_channel_code,
        own && (entry.quantity ?? 0) > 0 ? 'Active' : 'Inactive',
      ] // biome-ignore format: in the order of the columns
    }),
  )
}

const returnColumns = [
  'Order ID', 'Order date', 'Return request date', 'Return request status', 'Amazon RMA ID', 'Merchant RMA ID',
  'Label type', 'Label cost', 'Currency code', 'Return carrier', 'Tracking ID', 'Label to be paid by', 'A-to-Z Claim',
  'Is prime', 'ASIN', 'Merchant SKU', 'Item Name', 'Return quantity', 'Return Reason', 'In policy', 'Return type',
  'Resolution', 'Invoice number', 'Return delivery date', 'Order Amount', 'Order quantity', 'Refunded Amount',
] // biome-ignore format: a list reads better packed

const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `05-Jan-2026`, as this report writes days. */
function day(ms: number | null): string {
  if (ms === null) return ''
  const at = new Date(ms)
  return `${String(at.getUTCDate()).padStart(2, '0')}-${monthNames[at.getUTCMonth()]}-${at.getUTCFullYear()}`
}

function returnsReport(world: World, report: Report): string {
  const named = world.options.returnsNameItems
  const wanted = world.returns.filter(({ askedAt }) => askedAt >= report.from && askedAt <= report.until)
  const rows = wanted.flatMap((each) => each.lines.map((line) => returnRow(world, each, line, named)))
  return table(named ? [...returnColumns, 'Order Item ID'] : returnColumns, rows)
}

function returnRow(
  world: World,
  each: ReturnRequest,
  line: ReturnRequest['lines'][number],
  named: boolean,
): readonly unknown[] {
  const order = world.orders.get(each.order)
  const listing = world.listings.get(line.sku)
  const refunded =
    order?.refunds.filter((one) => one.line === line.id).reduce((sum, one) => sum + one.amount, 0) ?? 0
  return [
    each.order, day(order?.createdAt ?? null), day(each.askedAt), each.status, each.rma, '',
    'AmazonUnPaidLabel', '0.00', 'USD', each.tracking === null ? '' : 'USPS', each.tracking, 'Customer', 'N',
    'N', listing?.asin, line.sku, listing?.title, line.quantity, line.reason, 'Y', 'C-Returns',
    each.resolution, '', day(each.deliveredAt), listing?.price?.amount, line.quantity, (refunded / 100).toFixed(2),
    ...(named ? [line.id] : []),
  ] // biome-ignore format: in the order of the columns
}
