import { StockpoolError } from '../error.ts'
import type { EventType } from '../model/event.ts'

/** Every type of event, so that a misspelt one is refused instead of never heard. */
const eventTypes: Readonly<Record<EventType, true>> = {
  'order.placed': true,
  'order.updated': true,
  'order.cancelled': true,
  'order.attention': true,
  'order.cancel_requested': true,
  'order.shipped': true,
  'shipment.confirmed': true,
  'shipment.withdrawn': true,
  'shipment.tracked': true,
  'label.bought': true,
  'label.voided': true,
  'return.requested': true,
  'return.updated': true,
  'return.attention': true,
  'order.refunded': true,
  'order.refund_failed': true,
  'buyer.data_requested': true,
  'connection.deadline': true,
  'stock.oversold': true,
  'stock.low': true,
  'stock.changed': true,
  'listing.failed': true,
  'connection.paused': true,
  'connection.resumed': true,
  'job.died': true,
}

/** @throws StockpoolError `invalid_input` that names what is wrong */
export function checkListener(type: unknown, handler: unknown): void {
  if (typeof type !== 'string' || !Object.hasOwn(eventTypes, type)) {
    throw wrong(
      'type',
      `there is no event ${String(type)}`,
      `Use one of: ${Object.keys(eventTypes).join(', ')}.`,
    )
  }
  if (typeof handler !== 'function') throw wrong('handler', 'there is no handler', 'Give a function.')
}

/** @throws StockpoolError `invalid_input` that names what is wrong */
export function checkSubscriber(name: unknown, type: unknown, handler: unknown): void {
  if (typeof name !== 'string' || name === '' || name.length > 200) {
    throw wrong('name', 'the subscriber has no name', 'Give 1 to 200 characters, the same in every process.')
  }
  checkListener(type, handler)
}

const wrong = (field: string, message: string, remedy: string) =>
  new StockpoolError('invalid_input', message, { field, remedy })
