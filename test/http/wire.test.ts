import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { StockpoolError } from '../../src/error.ts'
import { assertHost, createHttpClient, type HttpClientOptions } from '../../src/http/index.ts'
import type { Effect } from '../../src/spec/context.ts'
import { StrictServer } from './strict-server.ts'

/** Over real sockets: what a mock of node:http cannot show. */

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, count: number) => void

async function setUp(handler: Handler, options: Partial<HttpClientOptions> = {}) {
  const sockets = new Set<Socket>()
  let count = 0
  const server = http.createServer((request, response) => {
    sockets.add(request.socket)
    count += 1
    handler(request, response, count)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = createHttpClient({
    connection: 'web',
    hosts: [`127.0.0.1:${port}`],
    random: () => 0,
    timeoutMs: 5_000,
    ...options,
  })
  closing.push(() => {
    client.close()
    server.closeAllConnections()
    server.close()
  })
  const request = (effect: Effect) => ({
    operation: 'op',
    effect,
    method: 'POST' as const,
    url: `http://127.0.0.1:${port}/`,
    json: { a: 1 },
    schema: z.object({ ok: z.literal(true) }),
  })
  const send = (effect: Effect = 'read') => client.request(request(effect))
  const fails = (effect: Effect): Promise<StockpoolError> =>
    send(effect).then(
      () => expect.fail('it succeeded'),
      (error) => error,
    )
  return { client, server, sockets, request, send, fails, counted: () => count }
}

const ok: Handler = (request, response) => {
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{"ok":true}'))
}
/** Destroyed after the whole request was read: the effect may have happened. */
const dropped: Handler = (request) => {
  request.resume().on('end', () => request.socket.destroy())
}
const hung: Handler = (request) => void request.resume()

describe('over real sockets', () => {
  it('keeps connections, and opens a fresh one for what must not be repeated', async () => {
    const { send, sockets } = await setUp(ok)
    await send()
    await send('idempotent')
    expect(sockets.size).toBe(1)
    await send('once')
    expect(sockets.size).toBe(2)
  })

  it.each(['read', 'idempotent'] as const)('repeats a %s after a dropped connection', async (effect) => {
    const { send, counted } = await setUp((...call) => (call[2] < 3 ? dropped : ok)(...call))
    expect((await send(effect)).data).toEqual({ ok: true })
    expect(counted()).toBe(3)
  })

  it('repeats a read after a timeout', async () => {
    const { send, counted } = await setUp((...call) => (call[2] < 2 ? hung : ok)(...call), { timeoutMs: 200 })
    await send('read')
    expect(counted()).toBe(2)
  })

  it('gives up on a server that hangs, saying so', async () => {
    const { fails } = await setUp(hung, { timeoutMs: 100, maxAttempts: 2 })
    const error = await fails('read')
    expect(error).toMatchObject({ code: 'unavailable', retryable: true })
    expect(error.message).toBe('web: op: not answered in time')
  })

  it('bounds the whole answer, not only the silence between its pieces', async () => {
    const { fails } = await setUp(
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        const timer = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(timer))
      },
      { timeoutMs: 300, maxAttempts: 1 },
    )
    expect((await fails('read')).message).toMatch(/not answered in time/)
  })

  it.each([
    ['the connection breaks', dropped],
    ['nobody answers', hung],
    [
      'the answer breaks off',
      (request: http.IncomingMessage, response: http.ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '11' })
        response.write('{"ok"')
        setTimeout(() => request.socket.destroy(), 20)
      },
    ],
  ])('leaves a `once` in doubt when %s', async (_name, handler) => {
    const { fails, counted } = await setUp(handler, { timeoutMs: 200 })
    const error = await fails('once')
    expect(error).toMatchObject({ code: 'unknown_outcome', retryable: true })
    expect(counted()).toBe(1)
  })

  it('repeats a `once` that found nobody listening', async () => {
    const { client, server, request, counted } = await setUp(ok, {
      maxAttempts: 3,
      on: (event) => {
        if (event.type === 'failed' && event.attempt === 2) server.listen(port, '127.0.0.1')
      },
    })
    const { port } = server.address() as AddressInfo
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    expect((await client.request(request('once'))).data.ok).toBe(true)
    expect(counted()).toBe(1)
  })

  it('tells a `once` that never got through from one in doubt', async () => {
    const { client, server, request } = await setUp(ok, { maxAttempts: 2 })
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await expect(client.request(request('once'))).rejects.toMatchObject({
      code: 'unavailable',
      message: 'web: op: no connection: ECONNREFUSED',
    })
  })

  it('ends a request under way by the signal: a read as aborted, a `once` in doubt', async () => {
    const controller = new AbortController()
    const { fails } = await setUp(
      (request) => {
        request.resume()
        setTimeout(() => controller.abort(), 20)
      },
      { signal: controller.signal },
    )
    const [read, once] = await Promise.all([fails('read'), fails('once')])
    expect(read.code).toBe('aborted')
    expect(once).toMatchObject({ code: 'unknown_outcome' })
  })

  it('unpacks compressed answers and bounds what comes out of them', async () => {
    const { gzipSync } = await import('node:zlib')
    const body = gzipSync(JSON.stringify({ ok: true, filler: 'x'.repeat(500_000) }))
    const handler: Handler = (request, response) => {
      request.resume()
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body)
    }
    expect((await (await setUp(handler)).send()).data).toEqual({ ok: true })
    const bounded = await setUp(handler, { maxResponseBytes: 100_000 })
    expect(await bounded.fails('read')).toMatchObject({ code: 'invalid_input', field: 'body' })
  })

  it('sends the exact bytes of the JSON, with their length', async () => {
    let raw = ''
    let length = ''
    const { client, request } = await setUp((message, response) => {
      length = message.headers['content-length'] ?? ''
      message.on('data', (chunk) => {
        raw += chunk
      })
      message.on('end', () => response.end('{"ok":true}'))
    })
    await client.request({ ...request('read'), json: { ü: null, n: 1.0 } })
    expect(raw).toBe('{"ü":null,"n":1}')
    expect(length).toBe(String(Buffer.byteLength(raw)))
  })

  it('names no content type where there is no content', async () => {
    const seen: http.IncomingHttpHeaders[] = []
    const { client, request } = await setUp((incoming, response) => {
      seen.push(incoming.headers)
      response.end('{"ok":true}')
    })
    const { json: _, ...bodyless } = request('idempotent')
    await client.request(bodyless)
    expect(seen[0]?.['content-type']).toBeUndefined()
  })

  it('is never refused by a strict limit, and does not dawdle', async () => {
    const limit = { rate: 40, burst: 20 }
    const strict = new StrictServer(limit.rate, limit.burst)
    const { send } = await setUp(
      (request, response, count) => {
        if (strict.arrive(performance.now(), 1)) return ok(request, response, count)
        response.writeHead(429).end()
      },
      { limits: { op: limit } },
    )
    const startedAt = performance.now()
    await Promise.all(Array.from({ length: 80 }, () => send()))
    const tookMs = performance.now() - startedAt
    expect(strict.refused).toBe(0)
    // 60 tokens beyond the burst are 1.5 s.
    expect(tookMs).toBeGreaterThan(1_450)
    expect(tookMs).toBeLessThan(4_000)
  })
})

