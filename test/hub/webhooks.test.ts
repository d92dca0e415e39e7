import { createHmac } from 'node:crypto'
import { createServer, request as httpRequest, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { sameBytes } from '../../src/http/index.ts'
import { createHub, type Database } from '../../src/index.ts'
import type { Hint, WebhooksFacet } from '../../src/spec/webhooks.ts'
import { storeAt } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { newFile, query } from './kit.ts'

const secret = 'a secret of sixteen'
const sign = (body: string) => createHmac('sha256', secret).update(body).digest('hex')

const webhooks: WebhooksFacet = {
  maxBytes: 2000,
  verify({ headers, body }) {
    const given = headers['x-signature'] ?? ''
    if (!sameBytes(Buffer.from(given), Buffer.from(sign(Buffer.from(body).toString()))))
      throw new StockpoolError('signature', 'the signature is wrong', { field: 'x-signature' })
    let parsed: { id: string; hints: Hint[] }
    try {
      parsed = JSON.parse(Buffer.from(body).toString())
    } catch {
      throw new StockpoolError('invalid_input', 'the body is no JSON', { field: 'body' })
    }
    return { id: parsed.id, topic: 'test', occurredAt: null, hints: parsed.hints }
  },
  challenge({ method, url }, address) {
    const asked = new URL(url).searchParams.get('challenge')
    return method === 'GET' && asked !== null
      ? { status: 202, type: 'text/plain', body: `${asked} at ${address}` }
      : null
  },
}

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function shop(change: (database: Database) => Database = (database) => database) {
  const file = await newFile()
  const clock = new ManualClock()
  const web = new FakeShop(clock)
  const logs: string[] = []
  const note = (message: string, facts?: unknown) => logs.push(`${message} ${JSON.stringify(facts)}`)
  const store = storeAt(file)
  const hub = createHub({
    store: { ...store, open: async () => change(await store.open()) },
    clock,
    logger: { debug: note, info: note, warn: note },
    connections: { web: { ...web.connection(), webhooks }, quiet: web.connection() },
  })
  closing.push(() => hub.close())
  await hub.items.put({ sku: 'MUG' })
  await hub.stock.receive('MUG', 10, { location: 'main', key: 'first' })
  web.shown.set('mug', 0)
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
  await hub.sync()
  clock.advance(1000)
  return { file, clock, web, hub, logs }
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function delivery(hints: Hint[], { id = 'event-1', path = '/webhooks/web', signature = '' } = {}) {
  const body = JSON.stringify({ id, hints })
  return {
    path,
    body,
    headers: { 'x-signature': signature || sign(body), 'content-type': 'application/json' },
  }
}

const send = (base: string, { path, body, headers }: ReturnType<typeof delivery>) =>
  fetch(base + path, { method: 'POST', body, headers })

/** A hub over one shop with these webhooks. */
async function answering(facet: WebhooksFacet): Promise<string> {
  const clock = new ManualClock()
  const connections = { web: { ...new FakeShop(clock).connection(), webhooks: facet } }
  const hub = createHub({ store: storeAt(await newFile()), clock, connections })
  closing.push(() => hub.close())
  return serve(hub.listener())
}

const order: Hint[] = [{ kind: 'order', order: 'o1' }]

describe('a webhook over node:http', () => {
  it('whose platform wants an answer of its own gets it, each time it comes', async () => {
    const answer = { type: 'text/plain', body: 'confirmed-1' }
    const verify = () => ({ id: 'event-1', topic: 'erasure', occurredAt: null, hints: [], answer })
    const base = await answering({ ...webhooks, verify })
    for (let time = 1; time <= 2; time += 1) {
      const told = await send(base, delivery([]))
      expect([told.status, told.headers.get('content-type'), await told.text()]).toEqual([
        200,
        'text/plain',
        'confirmed-1',
      ])
    }
  })

  it('that only asks whether the address is ours is answered, and is no event', async () => {
    const base = await answering({
      ...webhooks,
      challenge: ({ method }) =>
        method === 'GET' ? { status: 200, type: 'text/plain', body: '1158' } : null,
    })
    const asked = await fetch(`${base}/webhooks/web?hub.challenge=1158`)
    expect([asked.status, await asked.text()]).toEqual([200, '1158'])
    expect((await send(base, delivery([]))).status).toBe(200)
    const refusing = await answering({
      ...webhooks,
      challenge: () => {
        throw new StockpoolError('signature', 'not the platform', { field: 'hub.verify_token' })
      },
    })
    expect((await fetch(`${refusing}/webhooks/web`)).status).toBe(401)
  })

  it('answers who only looks whether the address is there, and does nothing for it', async () => {
    const { hub, logs } = await shop()
    const base = await serve(hub.listener())
    const head = async (path: string) => (await fetch(base + path, { method: 'HEAD' })).status
    expect([
      await head('/webhooks/web'),
      await head('/webhooks/quiet'),
      await head('/webhooks/nobody'),
    ]).toEqual([200, 404, 404])
    expect(logs.filter((line) => line.includes('webhook'))).toEqual([])
  })

  it('that is genuine is stored once, answered 200, and leads to a fresh read', async () => {
    const { web, hub, file } = await shop()
    const base = await serve(hub.listener())
    web.sell([{ listing: 'mug', quantity: 2 }])
    const answer = await send(base, delivery(order))
    expect([answer.status, await answer.json()]).toEqual([200, { received: 'event-1', repeated: false }])
    const again = await send(base, delivery(order))
    expect([again.status, await again.json()]).toEqual([200, { received: 'event-1', repeated: true }])
    expect(await hub.jobs.list()).toMatchObject([{ kind: 'order.fetch', key: 'web/o1', generation: 1 }])
    expect(await query(file, 'SELECT event_id FROM inbox')).toEqual([{ event_id: 'event-1' }])
    await hub.sync()
    expect(await hub.orders.get('web', 'o1')).toMatchObject({ id: 'o1' })
  })

  it("that asks whether the address is ours is answered in the platform's own form, and stores nothing", async () => {
    const { hub, file } = await shop()
    const base = await serve(hub.listener())
    const answer = await fetch(`${base}/webhooks/web?challenge=are-you-there`)
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      202,
      'text/plain',
      `are-you-there at ${base}/webhooks/web`,
    ])
    expect((await fetch(`${base}/webhooks/web`)).status).toBe(401)
    expect(await query(file, 'SELECT * FROM inbox')).toEqual([])
  })

  it('is stored once when it comes many times at the same moment', async () => {
    const { hub, file } = await shop()
    const base = await serve(hub.listener())
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(base, delivery(order))))
    const bodies = (await Promise.all(answers.map((answer) => answer.json()))) as { repeated: boolean }[]
    expect(bodies.filter(({ repeated }) => !repeated)).toHaveLength(1)
    expect(await query(file, 'SELECT generation FROM job')).toEqual([{ generation: 1 }])
  })

  it.each([
    ['forged', delivery(order, { signature: 'f'.repeat(64) }), 401, 'signature'],
    [
      'without a signature',
      { ...delivery(order), headers: { 'x-signature': '', 'content-type': '' } },
      401,
      'signature',
    ],
    ['for an unknown connection', delivery(order, { path: '/webhooks/nowhere' }), 404, 'not_found'],
    ['for a connection without webhooks', delivery(order, { path: '/webhooks/quiet' }), 404, 'not_found'],
    ['for a name that is no text', delivery(order, { path: '/webhooks/%E0%A4%A' }), 404, 'not_found'],
    [
      'malformed',
      { path: '/web', body: 'no json', headers: { 'x-signature': sign('no json'), 'content-type': '' } },
      400,
      'invalid_input',
    ],
  ])('%s is refused, and stores nothing', async (_what, what, status, code) => {
    const { hub, file, logs } = await shop()
    const answer = await send(await serve(hub.listener()), what)
    expect([answer.status, await answer.json()]).toEqual([
      status,
      { error: code, message: expect.any(String) },
    ])
    expect(await query(file, 'SELECT * FROM inbox')).toEqual([])
    expect(await hub.jobs.list()).toEqual([])
    expect(logs.some((line) => line.includes('a webhook was refused'))).toBe(true)
    expect(JSON.stringify(logs)).not.toContain(secret)
  })

  it('that is too large is refused, whatever length it claims', async () => {
    const { hub } = await shop()
    const base = await serve(hub.listener())
    const body = 'x'.repeat(2001)
    const plain = await fetch(`${base}/web`, { method: 'POST', body })
    expect([plain.status, await plain.json()]).toMatchObject([413, { error: 'invalid_input' }])
    // Chunked: its length is known only when it has been read, and it goes on and on.
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const sent = httpRequest(`${base}/web`, { method: 'POST' }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      sent.on('error', reject)
      const more = setInterval(() => sent.write('x'.repeat(500)), 2)
      sent.on('close', () => clearInterval(more))
      sent.on('response', () => clearInterval(more))
      closing.push(async () => sent.destroy())
    })
    expect(status).toBe(413)
    // The server goes on.
    expect((await send(base, delivery(order))).status).toBe(200)
  })

  it('is answered 500 while the store fails, and taken when it comes again', async () => {
    let broken = false
    const { hub } = await shop((database) => ({
      dialect: database.dialect,
      read: (work) => database.read(work),
      close: () => database.close(),
      transaction: async (work) => {
        if (broken) throw new StockpoolError('database', 'the disk is full')
        return database.transaction(work)
      },
    }))
    const base = await serve(hub.listener())
    broken = true
    const answer = await send(base, delivery(order))
    expect([answer.status, await answer.json()]).toEqual([500, { error: 'database', message: 'try again' }])
    broken = false
    expect(await (await send(base, delivery(order))).json()).toEqual({ received: 'event-1', repeated: false })
  })

  it('behind a body parser says so in the log, instead of calling every signature wrong', async () => {
    const { hub, logs } = await shop()
    const listener = hub.listener()
    const base = await serve(async (req, res) => {
      for await (const _ of req);
      listener(req, res)
    })
    const answer = await send(base, delivery(order))
    expect(answer.status).toBe(500)
    expect(JSON.stringify(logs)).toContain('before any body parser')
  })
})

