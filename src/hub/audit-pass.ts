import { readCursor, writeCursor } from '../store/connections.ts'
import { markListing } from '../store/listings.ts'
import { lockListings } from '../store/locks.ts'
import { noteObserved } from '../store/push-notes.ts'
import { type PushRow, pushRows } from '../store/pushes.ts'
import { callBatch, throwRefusal } from './push-calls.ts'
import { commit, type Pass } from './runtime.ts'

const pageSize = 200

/**
 * Reads every number that the channel shows, and puts those out of date that are not what was last confirmed. The safety
 * net below webhooks and sales: it finds what somebody changed by hand, and what a platform lost.
 */
export async function auditListings(pass: Pass): Promise<void> {
  const facet = pass.connection.listings
  const read = facet?.read
  if (read) {
    for (let after = 0; ; ) {
      pass.signal.throwIfAborted()
      const rows = await pass.run.database.read((tx) =>
        pushRows(tx, { connection: pass.name, after, limit: pageSize }),
      )
      if (rows.length === 0) break
      after = rows.at(-1)?.id ?? after
      const settled = rows.filter(isSettled)
      const readings = await callBatch(settled, async (some) =>
        some.length === 0 ? [] : read.call(facet, pass.context, some),
      )
      throwRefusal(readings)
      for (const reading of readings)
        if (reading.status === 'failed' && reading.error.retryable) throw reading.error
      const at = pass.run.at()
      await commit(pass, async (tx) => {
        const others = settled.flatMap((row, i) => {
          const reading = readings[i]
          if (reading?.status !== 'shown' || reading.quantity === row.confirmed) return []
          return [{ id: row.id, quantity: reading.quantity, at }]
        })
        await lockListings(
          tx,
          others.map(({ id }) => id),
        )
        await noteObserved(tx, others)
        // By their ids, as `pushRows` gives them and as every transaction holds them.
        for (const { id } of others) await markListing(tx, id, at)
      })
    }
  }
  await commit(pass, async (tx) => {
    const cursor = await readCursor(tx, pass.name, 'audit')
    await writeCursor(tx, pass.name, 'audit', { ...cursor, ranAt: pass.run.at() })
  })
}

/** Others are looked at by the pass that writes them. */
const isSettled = (row: PushRow) => row.handle === null && row.generation <= row.done
