import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import { bulkOperationDocument, bulkRunDocument, type WireBulkOperation } from './bulk-documents.ts'
import { send } from './client.ts'
import { type BulkRow, cutRows } from './jsonl.ts'
import type { Shop } from './options.ts'

/** Where Shopify keeps the files of bulk operations; their addresses are signed, and hold for seven days. */
export const bulkHost = 'storage.googleapis.com'

/** So much of a file is held at once: about 250 orders. A row larger than that doubles it. */
const pieceBytes = 1024 * 1024
const largestPiece = 32 * 1024 * 1024

/** Begins a bulk operation; `null`: Shopify runs as many of this app's as it may, so pages are read instead. */
export async function runBulk(
  shop: Shop,
  context: AdapterContext,
  query: string,
): Promise<WireBulkOperation | null> {
  // Begun twice, the second goes unread: nothing is changed by it.
  const { bulkOperationRunQuery } = await send(
    shop,
    context,
    bulkRunDocument,
    { query },
    { effect: 'idempotent' },
  )
  const [refusal] = bulkOperationRunQuery.userErrors
  if (refusal) context.log.warn('Shopify begins no bulk operation', { code: refusal.code ?? '' })
  return refusal ? null : (bulkOperationRunQuery.bulkOperation ?? null)
}

const going: ReadonlySet<string> = new Set(['CREATED', 'RUNNING', 'CANCELING'])

/** What came of an operation. What there is of one that failed (`partialDataUrl`) is no whole, and is never read. */
export type Settled =
  | { readonly state: 'done'; readonly operation: WireBulkOperation }
  | { readonly state: 'running' }
  /** There is no file (any more); `again`: beginning it once more may help. */
  | { readonly state: 'gone'; readonly again: boolean }

/** An operation that takes longer will hardly end (Shopify states no limit): the hub must not wait for it for ever. */
const stuckAfterMs = 12 * 3_600_000

/** "These errors might be intermittent"; a timeout or a missing scope comes again with the same query (BulkOperationErrorCode). */
const passing = 'INTERNAL_SERVER_ERROR'

/** The operation once it has ended, or as it is after these waits. */
export async function settledBulk(
  shop: Shop,
  context: AdapterContext,
  id: string,
  waitsMs: readonly number[],
): Promise<Settled> {
  for (let waited = 0; ; waited += 1) {
    const { bulkOperation } = await send(shop, context, bulkOperationDocument, { id })
    if (!bulkOperation) return { state: 'gone', again: false }
    const { status, errorCode, createdAt } = bulkOperation
    if (!going.has(status)) {
      if (status === 'COMPLETED') return { state: 'done', operation: bulkOperation }
      context.log.warn('a bulk operation of Shopify came to nothing', { status, errorCode: errorCode ?? '' })
      return { state: 'gone', again: errorCode === passing }
    }
    if (context.clock.now() - Date.parse(createdAt) > stuckAfterMs) {
      context.log.warn('a bulk operation of Shopify does not end', { status })
      return { state: 'gone', again: false }
    }
    const waitMs = waitsMs[waited]
    if (waitMs === undefined) return { state: 'running' }
    await context.clock.sleep(waitMs, context.signal)
  }
}

export interface BulkPage {
  readonly rows: readonly BulkRow[]
  /** Where the next page begins, in bytes; `null`: this was the last. */
  readonly next: number | null
}

/** Reads the rows of a file from an offset on, a piece at a time. `null`: the file is not there any more. */
export async function readBulk(
  context: AdapterContext,
  { url, fileSize }: WireBulkOperation,
  offset: number,
): Promise<BulkPage | null> {
  // Nothing was found: there is no file.
  if (!url) return { rows: [], next: null }
  const size = Number(fileSize ?? Number.NaN)
  // A file of which nobody knows where it ends might be read in part, and taken for the whole.
  if (!(size > 0)) return null
  if (offset >= size) return { rows: [], next: null }
  for (let length = pieceBytes; ; length *= 2) {
    const end = Math.min(size, offset + length)
    const bytes = await piece(context, url, offset, end)
    if (bytes === null) return null
    const { rows, used } = cutRows(bytes, end === size)
    const next = offset + used
    if (rows.length > 0 || end === size) return { rows, next: end === size ? null : next }
    if (length >= largestPiece) {
      throw new StockpoolError('invalid_input', 'a row of a bulk file of Shopify is too large', {
        remedy: 'Set bulkFrom to Infinity: orders are then read page by page.',
      })
    }
  }
}

/** What the file store says of an address that has ended, or of a file that was deleted. */
const ended: ReadonlySet<number> = new Set([403, 404, 410])

/** Bytes of the file, from `start` up to `end`; `null`: it is not there any more. */
async function piece(
  context: AdapterContext,
  url: string,
  start: number,
  end: number,
): Promise<Uint8Array | null> {
  try {
    const { data, status } = await context.http.request({
      operation: 'bulkFile',
      bucket: 'files',
      effect: 'read',
      method: 'GET',
      url,
      headers: { range: `bytes=${start}-${end - 1}` },
      answer: 'bytes',
      schema: z.instanceof(Uint8Array),
    })
    // 200: the whole file, by a server that knows no ranges.
    return status === 206 ? data : data.subarray(start, end)
  } catch (thrown) {
    if (!isStockpoolError(thrown) || !ended.has(Number(thrown.details?.status))) throw thrown
    context.log.warn('the file of a bulk operation of Shopify is not there any more', {
      status: thrown.details?.status,
    })
    return null
  }
}
