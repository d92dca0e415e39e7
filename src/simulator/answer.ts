import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../spec/context.ts'
import { control } from './controls.ts'
import { type Fault, kitFaults, type TakingFaultBoard } from './faults.ts'
import type { WritableRequestLog } from './log.ts'
import {
  MalformedBody,
  parseJson,
  readBody,
  readRequest,
  reply,
  SimulatorRefusal,
  writeReply,
} from './request.ts'
import type { SimulatorDefinition, SimulatorOptions, SimulatorReply, SimulatorRequest } from './types.ts'
import type { WebhookSender } from './webhooks.ts'

export interface Parts {
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

/** Answers one request: a control, or the platform's own with the fault that is armed for it. */
export async function answer(
  parts: Parts,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const raw = await readBody(message)
  const incoming = readRequest(message, raw)
  if (incoming.path.startsWith(controlPrefix)) {
    const name = incoming.path.slice(controlPrefix.length)
    const body = () => (raw.length === 0 ? {} : parseJson(raw))
    return writeReply(response, await control(parts, incoming.method, name, body), parts.clock.now())
  }
  const at = parts.clock.now()
  const operation = operationOf(parts, incoming)
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
      at,
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

function operationOf(parts: Parts, incoming: ReturnType<typeof readRequest>): string {
  try {
    return parts.definition.operationOf(incoming)
  } catch (thrown) {
    if (thrown instanceof MalformedBody) return 'unknown'
    throw thrown
  }
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

export function fail(parts: Parts, response: ServerResponse, thrown: unknown): void {
  if (parts.stop.aborted || response.destroyed) return
  if (thrown instanceof MalformedBody) {
    writeReply(response, reply(413, { error: thrown.message }, { connection: 'close' }), parts.clock.now())
    return
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  parts.errors.push(error)
  const text = `simulator bug: ${error.stack ?? error.message}`
  if (response.headersSent) response.destroy()
  else writeReply(response, reply(500, text), parts.clock.now())
}
