import assert from 'node:assert/strict'
import type { QueueFacet, QueueMessage, WebhookEvent } from '../../spec/index.ts'
import { happen } from './deliveries.ts'
import {
  attempt,
  type Check,
  effectFaults,
  eventually,
  type Group,
  hurried,
  need,
  operationsOf,
  pass,
  persist,
  type Stage,
} from './stage.ts'

const facet = (stage: Stage): QueueFacet => need(stage.connection.queue, 'queue')

async function take(stage: Stage): Promise<readonly QueueMessage[]> {
  const queue = facet(stage)
  return need(queue.receive?.bind(queue), 'queue.receive')(stage.context)
}

const eventIn = ({ event }: QueueMessage): WebhookEvent | null => ('hints' in event ? event : null)
const idsIn = (messages: readonly QueueMessage[]) => messages.flatMap((each) => eventIn(each)?.id ?? [])

/** Everything that the queue gives now, each message once. */
async function takeAll(stage: Stage): Promise<QueueMessage[]> {
  const all: QueueMessage[] = []
  for (let page = await take(stage); page.length > 0; page = await take(stage)) all.push(...page)
  return all
}

async function forget(stage: Stage, messages: readonly QueueMessage[]): Promise<void> {
  const receipts = messages.map(({ receipt }) => receipt)
  await facet(stage).acknowledge?.(stage.context, receipts)
}

/** Subscribes where the connection does that itself. */
const listen = async (stage: Stage) => facet(stage).ensure?.(stage.context)

/** Lets something happen, and gives all that the queue then says of it. */
async function told(stage: Stage): Promise<QueueMessage[]> {
  const subject = await happen(stage)
  return eventually(stage, `a message of ${subject}`, async () => {
    const messages = await takeAll(stage)
    const hints = messages.flatMap((each) => eventIn(each)?.hints ?? [])
    return hints.some(
      (hint) =>
        (hint.kind === 'order' && hint.order === subject) ||
        (hint.kind === 'fulfillment' && hint.reference === subject),
    )
      ? messages
      : null
  })
}

/** Longer than any queue keeps a message hidden that was taken and not acknowledged, by default. */
const longHiddenMs = 10 * 60_000

const checks: readonly Check[] = [
  {
    name: 'a message hints at what happened, and is gone once it was acknowledged, however often',
    async run(stage) {
      await listen(stage)
      const messages = await told(stage)
      for (const message of messages) {
        const event = eventIn(message)
        assert.ok(event, `a message of the platform's own cannot be read: ${message.event}`)
        assert.ok(event.id !== '' && event.topic !== '' && event.hints.length > 0)
        if (event.occurredAt !== null) assert.ok(event.occurredAt <= stage.simulator.clock.now() + 1_000)
      }
      await forget(stage, messages)
      await forget(stage, messages)
      await pass(stage, longHiddenMs)
      const again = idsIn(await takeAll(stage))
      assert.deepEqual(
        again.filter((id) => idsIn(messages).includes(id)),
        [],
        'an acknowledged message came again',
      )
    },
  },
  {
    name: 'a message that was not acknowledged comes again, as the same event',
    async run(stage) {
      await listen(stage)
      const ids = new Set(idsIn(await told(stage)))
      await pass(stage, longHiddenMs)
      const again = new Set(idsIn(await takeAll(stage)))
      for (const id of ids) assert.ok(again.has(id), 'a message that nobody acknowledged is lost')
    },
  },
  {
    name: 'garbage is invalid input, and nothing else is ever thrown',
    async run(stage) {
      const queue = facet(stage)
      const circle: { self?: unknown } = {}
      circle.self = circle
      const garbage = ['', 'not json', '[]', 'null', '{}', '{"id":', 12, null, undefined, [], {}, circle]
      for (const message of garbage) {
        const outcome = await attempt(() => queue.parse(message))
        assert.ok(!outcome.ok, 'garbage was taken for a message')
        assert.equal(outcome.error.code, 'invalid_input')
      }
    },
  },
  {
    name: 'ensure subscribes once, however often, and through lost answers',
    when: ({ queue }) => queue?.ensure !== undefined,
    async run(stage) {
      const operations = await operationsOf(stage, () => listen(stage))
      const countOf = async () => {
        const messages = await told(stage)
        await forget(stage, messages)
        return new Set(idsIn(messages)).size
      }
      const once = await countOf()
      await listen(stage)
      await listen({ ...stage, ...stage.again() })
      for (const operation of operations) {
        for (const fault of effectFaults) {
          stage.simulator.faults.clear()
          stage.simulator.faults.arm({ ...fault, operation })
          await persist(stage, () => listen(hurried(stage)))
        }
      }
      stage.simulator.faults.clear()
      assert.equal(await countOf(), once, 'what happens once is told more often than before')
    },
  },
]

/** A queue that is read, not one whose messages are only handed in. */
export const queue: Group = {
  name: 'queue',
  when: ({ queue }) => queue?.receive !== undefined && queue.acknowledge !== undefined,
  checks,
}
