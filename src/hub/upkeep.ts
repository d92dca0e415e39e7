import { toStockpoolError } from '../error.ts'
import { pruneInbox } from '../store/connections.ts'
import { acquireLease, releaseLease } from '../store/leases.ts'
import { pruneMemory } from '../store/memory.ts'
import { eraseDuePeople } from '../store/orders.ts'
import { expiredReservations, expireReservation, expireReservations } from '../store/settlements.ts'
import { pruneEvents } from '../store/subscribers.ts'
import { later } from './backoff.ts'
import { goOnWithoutQuotes } from './quotes.ts'
import { resumeOrders } from './resume.ts'
import type { PassReport, Runtime } from './runtime.ts'

const keepEventsMs = 7 * 24 * 3_600_000
const keepInboxMs = 7 * 24 * 3_600_000
const keepMemoryMs = 90 * 24 * 3_600_000
const expireAtOnce = 500

type Failure = PassReport['errors'][number]

/** So long one process has the upkeep to itself at most. */
const upkeepMs = 60_000

/**
 * Does the upkeep, unless another process is at it. Answers what failed.
 */
export async function keepHouse(run: Runtime): Promise<Failure[]> {
  const { database, owner } = run
  const at = run.at()
  const taken = { name: 'upkeep', owner, at, until: later(at, upkeepMs) }
  const lease = await database.transaction((tx) => acquireLease(tx, taken))
  if (lease === null) return []
  try {
    return await doUpkeep(run)
  } finally {
    await database.transaction((tx) => releaseLease(tx, lease))
  }
}

/**
 * What time alone calls for: holds that expired, buyer data whose time is up, events, webhook ids and memories that are old. Each in
 * a transaction of its own, so that one that cannot be done holds up no other. Answers what failed; it is tried again.
 */
async function doUpkeep(run: Runtime): Promise<Failure[]> {
  const at = run.at()
  const { database } = run
  const failures: Failure[] = []
  const attempt = async (doing: string, work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (thrown) {
      const { code, message } = toStockpoolError(thrown)
      failures.push({ doing, code, message })
      run.log.warn('upkeep failed', { doing, code, message })
    }
  }
  const expire = (key: string) => () => database.transaction((tx) => expireReservation(tx, key, at))
  await attempt('upkeep: expired reservations', async () => {
    const together = database.transaction((tx) => expireReservations(tx, at, expireAtOnce))
    if (await together.catch(() => null)) return
    // One of them cannot be given back: each by itself, so that it keeps no other.
    const keys = await database.read((tx) => expiredReservations(tx, at, expireAtOnce))
    for (const key of keys) await attempt(`upkeep: the expired reservation ${key}`, expire(key))
  })
  for (const name of run.connections.keys()) {
    await attempt(`upkeep: orders of ${name} whose listings are linked by now`, () => resumeOrders(run, name))
  }
  await attempt('upkeep: orders that wait for quotes', () => goOnWithoutQuotes(run))
  await attempt('upkeep: buyer data', () => database.transaction((tx) => eraseDuePeople(tx, at)))
  await attempt('upkeep: old events', () =>
    database.transaction((tx) => pruneEvents(tx, later(at, -keepEventsMs))),
  )
  await attempt('upkeep: old webhooks', () =>
    database.transaction((tx) => pruneInbox(tx, later(at, -keepInboxMs))),
  )
  await attempt('upkeep: what adapters remember', () =>
    database.transaction((tx) => pruneMemory(tx, later(at, -keepMemoryMs))),
  )
  return failures
}
