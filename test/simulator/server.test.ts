import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  extendSimulator,
  type RunningSimulator,
  reply,
  SimulatorRefusal,
  startSimulator,
  virtualClock,
} from '../../src/simulator/index.ts'
import { knock, post, readJson, startCounter } from './fixtures.ts'

let counter: RunningSimulator
beforeEach(async () => {
  counter = await startCounter()
})
afterEach(() => counter.close())

describe('requests', () => {
  it('keep their raw bytes, their query and each decoded segment of the path', async () => {
    const url = `${counter.url}/echo/a%2Fb%20c/d%25.txt?x=1&x=2&y=%20`
    const response = await fetch(url, { method: 'PUT', body: new URLSearchParams({ a: 'b c', d: '&' }) })
    expect(await response.json()).toEqual({
      name: 'a/b c',
      rest: 'd%',
      query: [
        ['x', '1'],
        ['x', '2'],
        ['y', ' '],
      ],
      bytes: 11,
      form: [
        ['a', 'b c'],
        ['d', '&'],
      ],
    })
  })

  it('that lead nowhere are 404 and counted as unknown; so is broken percent-encoding', async () => {
    expect(await knock(`${counter.url}/nowhere`, 'GET')).toEqual({ status: 404 })
    expect((await fetch(`${counter.url}/echo/%E0%A4%A/x.txt`, { method: 'PUT' })).status).toBe(404)
    expect(counter.count('unknown', 404)).toBe(2)
  })

  it("with a body that is no JSON get the platform's answer for it", async () => {
    expect(await post(`${counter.url}/batch`, '{"a":')).toEqual({
      status: 422,
      body: { documented: 'not JSON' },
    })
  })

  it('that find a bug of the definition are 500, and the bug is kept', async () => {
    const response = await fetch(`${counter.url}/broken`)
    expect(response.status).toBe(500)
    expect(await response.text()).toContain('a planted bug')
    expect(counter.errors).toHaveLength(1)
    expect(await knock(`${counter.url}/_simulator/faulty`, 'POST')).toEqual({ status: 500 })
    expect(counter.errors).toHaveLength(2)
  })

  it('that are cut short do no harm', async () => {
    const socket = connect(counter.port, '127.0.0.1')
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()))
    socket.write('POST /value HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half"')
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(counter.state()).toEqual({ value: 0 })
    expect(counter.errors).toEqual([])
  })
})

