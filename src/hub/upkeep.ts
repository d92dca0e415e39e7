import { eraseDuePeople } from '../store/orders.ts'
import { expireReservations } from '../store/settlements.ts'
import { pruneEvents } from '../store/subscribers.ts'
import { later } from './backoff.ts'
import type { Runtime } from './runtime.ts'

const keepEventsMs = 7 * 24 * 3_600_000
const keepInboxMs = 7 * 24 * 3_600_000

/** What time alone calls for: holds that expired, buyer data whose time is up, events and webhook ids that are old. */
export async function keepHouse(run: Runtime): Promise<void> {
  const at = run.at()
  await run.database.transaction(async (tx) => {
    await expireReservations(tx, at, 500)
    await eraseDuePeople(tx, at)
    await pruneEvents(tx, later(at, -keepEventsMs))
    await tx.run('DELETE FROM inbox WHERE received_at < ?', [later(at, -keepInboxMs)])
  })
}
