import { z } from 'zod'
import { refuse, SentBack } from '../../../src/simulator/index.ts'
import type { Deliveries } from './deliveries.ts'
import type { Staff } from './staff.ts'
import type { Hold, SimulatedOrder } from './types.ts'
import { statusOf } from './types.ts'
import type { Warehouse } from './warehouse.ts'

const quantity = z.int().min(0).max(1_000_000_000)
const place = z.union([z.string(), z.int()]).optional()
const Lines = z.array(z.strictObject({ sku: z.string().min(1), quantity: z.int().min(1) })).min(1)
const count = z.int().min(1).max(20).default(1)

const Stock = z.strictObject({ sku: z.string().min(1).max(64), quantity, location: place })
const Ship = z.strictObject({
  reference: z.string().optional(),
  lines: Lines.optional(),
  labelOnly: z.boolean().default(false),
  /** Boxes of each shipment, and tracking numbers of each box. */
  boxes: count,
  labels: count,
})
const Some = z.strictObject({ reference: z.string().optional() })
const One = z.strictObject({ reference: z.string() })
const Stop = z.strictObject({ reference: z.string(), reason: z.string().min(1).optional() })
const Decide = z.strictObject({ reference: z.string(), accept: z.boolean() })
const Auto = z.strictObject({ shipAfterMs: z.number().min(0).nullable() })
const Deliver = z.strictObject({
  type: z.enum(['asn', 'rma', 'other']).default('asn'),
  lines: Lines,
  location: place,
  /** What the RMA names as the merchant's order. */
  order: z.string().optional(),
  tracking: z.array(z.string()).default([]),
})
const Step = z.strictObject({
  id: z.string(),
  step: z.enum(['accept', 'process', 'putaway', 'commit', 'cancel']),
  /** What was found, for `process`; default: what was announced. */
  found: z.array(z.strictObject({ sku: z.string(), quantity, damaged: quantity.optional() })).optional(),
})

export interface ControlParts {
  readonly warehouse: Warehouse
  readonly staff: Staff
  readonly deliveries: Deliveries
  /** Ships every order by itself so long after it came; `null`: staff do. */
  auto(shipAfterMs: number | null): void
  /** Ends every session. */
  forget(): void
}

const holds: readonly Hold[] = [
  'holded',
  'delayed_shipment',
  'unresolved',
  'invalid_address',
  'unable_to_process',
]
const holdOf = (reason: string): Hold =>
  holds.find((each) => each === reason) ?? (/address/i.test(reason) ? 'invalid_address' : 'holded')

/** What the staff of the warehouses do. */
export function controls(parts: ControlParts): Record<string, (body: unknown) => unknown> {
  const { warehouse, staff, deliveries } = parts
  const named = (reference: string): SimulatedOrder =>
    warehouse.find(reference) ??
    refuse(404, { error: 'not_found', field: 'reference', message: `there is no order ${reference}` })
  const at = (id: string | number | undefined) =>
    warehouse.place(id) ??
    refuse(404, { error: 'not_found', field: 'location', message: `there is no warehouse ${id}` })
  const delivered = (id: string) =>
    deliveries.find(id) ??
    refuse(404, { error: 'not_found', field: 'id', message: `there is no delivery ${id}` })
  const each = (reference: string | undefined, what: string, work: (order: SimulatedOrder) => number) => {
    const orders = reference === undefined ? warehouse.orders : [named(reference)]
    const worked = orders.reduce((total, order) => total + work(order), 0)
    if (worked === 0 && reference !== undefined) {
      const message = `${reference} has nothing to ${what}: it is ${statusOf(named(reference)).join('/')}`
      refuse(409, { error: 'conflict', message })
    }
    return { shipments: worked }
  }
  return {
    stock(body) {
      const { sku, quantity: units, location } = Stock.parse(body)
      const { id } = at(location)
      warehouse.stock(sku, units, at(location))
      return { sku, location: String(id), onHand: units, available: warehouse.available(sku, id) }
    },
    pick(body) {
      const { reference } = Some.parse(body)
      return each(reference, 'pick', (order) => staff.pick(order, null).length)
    },
    ship(body) {
      const { reference, lines = null, ...rest } = Ship.parse(body)
      return each(reference, 'ship', (order) => staff.ship(order, { lines, ...rest }))
    },
    manifest(body) {
      return each(Some.parse(body).reference, 'manifest', (order) => staff.manifest(order))
    },
    deliver(body) {
      return each(Some.parse(body).reference, 'deliver', (order) => staff.deliver(order))
    },
    revert(body) {
      return each(One.parse(body).reference, 'revert', (order) => staff.revert(order))
    },
    'labels/void'(body) {
      return each(One.parse(body).reference, 'void', (order) => staff.voidLabels(order))
    },
    hold(body) {
      const { reference, reason = 'holded' } = Stop.parse(body)
      return each(reference, 'hold', (order) => Number(warehouse.hold(order, holdOf(reason))))
    },
    release(body) {
      return each(One.parse(body).reference, 'release', (order) => Number(warehouse.hold(order, null)))
    },
    'cancel-requests'(body) {
      const { reference, accept } = Decide.parse(body)
      return each(reference, 'decide', (order) => warehouse.decide(order, accept))
    },
    deliveries(body) {
      const { type, lines, location, order, tracking } = Deliver.parse(body)
      const made = deliveries.create({
        type,
        warehouse: at(location),
        lines,
        orderRef: order ?? null,
        tracking,
      })
      return { id: made.incrementId }
    },
    'sent-back'(body) {
      const { return: id, reference, lines, ...rest } = SentBack.parse(body)
      const type = 'rma'
      const made =
        id === undefined
          ? deliveries.create({ type, warehouse: at(undefined), lines, orderRef: reference, tracking: [] })
          : delivered(id)
      deliveries.stand(made, { reference, lines, ...rest })
      return { return: made.incrementId }
    },
    'deliveries/step'(body) {
      const { id, step, found } = Step.parse(body)
      const delivery = delivered(id)
      if (step === 'accept') deliveries.accept(delivery)
      else if (step === 'process') deliveries.process(delivery, found ?? null)
      else if (step === 'putaway') deliveries.putAway(delivery)
      else if (step === 'commit') deliveries.commit(delivery)
      else deliveries.cancel(delivery)
      return { id, state: delivery.state, status: delivery.status }
    },
    'sessions/end'() {
      parts.forget()
      return {}
    },
    auto(body) {
      const { shipAfterMs } = Auto.parse(body)
      parts.auto(shipAfterMs)
      return { shipAfterMs }
    },
  }
}
