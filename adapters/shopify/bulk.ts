import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
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

/**
 * The operation once it has ended, or as it is after these waits. `null`: its file is gone, or there never was one.
 */
export async function settledBulk(
  shop: Shop,
  context: AdapterContext,
  id: string,
  waitsMs: readonly number[],
): Promise<WireBulkOperation | 'running' | null> {
  for (let waited = 0; ; waited += 1) {
    const { bulkOperation } = await send(shop, context, bulkOperationDocument, { id })
    if (!bulkOperation) return null
    if (!going.has(bulkOperation.status)) {
      if (bulkOperation.status === 'COMPLETED') return bulkOperation
      const { status, errorCode } = bulkOperation
      context.log.warn('a bulk operation of Shopify came to nothing', { status, errorCode: errorCode ?? '' })
      return null
    }
    const waitMs = waitsMs[waited]
    if (waitMs === undefined) return 'running'
    await context.clock.sleep(waitMs, context.signal)
  }
}

export interface BulkPage {
  readonly rows: readonly BulkRow[]
  /** Where the next page begins, in bytes; `null`: this was the last. */
  readonly next: number | null
}

/** Reads the rows of a file from an offset on, a piece at a time. */
export async function readBulk(
  context: AdapterContext,
  { url, fileSize }: WireBulkOperation,
  offset: number,
): Promise<BulkPage> {
  const size = Number(fileSize ?? 0)
  // Nothing was found: there is no file.
  if (!url || offset >= size) return { rows: [], next: null }
  for (let length = pieceBytes; ; length *= 2) {
    const end = Math.min(size, offset + length)
    const { rows, used } = cutRows(await piece(context, url, offset, end), end === size)
    const next = offset + used
    if (rows.length > 0 || end === size) return { rows, next: end === size ? null : next }
    if (length >= largestPiece) {
      throw new StockpoolError('invalid_input', 'a row of a bulk file of Shopify is too large', {
        remedy: 'Set bulkFrom to Infinity: orders are then read page by page.',
      })
    }
  }
}

/** Bytes of the file, from `start` up to `end`. */
async function piece(context: AdapterContext, url: string, start: number, end: number): Promise<Uint8Array> {
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
}
