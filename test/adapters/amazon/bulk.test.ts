import { describe, expect, it } from 'vitest'
import { feedOf, handleOf, portionOf, refusalsOf, routed } from '../../../adapters/amazon/bulk.ts'
import { parseOptions } from '../../../adapters/amazon/options.ts'
import type { ListingTarget, WriteResult } from '../../../src/spec/index.ts'
import { options, type Stage, stage, target } from './stage.ts'

describe('which way a row goes', () => {
  const raise = (sku: string) => target(sku, 9, { expected: 3 })
  const many = (count: number) => Array.from({ length: count }, (_, index) => raise(`R-${index}`))

  it('few rows go by calls, whatever they are', () => {
    expect(routed(many(300), { bulkFrom: 300, feedMs: 0 })).toEqual({
      calls: [...Array(300).keys()],
      feed: [],
    })
  })

  it('of many rows, those that lower a number go by calls, nothing left first; the rest by feed', () => {
    const rows = [
      raise('a'),
      target('less', 1, { expected: 5 }),
      raise('b'),
      target('none', 0, { expected: 5 }),
    ]
    expect(routed(rows, { bulkFrom: 3, feedMs: 0 })).toEqual({ calls: [3, 1], feed: [0, 2] })
  })

  it('amzn/selling-partner-api-models#5151: what lowers a number waits for a feed only when that is through sooner than calls', () => {
    const zeros = (count: number) => Array.from({ length: count }, (_, index) => target(`z-${index}`, 0))
    const ways = parseOptions(options)
    // 9,000 calls take the half hour that a feed takes.
    expect(routed(zeros(9_000), ways).feed).toEqual([])
    const { calls, feed } = routed(zeros(9_100), ways)
    expect([calls.length, feed.length]).toEqual([300, 8_800])
    expect(routed([...many(301), ...zeros(400)], ways).calls).toHaveLength(400)
  })

  it.each([
    ['none-left', 9_000, 2],
    ['less', 9_000, 2],
    ['less', 12_000, 12_000],
    ['more', 300, 2],
    ['more', 12_000, 12_000],
    ['more', 90_000, 25_000],
    ['none-left', 90_000, 25_000],
  ] as const)('of a backlog of %s, %i rows, %i are written at once', (urgency, waiting, rows) => {
    expect(portionOf(parseOptions(options), { urgency, waiting })).toBe(rows)
  })

  it('a number that nobody knows is no raise to wait for, and none is both: each row goes one way', () => {
    const rows = [...many(4), target('unknown', 4)]
    const { calls, feed } = routed(rows, { bulkFrom: 2, feedMs: 0 })
    expect([...calls, ...feed].sort()).toEqual([0, 1, 2, 3, 4])
  })

  it('a SKU that lies in a feed already, or comes twice, goes by calls alone', () => {
    const rows = [
      raise('a'),
      target('b', 4, { expected: 9, underway: 'feed:77:3' }),
      target('twice', 4, { expected: 1 }),
      target('twice', 5, { expected: 1 }),
    ]
    expect(routed(rows, { bulkFrom: 1, feedMs: 0 })).toEqual({ calls: [1, 2, 3], feed: [0] })
  })
})

