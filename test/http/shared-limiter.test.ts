import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import {
  type BudgetNews,
  filledBy,
  type SharedBudget,
  type SharedShape,
  type SharedState,
  sharedShape,
  sharedWaitMs,
} from '../../src/http/budget.ts'
import { systemClock } from '../../src/http/index.ts'
import { createLimiter, type Grant, type LimiterOptions, type Turn } from '../../src/http/limiter.ts'
import { sharedLimits } from '../../src/hub/shared-limits.ts'
import type { Clock, Limit, ThrottleReading } from '../../src/spec/context.ts'
import { sqlite } from '../../src/store/sqlite.ts'
import { scratch } from '../store/support.ts'
import { StrictServer } from './strict-server.ts'
import { settle, testClock, until } from './test-clock.ts'

const open = new AbortController().signal
const turn: Turn = { bucket: undefined, operation: 'op', cost: 1, priority: 5, signal: open }

/** A budget in memory that counts what it is asked, with a bucket of the limiter's own making. */
function countingBudget(clock: Clock) {
  let state: SharedState | null = null
  const told: BudgetNews[] = []
  const budget = {
    draws: 0,
    fruitless: 0,
    /** So long an answer is on its way. */
    takesMs: 0,
    told,
    fail: null as StockpoolError | null,
    get state() {
      if (state === null) throw new Error('not opened')
      return state
    },
    /** What another process does. */
    spend: (amount: number) => {
      if (state) state = { ...state, tokens: state.tokens - amount }
    },
    async open(_bucket: string, _declared: Limit, shape: SharedShape): Promise<boolean> {
      state ??= { ...shape, tokens: shape.burst, at: clock.now(), blockedUntil: 0 }
      return true
    },
    async draw(_bucket, { most, middle, needed }) {
      await null
      if (budget.fail) throw budget.fail
      budget.draws++
      if (state === null) return null
      const now = clock.now()
      if (sharedWaitMs(state, needed, now) > 0) {
        budget.fruitless++
        return { drawn: 0, state }
      }
      const held = filledBy(state, now)
      const drawn = held >= most ? most : held >= middle ? middle : needed
      state = { ...state, tokens: Math.min(held, state.burst) - drawn, at: Math.max(now, state.at) }
      const answer = { drawn, state }
      if (budget.takesMs > 0) await clock.sleep(budget.takesMs)
      return answer
    },
    async tell(_bucket, news) {
      told.push(news)
      if (state === null) return null
      state = { ...state, ...news.shape, blockedUntil: Math.max(state.blockedUntil, news.blockedUntil ?? 0) }
      if (news.give) state = { ...state, tokens: Math.min(state.burst, state.tokens + news.give) }
      if (news.lower && state.tokens > news.lower.above) state = { ...state, tokens: news.lower.left }
      return state
    },
  } satisfies SharedBudget & Record<string, unknown>
  return budget
}

function setUp(rate: number, burst: number, options: Partial<LimiterOptions> = {}) {
  const clock = testClock()
  const budget = countingBudget(clock)
  const limiter = createLimiter({
    limits: { op: { rate, burst } },
    clock,
    concurrency: 100,
    maxWaitMs: 600_000,
    budget,
    ...options,
  })
  const grants: Grant[] = []
  const ask = async (more: Partial<Turn> = {}) => {
    const grant = await limiter.acquire({ ...turn, ...more })
    grants.push(grant)
    return grant
  }
  return { clock, budget, limiter, grants, ask }
}

const failure = (promise: Promise<unknown>): Promise<StockpoolError> =>
  promise.then(
    () => expect.fail('it was let go'),
    (error) => error,
  )

