import { z } from 'zod'
import { refuse } from '../../../src/simulator/index.ts'
import { close, consign, consignRest, freeOf, hold, isOpen, settleMcf } from './mcf.ts'
import type { Consign, Goods, McfOrder, World } from './world.ts'

const quantity = z.int().min(0).max(1_000_000)
const StockControl = z.strictObject({ sku: z.string().min(1), quantity, location: z.string().optional() })
const ShipControl = z.strictObject({
  reference: z.string().optional(),
  lines: z.array(z.looseObject({ sku: z.string(), quantity: z.int().min(1) })).optional(),
  labelOnly: z.boolean().default(false),
})
const HoldControl = z.strictObject({ reference: z.string(), reason: z.string().default('Invalid address') })
const OneOrder = z.strictObject({ reference: z.string() })
const StallControl = z.strictObject({ reference: z.string(), issue: z.string().default('Lack of inventory') })
const CloseControl = z.strictObject({
  reference: z.string(),
  by: z.enum(['platform', 'seller']).default('platform'),
  /** Its first open part alone. Default: all of them. */
  one: z.boolean().default(false),
  issue: z.string().default(''),
})
const MoveControl = z.strictObject({
  reference: z.string(),
  to: z.enum(['HANDOVER', 'COMPLETED', 'LOST', 'DAMAGE']),
})

/** What TikTok's warehouse does with the orders of other channels. */
export function mcfControls(world: World): Record<string, (body: unknown) => unknown> {
  return {
    /** What lies there, free or promised. */
    stock: (body) => {
      const { sku, quantity: onHand } = StockControl.parse(body)
      settleMcf(world)
      const goods = goodsOf(world, sku)
      const [[place] = ['']] = goods.numbers
      goods.numbers.set(place, onHand - goods.committed - (freeOf(goods) - (goods.numbers.get(place) ?? 0)))
      return { goods: goods.id }
    },
    ship: (body) => {
      const { reference, lines, labelOnly } = ShipControl.parse(body)
      settleMcf(world)
      const chosen = reference === undefined ? [...world.mcf.values()] : [orderOf(world, reference)]
      for (const order of chosen) ship(world, order, lines, labelOnly)
      return {}
    },
    hold: (body) => {
      const { reference, reason } = HoldControl.parse(body)
      return changed(world, reference, (order) => {
        consignRest(world, order)
        for (const each of order.consigns.filter(isOpen)) stop(world, each, 'ABNORMAL', reason)
      })
    },
    release: (body) =>
      changed(world, OneOrder.parse(body).reference, (order) => {
        for (const each of order.consigns.filter(isOpen)) {
          if (!each.held) hold(world, each.goods, 1)
          Object.assign(each, { status: 'HANDLE_BY_WAREHOUSE', issue: '', held: true })
        }
      }),
    /** It waits for the warehouse, which says why. */
    'mcf/stall': (body) => {
      const { reference, issue } = StallControl.parse(body)
      return changed(world, reference, (order) => {
        consignRest(world, order)
        for (const each of order.consigns.filter(isOpen)) stop(world, each, 'PENDING', issue)
      })
    },
    /** The goods are to go in so many parts as they are units. */
    'mcf/split': (body) =>
      changed(world, OneOrder.parse(body).reference, (order) => {
        consignRest(world, order)
        for (const each of order.consigns.filter((one) => isOpen(one) && one.tracking === ''))
          splitUp(world, order, each)
      }),
    'mcf/close': (body) => {
      const { reference, by, one, issue } = CloseControl.parse(body)
      return changed(world, reference, (order) => {
        consignRest(world, order)
        const open = order.consigns.filter(isOpen)
        for (const each of one ? open.slice(0, 1) : open) close(world, each, by === 'platform', issue)
      })
    },
    /** The carrier has what left, or brought it, or it is lost or damaged. */
    'mcf/move': (body) => {
      const { reference, to } = MoveControl.parse(body)
      return changed(world, reference, (order) => {
        for (const each of order.consigns.filter(({ status }) => ['SHIPPED', 'HANDOVER'].includes(status)))
          each.status = to
      })
    },
    /** The shop takes part in multi-channel fulfilment, or does not. */
    'mcf/enrol': (body) => {
      world.mcfActive = z.strictObject({ active: z.boolean() }).parse(body).active
      return {}
    },
  }
}

