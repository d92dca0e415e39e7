import { Readable } from 'node:stream'
import { createGunzip, gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { headerOf } from '../../src/http/index.ts'
import type { AdapterContext, HttpAnswer } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'

/** Where a document of a feed or a report lies: an address that is good for five minutes and holds its own signature. */
export const WireDocument = z.object({
  url: z.url(),
  compressionAlgorithm: z.string().nullish(),
})
export type WireDocument = z.infer<typeof WireDocument>

const mostBytes = 512 * 1024 * 1024

const endedStatus = 403

/** S3 answers in XML, and with the address; neither belongs into an error. 403: the address has ended, and asking it again is vain. */
const classifyDocument =
  (retryable: (status: number) => boolean) =>
  (answer: HttpAnswer): StockpoolError | null => {
    if (answer.status < 400) return null
    return new StockpoolError('unavailable', `the store of Amazon's documents answered ${answer.status}`, {
      retryable: retryable(answer.status),
      details: { status: answer.status },
      remedy: 'It is tried again with a new address.',
    })
  }

/**
 * Puts a document where Amazon said, under the very content type that it was announced with, and without any credential:
 * the address is one.
 */
export async function upload(
  context: AdapterContext,
  settings: Settings,
  url: string,
  document: { readonly content: string; readonly type: string },
): Promise<void> {
  await context.http.request({
    operation: 'document',
    effect: 'idempotent',
    method: 'PUT',
    url,
    headers: { 'user-agent': settings.userAgent },
    text: document,
    schema: z.unknown(),
    classify: classifyDocument(() => true),
  })
}

/** A document as it came over the line. */
interface Packed {
  readonly document: WireDocument
  readonly bytes: Uint8Array
  readonly contentType: string
}

/** The text of a document. */
export async function download(
  context: AdapterContext,
  settings: Settings,
  addressed: () => Promise<WireDocument>,
): Promise<string> {
  const { document, bytes, contentType } = await downloaded(context, settings, addressed)
  return textOf(document, bytes, contentType)
}

/** The same in pieces: a report of a hundred thousand listings is 150 MB of text, and four times that when it is made at once. */
export async function* downloadPieces(
  context: AdapterContext,
  settings: Settings,
  addressed: () => Promise<WireDocument>,
): AsyncGenerator<string, void> {
  const { document, bytes, contentType } = await downloaded(context, settings, addressed)
  yield* piecesOf(document, bytes, contentType)
}

/** When its address has ended before it was read, by a new one, once. */
async function downloaded(
  context: AdapterContext,
  settings: Settings,
  addressed: () => Promise<WireDocument>,
): Promise<Packed> {
  try {
    return await downloadOnce(context, settings, await addressed(), (status) => status !== endedStatus)
  } catch (error) {
    if (!isStockpoolError(error, 'unavailable') || error.details?.status !== endedStatus) throw error
    return await downloadOnce(context, settings, await addressed(), () => true)
  }
}

async function downloadOnce(
  context: AdapterContext,
  settings: Settings,
  document: WireDocument,
  retryable: (status: number) => boolean,
): Promise<Packed> {
  const answer = await context.http.request({
    operation: 'document',
    effect: 'read',
    method: 'GET',
    url: document.url,
    headers: { 'user-agent': settings.userAgent },
    answer: 'bytes',
    schema: z.union([z.instanceof(Uint8Array), z.literal('')]),
    classify: classifyDocument(retryable),
  })
  const bytes = answer.data === '' ? new Uint8Array() : answer.data
  return { document, bytes, contentType: headerOf(answer.headers, 'content-type') ?? '' }
}

/** Old report types come in a Windows or Japanese encoding; the answer says in which. */
function decoderFor(contentType: string) {
  const [, charset = 'utf-8'] = /charset=["']?([\w-]+)/i.exec(contentType) ?? []
  return new TextDecoder(charset)
}

const isPacked = ({ compressionAlgorithm }: WireDocument) => compressionAlgorithm === 'GZIP'

/** @throws StockpoolError `invalid_input` when the document is not packed as Amazon says. */
export function textOf(document: WireDocument, bytes: Uint8Array, contentType: string): string {
  try {
    const plain = isPacked(document) ? gunzipSync(bytes, { maxOutputLength: mostBytes }) : bytes
    return decoderFor(contentType).decode(plain)
  } catch (cause) {
    throw notUnpacked(cause)
  }
}

/**
 * The same text in pieces of some ten thousand characters, of which one at a time is held.
 * @throws StockpoolError `invalid_input` when the document is not packed as Amazon says.
 */
export async function* piecesOf(
  document: WireDocument,
  bytes: Uint8Array,
  contentType: string,
): AsyncGenerator<string, void> {
  try {
    const decoder = decoderFor(contentType)
    const parts = Readable.from(partsOf(bytes), { objectMode: false })
    for await (const plain of isPacked(document) ? parts.pipe(createGunzip()) : parts)
      yield decoder.decode(plain, { stream: true })
    yield decoder.decode()
  } catch (cause) {
    throw notUnpacked(cause)
  }
}

const partBytes = 65_536

function* partsOf(bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let start = 0; start < bytes.length; start += partBytes) yield bytes.subarray(start, start + partBytes)
}

const notUnpacked = (cause: unknown) =>
  new StockpoolError('invalid_input', "a document of Amazon's cannot be unpacked", {
    field: 'document',
    retryable: true,
    cause: cause instanceof Error ? cause.name : undefined,
  })
