import assert from 'node:assert/strict'
import { type Check, eventually, type Stage } from './stage.ts'
import { providerState } from './state.ts'
import { provider, requestOf, stockShelves, stockToEnd, submit } from './warehouse.ts'

/** What a provider says of its stock and its places. */
export const shelves: readonly Check[] = [
  {
    name: 'reads stock with its basis and its time, and names its locations',
    async run(stage) {
      const [one = '', two = ''] = await stockShelves(stage, 2, 40)
      await submit(stage, requestOf(stage, [{ sku: one, quantity: 3 }]))
      const places = await provider(stage).locations(stage.context)
      assert.ok(places.length > 0)
      assert.equal(new Set(places.map(({ id }) => id)).size, places.length, 'location ids repeat')
      await eventually(stage, 'the stock read is the stock on the shelves', async () => {
        const readings = await stockToEnd(stage, [one, two])
        for (const { location, asOf, quantity, basis } of readings) {
          assert.ok(
            places.some(({ id }) => id === location),
            `stock at ${location}, which is no location`,
          )
          assert.ok(asOf <= stage.simulator.clock.now(), 'asOf lies in the future')
          assert.ok(Number.isInteger(quantity))
          assert.ok(['available', 'on-hand'].includes(basis))
        }
        return [one, two].every((sku) => sameStock(stage, sku, readings)) ? true : null
      })
    },
  },
  {
    name: 'reads all stock through all pages, and a SKU nobody has gives no reading',
    async run(stage) {
      const skus = await stockShelves(stage, stage.many, 5)
      const all = new Set((await stockToEnd(stage, null)).map(({ sku }) => sku))
      assert.deepEqual(
        skus.filter((sku) => !all.has(sku)),
        [],
      )
      const some = await stockToEnd(stage, ['NOBODY-HAS-THIS', ...skus.slice(0, 2)])
      assert.deepEqual([...new Set(some.map(({ sku }) => sku))].sort(), skus.slice(0, 2).sort())
    },
  },
]

/** Whether the readings of a SKU, place by place, are what the simulator's shelves hold by the same basis. */
function sameStock(stage: Stage, sku: string, readings: Awaited<ReturnType<typeof stockToEnd>>): boolean {
  return providerState(stage.simulator)
    .stock.filter((row) => row.sku === sku)
    .every((row) => {
      const reading = readings.find((each) => each.sku === sku && each.location === row.location)
      const wanted = reading?.basis === 'on-hand' ? row.onHand : row.fulfillable
      return (reading?.quantity ?? 0) === wanted
    })
}
