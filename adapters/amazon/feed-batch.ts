import type { AdapterContext } from '../../src/spec/index.ts'
import type { ActionKind } from './order-actions.ts'
import type { Xml } from './xml.ts'

/** So long the first message waits for others that are handed in with it. */
const gatherMs = 2_000
/** Most messages of one feed: half a kilobyte each, and Amazon advises at most 10 MiB. */
const mostMessages = 5_000

/** Which message of which feed an action is. */
export interface Place {
  readonly feed: string
  readonly message: number
}

type Message = readonly Xml[]
type Submit = (context: AdapterContext, kind: ActionKind, messages: readonly Message[]) => Promise<string>

interface Batch {
  readonly messages: Message[]
  readonly posted: Promise<string>
}

/**
 * Puts messages that are handed in at about the same time into one feed: Amazon takes a feed every two minutes (createFeed,
 * 0.0083 a second), and as many messages in it as there are. While one feed waits for its turn, the messages that come gather for
 * the next. Nothing is kept here that a crash could lose: whoever handed a message in waits for its feed, and does it again.
 */
export function feedBatches(submit: Submit) {
  const open = new Map<ActionKind, Batch>()
  const last = new Map<ActionKind, Promise<unknown>>()
  const begin = (context: AdapterContext, kind: ActionKind): Batch => {
    const messages: Message[] = []
    const before = last.get(kind)
    const send = async () => {
      try {
        await before
        await context.clock.sleep(gatherMs, context.signal)
      } finally {
        if (open.get(kind) === batch) open.delete(kind)
      }
      return await submit(context, kind, messages)
    }
    const batch: Batch = { messages, posted: Promise.resolve().then(send) }
    open.set(kind, batch)
    last.set(
      kind,
      batch.posted.catch(() => undefined),
    )
    return batch
  }
  return async (context: AdapterContext, kind: ActionKind, message: Message): Promise<Place> => {
    const gathering = open.get(kind)
    const batch = gathering && gathering.messages.length < mostMessages ? gathering : begin(context, kind)
    const number = batch.messages.push(message)
    return { feed: await batch.posted, message: number }
  }
}
