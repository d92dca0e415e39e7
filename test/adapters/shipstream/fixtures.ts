import { type ShipStreamOptions, shipstream } from '../../../adapters/shipstream/index.ts'
import { type Settings, settingsFrom } from '../../../adapters/shipstream/options.ts'
import { orderFrom } from '../../../adapters/shipstream/order.ts'
import {
  type ShipStreamSimulatorOptions,
  startShipStreamSimulator,
} from '../../../adapters/shipstream/simulator/index.ts'
import { Address } from '../../../src/model/address.ts'
import type { FulfillmentOrder, FulfillmentRequest } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

export const options: ShipStreamOptions = {
  endpoint: 'https://acme.shipstream.app/api/jsonrpc',
  username: 'pool',
  apiKey: 'k-4f1c09',
}
export const settings = (more: Partial<ShipStreamOptions> = {}): Settings =>
  settingsFrom({ ...options, ...more })

export const request = (more: Partial<FulfillmentRequest> = {}): FulfillmentRequest => ({
  reference: 'web-1001-1',
  number: '#1001',
  location: '2',
  channel: 'web',
  placedAt: Date.parse('2026-03-02T09:30:00Z'),
  shipTo: Address.parse({
    name: 'Jane van Poe',
    company: 'Poe Mugs',
    line1: '12 Elm St',
    line2: 'Flat 3',
    city: 'Springfield',
    region: 'IL',
    postalCode: '62704',
    country: 'US',
    phone: '+1 217 555 0100',
  }),
  buyer: { id: null, name: 'Jane van Poe', email: 'jane.poe@example.com', phone: null },
  serviceLevel: 'standard',
  rawServiceLevel: null,
  shipBy: null,
  lines: [{ sku: 'MUG-RED', title: 'Red mug', quantity: 2 }],
  ...more,
})

export const at = '2026-03-02T10:00:00+00:00'

export const item = (more: Readonly<Record<string, unknown>> = {}) => ({
  order_item_id: '214',
  order_item_ref: null,
  sku: 'MUG-RED',
  name: 'Red mug',
  qty_ordered: '2.0000',
  qty_backordered: '0.0000',
  qty_canceled: '0.0000',
  qty_processing: '0.0000',
  qty_shipped: '0.0000',
  ...more,
})

export const order = (more: Readonly<Record<string, unknown>> = {}) => ({
  order_id: '900',
  unique_id: 'web-1001-1',
  order_ref: '#1001',
  state: 'new',
  status: 'new',
  shipping_method: 'ups_03',
  created_at: at,
  updated_at: at,
  shipped_at: null,
  delivered_at: null,
  items: [item()],
  shipping_address: {
    firstname: 'Jane van',
    lastname: 'Poe',
    postcode: '62704',
    country: 'US',
    street: '12 Elm St',
  },
  ...more,
})

export const box = (more: Readonly<Record<string, unknown>> = {}) => ({
  warehouse_id: '1',
  status: 'packed',
  carrier: 'ups',
  created_at: at,
  tracking_added_at: '2026-03-02T11:00:00+00:00',
  shipped_at: null,
  delivered_at: null,
  tracking: [{ number: '1Z1', description: 'UPS Ground', track_url: 'https://example.com/track/1Z1' }],
  order_items: [{ order_item_id: '214', order_item_ref: null, sku: 'MUG-RED', quantity: '2.0000' }],
  package_items: [{ order_item_id: '214', sku: 'MUG-RED', quantity: '2.0000' }],
  ...more,
})

export const shipment = (more: Readonly<Record<string, unknown>> = {}) => ({
  shipment_id: '100000020',
  warehouse_id: 1,
  order_unique_id: 'web-1001-1',
  order_ref: '#1001',
  status: 'packed',
  updated_at: at,
  packed_at: '2026-03-02T11:00:00+00:00',
  shipped_at: null,
  delivered_at: null,
  items: [{ sku: 'MUG-RED', qty: '2.0000', qty_cancel_requested: '0.0000', qty_canceled: '0.0000' }],
  packages: [box()],
  ...more,
})

/** What the adapter makes of an order with its shipments, with the numbers of all that is labelled. */
export const read = (
  body: unknown,
  shipments: readonly unknown[] = [],
  trackingFrom: Settings['trackingFrom'] = 'packed',
): FulfillmentOrder => orderFrom(body, shipments, { trackingFrom })

/** A simulator with the adapter connected to it. */
export async function stage(
  simulated: ShipStreamSimulatorOptions = {},
  more: Partial<ShipStreamOptions> = {},
  context: Parameters<typeof adapterContext>[1] = {},
) {
  const simulator = await startShipStreamSimulator(simulated)
  const connection = shipstream({ ...simulator.options, webhookSecret: simulator.webhookSecret, ...more })
  return {
    simulator,
    connection,
    facet: connection.fulfillment,
    context: adapterContext(connection, { clock: simulator.clock, random: () => 0, ...context }),
    [Symbol.asyncDispose]: () => simulator.close(),
  }
}

/** All pages of one pass of updates. */
export async function pass(
  { facet, context }: Pick<Awaited<ReturnType<typeof stage>>, 'facet' | 'context'>,
  from: string | null,
) {
  const orders: FulfillmentOrder[] = []
  let cursor = from
  for (let more = true; more; ) {
    const page = await facet.updates(context, cursor)
    orders.push(...page.orders)
    cursor = page.cursor
    more = page.more
  }
  return { orders, cursor }
}
