import { hmacSha256, toBase64 } from '../../../src/http/index.ts'
import {
  type RunningSimulator,
  reply,
  router,
  type SimulatorDefinition,
  type SimulatorKit,
  type SimulatorOptions,
  startSimulator,
  type WebhookPlan,
} from '../../../src/simulator/index.ts'
import { shipbobApiVersion } from '../options.ts'
import { controls, stateOf } from './controls.ts'
import { type Channel, createGate } from './gate.ts'
import { ReturnDesk, returnView } from './returns.ts'
import { routes } from './routes.ts'
import type { SimulatedLocation, SimulatedOrder } from './types.ts'
import { shipmentView } from './views.ts'
import { Warehouse } from './warehouse.ts'

export interface ShipBobSimulatorOptions extends SimulatorOptions {
  /** Default `shipbob-test-token`. */
  readonly token?: string
  /** Default one channel, 433123. */
  readonly channels?: readonly Channel[]
  /** Default two: 3 (Cicero, IL) and 8 (Moreno Valley, CA). The first is asked first. */
  readonly locations?: readonly SimulatedLocation[]
  /** Default 150 calls in any 60,000 ms. */
  readonly limit?: { readonly limit: number; readonly windowMs: number }
  /** Default a fixed `whsec_…`. */
  readonly webhookSecret?: string
  /** Ships every order by itself so long after it came. Default: staff do, by the control `ship`. */
  readonly shipAfterMs?: number | null
  /** Default the version the adapter is written for. */
  readonly version?: string
}

export interface ShipBobSimulator extends RunningSimulator {
  readonly token: string
  /** The first channel. */
  readonly channelId: number
  readonly webhookSecret: string
  readonly locations: readonly SimulatedLocation[]
  /** What `shipbob()` takes to reach it. */
  readonly options: { readonly endpoint: string; readonly token: string; readonly channelId: number }
}

const defaultLocations: readonly SimulatedLocation[] = [
  { id: 3, name: 'Cicero (IL)', country: 'US', postalCode: '60804' },
  { id: 8, name: 'Moreno Valley (CA)', country: 'US', postalCode: '92551' },
]
const secret = `whsec_${toBase64(Buffer.from('the secret of the ShipBob simulator'))}`

/** Signs as ShipBob does, by the Standard Webhooks rules; repeats on ShipBob's schedule. */
const webhookPlan = (defaultSecret: string): WebhookPlan => ({
  timeoutMs: 15_000,
  retryAfterMs: [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000],
  sign({ id, topic, body, secret: own, at }) {
    const key = Buffer.from((own ?? defaultSecret).replace(/^whsec_/, ''), 'base64')
    const messageId = `msg_${id}`
    const timestamp = String(Math.floor(at / 1000))
    return {
      'content-type': 'application/json',
      'webhook-id': messageId,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${toBase64(hmacSha256(key, `${messageId}.${timestamp}.`, body))}`,
      'x-webhook-topic': topic,
    }
  },
})

/**
 * ShipBob on loopback: orders, shipments, stock at two locations, limits and signed webhooks of its API.
 *
 * @example
 * const simulator = await startShipBobSimulator()
 * const east = shipbob(simulator.options)
 * await simulator.control('stock', { sku: 'MUG-RED', quantity: 20 })
 */
export async function startShipBobSimulator(given: ShipBobSimulatorOptions = {}): Promise<ShipBobSimulator> {
  const token = given.token ?? 'shipbob-test-token'
  const webhookSecret = given.webhookSecret ?? secret
  const locations = given.locations ?? defaultLocations
  const channels = given.channels ?? [{ id: 433_123, name: 'stockpool' }]
  const ending = new AbortController()
  const parts = { ...given, token, webhookSecret, locations, channels, ending: ending.signal }
  const running = await startSimulator((kit) => define(kit, parts), given)
  const close = async () => {
    ending.abort()
    await running[Symbol.asyncDispose]()
  }
  const channelId = channels[0]?.id ?? 0
  const options = { endpoint: running.url, token, channelId }
  const own = { token, channelId, webhookSecret, locations, options }
  // Not spread: the simulator's own members are read when they are asked for.
  return Object.create(running, {
    ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, { value, enumerable: true }])),
    close: { value: close },
    [Symbol.asyncDispose]: { value: close },
  }) as ShipBobSimulator
}

interface Parts
  extends Required<Pick<ShipBobSimulatorOptions, 'token' | 'webhookSecret' | 'locations' | 'channels'>> {
  readonly limit?: ShipBobSimulatorOptions['limit']
  readonly shipAfterMs?: number | null
  readonly version?: string
  readonly ending: AbortSignal
}

function define(kit: SimulatorKit, parts: Parts): SimulatorDefinition {
  const { token, channels, webhookSecret } = parts
  const gate = createGate(kit.clock, {
    token,
    channels,
    limit: parts.limit ?? { limit: 150, windowMs: 60_000 },
  })
  const warehouse = new Warehouse(kit.clock, parts.locations, (topic, order, shipment) =>
    kit.webhooks.send({ topic, body: shipmentView(warehouse, order, shipment) }),
  )
  const desk = new ReturnDesk(kit.clock, warehouse, (topic, one) =>
    kit.webhooks.send({ topic, body: returnView(warehouse, one) }),
  )
  let shipAfterMs = parts.shipAfterMs ?? null
  const later = (order: SimulatedOrder, ms: number) => {
    // Rejects only when the simulator ends.
    kit.clock.sleep(ms, parts.ending).then(
      () => warehouse.ship(order, null, false),
      () => undefined,
    )
  }
  return {
    kind: 'shipbob',
    ...router(
      routes({
        kit,
        gate,
        warehouse,
        desk,
        ending: parts.ending,
        channels,
        webhookSecret,
        version: parts.version ?? shipbobApiVersion,
        created: (order) => shipAfterMs !== null && later(order, shipAfterMs),
      }),
      () => reply(404, { statusCode: 404, message: 'Resource not found' }),
    ),
    controls: {
      ...desk.controls(),
      ...controls({
        warehouse,
        auto(ms) {
          shipAfterMs = ms
          if (ms !== null) for (const order of warehouse.orders) later(order, ms)
        },
      }),
    },
    state: () => stateOf(warehouse),
    faultReply: (_, status) =>
      status === 429
        ? gate.tooMany(2)
        : reply(status, { statusCode: status, message: `Simulated ${status}` }),
    malformed: () => reply(400, { '': ['A non-empty request body is required.'] }),
    webhooks: webhookPlan(webhookSecret),
  }
}