describe('the feed', () => {
  it('patches by merge, one message a row, and says PRODUCT unless it is told better', () => {
    const own = parseOptions({ ...options, productTypes: { B: 'DRINKING_CUP' } })
    const patches = (quantity: number) => [
      {
        op: 'merge',
        path: '/attributes/fulfillment_availability',
        value: [{ fulfillment_channel_code: 'DEFAULT', quantity }],
      },
    ]
    expect(feedOf(own, [target('A', 4), target('B', 5)])).toEqual({
      header: { sellerId: options.sellerId, version: '2.0' },
      messages: [
        { messageId: 1, sku: 'A', operationType: 'PATCH', productType: 'PRODUCT', patches: patches(4) },
        { messageId: 2, sku: 'B', operationType: 'PATCH', productType: 'DRINKING_CUP', patches: patches(5) },
      ],
    })
  })

  it('its report names refusals by message; warnings are none, and one of no message is of all', () => {
    const text = JSON.stringify({
      issues: [
        { messageId: 2, sku: 'B', code: '1', severity: 'ERROR', message: 'no', attributeName: 'x' },
        { messageId: 1, code: '2', severity: 'WARNING', message: 'well' },
        { code: '3', severity: 'ERROR', message: 'the whole' },
      ],
    })
    const refusals = refusalsOf(text)
    expect([...refusals.keys()]).toEqual([2, 0])
    expect(refusals.get(2)).toMatchObject([{ code: '1', attributeNames: ['x'] }])
    expect(refusalsOf(null).size).toBe(0)
    for (const bad of ['', '<html>', '[]', '{"issues":3}'])
      expect(() => refusalsOf(bad)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  it('a handle tells its feed and message, or is a submission of Amazon', () => {
    expect(handleOf('feed:7:12')).toEqual({ feed: '7', message: 12, called: null })
    expect(handleOf('feed:7:done')).toEqual({ feed: '7', message: null, called: null })
    expect(handleOf('feed:7:called:f1c-2')).toEqual({ feed: '7', message: null, called: 'f1c-2' })
    for (const other of ['', 'f1c-2', 'feed:', 'feed:7'])
      expect(handleOf(other)).toEqual({ feed: null, message: null, called: null })
  })
})

interface State {
  readonly listings: readonly { readonly sku: string; readonly quantity: number }[]
  readonly feeds: readonly { readonly id: string; readonly status: string }[]
}
const stateOf = (on: Stage) => on.simulator.state() as State
const shown = (on: Stage, sku: string) => stateOf(on).listings.find((each) => each.sku === sku)?.quantity

async function stocked(on: Stage, count: number): Promise<ListingTarget[]> {
  const targets: ListingTarget[] = []
  for (let index = 0; index < count; index += 1) {
    await on.simulator.control('listings', { sku: `S-${index}`, quantity: 5 })
    targets.push(target(`S-${index}`, 20 + index, { expected: 5 }))
  }
  return targets
}

const handles = (rows: readonly WriteResult[]) =>
  rows.map((row) => (row.status === 'pending' ? row.handle : row.status))

async function checked(on: Stage, targets: readonly ListingTarget[], rows: readonly WriteResult[]) {
  const asked = targets.flatMap((each, index) => {
    const row = rows[index]
    return row?.status === 'pending' ? [{ target: each, handle: row.handle }] : []
  })
  return await on.connection.listings.check(on.context, asked)
}

/** As the engine does with what a feed has overruled: writes it again. */
async function writtenAgain(on: Stage, targets: readonly ListingTarget[], rows: readonly WriteResult[]) {
  return await on.connection.listings.write(
    on.context,
    targets.map((each, index) => {
      const row = rows[index]
      if (row?.status !== 'stale') throw new Error(`${each.listing} is not overruled`)
      return { ...each, expected: row.observed, underway: null }
    }),
  )
}

const slow = { feedQueueMs: 600_000, feedMs: 600_000 }

describe('a backlog', () => {
  it('goes by one feed, is queued while Amazon has not come to it, and done when the listings show it', async () => {
    await using on = await stage(slow, { bulkFrom: 3 })
    const targets = await stocked(on, 6)
    const rows = await on.connection.listings.write(on.context, targets)
    expect(rows).toMatchObject(targets.map(() => ({ status: 'pending', queued: true })))
    expect(on.simulator.count('createFeed')).toBe(1)
    expect(on.simulator.count('patchListingsItem')).toBe(0)
    expect(await checked(on, targets, rows)).toMatchObject(
      targets.map(() => ({ status: 'pending', queued: true })),
    )
    await on.clock.advance(1_300_000)
    expect(await checked(on, targets, rows)).toEqual(targets.map(() => ({ status: 'done' })))
    expect(targets.map(({ listing }) => shown(on, listing))).toEqual([20, 21, 22, 23, 24, 25])
    // One look at the feed and its report, not one a row.
    expect(on.simulator.count('getFeed')).toBe(2)
    expect(on.simulator.count('getFeedDocument')).toBe(1)
  })

  it('a full write of the engine, 25,000 rows, costs three requests', async () => {
    await using on = await stage(slow)
    expect(on.connection.listings.batch).toBe(25_000)
    const targets = Array.from({ length: 25_000 }, (_, index) => target(`S-${index}`, 9, { expected: 5 }))
    await on.context.tokens.get('lwa', async () => ({ value: 'Atza|stale', expiresAt: null }))
    on.simulator.log.clear()
    const rows = await on.connection.listings.write(on.context, targets)
    expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['pending']))
    const sent = on.simulator.requests.filter(({ status }) => status < 400 && status > 0)
    expect(sent.map(({ operation }) => operation)).toEqual([
      'lwaToken',
      'createFeedDocument',
      'document',
      'createFeed',
    ])
    // Amazon advises 10 MiB, and SKUs have 40 characters at most.
    const long = targets.map((each) => ({ ...each, listing: `${each.listing}-`.padEnd(40, 'x') }))
    const types = Object.fromEntries(
      long.map(({ listing }) => [listing, 'A_LONG_PRODUCT_TYPE'.padEnd(40, '_')]),
    )
    const written = JSON.stringify(feedOf(parseOptions({ ...options, productTypes: types }), long))
    expect(written.length).toBeLessThan(10 * 1024 * 1024)
  })

  it('what lowers a number does not wait in it', async () => {
    await using on = await stage(slow, { bulkFrom: 2 })
    const targets = await stocked(on, 4)
    const none = { ...target('S-3', 0, { expected: 5 }) }
    const rows = await on.connection.listings.write(on.context, [...targets.slice(0, 3), none])
    expect(handles(rows).map((handle) => handle.startsWith('feed:'))).toEqual([true, true, true, false])
    await on.clock.advance(5_000)
    await on.connection.listings.read(on.context, [{ listing: 'S-3', place: '' }])
    expect(shown(on, 'S-3')).toBe(0)
  })

  it('a row that Amazon refuses fails alone, although the feed is DONE', async () => {
    await using on = await stage({}, { bulkFrom: 1 })
    const targets = [...(await stocked(on, 2)), target('NO-SUCH-SKU', 4, { expected: 1 })]
    const rows = await on.connection.listings.write(on.context, targets)
    await on.clock.advance(10_000)
    expect(await checked(on, targets, rows)).toMatchObject([
      { status: 'done' },
      { status: 'done' },
      { status: 'failed', error: { code: 'rejected', details: { issues: [{ code: '13013' }] } } },
    ])
  })

  it('taken by the feed and not shown yet: its report is not asked for again', async () => {
    await using on = await stage({}, { bulkFrom: 1 })
    const targets = await stocked(on, 2)
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'accepted_not_applied' })
    const rows = await on.connection.listings.write(on.context, targets)
    await on.clock.advance(10_000)
    const later = await checked(on, targets, rows)
    expect(later).toMatchObject([
      { status: 'pending', handle: expect.stringMatching(/:done$/), observed: 5 },
      { status: 'pending', observed: 5 },
    ])
    expect(await checked(on, targets, later)).toMatchObject([{ status: 'pending' }, { status: 'pending' }])
    expect(on.simulator.count('getFeedDocument')).toBe(1)
  })

  it('a feed that ends FATAL, or is cancelled, leaves its rows to be written again', async () => {
    await using on = await stage({}, { bulkFrom: 1 })
    const targets = await stocked(on, 2)
    const detail = { status: 'FATAL' }
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'accepted_not_applied', detail })
    const rows = await on.connection.listings.write(on.context, targets)
    await on.clock.advance(10_000)
    expect(await checked(on, targets, rows)).toMatchObject([
      { status: 'failed', error: { code: 'unavailable', retryable: true } },
      { status: 'failed' },
    ])
  })

  it('more SKUs than one marketplace: a feed for each', async () => {
    await using on = await stage(
      { marketplaceIds: ['ATVPDKIKX0DER', 'A2EUQ1WTGCTBG2'] },
      { bulkFrom: 1, listingMarketplaces: { 'S-1': 'A2EUQ1WTGCTBG2' } },
    )
    const rows = await on.connection.listings.write(on.context, await stocked(on, 3))
    const feeds = handles(rows).map((handle) => handleOf(handle).feed)
    expect([feeds[0] === feeds[2], feeds[0] === feeds[1]]).toEqual([true, false])
  })

  it('an answer that is lost is looked for before the rows count as unsent', async () => {
    await using on = await stage({}, { bulkFrom: 1 })
    const targets = await stocked(on, 2)
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'drop_after' })
    const rows = await on.connection.listings.write(on.context, targets)
    expect(rows).toMatchObject([{ status: 'pending' }, { status: 'pending' }])
    expect(on.simulator.count('createFeed')).toBe(1)
  })

  it('an answer that is lost, and cannot be looked for at once, is looked for later', async () => {
    await using on = await stage(slow, { bulkFrom: 1 })
    const targets = await stocked(on, 2)
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'drop_after' })
    on.simulator.faults.arm({ operation: 'getFeeds', kind: 'status', status: 400 })
    const rows = await on.connection.listings.write(on.context, targets)
    expect(rows).toMatchObject([{ status: 'pending', queued: true }, { status: 'pending' }])
    const [underway = ''] = handles(rows)
    // Sold out meanwhile: the feed with the old number, of which nobody had word, must not have the last one.
    const none = target('S-0', 0, { expected: 5, underway })
    const [lowered] = await on.connection.listings.write(on.context, [none])
    expect(await checked(on, [none], lowered ? [lowered] : [])).toMatchObject([
      { status: 'pending', queued: true },
    ])
    await on.clock.advance(1_300_000)
    expect(shown(on, 'S-0')).toBe(20)
    const overruled = await checked(on, [none], lowered ? [lowered] : [])
    expect(overruled).toEqual([{ status: 'stale', observed: 20 }])
    const again = await writtenAgain(on, [none], overruled)
    await on.clock.advance(300_000)
    expect(shown(on, 'S-0')).toBe(0)
    expect(await checked(on, [none], again)).toEqual([{ status: 'done' }])
    expect(await checked(on, targets.slice(1), rows.slice(1))).toEqual([{ status: 'done' }])
  })

  it('a feed that never arrived is handed in again, once it would be there', async () => {
    await using on = await stage(slow, { bulkFrom: 1 })
    const targets = await stocked(on, 2)
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'drop_before' })
    const rows = await on.connection.listings.write(on.context, targets)
    expect(await checked(on, targets, rows)).toMatchObject([{ status: 'pending', queued: true }, {}])
    await on.clock.advance(600_000)
    expect(await checked(on, targets, rows)).toMatchObject([
      { status: 'failed', error: { code: 'unavailable' } },
      { status: 'failed' },
    ])
  })

  it('a feed that a process had handed in when it was killed is found by the next one', async () => {
    await using on = await stage(slow, { bulkFrom: 1 })
    const targets = await stocked(on, 3)
    const doubtSince = on.clock.now()
    // What came of it was never stored.
    await on.connection.listings.write(on.context, targets)
    const none = target('S-0', 0, { expected: 5, doubtSince })
    const more = target('S-1', 30, { expected: 5, doubtSince })
    const rows = await on.connection.listings.write(on.context, [none, more])
    expect(rows).toMatchObject([{ status: 'pending' }, { status: 'pending', queued: true }])
    expect(on.simulator.count('createFeed')).toBe(1)
    await on.clock.advance(1_300_000)
    expect(shown(on, 'S-0')).toBe(20)
    const later = await checked(on, [none, more], rows)
    expect(later).toMatchObject([
      { status: 'stale', observed: 20 },
      { status: 'pending', observed: 21 },
    ])
    const again = await writtenAgain(on, [none], later)
    await on.clock.advance(300_000)
    expect(await checked(on, [none], again)).toEqual([{ status: 'done' }])
    // A feed that Amazon refused is none, and neither is a call that nobody knows of.
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'status', status: 400 })
    const refusedAt = on.clock.now()
    await on.connection.listings.write(on.context, targets)
    const [row] = await on.connection.listings.write(on.context, [{ ...more, doubtSince: refusedAt }])
    expect(handleOf(row?.status === 'pending' ? row.handle : 'feed:x:done').feed).toBeNull()
    const [patched] = await on.connection.listings.write(on.context, [
      { ...none, doubtSince: on.clock.now() },
    ])
    expect(handleOf(patched?.status === 'pending' ? patched.handle : '').feed).toBeNull()
  })

  it('of several feeds that may be the lost one, the last decides', async () => {
    await using on = await stage(slow, { bulkFrom: 1 })
    const targets = await stocked(on, 4)
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'drop_after' })
    on.simulator.faults.arm({ operation: 'getFeeds', kind: 'status', status: 400 })
    const [lost] = await Promise.all([
      on.connection.listings.write(on.context, targets.slice(0, 2)),
      on.connection.listings.write(on.context, targets.slice(2)),
    ])
    expect(on.simulator.count('createFeed')).toBe(2)
    expect(await checked(on, targets.slice(0, 2), lost)).toMatchObject([
      { status: 'pending', queued: true },
      {},
    ])
    await on.clock.advance(1_300_000)
    expect(await checked(on, targets.slice(0, 2), lost)).toEqual([{ status: 'done' }, { status: 'done' }])
  })

  it('amzn/selling-partner-api-models#4823, #2633: a feed that waits for hours is taken back; one that is stuck is given up', async () => {
    await using on = await stage({ feedQueueMs: 36_000_000 }, { bulkFrom: 1 })
    const targets = await stocked(on, 2)
    const rows = await on.connection.listings.write(on.context, targets)
    await on.clock.advance(7_300_000)
    expect(await checked(on, targets, rows)).toMatchObject([
      { status: 'failed', error: { code: 'unavailable' } },
      { status: 'failed' },
    ])
    expect(stateOf(on).feeds).toMatchObject([{ status: 'CANCELLED' }])

    await using stuck = await stage({ feedQueueMs: 0, feedMs: 864_000_000 }, { bulkFrom: 1 })
    const more = await stocked(stuck, 2)
    const waiting = await stuck.connection.listings.write(stuck.context, more)
    await stuck.clock.advance(7_300_000)
    expect(await checked(stuck, more, waiting)).toMatchObject([{ status: 'pending', queued: false }, {}])
  })

  it('not being able to ask after the feed says nothing of its rows', async () => {
    await using on = await stage(slow, { bulkFrom: 1 })
    const targets = await stocked(on, 2)
    const rows = await on.connection.listings.write(on.context, targets)
    on.simulator.faults.arm({ operation: 'getFeed', kind: 'status', status: 503, times: 20 })
    expect(await checked(on, targets, rows)).toMatchObject([
      { status: 'pending', queued: true },
      { status: 'pending', queued: true },
    ])
  })
})