describe('a limiter that shares its budget', () => {
  it('draws for all who ask at once in one statement, a quarter of the bucket at most', async () => {
    const { budget, grants, ask } = setUp(10, 100)
    ;(await ask()).end('answered', null)
    expect(budget.draws).toBe(1)
    await Promise.all(Array.from({ length: 20 }, () => ask()))
    expect(grants).toHaveLength(21)
    expect(budget.draws).toBe(2)
    await Promise.all(Array.from({ length: 40 }, () => ask()))
    expect(budget.draws).toBe(4)
    expect(budget.state.tokens).toBeCloseTo(sharedShape({ rate: 10, burst: 100 }).burst - 61, 0)
  })

  it('lets what it drew and did not spend expire', async () => {
    const { clock, budget, grants, ask } = setUp(1, 40, { concurrency: 8 })
    ;(await ask()).end('answered', null)
    const gone = new AbortController()
    // Two go, one of those behind leaves, and what was drawn for it stays.
    const asked = [ask(), ask(), failure(ask({ signal: gone.signal }))]
    gone.abort()
    await Promise.all(asked)
    expect(grants).toHaveLength(3)
    const before = budget.draws
    await clock.advance(budget.state.keepMs + 1)
    ;(await ask()).end('answered', null)
    expect(budget.draws).toBe(before + 1)
  })

  it('waits for what others have spent, without asking again before it can be there', async () => {
    const { clock, budget, grants, ask } = setUp(1, 10)
    ;(await ask()).end('answered', null)
    budget.spend(budget.state.tokens)
    void ask()
    await until(() => budget.fruitless === 1)
    await clock.advance(900)
    expect([grants.length, budget.fruitless]).toEqual([1, 1])
    await clock.advance(200)
    await until(() => grants.length === 2)
    expect(budget.fruitless).toBe(1)
  })

  it('spends nothing that comes too late, and has the spread widened for a database that is slow', async () => {
    const { clock, budget, grants, ask } = setUp(1, 40)
    ;(await ask()).end('answered', null)
    const { keepMs } = budget.state
    budget.takesMs = keepMs + 1
    void ask()
    await until(() => budget.draws === 2)
    for (let late = 0; late < 3; late++) {
      expect(grants).toHaveLength(1)
      await clock.advance(budget.takesMs)
    }
    expect(grants).toHaveLength(1)
    expect(budget.state.keepMs).toBeCloseTo(2 * keepMs, 5)
    await clock.advance(budget.takesMs)
    await until(() => grants.length === 2)
  })

  it('takes no place while it waits for others', async () => {
    const { budget, ask, limiter } = setUp(1, 10, { concurrency: 1 })
    ;(await ask()).end('answered', null)
    budget.spend(50)
    void ask()
    await until(() => budget.fruitless === 1)
    await limiter.acquire({ ...turn, operation: 'unlimited' })
  })

  it('says at once when the wait would be too long', async () => {
    const { budget, ask } = setUp(0.01, 3, { maxWaitMs: 60_000 })
    ;(await ask()).end('answered', null)
    budget.spend(5)
    const error = await failure(ask())
    expect(error).toMatchObject({ code: 'rate_limited', details: { sent: false } })
    expect(error.retryAfterMs).toBeGreaterThan(60_000)
  })

  it('lets nothing go when the store cannot be reached, and goes on when it can', async () => {
    const { budget, ask } = setUp(10, 10, { concurrency: 1 })
    budget.fail = new StockpoolError('database', 'gone')
    expect((await failure(ask())).code).toBe('database')
    expect((await failure(ask())).code).toBe('database')
    budget.fail = null
    // The place was given back.
    ;(await ask()).end('answered', null)
  })

  it('blocks the budget for as long as a refusal says, and empties it', async () => {
    const { clock, budget, ask } = setUp(10, 10)
    ;(await ask()).end('refused', { retryAfterMs: 5_000 })
    await settle()
    expect(budget.told).toEqual([{ blockedUntil: clock.now() + 5_000, lower: { above: 0, left: 0 } }])
    let went = false
    void ask().then(() => {
      went = true
    })
    await clock.advance(4_900)
    expect(went).toBe(false)
    await clock.advance(300)
    await until(() => went)
  })

  it('teaches the budget what the platform says of its bucket, once', async () => {
    const { budget, ask } = setUp(1, 10)
    const reading: ThrottleReading = { rate: 5, burst: 50 }
    ;(await ask()).end('answered', reading)
    await settle()
    ;(await ask()).end('answered', reading)
    await settle()
    expect(budget.told).toEqual([{ shape: sharedShape({ rate: 5, burst: 50 }) }])
  })

  it('gives back what a call was reckoned at and did not cost, when that is worth telling', async () => {
    const { budget, ask } = setUp(1, 100)
    ;(await ask({ cost: 50 })).end('answered', { spent: 10 })
    await settle()
    ;(await ask({ cost: 5 })).end('answered', { spent: 2 })
    await settle()
    // A refusal took nothing, and says so otherwise.
    ;(await ask({ cost: 20 })).end('refused', { spent: 0 })
    await settle()
    expect(budget.told.map(({ give }) => give)).toEqual([40, undefined])
  })

  it('lowers the budget when the platform has far less left, and only then', async () => {
    const { budget, ask } = setUp(1, 100)
    const shape = sharedShape({ rate: 1, burst: 100 })
    ;(await ask()).end('answered', { remaining: 99 })
    ;(await ask()).end('answered', { remaining: 95 })
    await settle()
    expect(budget.told).toEqual([])
    ;(await ask()).end('answered', { remaining: 40 })
    await settle()
    expect(budget.state.tokens).toBeCloseTo(40 - (100 - shape.burst), 5)
  })

  it('asks nobody where nobody else could spend', async () => {
    const { budget, ask } = setUp(1, 10)
    budget.open = async () => false
    for (let n = 0; n < 10; n++) (await ask()).end('answered', null)
    expect(budget.draws).toBe(0)
  })
})

