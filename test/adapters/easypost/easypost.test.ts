import { createHmac } from 'node:crypto'
import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EasyPostOptions, easypost } from '../../../adapters/easypost/index.ts'
import { startEasyPostSimulator } from '../../../adapters/easypost/simulator/index.ts'
import { newsOf, WireTracker } from '../../../adapters/easypost/tracking.ts'
import { trackingStatusFrom } from '../../../src/model/tracking-words.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { WebhookDelivery } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

const host = 'https://api.easypost.com'
const options = { apiKey: 'EZAK-4f1c09', webhookSecret: 'ﬁne secret' }
const start = Date.parse('2026-03-02T12:00:00Z')

const connect = (more: EasyPostOptions = options) => {
  const connection = easypost(more)
  const clock = virtualClock(start, { autoAdvance: { quietMs: 2 } })
  return {
    connection,
    ...connection.tracking,
    context: adapterContext(connection, { clock, random: () => 0 }),
  }
}

const tracker = (more: Record<string, unknown> = {}) => ({
  id: 'trk_1',
  object: 'Tracker',
  tracking_code: '1Z204E380338943508',
  carrier: 'UPS',
  status: 'in_transit',
  status_detail: 'arrived_at_facility',
  created_at: '2026-03-01T08:00:00Z',
  updated_at: '2026-03-02T11:59:00Z',
  est_delivery_date: '2026-03-04T00:00:00Z',
  tracking_details: [
    { status: 'pre_transit', datetime: '2026-03-01T08:00:00Z' },
    { status: 'in_transit', datetime: '2026-03-01T20:00:00Z' },
    { status: 'in_transit', datetime: '2026-03-02T06:30:00Z' },
  ],
  ...more,
})

describe('over the wire', () => {
  beforeEach(() => nock.disableNetConnect())
  afterEach(() => {
    const pending = nock.pendingMocks()
    nock.cleanAll()
    nock.enableNetConnect()
    expect(pending).toEqual([])
  })
  const headers = { reqheaders: { authorization: 'Basic RVpBSy00ZjFjMDk6' } }

  it('follows a parcel by its code, and by the carrier in EasyPost’s spelling', async () => {
    const { follow, context } = connect()
    nock(host, headers)
      .post('/v2/trackers', { tracker: { tracking_code: '1Z204E380338943508', carrier: 'UPS' } })
      .reply(201, tracker())
    const parcel = { trackingNumber: '1Z204E380338943508', carrier: 'ups', key: 'p1' }
    expect(await follow(context, [parcel])).toMatchObject([
      {
        status: 'done',
        id: 'trk_1',
        news: {
          trackingNumber: '1Z204E380338943508',
          carrier: 'ups',
          status: 'in_transit',
          rawStatus: 'in_transit: arrived_at_facility',
          at: Date.parse('2026-03-02T06:30:00Z'),
          deliverBy: Date.parse('2026-03-04T00:00:00Z'),
        },
      },
    ])
  })

  it('leaves the carrier to EasyPost where it has no name for it', async () => {
    const { follow, context } = connect()
    nock(host, headers)
      .post('/v2/trackers', { tracker: { tracking_code: 'X1' } })
      .reply(201, tracker({ tracking_code: 'X1', carrier: 'PolishPost' }))
    const [result] = await follow(context, [{ trackingNumber: 'X1', carrier: 'inpost', key: 'p1' }])
    expect(result).toMatchObject({ status: 'done', news: { carrier: null } })
  })

  it('a code that EasyPost refuses fails alone', async () => {
    const { follow, context } = connect()
    const refusal = {
      error: { code: 'TRACKER.CREATE.ERROR', message: 'bad code jane@example.com', errors: [] },
    }
    nock(host, headers).post('/v2/trackers', /BAD/).reply(422, refusal)
    nock(host, headers).post('/v2/trackers', /1Z/).reply(201, tracker())
    const results = await follow(context, [
      { trackingNumber: 'BAD', carrier: null, key: 'p1' },
      { trackingNumber: '1Z204E380338943508', carrier: 'ups', key: 'p2' },
    ])
    expect(results).toMatchObject([{ status: 'failed', error: { code: 'rejected' } }, { status: 'done' }])
    expect(JSON.stringify(results)).not.toContain('jane@')
  })

  it('reads page by page what was made within the days it follows, newest first', async () => {
    const { read, context } = connect({ ...options, followDays: 10 })
    const since = '2026-02-20T12:00:00.000Z'
    nock(host, headers)
      .get('/v2/trackers')
      .query({ page_size: '100', start_datetime: since })
      .reply(200, {
        trackers: [tracker({ id: 'trk_2' }), tracker(), { id: 'trk_0', odd: true }],
        has_more: true,
      })
    nock(host, headers)
      .get('/v2/trackers')
      .query({ page_size: '100', start_datetime: since, before_id: 'trk_0' })
      .reply(200, { trackers: [], has_more: false })
    const first = await read(context, null)
    expect(first.news.map(({ id }) => id)).toEqual(['trk_2', 'trk_1'])
    expect(first.more).toBe(true)
    const second = await read(context, first.cursor)
    expect(second).toMatchObject({ news: [], more: false })
    expect(JSON.parse(second.cursor)).toMatchObject({ before: null })
  })

  it('an inactive key is auth whatever the status, and a missing payment method says what to do', async () => {
    const { get, context } = connect()
    const problem = (code: string) => ({ error: { code, message: 'no', errors: [] } })
    nock(host).get('/v2/trackers/trk_1').reply(403, problem('APIKEY.INACTIVE'))
    await expect(get(context, 'trk_1')).rejects.toMatchObject({ code: 'auth' })
    nock(host).get('/v2/trackers/trk_1').reply(402, problem('PAYMENT_REQUIRED'))
    await expect(get(context, 'trk_1')).rejects.toMatchObject({ code: 'rejected', remedy: /payment method/ })
    nock(host).get('/v2/trackers/trk_1').reply(404, problem('NOT_FOUND'))
    expect(await get(context, 'trk_1')).toBeNull()
  })
})

