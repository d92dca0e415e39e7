import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { StockpoolError, toStockpoolError } from '../error.ts'
import type { Logger } from '../spec/context.ts'

/**
 * Joins a web-standard handler to node:http. The raw bytes of the body pass through untouched, since signatures hold for
 * nothing else: put it before any body parser.
 */
export function nodeListener(
  handle: (request: Request) => Promise<Response>,
  log: Logger,
): (req: IncomingMessage, res: ServerResponse) => void {
  return (req, res) => {
    const failed = (error: unknown) => {
      log.warn('a webhook could not be taken', { message: toStockpoolError(error).message })
      if (!res.headersSent) res.writeHead(500)
      res.end()
    }
    if (req.readableDidRead) failed(alreadyRead())
    else answer(handle, req, res).catch(failed)
  }
}

/** Without this word for it, every signature would be called wrong. */
const alreadyRead = () =>
  new StockpoolError('unsupported', 'the body was read already: put hub.listener() before any body parser')

async function answer(
  handle: (request: Request) => Promise<Response>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const method = req.method ?? 'GET'
  const headers = new Headers()
  for (const [name, value] of Object.entries(req.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const body = hasBody ? (Readable.toWeb(req) as ReadableStream<Uint8Array>) : null
  const request = new Request(`http://${req.headers.host ?? 'localhost'}${req.url ?? '/'}`, {
    method,
    headers,
    ...(body === null ? {} : { body, duplex: 'half' as const }),
  })
  const response = await handle(request)
  const text = Buffer.from(await response.arrayBuffer())
  res.writeHead(response.status, { ...Object.fromEntries(response.headers), 'content-length': text.length })
  res.end(text)
}
