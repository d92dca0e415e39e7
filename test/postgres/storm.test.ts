import { afterEach, beforeEach, expect, it } from 'vitest'
import { runStorm } from './storm.ts'
import { endHelpers, type OwnDatabase, ownDatabase } from './support.ts'

/** Set STOCKPOOL_STORM to 10000 for the whole of it; `npm run bench -- storm` measures that. */
const orders = Number(process.env.STOCKPOOL_STORM ?? 1000)

let own: OwnDatabase
beforeEach(async () => {
  own = await ownDatabase()
})
afterEach(async () => {
  await endHelpers()
  await own.drop()
})

it(`${orders} orders that four processes get by webhook three times and by poll twice are reserved once each`, {
  timeout: 60_000 + orders * 200,
}, async () => {
  const { faults, warnings, deadlocks } = await runStorm(own, orders)
  expect(faults).toEqual([])
  expect(warnings).toEqual([])
  expect(deadlocks).toBe(0)
})
