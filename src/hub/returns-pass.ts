import { StockpoolError, toStockpoolError } from '../error.ts'
import type { Return } from '../model/return.ts'
import type { ReturnReport } from '../order/index.ts'
import type { ProviderReturn } from '../spec/fulfillment.ts'
import type { UnreadableOrder } from '../spec/orders.ts'
import { readCursor, writeCursor } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { enqueue, type Job } from '../store/jobs.ts'
import { keepPayload } from '../store/orders.ts'
import { applyReturn, type ReturnSource } from '../store/return-rows.ts'
import { getSubmission } from '../store/submissions.ts'
import { noteReadable, noteUnreadableReturn } from '../store/unreadable.ts'
import { samePage } from './providers-pass.ts'
import { allDone, commit, type Pass } from './runtime.ts'

/** Reads the returns of a channel that changed, page by page; the cursor moves only after a page is stored. */
export async function readReturns(pass: Pass): Promise<void> {
  const facet = pass.connection.returns
  if (!facet) return
  await readPages(
    pass,
    'returns',
    (cursor) => facet.read(pass.context, cursor),
    (one: Return) => (tx) => takeReturn(pass, tx, one),
  )
}

/**
 * Reads what came back to a provider, tied to the order by our reference. Only kept and told: the units themselves come into
 * the pool by the provider's own reading of its stock, and a movement here would count them a second time.
 */
export async function readProviderReturns(pass: Pass): Promise<void> {
  const facet = pass.connection.fulfillment
  const { returns } = facet ?? {}
  if (!returns) return
  await readPages(
    pass,
    'provider-returns',
    (cursor) => returns.call(facet, pass.context, cursor),
    (one: ProviderReturn) => (tx) => takeProviderReturn(pass, tx, one),
  )
}

interface Page<Row> {
  readonly returns: readonly Row[]
  readonly unreadable?: readonly UnreadableOrder[]
  readonly cursor: string
  readonly more: boolean
}

async function readPages<Row extends { readonly id: string }>(
  pass: Pass,
  duty: 'returns' | 'provider-returns',
  read: (cursor: string | null) => Promise<Page<Row>>,
  take: (one: Row) => (tx: Transaction) => Promise<void>,
): Promise<void> {
  let { value } = await pass.run.database.read((tx) => readCursor(tx, pass.name, duty))
  for (;;) {
    pass.signal.throwIfAborted()
    const page = await read(value)
    await allDone(page.returns.map((one) => store(pass, one.id, take(one))))
    for (const { id, error } of page.unreadable ?? []) await setApart(pass, id, error)
    if (page.more && page.cursor === value) throw samePage('return')
    value = page.cursor
    const ranAt = page.more ? null : pass.run.at()
    await commit(pass, (tx) => writeCursor(tx, pass.name, duty, { value, completeUntil: null, ranAt }))
    if (!page.more) return
  }
}

/** A return that cannot be stored gets a job of its own and does not stop the others. */
async function store(pass: Pass, id: string, take: (tx: Transaction) => Promise<void>): Promise<void> {
  try {
    await commit(pass, take)
    pass.report.returnsRead++
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    if (error.code === 'lease_lost' || error.code === 'database') throw error
    const { code, message } = error
    pass.report.errors.push({ doing: `storing return ${id}`, code, message })
    await commit(pass, (tx) => enqueue(tx, fetchJob(pass, id)))
  }
}

/** Stores what a channel tells of a return with everything that follows from it. */
async function takeReturn(pass: Pass, tx: Transaction, one: Return): Promise<void> {
  const { id, order, status, rawStatus, updatedAt, wants, respondBy, trackingNumber } = one
  const report: ReturnReport = {
    id,
    order: { connection: pass.name, id: order },
    status,
    rawStatus,
    updatedAt,
    wants,
    respondBy,
    trackingNumber,
    lines: one.lines.map(({ line, expected, received, dispositions }) => {
      return { name: line, expected, received, wanted: null, dispositions, pictures: [] }
    }),
  }
  const reasons = Object.fromEntries(one.lines.map(({ line, reason }) => [line, reason]))
  await takeReport(pass, tx, 'channel', report, { raw: one.raw ?? null, reasons })
}

