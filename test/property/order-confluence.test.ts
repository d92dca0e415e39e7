import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChannelOrder, Order } from '../../src/model/order.ts'
import { line, minute, Shop, snapshot } from '../order/support.ts'
import { dialect, runs } from '../stores.ts'

const seed = process.env.SEED ? Number(process.env.SEED) : undefined
const options = (numRuns: number) => ({ numRuns: runs(numRuns), ...(seed === undefined ? {} : { seed }) })

const start = { MUG: { main: 9 }, BAG: { main: 5 } }
const listings = ['L-MUG', 'L-BAG', 'L-SET', 'L-SIX', 'L-NOBODY', 'L-MUG'] as const
/** What one unit of each listing takes. */
const parts: Record<string, Record<string, number>> = {
  'L-MUG': { MUG: 1 },
  'L-BAG': { BAG: 1 },
  'L-SET': { MUG: 1, BAG: 2 },
  'L-SIX': { MUG: 6 },
  'L-NOBODY': {},
}

const quantities = fc
  .record({
    ordered: fc.nat(4),
    cancelled: fc.nat(4),
    shipped: fc.nat(4),
    returned: fc.nat(2),
    willShip: fc.option(fc.nat(4), { nil: undefined }),
  })
  // A channel may say that something was cancelled and shipped as well; only not more of each than was ordered.
  .map((q) => ({
    ...q,
    cancelled: Math.min(q.cancelled, q.ordered),
    shipped: Math.min(q.shipped, q.ordered),
  }))

const someSnapshot: fc.Arbitrary<ChannelOrder> = fc
  .record({
    lines: fc.array(fc.option(quantities, { nil: null }), {
      minLength: listings.length,
      maxLength: listings.length,
    }),
    status: fc.constantFrom(
      'pending',
      'on_hold',
      'open',
      'partially_shipped',
      'shipped',
      'delivered',
      'cancelled',
      'unknown',
    ),
    payment: fc.constantFrom('pending', 'paid', 'refunded'),
    // Few instants, so that many snapshots share one.
    updatedAt: fc.integer({ min: 1, max: 3 }).map(minute),
    number: fc.constantFrom('#1', '#2'),
  })
  .map(({ lines, ...rest }) =>
    snapshot(
      lines.flatMap((q, index) =>
        q === null ? [] : [line(`line-${index}`, q.ordered, { ...q, listing: listings[index] ?? null })],
      ),
      rest as Parameters<typeof snapshot>[1],
    ),
  )

/** A set of snapshots, and two ways in which they may arrive: any order, some of them twice. */
const arrivals = fc.array(someSnapshot, { minLength: 1, maxLength: 5 }).chain((snapshots) => {
  const all = snapshots.map((_, index) => index)
  const one = fc
    .tuple(
      fc.shuffledSubarray(all, { minLength: all.length }),
      fc.array(fc.constantFrom(...all), { maxLength: 3 }),
    )
    .map(([once, again]) => [...once, ...again])
  return fc.record({ snapshots: fc.constant(snapshots), one, other: one })
})

type Apply = (shop: Shop, order: ChannelOrder) => Promise<unknown>
const honest: Apply = (shop, order) => shop.apply(order)

interface End {
  readonly order: Order | undefined
  readonly balances: unknown
}

async function arrive(
  snapshots: readonly ChannelOrder[],
  sequence: readonly number[],
  apply: Apply,
): Promise<End> {
  const shop = await Shop.open(start)
  try {
    let order: Order | undefined
    for (const index of sequence) {
      const next = snapshots[index]
      if (next === undefined) continue
      await apply(shop, next)
      const now = await shop.order()
      expectGrown(order, now)
      order = now
    }
    expectClosed(order, await shop.balances())
    return { order, balances: await shop.balances() }
  } finally {
    await shop.close()
  }
}

/** Counters never fall. */
function expectGrown(before: Order | undefined, after: Order): void {
  for (const was of before?.lines ?? []) {
    const now = after.lines.find(({ id }) => id === was.id)
    for (const counter of ['ordered', 'taken', 'released', 'shipped', 'returned'] as const) {
      expect(now?.[counter] ?? -1).toBeGreaterThanOrEqual(was[counter])
    }
  }
}

/** What is reserved is what is open; what left the pool is what shipped. */
function expectClosed(order: Order | undefined, balances: Awaited<ReturnType<Shop['balances']>>): void {
  for (const [sku, { main }] of Object.entries(start)) {
    const sum = { open: 0, shipped: 0 }
    for (const one of order?.lines ?? []) {
      const each = parts[one.listing ?? '']?.[sku] ?? 0
      sum.open += (one.taken - one.released - one.shipped) * each
      sum.shipped += one.shipped * each
    }
    const row = balances.find((balance) => balance.sku === sku)
    expect(row?.reserved ?? 0).toBe(sum.open)
    expect((row?.available ?? 0) + (row?.reserved ?? 0)).toBe(main - sum.shipped)
  }
}

