import { z } from 'zod'
import {
  type Route,
  refuse,
  reply,
  SentBack,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'
import type { ReturnAction, SimulatedReturn } from './types.ts'
import { time } from './views.ts'
import type { Warehouse } from './warehouse.ts'

const Action = z.enum(['Default', 'Restock', 'Quarantine', 'Dispose'])
const Announce = z.strictObject({
  reference: z.string(),
  lines: z
    .array(
      z.strictObject({ sku: z.string(), quantity: z.int().min(1), requested: Action.default('Default') }),
    )
    .min(1),
})
const Process = z.strictObject({
  id: z.int(),
  lines: z.array(
    z.strictObject({
      sku: z.string(),
      quantity: z.int().min(1),
      action: Action,
      reason: z.string().nullable().default(null),
      image: z.url().nullable().default(null),
    }),
  ),
  /** Whether that is all that came. */
  complete: z.boolean().default(true),
})
const Named = z.strictObject({ id: z.int() })

/** The desk at which goods come back. Restocked units are on hand again; nothing else is. */
export class ReturnDesk {
  readonly all: SimulatedReturn[] = []
  readonly #clock: Clock
  readonly #warehouse: Warehouse
  readonly #tell: (topic: string, one: SimulatedReturn) => void

  constructor(clock: Clock, warehouse: Warehouse, tell: (topic: string, one: SimulatedReturn) => void) {
    this.#clock = clock
    this.#warehouse = warehouse
    this.#tell = tell
  }

  /** The controls of the desk. */
  controls(): Record<string, (body: unknown) => unknown> {
    return {
      /** A return label was made for goods of an order that has shipped. */
      returns: (body) => ({ id: this.#announce(Announce.parse(body)).id }),
      'sent-back': (body) => ({ return: String(this.#stand(SentBack.parse(body)).id) }),
      'returns/arrive': (body) => this.#move(this.#named(body), 'Arrived', 'return.updated'),
      'returns/cancel': (body) => this.#move(this.#named(body), 'Cancelled', 'return.updated'),
      /** The goods were looked at, unit by unit. */
      'returns/process': (body) => {
        const { id, lines, complete } = Process.parse(body)
        const one = this.#named({ id })
        for (const { sku, quantity, action, reason, image } of lines) {
          const line = one.lines.find((each) => each.sku === sku)
          if (line === undefined)
            return refuse(404, { error: 'not_found', message: `${sku} is not announced` })
          line.taken.push({ action, reason, image, quantity })
          const { id: location } = one.shipment.location
          if (action === 'Restock')
            this.#warehouse.stock(
              sku,
              this.#warehouse.onHand(sku, location) + quantity,
              one.shipment.location,
            )
        }
        return this.#move(
          one,
          complete ? 'Completed' : 'Processing',
          complete ? 'return.completed' : 'return.updated',
        )
      },
    }
  }

  #announce({ reference, lines }: z.infer<typeof Announce>): SimulatedReturn {
    const order = this.#warehouse.orders.find(({ input }) => input.reference_id === reference)
    const shipment = order?.shipments.find(({ status }) => status === 'Completed')
    if (order === undefined || shipment === undefined)
      return refuse(409, { error: 'conflict', message: `${reference} has not shipped` })
    const made: SimulatedReturn = {
      id: 700_000 + this.all.length + 1,
      order,
      shipment,
      status: 'AwaitingArrival',
      unreadable: false,
      history: [],
      lines: lines.map((line) => ({ ...line, taken: [] })),
    }
    this.all.push(made)
    this.#move(made, 'AwaitingArrival', 'return.created')
    return made
  }

  /** A return as it stands now, whatever it was before. */
  #stand({ return: id, reference, lines, status, unreadable }: SentBack): SimulatedReturn {
    const announced = lines.map(({ sku, quantity }) => ({ sku, quantity, requested: 'Default' as const }))
    const one =
      id === undefined ? this.#announce({ reference, lines: announced }) : this.#named({ id: Number(id) })
    const { location } = one.shipment
    for (const { sku, received, restocked, word } of lines) {
      const line =
        one.lines.find((each) => each.sku === sku) ??
        refuse(404, { error: 'not_found', message: `${sku} is not announced` })
      const before = line.taken.find(({ action }) => action === 'Restock')?.quantity ?? 0
      const taken = [
        { action: 'Restock', quantity: restocked },
        { action: word ?? 'Default', quantity: received - restocked },
      ].filter(({ quantity }) => quantity > 0)
      line.taken.splice(
        0,
        line.taken.length,
        ...taken.map((each) => ({ ...each, reason: null, image: null })),
      )
      const onHand = this.#warehouse.onHand(sku, location.id)
      if (restocked !== before) this.#warehouse.stock(sku, onHand + restocked - before, location)
    }
    const over = lines.every(({ quantity, received }) => received >= quantity)
    if (over) this.#move(one, 'Completed', 'return.completed')
    else if (lines.some(({ received }) => received > 0)) this.#move(one, 'Processing', 'return.updated')
    one.status = status ?? one.status
    one.unreadable = unreadable
    return one
  }

  #named(body: unknown): SimulatedReturn {
    const { id } = Named.parse(body)
    return (
      this.all.find((one) => one.id === id) ??
      refuse(404, { error: 'not_found', message: `there is no return ${id}` })
    )
  }

  #move(one: SimulatedReturn, status: string, topic: string): { id: number; status: string } {
    one.status = status
    ;(one.history as { status: string; at: number }[]).push({ status, at: this.#clock.now() })
    this.#tell(topic, one)
    return { id: one.id, status }
  }
}

const at = (one: SimulatedReturn, status: string) =>
  time(one.history.findLast((each) => each.status === status)?.at ?? null)

const actionType: Readonly<Record<ReturnAction, string>> = {
  Default: 'Inventory Default',
  Restock: 'Overridden',
  Quarantine: 'Overridden',
  Dispose: 'Overridden',
}

/** A return as ShipBob shows it. */
export function returnView(warehouse: Warehouse, one: SimulatedReturn) {
  return {
    id: one.id,
    reference_id: `RMA-${one.id}`,
    store_order_id: one.order.input.reference_id,
    original_shipment_id: one.shipment.id,
    shipment_tracking_number: one.shipment.tracking?.number ?? null,
    tracking_number: `9400${one.id}`,
    status: one.status,
    return_type: 'Regular',
    customer_name: 'stockpool',
    channel: { id: one.order.channel, name: 'stockpool' },
    fulfillment_center: { id: one.shipment.location.id, name: one.shipment.location.name },
    insert_date: time(one.history[0]?.at ?? 0),
    awaiting_arrival_date: at(one, 'AwaitingArrival'),
    arrived_date: at(one, 'Arrived'),
    processing_date: at(one, 'Processing'),
    completed_date: at(one, 'Completed'),
    cancelled_date: at(one, 'Cancelled'),
    status_history: one.history.map(({ status, at: when }) => ({ status, timestamp: time(when) })),
    inventory: one.unreadable
      ? 'none'
      : one.lines.map(({ sku, quantity, requested, taken }) => ({
          id: warehouse.item(sku).id,
          sku,
          name: warehouse.item(sku).name,
          quantity,
          barcodes: [],
          lot_information: { lot: null, minimum_shelf_life: null },
          action_requested: { action: requested, action_type: actionType[requested], instructions: null },
          action_taken: taken.map((each) => ({
            action: each.action,
            action_reason: each.reason,
            image_url: each.image,
            quantity_processed: each.quantity,
          })),
        })),
    invoice: { amount: 0, currency_code: 'USD' },
    transactions: [],
  }
}

type Handle = (request: SimulatorRequest, params: Readonly<Record<string, string>>) => SimulatorReply

/** The operations on returns. */
export function returnRoutes(
  desk: ReturnDesk,
  warehouse: Warehouse,
  address: (query: URLSearchParams) => string,
  route: (operation: string, method: string, path: string, handle: Handle) => Route,
): Route[] {
  return [
    route('getReturns', 'GET', '/return', ({ query }) => {
      const size = Math.min(Math.max(1, Number(query.get('Limit') ?? 50) || 50), 250)
      const page = Math.max(1, Number(query.get('Cursor') ?? 1) || 1)
      const statuses = query.get('Status')?.split(',')
      const from = Date.parse(query.get('StartDate') ?? '')
      const completed = Date.parse(query.get('CompletedStartDate') ?? '')
      const found = desk.all.filter((one) => {
        const done = one.history.findLast(({ status }) => status === 'Completed')?.at ?? null
        if (statuses && !statuses.includes(one.status)) return false
        if (Number.isFinite(completed) && (done === null || done < completed)) return false
        return !Number.isFinite(from) || (one.history[0]?.at ?? 0) >= from
      })
      const sorted = query.get('SortOrder') === 'Asc' ? found : found.reverse()
      const to = (number: number) => {
        const next = new URLSearchParams(query)
        next.set('Cursor', String(number))
        return address(next)
      }
      return reply(200, {
        items: sorted.slice((page - 1) * size, page * size).map((one) => returnView(warehouse, one)),
        first: to(1),
        prev: page > 1 ? to(page - 1) : null,
        next: page * size < sorted.length ? to(page + 1) : null,
        last: to(Math.max(1, Math.ceil(sorted.length / size))),
      })
    }),
    route('getReturn', 'GET', '/return/{id}', (_, { id }) => {
      const one = desk.all.find((each) => String(each.id) === id)
      return one
        ? reply(200, returnView(warehouse, one))
        : reply(404, { statusCode: 404, message: 'Resource not found' })
    }),
  ]
}
