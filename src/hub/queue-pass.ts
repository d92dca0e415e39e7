import { isStockpoolError, StockpoolError, toStockpoolError } from '../error.ts'
import type { QueueMessage } from '../spec/queue.ts'
import { writeCursor } from '../store/connections.ts'
import { checked } from '../store/input.ts'
import { mustKnow } from './api-catalog.ts'
import { ConnectionName } from './inputs.ts'
import { commit, type Pass, type Runtime } from './runtime.ts'
import { takeEvent } from './webhooks.ts'

/** So many handfuls at most in one pass: the other duties of a pass that was asked for come too. */
const mostAtOnce = 100

/**
 * Empties the connection's queue: what a message hints at is stored with its event id in one transaction, and only then is the
 * message acknowledged. A queue that cannot be reached is this duty's trouble alone: everything is polled as ever.
 */
export async function readQueue(pass: Pass): Promise<void> {
  const { name, run } = pass
  const { queue } = pass.connection
  if (!queue?.receive) return
  for (let handful = 0; handful < mostAtOnce; handful++) {
    pass.signal.throwIfAborted()
    const messages = await ofQueue(pass, queue.receive(pass.context))
    if (messages.length === 0) break
    const receipts: string[] = []
    for (const message of messages) if (await take(pass, message)) receipts.push(message.receipt)
    if (receipts.length === 0) break
    if (queue.acknowledge) await ofQueue(pass, queue.acknowledge(pass.context, receipts))
  }
  await commit(pass, (tx) =>
    writeCursor(tx, name, 'queue', { value: null, completeUntil: null, ranAt: run.at() }),
  )
}

/**
 * Stores one message; `true`: the queue may forget it. What cannot be read says nothing that polling will not find: it is told,
 * and not given again and again. What cannot be stored comes again, and does not stop the others.
 */
async function take(pass: Pass, { event }: QueueMessage): Promise<boolean> {
  if (isStockpoolError(event)) {
    report(pass, 'reading', event)
    return true
  }
  try {
    if (await commit(pass, (tx) => takeEvent(pass.run, tx, pass.name, event))) pass.run.wake()
    return true
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    if (error.code === 'lease_lost' || error.code === 'database') throw error
    report(pass, 'storing', error)
    return false
  }
}

function report(pass: Pass, doing: string, { code, message, field }: StockpoolError): void {
  pass.report.errors.push({ doing: `${doing} a message of the queue`, code, message })
  pass.run.log.warn(`${doing} a message of the queue failed`, { connection: pass.name, code, field, message })
}

/**
 * The queue is often another service's (Amazon SQS), with a credential of its own: that it is refused must not stop the orders,
 * as a refused credential of the platform does.
 */
async function ofQueue<T>({ name }: Pass, call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    if (error.code !== 'auth') throw error
    throw new StockpoolError('permission', `the queue of ${name} refuses its credential: ${error.message}`, {
      field: error.field,
      remedy: error.remedy ?? 'Renew the credential of the queue; everything is polled meanwhile.',
      cause: error,
    })
  }
}

/** Sees to it that the platform sends its notifications to the queue. */
export async function ensureQueue(pass: Pass): Promise<void> {
  await pass.connection.queue?.ensure?.(pass.context)
  const cursor = { value: null, completeUntil: null, ranAt: pass.run.at() }
  await commit(pass, (tx) => writeCursor(tx, pass.name, 'queue-setup', cursor))
}

/** What became of a message that was handed in. */
export interface Notified {
  /** The platform's id of the event. */
  readonly received: string
  /** `true`: it came before, and nothing more follows from it. */
  readonly repeated: boolean
}

/** Takes a message that the merchant's own code was given. */
export async function takeMessage(run: Runtime, connection: string, message: unknown): Promise<Notified> {
  const name = checked(ConnectionName, connection, 'connection')
  const { queue } = mustKnow(run, name)
  if (!queue) {
    throw new StockpoolError('unsupported', `${name} takes no notifications`, {
      field: 'connection',
      remedy: 'Webhooks go to hub.webhook or hub.listener().',
    })
  }
  const event = queue.parse(message)
  const fresh = await run.database.transaction((tx) => takeEvent(run, tx, name, event))
  return { received: event.id, repeated: !fresh }
}
