import { describe, expect, it } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { backoffMs } from '../../src/hub/backoff.ts'
import type { FakeWarehouse } from './fakes.ts'
import { down, expectStock, failing, heard, lostAnswer, pass, refused, setUp, stocked } from './kit.ts'

/** Ten mugs at the warehouse, two sold on web and not asked for yet. */
async function sold(options: Parameters<typeof setUp>[0] = {}) {
  const kit = setUp(options)
  await stocked(kit, { east: 10 })
  kit.clock.advance(1000)
  kit.web.sell([{ listing: 'mug', quantity: 2 }])
  return kit
}

const submits = (calls: readonly string[]) => calls.filter((call) => call === 'submit').length

/** The warehouse's feed is down: what became of an order is only known by asking for it. */
function noNews(east: FakeWarehouse): void {
  const { fault } = east
  east.fault = (call, phase) => {
    if (call === 'updates') throw down()
    fault(call, phase)
  }
}

describe('a job that fails', () => {
  it('comes back, later and later, and is done once', async () => {
    const kit = await sold()
    failing(kit.east, 'submit', down(), { times: 3 })
    const report = await pass(kit)
    expect(report.east).toMatchObject({ jobsFailed: 1, submitted: 0, errors: [] })
    expect(await kit.hub.jobs.list()).toMatchObject([
      { kind: 'fulfillment.submit', state: 'waiting', attempts: 1, error: { code: 'unavailable' } },
    ])
    await pass(kit, 100)
    expect(submits(kit.east.calls)).toBe(1)
    for (let i = 0; i < 3; i++) await pass(kit, 20_000)
    expect(submits(kit.east.calls)).toBe(4)
    expect(kit.east.orders.size).toBe(1)
    expect(await kit.hub.jobs.list()).toEqual([])
  })

  it('stops no other', async () => {
    const kit = await sold()
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    let first = true
    kit.east.fault = (call, phase) => {
      if (call !== 'submit' || phase !== 'before' || !first) return
      first = false
      throw new TypeError('a fault of the adapter')
    }
    await pass(kit)
    expect(kit.east.orders.size).toBe(1)
    expect(await kit.hub.jobs.list({ state: 'dead' })).toMatchObject([{ error: { code: 'internal' } }])
  })

  it('for the last time is dead, told, listed, and can be replayed', async () => {
    const kit = await sold({ options: { maxAttempts: 3 } })
    const told = heard(kit.hub, 'job.died')
    failing(kit.east, 'submit', down(), { times: 3 })
    for (let i = 0; i < 6; i++) await pass(kit, 60_000)
    const [dead] = await kit.hub.jobs.list({ state: 'dead', connection: 'east' })
    expect(dead).toMatchObject({ kind: 'fulfillment.submit', attempts: 3, error: { code: 'unavailable' } })
    expect(told.map(({ data }) => data)).toMatchObject([
      { id: dead?.id, connection: 'east', code: 'unavailable' },
    ])
    await expect(kit.hub.jobs.replay(999)).rejects.toMatchObject({ code: 'not_found', field: 'id' })
    await kit.hub.jobs.replay(dead?.id ?? 0)
    await pass(kit)
    expect(kit.east.orders.size).toBe(1)
    expect(await kit.hub.jobs.list()).toEqual([])
  })

  it('because the platform asks for patience waits as long as it says, and uses up no attempts', async () => {
    const kit = await sold({ options: { maxAttempts: 2 } })
    failing(kit.east, 'submit', new StockpoolError('rate_limited', 'slow down', { retryAfterMs: 90_000 }), {
      times: 5,
    })
    await pass(kit)
    await pass(kit, 80_000)
    expect(submits(kit.east.calls)).toBe(1)
    for (let i = 0; i < 5; i++) await pass(kit, 91_000)
    expect(submits(kit.east.calls)).toBe(6)
    expect(kit.east.orders.size).toBe(1)
  })

  it('whose answer was lost is looked up before it is repeated', async () => {
    for (const phase of ['before', 'after'] as const) {
      const kit = await sold()
      failing(kit.east, 'submit', lostAnswer(), { phase })
      noNews(kit.east)
      await pass(kit)
      expect(await kit.hub.jobs.list()).toMatchObject([{ inDoubt: true }])
      kit.east.calls.length = 0
      await pass(kit, 10_000)
      expect(kit.east.calls.filter((call) => call === 'get' || call === 'submit')).toEqual(
        phase === 'after' ? ['get'] : ['get', 'submit'],
      )
      expect(kit.east.orders.size).toBe(1)
      await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
    }
  })

  it('is looked up also when the hub died after it sent', async () => {
    const kit = await sold()
    // The process ends with the call: nothing after it is stored.
    failing(kit.east, 'submit', new StockpoolError('database', 'the process is gone'), { phase: 'after' })
    noNews(kit.east)
    const report = await pass(kit)
    expect(report.east.errors).toContainEqual(expect.objectContaining({ doing: 'jobs', code: 'database' }))
    kit.east.calls.length = 0
    await pass(kit, 130_000)
    expect(kit.east.calls.filter((call) => call === 'get' || call === 'submit')).toEqual(['get'])
    expect(kit.east.orders.size).toBe(1)
  })
})

