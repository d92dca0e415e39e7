import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { createHttpClient, type HttpClientOptions, type HttpEvent } from '../../src/http/index.ts'
import type { HttpRequest } from '../../src/spec/context.ts'
import { hastyClock } from './test-clock.ts'

const host = 'api.shop.example'
const origin = `https://${host}`
const Answer = z.object({ id: z.string() })
type Answer = z.infer<typeof Answer>

beforeAll(() => nock.disableNetConnect())
afterEach(() => nock.cleanAll())
afterAll(() => {
  nock.enableNetConnect()
  nock.restore()
})

function setUp(options: Partial<HttpClientOptions> = {}) {
  const clock = hastyClock()
  const events: HttpEvent[] = []
  const client = createHttpClient({
    connection: 'web',
    hosts: [host],
    clock,
    random: () => 1,
    on: (event) => events.push(event),
    ...options,
  })
  const send = (request: Partial<HttpRequest<Answer>> = {}) =>
    client.request<Answer>({
      operation: 'getThing',
      effect: 'read',
      method: 'GET',
      url: `${origin}/thing`,
      schema: Answer,
      ...request,
    })
  const fails = (request: Partial<HttpRequest<Answer>> = {}): Promise<StockpoolError> =>
    send(request).then(
      () => expect.fail('it succeeded'),
      (error) => error,
    )
  return { client, clock, events, send, fails }
}

describe('what is sent', () => {
  it('sends the method, the query and the headers as given', async () => {
    const { send } = setUp()
    const scope = nock(origin, {
      reqheaders: { 'x-access': 'key-1', 'user-agent': 'stockpool', accept: 'application/json' },
    })
      .get('/thing?a=1&list=x%20y&list=z%2F%26&b=true&c=2026-01-01T00%3A00%3A00Z')
      .reply(200, { id: '1', more: true }, { 'X-Custom': 'Yes' })
    const answer = await send({
      url: `${origin}/thing?a=1`,
      query: { list: ['x y', 'z/&'], b: true, c: '2026-01-01T00:00:00Z', absent: undefined },
      headers: { 'X-Access': 'key-1' },
    })
    expect(answer).toMatchObject({ status: 200, data: { id: '1' }, body: { id: '1', more: true } })
    expect(answer.headers['x-custom']).toBe('Yes')
    scope.done()
  })

  it('serialises JSON exactly once and keeps null members', async () => {
    const { send } = setUp()
    let sent = ''
    nock(origin, { reqheaders: { 'content-type': 'application/json' } })
      .post('/thing', (body) => {
        sent = JSON.stringify(body)
        return true
      })
      .reply(200, { id: '1' })
    await send({ method: 'POST', json: { a: null, b: 'ü "quoted"', nested: [{ c: null }] } })
    expect(sent).toBe('{"a":null,"b":"ü \\"quoted\\"","nested":[{"c":null}]}')
  })

  it('does not serialise a JSON text again', async () => {
    const { send } = setUp()
    nock(origin).post('/thing', '"already {}"').reply(200, { id: '1' })
    await send({ method: 'POST', json: 'already {}' })
  })

  it('sends forms', async () => {
    const { send } = setUp()
    nock(origin, { reqheaders: { 'content-type': 'application/x-www-form-urlencoded' } })
      .post('/thing', 'grant_type=client_credentials&a=b+c%26')
      .reply(200, { id: '1' })
    await send({ method: 'POST', form: { grant_type: 'client_credentials', a: 'b c&' } })
  })

  it.each([
    ['https://evil.example/thing', /evil.example is none/],
    [`https://${host}.evil.example/thing`, /none of this connection/],
    [`https://${host}@evil.example/thing`, /none of this connection/],
    [`https://user:pass@${host}/thing`, /user or a password/],
    [`https://${host}:8443/thing`, /none of this connection/],
    [`http://${host}/thing`, /by https/],
    ['/thing', /absolute/],
  ])('refuses %s before anything leaves', async (url, message) => {
    const { fails, events } = setUp()
    const error = await fails({ url })
    expect(error).toMatchObject({ code: 'invalid_input', field: 'url', retryable: false })
    expect(error.message).toMatch(message)
    expect(events.map(({ type }) => type)).toEqual(['failed'])
  })

  it('refuses a body that cannot be written, and a header that cannot be sent, without showing it', async () => {
    const { fails } = setUp()
    expect(await fails({ method: 'POST', json: { a: 1n } })).toMatchObject({
      code: 'invalid_input',
      field: 'json',
    })
    const error = await fails({ headers: { 'x-access-token': 'secret\nvalue-1' } })
    expect(error).toMatchObject({ code: 'invalid_input', field: 'headers.x-access-token' })
    expect(JSON.stringify(error)).not.toContain('value-1')
  })

  it('follows no redirect', async () => {
    const { fails } = setUp()
    nock(origin).get('/thing').reply(302, '', { location: 'https://evil.example/' })
    const error = await fails()
    expect(error).toMatchObject({ code: 'rejected', details: { status: 302 } })
    expect(error.remedy).toMatch(/endpoint/)
  })
})

