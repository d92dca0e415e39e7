import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../http/clock.ts'
import { answer, fail, type Parts } from './answer.ts'
import { control } from './controls.ts'
import { createFaultBoard } from './faults.ts'
import { createRequestLog } from './log.ts'
import { seededRandom } from './random.ts'
import { asJson, SimulatorRefusal } from './request.ts'
import type { RunningSimulator, SimulatorDefinition, SimulatorKit, SimulatorOptions } from './types.ts'
import { createWebhookSender } from './webhooks.ts'

/**
 * Starts a simulator on 127.0.0.1. `define` gets the clock, the seeded random numbers and the webhook sender.
 * @example
 * const toy = await startSimulator(({ clock }) => {
 *   const bucket = new ServerBucket(clock, { rate: 2, burst: 4 })
 *   return {
 *     kind: 'toy',
 *     ...router([{ operation: 'hello', method: 'GET', path: '/hello/{name}', handle: (_, { name }) => reply(200, { name }) }]),
 *     state: () => ({}),
 *   }
 * })
 */
export async function startSimulator(
  define: SimulatorDefinition | ((kit: SimulatorKit) => SimulatorDefinition),
  options: SimulatorOptions = {},
): Promise<RunningSimulator> {
  const clock = options.clock ?? systemClock
  const random = seededRandom(options.seed ?? 1)
  const ending = new AbortController()
  let url = ''
  let definition: SimulatorDefinition | undefined
  const webhooks = createWebhookSender({
    clock,
    random,
    signal: ending.signal,
    plan: () => definition?.webhooks,
  })
  definition =
    typeof define === 'function'
      ? define({ clock, random, webhooks, signal: ending.signal, url: () => url })
      : define
  const parts: Parts = {
    definition,
    clock,
    webhooks,
    faults: createFaultBoard(),
    log: createRequestLog(),
    errors: [],
    stop: ending.signal,
    observe: options.observe,
  }

  const server = createServer((message, response) => {
    answer(parts, message, response).catch((thrown: unknown) => fail(parts, response, thrown))
  })
  // Longer than any client's own idle time: a socket that the server closes first looks like a fault nobody armed.
  server.keepAliveTimeout = 120_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  url = `http://127.0.0.1:${port}`

  const close = async () => {
    if (ending.signal.aborted) return
    ending.abort(new Error('the simulator was closed'))
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    server.closeAllConnections()
    await closed
  }

  return {
    kind: definition.kind,
    url,
    port,
    clock,
    faults: parts.faults,
    log: parts.log,
    webhooks,
    errors: parts.errors,
    get requests() {
      return parts.log.records
    },
    state: () => parts.definition.state(),
    async control<T>(name: string, body: unknown = {}): Promise<T> {
      const { status, body: answered } = await control(parts, 'POST', name, () => asJson(body))
      if (status >= 400) throw new SimulatorRefusal(status, asJson(answered))
      return asJson(answered) as T
    },
    count: (operation, status) => parts.log.count(operation, status),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * A running simulator with members of its own platform. Not a copy: the simulator's own members are read when they
 * are asked for.
 * @example return extendSimulator(await startSimulator(define, options), { token, channelId })
 */
export function extendSimulator<Own extends object>(
  running: RunningSimulator,
  own: Own,
): RunningSimulator & Readonly<Own> {
  return Object.create(running, Object.getOwnPropertyDescriptors(own)) as RunningSimulator & Own
}