/** It does not go on, and its goods are free for others meanwhile. */
function stop(world: World, each: Consign, status: string, issue: string): void {
  if (each.held) hold(world, each.goods, -1)
  Object.assign(each, { status, issue, held: false })
}

function orderOf(world: World, reference: string): McfOrder {
  const found = [...world.mcf.values()].findLast((each) => each.reference === reference)
  return found ?? refuse(404, { error: 'not_found', reference })
}

function changed(world: World, reference: string, change: (order: McfOrder) => void): unknown {
  settleMcf(world)
  const order = orderOf(world, reference)
  change(order)
  world.mcfChanged(order)
  return { order: order.id, consigns: order.consigns.map(({ id, status }) => ({ id, status })) }
}

function goodsOf(world: World, sku: string): Goods {
  const known = [...world.goods.values()].find(({ referenceCode }) => referenceCode === sku)
  const place = world.fbtWarehouses[0]?.id ?? ''
  const goods = known ?? {
    id: world.newId('73521'),
    referenceCode: sku,
    numbers: new Map([[place, 0]]),
    committed: 0,
  }
  world.goods.set(goods.id, goods)
  return goods
}

/** Some of its goods become a part of their own. */
function takeOut(world: World, order: McfOrder, from: Consign, id: string, units: number): Consign {
  from.goods.set(id, (from.goods.get(id) ?? 0) - units)
  if (from.goods.get(id) === 0) from.goods.delete(id)
  const made = consign(world, order, new Map([[id, units]]), from.status)
  return Object.assign(made, { held: from.held, issue: from.issue })
}

function splitUp(world: World, order: McfOrder, each: Consign): void {
  const units = [...each.goods].flatMap(([id, count]) => Array.from({ length: count }, () => id))
  for (const id of units.slice(1)) takeOut(world, order, each, id, 1)
}

function ship(
  world: World,
  order: McfOrder,
  lines: readonly { readonly sku: string; readonly quantity: number }[] | undefined,
  labelOnly: boolean,
): void {
  consignRest(world, order)
  const packable = order.consigns.filter((each) => isOpen(each) && each.status !== 'ABNORMAL')
  const parts =
    lines === undefined ? packable : lines.flatMap((line) => partsOf(world, order, packable, line))
  for (const each of new Set(parts)) {
    each.tracking ||= `1ZTT${each.id.slice(-12)}`
    each.carrier = 'UPS'
    each.issue = ''
    if (!each.held) hold(world, each.goods, 1)
    each.held = true
    each.status = labelOnly ? 'HANDLE_BY_WAREHOUSE' : 'SHIPPED'
    if (!labelOnly) sendOff(world, each)
  }
  if (parts.length > 0) world.mcfChanged(order)
}

/** Parts that hold so many units of a SKU and nothing else. What has its label is packed, and goes as it is. */
function partsOf(
  world: World,
  order: McfOrder,
  packable: readonly Consign[],
  { sku, quantity: wanted }: { readonly sku: string; readonly quantity: number },
): Consign[] {
  const id = [...world.goods.values()].find(({ referenceCode }) => referenceCode === sku)?.id ?? ''
  let left = wanted
  return packable.flatMap((each) => {
    const units = Math.min(left, each.goods.get(id) ?? 0)
    if (units === 0) return []
    left -= units
    const whole = each.tracking !== '' || (each.goods.size === 1 && each.goods.get(id) === units)
    return [whole ? each : takeOut(world, order, each, id, units)]
  })
}

/** Its goods are gone from the shelf. */
function sendOff(world: World, each: Consign): void {
  for (const [id, units] of each.goods) {
    const goods = world.goods.get(id)
    if (goods) goods.committed -= units
  }
  each.held = false
}
