import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../http/clock.ts'
import type { Clock } from '../spec/context.ts'
import { control } from './controls.ts'
import { createFaultBoard, type Fault, kitFaults, type TakingFaultBoard } from './faults.ts'
import { createRequestLog, type WritableRequestLog } from './log.ts'
import { seededRandom } from './random.ts'
import {
  MalformedBody,
  parseJson,
  readBody,
  readRequest,
  reply,
  SimulatorRefusal,
  writeReply,
} from './request.ts'
import type {
  RunningSimulator,
  SimulatorDefinition,
  SimulatorKit,
  SimulatorOptions,
  SimulatorReply,
  SimulatorRequest,
} from './types.ts'
import { createWebhookSender, type WebhookSender } from './webhooks.ts'

interface Parts {
  readonly definition: SimulatorDefinition
  readonly clock: Clock
  readonly faults: TakingFaultBoard
  readonly log: WritableRequestLog
  readonly webhooks: WebhookSender
  readonly errors: Error[]
  readonly stop: AbortSignal
  readonly observe: SimulatorOptions['observe']
}

const controlPrefix = '/_simulator/'

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
  definition = typeof define === 'function' ? define({ clock, random, webhooks, url: () => url }) : define
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
      const { status, body: answered } = await control(parts, 'POST', name, () => body)
      if (status >= 400) throw new SimulatorRefusal(status, answered)
      return answered as T
    },
    count: (operation, status) => parts.log.count(operation, status),
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function answer(parts: Parts, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const raw = await readBody(message)
  const incoming = readRequest(message, raw)
  if (incoming.path.startsWith(controlPrefix)) {
    const name = incoming.path.slice(controlPrefix.length)
    const body = () => (raw.length === 0 ? {} : parseJson(raw))
    return writeReply(response, await control(parts, incoming.method, name, body), parts.clock.now())
  }
  const operation = parts.definition.operationOf(incoming)
  const request: SimulatorRequest = {
    ...incoming,
    operation,
    fault: (kind) => parts.faults.take(operation, [kind]),
  }
  const fault = parts.faults.take(operation, kitFaults)
  const record = (status: number) =>
    parts.log.add({
      operation,
      method: incoming.method,
      path: incoming.path,
      status,
      at: parts.clock.now(),
      fault: fault?.kind ?? null,
    })

  const without = fault !== null && withoutEffect(fault)
  const made = without ? null : await perform(parts, request)
  const sent = fault?.kind === 'status' ? faultReply(parts, request, fault) : made
  // Counted before the answer leaves, so that a client which has its answer also sees the count.
  if (fault && fault.delayMs > 0) await parts.clock.sleep(fault.delayMs, parts.stop)
  if (sent === null || fault?.kind.startsWith('drop') || fault?.kind.startsWith('hang')) {
    record(0)
    if (!fault?.kind.startsWith('hang')) message.socket.destroy()
    return
  }
  record(sent.status)
  parts.observe?.(request, sent)
  writeReply(response, sent, parts.clock.now())
}

function withoutEffect(fault: Fault): boolean {
  if (fault.kind === 'status') return !fault.afterEffect
  return fault.kind === 'drop_before' || fault.kind === 'hang_before'
}

async function perform(parts: Parts, request: SimulatorRequest): Promise<SimulatorReply> {
  try {
    return await parts.definition.handle(request)
  } catch (thrown) {
    if (thrown instanceof SimulatorRefusal) return reply(thrown.status, thrown.body)
    if (!(thrown instanceof MalformedBody)) throw thrown
    return parts.definition.malformed?.(request) ?? reply(400, { error: thrown.message })
  }
}

function faultReply(parts: Parts, request: SimulatorRequest, fault: Fault): SimulatorReply {
  const documented = parts.definition.faultReply?.(request, fault.status)
  return {
    status: fault.status,
    headers: { ...documented?.headers, ...fault.headers },
    body: fault.body === undefined ? documented?.body : fault.body,
  }
}

function fail(parts: Parts, response: ServerResponse, thrown: unknown): void {
  if (parts.stop.aborted || response.destroyed) return
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  parts.errors.push(error)
  const text = `simulator bug: ${error.stack ?? error.message}`
  if (response.headersSent) response.destroy()
  else writeReply(response, reply(500, text), parts.clock.now())
}
