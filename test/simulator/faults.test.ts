import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningSimulator, virtualClock } from '../../src/simulator/index.ts'
import { knock, post, readJson, startCounter } from './fixtures.ts'

let counter: RunningSimulator
beforeEach(async () => {
  counter = await startCounter()
})
afterEach(() => counter.close())

const value = () => (counter.state() as { value: number }).value

describe('a fault', () => {
  it('drop_before: no answer and no effect', async () => {
    counter.faults.arm({ operation: 'raise', kind: 'drop_before' })
    expect(await knock(`${counter.url}/value`, 'POST')).toHaveProperty('error')
    expect(value()).toBe(0)
    expect(counter.requests.at(-1)).toMatchObject({ operation: 'raise', status: 0, fault: 'drop_before' })
  })

  it('drop_after: the effect, and then no answer', async () => {
    counter.faults.arm({ operation: 'raise', kind: 'drop_after' })
    expect(await knock(`${counter.url}/value`, 'POST')).toHaveProperty('error')
    expect(value()).toBe(1)
  })

  it.each([
    ['hang_before', 0],
    ['hang_after', 1],
  ] as const)('%s: the client waits until it gives up', async (kind, effect) => {
    counter.faults.arm({ operation: 'raise', kind })
    expect(await knock(`${counter.url}/value`, 'POST', 60)).toEqual({ error: 'no answer' })
    expect(value()).toBe(effect)
  })

  it('status: the documented body, and no effect', async () => {
    counter.faults.arm({ operation: 'raise', kind: 'status', status: 429 })
    const response = await fetch(`${counter.url}/value`, { method: 'POST' })
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await response.json()).toEqual({ documented: 429 })
    expect(value()).toBe(0)
  })

  it('status with an effect, a body and headers of its own', async () => {
    const own = { body: '<html>', headers: { 'content-type': 'text/html', 'retry-after': '9' } }
    counter.faults.arm({ operation: 'raise', kind: 'status', status: 502, afterEffect: true, ...own })
    const response = await fetch(`${counter.url}/value`, { method: 'POST' })
    expect(response.headers.get('retry-after')).toBe('9')
    expect(response.headers.get('content-type')).toBe('text/html')
    expect(await response.text()).toBe('<html>')
    expect(value()).toBe(1)
  })

  it('delay: the effect at once, the answer by the clock', async () => {
    await counter.close()
    const clock = virtualClock()
    counter = await startCounter({ clock })
    counter.faults.arm({ operation: 'raise', kind: 'delay', delayMs: 3_600_000 })
    let answered = false
    const answer = fetch(`${counter.url}/value`, { method: 'POST' }).then(() => {
      answered = true
    })
    while (clock.sleeping === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(value()).toBe(1)
    expect(answered).toBe(false)
    await clock.advance(3_600_000)
    await answer
  })

  it('of the platform is acted out by its definition: a stale read, nothing applied, a row that fails', async () => {
    await counter.control('raise', { by: 3 })
    counter.faults.arm({ operation: 'read', kind: 'stale_read' })
    expect(await readJson(`${counter.url}/value`)).toEqual({ value: 2 })
    expect(await readJson(`${counter.url}/value`)).toEqual({ value: 3 })
    counter.faults.arm({ operation: 'raise', kind: 'accepted_not_applied' })
    expect((await post(`${counter.url}/value`, {})).status).toBe(202)
    expect(value()).toBe(3)
    counter.faults.arm({ operation: 'batch', kind: 'partial_failure', detail: ['b'] })
    expect((await post(`${counter.url}/batch`, ['a', 'b'])).body).toEqual([
      { row: 'a', ok: true },
      { row: 'b', ok: false },
    ])
  })

  it('counts down, lets requests pass first, and hits only its operation', async () => {
    counter.faults.arm({ operation: 'read', kind: 'status', status: 500, times: 2, skip: 1 })
    await knock(`${counter.url}/value`, 'POST')
    const statuses: unknown[] = []
    for (let count = 0; count < 5; count += 1) statuses.push(await knock(`${counter.url}/value`, 'GET'))
    expect(statuses).toEqual([200, 500, 500, 200, 200].map((status) => ({ status })))
    expect(counter.faults.armed).toEqual([])
    expect(counter.count('read', 500)).toBe(2)
  })

  it('of * hits any operation, one fault a request, in the order they were armed', async () => {
    counter.faults.arm({ operation: '*', kind: 'status', status: 500 })
    counter.faults.arm({ operation: 'read', kind: 'status', status: 503 })
    expect(await knock(`${counter.url}/value`, 'GET')).toEqual({ status: 500 })
    expect(await knock(`${counter.url}/value`, 'GET')).toEqual({ status: 503 })
  })

  it('is armed, listed and cleared over HTTP', async () => {
    const armed = await post(`${counter.url}/_simulator/faults`, {
      operation: 'read',
      kind: 'drop_before',
      times: 3,
    })
    expect(armed).toMatchObject({ status: 200, body: { armed: [{ operation: 'read', times: 3 }] } })
    const two = [
      { operation: 'read', kind: 'status', status: 500 },
      { operation: 'raise', kind: 'delay', delayMs: 5 },
    ]
    expect((await post(`${counter.url}/_simulator/faults`, two)).body).toHaveProperty('armed.length', 3)
    expect(await readJson(`${counter.url}/_simulator/faults`)).toHaveProperty('armed.length', 3)
    await post(`${counter.url}/_simulator/faults/clear`, {})
    expect(counter.faults.armed).toEqual([])
  })

  it.each([
    [{ operation: 'read', kind: 'explode' }, /kind/],
    [{ kind: 'drop_after' }, /operation/],
    [{ operation: 'read', kind: 'status', status: 200 }, /status/],
    [{ operation: 'read', kind: 'status', times: 0 }, /times/],
    [{ operation: 'read', kind: 'status', tims: 2 }, /tims/],
  ])('that makes no sense is refused with the reason: %j', async (body, reason) => {
    const answer = await post(`${counter.url}/_simulator/faults`, body)
    expect(answer).toMatchObject({
      status: 400,
      body: { error: 'invalid_input', message: expect.stringMatching(reason) },
    })
    expect(counter.faults.armed).toEqual([])
  })
})
