import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type SharedShape, sharedShape, sharedWaitMs, spreadOf } from '../../src/http/budget.ts'
import { drawBudget, liesInFile, openBudget, readBudget, tellBudget } from '../../src/store/budgets.ts'
import type { Database } from '../../src/store/database.ts'
import { sqlite } from '../../src/store/sqlite.ts'
import { StrictServer } from '../http/strict-server.ts'
import { freshStore, runs, storeAt } from '../stores.ts'
import { scratch } from './support.ts'

const seed = process.env.SEED ? Number(process.env.SEED) : undefined
const files = scratch()
afterAll(() => files.remove())

const key = { connection: 'web', name: 'orders' }
const plain = (rate: number, burst: number): SharedShape => ({ rate, burst, ceiling: burst, keepMs: 100 })

async function opened(shape: SharedShape, now = 0, database?: Database) {
  const store = database ?? (await freshStore().open())
  const open = (again: SharedShape, declared = 'x') =>
    store.transaction((tx) => openBudget(tx, { ...key, declared, shape: again, now }))
  await open(shape)
  const draw = (at: number, needed: number, most = needed) =>
    store.transaction((tx) => drawBudget(tx, { ...key, most, middle: (needed + most) / 2, needed, now: at }))
  const tell = (at: number, news: Partial<Parameters<typeof tellBudget>[1]>) =>
    store.transaction((tx) =>
      tellBudget(tx, {
        ...key,
        now: at,
        shape: null,
        above: null,
        left: null,
        give: 0,
        blockedUntil: null,
        ...news,
      }),
    )
  return { store, open, draw, tell, read: () => store.read((tx) => readBudget(tx, key)) }
}

const drawn = async (answer: Promise<{ drawn: number } | null>) => (await answer)?.drawn

interface Scene {
  readonly rate: number
  readonly burst: number
  readonly drawers: number
  readonly start: number
  readonly weighted: boolean
}

const scenes: fc.Arbitrary<Scene> = fc
  .record({
    rateLog: fc.double({ min: Math.log(0.01), max: Math.log(200), noNaN: true }),
    burst: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 200 })),
    drawers: fc.integer({ min: 1, max: 5 }),
    start: fc.integer({ min: 0, max: 2 ** 31 }),
    weighted: fc.boolean(),
  })
  .map(({ rateLog, ...rest }) => ({ rate: Math.exp(rateLog), ...rest }))

