import { StockpoolError } from '../error.ts'
import type { Transaction } from './database.ts'
import { forShare } from './locks.ts'

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
 * what was done under the lease. Nobody can take the lease over, or renew it, until that transaction has ended; others
 * under the same lease go on beside it.
 * @throws StockpoolError `lease_lost`
 */
export async function assertLease(tx: Transaction, lease: Lease): Promise<void> {
  const row = await tx.get<{ owner: string; fence: number }>(
    `SELECT owner, fence FROM lease WHERE name = ?${forShare(tx)}`,
    [lease.name],
  )
  if (row?.owner !== lease.owner || Number(row.fence) !== lease.fence) throw leaseLost(lease.name)
}

/**
 * The same for a duty of a connection, in the same statement: whether the connection is paused. What was done is stored
 * all the same, but nothing more is to be begun.
 * @throws StockpoolError `lease_lost`
 */
export async function assertDuty(tx: Transaction, lease: Lease, connection: string): Promise<boolean> {
  const row = await tx.get<{ owner: string; fence: number; paused_at: string | null }>(
    `SELECT owner, fence, (SELECT paused_at FROM connection_state WHERE connection = ?) AS paused_at
     FROM lease WHERE name = ?${forShare(tx, 'lease')}`,
    [connection, lease.name],
  )
  if (row?.owner !== lease.owner || Number(row.fence) !== lease.fence) throw leaseLost(lease.name)
  return row.paused_at !== null
}

/** Whether it may be had now. A look only: who waits for a lease writes nothing until it is free. */
export async function leaseIsFree(tx: Transaction, name: string, at: string): Promise<boolean> {
  const row = await tx.get<{ until: string }>('SELECT until FROM lease WHERE name = ?', [name])
  return row === undefined || row.until <= at
}

export const leaseLost = (name: string) =>
  new StockpoolError('lease_lost', `another worker took over ${name}`)

/** Gives the lease back at once, so that another worker need not wait for its end. */
export async function releaseLease(tx: Transaction, lease: Lease): Promise<void> {
  await tx.run(`UPDATE lease SET until = '' WHERE name = ? AND owner = ? AND fence = ?`, [
    lease.name,
    lease.owner,
    lease.fence,
  ])
}
