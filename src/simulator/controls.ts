import { z } from 'zod'
import { isStockpoolError } from '../error.ts'
import type { Clock } from '../spec/context.ts'
import { isVirtualClock } from './clock.ts'
import { Fault, type FaultBoard } from './faults.ts'
import type { RequestLog } from './log.ts'
import { isReply, MalformedBody, refuse, reply, SimulatorRefusal } from './request.ts'
import type { SimulatorDefinition, SimulatorReply } from './types.ts'
import { WebhookChaos, type WebhookSender, WebhookSubscription } from './webhooks.ts'

export interface ControlParts {
  readonly definition: SimulatorDefinition
  readonly clock: Clock
  readonly faults: FaultBoard
  readonly log: RequestLog
  readonly webhooks: WebhookSender
}

const ClockControl = z.strictObject({ advanceMs: z.number().min(0) })
const WebhookControl = z.strictObject({
  url: z.string().optional(),
  topics: z.array(z.string()).nullable().optional(),
  secret: z.string().nullable().optional(),
  chaos: WebhookChaos.optional(),
})

function ownControls(parts: ControlParts): Record<string, (body: unknown) => unknown> {
  const { clock, faults, webhooks } = parts
  return {
    faults(body) {
      const list = Array.isArray(body) ? z.array(Fault).parse(body) : [Fault.parse(body)]
      for (const fault of list) faults.arm(fault)
      return { armed: faults.armed }
    },
    'faults/clear'() {
      faults.clear()
      return { armed: [] }
    },
    async clock(body) {
      const { advanceMs } = ClockControl.parse(body)
      if (!isVirtualClock(clock)) refuse(409, { error: 'the clock of this simulator runs by itself' })
      await clock.advance(advanceMs)
      return { now: clock.now() }
    },
    webhooks(body) {
      const { chaos, url, ...rest } = WebhookControl.parse(body)
      if (chaos) webhooks.chaos(chaos)
      if (url === undefined) return { subscriptions: webhooks.subscriptions }
      return { subscription: webhooks.subscribe(WebhookSubscription.parse({ url, ...rest })) }
    },
    'webhooks/flush'() {
      webhooks.flush()
      return {}
    },
  }
}

const readings: Readonly<Record<string, (parts: ControlParts) => unknown>> = {
  state: ({ definition }) => definition.state(),
  requests: ({ log }) => log.records,
  faults: ({ faults }) => ({ armed: faults.armed }),
  clock: ({ clock }) => ({ now: clock.now() }),
  webhooks: ({ webhooks }) => ({ subscriptions: webhooks.subscriptions, attempts: webhooks.attempts }),
}

function failure(thrown: unknown): SimulatorReply {
  if (thrown instanceof SimulatorRefusal) return reply(thrown.status, thrown.body)
  if (thrown instanceof MalformedBody) return reply(400, { error: 'invalid_input', message: thrown.message })
  if (thrown instanceof z.ZodError) {
    const [issue] = thrown.issues
    const field = issue?.path.join('.') ?? ''
    const message = `${field === '' ? 'the body' : field}: ${issue?.message ?? 'is invalid'}`
    return reply(400, { error: 'invalid_input', field, message })
  }
  if (isStockpoolError(thrown)) {
    const { code, field, message } = thrown
    return reply(code === 'not_found' ? 404 : 400, { error: code, field, message })
  }
  throw thrown
}

/** Answers `POST` (with a body) or `GET` (`body` undefined) of `/_simulator/<name>`. Throws only what is a bug. */
export async function control(
  parts: ControlParts,
  method: string,
  name: string,
  body: () => unknown,
): Promise<SimulatorReply> {
  if (method === 'GET') {
    const read = readings[name]
    return read ? reply(200, read(parts) ?? null) : unknownControl(Object.keys(readings), method, name)
  }
  const handlers = { ...ownControls(parts), ...parts.definition.controls }
  const handle = Object.hasOwn(handlers, name) ? handlers[name] : undefined
  if (method !== 'POST' || !handle) return unknownControl(Object.keys(handlers), method, name)
  try {
    const answer = await handle(body())
    return isReply(answer) ? answer : reply(200, answer ?? {})
  } catch (thrown) {
    return failure(thrown)
  }
}

function unknownControl(names: readonly string[], method: string, name: string): SimulatorReply {
  const message = `there is no ${method} /_simulator/${name}; there are: ${[...names].sort().join(', ')}`
  return reply(404, { error: 'not_found', message })
}
