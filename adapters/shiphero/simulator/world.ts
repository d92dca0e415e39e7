import type { Fault, FaultKind, SimulatorKit } from '../../../src/simulator/index.ts'
import type { Depot } from './depot.ts'
import type { Hooks } from './hooks.ts'
import type { Views } from './views.ts'

/** What the resolvers of one request have at hand. */
export interface World {
  readonly kit: SimulatorKit
  readonly depot: Depot
  readonly views: Views
  readonly hooks: Hooks
  readonly requestId: string
  /** What the request may cost at most; what it was charged is told by the quota. */
  readonly cost: number
  readonly quota: {
    readonly credits_remaining: number
    readonly max_available: number
    readonly increment_rate: number
  }
  fault(kind: FaultKind): Fault | null
}
