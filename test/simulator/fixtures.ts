import { request as httpRequest } from 'node:http'
import { z } from 'zod'
import {
  type RunningSimulator,
  refuse,
  reply,
  router,
  type SimulatorOptions,
  startSimulator,
} from '../../src/simulator/index.ts'

/** The smallest platform: a counter that can be read and raised, in one or in many rows. */
export function startCounter(options: SimulatorOptions = {}): Promise<RunningSimulator> {
  return startSimulator(({ clock, random, webhooks }) => {
    let value = 0
    let before = 0
    const raise = () => {
      before = value
      value += 1
      webhooks.send({ topic: 'raised', body: { value } })
    }
    return {
      kind: 'counter',
      ...router([
        {
          operation: 'read',
          method: 'GET',
          path: '/value',
          handle: (request) => reply(200, { value: request.fault('stale_read') ? before : value }),
        },
        {
          operation: 'raise',
          method: 'POST',
          path: '/value',
          handle: (request) => {
            if (request.fault('accepted_not_applied')) return reply(202, { value })
            raise()
            return reply(200, { value })
          },
        },
        {
          operation: 'batch',
          method: 'POST',
          path: '/batch',
          handle: (request) => {
            const rows = z.array(z.string()).parse(request.json())
            const partial = request.fault('partial_failure')
            const failing = new Set(z.array(z.string()).parse(partial?.detail ?? []))
            return reply(
              207,
              rows.map((row) => ({ row, ok: !failing.has(row) })),
            )
          },
        },
        {
          operation: 'echo',
          method: 'PUT',
          path: '/echo/{name}/{rest}.txt',
          handle: (request, { name = '', rest = '' }) =>
            reply(200, {
              name,
              rest,
              query: [...request.query],
              bytes: request.raw.length,
              form: [...request.form()],
            }),
        },
        {
          operation: 'bytes',
          method: 'GET',
          path: '/bytes',
          handle: () => reply(200, Buffer.from([0, 255, 1])),
        },
        {
          operation: 'text',
          method: 'GET',
          path: '/text',
          handle: () => reply(203, 'plain', { 'x-own': 'yes' }),
        },
        { operation: 'nothing', method: 'DELETE', path: '/value', handle: () => reply(204) },
        {
          operation: 'id',
          method: 'GET',
          path: '/id',
          handle: () => reply(200, { id: random.uuid(), at: clock.now() }),
        },
        {
          operation: 'broken',
          method: 'GET',
          path: '/broken',
          handle: () => {
            throw new Error('a planted bug')
          },
        },
      ]),
      controls: {
        raise: (body) => {
          const { by } = z.strictObject({ by: z.int().min(1).default(1) }).parse(body)
          if (by > 100) refuse(409, { error: 'too_much', by })
          for (let count = 0; count < by; count += 1) raise()
          return reply(201, { value, at: new Date(0) })
        },
        faulty: () => {
          throw new Error('a planted bug in a control')
        },
      },
      state: () => ({ value }),
      faultReply: (_, status) => reply(status, { documented: status }, { 'retry-after': '2' }),
      malformed: () => reply(422, { documented: 'not JSON' }),
      webhooks: {
        timeoutMs: 300,
        retryAfterMs: [1_000, 60_000],
        sign: ({ id, topic, body, attempt, secret, at }) => ({
          'content-type': 'application/json',
          'x-id': id,
          'x-topic': topic,
          'x-attempt': String(attempt),
          'x-at': String(at),
          'x-signature': `${secret ?? 'own'}:${body.length}`,
        }),
      },
    }
  }, options)
}

/** Posts JSON to a simulator. */
export async function post(url: string, body: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}

export const readJson = async (url: string) => (await fetch(url)).json()

/** One request on a connection of its own; gives what became of it. */
export function knock(
  url: string,
  method: 'GET' | 'POST',
  patienceMs = 2_000,
): Promise<{ status: number } | { error: string }> {
  return new Promise((resolve) => {
    const request = httpRequest(url, { method, agent: false, timeout: patienceMs }, (response) => {
      response.resume()
      response.on('end', () => resolve({ status: response.statusCode ?? 0 }))
    })
    request.on('timeout', () => request.destroy(new Error('no answer')))
    request.on('error', ({ message }) => resolve({ error: message }))
    request.end()
  })
}
