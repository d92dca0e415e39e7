import type { Transaction } from '../store/database.ts'
import { neverRead } from '../store/pushes.ts'
import type { Runtime } from './runtime.ts'

/**
 * The connections whose open orders are not in the pool yet, since none of their order reads was ever completed: what they
 * sold is still counted as free, so that no number may be raised. A paused connection does not hold the others up.
 */
export function raisesWaitFor(run: Pick<Runtime, 'connections'>, tx: Transaction): Promise<string[]> {
  const selling = [...run.connections].filter(([, { orders }]) => orders !== undefined)
  return neverRead(
    tx,
    selling.map(([name]) => name),
  )
}
