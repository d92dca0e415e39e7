import type { Clock } from '../spec/context.ts'
import type { Fault, FaultBoard, FaultKind } from './faults.ts'
import type { RequestLog, RequestRecord } from './log.ts'
import type { SeededRandom } from './random.ts'
import type { WebhookPlan, WebhookSender } from './webhooks.ts'

/** A request as it arrived. */
export interface SimulatorRequest {
  readonly method: string
  /** Without the query, still percent-encoded: match it with `matchPath`. */
  readonly path: string
  readonly query: URLSearchParams
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly raw: Buffer
  /** The name that `operationOf` gave. */
  readonly operation: string
  /** The body as JSON. Answers 400 by the definition's `malformed` when it is none. */
  json(): unknown
  /** The body as application/x-www-form-urlencoded. */
  form(): URLSearchParams
  /** Takes an armed fault of this operation that only the platform can act out; counts it down. */
  fault(kind: FaultKind): Fault | null
}

export interface SimulatorReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** An object or array is sent as JSON; text and bytes as they are. */
  readonly body?: unknown
}

/** What a platform's simulator consists of. */
export interface SimulatorDefinition {
  readonly kind: string
  /** The platform's name of the operation; faults, counters and the log go by it. */
  operationOf(request: Omit<SimulatorRequest, 'operation' | 'fault'>): string
  handle(request: SimulatorRequest): SimulatorReply | Promise<SimulatorReply>
  /** `POST /_simulator/<name>`: shoppers, shop admins, warehouse staff. May return any value, or a `reply(status, body)`. */
  readonly controls?: Readonly<Record<string, (body: unknown) => unknown>>
  state(): unknown
  /** The platform's documented error body for a status that a fault asks for. */
  faultReply?(request: SimulatorRequest, status: number): SimulatorReply
  /** What the platform answers to a body it cannot read. Default: 400. */
  malformed?(request: SimulatorRequest): SimulatorReply
  readonly webhooks?: WebhookPlan
}

/** What the kit lends to a definition while it is made. */
export interface SimulatorKit {
  readonly clock: Clock
  readonly random: SeededRandom
  readonly webhooks: WebhookSender
  /** Aborts when the simulator closes: give it to `clock.sleep`, so that nothing goes on after the end. */
  readonly signal: AbortSignal
  /** The base address, known once the server listens: `http://127.0.0.1:40123`. */
  url(): string
}

export interface SimulatorOptions {
  /** Default 0: any free port. */
  readonly port?: number
  /** Default: the system's clock. */
  readonly clock?: Clock
  /** Default 1. */
  readonly seed?: number
  /** Sees every exchange with the platform (not the controls), such as a check against the vendor's specification. */
  readonly observe?: (request: SimulatorRequest, reply: SimulatorReply) => void
}

export interface RunningSimulator {
  readonly kind: string
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string
  readonly port: number
  readonly clock: Clock
  readonly faults: FaultBoard
  readonly log: RequestLog
  /** The latest requests, oldest first, without bodies. */
  readonly requests: readonly RequestRecord[]
  readonly webhooks: WebhookSender
  /** What a definition threw by mistake: empty in a sound test. */
  readonly errors: readonly Error[]
  state(): unknown
  /**
   * The same as `POST /_simulator/<name>`, in process.
   * @throws SimulatorRefusal when the control answers 400 or above.
   */
  control<T = unknown>(name: string, body?: unknown): Promise<T>
  /** Requests so far, of one operation and one status where given. Dropped and hanging ones have status 0. */
  count(operation?: string, status?: number): number
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