/** The same for a provider; a reference that is none of ours is left alone. */
async function takeProviderReturn(pass: Pass, tx: Transaction, one: ProviderReturn): Promise<void> {
  const { id, reference, status, rawStatus, trackingNumber } = one
  const submission = reference === null ? null : await getSubmission(tx, pass.name, reference)
  if (reference !== null && submission === null) return
  const report: ReturnReport = {
    id,
    order: submission === null ? null : { connection: submission.connection, id: submission.order },
    status,
    rawStatus,
    updatedAt: new Date(one.updatedAt).toISOString(),
    wants: 'unknown',
    respondBy: null,
    trackingNumber,
    lines: one.lines.map(({ sku, expected, received, wanted, dispositions, pictures }) => {
      return { name: sku, expected, received, wanted, dispositions, pictures }
    }),
  }
  await takeReport(pass, tx, 'provider', report, { raw: one.raw ?? null, reasons: {} })
}

/** What of a return may name the buyer. */
export interface ReturnPayload {
  readonly raw: unknown
  /** Often in the buyer's own words, by line. */
  readonly reasons: Readonly<Record<string, string | null>>
}

async function takeReport(
  pass: Pass,
  tx: Transaction,
  source: ReturnSource,
  report: ReturnReport,
  payload: ReturnPayload,
): Promise<void> {
  const { run, name: connection } = pass
  const { changed, newest, order } = await applyReturn(tx, { connection, source, report, at: run.at() })
  await noteReadable(tx, 'return.fetch', `${connection}/${report.id}`)
  if (!changed || !newest || order === null) return
  await keepPayload(tx, {
    connection: order.connection,
    order: order.id,
    of: 'returns',
    provider: connection,
    reference: payloadKey(source, report.id),
    raw: payload,
    protect: run.vault.protect,
  })
}

/** A connection that sells and stores has two books of returns. */
export const payloadKey = (source: ReturnSource, id: string): string => `${source}/${id}`

/** Reads one return afresh: a webhook hinted at it, it was answered, or it could not be read or stored. */
export async function fetchReturn(pass: Pass, job: Job): Promise<void> {
  const id = job.payload.return ?? ''
  const { returns } = pass.connection
  if (!returns?.get) {
    const message = `${pass.name} gives returns by its list only`
    const remedy =
      'Look at it on the platform; when the list has it again, readable, this job goes by itself.'
    throw new StockpoolError('unsupported', message, { field: 'return', remedy })
  }
  const found = await returns.get(pass.context, id)
  if (found === null) return
  await commit(pass, (tx) => takeReturn(pass, tx, found))
  pass.report.returnsRead++
}

export const fetchJob = ({ name, run }: Pick<Pass, 'name' | 'run'>, id: string) =>
  ({
    connection: name,
    kind: 'return.fetch',
    key: `${name}/${id}`,
    payload: { return: id },
    at: run.at(),
  }) as const

/** A return that could not be read gets a job that reads it alone, and a person is told. Only then may the cursor move on. */
async function setApart(pass: Pass, id: string | null, error: StockpoolError): Promise<void> {
  const { code, message, field } = error
  if (id !== null) {
    const where = field === undefined ? '' : ` (${field})`
    const reason = `${pass.name}: the return cannot be read${where}: ${message}`
    if (!(await commit(pass, (tx) => noteUnreadableReturn(tx, { job: fetchJob(pass, id), reason })))) return
  }
  pass.report.errors.push({ doing: `reading return ${id ?? '(its id cannot be read)'}`, code, message })
  pass.run.log.warn('a return cannot be read', { connection: pass.name, return: id, code, field, message })
}
