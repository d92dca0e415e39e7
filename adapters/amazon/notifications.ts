import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { readRow } from '../../src/http/index.ts'
import type { Hint, WebhookEvent } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'

// Notifications write their members now in capitals (ORDER_CHANGE), now in small letters (FEED_PROCESSING_FINISHED), as
// Amazon's schemas have them: both are read.

const text = z.string().min(1)
const id = text.max(200)

const Order = z.object({ AmazonOrderId: id, SellerId: text })
const Quantity = z.object({ Sku: id, SellerId: text, FulfillmentChannelCode: z.string().nullish() })
const Feed = z.object({ feedId: text, feedType: text, sellerId: z.string().nullish() })
const Report = z.object({ reportId: text, reportType: text, sellerId: z.string().nullish() })
const Shipment = z.object({ SellerFulfillmentOrderId: id, SellerId: text })

interface Reader {
  /** The payload, or the member of it that holds what is said. */
  readonly member: string | null
  readonly hints: (said: unknown) => { readonly seller: string | null; readonly hints: readonly Hint[] }
}

const reader = <T>(
  member: string | null,
  schema: z.ZodType<T>,
  of: (said: T) => { readonly seller: string | null | undefined; readonly hint: Hint },
): Reader => ({
  member,
  hints: (said) => {
    const { seller, hint } = of(readRow(schema, said, { what: "a notification of Amazon's" }))
    return { seller: seller ?? null, hints: [hint] }
  },
})

const readers: Readonly<Record<string, Reader>> = {
  ORDER_CHANGE: reader('OrderChangeNotification', Order, (said) => ({
    seller: said.SellerId,
    hint: { kind: 'order', order: said.AmazonOrderId },
  })),
  LISTINGS_ITEM_MFN_QUANTITY_CHANGE: reader(null, Quantity, (said) => ({
    seller: said.SellerId,
    hint: { kind: 'listing', listing: said.Sku, place: '' },
  })),
  FEED_PROCESSING_FINISHED: reader('feedProcessingFinishedNotification', Feed, (said) => ({
    seller: said.sellerId,
    // Rows in a feed are looked at by the minute anyway.
    hint: { kind: 'ignored', topic: `FEED_PROCESSING_FINISHED ${said.feedType}` },
  })),
  REPORT_PROCESSING_FINISHED: reader('reportProcessingFinishedNotification', Report, (said) => ({
    seller: said.sellerId,
    // Whoever asked for a report waits for it. A hint at returns would ask for the next report, whose end is told again, for ever.
    hint: { kind: 'ignored', topic: `REPORT_PROCESSING_FINISHED ${said.reportType}` },
  })),
  // Its statuses are not those of the interface ("PROCESSED" is in neither): the order is read again.
  FULFILLMENT_ORDER_STATUS: reader('FulfillmentOrderStatusNotification', Shipment, (said) => ({
    seller: said.SellerId,
    hint: { kind: 'fulfillment', reference: said.SellerFulfillmentOrderId },
  })),
  FBA_INVENTORY_AVAILABILITY_CHANGES: reader(null, z.unknown(), () => ({
    seller: null,
    hint: { kind: 'stock' },
  })),
}

const Head = z.object({
  type: text,
  at: z.string().nullish(),
  id: text.max(500),
  payload: z.unknown(),
})

type Members = Readonly<Record<string, unknown>>
const members = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}

/** By the name in capitals, or the same in small letters. */
function either(from: unknown, name: string): unknown {
  const given = members(from)
  return given[name] ?? given[`${name.charAt(0).toLowerCase()}${name.slice(1)}`]
}

function headOf(notification: unknown): z.infer<typeof Head> {
  return readRow(
    Head,
    {
      type: either(notification, 'NotificationType'),
      at: either(notification, 'EventTime'),
      id: either(either(notification, 'NotificationMetadata'), 'NotificationId'),
      payload: either(notification, 'Payload'),
    },
    { what: "a notification of Amazon's" },
  )
}

/**
 * A notification as a hint. What it tells beside ids is not used: the truth is read again, so that notifications may come
 * late, twice and in any order. Another seller's, in a queue that several share, hints at nothing.
 * @throws StockpoolError `invalid_input`
 */
export function eventOf(settings: Settings, message: unknown): WebhookEvent {
  const notification = notificationOf(message)
  const head = headOf(notification)
  const at = Date.parse(head.at ?? '')
  const event = { id: head.id, topic: head.type, occurredAt: Number.isNaN(at) ? null : at }
  const known = readers[head.type]
  if (!known) return { ...event, hints: [{ kind: 'ignored', topic: head.type }] }
  const said = known.member === null ? head.payload : members(head.payload)[known.member]
  const { seller, hints } = known.hints(said)
  if (seller !== null && seller !== settings.sellerId)
    return { ...event, hints: [{ kind: 'ignored', topic: `${head.type} of another seller` }] }
  return { ...event, hints }
}

/**
 * The notification in whatever it came: itself; its text; a message of SQS (`Body`), also as a Lambda gets it (`body`, or
 * one of `Records`); an event of EventBridge (`detail`).
 */
function notificationOf(message: unknown, depth = 0): unknown {
  if (depth > 4) throw unreadable()
  if (typeof message === 'string') return notificationOf(parsed(message), depth + 1)
  const given = members(message)
  const { Records: records } = given
  if (Array.isArray(records)) {
    if (records.length !== 1) throw unreadable('several messages at once: hand them in one by one')
    return notificationOf(records[0], depth + 1)
  }
  const inner = given.Body ?? given.body ?? given.detail
  return inner === undefined ? message : notificationOf(inner, depth + 1)
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message)
  } catch {
    throw unreadable()
  }
}

const unreadable = (why = 'it is no notification of Amazon’s') =>
  new StockpoolError('invalid_input', `the message cannot be read: ${why}`, {
    field: 'message',
    remedy: 'Hand in a message of SQS, or an event of EventBridge, as it came.',
  })
