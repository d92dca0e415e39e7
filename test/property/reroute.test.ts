import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FakeWarehouse } from '../hub/fakes.ts'
import { down } from '../hub/kit.ts'
import { rejected, twoWarehouses } from '../hub/two-warehouses.ts'
import { runs } from '../stores.ts'

// Whatever warehouses refuse, give up and lack, in whatever order: an order's units leave once, from where the pool says, and
// the pool ends as the warehouses' own books do.

type Deed = 'refuse' | 'drop' | 'giveUp' | 'backorder' | 'ship' | 'deaf' | 'pass'
const deeds: Deed[] = ['refuse', 'drop', 'giveUp', 'backorder', 'ship', 'deaf', 'pass', 'pass']
const step = fc.record({
  deed: fc.constantFrom(...deeds),
  at: fc.constantFrom('east' as const, 'west' as const),
})

const unitsShipped = (warehouse: FakeWarehouse) =>
  [...warehouse.orders.values()]
    .flatMap(({ parcels }) => parcels.flatMap(({ lines }) => lines))
    .reduce((sum, { quantity }) => sum + quantity, 0)

describe('an order that is sent from place to place', () => {
  it('is shipped once, and counted where it left', async () => {
    const property = fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 10 }), async (steps) => {
      const kit = await twoWarehouses({ east: 10, west: 10 })
      const refusing = { east: 0, west: 0 }
      const deaf = { east: 0, west: 0 }
      for (const name of ['east', 'west'] as const) {
        kit[name].fault = (call, phase) => {
          if (phase === 'after') return
          if (call === 'submit' && refusing[name]-- > 0) throw rejected()
          if (call === 'cancel' && deaf[name]-- > 0) throw down()
        }
      }
      const live = (warehouse: FakeWarehouse) =>
        [...warehouse.orders.values()].filter(
          ({ status }) => status === 'accepted' || status === 'backordered',
        )
      for (const { deed, at } of steps) {
        const warehouse = kit[at]
        const [order] = live(warehouse)
        if (deed === 'refuse') refusing[at] = 1
        else if (deed === 'deaf') deaf[at] = 1
        else if (deed === 'pass') await kit.pass()
        else if (order !== undefined) {
          const { reference } = order
          if (deed === 'drop') warehouse.drop(reference)
          if (deed === 'giveUp') warehouse.giveUp(reference, 'MUG', 1)
          if (deed === 'ship') {
            warehouse.tell(reference, { status: 'accepted', rawStatus: 'accepted' })
            warehouse.ship(reference)
          }
          if (deed === 'backorder')
            warehouse.tell(reference, { status: 'backordered', rawStatus: 'Backorder', allocated: false })
          kit.clock.advance(1)
        }
      }
      for (const name of ['east', 'west'] as const) refusing[name] = deaf[name] = 0
      for (let round = 0; round < 6; round++) {
        for (const warehouse of [kit.east, kit.west]) {
          for (const { reference, status } of live(warehouse))
            if (status === 'backordered')
              warehouse.tell(reference, { status: 'accepted', rawStatus: 'accepted' })
        }
        kit.clock.advance(120_000)
        await kit.pass()
        if (round === 2) await kit.hub.orders.resume('web', kit.id)
        for (const warehouse of [kit.east, kit.west])
          for (const { reference } of live(warehouse)) if (round > 3) warehouse.ship(reference)
      }
      await kit.pass()
      expect(unitsShipped(kit.east) + unitsShipped(kit.west)).toBe(3)
      expect(await kit.places()).toMatchObject({
        'east/w1': `${kit.east.free('MUG')}/0`,
        'west/w1': `${kit.west.free('MUG')}/0`,
      })
      expect(await kit.hub.stock.verify()).toMatchObject({ ok: true })
      await kit.hub.close()
    })
    await fc.assert(property, {
      numRuns: runs(25),
      ...(process.env.SEED ? { seed: Number(process.env.SEED) } : {}),
    })
  })
})
