import { describe, expect, it } from 'vitest'
import { shopify } from '../../../adapters/shopify/index.ts'
import { signShopify } from '../../../adapters/shopify/simulator/index.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { type TestWebhook, webhookDelivery } from '../../../src/testing/webhook.ts'
import { options } from './fixtures.ts'

const { webhooks } = shopify(options)
const now = Date.UTC(2026, 6, 1)
const sign = signShopify(options.webhookSecret, 'my-shop')
const delivery = (topic: string, body: unknown, over: Partial<TestWebhook> = {}) =>
  webhookDelivery({ sign, topic, body, at: now, ...over })
const hints = (topic: string, body: unknown) => webhooks.verify(delivery(topic, body)).hints

function refused(run: () => unknown) {
  try {
    run()
  } catch (error) {
    if (isStockpoolError(error)) return { code: error.code, field: error.field }
    throw error
  }
  return null
}

const order = { kind: 'order', order: 'gid://shopify/Order/820982911946154508' }
// Larger than a double holds exactly: sent as text by some of Shopify's test notifications.
const id = '820982911946154508'

// Webhooks of a part name no order; `orders.get` finds it by the part.
const part = 'gid://shopify/FulfillmentOrder/9'
const held = { kind: 'order', order: part }

describe('a webhook', () => {
  it.each([
    ['orders/create', { id }, [order]],
    ['orders/updated', { id }, [order]],
    ['orders/paid', { id }, [order]],
    ['orders/cancelled', { id }, [order]],
    ['orders/fulfilled', { id }, [order]],
    ['orders/partially_fulfilled', { id }, [order]],
    ['orders/edited', { order_edit: { id: 1, order_id: id } }, [order]],
    ['refunds/create', { id: 1, order_id: id }, [order]],
    ['fulfillments/create', { id: 1, order_id: id }, [order]],
    [
      'returns/request',
      { id: 7, admin_graphql_api_id: 'gid://shopify/Return/7' },
      [{ kind: 'return', id: 'gid://shopify/Return/7' }],
    ],
    ['returns/process', { id: 7 }, [{ kind: 'return', id: 'gid://shopify/Return/7' }]],
    ['fulfillment_orders/placed_on_hold', { fulfillment_order: { id: part, status: 'on_hold' } }, [held]],
    ['fulfillment_orders/hold_released', { fulfillment_order: { id: part, status: 'open' } }, [held]],
    ['fulfillment_orders/scheduled_fulfillment_order_ready', { fulfillment_order: { id: part } }, [held]],
    ['fulfillment_orders/rescheduled', { fulfillment_order: { id: part } }, [held]],
    ['fulfillment_orders/moved', { moved_fulfillment_order: { id: part } }, [held]],
    ['app/uninstalled', { id: 1 }, [{ kind: 'uninstalled' }]],
    [
      'customers/redact',
      { orders_to_redact: [5001] },
      [{ kind: 'erasure', orders: ['gid://shopify/Order/5001'] }],
    ],
    ['customers/redact', { orders_to_redact: null }, [{ kind: 'erasure', orders: [] }]],
    ['shop/redact', { shop_id: 1 }, [{ kind: 'erasure', orders: [], all: true }]],
    [
      'customers/data_request',
      { orders_requested: [5001], customer: { email: 'ada@example.com' } },
      [{ kind: 'disclosure', orders: ['gid://shopify/Order/5001'], withinMs: 30 * 86_400_000 }],
    ],
    ['customers/data_request', {}, [{ kind: 'disclosure', orders: [], withinMs: 30 * 86_400_000 }]],
    ['products/update', { id: 1 }, [{ kind: 'ignored', topic: 'products/update' }]],
    ['constructor', {}, [{ kind: 'ignored', topic: 'constructor' }]],
  ])('%s hints at what to read again', (topic, body, expected) => {
    expect(hints(topic, body)).toEqual(expected)
  })

  it('of a changed number names the listing and the place', () => {
    expect(hints('inventory_levels/update', { inventory_item_id: 44871, location_id: 7002 })).toEqual([
      {
        kind: 'listing',
        listing: 'gid://shopify/InventoryItem/44871',
        place: 'gid://shopify/Location/7002',
      },
    ])
  })

  it('is one event however often it comes, and another one under another topic', () => {
    const first = webhooks.verify(delivery('orders/create', { id }, { id: 'event-7' }))
    const again = webhooks.verify(delivery('orders/create', { id }, { id: 'event-7', at: now + 60_000 }))
    const other = webhooks.verify(delivery('orders/paid', { id }, { id: 'event-7' }))
    expect(again.id).toBe(first.id)
    expect(other.id).not.toBe(first.id)
    expect(first.occurredAt).toBe(now)
  })

  it('is refused when it was changed, signed by another, unsigned, or of another shop', () => {
    const signature = { code: 'signature', field: 'x-shopify-hmac-sha256' }
    const verify = (over: Partial<TestWebhook>) => () =>
      webhooks.verify(delivery('orders/create', { id }, over))
    expect(refused(verify({ tampered: true }))).toEqual(signature)
    expect(refused(verify({ sign: signShopify('another', 'my-shop') }))).toEqual(signature)
    expect(refused(verify({ sign: () => ({ 'x-shopify-topic': 'orders/create' }) }))).toEqual(signature)
    const foreign = { code: 'signature', field: 'x-shopify-shop-domain' }
    expect(refused(verify({ sign: signShopify(options.webhookSecret, 'other-shop') }))).toEqual(foreign)
  })

  it('with a good signature and a bad body, or without its event, is invalid input', () => {
    const body = { code: 'invalid_input', field: 'body' }
    for (const bad of ['', 'not json', '[]', 'null', '{}', '{"id":-1}', '{"id":"x"}']) {
      expect(refused(() => hints('orders/create', bad))).toEqual(body)
    }
    const { headers, ...rest } = delivery('orders/create', { id })
    const without = (name: string) => () =>
      webhooks.verify({ ...rest, headers: { ...headers, [name]: undefined } })
    expect(refused(without('x-shopify-event-id'))).toEqual({
      code: 'invalid_input',
      field: 'x-shopify-event-id',
    })
    expect(refused(without('x-shopify-topic'))).toEqual({ code: 'invalid_input', field: 'x-shopify-topic' })
  })
})