describe('what an answer means', () => {
  it.each([
    [400, 'rejected'],
    [401, 'auth'],
    [403, 'permission'],
    [404, 'not_found'],
    [409, 'conflict'],
    [418, 'rejected'],
    [422, 'rejected'],
  ])('HTTP %i is %s, and not repeated', async (status, code) => {
    const { fails, events } = setUp()
    nock(origin).get('/thing').reply(status, { buyer: 'Jo' }, { 'x-amzn-RequestId': 'req-7' })
    const error = await fails()
    expect(error).toMatchObject({
      code,
      retryable: false,
      details: { connection: 'web', operation: 'getThing', status, requestId: 'req-7' },
    })
    expect(error.message).toContain(`web: getThing: `)
    expect(error.message).toContain(`(HTTP ${status}, request req-7)`)
    expect(JSON.stringify(error)).not.toContain('Jo')
    expect(events.filter(({ type }) => type === 'sent')).toHaveLength(1)
  })

  it("lets the adapter's table go first, also for HTTP 200", async () => {
    const { fails } = setUp()
    nock(origin)
      .get('/thing')
      .reply(200, { errors: [{ code: 'NO' }] }, { 'x-request-id': 'q' })
    const error = await fails({
      classify: ({ status, body }) =>
        status === 200 && JSON.stringify(body).includes('NO')
          ? new StockpoolError('permission', 'needs a scope', {
              field: 'scope',
              remedy: 'grant it',
              details: { codes: ['NO'] },
            })
          : null,
    })
    expect(error).toMatchObject({
      code: 'permission',
      message: 'web: getThing: needs a scope (HTTP 200, request q)',
      field: 'scope',
      remedy: 'grant it',
      details: { codes: ['NO'], status: 200 },
    })
  })

  it('says which field of a 2xx was unexpected, without its value, and does not repeat', async () => {
    const { fails, events } = setUp()
    nock(origin)
      .get('/thing')
      .reply(200, { items: [{ id: 'ok' }, { id: 42, email: 'jo@example.com' }] })
    const error = await fails({ schema: z.object({ items: z.array(Answer) }) as unknown as typeof Answer })
    expect(error).toMatchObject({ code: 'invalid_input', field: 'items.1.id', retryable: false })
    expect(error.message).toMatch(
      /^web: getThing: the platform answered something unexpected at items\.1\.id/,
    )
    expect(JSON.stringify(error)).not.toMatch(/42|jo@/)
    expect(events.filter(({ type }) => type === 'sent')).toHaveLength(1)
  })

  it('gives text that is no JSON as text, and reads JSON that is not declared as such', async () => {
    const { client } = setUp()
    const any = {
      operation: 'x',
      effect: 'read',
      method: 'GET',
      url: `${origin}/thing`,
      schema: z.unknown(),
    } as const
    nock(origin).get('/thing').reply(200, '<html>', { 'content-type': 'text/html' })
    expect((await client.request(any)).body).toBe('<html>')
    nock(origin).get('/thing').reply(200, ' {"a":1}', { 'content-type': 'text/plain' })
    expect((await client.request(any)).body).toEqual({ a: 1 })
    nock(origin).get('/thing').reply(200, '{"a":', { 'content-type': 'application/json' })
    expect((await client.request(any)).body).toBe('{"a":')
    nock(origin).get('/thing').reply(204)
    expect((await client.request(any)).body).toBe('')
  })

  it('refuses an answer that is too large', async () => {
    const { fails } = setUp({ maxResponseBytes: 1000 })
    nock(origin)
      .get('/thing')
      .reply(200, { id: 'x'.repeat(2000) })
    expect(await fails()).toMatchObject({ code: 'invalid_input', field: 'body', retryable: false })
  })

  it('reports what an adapter throws as a bug, without its secrets', async () => {
    const { fails } = setUp()
    nock(origin).get('/thing').reply(200, { id: '1' })
    const error = await fails({
      headers: { 'x-access-token': 'topsecret-1' },
      classify: () => {
        throw new TypeError('no topsecret-1 here')
      },
    })
    expect(error).toMatchObject({ code: 'internal', message: 'web: getThing: no [redacted] here' })
    expect(`${(error.cause as Error).message}${(error.cause as Error).stack}`).not.toContain('topsecret-1')
  })
})

