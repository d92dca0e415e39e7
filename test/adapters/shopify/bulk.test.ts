import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { shopify } from '../../../adapters/shopify/index.ts'
import { cutRows } from '../../../adapters/shopify/jsonl.ts'
import {
  type ShopifySimulator,
  type ShopifySimulatorOptions,
  startShopifySimulator,
} from '../../../adapters/shopify/simulator/index.ts'
import type { ChannelOrder } from '../../../src/model/order.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

const running: ShopifySimulator[] = []
afterEach(async () => {
  for (const simulator of running.splice(0)) {
    expect(simulator.errors).toEqual([])
    await simulator.close()
  }
})

async function start(options: ShopifySimulatorOptions = {}) {
  const clock = acceleratedClock(600)
  const simulator = await startShopifySimulator({ clock, ...options })
  running.push(simulator)
  const join = (bulkFrom: number) => {
    const connection = shopify({ ...simulator.options, bulkFrom })
    return { connection, context: adapterContext(connection, { clock }) }
  }
  await simulator.control('listings', { sku: 'MUG', quantity: 1000 })
  await simulator.control('listings', { sku: 'CUP', quantity: 1000 })
  const buy = async (lines = 2) => {
    const skus = ['MUG', 'CUP'].slice(0, lines)
    const body = { lines: skus.map((sku) => ({ sku, quantity: 2 })) }
    return (await simulator.control<{ order: string }>('orders', body)).order
  }
  return { simulator, join, buy, clock, ...join(1) }
}

const plain = ({ raw: _, ...order }: ChannelOrder) => order
const byId = (orders: readonly ChannelOrder[]) => orders.map(plain).sort((a, b) => a.id.localeCompare(b.id))

type Reader = Pick<Awaited<ReturnType<typeof start>>, 'connection' | 'context'>

/** Every page until a pass ends with something given. */
async function readAll({ connection, context }: Reader, from: string | null = null) {
  const orders: ChannelOrder[] = []
  let cursor = from
  for (let pages = 0; pages < 200; pages += 1) {
    const page = await connection.orders.read(context, cursor)
    orders.push(...page.orders)
    cursor = page.cursor
    if (!page.more && orders.length > 0) return { orders, cursor, page }
  }
  throw new Error('the orders do not end')
}

