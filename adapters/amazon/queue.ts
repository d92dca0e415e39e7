import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext, QueueFacet, QueueMessage } from '../../src/spec/index.ts'
import { eventOf } from './notifications.ts'
import type { AmazonSqsMessage, AmazonSqsQueue, Settings } from './options.ts'
import { ensureSubscriptions } from './subscriptions.ts'

/** Messages handed in, read from the merchant's SQS queue where it is given, and the subscriptions that bring them. */
export type AmazonQueue = QueueFacet

/** SQS deletes ten at once. */
const mostAtOnce = 10

/** The merchant's own code failed; what it says may name the account, so only the error's name is told. */
function queueFailed(what: string, thrown: unknown): StockpoolError {
  if (isStockpoolError(thrown)) return thrown
  const name = thrown instanceof Error ? thrown.name : typeof thrown
  return new StockpoolError('unavailable', `the SQS queue cannot be ${what} (${name})`, {
    remedy: "Check the queue's address and the permissions of its reader. Orders are read meanwhile as ever.",
  })
}

function read(settings: Settings, { Body, ReceiptHandle }: AmazonSqsMessage): QueueMessage | null {
  if (ReceiptHandle === undefined) return null
  try {
    return { receipt: ReceiptHandle, event: eventOf(settings, Body) }
  } catch (thrown) {
    return { receipt: ReceiptHandle, event: toStockpoolError(thrown) }
  }
}

async function receive(
  context: AdapterContext,
  settings: Settings,
  queue: AmazonSqsQueue,
): Promise<readonly QueueMessage[]> {
  let messages: readonly AmazonSqsMessage[]
  try {
    messages = await queue.receive(context.signal)
  } catch (thrown) {
    context.signal.throwIfAborted()
    throw queueFailed('read', thrown)
  }
  const given = messages.map((message) => read(settings, message))
  if (given.includes(null))
    context.log.warn('a message of the SQS queue has no receipt handle and is left there', {
      remedy: 'notifications.queue.receive must give messages by the names of the AWS SDK',
    })
  return given.filter((message) => message !== null)
}

/** A receipt that has ended is no failure: the message comes again and is known by its id. */
async function acknowledge(queue: AmazonSqsQueue, receipts: readonly string[]): Promise<void> {
  for (let start = 0; start < receipts.length; start += mostAtOnce) {
    try {
      await queue.remove(receipts.slice(start, start + mostAtOnce))
    } catch (thrown) {
      throw queueFailed('cleared', thrown)
    }
  }
}

export function amazonQueue(
  settings: Settings,
  notifications: NonNullable<Settings['notifications']>,
): AmazonQueue {
  const { queue, sqsArn, eventBridge } = notifications
  return {
    parse: (message) => eventOf(settings, message),
    ...(queue === undefined
      ? {}
      : {
          receive: (context) => receive(context, settings, queue),
          acknowledge: (_, receipts) => acknowledge(queue, receipts),
        }),
    ...(sqsArn === undefined && eventBridge === undefined
      ? {}
      : { ensure: (context) => ensureSubscriptions(context, settings, notifications) }),
  }
}
