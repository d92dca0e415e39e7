import { toStockpoolError } from '../error.ts'
import type { ChannelOrder, Order } from '../model/order.ts'
import { connectionState, readCursor, writeCursor } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { countOrdered } from '../store/imports.ts'
import { enqueue, reviveJob } from '../store/jobs.ts'
import { applyOrder } from '../store/orders.ts'
import { parcelsToConfirm } from '../store/parcels.ts'
import { releaseHeld } from '../store/pushes.ts'
import { noteReadable } from '../store/unreadable.ts'
import { later } from './backoff.ts'
import { samePage } from './providers-pass.ts'
import { react } from './reactions.ts'
import { allDone, commit, type Pass } from './runtime.ts'
import { noteUnreadableOrders } from './unreadable.ts'

/**
 * Reads the orders that changed, page by page; the cursor moves only after a page is stored. An order that cannot be
 * read or stored gets a job of its own and does not stop the others.
 */
export async function readOrders(
  pass: Pass,
  onPage: (completeUntil: string | null) => void = () => {},
): Promise<void> {
  const facet = pass.connection.orders
  if (!facet) return
  let cursor = await pass.run.database.read((tx) => readCursor(tx, pass.name, 'orders'))
  for (;;) {
    pass.signal.throwIfAborted()
    const page = await facet.read(pass.context, cursor.value)
    await allDone([...latestById(page.orders)].map((order) => storeOrder(pass, order)))
    await noteUnreadableOrders(pass, page.unreadable)
    if (page.more && page.cursor === cursor.value) throw samePage('order')
    const at = pass.run.at()
    const completeUntil = page.more ? cursor.completeUntil : new Date(page.completeUntil).toISOString()
    cursor = { value: page.cursor, completeUntil, ranAt: page.more ? cursor.ranAt : at }
    await commit(pass, async (tx) => {
      await writeCursor(tx, pass.name, 'orders', cursor)
      if (!page.more && completeUntil !== null) await releaseHeld(tx, pass.name, completeUntil, at)
    })
    if (!page.more && completeUntil !== null) {
      const until = completeUntil
      while (await commit(pass, (tx) => countOrdered(tx, pass.name, until, pass.run.at())));
    }
    onPage(completeUntil)
    if (!page.more) return
  }
}

/** Stores one snapshot with everything that follows from it, in one transaction. */
export async function applySnapshot(pass: Pass, order: ChannelOrder): Promise<void> {
  const first = await commit(pass, async (tx) => {
    const at = pass.run.at()
    const { countsFrom } = await connectionState(tx, pass.name, at)
    const applied = await applyOrder(tx, {
      connection: pass.name,
      order,
      at,
      countsFrom,
      route: pass.run.route,
      eraseAt: later(at, pass.run.keepBuyerDataMs),
      protect: pass.run.vault.protect,
    })
    if (applied.changed) await react(pass.run, tx, applied.order)
    if (applied.letGo) await tellHeldParcels(tx, applied.order, at)
    await noteReadable(tx, 'order.fetch', `${pass.name}/${order.id}`)
    if (applied.first && pass.connection.orders?.acknowledge && !isOver(applied.order)) {
      const key = `${pass.name}/${order.id}`
      const payload = { order: order.id }
      await enqueue(tx, { connection: pass.name, kind: 'order.acknowledge', key, payload, at })
    }
    return applied.first
  })
  pass.report.ordersRead++
  if (first) pass.report.ordersPlaced++
}

/** A channel takes no tracking of an order that is on hold, and that may last for longer than a job is tried. */
async function tellHeldParcels(tx: Transaction, { connection, id }: Order, at: string): Promise<void> {
  for (const parcel of await parcelsToConfirm(tx, connection, id))
    await reviveJob(tx, 'shipment.confirm', `${connection}/${id}/${parcel}`, at)
}

/** Nobody waits for word of an order that was over when it was first seen. */
const isOver = ({ status }: Order): boolean =>
  status === 'shipped' || status === 'delivered' || status === 'cancelled'

async function storeOrder(pass: Pass, order: ChannelOrder): Promise<void> {
  try {
    await applySnapshot(pass, order)
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    if (error.code === 'lease_lost' || error.code === 'database') throw error
    pass.report.errors.push({ doing: `storing order ${order.id}`, code: error.code, message: error.message })
    await commit(pass, (tx) =>
      enqueue(tx, {
        connection: pass.name,
        kind: 'order.fetch',
        key: `${pass.name}/${order.id}`,
        payload: { order: order.id },
        at: pass.run.at(),
      }),
    )
  }
}

/** A page may hold an order twice (it changed while the pages were read): the later snapshot tells more. */
function latestById(orders: readonly ChannelOrder[]): Iterable<ChannelOrder> {
  const latest = new Map<string, ChannelOrder>()
  for (const order of orders) {
    const known = latest.get(order.id)
    if (!known || known.updatedAt <= order.updatedAt) latest.set(order.id, order)
  }
  return latest.values()
}