describe('replies', () => {
  it('are bytes, text with headers, or nothing', async () => {
    const bytes = await fetch(`${counter.url}/bytes`)
    expect([...new Uint8Array(await bytes.arrayBuffer())]).toEqual([0, 255, 1])
    const text = await fetch(`${counter.url}/text`)
    expect(text.status).toBe(203)
    expect(text.headers.get('x-own')).toBe('yes')
    expect(await text.text()).toBe('plain')
    const nothing = await fetch(`${counter.url}/value`, { method: 'DELETE' })
    expect(nothing.status).toBe(204)
    expect(await nothing.text()).toBe('')
  })

  it("carry the simulator's own date", async () => {
    const clock = virtualClock(Date.UTC(2031, 4, 6))
    const late = await startCounter({ clock })
    const { headers } = await fetch(`${late.url}/value`)
    expect(headers.get('date')).toBe('Tue, 06 May 2031 00:00:00 GMT')
    await late.close()
  })

  it('are shown to the observer, controls are not', async () => {
    const seen: unknown[] = []
    const watched = await startCounter({
      observe: ({ operation }, { status, body }) => seen.push({ operation, status, body }),
    })
    await readJson(`${watched.url}/value`)
    await readJson(`${watched.url}/_simulator/state`)
    expect(seen).toEqual([{ operation: 'read', status: 200, body: { value: 0 } }])
    await watched.close()
  })

  it('repeat for the same seed and differ for another', async () => {
    const idOf = async (seed: number) => {
      const one = await startCounter({ seed })
      const { id } = z.object({ id: z.string() }).parse(await readJson(`${one.url}/id`))
      await one.close()
      return id
    }
    expect(await idOf(7)).toBe(await idOf(7))
    expect(await idOf(7)).not.toBe(await idOf(8))
    expect(await idOf(7)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  })
})

describe('controls', () => {
  it('answer over HTTP and in process alike', async () => {
    expect(await post(`${counter.url}/_simulator/raise`, { by: 2 })).toEqual({
      status: 201,
      body: { value: 2, at: '1970-01-01T00:00:00.000Z' },
    })
    expect(await counter.control('raise')).toEqual({ value: 3, at: '1970-01-01T00:00:00.000Z' })
    expect(await readJson(`${counter.url}/_simulator/state`)).toEqual({ value: 3 })
  })

  it.each([
    ['raise', { by: 0 }, 400, 'by'],
    ['raise', { by: 1.5 }, 400, 'by'],
    ['raise', { bye: 1 }, 400, 'bye'],
    ['raise', { by: 101 }, 409, 'too_much'],
    ['raise', 'not json', 400, 'not JSON'],
    ['raize', {}, 404, 'there are: '],
    ['clock', { advanceMs: 5 }, 409, 'runs by itself'],
    ['clock', { advanceMs: -5 }, 400, 'advanceMs'],
    ['webhooks', { url: 'ftp://x' }, 400, 'http'],
    ['__proto__', {}, 404, 'there are: '],
  ])('%s %j is refused with %i and says why', async (name, body, status, why) => {
    const answer = await post(`${counter.url}/_simulator/${name}`, body)
    expect(answer.status).toBe(status)
    expect(JSON.stringify(answer.body)).toContain(why)
    expect(counter.state()).toEqual({ value: 0 })
  })

  it('refuse in process by throwing', async () => {
    await expect(counter.control('raise', { by: 101 })).rejects.toMatchObject({
      status: 409,
      body: { error: 'too_much', by: 101 },
    })
    await expect(counter.control('nothing of the kind')).rejects.toBeInstanceOf(SimulatorRefusal)
  })

  it('move a virtual clock', async () => {
    const clock = virtualClock(1_000)
    const moved = await startCounter({ clock })
    expect(await moved.control('clock', { advanceMs: 500 })).toEqual({ now: 1_500 })
    expect(await readJson(`${moved.url}/_simulator/clock`)).toEqual({ now: 1_500 })
    await moved.close()
  })
})

describe('the log', () => {
  it('has operation, status and time, and neither query nor body', async () => {
    await fetch(`${counter.url}/value?token=hidden`, { method: 'POST', body: 'hidden' })
    const [record] = counter.requests
    expect(record).toMatchObject({
      operation: 'raise',
      method: 'POST',
      path: '/value',
      status: 200,
      fault: null,
    })
    expect(JSON.stringify(counter.requests)).not.toContain('hidden')
    expect(await readJson(`${counter.url}/_simulator/requests`)).toEqual([record])
  })

  it('counts by operation and status, and forgets when told', async () => {
    await knock(`${counter.url}/value`, 'GET')
    await knock(`${counter.url}/value`, 'POST')
    await knock(`${counter.url}/nowhere`, 'GET')
    expect(counter.count()).toBe(3)
    expect(counter.count('read')).toBe(1)
    expect(counter.count(undefined, 404)).toBe(1)
    expect(counter.count('read', 429)).toBe(0)
    expect(counter.count('never')).toBe(0)
    counter.log.clear()
    expect(counter.count()).toBe(0)
    expect(counter.requests).toEqual([])
  })
})

describe('a simulator', () => {
  it('ends requests that hang when it closes, and may be closed twice', async () => {
    counter.faults.arm({ operation: 'read', kind: 'hang_before' })
    const hanging = knock(`${counter.url}/value`, 'GET', 5_000)
    while (counter.count('read') === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await counter.close()
    expect(await hanging).toHaveProperty('error')
    await counter.close()
  })

  it('listens on the port it is given, and says when that is taken', async () => {
    await expect(startCounter({ port: counter.port })).rejects.toThrow(/EADDRINUSE/)
  })

  it('tells its definition when it ends', async () => {
    let ended = false
    const { close } = await startSimulator(({ signal }) => {
      signal.addEventListener('abort', () => {
        ended = true
      })
      return { kind: 'plain', operationOf: () => 'any', handle: () => reply(200), state: () => ({}) }
    })
    await close()
    expect(ended).toBe(true)
  })

  it('is extended without losing its own members', async () => {
    const extended = extendSimulator(counter, { token: 'abc' })
    await knock(`${extended.url}/value`, 'POST')
    expect(extended.token).toBe('abc')
    expect(extended.count('raise')).toBe(1)
    expect(extended.requests).toHaveLength(1)
  })
})
