import { describe, expect, it } from 'vitest'
import { meta } from '../../../adapters/meta/index.ts'
import { startMetaSimulator } from '../../../adapters/meta/simulator/index.ts'
import { createHub, sqlite } from '../../../src/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { itemOf, stage, target } from './stage.ts'

/** A hub over one catalogue of a mug, on a fast clock. */
async function hubOver(item: Readonly<Record<string, unknown>>) {
  const clock = acceleratedClock(600)
  const simulator = await startMetaSimulator({ clock })
  await simulator.control('listings', { sku: 'MUG', ...item })
  const hub = createHub({
    store: sqlite(':memory:'),
    clock,
    connections: { social: meta(simulator.options) },
  })
  await hub.items.put({ sku: 'MUG' })
  const until = async (shown: readonly [string, number | null]) => {
    for (let round = 0; round < 30; round += 1) {
      await hub.sync({ audit: true })
      if (JSON.stringify(itemOf(simulator, 'MUG')) === JSON.stringify(shown)) break
      await clock.sleep(5000)
    }
    expect(itemOf(simulator, 'MUG')).toEqual(shown)
  }
  return {
    hub,
    simulator,
    until,
    async [Symbol.asyncDispose]() {
      await hub.close()
      await simulator.close()
    },
  }
}

describe('availability and quantity are two fields that must not contradict each other (facebook-for-woocommerce#1078)', () => {
  it('both are sent, always', async () => {
    await using s = await stage()
    await s.simulator.control('listings', { sku: 'MUG', quantity: 0, availability: 'in stock' })
    expect(await s.settle([target('MUG', 4)])).toEqual([{ status: 'done' }])
    expect(itemOf(s.simulator, 'MUG')).toEqual(['in stock', 4])
    expect(await s.settle([target('MUG', 0)])).toEqual([{ status: 'done' }])
    expect(itemOf(s.simulator, 'MUG')).toEqual(['out of stock', 0])
  })

  it('an item that says "in stock" with no number left is found and put right', async () => {
    await using s = await hubOver({ quantity: 0, availability: 'in stock' })
    await s.hub.listings.link({ sku: 'MUG', connection: 'social', listing: 'MUG' })
    await s.until(['out of stock', 0])
  })

  it('an item that says "in stock" and never had a number can be bought, and is put right too', async () => {
    await using s = await hubOver({ quantity: null, availability: 'in stock' })
    await s.hub.listings.link({ sku: 'MUG', connection: 'social', listing: 'MUG' })
    await s.until(['out of stock', 0])
  })

  it('an item that says "out of stock" over a number is not taken for sold', async () => {
    await using s = await hubOver({ quantity: 5, availability: 'out of stock' })
    await s.hub.listings.link({ sku: 'MUG', connection: 'social', listing: 'MUG' })
    await s.hub.stock.receive('MUG', 5, { location: 'main', key: 'po-1' })
    await s.until(['in stock', 5])
  })
})

describe('going to 0 must be sent, never filtered out (facebook-for-woocommerce#2478, #2277, #1790)', () => {
  it('the last unit goes, and the catalogue says so', async () => {
    await using s = await hubOver({ quantity: 3 })
    await s.hub.listings.link({ sku: 'MUG', connection: 'social', listing: 'MUG' })
    await s.hub.stock.receive('MUG', 3, { location: 'main', key: 'po-1' })
    await s.until(['in stock', 3])
    await s.hub.stock.adjust('MUG', -3, { location: 'main', key: 'sold-at-the-market' })
    await s.until(['out of stock', 0])
  })

  it('sold-out rows are in the batch beside the others', async () => {
    await using s = await stage()
    for (const sku of ['A', 'B', 'C']) await s.simulator.control('listings', { sku, quantity: 9 })
    await s.settle([target('A', 0), target('B', 2), target('C', 0)])
    expect(['A', 'B', 'C'].map((sku) => itemOf(s.simulator, sku))).toEqual([
      ['out of stock', 0],
      ['in stock', 2],
      ['out of stock', 0],
    ])
  })
})

