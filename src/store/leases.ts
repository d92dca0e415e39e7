import { StockpoolError } from '../error.ts'
import type { Transaction } from './database.ts'

/** The right to do one duty until a moment. `fence` grows with every change of hands. */
export interface Lease {
  readonly name: string
  readonly owner: string
  readonly fence: number
}

/** Takes or renews a lease in one statement; `null` while another owner holds it. */
export async function acquireLease(
  tx: Transaction,
  { name, owner, at, until }: { name: string; owner: string; at: string; until: string },
): Promise<Lease | null> {
  await pass(tx, name, 'alone')
  const row = await tx.get<{ fence: number }>(
    `INSERT INTO lease (name, owner, fence, until) VALUES (?, ?, 1, ?)
     ON CONFLICT (name) DO UPDATE SET
       fence = lease.fence + CASE WHEN lease.owner = excluded.owner AND lease.until > ? THEN 0 ELSE 1 END,
       owner = excluded.owner,
       until = excluded.until
     WHERE lease.until <= ? OR lease.owner = excluded.owner
     RETURNING fence`,
    [name, owner, until, at, at],
  )
  return row ? { name, owner, fence: Number(row.fence) } : null
}

/**
 * Refuses the late write of a worker that lost its lease while it was away: call it first in the transaction that stores
 * what was done under the lease. Nobody can take the lease over until that transaction has ended.
 * @throws StockpoolError `lease_lost`
 */
export async function assertLease(tx: Transaction, lease: Lease): Promise<void> {
  await pass(tx, lease.name, 'together')
  const row = await tx.get<{ owner: string; fence: number }>(
    `SELECT owner, fence FROM lease WHERE name = ?${shared(tx)}`,
    [lease.name],
  )
  if (row?.owner !== lease.owner || Number(row.fence) !== lease.fence) {
    throw new StockpoolError('lease_lost', `another worker took over ${lease.name}`)
  }
}

/**
 * The holder's own transactions go on beside each other; whoever would take the lease, or renew it, waits for all of them.
 * The row's lock alone would let them keep a renewal waiting for ever, since those who share it do not queue: here they do.
 */
async function pass(tx: Transaction, name: string, how: 'together' | 'alone'): Promise<void> {
  if (tx.dialect === 'sqlite') return
  const lock = how === 'alone' ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared'
  await tx.run(`SELECT ${lock}(hashtextextended(current_schema() || '/' || ?, 0))`, [name])
}

/** What was read must be what is so: a transaction that sees an older state is refused here, and run again. */
const shared = (tx: Transaction): string => (tx.dialect === 'postgres' ? ' FOR SHARE' : '')

/** Gives the lease back at once, so that another worker need not wait for its end. */
export async function releaseLease(tx: Transaction, lease: Lease): Promise<void> {
  await pass(tx, lease.name, 'alone')
  await tx.run(`UPDATE lease SET until = '' WHERE name = ? AND owner = ? AND fence = ?`, [
    lease.name,
    lease.owner,
    lease.fence,
  ])
}
