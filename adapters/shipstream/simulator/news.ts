import { hmacSha256, toBase64 } from '../../../src/http/index.ts'
import type { SimulatorKit, WebhookPlan } from '../../../src/simulator/index.ts'
import { type News, statusOf } from './types.ts'
import { adjustmentsView, shipmentView, time } from './views.ts'
import type { Warehouse } from './warehouse.ts'

const minute = 60_000
const hour = 60 * minute

/** docs.shipstream.io, Webhook: five seconds in all, then 14 repeats over four and a half days; any 20x is received. */
export const webhookPlan = (defaultSecret: string): WebhookPlan => ({
  timeoutMs: 5_000,
  retryAfterMs: [
    ...[1, 2, 4, 8, 15, 30].map((minutes) => minutes * minute),
    ...[1, 2, 4, 8, 16, 24, 24, 24].map((hours) => hours * hour),
  ],
  sign: ({ body, secret }) => ({
    'content-type': 'application/json',
    'x-plugin-hmac-sha256': toBase64(hmacSha256(secret ?? defaultSecret, body)),
  }),
})

/** Tells subscribers what happened, numbered and with its time, as ShipStream does (docs.shipstream.io, Topics). */
export function createNews(kit: SimulatorKit, warehouse: () => Warehouse): News {
  let number = 0
  const send = (topic: string, message: object) => {
    number += 1
    const stamp = { webhook_increment_id: number, event_timestamp: time(kit.clock.now()) }
    kit.webhooks.send({ topic, body: { topic, message: { ...message, ...stamp } } })
  }
  const adjustments = (skus: ReadonlyMap<string, number> | undefined) =>
    skus === undefined ? {} : { stock_adjustments: adjustmentsView(warehouse(), skus) }
  return {
    order(topic, order, skus) {
      const { uniqueId, orderRef } = order.input
      const [state, status] = statusOf(order)
      const words = topic === 'order:status_changed' ? { state, status } : {}
      send(topic, { unique_id: uniqueId, order_ref: orderRef, source: null, ...words, ...adjustments(skus) })
    },
    shipment(topic, order, shipment) {
      const { shipment_id: id, ...view } = shipmentView(order, shipment)
      send(topic, { unique_id: id, ...view, order_status: statusOf(order)[1] })
    },
    delivery(topic, delivery, skus) {
      send(topic, {
        delivery_id: delivery.id,
        delivery_type: delivery.type,
        increment_id: delivery.incrementId,
        sender_name: 'stockpool',
        sender_ref: null,
        sender_ref_alt: delivery.orderRef,
        merchant_ref: null,
        merchant_status: null,
        ...adjustments(skus),
      })
    },
    stock: (skus) => send('inventory:adjusted', adjustments(skus)),
  }
}