const files = scratch()

/** Two processes' limiters over one file, and a strict platform behind jittery ways. */
async function race(rate: number, burst: number, spanMs: number) {
  const file = files.path(`race-${rate}-${burst}.db`)
  const server = new StrictServer(rate, burst)
  const startedAt = performance.now()
  let statements = 0
  let requests = 0
  const counts = [0, 0]
  const databases = await Promise.all([0, 1].map(() => sqlite(file).open()))
  const limiters = databases.map((database) => {
    const shared = sharedLimits({ database, clock: systemClock, connection: 'web' })
    const budget: SharedBudget = {
      ...shared,
      draw: (...args) => {
        statements++
        return shared.draw(...args)
      },
    }
    const limits = { op: { rate, burst } }
    return createLimiter({ limits, clock: systemClock, concurrency: 20, maxWaitMs: 60_000, budget })
  })
  const end = startedAt + spanMs
  const send = async (index: number) => {
    for (;;) {
      const grant = await limiters[index]?.acquire(turn)
      if (performance.now() >= end) return grant?.end('unsent', null)
      requests++
      await sleep(Math.random() * 15)
      const fits = server.arrive(performance.now() - startedAt, 1)
      if (fits) counts[index] = (counts[index] ?? 0) + 1
      await sleep(Math.random() * 15)
      grant?.end(fits ? 'answered' : 'refused', null)
    }
  }
  await Promise.all([0, 1].flatMap((index) => Array.from({ length: 15 }, () => send(index))))
  await Promise.all(databases.map((database) => database.close()))
  return {
    server,
    used: server.used / (burst + (rate * spanMs) / 1000),
    perRequest: statements / requests,
    counts,
  }
}

describe('two limiters on one file', () => {
  it.each([
    { rate: 50, burst: 20 },
    { rate: 100, burst: 100 },
  ])(
    'stay within $rate a second and a burst of $burst together, and use nearly all of it',
    async ({ rate, burst }) => {
      const { server, used, perRequest, counts } = await race(rate, burst, 6000)
      const percent = (share: number) => `${Math.round(share * 1000) / 10} %`
      process.stdout.write(
        `${rate}/s, burst ${burst}: ${percent(used)} used, ${perRequest.toFixed(2)} draws a request, ${counts.join(' and ')} requests\n`,
      )
      expect(server.refused).toBe(0)
      expect(used).toBeGreaterThan(0.9)
      expect(Math.min(...counts)).toBeGreaterThan(0)
    },
  )
})
