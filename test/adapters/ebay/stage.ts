import { afterEach } from 'vitest'
import { type EbayConnection, type EbayOptions, ebay } from '../../../adapters/ebay/index.ts'
import {
  type EbaySimulator,
  type EbaySimulatorOptions,
  startEbaySimulator,
} from '../../../adapters/ebay/simulator/index.ts'
import type { HttpEvent } from '../../../src/http/index.ts'
import {
  type SimulatorReply,
  type SimulatorRequest,
  type VirtualClock,
  virtualClock,
} from '../../../src/simulator/index.ts'
import type { AdapterContext, ListingTarget, ShipmentNotice } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

export interface Exchange {
  readonly operation: string
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string | undefined>>
  /** Parsed, or the text where it is no JSON. */
  readonly body: unknown
  readonly raw: string
  readonly reply: SimulatorReply
}

export interface Stage {
  readonly simulator: EbaySimulator
  readonly connection: EbayConnection
  readonly context: AdapterContext
  readonly clock: VirtualClock
  readonly seen: readonly Exchange[]
  readonly logged: readonly string[]
  readonly events: readonly HttpEvent[]
  /** The exchanges of one operation. */
  of(operation: string): Exchange[]
  clear(): void
}

export interface StageOptions {
  readonly simulator?: EbaySimulatorOptions
  readonly options?: Partial<EbayOptions> | ((simulator: EbaySimulator) => Partial<EbayOptions>)
  readonly fetchTimeoutMs?: number
}

const open: EbaySimulator[] = []
afterEach(async () => {
  for (const simulator of open.splice(0)) await simulator.close()
})

function exchangeOf(request: SimulatorRequest, reply: SimulatorReply): Exchange {
  const raw = request.raw.toString('utf8')
  let body: unknown = raw
  try {
    body = JSON.parse(raw)
  } catch {
    // A form, a document, nothing.
  }
  const { operation, method, path, query, headers } = request
  return { operation, method, path, query: Object.fromEntries(query), headers, body, raw, reply }
}

/** A simulated eBay, a connection to it, and every exchange between them. Time stands but for waits. */
export async function stage({
  simulator: own = {},
  options = {},
  fetchTimeoutMs,
}: StageOptions = {}): Promise<Stage> {
  const seen: Exchange[] = []
  const logged: string[] = []
  const events: HttpEvent[] = []
  const clock = virtualClock(Date.UTC(2026, 6, 1, 9), { autoAdvance: { quietMs: 10 } })
  const simulator = await startEbaySimulator({
    clock,
    observe: (request, reply) => void seen.push(exchangeOf(request, reply)),
    ...own,
  })
  open.push(simulator)
  const more = typeof options === 'function' ? options(simulator) : options
  const connection = ebay({ ...simulator.options, ...more })
  const note = (message: string, facts?: unknown) => void logged.push(`${message} ${JSON.stringify(facts)}`)
  const context = adapterContext(connection, {
    clock,
    log: { debug: note, info: note, warn: note },
    random: () => 0,
    on: (event) => void events.push(event),
    ...(fetchTimeoutMs === undefined ? {} : { fetchTimeoutMs }),
  })
  return {
    simulator,
    connection,
    context,
    clock,
    seen,
    logged,
    events,
    of: (operation) => seen.filter((each) => each.operation === operation),
    clear: () => void seen.splice(0),
  }
}

export async function list(
  { simulator }: Stage,
  sku: string,
  quantity: number,
  more: Readonly<Record<string, unknown>> = {},
): Promise<{ listing: string; itemId: string }> {
  return simulator.control('listings', { sku, quantity, ...more })
}

export async function buy(
  { simulator }: Stage,
  lines: readonly { readonly sku: string; readonly quantity: number }[],
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return (await simulator.control<{ order: string }>('orders', { lines, ...more })).order
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
  key: `${listing}-${quantity}`,
  ...more,
})

export const notice = (
  order: string,
  lines: ShipmentNotice['lines'],
  more: Partial<ShipmentNotice> = {},
): ShipmentNotice => ({
  order,
  parcel: 'parcel-1',
  sequence: 1,
  carrier: 'usps',
  carrierName: 'USPS',
  service: null,
  trackingNumber: '9400 1118 9956 0000 0000 01',
  trackingUrl: null,
  shippedAt: Date.UTC(2026, 6, 1, 8),
  lines,
  ...more,
})

export interface State {
  readonly listings: readonly {
    readonly listing: string
    readonly quantity: number
    readonly item: number
    readonly revisions: number
    readonly offers: readonly { id: string; available: number }[]
  }[]
  readonly orders: readonly {
    readonly id: string
    readonly status: string
    readonly refunds: readonly { line: string | null; amount: number; status: string }[]
    readonly shipments: readonly { trackingNumber: string | null; carrier: string | null }[]
  }[]
  readonly returns: readonly {
    readonly id: string
    readonly state: string
    readonly refunded: number | null
  }[]
}
export const stateOf = ({ simulator }: Stage): State => simulator.state() as State
