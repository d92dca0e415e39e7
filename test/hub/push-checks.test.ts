import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createHub } from '../../src/index.ts'
import type { ListingsFacet, ListingTarget, WriteResult } from '../../src/spec/listings.ts'
import { freshStore } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { closeLater, letters, refused } from './kit.ts'

type Rows = Parameters<NonNullable<ListingsFacet['check']>>[1]
/** What the channel answers to a check; `ask` is what it would answer by itself. */
type Answer = (rows: Rows, ask: () => Promise<readonly WriteResult[]>) => Promise<readonly WriteResult[]>

/** Six listings of 10 each, accepted by a channel that applies a minute later. */
async function stage() {
  const clock = new ManualClock()
  const web = new FakeShop(clock, { appliesAfterMs: 60_000, batch: 2 })
  const connection = web.connection()
  const written: ListingTarget[] = []
  const checked: string[][] = []
  let answer: Answer = (_rows, ask) => ask()
  let writing: Promise<void> = Promise.resolve()
  const listings: ListingsFacet = {
    ...connection.listings,
    write: async (context, targets) => {
      written.push(...targets)
      await writing
      return connection.listings.write(context, targets)
    },
    check: (context, rows) => {
      checked.push(rows.map(({ target }) => target.listing).sort())
      return answer(rows, async () => (await connection.listings.check?.(context, rows)) ?? [])
    },
  }
  const hub = createHub({ store: freshStore(), connections: { web: { ...connection, listings } }, clock })
  closeLater(hub)
  for (const sku of letters) {
    web.shown.set(sku, 0)
    await hub.items.put({ sku })
    await hub.stock.receive(sku, 10, { location: 'main', key: `first ${sku}` })
    await hub.listings.link({ sku, connection: 'web', listing: sku })
  }
  await hub.sync()
  written.length = 0
  return {
    hub,
    web,
    clock,
    checked,
    /** As [listing, quantity, expected]. */
    writes: () => written.splice(0).map(({ listing, quantity, expected }) => [listing, quantity, expected]),
    wrote: (listing: string) => written.some((target) => target.listing === listing),
    answerBy: (next: Answer) => {
      answer = next
    },
    /** A write waits for this. */
    writeWhen: (ready: Promise<void>) => {
      writing = ready
    },
    sell: (sku: string, quantity: number) =>
      hub.stock.reserve([{ sku, quantity }], { key: `sold ${sku} ${quantity}` }),
    async state(sku: string) {
      const [row] = await hub.explain(sku, 'web')
      return { state: row?.state, confirmed: row?.lastConfirmed?.quantity }
    },
  }
}

type Stage = Awaited<ReturnType<typeof stage>>

/** A pass in which something happens while a check is under way, which is answered only then. */
async function whileChecked(on: Stage, happens: () => Promise<void>, answer: Answer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  on.answerBy(async (rows, ask) => {
    await promise
    on.answerBy((_rows, askAgain) => askAgain())
    return answer(rows, ask)
  })
  on.clock.advance(60_000)
  const pass = on.hub.sync()
  await until(on, () => on.checked.length > 0)
  await happens()
  resolve()
  await pass
}

/** Simulated time passes until it is so. */
async function until(on: Stage, so: () => boolean): Promise<void> {
  for (let turn = 0; !so(); turn += 1) {
    if (turn === 500) throw new Error('it never came to it')
    on.clock.advance(100)
    await wait(2)
  }
}

async function soldOut(on: Stage): Promise<void> {
  await on.sell('A', 10)
  await until(on, () => on.wrote('A'))
}

describe('while a channel is asked what became of earlier writes', () => {
  it('what sells out is written, and the late answer is not taken for its own', async () => {
    const on = await stage()
    await whileChecked(
      on,
      () => soldOut(on),
      (_rows, ask) => ask(),
    )
    expect(on.writes()).toEqual([['A', 0, null]])
    expect(await on.state('A')).toEqual({ state: 'pending', confirmed: undefined })
    expect(await on.state('B')).toEqual({ state: 'shown', confirmed: 10 })
    on.clock.advance(60_000)
    await on.hub.sync()
    expect(await on.state('A')).toEqual({ state: 'shown', confirmed: 0 })
    expect(on.web.shown.get('A')).toBe(0)
  })

  it('new raises are written too', async () => {
    const on = await stage()
    on.web.shown.set('late', 0)
    const arrives = async () => {
      await on.hub.items.put({ sku: 'LATE' })
      await on.hub.listings.link({ sku: 'LATE', connection: 'web', listing: 'late' })
      await on.hub.stock.receive('LATE', 3, { location: 'main', key: 'late' })
      await until(on, () => on.wrote('late'))
    }
    await whileChecked(on, arrives, (_rows, ask) => ask())
    expect(on.writes()).toEqual([['late', 3, 0]])
  })
})

describe('a write that an older one has overruled', () => {
  const overruled: Answer = async (rows, ask) => {
    const answers = await ask()
    return rows.map(({ target }, index) =>
      target.listing === 'A' ? { status: 'stale', observed: 15 } : (answers[index] as WriteResult),
    )
  }

  it('is written again at once, however long ago it was, and is asked about as a new one', async () => {
    const on = await stage()
    on.answerBy(async (rows) =>
      rows.map(({ handle }) => ({ status: 'pending', handle, checkAfterMs: 0, queued: true })),
    )
    on.clock.advance(20 * 60_000)
    await on.hub.sync()
    on.answerBy(overruled)
    on.web.shown.set('A', 15)
    on.clock.advance(10_000)
    await on.hub.sync()
    expect(on.writes()).toEqual([['A', 10, 15]])
    expect(await on.state('A')).toMatchObject({ state: 'pending' })
    on.answerBy((_rows, ask) => ask())
    on.clock.advance(60_000)
    await on.hub.sync()
    expect(on.writes()).toEqual([])
    expect(await on.state('A')).toEqual({ state: 'shown', confirmed: 10 })
    expect(on.web.shown.get('A')).toBe(10)
  })

  it('is not when a newer number was written meanwhile', async () => {
    const on = await stage()
    await whileChecked(on, () => soldOut(on), overruled)
    on.clock.advance(60_000)
    await on.hub.sync()
    expect(on.writes()).toEqual([['A', 0, null]])
    expect(on.web.shown.get('A')).toBe(0)
  })
})

it('a check that is refused while something else is written stops the connection', async () => {
  const on = await stage()
  const told: unknown[] = []
  on.hub.on('connection.paused', (data) => told.push(data))
  const { promise: written, resolve: letWrite } = Promise.withResolvers<void>()
  on.writeWhen(written)
  const happens = async () => {
    await soldOut(on)
    // Only then is the check answered, and after that the write.
    setTimeout(letWrite, 50)
  }
  await whileChecked(on, happens, async () => {
    throw refused()
  })
  expect(told).toMatchObject([{ connection: 'web' }])
})

it('what may show too much is asked about before the others, by itself', async () => {
  const on = await stage()
  await on.sell('A', 10)
  await on.hub.sync()
  expect(on.writes()).toEqual([['A', 0, null]])
  on.clock.advance(60_000)
  await on.hub.sync()
  expect(on.checked).toEqual([['A'], letters.slice(1)])
})
