import type { SeededRandom } from '../../../src/simulator/index.ts'
import { instant } from './answers.ts'
import { type Order, openUnits, shippedUnits, statusOf, type World } from './world.ts'

export interface Destination {
  readonly destinationId: string
  readonly name: string
  readonly resource: {
    readonly sqs?: { readonly arn: string }
    readonly eventBridge?: { readonly accountId: string; readonly region: string; readonly name: string }
  }
}

export interface NoticeSubscription {
  readonly subscriptionId: string
  readonly type: string
  readonly payloadVersion: string
  readonly destinationId: string
  readonly processingDirective?: unknown
}

/** A message in the queue. Taken, it is hidden for a while, and comes again unless it is deleted. */
interface Message {
  readonly id: string
  readonly body: string
  receipt: string | null
  hiddenUntil: number
}

export interface NoticeChaos {
  /** Further copies of each notification. */
  readonly duplicate: number
  /** The last comes first. */
  readonly reorder: boolean
  /** Notifications are lost. */
  readonly drop: boolean
}

const hiddenMs = 30_000
const small = (name: string) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`

/** Amazon's notifications: who wants which, a standard SQS queue (at least once, in no order), and an event bus. */
export class Notices {
  readonly destinations = new Map<string, Destination>()
  readonly subscriptions = new Map<string, NoticeSubscription>()
  /** What the event bus was given, as a handler gets it. */
  readonly events: unknown[] = []
  chaos: NoticeChaos = { duplicate: 0, reorder: false, drop: false }
  #queue: Message[] = []
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  send(type: string, at: number, payload: unknown): void {
    const subscription = this.subscriptions.get(type)
    const destination = subscription && this.destinations.get(subscription.destinationId)
    if (!subscription || !destination || this.chaos.drop) return
    const body = this.#envelope(type, subscription, at, payload)
    for (let copy = 0; copy <= this.chaos.duplicate; copy += 1) {
      if (destination.resource.eventBridge) this.events.push(eventOf(type, at, body, destination))
      else this.#put(JSON.stringify(body))
    }
  }

  /** At most ten, in no order that a reader may count on. */
  receive(
    now: number,
  ): readonly { readonly MessageId: string; readonly ReceiptHandle: string; readonly Body: string }[] {
    const visible = this.#queue.filter(({ hiddenUntil }) => hiddenUntil <= now).slice(0, 10)
    return visible.map((message) => {
      const receipt = this.#random.text(40)
      message.receipt = receipt
      message.hiddenUntil = now + hiddenMs
      return { MessageId: message.id, ReceiptHandle: receipt, Body: message.body }
    })
  }

  /** Only the latest receipt of a message deletes it. */
  remove(receipts: readonly string[]): void {
    this.#queue = this.#queue.filter(({ receipt }) => receipt === null || !receipts.includes(receipt))
  }

  get waiting(): number {
    return this.#queue.length
  }

  /** Anything, as a stranger's message. */
  put(body: string): void {
    this.#put(body)
  }

  #put(body: string): void {
    const message = { id: this.#random.uuid(), body, receipt: null, hiddenUntil: 0 }
    if (this.chaos.reorder) this.#queue.unshift(message)
    else this.#queue.push(message)
  }

  /** Feeds and reports write their members in small letters, the others in capitals. */
  #envelope(type: string, subscription: NoticeSubscription, at: number, payload: unknown): unknown {
    const plain = ['FEED_PROCESSING_FINISHED', 'REPORT_PROCESSING_FINISHED'].includes(type)
    const named = (members: Readonly<Record<string, unknown>>) =>
      Object.fromEntries(Object.entries(members).map(([name, value]) => [plain ? small(name) : name, value]))
    return named({
      NotificationVersion: plain ? '2020-09-04' : '1.0',
      NotificationType: type,
      PayloadVersion: subscription.payloadVersion,
      EventTime: instant(at),
      Payload: payload,
      NotificationMetadata: named({
        ApplicationId: 'amzn1.sellerapps.app.simulated',
        SubscriptionId: subscription.subscriptionId,
        PublishTime: instant(at),
        NotificationId: this.#random.uuid(),
      }),
    })
  }
}

const eventOf = (type: string, at: number, detail: unknown, { resource }: Destination): unknown => ({
  version: '0',
  id: 'simulated',
  'detail-type': type,
  source: resource.eventBridge?.name ?? '',
  account: resource.eventBridge?.accountId ?? '',
  time: instant(at),
  region: resource.eventBridge?.region ?? '',
  resources: [],
  detail,
})

/** Notifications use the words of v0. */
const v0: Readonly<Record<string, string>> = {
  PENDING: 'Pending',
  UNSHIPPED: 'Unshipped',
  PARTIALLY_SHIPPED: 'PartiallyShipped',
  SHIPPED: 'Shipped',
  CANCELLED: 'Canceled',
}

export const v0Status = (order: Order, at: number): string => v0[statusOf(order, at)] ?? ''

/** Neither address nor price: those are read. */
export function orderChange(
  { options }: World,
  order: Order,
  at: number,
  change: 'OrderStatusChange' | 'BuyerRequestedChange',
): unknown {
  const asked = change === 'BuyerRequestedChange'
  return {
    NotificationLevel: 'OrderLevel',
    SellerId: options.sellerId,
    AmazonOrderId: order.id,
    OrderChangeType: change,
    OrderChangeTrigger: {
      TimeOfOrderChange: instant(at),
      ChangeReason: asked ? 'Buyer Requested Cancel' : 'Order Status Change',
    },
    Summary: {
      MarketplaceId: order.marketplaceId,
      OrderStatus: v0Status(order, at),
      PurchaseDate: instant(order.createdAt),
      DestinationPostalCode: '98109',
      FulfillmentType: order.fulfilledBy === 'AMAZON' ? 'AFN' : 'MFN',
      OrderType: 'StandardOrder',
      OrderItems: order.lines.map((line) => ({
        OrderItemId: line.id,
        SellerSKU: line.sku,
        SupplySourceId: '',
        Quantity: line.quantity,
        QuantityShipped: shippedUnits(order, line),
        OrderItemStatus: openUnits(order, line) > 0 ? 'Unshipped' : 'Shipped',
        IsBuyerRequestedCancel: line.requested !== null,
      })),
    },
  }
}
