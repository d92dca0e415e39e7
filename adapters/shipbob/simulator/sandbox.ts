import { z } from 'zod'
import {
  type Route,
  reply,
  type SimulatorKit,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import type { SimulatedOrder } from './types.ts'
import { time } from './views.ts'
import type { Warehouse } from './warehouse.ts'

interface Step {
  readonly action: 'ShipOrder' | 'DeliverOrder'
  /** Minutes after the step before. */
  readonly delay?: number | null | undefined
  readonly next?: Step | null | undefined
}
const Step: z.ZodType<Step> = z.object({
  action: z.enum(['ShipOrder', 'DeliverOrder']),
  delay: z.int().min(0).nullish(),
  next: z.lazy(() => Step).nullish(),
})
const Simulation = z.object({ shipment_id: z.string(), simulation: Step })

interface Run {
  readonly order: SimulatedOrder
  readonly steps: { readonly action: string; readonly at: number; done: boolean }[]
}

type Handle = (request: SimulatorRequest, params: Readonly<Record<string, string>>) => SimulatorReply

/** ShipBob's own sandbox simulations: a shipment ships and is delivered by itself, each step so many minutes after the last. */
export function sandboxRoutes(
  kit: SimulatorKit,
  warehouse: Warehouse,
  ending: AbortSignal,
  route: (operation: string, method: string, path: string, handle: Handle) => Route,
): Route[] {
  const runs = new Map<string, Run>()
  const act = ({ order }: Run, action: string) => {
    if (action === 'ShipOrder') warehouse.ship(order, null, false)
    else warehouse.deliver(order)
  }
  const go = async (run: Run) => {
    for (const step of run.steps) {
      const wait = step.at - kit.clock.now()
      if (wait > 0) await kit.clock.sleep(wait, ending)
      act(run, step.action)
      step.done = true
    }
  }
  return [
    route('simulateShipment', 'POST', '/simulate/shipment', (request) => {
      const parsed = Simulation.safeParse(request.json())
      if (!parsed.success) return reply(400, { simulation: ['The simulation is invalid.'] })
      const { shipment_id, simulation } = parsed.data
      const order = warehouse.orders.find(({ shipments }) =>
        shipments.some(({ id }) => String(id) === shipment_id),
      )
      if (order === undefined) return reply(404, { statusCode: 404, message: 'Resource not found' })
      const steps: Run['steps'] = []
      let at = kit.clock.now()
      for (let step: Step | null | undefined = simulation; step; step = step.next) {
        at += (step.delay ?? 0) * 60_000
        steps.push({ action: step.action, at, done: false })
      }
      const id = kit.random.uuid()
      const run = { order, steps }
      runs.set(id, run)
      // Rejects only when the simulator ends.
      go(run).catch(() => undefined)
      return reply(200, { simulation_id: id, message: 'Simulation registered' })
    }),
    route('getSimulation', 'GET', '/simulate/status/{id}', (_, { id = '' }) => {
      const run = runs.get(id)
      if (run === undefined) return reply(404, { statusCode: 404, message: 'Resource not found' })
      const view = ([step, ...rest]: Run['steps']): unknown =>
        step === undefined
          ? null
          : {
              action: step.action,
              status: step.done ? 'Completed' : 'Scheduled',
              message: null,
              schedule_time: time(step.at),
              ...(rest.length > 0 ? { next: view(rest) } : {}),
            }
      return reply(200, {
        simulation_id: id,
        entity_id: String(run.order.id),
        entity_type: 'Order',
        simulation: view(run.steps),
      })
    }),
  ]
}