describe('an order that the provider refuses', () => {
  it('waits for a person, its stock reserved; resume asks anew', async () => {
    const kit = await sold()
    const told = heard(kit.hub, 'order.attention')
    const remedy = 'Correct the address and replay the job.'
    failing(kit.east, 'submit', new StockpoolError('rejected', 'no such postal code', { remedy }))
    await pass(kit)
    await pass(kit, 3_600_000)
    expect(submits(kit.east.calls)).toBe(1)
    expect(told.map(({ data }) => data)).toMatchObject([
      { connection: 'web', order: 'o1', reason: `east refused the order: no such postal code (${remedy})` },
    ])
    expect(await kit.hub.jobs.list()).toMatchObject([{ state: 'dead', error: { code: 'rejected' } }])
    await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
    await kit.hub.orders.resume('web', 'o1')
    await pass(kit)
    expect([...kit.east.orders.values()]).toMatchObject([{ status: 'accepted' }])
    await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
  })

  it('goes on by replaying its dead job as well', async () => {
    const kit = await sold()
    failing(kit.east, 'submit', new StockpoolError('rejected', 'no such postal code'))
    await pass(kit)
    const [dead] = await kit.hub.jobs.list({ state: 'dead' })
    await kit.hub.jobs.replay(dead?.id ?? 0)
    await pass(kit)
    expect(kit.east.orders.size).toBe(1)
    expect(await kit.hub.jobs.list()).toEqual([])
  })
})

describe('a refused credential', () => {
  it.each([
    ['east', 'submit'],
    ['east', 'updates'],
    ['web', 'orders.read'],
  ] as const)('of %s at %s pauses that connection alone, says so, and resume goes on', async (name, call) => {
    const kit = await sold()
    const told = heard(kit.hub, 'connection.paused', 'connection.resumed')
    failing(name === 'east' ? kit.east : kit.web, call, refused(), { times: 2 })
    const report = await pass(kit)
    expect(report[name].skipped).toBe('paused')
    expect(report[name].errors).toMatchObject([{ code: 'auth' }])
    expect(report.market).toMatchObject({ skipped: null, errors: [] })
    expect(told.map(({ type, data }) => [type, data.connection])).toEqual([['connection.paused', name]])
    expect(await kit.hub.connections.list()).toMatchObject(
      ['web', 'market', 'east'].map((one) => ({
        name: one,
        pausedAt: one === name ? expect.any(String) : null,
      })),
    )
    const platform = name === 'east' ? kit.east : kit.web
    platform.calls.length = 0
    await pass(kit, 3_600_000)
    expect(platform.calls).toEqual([])
    platform.fault = () => {}
    await kit.hub.connections.resume(name)
    for (let i = 0; i < 2; i++) await pass(kit, 5000)
    expect(kit.east.orders.size).toBe(1)
    expect(told.map(({ type }) => type)).toEqual(['connection.paused', 'connection.resumed'])
    await expectStock(kit, { available: 8, reserved: 2, shown: 8 })
  })

  it('of an unknown connection cannot be resumed', async () => {
    const kit = setUp()
    await expect(kit.hub.connections.resume('nowhere' as 'web')).rejects.toMatchObject({
      code: 'not_found',
      field: 'connection',
      remedy: expect.stringContaining('web'),
    })
  })
})

describe('an order that cannot be stored', () => {
  it('does not stop the others, and is read again by itself', async () => {
    const kit = setUp({
      options: {
        route: ({ order, lines }) => {
          if (order.id === 'o1' && broken) throw new Error('no way there')
          return lines.map((line) => ({ ...line, location: 'main' }))
        },
      },
    })
    let broken = true
    await stocked(kit, { own: 10 })
    kit.clock.advance(1000)
    for (let i = 0; i < 3; i++) kit.web.sell([{ listing: 'mug', quantity: 1 }])
    const report = await pass(kit)
    expect(report.web).toMatchObject({
      ordersPlaced: 2,
      errors: [{ doing: 'storing order o1', code: 'invalid_input' }],
    })
    const [dead] = await kit.hub.jobs.list({ state: 'dead' })
    expect(dead).toMatchObject({ kind: 'order.fetch', key: 'web/o1', error: { field: 'route' } })
    broken = false
    await kit.hub.jobs.replay(dead?.id ?? 0)
    await pass(kit)
    await expectStock(kit, { available: 7, reserved: 3, shown: 7 })
  })
})

describe('the wait between attempts', () => {
  it('doubles, is shortened at random by up to half, ends at an hour, and obeys the server', () => {
    const least = (attempt: number) => backoffMs(attempt, down(), () => 0)
    const most = (attempt: number) => backoffMs(attempt, down(), () => 1)
    expect([0, 1, 2, 3, 12, 99].map(most)).toEqual([1000, 2000, 4000, 8000, 3_600_000, 3_600_000])
    expect([0, 1, 2, 3, 12, 99].map(least)).toEqual([500, 1000, 2000, 4000, 1_800_000, 1_800_000])
    const slow = new StockpoolError('rate_limited', 'slow down', { retryAfterMs: 7000 })
    expect(backoffMs(1, slow, () => 0)).toBe(7000)
  })
})
