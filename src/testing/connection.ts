import assert from 'node:assert/strict'
import type { RunningSimulator } from '../simulator/index.ts'
import type { AdapterContext, Connection, Logger } from '../spec/index.ts'
import { adapterContext } from './context.ts'
import { cancelling, cancelRequests } from './contract/cancel.ts'
import { failures } from './contract/failures.ts'
import { fulfillment } from './contract/fulfillment.ts'
import { fulfillmentCancel } from './contract/fulfillment-cancel.ts'
import { fulfillmentReturns } from './contract/fulfillment-returns.ts'
import { fulfillmentKeep, fulfillmentQuote } from './contract/fulfillment-wishes.ts'
import { general } from './contract/general.ts'
import { listings } from './contract/listings.ts'
import { orders } from './contract/orders.ts'
import { queue } from './contract/queue.ts'
import { returns } from './contract/returns.ts'
import { shipments } from './contract/shipments.ts'
import type { AgainOptions, Check, Group, Stage } from './contract/stage.ts'
import { tracking } from './contract/tracking.ts'
import { watch } from './contract/watch.ts'
import { webhooks } from './contract/webhooks.ts'

/** The part of a test runner that the suites use: vitest, node:test, jest and mocha all have it. */
export interface TestRunner {
  describe(name: string, define: () => void): unknown
  it(name: string, run: () => Promise<void>, timeoutMs?: number): unknown
}

export interface ConnectionContract<Simulator extends RunningSimulator = RunningSimulator> {
  readonly test: TestRunner
  /** Starts a simulator of the platform, fresh for each check. Give it a fast clock: some checks wait minutes. */
  simulator(): Promise<Simulator>
  /** The connection, pointed at the simulator, with credentials that it takes and its webhook secret. */
  connect(simulator: Simulator): Connection
  /** The same with credentials that the simulator refuses: every call must then end in `auth`. */
  refused?(simulator: Simulator): Connection
  /** Whether the platform signs the time of a webhook, so that an old delivery must be refused. Default false. */
  readonly signsTimestamp?: boolean
  /** How many orders, or returns at a provider, are more than a page of the platform. Default 120. */
  readonly many?: number
  /**
   * Groups, or single checks, that are not asked for, by name: of a simulator that has not their controls yet, or what a
   * platform cannot give. Say why beside it; the engine relies on them all the same. Default: none.
   */
  readonly without?: readonly string[]
  /** Milliseconds for one check. Default 60,000. */
  readonly timeoutMs?: number
}

const groups: readonly Group[] = [
  general,
  orders,
  cancelling,
  cancelRequests,
  listings,
  shipments,
  returns,
  fulfillment,
  fulfillmentCancel,
  fulfillmentKeep,
  fulfillmentQuote,
  fulfillmentReturns,
  tracking,
  webhooks,
  queue,
  failures,
]

/**
 * The contract that every adapter keeps, as tests against a simulator of its platform: what the engine relies on,
 * as relations between what was done, what the connection says and what the platform then has. Facets and methods
 * that the connection lacks are not asked for. Await it at the top level of the test file.
 *
 * The simulator must have the shared controls (`listings`, `orders`, `orders/pay`, `orders/cancel` of a channel, and
 * `returns` where buyers ask for one: `{ order, lines: [{ id, quantity }], reason }` answers `{ return }`; `stock`, `ship`,
 * `hold` of a provider, and `sent-back`, whose body is `SentBack` of `stockpool/simulator`, where it has `returns`; `scan` of a
 * tracker) and the shared form of state. A channel that has webhooks and no orders needs the control `happen`, which has it tell
 * something and answers `{ subject }`.
 *
 * @example
 * import { describe, it } from 'vitest'
 * import { acceleratedClock } from 'stockpool/simulator'
 * import { testConnection } from 'stockpool/testing'
 *
 * await testConnection({
 *   test: { describe, it },
 *   simulator: () => startAcmeSimulator({ clock: acceleratedClock(600) }),
 *   connect: ({ url }) => acme({ endpoint: url, token: 'good-token', webhookSecret: 'secret' }),
 *   refused: ({ url }) => acme({ endpoint: url, token: 'revoked-token', webhookSecret: 'secret' }),
 * })
 */
export async function testConnection<Simulator extends RunningSimulator>(
  contract: ConnectionContract<Simulator>,
): Promise<void> {
  const { test, timeoutMs = 60_000, without = [] } = contract
  const sample = await sampleOf(contract)
  test.describe(`the contract of ${sample.kind}`, () => {
    const asked = ({ name }: { readonly name: string }) => !without.includes(name)
    for (const group of groups.filter(asked)) {
      const checks = group.checks
        .filter(asked)
        .filter((check) => group.when(sample) && (check.when?.(sample) ?? true))
      if (checks.length === 0) continue
      test.describe(group.name, () => {
        for (const check of checks) test.it(check.name, () => runCheck(contract, check), timeoutMs)
      })
    }
  })
}

async function sampleOf<Simulator extends RunningSimulator>(
  contract: ConnectionContract<Simulator>,
): Promise<Connection> {
  const simulator = await contract.simulator()
  try {
    return contract.connect(simulator)
  } finally {
    await simulator.close()
  }
}

async function runCheck<Simulator extends RunningSimulator>(
  contract: ConnectionContract<Simulator>,
  check: Check,
): Promise<void> {
  const simulator = await contract.simulator()
  const watched: { verify(): void }[] = []
  const join = (
    connection: Connection,
    { signal, timeoutMs }: AgainOptions = {},
  ): { connection: Connection; context: AdapterContext } => {
    const logged: string[] = []
    const context = adapterContext(connection, {
      clock: simulator.clock,
      log: collect(logged),
      ...(signal ? { signal } : {}),
      ...(timeoutMs ? { fetchTimeoutMs: timeoutMs } : {}),
    })
    const made = watch(connection, context, logged)
    watched.push(made)
    return made
  }
  try {
    const stage: Stage = {
      simulator,
      many: contract.many ?? 120,
      signsTimestamp: contract.signsTimestamp ?? false,
      ...join(contract.connect(simulator)),
      again: (options) => join(contract.connect(simulator), options),
      refused: () => (contract.refused ? join(contract.refused(simulator)) : null),
    }
    await check.run(stage)
    for (const each of watched) each.verify()
    assert.deepEqual(simulator.errors, [], 'the simulator has a bug')
  } finally {
    await simulator.close()
  }
}

function collect(lines: string[]): Logger {
  const write = (message: string, facts?: Readonly<Record<string, unknown>>) => {
    lines.push(`${message} ${JSON.stringify(facts ?? {})}`)
  }
  return { debug: write, info: write, warn: write }
}