describe('the words of trackers', () => {
  it.each([
    ['easypost', 'pre_transit', null, 'info_received'],
    ['easypost', 'failure', 'delivery_exception', 'attempt_failed'],
    ['easypost', 'return_to_sender', 'returned', 'returned'],
    ['easypost', 'delivered', 'return', 'delivered'],
    ['easypost', 'unknown', 'expired', 'expired'],
    ['aftership', 'AttemptFail', null, 'attempt_failed'],
    ['17track', 'AvailableForPickup', null, 'pickup_ready'],
    ['shipengine', 'DE', null, 'delivered'],
    ['amazon', 'DELAYED', null, 'in_transit'],
    ['shipbob', 'OutForDelivery', null, 'out_for_delivery'],
    ['easypost', 'beamed up', null, 'unknown'],
    ['easypost', 'toString', null, 'unknown'],
  ] as const)('%s: %s (%s) is %s', (vocabulary, word, detail, status) => {
    expect(trackingStatusFrom(vocabulary, word, detail)).toBe(status)
  })

  it('the time is that of the scan, not of EasyPost’s latest look at the carrier', () => {
    const { at } = newsOf(WireTracker.parse(tracker()))
    expect(new Date(at).toISOString()).toBe('2026-03-02T06:30:00.000Z')
    const bare = newsOf(WireTracker.parse(tracker({ tracking_details: [] })))
    expect(new Date(bare.at).toISOString()).toBe('2026-03-02T11:59:00.000Z')
  })
})

