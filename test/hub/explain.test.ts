import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import type { Drift } from '../../src/hub/drift.ts'
import { down, failing, type Kit, pass, setUp, stocked } from './kit.ts'

describe('explain', () => {
  it('tells every term of a number, with times', async () => {
    const kit = setUp({ web: { visibleAfterMs: 60_000 } })
    await stocked(kit, { own: 4, east: 20, policy: { buffer: 3 } })
    await kit.hub.listings.link({
      sku: 'MUG',
      connection: 'web',
      listing: 'mug',
      buffer: 3,
      cap: 12,
    })
    await pass(kit)
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 2 }])
    await kit.hub.stock.reserve([{ sku: 'MUG', quantity: 1 }], { key: 'checkout', location: 'main' })
    await pass(kit)
    const [told, ...more] = await kit.hub.explain('MUG', 'web')
    expect(more).toEqual([])
    expect(told).toMatchObject({
      sku: 'MUG',
      connection: 'web',
      listing: 'mug',
      place: '',
      terms: {
        stock: [
          {
            sku: 'MUG',
            quantity: 1,
            locations: [
              { location: 'east/w1', available: 20, reserved: 0 },
              { location: 'main', available: 3, reserved: 1 },
            ],
          },
        ],
      },
      state: 'shown',
      error: null,
    })
    const at = /^2026-03-01T08:00:\d\d\.\d{3}Z$/
    const dated = (quantity: number) => ({ quantity, at: expect.stringMatching(at) })
    expect(told?.heldBack).toBe(2)
    expect(told?.target).toBe((told?.offer ?? 0) - 2)
    // The channel had lowered its own number to the right one: nothing was sent.
    expect(told?.lastSent).toEqual(dated(12))
    expect(told?.lastConfirmed).toEqual(dated(told?.target ?? 0))
    expect(told?.lastObserved).toEqual(dated(expect.any(Number) as never))
    expect(kit.web.shown.get('mug')).toBe(told?.target)
  })

  it('says what is not there', async () => {
    const kit = setUp()
    await stocked(kit, { own: 4 })
    await expect(kit.hub.explain('MUG', 'nowhere' as 'web')).rejects.toMatchObject({
      code: 'not_found',
      field: 'connection',
      remedy: 'Use one of: web, market, east.',
    })
    await expect(kit.hub.explain('CUP', 'web')).rejects.toMatchObject({
      code: 'not_found',
      field: 'sku',
      remedy: expect.stringContaining('hub.listings.link'),
    })
  })
})

describe('drift', () => {
  const only = async (kit: Kit): Promise<Drift> => {
    const { compared, differences } = await kit.hub.drift()
    expect(compared).toBe(1)
    expect(differences).toHaveLength(1)
    const [one] = differences
    if (!one) throw new Error('no difference')
    return one
  }

  it('finds nothing when all is well, and changes nothing', async () => {
    const kit = setUp()
    await stocked(kit, { own: 4 })
    const writes = kit.web.writes.length
    expect(await kit.hub.drift()).toEqual({ at: expect.any(String), compared: 1, differences: [] })
    expect(kit.web.writes).toHaveLength(writes)
  })

  it('write-waiting: the pool has changed, and nothing was sent yet', async () => {
    const kit = setUp()
    await stocked(kit, { own: 4 })
    await kit.hub.stock.receive('MUG', 1, { location: 'main', key: 'more' })
    expect(await only(kit)).toMatchObject({ cause: 'write-waiting', offer: 5, shown: 4 })
  })

  it('write-pending: the channel accepted it, and does not show it yet', async () => {
    const kit = setUp({ web: { appliesAfterMs: 15_000 } })
    await stocked(kit, { own: 4 })
    expect(await only(kit)).toMatchObject({ cause: 'write-pending', offer: 4, shown: 0 })
  })

  it('write-failing: the channel refuses it', async () => {
    const kit = setUp()
    await stocked(kit, { own: 4 })
    failing(kit.web, 'listings.write', new StockpoolError('rejected', 'the listing is blocked'))
    await kit.hub.stock.receive('MUG', 1, { location: 'main', key: 'more' })
    await pass(kit)
    expect(await only(kit)).toMatchObject({
      cause: 'write-failing',
      detail: expect.stringContaining('is blocked'),
    })
  })

  it('unread-sale: it fell by itself', async () => {
    const kit = setUp()
    await stocked(kit, { own: 4 })
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    expect(await only(kit)).toMatchObject({ cause: 'unread-sale', offer: 4, shown: 3 })
  })

  it('held-back: its orders have not arrived', async () => {
    const kit = setUp({ web: { visibleAfterMs: 60_000 } })
    await stocked(kit, { own: 4 })
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    await kit.hub.stock.receive('MUG', 2, { location: 'main', key: 'more' })
    await pass(kit)
    expect(await only(kit)).toMatchObject({ cause: 'held-back', offer: 6, shown: 5 })
  })

  it('changed-on-channel: somebody raised it, and the audit sets it right', async () => {
    const kit = setUp()
    await stocked(kit, { own: 4 })
    kit.web.shown.set('mug', 9)
    expect(await only(kit)).toMatchObject({ cause: 'changed-on-channel', offer: 4, shown: 9 })
    await kit.hub.sync({ audit: true })
    expect(kit.web.shown.get('mug')).toBe(4)
  })

  it('missing, and unreadable', async () => {
    const kit = setUp()
    await stocked(kit, { own: 4 })
    kit.web.shown.delete('mug')
    expect(await only(kit)).toMatchObject({ cause: 'missing', shown: null })
    failing(kit.web, 'listings.read', down())
    expect(await only(kit)).toMatchObject({
      cause: 'unreadable',
      shown: null,
      detail: 'the platform is down',
    })
  })

  it('of one connection, or of an unknown one', async () => {
    const kit = setUp()
    await stocked(kit, { own: 4 })
    expect((await kit.hub.drift('market')).compared).toBe(0)
    await expect(kit.hub.drift('nowhere' as 'web')).rejects.toMatchObject({
      code: 'not_found',
      field: 'connection',
    })
  })
})
