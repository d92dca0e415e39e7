import { afterEach, describe, expect, it } from 'vitest'
import { type MetaOptionsWithSecret, meta } from '../../../adapters/meta/index.ts'
import { signMeta, signMetaDeletion, startMetaSimulator } from '../../../adapters/meta/simulator/index.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { createHub, sqlite } from '../../../src/index.ts'
import type { WebhookDelivery } from '../../../src/spec/index.ts'
import { webhookDelivery, webhookRequest } from '../../../src/testing/webhook.ts'
import { options } from './stage.ts'

const statusUrl = 'https://shop.example/privacy/deletion?lang=en'
const connection = meta({ ...options, deletionStatusUrl: statusUrl })
const verify = (delivery: WebhookDelivery) => connection.webhooks.verify(delivery)

const body = {
  object: 'page',
  entry: [{ id: '1', time: 1_764_158_400, changes: [{ field: 'feed', value: {} }] }],
}
const sign = signMeta(options.appSecret)
const notification = (over: Partial<Parameters<typeof webhookDelivery>[0]> = {}) =>
  webhookDelivery({ sign, topic: 'page', body, ...over })

function codeOf(act: () => unknown): string {
  try {
    act()
    return 'none'
  } catch (error) {
    return isStockpoolError(error) ? error.code : String(error)
  }
}

describe('a notification', () => {
  it('verifies by the documented vector', () => {
    const plain = meta({ ...options, appSecret: 's3cret' })
    const headers = {
      'x-hub-signature-256': 'sha256=5910e62016ef5034272c926c27071992a465c2335cecf41851bda071577f4f6d',
    }
    const delivery = { method: 'POST', url: 'http://localhost/', headers, body: Buffer.from('{"a":1}') }
    // Genuine, so that only its content is at fault.
    expect(codeOf(() => plain.webhooks.verify(delivery))).toBe('invalid_input')
    const changed = { ...delivery, body: Buffer.from('{"a":2}') }
    expect(codeOf(() => plain.webhooks.verify(changed))).toBe('signature')
  })

  it('is ignored, whatever it is about: none speaks of stock', () => {
    expect(verify(notification())).toMatchObject({
      topic: 'page',
      occurredAt: 1_764_158_400_000,
      hints: [{ kind: 'ignored', topic: 'page.feed' }],
    })
  })

  it('has one id for every repeat of it, and another for another', () => {
    const { id } = verify(notification())
    expect(verify(notification({ id: 'event-2' })).id).toBe(id)
    const later = { ...body, entry: [{ ...body.entry[0], time: 1_764_158_401 }] }
    expect(verify(notification({ body: later })).id).not.toBe(id)
  })

  it.each<[string, WebhookDelivery]>([
    ['another secret', notification({ sign: signMeta('another') })],
    ['a changed body', notification({ tampered: true })],
    ['no signature', { ...notification(), headers: { 'content-type': 'application/json' } }],
    [
      'the old SHA-1 signature alone',
      { ...notification(), headers: { 'x-hub-signature': 'sha1=0'.padEnd(45, '0') } },
    ],
    [
      'a signature without its name',
      {
        ...notification(),
        headers: { 'x-hub-signature-256': notification().headers['x-hub-signature-256']?.slice(7) },
      },
    ],
  ])('with %s is refused', (_, delivery) => {
    expect(codeOf(() => verify(delivery))).toBe('signature')
  })

  it.each(['', 'null', '[]', '{"object":"page"}', '{"object":7,"entry":[]}'])(
    'that says %s is invalid',
    (text) => {
      expect(codeOf(() => verify(notification({ body: text })))).toBe('invalid_input')
    },
  )
})

const ask = (query: string, over: Partial<MetaOptionsWithSecret> = {}) =>
  meta({ ...options, ...over }).webhooks.challenge({
    method: 'GET',
    url: `https://shop.example/webhooks/social?${query}`,
    headers: {},
    body: Buffer.alloc(0),
  })

describe('the challenge', () => {
  it('is not asked by a POST, and no GET is a notification', () => {
    expect(connection.webhooks.challenge(notification())).toBeNull()
    expect(codeOf(() => verify({ ...notification(), method: 'GET', headers: {} }))).toBe('signature')
  })

  const good = 'hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=our-verify-token'

  it('is given back to who knows the verify token', () => {
    expect(ask(good)).toEqual({ status: 200, type: 'text/plain; charset=utf-8', body: '1158201444' })
  })

  it.each([
    ['a wrong token', good.replace('our-', 'their-'), 'signature'],
    ['no token', 'hub.mode=subscribe&hub.challenge=1', 'signature'],
    ['another mode', good.replace('subscribe', 'unsubscribe'), 'invalid_input'],
    ['a page in place of a number', good.replace('1158201444', '%3Cscript%3E'), 'invalid_input'],
    ['nothing', '', 'invalid_input'],
  ])('with %s is not', (_, query, code) => {
    expect(codeOf(() => ask(query))).toBe(code)
  })

  it('is not given back while no verify token is set', () => {
    const { verifyToken: _, ...rest } = options
    const delivery = {
      method: 'GET',
      url: `https://shop.example/?${good}`,
      headers: {},
      body: Buffer.alloc(0),
    }
    expect(codeOf(() => meta({ ...rest, appSecret: 's' }).webhooks.challenge(delivery))).toBe('signature')
  })
})

