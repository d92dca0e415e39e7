import { describe, expect, it } from 'vitest'
import type { StockpoolError } from '../../src/error.ts'
import { createLimiter, type Grant, type LimiterOptions, type Turn } from '../../src/http/limiter.ts'
import { settle, testClock, until } from './test-clock.ts'

const open = new AbortController().signal

function setUp(options: Partial<LimiterOptions> = {}) {
  const clock = testClock()
  const limiter = createLimiter({ limits: {}, clock, concurrency: 100, maxWaitMs: 600_000, ...options })
  const order: string[] = []
  const grants = new Map<string, Grant>()
  const ask = async (name: string, turn: Partial<Turn> = {}) => {
    const grant = await limiter.acquire({
      bucket: undefined,
      operation: 'op',
      cost: 1,
      priority: 5,
      signal: open,
      ...turn,
    })
    order.push(name)
    grants.set(name, grant)
    return grant
  }
  return { clock, limiter, order, grants, ask }
}

const failure = (promise: Promise<unknown>): Promise<StockpoolError> =>
  promise.then(
    () => expect.fail('it was let go'),
    (error) => error,
  )

describe('limiter', () => {
  it('lets a burst go at once, then one at a time as tokens come back', async () => {
    const { clock, order, ask } = setUp({ limits: { op: { rate: 1, burst: 2 } } })
    for (const name of ['a', 'b', 'c', 'd']) void ask(name).then((grant) => grant.end('answered', null))
    await settle()
    expect(order).toEqual(['a', 'b'])
    await clock.advance(990)
    expect(order).toEqual(['a', 'b'])
    await clock.advance(15)
    await until(() => order.length === 3)
    await clock.advance(1_010)
    await until(() => order.length === 4)
    expect(order).toEqual(['a', 'b', 'c', 'd'])
  })

  it('lets the higher priority go first among those who wait, and equals in their order', async () => {
    const { clock, order, ask } = setUp({ limits: { op: { rate: 1, burst: 1 } } })
    const send = (name: string, priority: number) =>
      void ask(name, { priority }).then((grant) => grant.end('answered', null))
    send('first', 5)
    await settle()
    send('head', 5)
    await settle()
    send('low', 0)
    send('one', 5)
    send('two', 5)
    send('urgent', 9)
    await settle(150)
    for (const sent of [2, 3, 4, 5, 6]) {
      await clock.advance(1_010)
      await until(() => order.length === sent)
    }
    expect(order).toEqual(['first', 'head', 'urgent', 'one', 'two', 'low'])
  })

  it('waits for the whole of a weighted cost', async () => {
    const { clock, order, ask } = setUp({ limits: { op: { rate: 10, burst: 100 } } })
    ;(await ask('large', { cost: 100 })).end('answered', null)
    void ask('next', { cost: 50 })
    await clock.advance(4_900)
    expect(order).toEqual(['large'])
    await clock.advance(200)
    await until(() => order.length === 2)
  })

  it('keeps at most so many under way', async () => {
    const { order, grants, ask } = setUp({ concurrency: 2 })
    for (const name of ['a', 'b', 'c', 'd']) void ask(name)
    await settle()
    expect(order).toEqual(['a', 'b'])
    grants.get('b')?.end('answered', null)
    await until(() => order.length > 2)
    await settle()
    expect(order).toEqual(['a', 'b', 'c'])
    grants.get('a')?.end('unsent', null)
    await until(() => order.length > 3)
    expect(order).toEqual(['a', 'b', 'c', 'd'])
  })

  it('takes no place while it waits for a slow bucket', async () => {
    const { order, ask } = setUp({ concurrency: 1, limits: { slow: { rate: 0.01, burst: 1 } } })
    ;(await ask('slow', { operation: 'slow' })).end('answered', null)
    void ask('slow again', { operation: 'slow' })
    await settle()
    await ask('quick', { operation: 'other' })
    expect(order).toEqual(['slow', 'quick'])
  })

  it('shares one bucket among operations that name it', async () => {
    const { order, ask } = setUp({ limits: { all: { rate: 1, burst: 1 } } })
    void ask('a', { bucket: 'all', operation: 'x' })
    void ask('b', { bucket: 'all', operation: 'y' })
    await settle()
    expect(order).toEqual(['a'])
  })

  it('wakes early when the platform gives more than thought', async () => {
    const { order, ask } = setUp({ limits: { op: { rate: 0.01, burst: 2 } } })
    await ask('a')
    const last = await ask('b')
    void ask('c')
    await settle()
    last.end('answered', { rate: 100, burst: 50, remaining: 40 })
    await until(() => order.length === 3)
    expect(order).toEqual(['a', 'b', 'c'])
  })

  it('leaves the queue when aborted, wherever it stands, and holds nothing', async () => {
    const { clock, order, ask } = setUp({ limits: { op: { rate: 1, burst: 1 } }, concurrency: 1 })
    ;(await ask('first')).end('answered', null)
    const [head, behind] = [new AbortController(), new AbortController()]
    const failures = [
      failure(ask('head', { signal: head.signal })),
      failure(ask('behind', { signal: behind.signal })),
    ]
    void ask('last')
    await settle()
    behind.abort()
    head.abort()
    expect((await Promise.all(failures)).map(({ code }) => code)).toEqual(['aborted', 'aborted'])
    await clock.advance(1_010)
    await until(() => order.length === 2)
    expect(order).toEqual(['first', 'last'])
    expect((await failure(ask('late', { signal: head.signal }))).code).toBe('aborted')
  })

  it('says at once when the wait would be too long', async () => {
    const { ask } = setUp({ limits: { op: { rate: 0.0056, burst: 1 } }, maxWaitMs: 200_000 })
    ;(await ask('a')).end('answered', null)
    void ask('b')
    await settle()
    const error = await failure(ask('c'))
    expect(error.code).toBe('rate_limited')
    expect(error.retryAfterMs).toBeGreaterThan(350_000)
    expect(error.remedy).toMatch(/maxWaitMs/)
  })

  it('knows no limit for an unlisted operation, and refuses a bucket that nobody listed', async () => {
    const { order, ask } = setUp({ limits: { op: { rate: 1, burst: 1 } } })
    await Promise.all(Array.from({ length: 50 }, (_, index) => ask(String(index), { operation: 'toString' })))
    expect(order).toHaveLength(50)
    expect(await failure(ask('x', { bucket: 'absent' }))).toMatchObject({ code: 'internal', field: 'bucket' })
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a cost of %s', async (cost) => {
    const { ask } = setUp()
    expect(await failure(ask('x', { cost }))).toMatchObject({ code: 'invalid_input', field: 'cost' })
  })
})