describe('a hint', () => {
  const take = async ({ hub }: Awaited<ReturnType<typeof shop>>, ...hints: Hint[]) => {
    const { path, body, headers } = delivery(hints, { id: crypto.randomUUID() })
    const answer = await hub.webhook(new Request(`http://hub${path}`, { method: 'POST', body, headers }))
    expect(answer.status).toBe(200)
  }

  it('of a listing looks at it, and sets right what somebody changed there', async () => {
    const it = await shop()
    it.web.shown.set('mug', 3)
    await take(it, { kind: 'listing', listing: 'mug', place: '' })
    it.clock.advance(6000)
    await it.hub.sync()
    it.clock.advance(1000)
    await it.hub.sync()
    expect(it.web.shown.get('mug')).toBe(10)
    // What we wrote ourselves comes back as a hint as well: it leads to nothing.
    it.web.writes.length = 0
    await take(it, { kind: 'listing', listing: 'mug', place: '' })
    it.clock.advance(6000)
    await it.hub.sync()
    expect(it.web.writes).toEqual([])
  })

  it('of erasure erases for good: of some orders, or of all', async () => {
    const it = await shop()
    for (let i = 0; i < 3; i++) it.web.sell([{ listing: 'mug', quantity: 1 }])
    await it.hub.sync()
    const known = async () => {
      const all = await Promise.all(['o1', 'o2', 'o3'].map((id) => it.hub.orders.person('web', id)))
      return all.map((person) => person !== null)
    }
    expect(await known()).toEqual([true, true, true])
    await take(it, { kind: 'erasure', orders: ['o2'] })
    expect(await known()).toEqual([true, false, true])
    await take(it, { kind: 'erasure', orders: [], buyers: ['nobody'] })
    expect(await known()).toEqual([true, false, true])
    await take(it, { kind: 'erasure', orders: [], all: true })
    expect(await known()).toEqual([false, false, false])
    it.web.change('o1', (one) => {
      one.cancelRequested = true
    })
    await it.hub.sync()
    expect(await known()).toEqual([false, false, false])
  })

  it('of an uninstalled app pauses the connection, and says so once', async () => {
    const it = await shop()
    const told: string[] = []
    it.hub.on('connection.paused', ({ connection }) => told.push(connection))
    for (let i = 0; i < 2; i++) await take(it, { kind: 'uninstalled' })
    expect((await it.hub.sync()).web.skipped).toBe('paused')
    expect(told).toEqual(['web'])
  })

  it('that nobody follows is stored, and ends there', async () => {
    const it = await shop()
    await take(it, { kind: 'ignored', topic: 'themes/update' }, { kind: 'return', id: null })
    expect(await it.hub.jobs.list()).toEqual([])
  })
})
