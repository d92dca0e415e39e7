import type { SentBack } from '../../../src/simulator/index.ts'
import type { Depot } from './depot.ts'
import { idOf, type Order, type Return } from './types.ts'

export interface ReturnUnits {
  readonly sku: string
  readonly quantity: number
}

/** Announces goods that are sent back. */
export function openReturn(
  depot: Depot,
  order: Order,
  units: readonly ReturnUnits[],
  reason: string,
): Return {
  const number = depot.next()
  const lines = units.flatMap(({ sku, quantity }) => {
    const line = order.lines.find((each) => each.sku === sku)
    if (!line) return []
    const own = depot.next()
    const counts = { received: 0, restocked: 0, condition: null, updatedAt: depot.now() }
    return [{ id: idOf('ReturnItem', own), number: own, line, quantity, reason, ...counts }]
  })
  const made: Return = {
    id: idOf('Return', number),
    number,
    order,
    warehouse: order.lines[0]?.warehouse ?? '',
    tracking: `1Z999RET${number}`,
    createdAt: depot.now(),
    lines,
    status: 'pending',
    unreadable: false,
  }
  depot.returns.push(made)
  depot.tell('Return Update', { order, returned: made })
  return made
}

export interface ProcessUnits extends ReturnUnits {
  /** How many of them go back on the shelf. */
  readonly restock: number
  readonly condition: string | null
}

/** Goods arrive and are inspected: what is sound goes back on the shelf. */
export function processReturn(
  depot: Depot,
  returned: Return,
  units: readonly ProcessUnits[],
  status: string,
): void {
  for (const { sku, quantity, restock, condition } of units) {
    const item = returned.lines.find(({ line }) => line.sku === sku)
    if (!item) continue
    item.received += quantity
    item.restocked += restock
    item.condition = condition
    item.updatedAt = depot.now()
    const onHand = depot.onHand(sku, returned.warehouse)
    if (restock > 0) depot.setOnHand(sku, returned.warehouse, onHand + restock)
  }
  returned.status = status
  depot.tell('Return Update', { order: returned.order, returned })
}

/** A return as it stands now, whatever it was before. */
export function standReturn(
  depot: Depot,
  returned: Return,
  { lines, status, unreadable }: Pick<SentBack, 'lines' | 'status' | 'unreadable'>,
): void {
  const changes = lines.map(({ sku, received, restocked, word }) => {
    const item = returned.lines.find(({ line }) => line.sku === sku)
    return {
      sku,
      quantity: received - (item?.received ?? 0),
      restock: restocked - (item?.restocked ?? 0),
      condition: word,
    }
  })
  const over = lines.every(({ quantity, received }) => received >= quantity)
  const begun = lines.some(({ received }) => received > 0)
  returned.unreadable = unreadable
  processReturn(depot, returned, changes, status ?? (over ? 'complete' : begun ? 'received' : 'pending'))
}
