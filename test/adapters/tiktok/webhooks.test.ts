import { describe, expect, it } from 'vitest'
import { tiktok } from '../../../adapters/tiktok/index.ts'
import { signTikTok } from '../../../adapters/tiktok/simulator/index.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { createHub, sqlite } from '../../../src/index.ts'
import { type TestWebhook, webhookDelivery, webhookRequest } from '../../../src/testing/webhook.ts'
import { options, stage } from './stage.ts'

const { webhooks } = tiktok(options)
const now = Date.UTC(2026, 6, 1)
const hourMs = 3_600_000
const sign = signTikTok(options.appKey, options.appSecret)
const order = '576461413038785752'

const message = (type: number, data: unknown, more: object = {}) => ({
  type,
  tts_notification_id: '7327112393057371910',
  shop_id: options.shopId,
  timestamp: now / 1000,
  data,
  ...more,
})
const delivery = (body: unknown, over: Partial<TestWebhook> = {}) =>
  webhookDelivery({ sign, topic: '', body, at: now, ...over })
const verify = (body: unknown, at = now) => webhooks.verify(delivery(body), at)

function refused(run: () => unknown) {
  try {
    run()
  } catch (error) {
    if (isStockpoolError(error)) return { code: error.code, field: error.field }
    throw error
  }
  return null
}

const forged = { code: 'signature', field: 'authorization' }

describe('a webhook', () => {
  it.each([
    [1, 'ORDER_STATUS_CHANGE', { order_id: order, order_status: 'UNPAID' }, [{ kind: 'order', order }]],
    [2, 'REVERSE_STATUS_UPDATE', { order_id: order, reverse_event_type: 2 }, [{ kind: 'order', order }]],
    [3, 'RECIPIENT_ADDRESS_UPDATE', { order_id: order }, [{ kind: 'order', order }]],
    [
      4,
      'PACKAGE_UPDATE',
      { sc_type: 3, package_list: [{ package_id: '1152', order_id_list: [order, '2', order] }, {}] },
      [
        { kind: 'order', order },
        { kind: 'order', order: '2' },
      ],
    ],
    [5, 'PRODUCT_STATUS_CHANGE', { product_id: '1' }, [{ kind: 'ignored', topic: 'PRODUCT_STATUS_CHANGE' }]],
    [6, 'SELLER_DEAUTHORIZATION', { message: 'gone' }, [{ kind: 'uninstalled' }]],
    [
      7,
      'UPCOMING_AUTHORIZATION_EXPIRATION',
      { expiration_time: 1_800_000_000 },
      [{ kind: 'ignored', topic: 'UPCOMING_AUTHORIZATION_EXPIRATION' }],
    ],
    [11, 'CANCELLATION_STATUS_CHANGE', { order_id: order, cancel_id: '4' }, [{ kind: 'order', order }]],
    [
      12,
      'RETURN_STATUS_CHANGE',
      { order_id: order, return_id: '40' },
      [
        { kind: 'order', order },
        { kind: 'return', id: '40' },
      ],
    ],
    [24, 'FBT_INVENTORY_UPDATE', {}, [{ kind: 'stock' }]],
    // A number that nobody knows still says what to read again, if its data does.
    [9_001, 'type 9001', { order_ids: [order] }, [{ kind: 'order', order }]],
    [9_001, 'type 9001', null, [{ kind: 'ignored', topic: 'type 9001' }]],
  ])('of type %i, %s, hints at what to read again', (type, topic, data, hints) => {
    expect(verify(message(type, data))).toEqual({
      id: '7327112393057371910',
      topic,
      occurredAt: now,
      hints,
    })
  })

  it('is refused when a byte was changed, when another signed it, and when nobody did', () => {
    const body = message(1, { order_id: order })
    const over = (more: Partial<TestWebhook>) => () => webhooks.verify(delivery(body, more), now)
    expect(refused(over({}))).toBeNull()
    expect(refused(over({ tampered: true }))).toEqual(forged)
    expect(refused(over({ sign: signTikTok(options.appKey, 'another secret') }))).toEqual(forged)
    expect(refused(over({ sign: signTikTok('another-key', options.appSecret) }))).toEqual(forged)
    expect(refused(over({ sign: () => ({}) }))).toEqual(forged)
    expect(refused(over({ sign: () => ({ authorization: '' }) }))).toEqual(forged)
    // Lowercase hex, and nothing else.
    expect(
      refused(over({ sign: (sent) => ({ authorization: sign(sent).authorization.toUpperCase() }) })),
    ).toEqual(forged)
    // The same message written another way is another message.
    const { headers } = delivery(body)
    const respaced = { ...delivery(JSON.stringify(body, null, 1)), headers }
    expect(refused(() => webhooks.verify(respaced, now))).toEqual(forged)
  })

  it('is one event however often it comes', () => {
    const body = message(1, { order_id: order })
    expect(verify(body, now + hourMs)).toEqual(verify(body))
    const { tts_notification_id: _, ...unnamed } = body
    const [first, again, other] = [
      verify(unnamed),
      verify(unnamed, now + hourMs),
      verify({ ...unnamed, data: { order_id: '2' } }),
    ]
    expect(first.id).toMatch(/^[0-9a-f]{32}$/)
    expect([again.id === first.id, other.id === first.id]).toEqual([true, false])
  })

  it('that is played back later than TikTok repeats one is refused, and one from the future', () => {
    const body = message(1, { order_id: order })
    for (const [late, outcome] of [
      // Its last repetition: 2 min + 30 min + 3 h + 12 h.
      [15.6 * hourMs, null],
      [20 * hourMs + 1, forged],
      [-299_000, null],
      [-301_000, forged],
    ] as const)
      expect(
        refused(() => verify(body, now + late)),
        String(late),
      ).toEqual(outcome)
  })

  it('of another shop that authorised the same application is refused', () => {
    expect(refused(() => verify(message(1, { order_id: order }, { shop_id: '7' })))).toEqual(forged)
    const { shopId: _, ...any } = options
    expect(tiktok(any).webhooks.verify(delivery(message(1, {}, { shop_id: '7' })), now).topic).toBe(
      'ORDER_STATUS_CHANGE',
    )
  })

  it('with ids that are numbers too large to be exact hints at nothing wrong', () => {
    const text = `{"type":1,"tts_notification_id":7327112393057371910,"shop_id":${options.shopId},"timestamp":${now / 1000},"data":{"order_id":${order}}}`
    const event = verify(text)
    expect(event.id).toMatch(/^[0-9a-f]{32}$/)
    expect(event.hints).toEqual([{ kind: 'ignored', topic: 'ORDER_STATUS_CHANGE' }])
  })

  it('with a good signature and a body that is none is invalid input', () => {
    const { timestamp: _, ...undated } = message(1, {})
    for (const bad of [
      '',
      'not json',
      '[]',
      'null',
      '{}',
      undated,
      message(1, 'text'),
      { ...message(1, {}), type: '1' },
    ])
      expect(refused(() => verify(bad))).toEqual({ code: 'invalid_input', field: 'body' })
  })
})

