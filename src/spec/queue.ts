import type { StockpoolError } from '../error.ts'
import type { AdapterContext } from './context.ts'
import type { WebhookEvent } from './webhooks.ts'

/** A message as the queue gave it. */
export interface QueueMessage {
  /** What `acknowledge` takes: of this delivery only. */
  readonly receipt: string
  /** What it says, or why it could not be read. */
  readonly event: WebhookEvent | StockpoolError
}

/**
 * Notifications of a platform that sends none to a web address, but into a queue of the merchant's own. They are hints, as
 * webhooks are: each is stored before it is acknowledged, and the truth is read again.
 */
export interface QueueFacet {
  /** Reads one message that the merchant's own code was given, such as an EventBridge handler's event. @throws StockpoolError `invalid_input` */
  parse(message: unknown): WebhookEvent
  /** Takes a handful of messages, waiting a while for the first. Empty: nothing came. Absent: messages are only handed in. */
  receive?(context: AdapterContext): Promise<readonly QueueMessage[]>
  /** Forgets messages that were stored. Repeating it does no harm. */
  acknowledge?(context: AdapterContext, receipts: readonly string[]): Promise<void>
  /** Sees to it that the platform sends its notifications there. Called when a hub begins, and daily; safe to repeat. */
  ensure?(context: AdapterContext): Promise<void>
}