describe('a large first import', () => {
  it('is read from one file, order by order as pages would give them', async () => {
    const { simulator, join, buy } = await start()
    for (let count = 0; count < 25; count += 1) await buy()
    const held = await buy()
    await simulator.control('orders/hold', { order: held })
    const half = await buy()
    await simulator.control('orders/fulfill', { order: half, lines: [{ sku: 'MUG', quantity: 1 }] })
    await simulator.control('orders/cancel', { order: half, lines: [{ sku: 'MUG', quantity: 1 }] })
    const file = await readAll(join(1))
    expect(simulator.count('BulkOperationRun')).toBe(1)
    expect(simulator.count('bulkFile')).toBe(1)
    const paged = await readAll(join(Number.POSITIVE_INFINITY))
    const first = file.orders.slice(0, 27)
    expect(byId(first)).toEqual(byId(paged.orders))
    expect(first.find(({ id }) => id === held)?.status).toBe('on_hold')
  })

  it('ends in pages: what has changed since the file was begun comes after it', async () => {
    const { connection, context, buy, simulator } = await start()
    await buy()
    const { cursor, page } = await readAll({ connection, context })
    expect(page.completeUntil).toBeGreaterThan(0)
    const later = await buy()
    const next = await readAll({ connection, context }, cursor)
    expect(next.orders.map(({ id }) => id)).toContain(later)
    expect(simulator.count('BulkOperationRun')).toBe(1)
  })

  it('goes on in another process from the middle of the file', async () => {
    const pieces: number[] = []
    const { join, buy, simulator } = await start({
      observe: ({ operation }, { body }) => {
        if (operation === 'bulkFile') pieces.push((body as Buffer).length)
      },
    })
    // Wide orders: about 16 kB each, so that a file of a megabyte holds some seventy.
    for (let count = 0; count < 40; count += 1)
      await simulator.control('listings', { sku: `SKU-${count}`, quantity: 1000, title: 'A mug '.repeat(30) })
    const lines = Array.from({ length: 40 }, (_, index) => ({ sku: `SKU-${index}`, quantity: 1 }))
    const ids = []
    for (let count = 0; count < 60; count += 1)
      ids.push((await simulator.control<{ order: string }>('orders', { lines })).order)
    await buy()
    const one = join(1)
    const first = await one.connection.orders.read(one.context, null)
    expect(first.more).toBe(true)
    expect(first.orders.length).toBeLessThan(60)
    const seen = new Set(first.orders.map(({ id }) => id))
    const rest = await readAll(join(1), first.cursor)
    for (const { id, lines: has } of rest.orders) {
      seen.add(id)
      if (ids.includes(id)) expect(has).toHaveLength(40)
    }
    expect(ids.filter((id) => !seen.has(id))).toEqual([])
    expect(pieces.length).toBeGreaterThan(1)
    expect(Math.max(...pieces)).toBeLessThanOrEqual(1024 * 1024)
    expect(simulator.count('BulkOperationRun')).toBe(1)
  })

  it('ends its pass while Shopify is still at it, complete until no later than it began', async () => {
    const { connection, context, buy, clock } = await start({
      behaviour: { bulkAfterMs: 300_000 },
    })
    await buy()
    const page = await connection.orders.read(context, null)
    expect(page).toMatchObject({ orders: [], more: false })
    expect(page.completeUntil).toBeLessThan(clock.now() - 6 * 24 * 3_600_000)
  })

  it.each(['fails', 'is refused'] as const)('is read page by page when its file %s', async (what) => {
    const { simulator, connection, context, buy } = await start()
    await buy()
    if (what === 'fails')
      simulator.faults.arm({ operation: 'BulkOperationRun', kind: 'accepted_not_applied' })
    else for (let count = 0; count < 5; count += 1) await runBulk(simulator)
    const page = await connection.orders.read(context, null)
    const given = page.orders.length > 0 ? page : await connection.orders.read(context, page.cursor)
    expect(given.orders).toHaveLength(1)
  })

  it.each(['INTERNAL_SERVER_ERROR', 'TIMEOUT', 'ACCESS_DENIED'])(
    'that fails with %s takes nothing from the half that there is, and misses nothing',
    async (code) => {
      const { simulator, connection, context, buy } = await start()
      for (let count = 0; count < 5; count += 1) await buy()
      simulator.faults.arm({ operation: 'BulkOperationRun', kind: 'accepted_not_applied', detail: code })
      const { orders, page } = await readAll({ connection, context })
      expect(new Set(orders.map(({ id }) => id)).size).toBe(5)
      expect(page.completeUntil).toBeGreaterThan(Date.parse(orders[0]?.placedAt ?? '') - 60_000)
      // An error of Shopify's own may not come again; what is too much, or not allowed, would.
      expect(simulator.count('BulkOperationRun')).toBe(code === 'INTERNAL_SERVER_ERROR' ? 2 : 1)
    },
  )

  it('that keeps failing is made up for by pages', async () => {
    const { simulator, connection, context, buy } = await start()
    await buy()
    const detail = 'INTERNAL_SERVER_ERROR'
    simulator.faults.arm({ operation: 'BulkOperationRun', kind: 'accepted_not_applied', detail, times: 9 })
    expect((await readAll({ connection, context })).orders).toHaveLength(1)
    expect(simulator.count('BulkOperationRun')).toBe(2)
  })

  it('that never ends is waited for half a day, and then made up for by pages', async () => {
    const { clock, connection, context, buy } = await start({ behaviour: { bulkAfterMs: 30 * 86_400_000 } })
    await buy()
    const page = await connection.orders.read(context, null)
    expect(page).toMatchObject({ orders: [], more: false })
    const hoursOn = (hours: number) => ({
      ...context,
      clock: { ...clock, now: () => clock.now() + hours * 3_600_000 },
    })
    expect((await connection.orders.read(hoursOn(6), page.cursor)).orders).toEqual([])
    const later = hoursOn(13)
    const { orders } = await readAll({ connection, context: later }, page.cursor)
    expect(orders).toHaveLength(1)
  })

  it.each([403, 404, 410])('whose address has ended (HTTP %d) is made up for by pages', async (status) => {
    const { simulator, connection, context, buy } = await start()
    await buy()
    simulator.faults.arm({ operation: 'bulkFile', kind: 'status', status })
    expect((await readAll({ connection, context })).orders).toHaveLength(1)
  })

  it('of a shop whose buyer data the app may not see fails as a whole, and pages give the orders without them', async () => {
    const { connection, context, buy } = await start({ behaviour: { buyerData: 'denied' } })
    await buy()
    const { orders } = await readAll({ connection, context })
    expect(orders).toMatchObject([{ buyer: null, shipTo: null, lines: [{ ordered: 2 }, { ordered: 2 }] }])
  })

  it('begins anew, page by page, when the file is gone before it was read', async () => {
    const { connection, context, buy } = await start()
    await buy()
    const { cursor } = await connection.orders.read(context, null)
    const bulk = { id: 'gid://shopify/BulkOperation/999', offset: 1_000_000 }
    const since = JSON.parse(cursor).from
    const gone = JSON.stringify({ ...JSON.parse(cursor), seen: since, heldSeen: undefined, bulk })
    const again = await connection.orders.read(context, gone)
    expect(again).toMatchObject({ orders: [], more: true, completeUntil: since })
    expect((await connection.orders.read(context, again.cursor)).orders).toHaveLength(1)
  })
})