describe('subscribing', () => {
  const address = 'https://shop.example/webhooks/tik'

  it('sets one address for each topic, and what is set is left alone', async () => {
    await using at = await stage()
    await at.connection.webhooks.ensure(at.context, address)
    const puts = at.simulator.requests.filter(({ operation }) => operation === 'UpdateShopWebhook')
    expect(puts).toHaveLength(8)
    expect(puts[0]).toMatchObject({ method: 'PUT' })
    await at.connection.webhooks.ensure(at.context, address)
    expect(at.simulator.count('UpdateShopWebhook')).toBe(8)
    await at.connection.webhooks.ensure(at.context, `${address}/moved`)
    expect(at.simulator.count('UpdateShopWebhook')).toBe(16)
  })

  it('takes no address that TikTok would refuse', async () => {
    await using at = await stage()
    await expect(
      at.connection.webhooks.ensure(at.context, `https://shop.example/${'x'.repeat(255)}`),
    ).rejects.toMatchObject({ code: 'invalid_input', field: 'address' })
  })
})

describe('in a hub', () => {
  it('messages that come twice, out of order or forged leave the orders as they are at TikTok', async () => {
    await using at = await stage()
    const hub = createHub({ store: sqlite(':memory:'), connections: { tik: at.connection }, clock: at.clock })
    try {
      const listing = await at.list('MUG', 0)
      await hub.items.put({ sku: 'MUG' })
      await hub.stock.receive('MUG', 6, { location: 'main', key: 'MUG' })
      await hub.listings.link({ sku: 'MUG', connection: 'tik', listing })
      await hub.sync()
      const id = await at.buy('MUG', 2)
      await at.simulator.control('orders/cancel', { order: id })
      const { appKey, appSecret, shopId } = at.simulator.options
      const told = (status: string, notification: string, secret = appSecret) =>
        hub.webhook(
          webhookRequest({
            sign: signTikTok(appKey, secret),
            topic: '',
            url: 'http://localhost/webhooks/tik',
            at: at.clock.now(),
            body: {
              type: 1,
              tts_notification_id: notification,
              shop_id: shopId,
              timestamp: Math.floor(at.clock.now() / 1000),
              data: { order_id: id, order_status: status },
            },
          }),
        )
      expect((await told('CANCELLED', '9')).status).toBe(200)
      expect((await told('AWAITING_SHIPMENT', '8')).status).toBe(200)
      expect((await told('AWAITING_SHIPMENT', '8')).status).toBe(200)
      expect((await told('AWAITING_SHIPMENT', '7', 'guessed')).status).toBe(401)
      await hub.sync()
      expect((await hub.orders.get('tik', id))?.status).toBe('cancelled')
      expect(await hub.stock.get('MUG')).toMatchObject({ available: 6, reserved: 0 })
    } finally {
      await hub.close()
    }
  })
})
