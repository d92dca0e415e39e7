import { afterEach, describe, expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import type { ListingReading, ListingRef, ListingsFacet, ReadTerms } from '../../src/spec/listings.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { closeLater } from './kit.ts'

const many = 450
const names = Array.from({ length: many }, (_, i) => `L-${String(i).padStart(4, '0')}`)
const auditMs = 6 * 3_600_000 + 1

const asked: number[] = []
afterEach(() => asked.splice(0))

/** A channel of many listings that has a file of them all, made some time ago. */
async function setUp(readTogether: number | undefined) {
  const clock = new ManualClock()
  const web = new FakeShop(clock, { batch: 500 })
  const own = web.connection()
  /** What the file says; empty: it is fresh. */
  const file = new Map<string, number>()
  let onFile: () => unknown = () => {}
  const read = async (
    _context: unknown,
    refs: readonly ListingRef[],
    terms?: ReadTerms,
  ): Promise<ListingReading[]> => {
    asked.push(refs.length)
    const shown = (listing: string) =>
      (terms?.mayBeOld ? file.get(listing) : undefined) ?? web.shown.get(listing) ?? 0
    const found = refs.map(({ listing }) => ({ status: 'shown' as const, quantity: shown(listing) }))
    if (terms?.mayBeOld) await onFile()
    return found
  }
  const listings: ListingsFacet = {
    ...own.listings,
    read,
    ...(readTogether === undefined ? {} : { readTogether }),
  }
  const hub = createHub({ store: freshStore(), clock, connections: { web: { ...own, listings } } })
  closeLater(hub)
  await hub.items.put({ sku: 'MUG' })
  await hub.stock.receive('MUG', 7, { location: 'main', key: 'first' })
  for (const listing of names) {
    web.shown.set(listing, 0)
    await hub.listings.link({ sku: 'MUG', connection: 'web', listing })
  }
  await hub.sync()
  asked.splice(0)
  web.writes.splice(0)
  const whenFiled = (act: () => unknown) => {
    onFile = act
  }
  return { clock, web, hub, file, whenFiled }
}

describe('a compare of everything', () => {
  it('is one read where the channel has a file, and pages where it has none', async () => {
    const filed = await setUp(100_000)
    expect(await filed.hub.drift()).toMatchObject({ compared: many, differences: [] })
    expect(asked).toEqual([many])
    asked.splice(0)
    const paged = await setUp(undefined)
    expect(await paged.hub.drift()).toMatchObject({ compared: many, differences: [] })
    expect(asked).toEqual([200, 200, 50])
  })

  it('believes no file: what differs in it is read once more, and what was written since is left alone', async () => {
    const { clock, web, hub, file } = await setUp(100_000)
    // Changed by hand; and two that the file shows as they were before they were last written.
    web.shown.set('L-0007', 9)
    file.set('L-0010', 1).set('L-0011', 2)
    expect(await hub.drift()).toMatchObject({
      compared: many,
      differences: [{ listing: 'L-0007', shown: 9, offer: 7, cause: 'changed-on-channel' }],
    })
    expect(asked).toEqual([many, 3])
    asked.splice(0)
    clock.advance(auditMs)
    await hub.sync()
    expect(asked.filter((count) => count > 1)).toEqual([many, 3])
    expect(web.writes).toMatchObject([{ listing: 'L-0007', quantity: 7, before: 9 }])
    expect(web.shown.get('L-0007')).toBe(7)
  })

  it('takes nothing for drift that was written between the file and its reading', async () => {
    const { web, hub, whenFiled } = await setUp(100_000)
    whenFiled(async () => {
      await hub.stock.adjust('MUG', -3, { location: 'main', key: 'sold-elsewhere' })
      await hub.sync()
      expect(web.shown.get('L-0007')).toBe(4)
    })
    expect(await hub.drift()).toMatchObject({ compared: many, differences: [] })
  })

  it('puts nothing out of date that is right again by the time it is looked at', async () => {
    const { clock, web, hub, whenFiled } = await setUp(100_000)
    web.shown.set('L-0007', 3)
    whenFiled(() => web.shown.set('L-0007', 7))
    clock.advance(auditMs)
    await hub.sync()
    expect(asked.filter((count) => count > 200)).toEqual([many])
    expect(web.writes).toEqual([])
  })
})
