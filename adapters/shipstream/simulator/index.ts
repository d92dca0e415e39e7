import {
  extendSimulator,
  type RunningSimulator,
  reply,
  type SimulatorDefinition,
  type SimulatorKit,
  type SimulatorOptions,
  startSimulator,
} from '../../../src/simulator/index.ts'
import { controls } from './controls.ts'
import { Deliveries } from './deliveries.ts'
import { methods } from './methods.ts'
import { createNews, webhookPlan } from './news.ts'
import { createRpc, methodOf } from './rpc.ts'
import { Staff } from './staff.ts'
import { stateOf } from './state.ts'
import type { SimulatedOrder, SimulatedWarehouse } from './types.ts'
import { Warehouse } from './warehouse.ts'

export interface ShipStreamSimulatorOptions extends SimulatorOptions {
  /** Default `stockpool`. */
  readonly username?: string
  /** Default `shipstream-test-key`. */
  readonly apiKey?: string
  /** Default two: 1 (Knoxville, TN) and 2 (Salt Lake City, UT). The first is asked first. */
  readonly warehouses?: readonly SimulatedWarehouse[]
  /** The merchant's time zone. Default `America/New_York`. */
  readonly timeZone?: string
  /** Whether the store takes orders that it lacks stock for. Default `true`. */
  readonly backorders?: boolean
  /** Whether the store lets whole orders be cancelled that are being picked. Default `false`: its staff are asked. */
  readonly cancelInProcess?: boolean
  /** Methods that the role of the API user lacks. Default: none. */
  readonly denied?: readonly string[]
  /** Default a fixed text. */
  readonly webhookSecret?: string
  /** Ships every order by itself so long after it came. Default: staff do, by the control `ship`. */
  readonly shipAfterMs?: number | null
}

export interface ShipStreamSimulator extends RunningSimulator {
  readonly username: string
  readonly apiKey: string
  readonly webhookSecret: string
  readonly timeZone: string
  readonly warehouses: readonly SimulatedWarehouse[]
  /** What `shipstream()` takes to reach it. */
  readonly options: {
    readonly endpoint: string
    readonly username: string
    readonly apiKey: string
    readonly timeZone: string
  }
}

const defaultWarehouses: readonly SimulatedWarehouse[] = [
  {
    id: 1,
    name: 'Knoxville',
    street: '5502 Island River Dr',
    city: 'Knoxville',
    region: 'TN',
    country: 'US',
    postalCode: '37914',
  },
  {
    id: 2,
    name: 'Salt Lake City',
    street: '5450 W Wiley Post Way',
    city: 'Salt Lake City',
    region: 'UT',
    country: 'US',
    postalCode: '84116',
  },
]

/**
 * ShipStream on loopback: its JSON-RPC with Basic or sessions, orders, shipments, packages, deliveries, stock in two
 * warehouses and signed webhooks.
 *
 * @example
 * const simulator = await startShipStreamSimulator()
 * const south = shipstream(simulator.options)
 * await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
 */
export async function startShipStreamSimulator(
  given: ShipStreamSimulatorOptions = {},
): Promise<ShipStreamSimulator> {
  const parts: Parts = {
    username: 'stockpool',
    apiKey: 'shipstream-test-key',
    warehouses: defaultWarehouses,
    timeZone: 'America/New_York',
    backorders: true,
    cancelInProcess: false,
    denied: [],
    webhookSecret: 'the secret of the ShipStream simulator',
    shipAfterMs: null,
    ...given,
  }
  const running = await startSimulator((kit) => define(kit, parts), given)
  const { username, apiKey, webhookSecret, timeZone, warehouses } = parts
  const options = { endpoint: `${running.url}/api/jsonrpc`, username, apiKey, timeZone }
  return extendSimulator(running, { username, apiKey, webhookSecret, timeZone, warehouses, options })
}

type Parts = Required<Omit<ShipStreamSimulatorOptions, keyof SimulatorOptions>>

function define(kit: SimulatorKit, parts: Parts): SimulatorDefinition {
  const warehouse: Warehouse = new Warehouse(
    kit.clock,
    parts.warehouses,
    createNews(kit, () => warehouse),
  )
  const deliveries = new Deliveries(warehouse)
  const staff = new Staff(warehouse)
  let { shipAfterMs } = parts
  const later = (order: SimulatedOrder, ms: number) => {
    // Rejects only when the simulator ends.
    kit.clock.sleep(ms, kit.signal).then(
      () => staff.ship(order, { lines: null, labelOnly: false, boxes: 1, labels: 1 }),
      () => undefined,
    )
  }
  const { username, apiKey, denied, webhookSecret } = parts
  const rpc = createRpc({
    username,
    apiKey,
    denied,
    clock: kit.clock,
    methods: methods({
      kit,
      warehouse,
      deliveries,
      timeZone: parts.timeZone,
      backorders: parts.backorders,
      cancelInProcess: parts.cancelInProcess,
      webhookSecret,
      created: (order) => shipAfterMs !== null && later(order, shipAfterMs),
    }),
  })
  return {
    kind: 'shipstream',
    operationOf: (request) => methodOf(request.json()),
    handle: rpc.handle,
    malformed: rpc.malformed,
    controls: controls({
      warehouse,
      staff,
      deliveries,
      forget: rpc.forget,
      auto(ms) {
        shipAfterMs = ms
        if (ms !== null) for (const order of warehouse.orders) later(order, ms)
      },
    }),
    state: () => stateOf(warehouse, deliveries),
    faultReply: (_, status) => reply(status, `Simulated ${status}`),
    webhooks: webhookPlan(webhookSecret),
  }
}
