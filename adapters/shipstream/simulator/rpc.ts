import { hmacSha256, sameBytes, toHex } from '../../../src/http/index.ts'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'

/** An error of ShipStream, by its own number n; -(32000 + n) over the wire. */
export class RpcError extends Error {
  readonly n: number

  constructor(n: number, message: string) {
    super(message)
    this.n = n
  }
}

export type Method = (args: readonly unknown[], request: SimulatorRequest) => unknown

interface Envelope {
  readonly id: unknown
  readonly method: string
  readonly params: readonly unknown[]
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `2.0` as a number is taken too: the documents' own examples send it so. */
function envelopeOf(body: unknown): Envelope | null {
  if (!isRecord(body) || String(Number(body.jsonrpc)) !== '2' || typeof body.method !== 'string') return null
  return { id: body.id ?? null, method: body.method, params: Array.isArray(body.params) ? body.params : [] }
}

/** The method that a body calls: `login`, `order.info`, or `unknown`. */
export function methodOf(body: unknown): string {
  const envelope = envelopeOf(body)
  if (envelope === null) return 'unknown'
  return envelope.method === 'call' ? String(envelope.params[1] ?? 'unknown') : envelope.method
}

export interface RpcOptions {
  readonly username: string
  readonly apiKey: string
  /** Methods that the role of the API user may not call. */
  readonly denied: readonly string[]
  readonly clock: Clock
  readonly methods: Readonly<Record<string, Method>>
}

const sessionMs = 24 * 3_600_000
const failure = (id: unknown, { n, message }: RpcError): SimulatorReply =>
  reply(200, { jsonrpc: '2.0', id, error: { code: -(32_000 + n), message } })

/** The JSON-RPC server: HTTP Basic or sessions, and the methods behind `call` (docs.shipstream.io, API Basics). */
export function createRpc({ username, apiKey, denied, clock, methods }: RpcOptions) {
  const sessions = new Map<string, number>()
  const basic = `Basic ${Buffer.from(`${username}:${apiKey}`).toString('base64')}`

  const login = ([name, key]: readonly unknown[]): string => {
    if (name === undefined || key === undefined) throw new RpcError(6, 'Required parameter is missing')
    const right = name === username && typeof key === 'string' && sameBytes(key, apiKey)
    if (!right) throw new RpcError(2, 'Access denied.')
    const session = toHex(hmacSha256(apiKey, `session ${sessions.size}`)).slice(0, 32)
    sessions.set(session, clock.now() + sessionMs)
    return session
  }

  const admit = (session: unknown, request: SimulatorRequest) => {
    if (session === null) {
      if (!sameBytes(request.headers.authorization ?? '', basic)) throw new RpcError(2, 'Access denied.')
      return
    }
    const until = typeof session === 'string' ? sessions.get(session) : undefined
    if (until === undefined || until <= clock.now()) throw new RpcError(5, 'Session expired. Try to relogin.')
  }

  const call = ([session = null, path, args]: readonly unknown[], request: SimulatorRequest): unknown => {
    admit(session, request)
    if (typeof path !== 'string' || !/^\w+\.\w+$/.test(path)) throw new RpcError(3, 'Invalid api path.')
    if (denied.includes(path)) throw new RpcError(2, 'Access denied.')
    const method = Object.hasOwn(methods, path) ? methods[path] : undefined
    if (!method) throw new RpcError(4, 'Resource path is not callable.')
    // Arguments may be one bare value (docs.shipstream.io, shipment.info).
    return method(Array.isArray(args) ? args : args === undefined ? [] : [args], request)
  }

  return {
    handle(request: SimulatorRequest): SimulatorReply {
      if (request.method !== 'POST' || !request.path.endsWith('/api/jsonrpc')) return reply(404, 'Not Found')
      const envelope = envelopeOf(request.json())
      if (envelope === null) return failure(null, new RpcError(600, 'Invalid Request'))
      const { id, method, params } = envelope
      try {
        if (method === 'login') return reply(200, { jsonrpc: '2.0', id, error: null, result: login(params) })
        if (method !== 'call') throw new RpcError(601, 'Method not found')
        return reply(200, { jsonrpc: '2.0', id, error: null, result: call(params, request) })
      } catch (thrown) {
        if (thrown instanceof RpcError) return failure(id, thrown)
        throw thrown
      }
    },
    malformed: () => failure(null, new RpcError(700, 'Parse error')),
    /** Ends every session, as when the instance restarts. */
    forget: () => sessions.clear(),
  }
}
