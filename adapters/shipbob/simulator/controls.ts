import { z } from 'zod'
import { refuse } from '../../../src/simulator/index.ts'
import { detailNamed } from './details.ts'
import { type SimulatedOrder, statusOf } from './types.ts'
import type { Warehouse } from './warehouse.ts'

const quantity = z.int().min(0).max(1_000_000_000)
const place = z.union([z.string(), z.int()]).optional()
const Lines = z.array(z.strictObject({ sku: z.string().min(1), quantity: z.int().min(1) })).min(1)

const Stock = z.strictObject({ sku: z.string().min(1).max(100), quantity, location: place })
const Ship = z.strictObject({
  reference: z.string().optional(),
  lines: Lines.optional(),
  labelOnly: z.boolean().default(false),
})
const Deliver = z.strictObject({ reference: z.string().optional() })
const Stop = z.strictObject({ reference: z.string(), reason: z.string().min(1).optional() })
const Release = z.strictObject({ reference: z.string() })
const Auto = z.strictObject({ shipAfterMs: z.number().min(0).nullable() })

export interface ControlParts {
  readonly warehouse: Warehouse
  /** Ships every order by itself so long after it came; `null`: staff do. */
  auto(shipAfterMs: number | null): void
}

/** What the staff of the warehouse do. */
export function controls({ warehouse, auto }: ControlParts): Record<string, (body: unknown) => unknown> {
  const named = (reference: string): SimulatedOrder =>
    warehouse.orders.find(({ input }) => input.reference_id === reference) ??
    refuse(404, { error: 'not_found', field: 'reference', message: `there is no order ${reference}` })
  const orders = (reference: string | undefined) =>
    reference === undefined ? warehouse.orders : [named(reference)]
  const some = (count: number, reference: string | undefined, what: string) => {
    if (count === 0 && reference !== undefined) {
      refuse(409, {
        error: 'conflict',
        message: `${reference} has nothing to ${what}: it is ${statusOf(named(reference))}`,
      })
    }
    return { shipments: count }
  }
  return {
    stock(body) {
      const { sku, quantity: units, location } = Stock.parse(body)
      const at = warehouse.location(location)
      if (!at)
        return refuse(404, {
          error: 'not_found',
          field: 'location',
          message: `there is no location ${location}`,
        })
      warehouse.stock(sku, units, at)
      return { sku, location: String(at.id), onHand: units, fulfillable: warehouse.fulfillable(sku, at.id) }
    },
    ship(body) {
      const { reference, lines, labelOnly } = Ship.parse(body)
      const count = orders(reference).reduce(
        (sum, order) => sum + warehouse.ship(order, lines ?? null, labelOnly),
        0,
      )
      return some(count, reference, 'ship')
    },
    deliver(body) {
      const { reference } = Deliver.parse(body)
      const count = orders(reference).reduce((sum, order) => sum + warehouse.deliver(order), 0)
      return some(count, reference, 'deliver')
    },
    hold(body) {
      const { reference, reason = 'Manual' } = Stop.parse(body)
      return some(warehouse.stop(named(reference), 'OnHold', detailNamed(reason, 405)), reference, 'hold')
    },
    exception(body) {
      const { reference, reason = 'OutOfStock' } = Stop.parse(body)
      const review = reason === 'ImportReview'
      const status = review ? 'ImportReview' : 'Exception'
      return some(
        warehouse.stop(named(reference), status, review ? null : detailNamed(reason, 399)),
        reference,
        'stop',
      )
    },
    release(body) {
      const { reference } = Release.parse(body)
      return some(warehouse.release(named(reference)), reference, 'release')
    },
    auto(body) {
      const { shipAfterMs } = Auto.parse(body)
      auto(shipAfterMs)
      return { shipAfterMs }
    },
  }
}

/** What the simulator shows of itself: numbers as they are now, sorted, the same for the same history. */
export function stateOf(warehouse: Warehouse) {
  const sumOf = (lines: readonly { sku: string; quantity: number }[], sku: string) =>
    lines.reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0)
  return {
    stock: [...warehouse.items.values()]
      .flatMap(({ sku, onHand }) =>
        [...onHand.keys()].map((location) => ({
          sku,
          location: String(location),
          onHand: warehouse.onHand(sku, location),
          committed: warehouse.committed(sku, location),
          fulfillable: warehouse.fulfillable(sku, location),
        })),
      )
      .sort(
        (one, other) => one.sku.localeCompare(other.sku) || Number(one.location) - Number(other.location),
      ),
    orders: warehouse.orders.map((order) => {
      const lines = (status: string) =>
        order.shipments.filter((each) => each.status === status).flatMap((each) => each.lines)
      return {
        id: String(order.id),
        reference: order.input.reference_id,
        status: statusOf(order),
        lines: order.input.products.map(({ reference_id: sku, quantity: ordered }) => ({
          sku,
          quantity: ordered,
          shipped: sumOf(lines('Completed'), sku),
          cancelled: sumOf(lines('Cancelled'), sku),
        })),
        shipments: order.shipments.map(({ id, status, location, tracking, lines: held }) => ({
          id: String(id),
          status,
          location: String(location.id),
          trackingNumber: tracking?.number ?? null,
          carrier: tracking?.carrier ?? null,
          lines: held.map(({ sku, quantity: units, committed }) => ({ sku, quantity: units, committed })),
        })),
      }
    }),
  }
}
