import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SimulatorReply, SimulatorRequest } from './types.ts'

/** Thrown where a body is not what its reader expects. */
export class MalformedBody extends Error {
  override readonly name = 'MalformedBody'
}

/** A control's answer of 400 or above. */
export class SimulatorRefusal extends Error {
  override readonly name = 'SimulatorRefusal'
  readonly status: number
  readonly body: unknown

  constructor(status: number, body: unknown) {
    super(`the simulator answered ${status}: ${JSON.stringify(body)}`)
    this.status = status
    this.body = body
  }
}

/** @example return reply(429, { message: 'Too many requests' }, { 'retry-after': '2' }) */
export function reply(
  status: number,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
): SimulatorReply {
  return { status, ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) }
}

/** Leaves a control with an error answer. @example refuse(409, { error: 'sold_out', sku }) */
export function refuse(status: number, body: unknown): never {
  throw new SimulatorRefusal(status, body)
}

export function isReply(value: unknown): value is SimulatorReply {
  if (typeof value !== 'object' || value === null || !('status' in value)) return false
  const known = ['status', 'headers', 'body']
  return typeof value.status === 'number' && Object.keys(value).every((key) => known.includes(key))
}

const maxBodyBytes = 64 * 1024 * 1024

export async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw new MalformedBody(`the body is larger than ${maxBodyBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export function readRequest(
  message: IncomingMessage,
  raw: Buffer,
): Omit<SimulatorRequest, 'operation' | 'fault'> {
  const [path = '/', ...rest] = (message.url ?? '/').split('?')
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  )
  return {
    method: message.method ?? 'GET',
    path,
    query: new URLSearchParams(rest.join('?')),
    headers,
    raw,
    json: () => parseJson(raw),
    form: () => new URLSearchParams(raw.toString('utf8')),
  }
}

export function parseJson(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'))
  } catch {
    throw new MalformedBody('the body is not JSON')
  }
}

function payload(body: unknown): { bytes: Buffer; type: string | null } {
  if (body === undefined) return { bytes: Buffer.alloc(0), type: null }
  if (Buffer.isBuffer(body)) return { bytes: body, type: 'application/octet-stream' }
  if (typeof body === 'string') return { bytes: Buffer.from(body), type: 'text/plain; charset=utf-8' }
  return { bytes: Buffer.from(JSON.stringify(body)), type: 'application/json' }
}

/** Writes the answer. `at` is the simulator's time: clients that correct their clock by `Date` follow it. */
export function writeReply(response: ServerResponse, answer: SimulatorReply, at: number): void {
  const { bytes, type } = payload(answer.body)
  response.statusCode = answer.status
  response.setHeader('date', new Date(at).toUTCString())
  if (type !== null) response.setHeader('content-type', type)
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  if (answer.status !== 204 && answer.status !== 304) response.setHeader('content-length', bytes.length)
  response.end(bytes)
}

/** What would arrive at the other side of a wire: no shared objects, no `undefined`, dates as text. */
export function asJson(value: unknown): unknown {
  const text = JSON.stringify(value)
  return text === undefined ? undefined : JSON.parse(text)
}
