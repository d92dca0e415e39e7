import { z } from 'zod'
import { refuse, SentBack } from '../../../src/simulator/index.ts'
import { putShelf } from './fba.ts'
import { drop, type McfOrder, pack, plan, send, shippedOf, touch } from './mcf.ts'
import type { World } from './world.ts'

const StockControl = z.strictObject({
  sku: z.string().min(1),
  quantity: z.int().min(0),
  location: z.string().optional(),
})
const ShipControl = z.strictObject({
  reference: z.string().optional(),
  lines: z.array(z.looseObject({ sku: z.string(), quantity: z.int().min(1) })).optional(),
  labelOnly: z.boolean().default(false),
})
const HoldControl = z.strictObject({ reference: z.string(), reason: z.string().optional() })
const ReturnControl = z.strictObject({
  reference: z.string(),
  quantity: z.int().min(1).default(1),
  /** `Sellable`, `Defective`, `CustomerDamaged`, …; absent: on its way. */
  condition: z.string().optional(),
})

function orderOf(world: World, reference: string): McfOrder {
  return world.mcf.get(reference) ?? refuse(404, { error: 'not_found', reference })
}

/** What Amazon's warehouse does. */
export function mcfControls(world: World): Record<string, (body: unknown) => unknown> {
  return {
    stock: (body) => {
      const { sku, quantity } = StockControl.parse(body)
      world.settle()
      putShelf(world, sku, quantity)
      return { sku }
    },
    ship: (body) => {
      const { reference, lines, labelOnly } = ShipControl.parse(body)
      world.settle()
      const chosen = reference === undefined ? [...world.mcf.values()] : [orderOf(world, reference)]
      for (const order of chosen) if (order.status === 'PROCESSING') ship(world, order, lines, labelOnly)
      return {}
    },
    hold: (body) => {
      const { reference } = HoldControl.parse(body)
      const order = orderOf(world, reference)
      const at = world.settle()
      order.action = 'HOLD'
      touch(world, order, at)
      return { reference }
    },
    /** Amazon gives a planned shipment up; the order goes on. */
    'mcf/drop-shipment': (body) => {
      const order = orderOf(world, HoldControl.parse(body).reference)
      const at = world.settle()
      const planned = order.shipments.find(({ status }) => status === 'PROCESSING') ?? plan(world, order, at)
      if (!planned) return refuse(409, { error: 'nothing is planned' })
      pack(world, order, planned, at)
      drop(world, order, planned, at)
      return { shipment: planned.id }
    },
    'sent-back': (body) => stand(world, SentBack.parse(body)),
    'mcf/returns': (body) => {
      const { reference, quantity, condition } = ReturnControl.parse(body)
      const order = orderOf(world, reference)
      const at = world.settle()
      const [line] = order.lines
      if (!line) return refuse(409, { error: 'the order has no lines' })
      for (let unit = 0; unit < quantity; unit += 1) {
        const waiting = order.returns.find(({ status }) => status === 'New')
        if (condition !== undefined && waiting) {
          Object.assign(waiting, { status: 'Processed', condition, changedAt: at })
          continue
        }
        order.returns.push({
          id: `R-${order.returns.length + 1}`,
          line: line.id,
          authorization: 'RA-1',
          status: condition === undefined ? 'New' : 'Processed',
          condition: condition ?? null,
          changedAt: at,
        })
      }
      return {}
    },
  }
}

/** A return as it stands now, whatever it was before: one authorisation, one item for each unit. */
function stand(world: World, body: SentBack): { return: string } {
  const order = orderOf(world, body.reference)
  const at = world.settle()
  const authorization =
    body.return ?? `RA-${new Set(order.returns.map((each) => each.authorization)).size + 1}`
  for (const { sku, quantity, received, restocked, word } of body.lines) {
    const line =
      order.lines.find((each) => each.sku === sku) ?? refuse(404, { error: 'not_found', message: sku })
    const sound = () =>
      order.returns.filter((each) => each.line === line.id && each.condition === 'Sellable').length
    const before = sound()
    for (let unit = 0; unit < quantity; unit += 1) {
      const id = `${authorization}-${line.id}-${unit + 1}`
      const condition = unit < restocked ? 'Sellable' : unit < received ? word : null
      const status = body.unreadable ? null : (body.status ?? (unit < received ? 'Processed' : 'New'))
      const known = order.returns.find((each) => each.id === id)
      if (known === undefined)
        order.returns.push({ id, line: line.id, authorization, status, condition, changedAt: at })
      else if (known.status !== status || known.condition !== condition)
        Object.assign(known, { status, condition, changedAt: at })
    }
    if (sound() !== before) putShelf(world, sku, (world.shelves.get(sku)?.onHand ?? 0) + sound() - before)
  }
  return { return: authorization }
}

function ship(
  world: World,
  order: McfOrder,
  lines: readonly { readonly sku: string; readonly quantity: number }[] | undefined,
  labelOnly: boolean,
): void {
  const at = world.clock.now()
  const only = lines === undefined ? undefined : new Map(lines.map(({ sku, quantity }) => [sku, quantity]))
  plan(world, order, at, only)
  // FILL_OR_KILL: what does not go with this shipment is planned as well, and goes with another.
  const rest = only === undefined ? null : plan(world, order, at)
  for (const shipment of order.shipments) {
    if (shipment.status !== 'PROCESSING' || shipment === rest) continue
    if (labelOnly) pack(world, order, shipment, at)
    else send(world, order, shipment, at)
  }
}

/** In the form that the contract suite reads, of channels and of providers alike. */
export function mcfState(order: McfOrder): unknown {
  return {
    id: order.id,
    number: order.number,
    reference: order.id,
    status: order.status,
    unbranded: order.unbranded,
    features: order.features,
    lines: order.lines.map((line) => ({
      id: line.id,
      sku: line.sku,
      quantity: line.units,
      shipped: shippedOf(order, line),
      cancelled: line.cancelled + line.unfulfillable,
    })),
    shipments: order.shipments
      .filter(({ status }) => status === 'SHIPPED')
      .map((shipment) => ({
        id: shipment.id,
        trackingNumber: shipment.packs[0]?.tracking ?? null,
        carrier: shipment.packs[0]?.carrier ?? null,
        lines: shipment.items.map((item) => ({ id: item.line, sku: item.sku, quantity: item.units })),
      })),
  }
}
