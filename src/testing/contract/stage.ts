import assert from 'node:assert/strict'
import { isStockpoolError, type StockpoolError } from '../../error.ts'
import {
  type FaultInput,
  isVirtualClock,
  type RunningSimulator,
  SimulatorRefusal,
} from '../../simulator/index.ts'
import type { AdapterContext, Connection } from '../../spec/index.ts'

export interface AgainOptions {
  readonly signal?: AbortSignal
  /** The longest that one request may take, in real milliseconds. */
  readonly timeoutMs?: number
}

/** One simulator, fresh for each check, and a connection to it. */
export interface Stage {
  readonly simulator: RunningSimulator
  readonly connection: Connection
  readonly context: AdapterContext
  /** How many orders make more than one page. */
  readonly many: number
  readonly signsTimestamp: boolean
  /** Another connection and context on the same simulator, as another process would have. */
  again(options?: AgainOptions): { connection: Connection; context: AdapterContext }
  /** The same, with a credential that the platform refuses; `null` when the contract was not given one. */
  refused(): { connection: Connection; context: AdapterContext } | null
}

export interface Check {
  readonly name: string
  /** Which connections it holds for; absent: all that have the group's facet. */
  readonly when?: (connection: Connection) => boolean
  run(stage: Stage): Promise<void>
}

export interface Group {
  readonly name: string
  readonly when: (connection: Connection) => boolean
  readonly checks: readonly Check[]
}

/** A facet that the group's `when` has seen. */
export function need<Facet>(facet: Facet | undefined, name: string): Facet {
  assert.ok(facet, `the connection has lost its ${name}`)
  return facet
}

/** Lets time pass on the simulator's clock, by moving it when it is moved by hand. */
export async function pass(stage: Stage, ms: number): Promise<void> {
  const { clock } = stage.simulator
  if (isVirtualClock(clock)) await clock.advance(ms)
  else await clock.sleep(ms)
}

const patienceMs = [0, 1_000, 5_000, 15_000, 30_000, 60_000, 120_000, 300_000]
const longestRealMs = 20_000

/** Asks again, with growing waits on the simulator's clock, until the probe gives something. */
export async function eventually<T>(stage: Stage, what: string, probe: () => Promise<T | null>): Promise<T> {
  const startedAt = performance.now()
  for (const waitMs of patienceMs) {
    if (performance.now() - startedAt > longestRealMs) break
    if (waitMs > 0) await pass(stage, waitMs)
    const found = await probe()
    if (found !== null) return found
  }
  return assert.fail(`never came true: ${what}`)
}

/** Repeats a call as the engine would while its error may pass; the last error is thrown. */
export async function persist<T>(stage: Stage, call: () => Promise<T>, attempts = 6): Promise<T> {
  for (let left = attempts; ; left -= 1) {
    try {
      return await call()
    } catch (error) {
      if (!isStockpoolError(error) || !error.retryable || left <= 1) throw error
      await pass(stage, error.retryAfterMs ?? 1_000)
    }
  }
}

export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: StockpoolError }

/** What a call gave or threw; passes on whatever is no StockpoolError. */
export async function attempt<T>(call: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await call() }
  } catch (error) {
    if (!isStockpoolError(error)) throw error
    return { ok: false, error }
  }
}

/** The error that a call throws; fails when it throws none. */
export async function errorOf(call: () => unknown): Promise<StockpoolError> {
  const outcome = await attempt(call)
  return outcome.ok ? assert.fail('it should have thrown') : outcome.error
}

/** The operations that an action uses, in the order of their first use, as the simulator names them. */
export async function operationsOf(stage: Stage, action: () => Promise<unknown>): Promise<string[]> {
  stage.simulator.log.clear()
  await action()
  return [...new Set(stage.simulator.requests.map(({ operation }) => operation))]
}

/** What may befall a call that changes something: with the effect and without, with an answer and without. */
export const effectFaults: readonly Omit<FaultInput, 'operation'>[] = [
  { kind: 'drop_before' },
  { kind: 'drop_after' },
  { kind: 'hang_after' },
  { kind: 'status', status: 429 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 500, afterEffect: true },
]

export const html = '<html><body><h1>502 Bad Gateway</h1></body></html>'

/** What a call that only reads must live through. */
export const readFaults: readonly Omit<FaultInput, 'operation'>[] = [
  { kind: 'status', status: 429 },
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502, body: html, headers: { 'content-type': 'text/html' } },
  { kind: 'status', status: 503, times: 2 },
  { kind: 'drop_before' },
  { kind: 'drop_after' },
]

/** The same stage, with requests that give up soon: for answers that never come. */
export const hurried = (stage: Stage): Stage => ({ ...stage, ...stage.again({ timeoutMs: 500 }) })

/**
 * Runs an action once with each of the faults, on every operation that it uses. `prepare` makes a fresh subject
 * for each round, so that rounds do not depend on each other.
 */
export async function underFaults<Subject>(
  stage: Stage,
  faults: readonly Omit<FaultInput, 'operation'>[],
  prepare: () => Promise<Subject>,
  act: (subject: Subject) => Promise<unknown>,
): Promise<void> {
  const rehearsal = await prepare()
  // The first call may also fetch a token: rehearse twice, so that only the action's own operations are counted.
  await act(rehearsal)
  const subject = await prepare()
  const operations = await operationsOf(stage, () => act(subject))
  assert.ok(operations.length > 0, 'the action asked the platform nothing')
  for (const operation of operations) {
    for (const fault of faults) {
      const next = await prepare()
      stage.simulator.faults.clear()
      stage.simulator.faults.arm({ ...fault, operation })
      try {
        await act(next)
      } catch (error) {
        throw new Error(`with ${fault.kind} ${fault.status ?? ''} on ${operation}: ${messageOf(error)}`, {
          cause: error,
        })
      }
      stage.simulator.faults.clear()
    }
  }
}

export const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** Calls a control that only some platforms have; `null` when this one has not. */
export async function optionalControl<T>(stage: Stage, name: string, body: unknown): Promise<T | null> {
  try {
    return await stage.simulator.control<T>(name, body)
  } catch (error) {
    if (error instanceof SimulatorRefusal && (error.status === 404 || error.status === 501)) return null
    throw error
  }
}