describe('retries', () => {
  it('repeats reads with growing waits, and gives up after all attempts', async () => {
    const { fails, clock, events } = setUp({ maxAttempts: 4 })
    nock(origin).get('/thing').times(4).reply(503, 'busy')
    expect(await fails()).toMatchObject({ code: 'unavailable', retryable: true, details: { status: 503 } })
    expect(clock.sleeps).toEqual([500, 1000, 2000])
    expect(events.map(({ type }) => type)).toEqual([
      'sent',
      'answered',
      'failed',
      'sent',
      'answered',
      'failed',
      'sent',
      'answered',
      'failed',
      'sent',
      'answered',
      'failed',
    ])
    expect(events.at(-1)).toMatchObject({ retryInMs: null, attempt: 4 })
  })

  it('draws each wait from the whole span below it', async () => {
    const { fails, clock } = setUp({ maxAttempts: 3, random: () => 0.25 })
    nock(origin).get('/thing').times(3).reply(500)
    await fails()
    expect(clock.sleeps).toEqual([125, 250])
  })

  it.each([1, 2, 3])('makes exactly %i attempts when told so', async (maxAttempts) => {
    const { fails, events } = setUp({ maxAttempts })
    nock(origin).get('/thing').times(5).reply(502)
    await fails()
    expect(events.filter(({ type }) => type === 'sent')).toHaveLength(maxAttempts)
  })

  it('goes on after a failure that passes', async () => {
    const { send } = setUp()
    nock(origin).put('/thing').reply(500).put('/thing').reply(200, { id: '2' })
    expect((await send({ method: 'PUT', effect: 'idempotent', json: {} })).data).toEqual({ id: '2' })
  })

  const header = (headers: Record<string, string>) => headers
  it.each([
    [header({ 'Retry-After': '7' }), 7_000],
    [header({ 'x-retry-after': '3' }), 3_000],
    [header({ 'retry-after-ms': '1500' }), 1_500],
    [header({ 'Retry-After': '0.5' }), 500],
    [
      header({ date: 'Mon, 05 Jan 2026 00:00:00 GMT', 'Retry-After': 'Mon, 05 Jan 2026 00:00:09 GMT' }),
      9_000,
    ],
  ])('waits as long as %j says', async (headers, waitMs) => {
    const { send, clock } = setUp({ random: () => 0 })
    nock(origin).get('/thing').reply(429, '', headers).get('/thing').reply(200, { id: '1' })
    await send()
    expect(clock.sleeps).toEqual([waitMs])
  })

  it("takes the throttle reading's word before the header's, and the adapter's before the default", async () => {
    const { send, clock } = setUp({ random: () => 0 })
    nock(origin).get('/thing').reply(429, '', { 'retry-after': '7' }).get('/thing').reply(200, { id: '1' })
    await send({ throttle: ({ status }) => (status === 429 ? { retryAfterMs: 2_500 } : null) })
    nock(origin).get('/thing').reply(429).get('/thing').reply(200, { id: '1' })
    await send({
      classify: ({ status }) =>
        status === 429 ? new StockpoolError('rate_limited', 'slow down', { retryAfterMs: 4_000 }) : null,
    })
    expect(clock.sleeps).toEqual([2_500, 4_000])
  })

  it('gives up at once when the server asks for longer than anybody should wait here', async () => {
    const { fails, clock } = setUp({ maxWaitMs: 60_000 })
    nock(origin).get('/thing').reply(429, '', { 'retry-after': '3600' })
    expect(await fails()).toMatchObject({ code: 'rate_limited', retryAfterMs: 3_600_000, retryable: true })
    expect(clock.sleeps).toEqual([])
  })

  it('holds back the whole bucket after a refusal', async () => {
    const { send, clock } = setUp({ limits: { getThing: { rate: 10, burst: 10 } }, random: () => 0 })
    nock(origin)
      .get('/thing')
      .reply(429, '', { 'retry-after': '5' })
      .get('/thing')
      .times(2)
      .reply(200, { id: '1' })
    const before = clock.now()
    await send()
    expect(clock.now() - before).toBeGreaterThanOrEqual(5_000)
  })

  it('does not repeat what the adapter calls hopeless, whatever the status', async () => {
    const { fails, events } = setUp()
    nock(origin).get('/thing').reply(503)
    await fails({ classify: () => new StockpoolError('unavailable', 'shop closed', { retryable: false }) })
    expect(events.filter(({ type }) => type === 'sent')).toHaveLength(1)
  })
})