describe('amzn/selling-partner-api-samples discussion 109: a PATCH and a feed for one SKU', () => {
  it('the feed never has the last word: what was lowered meanwhile is lowered again after it', async () => {
    await using on = await stage(slow, { bulkFrom: 1 })
    const targets = await stocked(on, 2)
    const rows = await on.connection.listings.write(on.context, targets)
    const [underway = ''] = handles(rows)
    const none = target('S-0', 0, { expected: 5, underway })
    const [lowered] = await on.connection.listings.write(on.context, [none])
    expect(lowered).toMatchObject({ status: 'pending', handle: expect.stringMatching(/^feed:\d+:called:/) })
    const handle = handles(lowered ? [lowered] : [])[0] ?? ''
    await on.clock.advance(10_000)
    // Shoppers see it at once; it is not done, for the feed is still to come.
    expect(await on.connection.listings.read(on.context, [{ listing: 'S-0', place: '' }])).toEqual([
      { status: 'shown', quantity: 0 },
    ])
    expect(await on.connection.listings.check(on.context, [{ target: none, handle }])).toMatchObject([
      { status: 'pending', queued: true },
    ])
    await on.clock.advance(1_300_000)
    await on.connection.listings.read(on.context, [{ listing: 'S-0', place: '' }])
    expect(shown(on, 'S-0')).toBe(20)
    const calls = on.simulator.count('patchListingsItem')
    const overruled = await on.connection.listings.check(on.context, [{ target: none, handle }])
    expect(overruled).toEqual([{ status: 'stale', observed: 20 }])
    expect(on.simulator.count('patchListingsItem')).toBe(calls)
    const again = await writtenAgain(on, [none], overruled)
    expect(handleOf(handles(again)[0] ?? '').feed).toBeNull()
    await on.clock.advance(10_000)
    expect(await checked(on, [none], again)).toEqual([{ status: 'done' }])
    expect(shown(on, 'S-0')).toBe(0)
  })

  it('when the feed left the lower number alone, nothing is sent again', async () => {
    await using on = await stage(slow, { bulkFrom: 1 })
    const targets = await stocked(on, 2)
    on.simulator.faults.arm({ operation: 'createFeed', kind: 'accepted_not_applied' })
    const [underway = ''] = handles(await on.connection.listings.write(on.context, targets))
    const none = target('S-0', 0, { expected: 5, underway })
    const [lowered] = await on.connection.listings.write(on.context, [none])
    await on.clock.advance(1_300_000)
    const handle = handles(lowered ? [lowered] : [])[0] ?? ''
    expect(await on.connection.listings.check(on.context, [{ target: none, handle }])).toEqual([
      { status: 'done' },
    ])
    expect(on.simulator.count('patchListingsItem')).toBe(1)
  })
})

