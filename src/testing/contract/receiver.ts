import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WebhookDelivery } from '../../spec/index.ts'

/** A listener for webhooks that answers 200 and keeps what came. */
export interface Receiver {
  readonly url: string
  readonly deliveries: readonly WebhookDelivery[]
  close(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const deliveries: WebhookDelivery[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : value,
      ]),
    )
    const url = new URL(request.url ?? '/', 'http://127.0.0.1').href
    deliveries.push({ method: request.method ?? 'POST', url, headers, body: Buffer.concat(chunks) })
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    deliveries,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      return closed
    },
  }
}
