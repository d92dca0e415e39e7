import { type MetaConnection, type MetaOptionsWithSecret, meta } from '../../../adapters/meta/index.ts'
import {
  type MetaSimulator,
  type MetaSimulatorOptions,
  startMetaSimulator,
} from '../../../adapters/meta/simulator/index.ts'
import { type VirtualClock, virtualClock } from '../../../src/simulator/index.ts'
import type { AdapterContext, ListingTarget, WriteResult } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

export interface Stage {
  readonly simulator: MetaSimulator
  readonly connection: MetaConnection
  readonly context: AdapterContext
  readonly clock: VirtualClock
  readonly warnings: string[]
  /** Writes as the engine does, and asks until every row is decided, or so often. */
  settle(targets: readonly ListingTarget[], rounds?: number): Promise<readonly WriteResult[]>
}

/** A simulator and a connection to it, on one virtual clock that jumps over waits. */
export async function stage(
  simulated: MetaSimulatorOptions = {},
  options: Partial<MetaOptionsWithSecret> = {},
): Promise<Stage & AsyncDisposable> {
  const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
  const simulator = await startMetaSimulator({ clock, ...simulated })
  const connection = meta({ ...simulator.options, ...options })
  const warnings: string[] = []
  const warn = (message: string, facts?: unknown) => {
    warnings.push(`${message} ${JSON.stringify(facts ?? {})}`)
  }
  const log = { debug: () => {}, info: () => {}, warn }
  const context = adapterContext(connection, { clock, log, random: () => 0, fetchTimeoutMs: 500 })
  const { listings } = connection
  return {
    simulator,
    connection,
    context,
    clock,
    warnings,
    async settle(targets, rounds = 8) {
      const results = [...(await listings.write(context, targets))]
      for (let round = 0; round < rounds; round += 1) {
        const open = results.flatMap((result, index) => {
          const row = targets[index]
          return result.status === 'pending' && row ? [{ index, target: row, handle: result.handle }] : []
        })
        if (open.length === 0) break
        await clock.advance(1000)
        const answers = await listings.check(context, open)
        for (const [position, { index }] of open.entries()) {
          const answer = answers[position]
          if (answer) results[index] = answer
        }
      }
      return results
    },
    async [Symbol.asyncDispose]() {
      clock.stop()
      await simulator.close()
    },
  }
}

export const target = (
  listing: string,
  quantity: number,
  more: Partial<ListingTarget> = {},
): ListingTarget => ({
  listing,
  place: '',
  quantity,
  expected: null,
  key: `${listing}/${quantity}`,
  ...more,
})

interface ShownItem {
  readonly listing: string
  readonly availability: string
  readonly number: number | null
}

/** The word and the number that the simulated catalogue has of an item. */
export function itemOf(simulator: MetaSimulator, listing: string): readonly [string, number | null] | null {
  const { listings } = simulator.state() as { listings: readonly ShownItem[] }
  const found = listings.find((each) => each.listing === listing)
  return found ? [found.availability, found.number] : null
}

export const options: MetaOptionsWithSecret = {
  catalogId: '1017309634048260',
  accessToken: 'EAAtestSystemUserToken',
  appSecret: 's3cret0of0the0app',
  verifyToken: 'our-verify-token',
}
