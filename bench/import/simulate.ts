/** A process that simulates a shop with so many listings and open orders, until its parent lets go of it. */
import { virtualClock } from '../../src/simulator/index.ts'
import { platformNamed } from './platforms.ts'

const [name, listings, orders] = process.argv.slice(2)
const clock = virtualClock()
const { start, connect } = platformNamed(name)
const simulator = await start({ clock })
const skuOf = (index: number) => `SKU-${String(index).padStart(6, '0')}`

for (let index = 0; index < Number(listings); index += 1) {
  await simulator.control('listings', { sku: skuOf(index), title: `Thing ${index}`, quantity: 1000 })
}
// A platform without orders has no shoppers either.
if (connect(simulator.options).orders !== undefined) {
  for (let index = 0; index < Number(orders); index += 1) {
    await simulator.control('orders', { lines: [{ sku: skuOf(index % Number(listings)), quantity: 1 }] })
    if (index % 50 === 0) await clock.advance(1000)
  }
}
// Old enough that no platform still holds the latest of them back.
await clock.advance(600_000)
process.once('disconnect', () => process.exit())
process.send?.({ url: simulator.url, options: simulator.options })
