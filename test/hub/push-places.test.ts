import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import type { Connection } from '../../src/spec/connection.ts'
import type { ListingRef, ListingTarget } from '../../src/spec/listings.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { closeLater } from './kit.ts'

const keyOf = ({ listing, place }: ListingRef) => `${listing}@${place}`

/** A shop that takes the numbers of all places of a listing together, as TikTok does: what one write leaves out it sends as read. */
function shopOfPlaces(clock: ManualClock, batch: number) {
  const shown = new Map<string, number>()
  const writing = new Map<string, number>()
  let atOnce = 0
  async function replace(targets: readonly ListingTarget[]): Promise<void> {
    const names = [...new Set(targets.map(({ listing }) => listing))]
    const of = (name: string) => [...shown].filter(([key]) => key.startsWith(`${name}@`))
    const seen = new Map(names.flatMap(of))
    for (const name of names) writing.set(name, (writing.get(name) ?? 0) + 1)
    atOnce = Math.max(atOnce, ...writing.values())
    // On its way: long enough for another write of the same listing.
    for (let turn = 0; turn < 20; turn += 1) await setImmediate()
    for (const target of targets) seen.set(keyOf(target), target.quantity)
    for (const [key, quantity] of seen) shown.set(key, quantity)
    for (const name of names) writing.set(name, (writing.get(name) ?? 1) - 1)
  }
  const connection = {
    ...new FakeShop(clock).connection(),
    listings: {
      batch,
      compareAndSet: false,
      read: async (_, refs) =>
        refs.map((ref) => ({ status: 'shown' as const, quantity: shown.get(keyOf(ref)) ?? 0 })),
      write: async (_, targets) => {
        await replace(targets)
        return targets.map(() => ({ status: 'done' as const }))
      },
    },
  } satisfies Connection
  return { connection, shown, atOnce: () => atOnce }
}

it.each([1, 3])(
  'two places of one listing are never written at once, %i a call: each write takes the other place as it was',
  async (batch) => {
    const clock = new ManualClock()
    const shop = shopOfPlaces(clock, batch)
    const hub = createHub({ store: freshStore(), connections: { tik: shop.connection }, clock })
    closeLater(hub)
    const skus = ['A', 'B', 'C']
    const places = ['east', 'west'] as const
    for (const id of places) await hub.locations.put({ id, name: id })
    for (const sku of skus) {
      await hub.items.put({ sku })
      for (const place of places) {
        await hub.stock.receive(sku, 9, { location: place, key: `first ${sku} ${place}` })
        shop.shown.set(`${sku}@${place}`, 0)
        await hub.listings.link({ sku, connection: 'tik', listing: sku, place, locations: [place] })
      }
    }
    const settled = async () => {
      clock.advance(1000)
      await hub.sync()
      return Object.fromEntries(shop.shown)
    }
    const all = (east: number, west: number) =>
      Object.fromEntries(
        skus.flatMap((sku) => [
          [`${sku}@east`, east],
          [`${sku}@west`, west],
        ]),
      )
    expect(await settled()).toEqual(all(9, 9))
    for (const sku of skus) {
      await hub.stock.adjust(sku, -6, { location: 'east', key: `less ${sku}` })
      await hub.stock.adjust(sku, -4, { location: 'west', key: `also less ${sku}` })
    }
    expect(await settled()).toEqual(all(3, 5))
    expect(shop.atOnce()).toBe(1)
  },
)