const confluence = (apply: Apply) =>
  fc.asyncProperty(arrivals, async ({ snapshots, one, other }) => {
    expect(await arrive(snapshots, one, apply)).toEqual(await arrive(snapshots, other, apply))
  })

describe('any arrival order of the same snapshots', () => {
  it('ends in the same order and the same balances, with closure and conservation on the way', async () => {
    await fc.assert(confluence(honest), options(80))
  })

  it('tells nothing new when all of them come again', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async ({ snapshots, one }) => {
        const shop = await Shop.open(start)
        for (const index of one) await shop.apply(snapshots[index] ?? snapshot([]))
        const events = await shop.eventTypes()
        for (const again of snapshots)
          expect(await shop.apply(again)).toMatchObject({ changed: false, first: false })
        expect(await shop.eventTypes()).toEqual(events)
        await shop.close()
      }),
      options(40),
    )
  })
})

describe('with stock in two places', () => {
  // Where units come from depends on what lay there when they were asked for; how many there are does not.
  const spread = { MUG: { main: 4, east: 5 }, BAG: { main: 3, east: 2 } }

  const totals = async (snapshots: readonly ChannelOrder[], sequence: readonly number[]) => {
    const shop = await Shop.open(spread)
    try {
      for (const index of sequence) await shop.apply(snapshots[index] ?? snapshot([]))
      const open = await shop.read((tx) =>
        tx.all<{ sku: string; location: string; reserved: number }>(
          `SELECT sku, location, SUM(taken - released - shipped) AS reserved FROM allocation
           GROUP BY sku, location HAVING SUM(taken - released - shipped) > 0 ORDER BY sku, location`,
        ),
      )
      const balances = await shop.balances()
      const reserved = balances.filter((row) => row.reserved > 0)
      expect(
        reserved.map(({ sku, location, reserved: units }) => ({ sku, location, reserved: units })),
      ).toEqual(open)
      const sum = (sku: string, of: 'available' | 'reserved') =>
        balances.filter((row) => row.sku === sku).reduce((total, row) => total + row[of], 0)
      const sums = ['MUG', 'BAG'].map((sku) => ({
        sku,
        available: sum(sku, 'available'),
        reserved: sum(sku, 'reserved'),
      }))
      return { order: await shop.order(), sums }
    } finally {
      await shop.close()
    }
  }

  it('ends in the same order and the same totals, and each place holds what is open there', async () => {
    await fc.assert(
      fc.asyncProperty(arrivals, async ({ snapshots, one, other }) => {
        expect(await totals(snapshots, one)).toEqual(await totals(snapshots, other))
      }),
      options(60),
    )
  })
})

// The property is tested itself over one database.
if (dialect === 'sqlite')
  describe('the confluence property catches', () => {
    const catches = async (planted: Apply) => {
      const result = await fc.check(confluence(planted), {
        numRuns: 200,
        seed: seed ?? 7,
        endOnFailure: true,
      })
      expect(result.failed).toBe(true)
    }

    it('counters that follow the last snapshot', async () => {
      await catches(async (shop, order) => {
        const zero = '{"ordered":0,"cancelled":0,"shipped":0,"returned":0}'
        await shop.write((tx) =>
          tx.run(`UPDATE order_line SET facts = json_set(facts, '$.seen', json(?))`, [zero]),
        )
        await shop.apply(order)
      })
    })

    it('a status that follows the last snapshot', async () => {
      await catches(async (shop, order) => {
        await shop.write((tx) => tx.run(`UPDATE orders SET facts = json_set(facts, '$.reached', 'none')`))
        await shop.apply(order)
      })
    })

    it('stock that is given back once for each report of a cancellation', async () => {
      await catches(async (shop, order) => {
        const { changed } = await shop.apply(order)
        if (changed || order.status !== 'cancelled') return
        await shop.write((tx) => tx.run(`UPDATE balance SET available = available + 1 WHERE sku = 'MUG'`))
      })
    })

    it('allocations that are forgotten', async () => {
      await catches(async (shop, order) => {
        await shop.apply(order)
        await shop.write((tx) => tx.run('UPDATE allocation SET released = 0, shipped = 0'))
      })
    })

    it('facts that follow the last arrival', async () => {
      await catches(async (shop, order) => {
        await shop.write((tx) =>
          tx.run(
            `UPDATE orders SET facts = json_set(facts, '$.header.updatedAt', '2000-01-01T00:00:00.000Z')`,
          ),
        )
        await shop.apply(order)
      })
    })
  })