/** Every number of the shop, as a compare asks for them. */
const compareIn = ({
  simulator,
  connection,
}: Pick<Awaited<ReturnType<typeof start>>, 'simulator' | 'connection'>) => {
  const { listings } = simulator.state() as { listings: { listing: string }[] }
  const refs = Array.from({ length: 6 }, (_, index) => ({
    listing: listings[index % listings.length]?.listing ?? '',
    place: '',
  }))
  return (context: Reader['context']) => connection.listings.read(context, refs, { mayBeOld: true })
}

describe('the file of a compare', () => {
  it.each([
    ['is gone on with after a kill, and begun anew once it was read', 0, 1],
    ['is begun anew after a kill when it is too old', 7_200_000, 2],
  ])('%s', async (_what, ageMs, runs) => {
    const on = await start({ behaviour: { bulkAfterMs: 60_000 } })
    const compare = compareIn(on)
    const { context, connection, simulator, clock } = on
    const killed = new AbortController()
    const first = { ...adapterContext(connection, { clock, signal: killed.signal }), memory: context.memory }
    const reading = compare(first)
    await expect.poll(() => simulator.count('BulkOperation')).toBeGreaterThan(0)
    killed.abort()
    await expect(reading).rejects.toThrow()
    await clock.sleep(60_000)
    const later = { ...context, clock: { ...clock, now: () => clock.now() + ageMs } }
    expect(await compare(later)).toMatchObject(Array(6).fill({ status: 'shown', quantity: 1000 }))
    expect(simulator.count('BulkOperationRun')).toBe(runs)
    await compare(context)
    expect(simulator.count('BulkOperationRun')).toBe(runs + 1)
    expect(simulator.count('InventoryAvailable')).toBe(0)
  })

  it('that was not there in time is read by the next one', async () => {
    const on = await start({ behaviour: { bulkAfterMs: 600_000 } })
    const compare = compareIn(on)
    const { context, simulator, clock } = on
    const sleep: typeof clock.sleep = (ms, signal) => clock.sleep(ms / 100, signal)
    for (let looks = 0; looks < 2; looks += 1) {
      await compare({ ...context, clock: { ...clock, sleep } })
      expect(simulator.count('InventoryAvailable')).toBe(1)
      if (looks === 0) await clock.sleep(600_000)
    }
    expect(simulator.count('BulkOperationRun')).toBe(1)
  })

  it.each([403, 404])('whose address has ended (HTTP %d) is not asked for again', async (status) => {
    const on = await start()
    const compare = compareIn(on)
    on.simulator.faults.arm({ operation: 'bulkFile', kind: 'status', status })
    await compare(on.context)
    expect(on.simulator.count('InventoryAvailable')).toBe(1)
    await compare(on.context)
    expect(on.simulator.count('BulkOperationRun')).toBe(2)
    expect(on.simulator.count('InventoryAvailable')).toBe(1)
  })
})