function randomOf(start: number): () => number {
  let state = start >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

/** So many draws at least, and until the ways have become slow and quick again, unless that takes too many. */
const leastDraws = 150
const mostDraws = 1500

/**
 * Several processes draw as fast as they are let, handfuls among them, and each request arrives at the platform at some moment
 * of the spread after its token was drawn.
 */
async function play(scene: Scene, shape: SharedShape): Promise<{ server: StrictServer; spanMs: number }> {
  const random = randomOf(scene.start)
  const server = new StrictServer(scene.rate, scene.burst)
  const spreadMs = spreadOf(shape)
  const { store, draw } = await opened(shape)
  const arrivals: { at: number; cost: number }[] = []
  // Late ones that are overtaken by quick ones arrive together: that is the worst case.
  const delay = () => {
    const mood = Math.floor(now / spreadMs / 2) % 3
    return mood === 0 ? spreadMs : mood === 1 ? 0 : random() * spreadMs
  }
  const next = Array.from({ length: scene.drawers }, () => random() * 20)
  const cost = () => (scene.weighted ? 1 + Math.floor(random() * scene.burst) : 1)
  const wanted = next.map(cost)
  let now = 0
  for (let n = 0; n < leastDraws || (n < mostDraws && now < 7 * spreadMs); n++) {
    now = Math.min(...next)
    const who = next.indexOf(now)
    const needed = wanted[who] ?? 1
    // A handful is of single tokens, and each of them goes its own way.
    const most = scene.weighted ? needed : 1 + Math.floor((random() * shape.burst) / 4)
    const answer = await draw(now, needed, most)
    if (answer === null) throw new Error('no budget')
    const got = answer.drawn
    if (got > 0) {
      const pieces = scene.weighted ? [got] : Array.from({ length: Math.floor(got) }, () => 1)
      for (const piece of pieces) arrivals.push({ at: now + delay(), cost: piece })
      wanted[who] = cost()
      next[who] = now + random() * 2
    } else {
      const waitMs = sharedWaitMs(answer.budget, needed, now)
      next[who] = now + waitMs + 0.001 + (random() < 0.3 ? random() * 5 : 0)
    }
  }
  await store.close()
  for (const { at, cost: spent } of arrivals.sort((a, b) => a.at - b.at)) server.arrive(at, spent)
  return { server, spanMs: now }
}

describe('a budget of several processes', () => {
  it('never gives out more than a strict platform takes, and gives out nearly all of it', async () => {
    await fc.assert(
      fc.asyncProperty(scenes, async (scene) => {
        const shape = sharedShape(scene)
        const { server, spanMs } = await play(scene, shape)
        expect(server.refused).toBe(0)
        // A cost near the platform's own burst must be a whole spread apart from the next.
        const share = scene.weighted ? 0.5 : 0.9
        const largest = scene.weighted ? scene.burst : 1 + shape.burst / 4
        expect(server.used).toBeGreaterThanOrEqual(
          share * (shape.burst + (shape.rate * spanMs) / 1000) - largest * scene.drawers,
        )
      }),
      { seed, numRuns: runs(120) },
    )
  })

  it('would, if it were run as the platform runs its own', async () => {
    let refused = 0
    for (let start = 0; start < 10; start++) {
      const scene = { rate: 50, burst: 20, drawers: 3, start, weighted: false }
      const { server } = await play(scene, { ...plain(50, 20), keepMs: 200 })
      refused += server.refused
    }
    expect(refused).toBeGreaterThan(10)
  })

  it('gives each token to one of many who ask at once, over two handles of one file', async () => {
    const file = files.path('at-once.db')
    const one = await opened(plain(1, 25), 0, await storeAt(file).open())
    const two = await opened(plain(1, 25), 0, await storeAt(file).open())
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => drawn((n % 2 === 0 ? one : two).draw(0, 1))),
    )
    expect(answers.filter((got) => got === 1)).toHaveLength(25)
    expect(answers.filter((got) => got === 0)).toHaveLength(15)
    await Promise.all([one.store.close(), two.store.close()])
  })

  it('gives the most that fits of three amounts', async () => {
    const { draw, read } = await opened(plain(1, 10))
    expect(await drawn(draw(0, 2, 6))).toBe(6)
    expect(await drawn(draw(0, 2, 6))).toBe(4)
    expect(await drawn(draw(0, 2, 6))).toBe(0)
    expect(await drawn(draw(3000, 2, 6))).toBe(2)
    expect(await read()).toMatchObject({ tokens: 1, at: 3000 })
  })

  it('lets a cost above the burst go when it is full, and is in debt then', async () => {
    const { draw } = await opened(plain(10, 5))
    expect(await drawn(draw(0, 1))).toBe(1)
    expect(await drawn(draw(0, 50))).toBe(0)
    expect(await drawn(draw(100, 50))).toBe(50)
    expect(await drawn(draw(4600, 1))).toBe(0)
    expect(await drawn(draw(4700, 1))).toBe(1)
  })

  it('takes no time back for a process whose clock is behind', async () => {
    const { draw, read } = await opened(plain(1, 5))
    expect(await drawn(draw(10_000, 5))).toBe(5)
    expect(await drawn(draw(4_000, 1))).toBe(0)
    expect(await drawn(draw(10_999, 1))).toBe(0)
    expect(await drawn(draw(11_000, 1))).toBe(1)
    expect(await drawn(draw(9_000, 1))).toBe(0)
    expect(await read()).toMatchObject({ at: 11_000 })
  })

  it('is blocked as long as a platform says, and the longer of two words counts', async () => {
    const { draw, tell } = await opened(plain(1, 5))
    await tell(0, { blockedUntil: 2_000 })
    await tell(0, { blockedUntil: 1_000 })
    expect(await drawn(draw(1_999, 1))).toBe(0)
    expect(await drawn(draw(2_000, 1))).toBe(1)
  })

  it('is lowered to what is left, never raised', async () => {
    const { tell, read } = await opened(plain(1, 10))
    expect(await tell(0, { above: 4, left: 3 })).toMatchObject({ tokens: 3 })
    expect(await tell(0, { above: 8, left: 7 })).toMatchObject({ tokens: 3 })
    await tell(60_000, {})
    expect(await read()).toMatchObject({ tokens: 10 })
  })

  it('takes back what was drawn and not spent, up to what it holds when full', async () => {
    const { draw, tell } = await opened(plain(1, 10))
    expect(await drawn(draw(0, 8))).toBe(8)
    expect(await tell(0, { give: 5 })).toMatchObject({ tokens: 7 })
    expect(await tell(1_000, { give: 5 })).toMatchObject({ tokens: 10 })
    // The platform's own word on what is left still counts.
    expect(await tell(1_000, { give: 5, above: 4, left: 3 })).toMatchObject({ tokens: 3 })
  })

  it('learns another rate and burst, and keeps them until another limit is declared', async () => {
    const { open, draw, tell, read } = await opened(plain(1, 10))
    await tell(0, { shape: plain(4, 2) })
    expect(await read()).toMatchObject({ rate: 4, burst: 2, ceiling: 2, tokens: 2 })
    expect(await drawn(draw(0, 2))).toBe(2)
    expect(await drawn(draw(250, 1))).toBe(1)
    await open(plain(1, 10))
    expect(await read()).toMatchObject({ rate: 4, burst: 2 })
    await open(plain(3, 30), 'another')
    expect(await read()).toMatchObject({ rate: 3, burst: 30 })
  })

  it('says that there is none, and whether others could have it', async () => {
    const { store, draw } = await opened(plain(1, 10))
    await store.transaction((tx) => tx.run('DELETE FROM budget'))
    expect(await draw(0, 1)).toBe(null)
    await store.close()
    const memory = await sqlite(':memory:').open()
    expect(await memory.read(liesInFile)).toBe(false)
    await memory.close()
    const file = await sqlite(files.path('file.db')).open()
    expect(await file.read(liesInFile)).toBe(true)
    await file.close()
  })
})
