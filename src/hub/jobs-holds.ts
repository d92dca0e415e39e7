import type { HoldCause } from '../spec/orders.ts'
import { type Job, markInDoubt } from '../store/jobs.ts'
import { lockOrder } from '../store/locks.ts'
import { dropHold, placedUnits } from '../store/order-wishes.ts'
import { addTimeline, getOrder } from '../store/orders.ts'
import { observeLater, unsupported } from './jobs-channel.ts'
import { applySnapshot } from './orders-pass.ts'
import { react } from './reactions.ts'
import { commit, type Pass } from './runtime.ts'

/**
 * Holds an order on its channel, or lets it go there: whichever was wished for last. Once the channel itself calls the order on
 * hold, its word counts and ours is dropped, so that staff can release it there.
 */
export async function holdOrder(pass: Pass, job: Job): Promise<void> {
  const { orders } = pass.connection
  const { order = '', wish, reason = 'other', at: since = '' } = job.payload
  if (!orders?.hold || !orders.release) throw unsupported(pass, 'hold orders')
  await commit(pass, (tx) => markInDoubt(tx, job))
  if (wish === 'release') {
    await orders.release(pass.context, order)
    await settle(pass, order, 'released', {})
    return
  }
  const { outcome, detail = '' } = await orders.hold(pass.context, { order, reason: reason as HoldCause })
  const text = outcome === 'held' ? 'held' : 'too late to hold; nothing new is given to a warehouse from here'
  const status = await settle(pass, order, text, { outcome, detail })
  if (status !== 'on_hold') return
  await commit(pass, async (tx) => {
    await lockOrder(tx, pass.name, order)
    const dropped = await dropHold(tx, pass.name, order, since)
    const known = dropped ? await getOrder(tx, pass.name, order) : null
    // Staff may have released it there since it was read, and the news of that been taken in already: nothing else would call.
    if (known) await react(pass.run, tx, known)
  })
}

/** Reads the order anew; what it says follows. */
async function settle(
  pass: Pass,
  order: string,
  what: string,
  facts: Readonly<Record<string, string>>,
): Promise<string | null> {
  const snapshot = await pass.connection.orders?.get(pass.context, order)
  await commit(pass, (tx) =>
    addTimeline(tx, pass.name, order, pass.run.at(), { text: `${pass.name}: ${what}`, facts }),
  )
  if (snapshot) await applySnapshot(pass, snapshot)
  return snapshot?.status ?? null
}

/**
 * Tells a channel which of its places an order leaves from. It counts the goods there then, and no more where it thought of first:
 * both numbers are looked at at once, since the one that rose may be too high.
 */
export async function assignOrder(pass: Pass, job: Job): Promise<void> {
  const { orders } = pass.connection
  if (!orders?.assign) throw unsupported(pass, 'let orders leave from a place of its own')
  const { order = '' } = job.payload
  const units = await pass.run.database.read((tx) => placedUnits(tx, pass.name, order))
  const lines = units
    .filter(({ open }) => open > 0)
    .map(({ line, place, open }) => ({ line, place, quantity: open }))
  if (lines.length === 0) return
  await commit(pass, (tx) => markInDoubt(tx, job))
  const { moved, refused } = await orders.assign(pass.context, { order, lines })
  if (moved === 0 && refused.length === 0 && !job.inDoubt) return
  const text =
    refused.length === 0
      ? 'moved to where it leaves from'
      : 'not all of it could be moved to where it leaves from'
  await commit(pass, async (tx) => {
    const at = pass.run.at()
    if (moved > 0 || refused.length > 0) {
      const facts = { moved, refused: [...refused] }
      await addTimeline(tx, pass.name, order, at, { text: `${pass.name}: ${text}`, facts })
    }
    const listings = [...new Set(units.map(({ listing }) => listing))]
    await observeLater(
      tx,
      pass.name,
      listings.map((listing) => ({ listing, place: '' })),
      at,
      0,
    )
  })
}
