import { z } from 'zod'

/**
 * - `drop_before`: the connection is destroyed, nothing happens.
 * - `drop_after`: the effect happens, then the connection is destroyed without an answer.
 * - `hang_before`, `hang_after`: no answer until the client gives up, without or with the effect.
 * - `status`: an error answer with the platform's body, without the effect (with `afterEffect`: after it).
 * - `delay`: the effect happens, the answer comes `delayMs` later.
 * - `accepted_not_applied`, `stale_read`, `partial_failure`: acted out by the platform's definition.
 */
export const kitFaults = [
  'drop_before',
  'drop_after',
  'hang_before',
  'hang_after',
  'status',
  'delay',
] as const
export const platformFaults = ['accepted_not_applied', 'stale_read', 'partial_failure'] as const
export type FaultKind = (typeof kitFaults)[number] | (typeof platformFaults)[number]

export const Fault = z.strictObject({
  /** The platform's name of the operation; `*` for any. */
  operation: z.string().min(1),
  kind: z.enum([...kitFaults, ...platformFaults]),
  /** How many requests it hits. */
  times: z.int().min(1).default(1),
  /** How many matching requests pass before it begins. */
  skip: z.int().min(0).default(0),
  /** For `status`. */
  status: z.int().min(400).max(599).default(503),
  headers: z.record(z.string(), z.string()).optional(),
  /** Replaces the platform's documented error body. */
  body: z.unknown().optional(),
  /** On the simulator's clock, before the answer, the error or the drop. */
  delayMs: z.number().min(0).default(0),
  afterEffect: z.boolean().default(false),
  /** For platform faults: which rows, which field; the definition says what it reads. */
  detail: z.unknown().optional(),
})
export type Fault = z.infer<typeof Fault>
export type FaultInput = z.input<typeof Fault>

/** Faults armed by operation; each hits `times` requests and is gone. */
export interface FaultBoard {
  /** @throws z.ZodError when it is not a fault. */
  arm(fault: FaultInput): void
  clear(): void
  /** What is still to come, with the counts that are left. */
  readonly armed: readonly Fault[]
}

export interface TakingFaultBoard extends FaultBoard {
  take(operation: string, kinds: readonly FaultKind[]): Fault | null
}

export function createFaultBoard(): TakingFaultBoard {
  let armed: Fault[] = []
  return {
    arm(fault) {
      armed.push(Fault.parse(fault))
    },
    clear() {
      armed = []
    },
    get armed() {
      return armed.map((fault) => ({ ...fault }))
    },
    take(operation, kinds) {
      for (const fault of armed) {
        if (fault.operation !== operation && fault.operation !== '*') continue
        if (!kinds.includes(fault.kind)) continue
        if (fault.skip > 0) {
          fault.skip -= 1
          continue
        }
        fault.times -= 1
        if (fault.times === 0) armed = armed.filter((each) => each !== fault)
        return fault
      }
      return null
    },
  }
}