describe('webhooks', () => {
  // EasyPost sends weights as 614.4 and 615.0: a body that was parsed and written again has another signature
  // (EasyPost/easypost-node#467).
  const body =
    '{"id":"evt_1","object":"Event","description":"tracker.updated","result":{"id":"trk_1","object":"Tracker","weight":615.0},"created_at":"2026-03-02T11:00:00Z"}'
  const signature = (text: string, secret = 'fine secret') =>
    `hmac-sha256-hex=${createHmac('sha256', secret).update(text).digest('hex')}`
  const delivery = (text: string, signed: string | undefined): WebhookDelivery => ({
    method: 'POST',
    url: '/webhooks/parcels',
    headers: { 'x-hmac-signature': signed },
    body: Buffer.from(text),
  })
  const { webhooks } = easypost(options)
  const verify = (sent: WebhookDelivery) => webhooks?.verify(sent, start)

  it('are verified over the raw bytes, by the secret in its compatible form', async () => {
    expect(await verify(delivery(body, signature(body)))).toEqual({
      id: 'evt_1',
      topic: 'tracker.updated',
      occurredAt: Date.parse('2026-03-02T11:00:00Z'),
      hints: [{ kind: 'tracking', id: 'trk_1' }],
    })
  })

  it('are refused when forged, unsigned or written anew', () => {
    const again = JSON.stringify(JSON.parse(body))
    for (const sent of [
      delivery(body, undefined),
      delivery(body, signature(body, 'another')),
      delivery(again, signature(body)),
      delivery(body, signature(body).replace('hmac-sha256-hex=', '')),
    ])
      expect(() => verify(sent)).toThrow('not signed')
  })

  it('of other things are ignored, and what is no event is said to be none', async () => {
    const other = body.replace('tracker.updated', 'batch.updated')
    expect((await verify(delivery(other, signature(other))))?.hints).toEqual([
      { kind: 'ignored', topic: 'batch.updated' },
    ])
    expect(() => verify(delivery('[]', signature('[]')))).toThrow('no event')
  })

  it('are made once, and enabled again when EasyPost gave them up', async () => {
    await using simulator = await startEasyPostSimulator()
    const connection = easypost(simulator.options)
    const context = adapterContext(connection, { clock: simulator.clock })
    const ensure = () => connection.webhooks?.ensure?.(context, 'https://shop.example/webhooks/parcels')
    await ensure()
    await ensure()
    const state = () => simulator.state() as { webhooks: { disabled_at: string | null }[] }
    expect(state().webhooks).toMatchObject([{ disabled_at: null }])
    await simulator.control('webhooks/disable')
    expect(state().webhooks[0]?.disabled_at).not.toBeNull()
    await ensure()
    expect(state().webhooks).toMatchObject([{ disabled_at: null }])
  })

  it('are absent without a secret', () => {
    expect(easypost({ apiKey: 'k' }).webhooks).toBeUndefined()
  })
})

describe('options', () => {
  it.each([
    [{ apiKey: '' }, 'apiKey'],
    [{ apiKey: 'a key' }, 'apiKey'],
    [{ ...options, followDays: 0 }, 'followDays'],
    [{ ...options, endpoint: 'ftp://x' }, 'endpoint'],
    [{ ...options, webhookSecrets: 'x' } as EasyPostOptions, 'webhookSecrets'],
  ])('%j is refused by name, without its value', (given, field) => {
    expect(() => easypost(given)).toThrow(expect.objectContaining({ code: 'invalid_input', field }))
  })
})

describe('the simulator', () => {
  it('gives a code back to another parcel after three months, as carriers do', async () => {
    const clock = virtualClock(start)
    await using simulator = await startEasyPostSimulator({ clock })
    const connection = easypost(simulator.options)
    const context = adapterContext(connection, { clock })
    const parcel = { trackingNumber: '1Z9', carrier: 'ups', key: 'p1' }
    const follow = async () => {
      const [result] = await connection.tracking.follow(context, [parcel])
      return result?.status === 'done' ? result.id : null
    }
    const first = await follow()
    expect(await follow()).toBe(first)
    await clock.advance(93 * 86_400_000)
    expect(await follow()).not.toBe(first)
  })
})