describe("a body of the adapter's own making", () => {
  const echo: Handler = (request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const { method, url, headers } = request
      const said = { ok: true, method, url, headers, body: Buffer.concat(parts).toString() }
      response.setHeader('content-type', 'application/json').end(JSON.stringify(said))
    })
  }
  const schema = z.object({ url: z.string(), headers: z.record(z.string(), z.string()), body: z.string() })

  it('is sent byte for byte under its own content type', async () => {
    const { client, request } = await setUp(echo)
    const { json: _json, ...rest } = request('once')
    const text = { content: '<Ack a="é">\n</Ack>', type: 'text/xml' }
    const { data } = await client.request({ ...rest, text, schema })
    expect(data.body).toBe(text.content)
    expect(data.headers['content-type']).toBe('text/xml')
  })

  it('is signed at each attempt, over what leaves, by the clock of that moment', async () => {
    let now = 1_000
    const sleep = async (ms: number) => {
      now += ms
    }
    const clock = { now: () => now, sleep }
    const flaky: Handler = (request, response, count) => {
      if (count > 1) return echo(request, response, count)
      request.resume().on('end', () => response.writeHead(503, { 'retry-after': '7' }).end())
    }
    const { client, request } = await setUp(flaky, { clock })
    const seen: string[] = []
    const { data } = await client.request({
      ...request('read'),
      query: { a: 'b c' },
      schema,
      sign: ({ method, url, headers, body, at }) => {
        seen.push(`${method} ${url.pathname}${url.search} ${headers['content-type']} ${body} ${at}`)
        return { query: { timestamp: String(at) }, headers: { 'x-sign': `s${at}` } }
      },
    })
    expect(seen).toEqual([
      'POST /?a=b%20c application/json {"a":1} 1000',
      'POST /?a=b%20c application/json {"a":1} 8000',
    ])
    expect(data.url).toBe('/?a=b%20c&timestamp=8000')
    expect(data.headers['x-sign']).toBe('s8000')
  })

  it('a signature that cannot be made sends nothing', async () => {
    const { client, request, counted } = await setUp(echo)
    const sign = () => {
      throw new Error('no key')
    }
    await expect(client.request({ ...request('once'), schema, sign })).rejects.toMatchObject({
      code: 'internal',
    })
    expect(counted()).toBe(0)
  })
})

describe('an answer in bytes', () => {
  it('is given as it came, and a refusal stays readable', async () => {
    const pdf = Uint8Array.of(37, 80, 68, 70, 0, 255, 10)
    const { client, request } = await setUp((incoming, response, count) => {
      incoming.resume().on('end', () => {
        if (count === 1) response.writeHead(200, { 'content-type': 'application/pdf' }).end(pdf)
        else response.writeHead(403, { 'content-type': 'application/json' }).end('{"code":"NO"}')
      })
    })
    const schema = z.instanceof(Uint8Array)
    const { data } = await client.request({ ...request('read'), answer: 'bytes', schema })
    expect(Buffer.from(data)).toEqual(Buffer.from(pdf))
    const bodies: unknown[] = []
    const classify = ({ body }: { body: unknown }) => {
      bodies.push(body)
      return null
    }
    await expect(client.request({ ...request('read'), answer: 'bytes', schema, classify })).rejects.toThrow()
    expect(bodies).toEqual([{ code: 'NO' }])
  })
})

describe('hosts below a name', () => {
  it('are named by *., never the name alone, another ending, or plain http', () => {
    const hosts = ['*.amazonaws.com']
    const url = 'https://reports.s3.us-east-1.amazonaws.com/a?b=c'
    expect(assertHost(url, hosts).host).toBe('reports.s3.us-east-1.amazonaws.com')
    for (const other of ['https://amazonaws.com/', 'https://evilamazonaws.com/', 'http://a.amazonaws.com/'])
      expect(() => assertHost(other, hosts)).toThrow('none of this connection')
  })
})
