import { hmacSha256, toBase64 } from '../../../src/http/index.ts'
import type { OutgoingWebhook, SimulatorKit, WebhookPlan } from '../../../src/simulator/index.ts'
import type { Depot } from './depot.ts'
import { idOf, type News, type Webhook } from './types.ts'
import { accountId, type Views } from './views.ts'

/** Signs a delivery as ShipHero does: base64 of HMAC-SHA256 over the raw body. For tests of your own handler too. */
export function signShipHero(defaultSecret: string) {
  return ({ id, body, secret }: OutgoingWebhook): Record<string, string> => ({
    'content-type': 'application/json',
    'x-shiphero-message-id': id,
    'x-shiphero-hmac-sha256': toBase64(hmacSha256(secret ?? defaultSecret, body)),
  })
}

/** Ten seconds to answer, five repeats (developer.shiphero.com, Webhooks). */
export const webhookPlan = (defaultSecret: string): WebhookPlan => ({
  timeoutMs: 10_000,
  retryAfterMs: [60_000, 300_000, 900_000, 3_600_000, 10_800_000],
  sign: signShipHero(defaultSecret),
})

/** The webhooks of the account; one that is disabled gets nothing. */
export class Hooks {
  readonly all = new Map<string, Webhook>()
  readonly #kit: SimulatorKit
  readonly #subscriptions = new Map<string, string>()

  constructor(kit: SimulatorKit) {
    this.#kit = kit
  }

  /** `null` when one of this name and shop name exists. */
  create(name: string, url: string, shopName: string | null, number: number, now: number): Webhook | null {
    if (this.named(name, shopName)) return null
    const secret = this.#kit.random.uuid().replaceAll('-', '')
    const counts = { number, createdAt: now, changedAt: now }
    const id = idOf('Webhook', number)
    const made: Webhook = { id, name, url, shopName, secret, enabled: true, health: 'HEALTHY', ...counts }
    this.all.set(id, made)
    this.#connect(made)
    return made
  }

  named(name: string, shopName: string | null): Webhook | undefined {
    return [...this.all.values()].find((each) => each.name === name && each.shopName === shopName)
  }

  delete(webhook: Webhook): void {
    this.all.delete(webhook.id)
    this.#disconnect(webhook)
  }

  set(webhook: Webhook, health: Webhook['health'], now: number): void {
    const enabled = health !== 'UNHEALTHY'
    if (enabled && !webhook.enabled) this.#connect(webhook)
    if (!enabled && webhook.enabled) this.#disconnect(webhook)
    Object.assign(webhook, { health, enabled, changedAt: now })
  }

  /** Sends what it has to say to another address, as a proxy would. */
  move(webhook: Webhook, url: string): void {
    this.#disconnect(webhook)
    webhook.url = url
    if (webhook.enabled) this.#connect(webhook)
  }

  #connect({ id, name, url, secret }: Webhook): void {
    this.#subscriptions.set(id, this.#kit.webhooks.subscribe({ url, topics: [name], secret }).id)
  }

  #disconnect({ id }: Webhook): void {
    this.#kit.webhooks.unsubscribe(this.#subscriptions.get(id) ?? '')
    this.#subscriptions.delete(id)
  }
}

/** Tells the webhooks of the account what happened, in the bodies that ShipHero documents (their main members). */
export function newsOf(
  kit: SimulatorKit,
  parts: () => { readonly depot: Depot; readonly views: Views },
): News {
  return (name, { order, shipment, product, returned }) => {
    const { depot, views } = parts()
    const common = { test: '0', webhook_type: name, account_uuid: accountId }
    const about = order && {
      order_id: order.number,
      order_uuid: order.id,
      order_number: String(order.input.order_number ?? order.number),
      partner_order_id: order.reference,
      shop_name: (order.input.shop_name as string | undefined) ?? null,
    }
    const body = { ...common, ...about }
    const send = (more: object) => kit.webhooks.send({ topic: name, body: { ...body, ...more } })
    if (shipment && order) {
      const { shipping_labels: packages } = views.shipment(order, shipment)
      const fulfillment = {
        webhook_type: name,
        shipment_id: shipment.number,
        shipment_uuid: shipment.id,
        partner_order_id: order.reference,
        shop_name: about?.shop_name,
        order_number: about?.order_number,
        tracking_number: shipment.labels[0]?.tracking ?? null,
        total_packages: shipment.labels.length,
        packages,
      }
      kit.webhooks.send({ topic: name, body: { ...common, fulfillment } })
    } else if (returned) {
      send({ return_id: returned.number, return_uuid: returned.id, status: returned.status })
    } else if (product) {
      const at = depot.warehouses.filter(({ id }) => product.shelves.has(id))
      send({ inventory: at.map((each) => views.warehouseProduct(product, each)) })
    } else send({ line_items: order?.lines.map((line) => views.line(order, line)) ?? [] })
  }
}
