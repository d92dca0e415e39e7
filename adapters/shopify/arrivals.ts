import type { Disposition } from '../../src/model/return.ts'
import type { ReturnArrival } from '../../src/spec/returns.ts'
import { decidedOf, type GoodsLine } from './map-return.ts'

/** A line of `returnProcess`. */
export interface ProcessedLine {
  readonly id: string
  readonly quantity: number
  readonly dispositions: readonly {
    readonly reverseFulfillmentOrderLineItemId: string
    readonly quantity: number
    readonly dispositionType: string
    readonly locationId?: string
  }[]
}

export interface ArrivalPlan {
  readonly lines: readonly ProcessedLine[]
  /** Units for which the return has no room, by order line. */
  readonly unplaced: readonly { readonly line: string; readonly quantity: number }[]
}

/** What becomes of the goods at Shopify. Only with `restock` does Shopify add them to its own number. */
export function dispositionType(kind: Disposition, restock: boolean): string {
  switch (kind) {
    case 'restocked':
      return restock ? 'RESTOCKED' : 'NOT_RESTOCKED'
    case 'disposed':
    case 'damaged':
      return 'NOT_RESTOCKED'
    case 'missing':
      return 'MISSING'
    case 'quarantined':
    case 'unknown':
      return 'PROCESSING_REQUIRED'
  }
}

export interface ArrivalPolicy {
  readonly restock: boolean
  /** Where restocked goods go. */
  readonly location: string
}

interface Room {
  readonly goods: GoodsLine
  left: number
  readonly reverse: { readonly id: string; left: number }[]
}

function roomOf(goods: GoodsLine): Room {
  const reverse = goods.reverse.map(({ id, totalQuantity, dispositions }) => ({
    id,
    left: totalQuantity - dispositions.reduce((sum, { quantity }) => sum + quantity, 0),
  }))
  return { goods, left: goods.wire.processableQuantity, reverse }
}

/** Spreads what arrived over the return's lines, in their order. */
export function planArrival(
  goods: readonly GoodsLine[],
  arrived: ReturnArrival['lines'],
  { restock, location }: ArrivalPolicy,
): ArrivalPlan {
  const rooms = goods.map(roomOf)
  const made = new Map<string, { quantity: number; dispositions: ProcessedLine['dispositions'][number][] }>()
  const unplaced: { line: string; quantity: number }[] = []
  for (const { line, quantity, disposition } of arrived) {
    const type = dispositionType(disposition, restock)
    let wanted = quantity
    for (const room of rooms.filter((each) => each.goods.line === line)) {
      for (const place of room.reverse) {
        const part = Math.min(wanted, room.left, place.left)
        if (part <= 0) continue
        wanted -= part
        room.left -= part
        place.left -= part
        const { id } = room.goods.wire
        const entry = made.get(id) ?? { quantity: 0, dispositions: [] }
        entry.quantity += part
        entry.dispositions.push({
          reverseFulfillmentOrderLineItemId: place.id,
          quantity: part,
          dispositionType: type,
          ...(type === 'RESTOCKED' ? { locationId: location } : {}),
        })
        made.set(id, entry)
      }
    }
    if (wanted > 0) unplaced.push({ line, quantity: wanted })
  }
  return { lines: [...made].map(([id, entry]) => ({ id, ...entry })), unplaced }
}

/**
 * Whether the return carries all of these units already, those of earlier arrivals among them. `returnProcess` keeps no key of
 * ours, so they are known by what was decided: as many units of each line, in the same way.
 */
export function hasArrived(
  goods: readonly GoodsLine[],
  arrived: ReturnArrival['lines'],
  restock: boolean,
): boolean {
  const wanted = new Map<string, number>()
  for (const { line, quantity, disposition } of arrived) {
    const key = `${line} ${dispositionType(disposition, restock)}`
    wanted.set(key, (wanted.get(key) ?? 0) + quantity)
  }
  for (const each of goods) {
    for (const { type, quantity } of decidedOf(each)) {
      const key = `${each.line} ${type}`
      wanted.set(key, (wanted.get(key) ?? 0) - quantity)
    }
  }
  return [...wanted.values()].every((left) => left <= 0)
}
