import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DutyLease } from '../../src/hub/duty-lease.ts'
import type { Database } from '../../src/store/database.ts'
import { acquireLease, assertLease, type Lease } from '../../src/store/leases.ts'
import { postgres } from '../../src/store/postgres.ts'
import { type OwnDatabase, openTransaction, ownDatabase, pause } from './support.ts'

let own: OwnDatabase
let database: Database
beforeEach(async () => {
  own = await ownDatabase()
  database = await postgres(own.pool()).open()
})
afterEach(async () => {
  await database.close()
  await own.drop()
})

const take = (owner: string, at: string, until: string) =>
  database.transaction((tx) => acquireLease(tx, { name: 'duty', owner, at, until }))

const openUnder = (lease: Lease) => openTransaction(database, (tx) => assertLease(tx, lease))

describe('transactions under one lease', () => {
  it('do not wait for each other; whoever takes the lease over waits for all of them', async () => {
    const lease = await take('a', '1', '2')
    if (lease === null) throw new Error('no lease')
    const first = await openUnder(lease)
    // Would wait here for ever if one held the lease alone.
    const second = await openUnder(lease)
    let taken = false
    const taking = take('b', '3', '5').then((other) => {
      taken = true
      return other
    })
    await pause(200)
    await first.end()
    await pause(200)
    expect(taken).toBe(false)
    await second.end()
    expect(await taking).toMatchObject({ owner: 'b', fence: 2 })
    await expect(openUnder(lease)).rejects.toMatchObject({ code: 'lease_lost' })
  })

  it('do not keep a renewal waiting, however many of them come', async () => {
    let now = 0
    const clock = { now: () => now, sleep: async () => undefined }
    const duty = new DutyLease({ database, clock, owner: 'a', leaseMs: 900 }, 'duty')
    const lease = await duty.take()
    if (lease === null) throw new Error('no lease')
    let renewed = false
    // One after the other begins before the one before has ended: at no time is there none.
    const stream = Array.from({ length: 4 }, async (_, n) => {
      await pause(n * 40)
      while (!renewed) {
        const leave = await duty.turn.enter()
        const open = await openUnder(lease)
        await pause(160)
        await open.end()
        leave()
      }
    })
    await pause(300)
    now = 400
    expect(await duty.take()).toEqual(lease)
    expect(duty.holds(lease)).toBe(true)
    renewed = true
    await Promise.all(stream)
  })
})
