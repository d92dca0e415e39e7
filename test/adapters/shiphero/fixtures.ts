import { type ShipHeroOptions, shiphero } from '../../../adapters/shiphero/index.ts'
import { type Settings, settingsFrom } from '../../../adapters/shiphero/options.ts'
import { orderFrom } from '../../../adapters/shiphero/order.ts'
import {
  type ShipHeroSimulator,
  type ShipHeroSimulatorOptions,
  startShipHeroSimulator,
} from '../../../adapters/shiphero/simulator/index.ts'
import { WireOrder } from '../../../adapters/shiphero/wire.ts'
import { Address } from '../../../src/model/address.ts'
import type { FulfillmentOrder, FulfillmentRequest } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

export const options: ShipHeroOptions = { refreshToken: 'rt-4f1c09e7' }
export const settings = (more: Partial<ShipHeroOptions> = {}): Settings =>
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
  lines: [{ sku: 'MUG-RED', title: 'Red mug', quantity: 5 }],
  ...more,
})

/** The moment at which `read` reads. */
export const now = Date.parse('2026-03-02T12:00:00Z')

type Facts = Readonly<Record<string, unknown>>

const connection = (nodes: readonly unknown[], endCursor: string | null = null) => ({
  edges: nodes.map((node) => ({ node })),
  pageInfo: { hasNextPage: endCursor !== null, endCursor },
})
export const page = connection

/** A line of five red mugs, all of them allocated, as ShipHero shows it. */
export const line = (more: Facts = {}) => ({
  id: 'TGluZUl0ZW06MQ==',
  sku: 'MUG-RED',
  partner_line_item_id: 'web-1001-1/1/1/5',
  quantity: 5,
  quantity_allocated: 5,
  quantity_pending_fulfillment: 5,
  quantity_shipped: 0,
  backorder_quantity: 0,
  fulfillment_status: 'pending',
  warehouse_id: 'V2FyZWhvdXNlOjgwMDE=',
  created_at: '2026-03-02T10:00:00',
  ...more,
})

export const label = (number: number, more: Facts = {}) => ({
  id: `label-${number}`,
  carrier: 'UPS',
  shipping_method: 'UPS Ground',
  shipping_name: null,
  tracking_number: `1Z000${number}`,
  tracking_url: null,
  status: 'valid',
  created_date: '2026-03-02T11:00:00',
  picked_up: false,
  delivered: false,
  refunded: false,
  needs_refund: false,
  package_number: number,
  ...more,
})

/** Units of the line above, by label id. */
export const shipment = (
  labels: readonly Facts[],
  units: Readonly<Record<string, number>>,
  more: Facts = {},
) => ({
  id: 'U2hpcG1lbnQ6MQ==',
  warehouse_id: 'V2FyZWhvdXNlOjgwMDE=',
  created_date: '2026-03-02T11:00:00',
  completed: true,
  picked_up: false,
  delivered: false,
  shipping_labels: labels,
  line_items: connection(
    Object.entries(units).map(([label, quantity]) => ({
      line_item_id: 'TGluZUl0ZW06MQ==',
      shipping_label_id: label === '' ? null : label,
      quantity,
    })),
  ),
  ...more,
})

export const order = (more: Facts = {}, lines: readonly Facts[] = [line()]) => ({
  id: 'T3JkZXI6OTAw',
  legacy_id: 900,
  order_number: '#1001',
  partner_order_id: 'web-1001-1',
  fulfillment_status: 'pending',
  updated_at: '2026-03-02T11:30:00',
  hold_until_date: null,
  flagged: false,
  holds: {
    fraud_hold: false,
    address_hold: false,
    shipping_method_hold: false,
    operator_hold: false,
    payment_hold: false,
    client_hold: false,
  },
  shipping_address: { first_name: 'Jane', last_name: 'Poe', zip: '62704', country: 'US' },
  allocations: [{ warehouse_id: 'V2FyZWhvdXNlOjgwMDE=', allocated_at: '2026-03-02T10:00:05' }],
  line_items: connection(lines),
  shipments: [],
  ...more,
})

/** What the adapter makes of a row of ShipHero. */
export const read = (row: unknown, more: Partial<ShipHeroOptions> = {}): FulfillmentOrder =>
  orderFrom(WireOrder.parse(row), row, settings(more), now)

/** A simulator with the adapter connected to it. */
export async function stage(
  simulated: ShipHeroSimulatorOptions = {},
  more: Partial<ShipHeroOptions> = {},
  context: Parameters<typeof adapterContext>[1] = {},
) {
  const simulator: ShipHeroSimulator = await startShipHeroSimulator(simulated)
  const connected = shiphero({ ...simulator.options, ...more })
  return {
    simulator,
    connection: connected,
    facet: connected.fulfillment,
    context: adapterContext(connected, { clock: simulator.clock, random: () => 0, ...context }),
    [Symbol.asyncDispose]: () => simulator.close(),
  }
}

interface Answer {
  readonly status: number
  readonly body: {
    readonly data?: Readonly<Record<string, unknown>> | null
    readonly errors?: readonly Readonly<Record<string, unknown>>[]
  }
}

/** Asks a simulator as any client would: with a token by user and password, over plain HTTP. */
export async function ask(
  simulator: ShipHeroSimulator,
  query: string,
  variables: object = {},
): Promise<Answer> {
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(simulator.url + path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })
  const granted = await post('/auth/token', { username: 'api@example.com', password: 'simulated' })
  const { access_token: token } = (await granted.json()) as { access_token: string }
  const answer = await post('/graphql', { query, variables }, { authorization: `Bearer ${token}` })
  return { status: answer.status, body: (await answer.json()) as Answer['body'] }
}
