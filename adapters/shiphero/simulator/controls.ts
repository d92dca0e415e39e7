import { z } from 'zod'
import { refuse, SentBack } from '../../../src/simulator/index.ts'
import type { Depot } from './depot.ts'
import type { Hooks } from './hooks.ts'
import { deliver, pack, pickUp, voidLabels } from './packing.ts'
import { openReturn, processReturn, standReturn } from './returning.ts'
import { holdNames, type Order, type Warehouse } from './types.ts'

const quantity = z.int().min(0).max(1_000_000_000)
const place = z.union([z.string(), z.int()]).optional()
const Lines = z.array(z.strictObject({ sku: z.string().min(1), quantity: z.int().min(1) })).min(1)
const reference = z.string().min(1)
const OrderRef = z.strictObject({ reference })

const Stock = z.strictObject({ sku: z.string().min(1).max(100), quantity, location: place })
const Reserve = z.strictObject({ sku: z.string().min(1), quantity, location: place })
const Ship = z.strictObject({
  reference: reference.optional(),
  lines: Lines.optional(),
  labelOnly: z.boolean().default(false),
  boxes: z.int().min(1).max(50).default(1),
  pickedUp: z.boolean().default(true),
})
const Some = z.strictObject({ reference: reference.optional() })
const Void = z.strictObject({ reference, trackingNumber: z.string().optional() })
const Hold = z.strictObject({ reference, reason: z.string().min(1).optional() })
const Flag = z.strictObject({ reference, flagged: z.boolean().default(true) })
const Status = z.strictObject({ reference, status: z.string().min(1) })
const Slow = z.strictObject({ slow: z.boolean() })
const OpenReturn = z.strictObject({ reference, lines: Lines, reason: z.string().default('Not as expected') })
const ProcessReturn = z.strictObject({
  return: z.string(),
  status: z.string().default('complete'),
  lines: z.array(
    z.strictObject({
      sku: z.string(),
      quantity: z.int().min(0),
      restock: z.int().min(0),
      condition: z.string().nullable().default(null),
    }),
  ),
})
const Health = z.strictObject({
  health: z.enum(['HEALTHY', 'WARNING', 'UNHEALTHY']),
  name: z.string().optional(),
})

const Move = z.strictObject({ url: z.url() })

/** The hold that a reason in words comes to. */
function holdFor(reason: string): (typeof holdNames)[number] {
  const words = reason.toLowerCase()
  return holdNames.find((name) => words.includes(name.replace('_hold', ''))) ?? 'operator_hold'
}