describe('what becomes of a number depends on the mode of the shop (facebook-for-woocommerce#2720)', () => {
  it('a shop that buyers do not see is told of, daily', async () => {
    await using s = await stage()
    await s.connection.deadlines(s.context)
    expect(s.warnings).toEqual([])
    await s.simulator.control('shop', { facebook: 'DISABLED', instagram: 'STAGING' })
    await s.connection.deadlines(s.context)
    expect(s.warnings).toEqual([expect.stringContaining('buyers do not see the shop')])
    expect(s.warnings[0]).toContain('"facebook":"DISABLED","instagram":"STAGING"')
  })

  it('a token that may not manage the catalogue is told of before it fails', async () => {
    await using s = await stage()
    await s.simulator.control('token', { scopes: ['business_management'] })
    await s.connection.deadlines(s.context)
    expect(s.warnings).toEqual([expect.stringContaining('lacks catalog_management')])
  })
})

describe('a 200 and a handle are no success (facebook-for-woocommerce#2097, #1701)', () => {
  it('a batch that finished without saving is not done', async () => {
    await using s = await stage()
    await s.simulator.control('listings', { sku: 'MUG', quantity: 9 })
    s.simulator.faults.arm({ operation: 'items_batch', kind: 'accepted_not_applied' })
    expect(await s.settle([target('MUG', 1)])).toMatchObject([{ status: 'pending', observed: 9 }])
  })

  it('a batch that broke off is sent again, but for what it did', async () => {
    await using s = await stage()
    for (const sku of ['A', 'B']) await s.simulator.control('listings', { sku, quantity: 9 })
    s.simulator.faults.arm({
      operation: 'items_batch',
      kind: 'accepted_not_applied',
      detail: { status: 'error' },
    })
    const results = await s.settle([target('A', 1), target('B', 2)])
    expect(results).toMatchObject(
      Array(2).fill({ status: 'failed', error: { code: 'unavailable', retryable: true } }),
    )
  })

  it('rows that failed inside a finished batch fail by name, the others are done', async () => {
    await using s = await stage()
    for (const sku of ['A', 'B', 'C']) await s.simulator.control('listings', { sku, quantity: 9 })
    s.simulator.faults.arm({ operation: 'items_batch', kind: 'partial_failure', detail: { rows: [1] } })
    const results = await s.settle([target('A', 1), target('B', 2), target('C', 3)])
    expect(results.map(({ status }) => status)).toEqual(['done', 'failed', 'done'])
    expect(results[1]).toMatchObject({ error: { code: 'rejected', field: 'listing' } })
  })

  it('a catalogue that shows a finished batch late is waited for', async () => {
    await using s = await stage()
    await s.simulator.control('listings', { sku: 'MUG', quantity: 9 })
    s.simulator.faults.arm({ operation: 'products', kind: 'stale_read', times: 2 })
    expect(await s.settle([target('MUG', 1)])).toEqual([{ status: 'done' }])
    expect(s.simulator.count('items_batch')).toBe(1)
  })

  it('a handle that Meta has forgotten is looked at by the items themselves', async () => {
    await using s = await stage()
    await s.simulator.control('listings', { sku: 'MUG', quantity: 9 })
    const [written] = await s.connection.listings.write(s.context, [target('MUG', 1)])
    await s.clock.advance(5000)
    await s.simulator.control('batches/forget')
    const handle = written?.status === 'pending' ? written.handle : ''
    const rows = [{ target: target('MUG', 1), handle }]
    expect(await s.connection.listings.check(s.context, rows)).toEqual([{ status: 'done' }])
  })

  it('a number changed by hand in Commerce Manager is drift, and set right by the audit', async () => {
    await using s = await hubOver({ quantity: 3 })
    await s.hub.listings.link({ sku: 'MUG', connection: 'social', listing: 'MUG' })
    await s.hub.stock.receive('MUG', 3, { location: 'main', key: 'po-1' })
    await s.until(['in stock', 3])
    await s.simulator.control('listings', { sku: 'MUG', quantity: 50 })
    expect((await s.hub.drift()).differences).toMatchObject([{ listing: 'MUG', offer: 3, shown: 50 }])
    await s.until(['in stock', 3])
  })
})

