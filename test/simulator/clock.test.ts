import { describe, expect, it } from 'vitest'
import {
  acceleratedClock,
  isVirtualClock,
  matchPath,
  seededRandom,
  systemClock,
  virtualClock,
} from '../../src/simulator/index.ts'

describe('a virtual clock', () => {
  it('wakes sleepers in the order of their times, those of one time in the order they came', async () => {
    const clock = virtualClock(0)
    const woken: [string, number][] = []
    const sleep = (name: string, ms: number) => clock.sleep(ms).then(() => woken.push([name, clock.now()]))
    const all = [sleep('late', 300), sleep('early', 100), sleep('second', 100), sleep('never', 9_999)]
    expect(clock.sleeping).toBe(4)
    await clock.advance(300)
    expect(woken).toEqual([
      ['early', 100],
      ['second', 100],
      ['late', 300],
    ])
    expect(clock.sleeping).toBe(1)
    expect(clock.now()).toBe(300)
    await clock.advance(10_000)
    await Promise.all(all)
  })

  it('wakes what the woken go on to sleep for, within the same span', async () => {
    const clock = virtualClock(0)
    const times: number[] = []
    const loop = (async () => {
      for (let count = 0; count < 5; count += 1) {
        await clock.sleep(10)
        times.push(clock.now())
      }
    })()
    await clock.advance(35)
    expect(times).toEqual([10, 20, 30])
    expect(clock.now()).toBe(35)
    await clock.advance(100)
    await loop
    expect(times).toEqual([10, 20, 30, 40, 50])
  })

  it('goes to the next sleeper, if there is one', async () => {
    const clock = virtualClock(0)
    expect(await clock.advanceToNext()).toBe(false)
    const woken = clock.sleep(86_400_000)
    expect(await clock.advanceToNext()).toBe(true)
    await woken
    expect(clock.now()).toBe(86_400_000)
  })

  it('lets an aborted sleeper go with the reason', async () => {
    const clock = virtualClock(0)
    const ending = new AbortController()
    const sleeping = clock.sleep(1_000, ending.signal)
    ending.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
    await expect(clock.sleep(1, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
    expect(clock.sleeping).toBe(0)
  })

  it('advances by itself when all wait, if told to', async () => {
    const clock = virtualClock(0, { autoAdvance: { quietMs: 2 } })
    const startedAt = performance.now()
    await Promise.all([clock.sleep(3_600_000), clock.sleep(60_000).then(() => clock.sleep(60_000))])
    expect(clock.now()).toBe(3_600_000)
    expect(performance.now() - startedAt).toBeLessThan(5_000)
    clock.stop()
  })

  it('is known from one that runs by itself', () => {
    expect(isVirtualClock(virtualClock())).toBe(true)
    expect(isVirtualClock(systemClock)).toBe(false)
    expect(isVirtualClock(acceleratedClock(10))).toBe(false)
  })
})

describe('a path', () => {
  it.each([
    ['/items/{seller}/{sku}', '/items/A1/MUG%2FRED%20%25', { seller: 'A1', sku: 'MUG/RED %' }],
    ['/api/{version}/orders.json', '/api/2026-07/orders.json', { version: '2026-07' }],
    ['/orders/{id}.json', '/orders/12.json', { id: '12' }],
    ['/order/{id}:cancel', '/order/7:cancel', { id: '7' }],
    ['/orders', '/orders/', {}],
    ['/a(b)/{x}', '/a(b)/1', { x: '1' }],
  ])('%s matches %s', (pattern, path, params) => {
    expect(matchPath(pattern, path)).toEqual(params)
  })

  it.each([
    ['/orders/{id}', '/orders'],
    ['/orders/{id}', '/orders/1/2'],
    ['/orders/{id}', '/orders/%'],
    ['/orders.json', '/ordersxjson'],
    ['/orders', '/Orders'],
  ])('%s does not match %s', (pattern, path) => {
    expect(matchPath(pattern, path)).toBeNull()
  })
})

describe('seeded random numbers', () => {
  it('repeat, stay within bounds and reach all of them', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed)
      return Array.from({ length: 500 }, () => random.int(1, 6))
    }
    expect(draw(3)).toEqual(draw(3))
    expect(draw(3)).not.toEqual(draw(4))
    expect([...new Set(draw(3))].sort()).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('pick from a list and spell a text', () => {
    const random = seededRandom(1)
    expect(['a', 'b']).toContain(random.pick(['a', 'b']))
    expect(() => random.pick([])).toThrow(RangeError)
    expect(random.text(8, '01')).toMatch(/^[01]{8}$/)
  })
})
