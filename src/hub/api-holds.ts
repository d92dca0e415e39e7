import type { HoldCause } from '../spec/orders.ts'
import type { Transaction } from '../store/database.ts'
import { checked } from '../store/input.ts'
import { enqueue } from '../store/jobs.ts'
import { lockOrder } from '../store/locks.ts'
import { dropHold, listHolds, type OrderHold, putHold } from '../store/order-wishes.ts'
import { addTimeline } from '../store/orders.ts'
import { moveSubmission, submissionsOf } from '../store/submissions.ts'
import { mustOffer } from './absent.ts'
import { HoldOptions } from './inputs.ts'
import { mustHave } from './order-lookup.ts'
import { covers, react } from './reactions.ts'
import type { Runtime } from './runtime.ts'

/**
 * What `hub.orders.hold` found.
 * @example const { atWarehouse } = await hub.orders.hold('web', 'o1', { reason: 'address' })
 */
export interface Held {
  /**
   * Providers that have a part of the order already, by connection: a hold does not ask them to stop. Cancel the order, or speak
   * to them.
   */
  readonly atWarehouse: readonly string[]
}

/** `hub.orders`: what is kept from leaving. */
export const holdsApi = (run: Runtime) => ({
  /**
   * Keeps an order from leaving until `release`: its stock stays reserved, and from this moment no warehouse is given any more of
   * it. A channel with holds of its own (Shopify) is told: the order is then on hold there too, and staff may release it there as
   * well. Repeating it does no harm.
   * @throws StockpoolError `not_found` for an unknown connection or order, `invalid_input` for an unknown reason
   * @example await hub.orders.hold('web', 'o1', { reason: 'address' })
   */
  async hold(connection: string, order: string, options: { reason?: HoldCause } = {}): Promise<Held> {
    const { reason } = checked(HoldOptions, options, 'options')
    return run.database.transaction(async (tx) => {
      await mustHave(run, tx, connection, order)
      await lockOrder(tx, connection, order)
      const at = run.at()
      await putHold(tx, { connection, order, reason, at })
      await addTimeline(tx, connection, order, at, { text: 'held', facts: { reason } })
      await tell(run, tx, connection, order, { wish: 'hold', reason, at })
      const atWarehouse = new Set<string>()
      for (const submission of await submissionsOf(tx, connection, order)) {
        if (await moveSubmission(tx, submission, { from: ['intended'], to: 'void', at })) continue
        if (submission.lines.some(({ sku }) => covers(submission, sku) > 0))
          atWarehouse.add(submission.provider)
      }
      return { atWarehouse: [...atWarehouse].sort() }
    })
  },

  /**
   * Lets an order go that `hold` kept: it goes on at once, unless its channel still holds it for reasons of its own (staff, the
   * payment). Repeating it does no harm.
   * @throws StockpoolError `not_found` for an unknown connection or order
   */
  async release(connection: string, order: string): Promise<void> {
    await run.database.transaction(async (tx) => {
      await mustHave(run, tx, connection, order)
      await lockOrder(tx, connection, order)
      const at = run.at()
      const kept = await dropHold(tx, connection, order)
      await tell(run, tx, connection, order, { wish: 'release', at })
      if (!kept) return
      await addTimeline(tx, connection, order, at, { text: 'released', facts: {} })
      await react(run, tx, await mustHave(run, tx, connection, order))
    })
  },

  /**
   * Orders that are kept here and not over, the longest kept first. Once the channel itself holds an order, its status says so (`on_hold`), and it is not
   * listed here.
   * @throws StockpoolError `not_found` for an unknown connection
   */
  async holds(connection?: string): Promise<OrderHold[]> {
    if (connection !== undefined) mustOffer(run, connection, 'orders')
    return run.database.read((tx) => listHolds(tx, connection ?? null))
  },
})

/** A channel without holds of its own need not know. */
async function tell(
  run: Runtime,
  tx: Transaction,
  connection: string,
  order: string,
  wish: Readonly<Record<string, string>>,
): Promise<void> {
  const orders = run.connections.get(connection)?.orders
  if (!orders?.hold || !orders.release) return
  const key = `${connection}/${order}`
  const payload = { order, ...wish }
  await enqueue(tx, { connection, kind: 'order.hold', key, payload, at: run.at() })
}
