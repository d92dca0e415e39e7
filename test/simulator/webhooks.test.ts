import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningSimulator, type VirtualClock, virtualClock } from '../../src/simulator/index.ts'
import { knock, post, readJson, startCounter } from './fixtures.ts'

interface Got {
  readonly id: string
  readonly attempt: string
  readonly signature: string
  readonly body: string
}

let clock: VirtualClock
let counter: RunningSimulator
let got: Got[]
let answers: number[]
let close: () => void
let url: string

beforeEach(async () => {
  clock = virtualClock(0)
  counter = await startCounter({ clock })
  got = []
  answers = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const header = (name: string) => String(request.headers[name])
    const body = Buffer.concat(chunks).toString('utf8')
    got.push({ id: header('x-id'), attempt: header('x-attempt'), signature: header('x-signature'), body })
    const status = answers.shift() ?? 200
    if (status === 0) return
    response.statusCode = status
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`
  close = () => {
    server.close()
    server.closeAllConnections()
  }
})
afterEach(async () => {
  await counter.close()
  close()
})

/** Waits in real time until so many attempts are on record. */
async function attempts(count: number): Promise<void> {
  const until = performance.now() + 5_000
  while (counter.webhooks.attempts.length < count && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  expect(counter.webhooks.attempts).toHaveLength(count)
}

const values = () => got.map(({ body }) => (JSON.parse(body) as { value: number }).value)

describe('webhooks', () => {
  it('are delivered over HTTP, signed over the bytes, with the same id to every subscriber', async () => {
    const { body } = await post(`${counter.url}/_simulator/webhooks`, { url })
    expect(body).toMatchObject({ subscription: { url, topics: null } })
    counter.webhooks.subscribe({ url, secret: 'theirs' })
    await knock(`${counter.url}/value`, 'POST')
    await counter.webhooks.idle()
    expect(got.map(({ body }) => body)).toEqual(['{"value":1}', '{"value":1}'])
    expect(got.map(({ signature }) => signature).sort()).toEqual(['own:11', 'theirs:11'])
    expect(new Set(got.map(({ id }) => id)).size).toBe(1)
  })

  it('are repeated on the schedule of the platform until one is taken', async () => {
    counter.webhooks.subscribe({ url })
    answers = [500, 503, 200]
    await counter.control('raise')
    await attempts(1)
    await clock.advance(999)
    expect(got).toHaveLength(1)
    await clock.advance(1)
    await attempts(2)
    await clock.advance(60_000)
    await attempts(3)
    await counter.webhooks.idle()
    expect(got.map(({ attempt }) => attempt)).toEqual(['1', '2', '3'])
    expect(new Set(got.map(({ id }) => id)).size).toBe(1)
    expect(counter.webhooks.attempts.map(({ status, at }) => [status, at])).toEqual([
      [500, 0],
      [503, 1_000],
      [200, 61_000],
    ])
  })

  it('are given up after the last repeat; no answer in time is a failure', async () => {
    counter.webhooks.subscribe({ url })
    answers = [0, 500, 500, 200]
    await counter.control('raise')
    await attempts(1)
    expect(counter.webhooks.attempts[0]).toMatchObject({ status: 0, error: expect.any(String) })
    await clock.advance(1_000)
    await attempts(2)
    await clock.advance(60_000)
    await attempts(3)
    await counter.webhooks.idle()
    await clock.advance(86_400_000)
    expect(got).toHaveLength(3)
  })

  it('go only to those who asked for the topic and have not left', async () => {
    counter.webhooks.subscribe({ url, topics: ['another'] })
    const { id } = counter.webhooks.subscribe({ url, topics: ['raised'] })
    await counter.control('raise')
    await counter.webhooks.idle()
    expect(got).toHaveLength(1)
    expect(counter.webhooks.unsubscribe(id)).toBe(true)
    expect(counter.webhooks.unsubscribe(id)).toBe(false)
    await counter.control('raise')
    await counter.webhooks.idle()
    expect(got).toHaveLength(1)
    expect(counter.webhooks.subscriptions).toHaveLength(1)
  })

  it('are listed without bodies and secrets', async () => {
    counter.webhooks.subscribe({ url, secret: 'hidden-secret' })
    counter.webhooks.send({ topic: 'raised', body: 'hidden-body' })
    await counter.webhooks.idle()
    const listed = JSON.stringify(await readJson(`${counter.url}/_simulator/webhooks`))
    expect(listed).toContain('"status":200')
    expect(listed).not.toContain('hidden')
  })
})

describe('chaos', () => {
  it('duplicates with the same id', async () => {
    await post(`${counter.url}/_simulator/webhooks`, { url, chaos: { duplicate: 2 } })
    await counter.control('raise')
    await counter.webhooks.idle()
    expect(got).toHaveLength(3)
    expect(new Set(got.map(({ id }) => id)).size).toBe(1)
    expect(counter.webhooks.attempts.map(({ kind }) => kind).sort()).toEqual([
      'duplicate',
      'duplicate',
      'genuine',
    ])
  })

  it('delays by the clock', async () => {
    await post(`${counter.url}/_simulator/webhooks`, { url, chaos: { delayMs: 3_600_000 } })
    await counter.control('raise')
    await clock.advance(3_599_999)
    expect(got).toHaveLength(0)
    await clock.advance(1)
    await attempts(1)
    expect(got).toHaveLength(1)
  })

  it('reorders in pairs, and lets a single one go when flushed', async () => {
    await post(`${counter.url}/_simulator/webhooks`, { url, chaos: { reorder: true } })
    await counter.control('raise', { by: 3 })
    await attempts(2)
    expect(values().sort()).toEqual([1, 2])
    expect(values()[0]).toBe(2)
    await post(`${counter.url}/_simulator/webhooks/flush`, {})
    await attempts(3)
    expect(values()[2]).toBe(3)
  })

  it('forges a copy that differs in its bytes and not in its JSON, and does not repeat it', async () => {
    await post(`${counter.url}/_simulator/webhooks`, { url, chaos: { forge: true } })
    answers = [401, 200]
    await counter.control('raise')
    await counter.webhooks.idle()
    const [forged, genuine] = got
    expect(forged?.signature).toBe(genuine?.signature)
    expect(forged?.body).not.toBe(genuine?.body)
    expect(values()).toEqual([1, 1])
    expect(counter.webhooks.attempts.map(({ kind, status }) => [kind, status])).toEqual([
      ['forged', 401],
      ['genuine', 200],
    ])
  })

  it('drops, all or a share of them that repeats by the seed', async () => {
    await post(`${counter.url}/_simulator/webhooks`, { url, chaos: { drop: true } })
    await counter.control('raise')
    expect(counter.webhooks.attempts).toMatchObject([{ kind: 'dropped', status: 0 }])
    await post(`${counter.url}/_simulator/webhooks`, { chaos: { drop: 0.5 } })
    await counter.control('raise', { by: 40 })
    await counter.webhooks.idle()
    const dropped = counter.webhooks.attempts.filter(({ kind }) => kind === 'dropped').length - 1
    expect(dropped).toBeGreaterThan(5)
    expect(dropped).toBeLessThan(35)
    expect(got).toHaveLength(40 - dropped)
  })

  it('ends when told to be calm', async () => {
    await post(`${counter.url}/_simulator/webhooks`, { url, chaos: { drop: true } })
    await post(`${counter.url}/_simulator/webhooks`, { chaos: {} })
    await counter.control('raise')
    await counter.webhooks.idle()
    expect(got).toHaveLength(1)
  })
})