/** Another bulk operation of the same app. */
const runBulk = ({ url, accessToken }: ShopifySimulator) =>
  fetch(`${url}/admin/api/2026-07/graphql.json`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-shopify-access-token': accessToken },
    body: JSON.stringify({
      query:
        'mutation ($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: false) { userErrors { code } } }',
      variables: { query: '{ orders { edges { node { id } } } }' },
    }),
  })

describe('a look at many numbers', () => {
  it('is one file, with rows in their order, and what the shop does not have is missing', async () => {
    const { simulator, connection, context } = await start()
    const refs = []
    for (let index = 0; index < 12; index += 1) {
      const made = await simulator.control<{ listing: string }>('listings', {
        sku: `SKU-${index}`,
        quantity: index,
        tracked: index !== 3,
      })
      refs.push({ listing: made.listing, place: '' })
    }
    refs.splice(5, 0, { listing: 'gid://shopify/InventoryItem/999', place: '' })
    const paged = await shopify({ ...simulator.options }).listings.read(context, refs)
    simulator.log.clear()
    const read = await connection.listings.read(context, refs, { mayBeOld: true })
    expect(read).toEqual(paged)
    expect(read[4]).toEqual({ status: 'shown', quantity: 4 })
    expect(read[5]?.status).toBe('missing')
    expect(simulator.count('InventoryAvailable')).toBe(0)
    expect(simulator.count('bulkFile')).toBe(1)
  })

  it('is read page by page when there is no file', async () => {
    const { simulator, connection, context } = await start()
    simulator.faults.arm({ operation: 'BulkOperationRun', kind: 'accepted_not_applied' })
    const [mug] = (simulator.state() as { listings: { listing: string }[] }).listings
    const refs = Array.from({ length: 6 }, () => ({ listing: mug?.listing ?? '', place: '' }))
    expect(await connection.listings.read(context, refs, { mayBeOld: true })).toEqual(
      refs.map(() => ({ status: 'shown', quantity: 1000 })),
    )
    expect(simulator.count('InventoryAvailable')).toBe(1)
  })
})

describe('a bulk file', () => {
  const file = (orders: readonly number[]) => {
    const lines = orders.flatMap((parts, index) => [
      { id: `o${index}`, name: 'ä€𝄞' },
      ...Array.from({ length: parts }, (_, part) => ({ id: `o${index}/${part}`, __parentId: `o${index}` })),
    ])
    return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  }

  it('gives every row whole, once and in order, however it is cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 400 }),
        (orders, size) => {
          const bytes = file(orders)
          const seen: unknown[] = []
          let offset = 0
          let length = size
          while (offset < bytes.length) {
            const end = Math.min(bytes.length, offset + length)
            const { rows, used } = cutRows(bytes.subarray(offset, end), end === bytes.length)
            for (const row of rows) seen.push('row' in row ? [row.row.id, row.parts.length] : row)
            length = rows.length === 0 && end < bytes.length ? length * 2 : size
            offset += used
          }
          expect(seen).toEqual(orders.map((parts, index) => [`o${index}`, parts]))
        },
      ),
      { numRuns: 200 },
    )
  })

  it('tells a line that is no JSON as a row that cannot be read, and goes on', () => {
    const { rows } = cutRows(Buffer.from('{"id":"a"}\n{"id":\n{"id":"b"}\n'), true)
    expect(rows).toMatchObject([
      { row: { id: 'a' } },
      { error: { code: 'invalid_input' } },
      { row: { id: 'b' } },
    ])
  })
})