describe('a comparison of everything', () => {
  const old = { mayBeOld: true }

  it('is read from one report, and what the report lacks is asked for by name', async () => {
    await using on = await stage({}, { reportFrom: 3 })
    const targets = await stocked(on, 4)
    await on.simulator.control('listings', { sku: 'FBA', quantity: 1, channel: 'AMAZON_NA' })
    const refs = [...targets.map(({ listing }) => listing), 'FBA', 'NONE'].map((listing) => ({
      listing,
      place: '',
    }))
    expect(
      await on.connection.listings.read(on.context, [...refs, { listing: 'S-0', place: 'x' }], old),
    ).toMatchObject([
      ...targets.map(() => ({ status: 'shown', quantity: 5 })),
      { status: 'missing', detail: expect.stringContaining('AMAZON_NA') },
      { status: 'missing' },
      { status: 'failed', error: { field: 'place' } },
    ])
    expect(on.simulator.count('createReport')).toBe(1)
    expect(on.simulator.count('searchListingsItems')).toBe(0)
    expect(on.simulator.count('getListingsItem')).toBe(1)
  })

  it('goes on with the report that was asked for by one who was killed', async () => {
    await using on = await stage({ reportMs: 120_000 }, { reportFrom: 2 })
    await stocked(on, 2)
    const refs = ['S-0', 'S-1'].map((listing) => ({ listing, place: '' }))
    const killed = new AbortController()
    const first = on.connection.listings.read({ ...on.context, signal: killed.signal }, refs, old)
    first.catch(() => {})
    while (on.simulator.count('getReport') < 2) await new Promise((resolve) => setTimeout(resolve, 1))
    killed.abort()
    await expect(first).rejects.toThrow()
    const again = await on.connection.listings.read(on.context, refs, old)
    expect(again.map((reading) => reading.status)).toEqual(['shown', 'shown'])
    expect(on.simulator.count('createReport')).toBe(1)
    // An old one is not taken for what is shown now.
    await on.clock.advance(3_600_000)
    await on.connection.listings.read(on.context, refs, old)
    expect(on.simulator.count('createReport')).toBe(2)
  })

  it('without a report leaves the looks before writes their turn', async () => {
    await using on = await stage({ reportMs: 7_200_000 }, { reportFrom: 2, reportWaitMs: 0 })
    const targets = await stocked(on, 260)
    const refs = targets.map(({ listing }) => ({ listing, place: '' }))
    const compared = on.connection.listings.read(on.context, refs, old)
    const searches = () => on.simulator.count('searchListingsItems')
    await expect.poll(searches, { interval: 1 }).toBeGreaterThan(2)
    await on.connection.listings.read(on.context, refs.slice(0, 2))
    expect(searches()).toBeLessThan(10)
    expect(await compared).toEqual(refs.map(() => ({ status: 'shown', quantity: 5 })))
    expect(searches()).toBe(14)
  })

  it('asks one by one when Amazon makes no report in time, or cannot make one', async () => {
    await using on = await stage({ reportMs: 7_200_000 }, { reportFrom: 2, reportWaitMs: 60_000 })
    await stocked(on, 2)
    const refs = ['S-0', 'S-1'].map((listing) => ({ listing, place: '' }))
    const all = [
      { status: 'shown', quantity: 5 },
      { status: 'shown', quantity: 5 },
    ]
    expect(await on.connection.listings.read(on.context, refs, old)).toEqual(all)
    expect(on.warnings).toEqual([expect.stringContaining('no listing report')])
    await using fatal = await stage({}, { reportFrom: 2 })
    await stocked(fatal, 2)
    fatal.simulator.faults.arm({ operation: 'createReport', kind: 'accepted_not_applied' })
    expect(await fatal.connection.listings.read(fatal.context, refs, old)).toEqual(all)
  })
})
