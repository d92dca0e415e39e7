import {
  reply,
  type SimulatorReply,
  type SimulatorRequest,
  SlidingWindow,
} from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'

export interface Channel {
  readonly id: number
  readonly name: string
}

export interface GateOptions {
  readonly token: string
  readonly channels: readonly Channel[]
  readonly limit: { readonly limit: number; readonly windowMs: number }
}

/** `{field: [text]}`: how ShipBob complains of a request. */
export const complain = (status: 400 | 422, field: string, message: string) =>
  reply(status, { [field]: [message] })

/** Token and rate limit, before anything else is looked at; and ShipBob's limit headers on every answer. */
export function createGate(clock: Clock, { token, channels, limit }: GateOptions) {
  const window = new SlidingWindow(clock, limit)

  const refusal = (request: SimulatorRequest): SimulatorReply | null => {
    if (request.headers.authorization !== `Bearer ${token}`) {
      return reply(401, { statusCode: 401, message: 'Access denied due to missing or invalid token.' })
    }
    const taken = window.take(token)
    if (taken.ok) return null
    return tooMany(Math.ceil(taken.retryAfterMs / 1000))
  }

  return {
    tooMany,
    /** The channel a request names; a reply when it may not, `null` when it names none. */
    channelOf(request: SimulatorRequest): Channel | SimulatorReply | null {
      const named = request.headers.shipbob_channel_id
      if (named === undefined) return null
      const found = channels.find(({ id }) => String(id) === named)
      return found ?? reply(403, { statusCode: 403, message: 'The token has no access to this channel.' })
    },
    guard(request: SimulatorRequest, handle: () => SimulatorReply): SimulatorReply {
      const answer = refusal(request) ?? handle()
      const remaining = { 'x-remaining-calls': String(Math.max(0, window.remaining(token))) }
      return { ...answer, headers: { ...remaining, ...answer.headers } }
    },
  }
}
export type Gate = ReturnType<typeof createGate>

function tooMany(seconds: number): SimulatorReply {
  const message = `Rate limit is exceeded. Try again in ${seconds} seconds.`
  return reply(
    429,
    { statusCode: 429, message },
    { 'x-retry-after': String(seconds), 'x-remaining-calls': '0' },
  )
}