describe('an unknown id would become a new broken item: allow_upsert is true by default', () => {
  it('nothing is made, and the row says what to do', async () => {
    await using s = await stage()
    await s.simulator.control('listings', { sku: 'MUG', quantity: 9 })
    const [typo, mug] = await s.settle([target('MGU', 4), target('MUG', 4)])
    expect(typo).toMatchObject({
      status: 'failed',
      error: { code: 'not_found', field: 'listing', retryable: false },
    })
    expect(mug).toEqual({ status: 'done' })
    expect(itemOf(s.simulator, 'MGU')).toBeNull()
  })
})

describe('generated clients still have the order API, and their calls fail since 2026-10-27', () => {
  it('the connection has no such facet, and its hub says since when and what to do', async () => {
    await using s = await hubOver({ quantity: 1 })
    const connection: object = meta(s.simulator.options)
    for (const facet of ['orders', 'shipments', 'returns', 'fulfillment'])
      expect(facet in connection).toBe(false)
    const untyped = s.hub.orders as unknown as Record<
      'get' | 'cancel',
      (...args: string[]) => Promise<unknown>
    >
    for (const ask of [() => untyped.get('social', '1'), () => untyped.cancel('social', '1')]) {
      await expect(ask()).rejects.toMatchObject({ code: 'unsupported', details: { since: '2026-10-27' } })
    }
  })

  it('no call of a whole pass goes near it', async () => {
    await using s = await hubOver({ quantity: 3 })
    await s.hub.listings.link({ sku: 'MUG', connection: 'social', listing: 'MUG' })
    await s.hub.stock.receive('MUG', 4, { location: 'main', key: 'po-1' })
    await s.until(['in stock', 4])
    await s.hub.sync()
    const asked = new Set(s.simulator.requests.map(({ operation }) => operation))
    expect([...asked].sort()).toEqual([
      'check_batch_request_status',
      'debug_token',
      'items_batch',
      'products',
      'shop',
    ])
  })
})

describe('a second adapter would count an order of the web shop twice', () => {
  it('a catalogue never holds stock back for sales of its own, of which there are none', async () => {
    await using s = await hubOver({ quantity: 9 })
    await s.hub.listings.link({ sku: 'MUG', connection: 'social', listing: 'MUG' })
    await s.hub.stock.receive('MUG', 9, { location: 'main', key: 'po-1' })
    await s.until(['in stock', 9])
    // A feed lowers the number: on a channel that sells, that would look like sales that are not read yet.
    await s.simulator.control('listings', { sku: 'MUG', quantity: 2 })
    expect((await s.hub.drift()).differences).toMatchObject([{ shown: 2, cause: 'changed-on-channel' }])
    await s.hub.stock.receive('MUG', 1, { location: 'main', key: 'po-2' })
    await s.until(['in stock', 10])
    expect(await s.hub.stock.get('MUG')).toMatchObject({ available: 10, reserved: 0 })
  })
})

describe('batches are few an hour, and rows many', () => {
  it('3,000 rows go in one call', async () => {
    await using s = await stage()
    expect(s.connection.listings.batch).toBe(3000)
    const targets = Array.from({ length: 3000 }, (_, index) => target(`SKU-${index}`, 1))
    await s.connection.listings.write(s.context, targets)
    expect(s.simulator.count('items_batch')).toBe(1)
  })

  it('a used-up hour is waited for, not hammered', async () => {
    await using s = await stage({ limits: { batches: 1 } })
    await s.simulator.control('listings', { sku: 'MUG', quantity: 9 })
    await s.connection.listings.write(s.context, [target('MUG', 1)])
    const refused = await s.connection.listings.write(s.context, [target('MUG', 2)]).catch((error) => error)
    expect(refused).toMatchObject({ code: 'rate_limited', retryable: true })
    expect(refused.retryAfterMs).toBeGreaterThan(1_800_000)
    expect(s.simulator.count('items_batch')).toBeLessThanOrEqual(2)
  })
})