/** What the staff of the warehouse, its merchant and its carriers do. */
export function controls(depot: Depot, hooks: Hooks): Record<string, (body: unknown) => unknown> {
  const missing = (field: string, message: string): never =>
    refuse(404, { error: 'not_found', field, message })
  const named = (wanted: string): Order =>
    depot.orders.find((order) => order.reference === wanted) ??
    missing('reference', `there is no order ${wanted}`)
  const returnNamed = (id: string) =>
    depot.returns.find((each) => each.id === id) ?? missing('return', `there is no return ${id}`)
  const at = (location: string | number | undefined): Warehouse =>
    depot.warehouse(location === undefined ? null : String(location)) ??
    missing('location', `there is no warehouse ${location}`)
  const orders = (wanted: string | undefined) => (wanted === undefined ? depot.orders : [named(wanted)])
  const some = (count: number, wanted: string | undefined, what: string) => {
    if (count === 0 && wanted !== undefined) {
      const message = `${wanted} has nothing to ${what}: it is ${named(wanted).status}`
      refuse(409, { error: 'conflict', message })
    }
    return { count }
  }
  const counted = (wanted: string | undefined, what: string, act: (order: Order) => number) =>
    some(
      orders(wanted).reduce((sum, order) => sum + act(order), 0),
      wanted,
      what,
    )
  return {
    stock(body) {
      const { sku, quantity: units, location } = Stock.parse(body)
      const warehouse = at(location)
      depot.setOnHand(sku, warehouse.id, units)
      depot.tell('Inventory Update', { product: depot.product(sku) })
      return { sku, location: warehouse.id, onHand: units }
    },
    receive(body) {
      const { sku, quantity: units, location } = Stock.parse(body)
      const warehouse = at(location)
      const onHand = depot.onHand(sku, warehouse.id) + units
      depot.setOnHand(sku, warehouse.id, onHand)
      depot.tell('PO Update', {})
      return { sku, location: warehouse.id, onHand }
    },
    reserve(body) {
      const { sku, quantity: units, location } = Reserve.parse(body)
      depot.shelf(sku, at(location).id).reserve = units
      return { sku, reserve: units }
    },
    ship(body) {
      const { reference: wanted, lines = null, ...how } = Ship.parse(body)
      const held = (order: Order) => wanted === undefined && Object.values(order.holds).includes(true)
      return counted(wanted, 'ship', (order) => (held(order) ? 0 : pack(depot, order, { lines, ...how })))
    },
    pickup(body) {
      return counted(Some.parse(body).reference, 'pick up', (order) => pickUp(depot, order))
    },
    deliver(body) {
      return counted(Some.parse(body).reference, 'deliver', (order) => deliver(depot, order))
    },
    void(body) {
      const { reference: wanted, trackingNumber = null } = Void.parse(body)
      return counted(wanted, 'void', (order) => voidLabels(depot, order, trackingNumber))
    },
    hold(body) {
      const { reference: wanted, reason = 'operator' } = Hold.parse(body)
      const order = named(wanted)
      order.holds[holdFor(reason)] = true
      depot.touch(order)
      return { hold: holdFor(reason) }
    },
    release(body) {
      const order = named(OrderRef.parse(body).reference)
      for (const name of holdNames) order.holds[name] = false
      depot.touch(order)
      return {}
    },
    flag(body) {
      const { reference: wanted, flagged } = Flag.parse(body)
      const order = named(wanted)
      order.flagged = flagged
      depot.touch(order)
      return { flagged }
    },
    status(body) {
      const { reference: wanted, status } = Status.parse(body)
      const order = named(wanted)
      order.status = status
      depot.touch(order)
      return { status }
    },
    cancel(body) {
      const { reference: wanted } = OrderRef.parse(body)
      const problem = depot.cancel(named(wanted), true)
      if (problem) refuse(409, { error: 'conflict', message: problem })
      return {}
    },
    deallocate(body) {
      depot.deallocate(named(OrderRef.parse(body).reference))
      return {}
    },
    slow(body) {
      depot.slow = Slow.parse(body).slow
      return { caughtUp: depot.slow ? 0 : depot.catchUp() }
    },
    'returns/open'(body) {
      const { reference: wanted, lines, reason } = OpenReturn.parse(body)
      return { return: openReturn(depot, named(wanted), lines, reason).id }
    },
    'returns/process'(body) {
      const { return: id, status, lines } = ProcessReturn.parse(body)
      processReturn(depot, returnNamed(id), lines, status)
      return { status }
    },
    'sent-back'(body) {
      const { return: id, reference: wanted, lines, ...rest } = SentBack.parse(body)
      const returned =
        id === undefined ? openReturn(depot, named(wanted), lines, 'Not as expected') : returnNamed(id)
      standReturn(depot, returned, { lines, ...rest })
      return { return: returned.id }
    },
    'webhooks/move'(body) {
      const { url } = Move.parse(body)
      for (const webhook of hooks.all.values()) hooks.move(webhook, url)
      return { count: hooks.all.size }
    },
    'webhooks/health'(body) {
      const { health, name } = Health.parse(body)
      const hit = [...hooks.all.values()].filter((each) => name === undefined || each.name === name)
      for (const webhook of hit) hooks.set(webhook, health, depot.clock.now())
      return { count: hit.length }
    },
  }
}

/** What the simulator shows of itself: numbers as they are now, sorted, the same for the same history. */
export function stateOf(depot: Depot) {
  const stock = [...depot.products.values()].flatMap(({ sku, shelves }) =>
    [...shelves].map(([location, { onHand, reserve }]) => {
      const committed = depot.allocated(sku, location)
      const backorder = depot.backorder(sku, location)
      const fulfillable = onHand - committed - backorder - reserve
      return { sku, location, onHand, committed, backorder, reserve, fulfillable }
    }),
  )
  return {
    stock: stock.sort(
      (one, other) => one.sku.localeCompare(other.sku) || one.location.localeCompare(other.location),
    ),
    orders: depot.orders.map((order) => ({
      id: order.id,
      reference: order.reference ?? '',
      status: order.status,
      history: order.history.map(({ message }) => message),
      lines: order.lines.map(({ sku, quantity: ordered, shipped, pending }) => ({
        sku,
        quantity: ordered,
        shipped,
        cancelled: ordered - shipped - pending,
      })),
      shipments: order.shipments.flatMap(({ warehouse, labels, lines }) =>
        labels
          .filter(({ status }) => status === 'valid')
          .map((label) => ({
            id: label.id,
            location: warehouse,
            carrier: label.carrier,
            trackingNumber: label.tracking,
            lines: lines
              .filter((each) => each.label === label.id)
              .map((each) => ({
                sku: order.lines.find(({ id }) => id === each.line)?.sku ?? '',
                quantity: each.quantity,
              })),
          })),
      ),
    })),
    returns: depot.returns.map(({ id, status, lines }) => ({
      id,
      status,
      lines: lines.map(({ line, quantity: expected, received, restocked }) => ({
        sku: line.sku,
        expected,
        received,
        restocked,
      })),
    })),
  }
}
