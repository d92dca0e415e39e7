import { type ShipBobOptions, shipbob } from '../../../adapters/shipbob/index.ts'
import { type Settings, settingsFrom } from '../../../adapters/shipbob/options.ts'
import { orderFrom } from '../../../adapters/shipbob/order.ts'
import {
  type ShipBobSimulator,
  type ShipBobSimulatorOptions,
  startShipBobSimulator,
} from '../../../adapters/shipbob/simulator/index.ts'
import { WireOrder } from '../../../adapters/shipbob/wire.ts'
import { Address } from '../../../src/model/address.ts'
import type { FulfillmentOrder, FulfillmentRequest } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

export const options: ShipBobOptions = { token: 'pat-4f1c09', channelId: 433123 }
export const settings = (more: Partial<ShipBobOptions> = {}): Settings =>
  settingsFrom({ ...options, ...more })

export const request = (more: Partial<FulfillmentRequest> = {}): FulfillmentRequest => ({
  reference: 'web-1001-1',
  number: '#1001',
  location: null,
  channel: 'web',
  placedAt: Date.parse('2026-03-02T09:30:00Z'),
  shipTo: Address.parse({
    name: 'Jane Poe',
    line1: '12 Elm St',
    line2: 'Flat 3',
    city: 'Springfield',
    region: 'IL',
    postalCode: '62704',
    country: 'US',
    phone: '+1 217 555 0100',
  }),
  buyer: { id: null, name: 'Jane Poe', email: 'jane.poe@example.com', phone: null },
  serviceLevel: 'standard',
  rawServiceLevel: null,
  shipBy: null,
  lines: [{ sku: 'MUG-RED', title: 'Red mug', quantity: 2 }],
  ...more,
})

export const at = '2026-03-02T10:00:00.0000000+00:00'

interface ShipmentFacts {
  readonly id?: number
  readonly status?: string
  readonly detail?: readonly {
    id?: number | null
    name?: string | null
    description?: string
    inventory_id?: number
  }[]
  readonly lines?: Readonly<Record<string, number>>
  readonly tracking?: Readonly<Record<string, unknown>> | null
  readonly more?: Readonly<Record<string, unknown>>
}

const inventoryIds = new Map<string, number>()
export const inventoryId = (sku: string) => {
  if (!inventoryIds.has(sku)) inventoryIds.set(sku, 7000 + inventoryIds.size)
  return inventoryIds.get(sku) ?? 0
}

export const shipment = ({
  id = 501,
  status = 'Processing',
  detail = [],
  lines = { 'MUG-RED': 2 },
  tracking = null,
  more = {},
}: ShipmentFacts = {}) => ({
  id,
  order_id: 900,
  reference_id: 'web-1001-1',
  status,
  status_details: detail,
  created_date: at,
  last_update_at: at,
  last_tracking_update_at: null,
  actual_fulfillment_date: null,
  delivery_date: null,
  location: { id: 3, name: 'Cicero (IL)' },
  products: Object.entries(lines).map(([sku, quantity]) => ({
    id: 60,
    reference_id: sku,
    sku,
    name: sku,
    inventory_items: [{ id: inventoryId(sku), name: sku, quantity, quantity_committed: quantity }],
  })),
  tracking,
  ...more,
})

export const tracking = (
  number = '9400100000000000000001',
  more: Readonly<Record<string, unknown>> = {},
) => ({
  carrier: 'USPS',
  carrier_service: 'Ground Advantage',
  tracking_number: number,
  tracking_url: `https://example.com/track/${number}`,
  ...more,
})

export const order = (more: Readonly<Record<string, unknown>> = {}) => ({
  id: 900,
  reference_id: 'web-1001-1',
  order_number: '#1001',
  status: 'Processing',
  created_date: at,
  channel: { id: 433123, name: 'stockpool' },
  products: [{ id: 60, reference_id: 'MUG-RED', sku: 'MUG-RED', quantity: 2 }],
  recipient: {
    name: 'Jane Poe',
    address: { address1: '12 Elm St', city: 'Springfield', state: 'IL', zip_code: '62704', country: 'US' },
  },
  shipments: [shipment()],
  ...more,
})

/** What the adapter makes of a body of ShipBob. */
export const read = (body: unknown): FulfillmentOrder => orderFrom(WireOrder.parse(body), body)

/** A simulator with the adapter connected to it. */
export async function stage(
  simulated: ShipBobSimulatorOptions = {},
  more: Partial<ShipBobOptions> = {},
  context: Parameters<typeof adapterContext>[1] = {},
) {
  const simulator: ShipBobSimulator = await startShipBobSimulator(simulated)
  const connection = shipbob({
    endpoint: simulator.url,
    token: simulator.token,
    channelId: simulator.channelId,
    ...more,
  })
  return {
    simulator,
    connection,
    facet: connection.fulfillment,
    context: adapterContext(connection, { clock: simulator.clock, random: () => 0, ...context }),
    [Symbol.asyncDispose]: () => simulator.close(),
  }
}
