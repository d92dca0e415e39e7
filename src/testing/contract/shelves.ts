import assert from 'node:assert/strict'
import type { FulfillmentOrder } from '../../spec/index.ts'
import { type Check, eventually, pass, type Stage } from './stage.ts'
import { providerState } from './state.ts'
import { fulfillmentOf, provider, requestOf, stockShelves, stockToEnd, submit } from './warehouse.ts'

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
    name: 'says what an order has taken off its stock, and since when, as its readings show it',
    async run(stage) {
      const [sku = ''] = await stockShelves(stage, 1, 40)
      const seen: Shelf[] = []
      const look = async () => {
        const shelf = await shelfOf(stage, sku)
        if (shelf) seen.push(shelf)
        return shelf
      }
      const before = await eventually(stage, 'the stock read is the stock on the shelves', async () => {
        const shelf = await look()
        return shelf?.quantity === 40 ? shelf : null
      })
      // What counts on-hand says nothing of orders.
      if (before.basis === 'on-hand') return
      // Some platforms' times have whole seconds.
      await pass(stage, 2_000)
      const told = [await submit(stage, requestOf(stage, [{ sku, quantity: 3 }]))]
      const { reference = '' } = told[0] ?? {}
      await look()
      // Some platforms set units aside when they plan a shipment of them; packed, they are off everywhere.
      await stage.simulator.control('ship', { reference, labelOnly: true })
      await eventually(stage, 'a reading and the order agree that its units are off', async () => {
        await pass(stage, 2_000)
        const order = await fulfillmentOf(stage, reference)
        told.push(order)
        const shelf = await look()
        return shelf?.quantity === 37 && shelf.asOf > (offSince(order) ?? shelf.asOf) ? true : null
      })
      for (const order of told) {
        for (const { quantity, asOf } of seen) {
          const off = offSince(order)
          if (off === null || off >= asOf) continue
          assert.equal(quantity, 37, 'a reading that the order is said to be off already still has its units')
        }
      }
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

/** What the readings of a SKU come to, over all places; `null`: there are none. */
interface Shelf {
  readonly quantity: number
  readonly basis: 'available' | 'on-hand'
  readonly asOf: number
}

async function shelfOf(stage: Stage, sku: string): Promise<Shelf | null> {
  const readings = (await stockToEnd(stage, [sku])).filter((reading) => reading.sku === sku)
  const [first] = readings
  if (first === undefined) return null
  const quantity = readings.reduce((sum, reading) => sum + reading.quantity, 0)
  return { quantity, basis: first.basis, asOf: Math.min(...readings.map(({ asOf }) => asOf)) }
}

/** Since when an order is said to be off the stock that is called available; `null`: it is not, or not yet. */
const offSince = ({ allocated, acceptedAt }: FulfillmentOrder): number | null =>
  allocated === false ? null : acceptedAt