const form = (text: string): WebhookDelivery => ({
  method: 'POST',
  url: 'https://shop.example/webhooks/social',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: Buffer.from(text),
})
const at = Date.UTC(2026, 10, 26)
const asked = signMetaDeletion(options.appSecret, '218471', at)

describe('a request to delete data', () => {
  it('erases, and is answered with a page and a code that tell nothing of the person', () => {
    const event = verify(form(asked))
    expect(event).toMatchObject({
      topic: 'data-deletion',
      occurredAt: at,
      hints: [{ kind: 'erasure', orders: [], all: true }],
    })
    const { url, confirmation_code } = JSON.parse(event.answer?.body ?? '')
    expect(confirmation_code).toMatch(/^[0-9a-f]{20}$/)
    expect(url).toBe(`${statusUrl}&code=${confirmation_code}`)
    expect(JSON.stringify(event)).not.toContain('218471')
  })

  it('repeated has the same id and code; of another person, others', () => {
    const { id, answer } = verify(form(asked))
    expect(verify(form(asked))).toMatchObject({ id, answer })
    expect(verify(form(signMetaDeletion(options.appSecret, '218472', at))).id).not.toBe(id)
  })

  const payload = (facts: object) => Buffer.from(JSON.stringify(facts)).toString('base64url')
  it.each([
    ['signed by another', signMetaDeletion('another', '218471', at), 'signature'],
    ['unsigned', `signed_request=.${payload({ algorithm: 'HMAC-SHA256', user_id: '1' })}`, 'signature'],
    ['with its payload changed', asked.slice(0, -2), 'signature'],
    ['that is none', 'signed_request=garbage', 'signature'],
    ['without one', 'other=1', 'signature'],
  ])('%s is refused', (_, text, code) => {
    expect(codeOf(() => verify(form(text)))).toBe(code)
  })

  it('cannot be taken before a status page is set, and says so', () => {
    const bare = meta(options)
    expect(() => bare.webhooks.verify(form(asked))).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'deletionStatusUrl' }),
    )
  })
})

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A hub with the connection, over HTTP. */
async function served() {
  const { createServer } = await import('node:http')
  const simulator = await startMetaSimulator()
  const social = meta({ ...simulator.options, deletionStatusUrl: statusUrl })
  const hub = createHub({ store: sqlite(':memory:'), connections: { social } })
  const server = createServer(hub.listener())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  closing.push(
    () => hub.close(),
    () => simulator.close(),
    () => new Promise((resolve) => server.close(resolve)),
    async () => server.closeAllConnections(),
  )
  return { hub, simulator, url: `http://127.0.0.1:${port}/webhooks/social` }
}

describe('through the hub', () => {
  it('Meta verifies the address, then its news come in: forged ones refused, repeats and disorder taken once', async () => {
    const { simulator, url } = await served()
    await simulator.control('webhooks/verify', { url })
    simulator.webhooks.chaos({ forge: true, duplicate: 2, reorder: true })
    await simulator.control('happen', { field: 'feed' })
    await simulator.control('happen', { field: 'mention' })
    await simulator.webhooks.idle()
    const told = simulator.webhooks.attempts.map(({ kind, status }) => `${kind} ${status}`)
    expect(new Set(told)).toEqual(new Set(['forged 401', 'genuine 200', 'duplicate 200']))
  })

  it('the address is not verified with another word', async () => {
    const { simulator, url } = await served()
    await expect(
      simulator.control('webhooks/verify', { url, verifyToken: 'of-somebody-else' }),
    ).rejects.toMatchObject({ status: 400, body: { status: 401 } })
    expect(simulator.webhooks.subscriptions).toEqual([])
  })

  it('a request to delete data is answered as Meta wants it, also the second time', async () => {
    const { simulator, hub } = await served()
    const { form: text } = await simulator.control<{ form: string }>('deletion', { userId: '9' })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const post = () =>
      new Request('https://shop.example/webhooks/social', { method: 'POST', headers, body: text })
    const first = await hub.webhook(post())
    const answers = [await first.json(), await (await hub.webhook(post())).json()]
    expect(first.headers.get('content-type')).toBe('application/json')
    expect(answers[0]).toEqual({
      url: expect.stringContaining(statusUrl),
      confirmation_code: expect.any(String),
    })
    expect(answers[1]).toEqual(answers[0])
  })

  it('what is not signed is answered 401', async () => {
    const { hub } = await served()
    const request = webhookRequest({
      sign: signMeta('another'),
      topic: 'page',
      body,
      url: 'https://shop.example/webhooks/social',
    })
    expect((await hub.webhook(request)).status).toBe(401)
  })
})
