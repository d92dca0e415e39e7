import { judge, type Oversold, type Verdict } from './checks.ts'
import type { DemoHub } from './hub-process.ts'
import type { World } from './world.ts'

const staysExactMs = 1500

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What orders wait for that the warehouse does not have is delivered late, so that every order can ship. */
async function resupply(world: World): Promise<number> {
  const missing = new Map<string, { sku: string; location: string; quantity: number }>()
  for (const { status, location, lines } of world.warehouse().orders.flatMap(({ shipments }) => shipments)) {
    if (status !== 'Exception') continue
    for (const { sku, quantity, committed } of lines) {
      const known = missing.get(`${sku} ${location}`)?.quantity ?? 0
      if (quantity > committed)
        missing.set(`${sku} ${location}`, { sku, location, quantity: known + quantity - committed })
    }
  }
  let units = 0
  for (const { sku, location, quantity } of missing.values()) {
    const here = world.warehouse().stock.find((row) => row.sku === sku && row.location === location)
    await world.east.control('stock', { sku, location, quantity: (here?.onHand ?? 0) + quantity })
    units += quantity
  }
  return units
}

/** Waits until everything is exact, or patience ends; then what is wrong is wrong. */
export async function settle(
  world: World,
  hub: DemoHub,
  oversold: readonly Oversold[],
  hear: () => Promise<unknown>,
  patienceMs: number,
  say: (text: string) => void,
): Promise<Verdict> {
  const end = Date.now() + patienceMs
  let delivered = 0
  let exactSince: number | null = null
  for (let told = 0; ; ) {
    await hear()
    delivered += await resupply(world)
    await world.east.control('ship', {})
    const verdict = await judge(world, hub, oversold)
    const exact = verdict.faults.length === 0
    exactSince = exact ? (exactSince ?? Date.now()) : null
    // Exact once may be luck: it must stay so.
    if (Date.now() > end || (exactSince !== null && Date.now() - exactSince > staysExactMs)) {
      if (delivered > 0)
        say(`${delivered} units were sold that were not there; a late delivery brought them.`)
      return verdict
    }
    if (!exact && Date.now() - told > 3000) {
      say(`Coming to rest: ${verdict.faults.length} things are on their way, such as ${verdict.faults[0]}.`)
      told = Date.now()
    }
    await pause(250)
  }
}

export async function listingsMatch(world: World, hub: DemoHub): Promise<boolean> {
  for (const [name, { listings }] of world.channels()) {
    for (const { sku, quantity } of listings) {
      const [explained] = await hub.explain(sku, name)
      if (explained?.offer !== quantity) return false
    }
  }
  const total = await Promise.all(world.config.items.map(({ sku }) => hub.stock.get(sku)))
  return total.some(({ available }) => available > 0)
}

export async function until(patienceMs: number, done: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patienceMs
  while (!(await done())) {
    if (Date.now() > end) throw new Error('the demo did not get going: the hub is not doing its work')
    await pause(100)
  }
}
