import { describe, expect, it } from 'vitest'
import { budget, dailyQuotas, limits, quotaOf } from '../../../adapters/ebay/limits.ts'
import { list, type Stage, stage } from './stage.ts'

const answer = (...rates: unknown[]) => ({ rateLimits: [{ resources: [{ name: 'sell.inventory', rates }] }] })

describe('the daily quotas', () => {
  it.each(Object.entries(dailyQuotas))('of %s last for the day, burst and all', (name, quota) => {
    const { rate, burst } = limits[name as keyof typeof dailyQuotas]
    expect(rate * 86_400 + burst).toBeCloseTo(quota, 3)
  })

  it('are read as the scarcest that is named', () => {
    const reset = '2026-07-02T00:00:00.000Z'
    const rates = [
      { limit: 5000, remaining: 4000, reset, timeWindow: 86_400 },
      { limit: 100, remaining: 10, reset, timeWindow: 86_400 },
    ]
    expect(quotaOf(answer(...rates))).toEqual({ limit: 100, remaining: 10, resetAt: Date.parse(reset) })
  })

  it.each([
    [
      'the sandbox, in placeholders',
      answer({ limit: 'api limit test', remaining: 'x', reset: 'api reset test' }),
    ],
    ['no calls so far', ''],
    ['another document', { unexpected: true }],
    ['no numbers', answer({})],
    ['nothing', null],
  ])('are not known from %s', (_, body) => {
    expect(quotaOf(body)).toBeNull()
  })

  it('are spread over what is left of the day, or waited for until it ends', () => {
    const now = Date.UTC(2026, 6, 1, 12)
    const resetAt = Date.UTC(2026, 6, 2)
    expect(budget({ limit: 100_000, remaining: 43_200, resetAt }, now)).toEqual({
      rate: 1,
      remaining: 43_200,
    })
    expect(budget({ limit: 100_000, remaining: 0, resetAt }, now)).toMatchObject({
      remaining: 0,
      retryAfterMs: 43_200_000,
    })
    expect(budget({ limit: 10, remaining: 0, resetAt }, resetAt)).not.toHaveProperty('retryAfterMs')
  })
})

const get = (it: Stage) => it.connection.orders.get(it.context, '12-34567-89012')

describe('the quotas of a connection', () => {
  it('are read once an hour, each through the bucket that it corrects', async () => {
    const it = await stage()
    const first = await it.connection.orders.read(it.context, null)
    const second = await it.connection.orders.read(it.context, first.cursor)
    expect(it.of('getRateLimits').map(({ path, query }) => [path, query])).toEqual([
      ['/developer/analytics/v1_beta/rate_limit/', { api_context: 'sell', api_name: 'fulfillment' }],
      ['/developer/analytics/v1_beta/rate_limit/', { api_context: 'sell', api_name: 'inventory' }],
    ])
    await it.clock.advance(3_600_000)
    await it.connection.orders.read(it.context, second.cursor)
    expect(it.of('getRateLimits')).toHaveLength(4)
  })

  it('of the Trading API are read where listings of it are', async () => {
    const it = await stage({ options: { tradingItems: 'all' } })
    await it.connection.orders.read(it.context, null)
    expect(it.of('getRateLimits').map(({ query }) => query.api_name)).toEqual([
      'fulfillment',
      'inventory',
      'tradingapi',
    ])
  })

  it('hold back what eBay would refuse, when little is left', async () => {
    const it = await stage({ simulator: { quotas: { fulfillment: 60 } } })
    for (let call = 0; call < 55; call += 1) await get(it)
    await it.connection.orders.read(it.context, null)
    expect(it.logged.some((each) => each.includes('little is left of a quota of eBay'))).toBe(true)
    // Four are left until midnight. They may go at once; the next one would have to wait for hours, and is not sent.
    for (let call = 0; call < 4; call += 1) await get(it)
    await expect(get(it)).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: expect.any(Number) })
    expect([it.simulator.count('getOrder'), it.simulator.count('getOrder', 429)]).toEqual([59, 0])
  })

  it('of an application are shared by its sellers as they are told to', async () => {
    const it = await stage({ simulator: { quotas: { fulfillment: 60 } }, options: { quotaShare: 0.25 } })
    const { inventory } = it.connection.limits
    expect([inventory?.rate, inventory?.burst, inventory?.batch]).toEqual([
      limits.inventory.rate / 4,
      limits.inventory.burst / 4,
      25,
    ])
    await it.connection.orders.read(it.context, null)
    // A quarter of the sixty, less the list of orders itself.
    for (let call = 0; call < 14; call += 1) await get(it)
    await expect(get(it)).rejects.toMatchObject({ code: 'rate_limited' })
  })

  it('that are spent say when they begin anew: eBay’s 429 does not', async () => {
    const it = await stage({ simulator: { quotas: { fulfillment: 1 } } })
    await get(it)
    await expect(get(it)).rejects.toMatchObject({
      code: 'rate_limited',
      retryable: true,
      retryAfterMs: expect.closeTo(15 * 3_600_000, -5),
    })
    expect(it.of('getRateLimits')).toHaveLength(1)
  })

  it('of the Trading API come in its own words', async () => {
    const it = await stage({ simulator: { quotas: { trading: 1 } } })
    const { listing } = await list(it, 'OLD', 5, { api: 'trading' })
    const read = () => it.connection.listings.read(it.context, [{ listing, place: '' }])
    expect((await read())[0]?.status).toBe('shown')
    const [reading] = await read()
    expect(reading).toMatchObject({
      status: 'failed',
      error: { code: 'rate_limited', retryAfterMs: expect.any(Number) },
    })
  })

  it('that cannot be read stop nothing', async () => {
    const it = await stage()
    it.simulator.faults.arm({ operation: 'getRateLimits', kind: 'status', status: 500, times: 99 })
    expect((await it.connection.orders.read(it.context, null)).more).toBe(false)
    expect(it.logged.some((each) => each.includes('could not be read'))).toBe(true)
  })
})
