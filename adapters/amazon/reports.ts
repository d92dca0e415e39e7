import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { ask, segment } from './client.ts'
import { downloadPieces, WireDocument } from './documents.ts'
import type { Settings } from './options.ts'

// Reports API 2021-06-30: a report is asked for, made in Amazon's own time, and then lies as a document.
// https://developer-docs.amazon.com/sp-api/docs/reports-api-v2021-06-30-use-case-guide

/** `processingStatus`: IN_QUEUE, IN_PROGRESS, DONE, CANCELLED (also: there was nothing to report), FATAL. */
export const WireReport = z.object({
  reportId: z.string().min(1),
  processingStatus: z.string(),
  reportDocumentId: z.string().nullish(),
  marketplaceIds: z.array(z.string()).nullish(),
  createdTime: z.string().nullish(),
})
export type WireReport = z.infer<typeof WireReport>

export const ReportsAnswer = z.object({ reports: z.array(WireReport) })

export const ReportAnswer = z.object({ reportId: z.string().min(1) })

const root = '/reports/2021-06-30'

export async function createReport(
  context: AdapterContext,
  settings: Settings,
  body: {
    readonly reportType: string
    readonly marketplaceIds: readonly string[]
    readonly dataStartTime?: string
    readonly dataEndTime?: string
  },
): Promise<string> {
  const { reportId } = await ask(context, settings, {
    operation: 'createReport',
    // Made twice, it is read once.
    effect: 'idempotent',
    method: 'POST',
    path: `${root}/reports`,
    json: body,
    schema: ReportAnswer,
  })
  return reportId
}

/**
 * The newest report of a kind and of this marketplace alone that was asked for since then, and that Amazon has made or is making.
 * Whoever asked for it may have been killed while waiting: Amazon knows of it still. `null`: there is none.
 */
export async function reportSince(
  context: AdapterContext,
  settings: Settings,
  { reportType, marketplaceId, since }: { reportType: string; marketplaceId: string; since: number },
): Promise<string | null> {
  const { reports } = await ask(context, settings, {
    operation: 'getReports',
    effect: 'read',
    method: 'GET',
    path: `${root}/reports`,
    query: {
      reportTypes: [reportType],
      processingStatuses: ['IN_QUEUE', 'IN_PROGRESS', 'DONE'],
      marketplaceIds: [marketplaceId],
      createdSince: new Date(since).toISOString(),
    },
    schema: ReportsAnswer,
  })
  const [newest] = reports
    .filter(({ marketplaceIds }) => marketplaceIds?.length === 1 && marketplaceIds[0] === marketplaceId)
    .toSorted((one, other) => Date.parse(other.createdTime ?? '') - Date.parse(one.createdTime ?? ''))
  return newest?.reportId ?? null
}

export async function getReport(
  context: AdapterContext,
  settings: Settings,
  reportId: string,
): Promise<WireReport> {
  return await ask(context, settings, {
    operation: 'getReport',
    effect: 'read',
    method: 'GET',
    path: `${root}/reports/${segment(reportId)}`,
    schema: WireReport,
  })
}

export const isMade = ({ processingStatus }: WireReport): boolean =>
  !['IN_QUEUE', 'IN_PROGRESS'].includes(processingStatus)

const waitsMs = [5_000, 10_000, 15_000, 30_000]

/** The report once Amazon is done with it, or as it is when `patienceMs` are up. */
export async function awaitReport(
  context: AdapterContext,
  settings: Settings,
  reportId: string,
  patienceMs: number,
): Promise<WireReport> {
  const until = context.clock.now() + patienceMs
  for (let round = 0; ; round += 1) {
    const report = await getReport(context, settings, reportId)
    const waitMs = waitsMs[Math.min(round, waitsMs.length - 1)] ?? 30_000
    if (isMade(report) || context.clock.now() + waitMs > until) return report
    await context.clock.sleep(waitMs, context.signal)
  }
}

/**
 * The rows of a report that is made, of all columns or of some; none when there was nothing to report. One row at a time is held:
 * with their descriptions, a hundred thousand listings are 150 MB.
 * @throws StockpoolError `unavailable` when Amazon could not make it.
 */
export async function* reportRows(
  context: AdapterContext,
  settings: Settings,
  report: WireReport,
  wanted?: readonly string[],
): AsyncGenerator<Row, void> {
  if (report.processingStatus === 'CANCELLED') return
  if (report.processingStatus !== 'DONE' || !report.reportDocumentId) {
    throw new StockpoolError(
      'unavailable',
      `Amazon ended the report ${report.reportId} as ${report.processingStatus}`,
      {
        details: { reportId: report.reportId, status: report.processingStatus },
        remedy: 'It is asked for again. If it ends so each time, check the role that this report needs.',
      },
    )
  }
  const { reportDocumentId: id } = report
  const addressed = () =>
    ask(context, settings, {
      operation: 'getReportDocument',
      effect: 'read',
      method: 'GET',
      path: `${root}/documents/${segment(id)}`,
      schema: WireDocument,
    })
  yield* rowsIn(downloadPieces(context, settings, addressed), wanted)
}

/** One row of a flat file, by the names of its columns in small letters; absent and empty columns are left out. */
export type Row = Readonly<Record<string, string | undefined>>

/**
 * The rows of a flat file that comes in pieces, of all columns or of some. Flat files are separated by tabs and quote nothing: a
 * quotation mark in a title is one. Empty lines are left out.
 */
export async function* rowsIn(
  pieces: AsyncIterable<string>,
  wanted?: readonly string[],
): AsyncGenerator<Row, void> {
  let columns: readonly (readonly [string, number])[] | null = null
  for await (const line of linesIn(pieces)) {
    const cells = line.split('\t')
    if (columns === null) {
      columns = cells
        .map(
          (name, index) =>
            [
              name
                .replace(/^\uFEFF/, '')
                .trim()
                .toLowerCase(),
              index,
            ] as const,
        )
        .filter(([name]) => wanted === undefined || wanted.includes(name))
      continue
    }
    const row: Record<string, string> = {}
    for (const [name, index] of columns) {
      const value = cells[index]?.trim() ?? ''
      if (value !== '') row[name] = value
    }
    yield row
  }
}

async function* linesIn(pieces: AsyncIterable<string>): AsyncGenerator<string, void> {
  let rest = ''
  for await (const piece of pieces) {
    const lines = (rest + piece).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield line
  }
  if (rest.trim() !== '') yield rest
}