describe('a request that must not be repeated', () => {
  const once = { effect: 'once', method: 'POST', json: {} } as const

  it.each([500, 502, 503, 504])('ends in doubt after HTTP %i', async (status) => {
    const { fails, events } = setUp()
    nock(origin).post('/thing').reply(status)
    const error = await fails(once)
    expect(error).toMatchObject({ code: 'unknown_outcome', details: { status } })
    expect(error.remedy).toMatch(/look the effect up/)
    expect(events.filter(({ type }) => type === 'sent')).toHaveLength(1)
  })

  it('is repeated after 429, which had no effect', async () => {
    const { send } = setUp()
    nock(origin).post('/thing').reply(429, '', { 'retry-after': '1' }).post('/thing').reply(200, { id: '1' })
    expect((await send(once)).data.id).toBe('1')
  })

  it('is repeated when the adapter knows that a 503 had no effect', async () => {
    const { send } = setUp()
    nock(origin).post('/thing').reply(503).post('/thing').reply(200, { id: '1' })
    const classify = ({ status }: { status: number }) =>
      status === 503 ? new StockpoolError('rate_limited', 'throttled') : null
    expect((await send({ ...once, classify })).data.id).toBe('1')
  })

  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'])(
    'is repeated after %s: nothing was sent',
    async (code) => {
      const { send } = setUp()
      nock(origin)
        .post('/thing')
        .replyWithError(Object.assign(new Error('refused'), { code }))
        .post('/thing')
        .reply(200, { id: '1' })
      expect((await send(once)).data.id).toBe('1')
    },
  )

  it('is not repeated when the platform said no', async () => {
    const { fails } = setUp()
    nock(origin).post('/thing').reply(422)
    expect((await fails(once)).code).toBe('rejected')
  })
})

describe('secrets', () => {
  it('never show in errors, events or logs', async () => {
    const lines: string[] = []
    const write = (message: string, facts?: unknown) => void lines.push(message, JSON.stringify(facts))
    const { fails, events } = setUp({ log: { debug: write, info: write, warn: write }, maxAttempts: 2 })
    nock(origin).post('/thing').query(true).times(2).reply(500, 'hunter2-secret')
    const error = await fails({
      method: 'POST',
      effect: 'idempotent',
      query: { hmac: 'query-secret' },
      headers: { authorization: 'Bearer header-secret', 'x-shopify-access-token': 'other-secret' },
      form: { client_secret: 'form-secret' },
      classify: () =>
        new StockpoolError('unavailable', 'said header-secret, other-secret, form-secret', {
          details: { echo: 'form-secret', url: 'https://x/?hmac=query-secret' },
          cause: new Error('header-secret'),
        }),
    })
    expect(lines.length).toBeGreaterThan(0)
    const everything = `${error.message}${JSON.stringify(error)}${error.stack}${error.cause}${JSON.stringify(events)}${lines.join()}`
    expect(everything).not.toMatch(/header-secret|other-secret|form-secret|query-secret|hunter2/)
    expect(error.message).toContain('[redacted]')
  })
})

describe('stopping', () => {
  it('sends nothing more once the signal is aborted', async () => {
    const controller = new AbortController()
    const { fails, events } = setUp({ signal: controller.signal })
    controller.abort()
    expect(await fails()).toMatchObject({ code: 'aborted', retryable: false })
    expect(events.filter(({ type }) => type === 'sent')).toEqual([])
  })

  it('ends the wait for a retry, by its own signal too', async () => {
    const controller = new AbortController()
    const { client } = setUp({
      on: ({ type }) => {
        if (type === 'failed') controller.abort()
      },
    })
    nock(origin).get('/thing').reply(500)
    const request = {
      operation: 'x',
      effect: 'read',
      method: 'GET',
      url: `${origin}/thing`,
      schema: Answer,
    } as const
    await expect(client.withSignal(controller.signal).request(request)).rejects.toMatchObject({
      code: 'aborted',
    })
  })
})
