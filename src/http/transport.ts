import http from 'node:http'
import https from 'node:https'
import axios, { type AxiosRequestConfig } from 'axios'
import type { Effect } from '../spec/context.ts'
import { TransportFailure } from './failure.ts'
import { isLoopback } from './host.ts'

/** A request with nothing left to decide. */
export interface Prepared {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly effect: Effect
  /** The answer is wanted as bytes. */
  readonly bytes: boolean
}

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string | Uint8Array
}

export interface Transport {
  /** @throws TransportFailure only. */
  send(request: Prepared, signal: AbortSignal): Promise<RawAnswer>
  close(): void
}

export interface TransportOptions {
  readonly timeoutMs: number
  readonly maxResponseBytes: number
}

const keep = (value: unknown) => value

const client = axios.create({
  // One place classifies every status; nothing is followed to where the caller did not ask.
  validateStatus: null,
  maxRedirects: 0,
  responseType: 'text',
  // The body is already serialised, once; axios would parse and serialise it again, or drop what it cannot parse.
  transformRequest: [keep],
  transformResponse: [keep],
  maxBodyLength: Number.POSITIVE_INFINITY,
})

interface Watch {
  connected: boolean
}

/** Notes when a connection stands: before that moment nothing can have reached the server. */
function watched(module: typeof http | typeof https, watch: Watch) {
  return {
    request(options: https.RequestOptions, listener: (message: http.IncomingMessage) => void) {
      const request = module.request(options, listener)
      request.once('socket', (socket) => {
        if (!socket.connecting) watch.connected = true
        else {
          socket.once(module === https ? 'secureConnect' : 'connect', () => {
            watch.connected = true
          })
        }
      })
      return request
    },
  }
}

function failureOf(error: unknown, watch: Watch, timedOut: boolean, aborted: boolean): TransportFailure {
  const code =
    typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
      ? error.code
      : 'NO_ANSWER'
  const message = error instanceof Error ? error.message : ''
  if (timedOut) return new TransportFailure('timeout', 'TIMEOUT', watch.connected)
  if (aborted) return new TransportFailure('aborted', 'ABORTED', watch.connected)
  if (message.startsWith('maxContentLength')) return new TransportFailure('too_large', 'TOO_LARGE', true)
  return new TransportFailure('network', code, watch.connected)
}

/** axios with keep-alive agents, and nothing of axios seen from outside. Only ever imported by the first request. */
export function createTransport(options: TransportOptions): Transport {
  const agents = { keepAlive: true, maxFreeSockets: 16 }
  const httpAgent = new http.Agent(agents)
  const httpsAgent = new https.Agent(agents)
  // A kept connection may be closed by the server in the very moment it is used, which looks like a lost answer. What
  // must not be repeated goes over a fresh one, so that it does not end in doubt for nothing.
  const freshHttp = new http.Agent({ keepAlive: false })
  const freshHttps = new https.Agent({ keepAlive: false })

  return {
    async send(request, signal) {
      const watch: Watch = { connected: false }
      const attempt = new AbortController()
      let timedOut = false
      const stop = () => attempt.abort()
      if (signal.aborted) throw new TransportFailure('aborted', 'ABORTED', false)
      signal.addEventListener('abort', stop, { once: true })
      // Real time even under a test clock: this bounds real input and output.
      const timer = setTimeout(() => {
        timedOut = true
        attempt.abort()
      }, options.timeoutMs)
      try {
        const { url } = request
        const fresh = request.effect === 'once'
        const config: AxiosRequestConfig & { transport: unknown } = {
          method: request.method,
          url: url.href,
          // Without a body axios would still say that it is a form; `false` keeps it from that.
          headers:
            request.body === undefined
              ? { 'content-type': false, ...request.headers }
              : { ...request.headers },
          data: request.body,
          responseType: request.bytes ? 'arraybuffer' : 'text',
          signal: attempt.signal,
          httpAgent: fresh ? freshHttp : httpAgent,
          httpsAgent: fresh ? freshHttps : httpsAgent,
          maxContentLength: options.maxResponseBytes,
          transport: watched(url.protocol === 'https:' ? https : http, watch),
        }
        if (isLoopback(url.hostname)) config.proxy = false
        const answer = await client.request<string | Uint8Array>(config)
        return { status: answer.status, headers: plainHeaders(answer.headers), body: answer.data ?? '' }
      } catch (error) {
        throw failureOf(error, watch, timedOut, signal.aborted)
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
      }
    },
    close() {
      for (const agent of [httpAgent, httpsAgent, freshHttp, freshHttps]) agent.destroy()
    },
  }
}

/** node:http gives lower-case names already. */
function plainHeaders(headers: object): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') plain[name] = value
    else if (Array.isArray(value)) plain[name] = value.join(', ')
  }
  return plain
}
