import { z } from 'zod'
import { StockpoolError } from '../../../src/error.ts'
import type { QueueFacet, WebhookEvent } from '../../../src/spec/index.ts'
import type { Toy } from './connection.ts'

interface Taken {
  readonly id: string
  readonly topic: string
  readonly body: string
  readonly receipt: string
}

const Message = z.object({ id: z.string(), topic: z.string(), body: z.string() })
const Body = z.object({ order: z.string(), at: z.number() })

/** The toy platform's news by queue, right in all but for one planted bug. */
export function toyQueue(toy: Toy): QueueFacet {
  const { bug } = toy
  let counter = 0
  const parse = (message: unknown): WebhookEvent => {
    counter += 1
    const { id, topic, body } = read(Message, message)
    const { order, at } = read(Body, json(body))
    return {
      id: bug === 'queue id by delivery' ? `${counter}` : id,
      topic,
      occurredAt: at,
      hints: [{ kind: 'order', order: bug === 'queue hint of nobody' ? 'nobody' : order }],
    }
  }
  const json = (text: string): unknown => {
    if (bug === 'queue throws SyntaxError') return JSON.parse(text)
    try {
      return JSON.parse(text)
    } catch {
      throw new StockpoolError('invalid_input', 'not JSON', { field: 'body' })
    }
  }
  const read = <T>(schema: z.ZodType<T>, value: unknown): T => {
    const given = typeof value === 'string' ? json(value) : value
    const found = schema.safeParse(given)
    if (found.success) return found.data
    throw new StockpoolError('invalid_input', 'not a toy notice', { field: 'body' })
  }
  return {
    parse,
    async receive(context) {
      const taken = await toy.call<Taken[]>(context, 'takeNotices', 'POST', '/queue/take')
      if (bug === 'queue forgets at once')
        await toy.call(context, 'deleteNotices', 'POST', '/queue/delete', {
          json: taken.map(({ receipt }) => receipt),
        })
      return taken.map((message) => ({ receipt: message.receipt, event: parse(message) }))
    },
    async acknowledge(context, receipts) {
      if (bug === 'queue never forgets') return
      await toy.call(context, 'deleteNotices', 'POST', '/queue/delete', { json: receipts })
    },
    async ensure(context) {
      const { subscriptions } = await toy.call<{ subscriptions: number }>(
        context,
        'listQueueSubscriptions',
        'GET',
        '/queue',
      )
      if (subscriptions > 0 && bug !== 'queue subscribes again') return
      // Not idempotent at the toy: an unknown outcome is for the caller, who calls again.
      await toy.call(context, 'subscribeQueue', 'POST', '/queue', { effect: 'once' })
    },
  }
}
