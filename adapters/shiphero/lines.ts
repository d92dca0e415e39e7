import type { WireLine, WireOrder } from './wire.ts'

export interface SkuQuantity {
  readonly sku: string
  readonly quantity: number
}

/** What we wrote on a line when it was made, and find again whatever staff did to the order since. */
export interface LineMark {
  /** The line's number within its order, from 1. */
  readonly index: number
  /** How many lines the order had. */
  readonly count: number
  /** Units ordered. */
  readonly quantity: number
}

/**
 * A line's `partner_line_item_id`, unique within the shop: our reference, the line's number, how many lines there are, and its
 * units. Staff may lower a line's quantity or take the line off the order, and ShipHero then shows no trace of it.
 */
export const markOf = (reference: string, { index, count, quantity }: LineMark): string =>
  `${reference}/${index}/${count}/${quantity}`

export function readMark(line: Pick<WireLine, 'partner_line_item_id'>): LineMark | null {
  const match = /\/(\d+)\/(\d+)\/(\d+)$/.exec(line.partner_line_item_id ?? '')
  return match && { index: Number(match[1]), count: Number(match[2]), quantity: Number(match[3]) }
}

/** Units that were ordered, whatever became of the line. */
export const ordered = (line: WireLine): number => readMark(line)?.quantity ?? line.quantity

const isCanceled = (word: string | null) => /^cancell?ed$/i.test(word ?? '')
export const isOrderCanceled = (order: WireOrder): boolean => isCanceled(order.fulfillment_status)
export const isFulfilled = (order: WireOrder): boolean => /^fulfilled$/i.test(order.fulfillment_status ?? '')

/** Units of a line that ShipHero still means to ship. */
export function pending(order: WireOrder, line: WireLine): number {
  if (isOrderCanceled(order) || isFulfilled(order) || isCanceled(line.fulfillment_status)) return 0
  return Math.max(0, line.quantity_pending_fulfillment ?? line.quantity - line.quantity_shipped)
}

/**
 * Whether ShipHero has taken the order's units off what it calls free: each is allocated, or owed as a backorder, which our
 * stock readings take off as well. An order that was just taken in may be neither.
 */
export const isAllocated = (order: WireOrder): boolean =>
  order.line_items.nodes.every(
    (line) => line.quantity_allocated + line.backorder_quantity >= pending(order, line),
  )

export const shippedUnits = (order: WireOrder): number =>
  order.line_items.nodes.reduce((sum, line) => sum + line.quantity_shipped, 0)

export const pendingUnits = (order: WireOrder): number =>
  order.line_items.nodes.reduce((sum, line) => sum + pending(order, line), 0)

/** Of the lines that the order was made with, how many are gone from it. */
export function missingLines(order: WireOrder): number {
  const marks = order.line_items.nodes.map(readMark).filter((mark) => mark !== null)
  const count = Math.max(0, ...marks.map((mark) => mark.count))
  return count - new Set(marks.map(({ index }) => index)).size
}

/** Sums of a figure by SKU; SKUs with nothing are left out. */
export function bySku(
  lines: readonly WireLine[],
  quantityOf: (line: WireLine) => number,
): readonly SkuQuantity[] {
  const sums = new Map<string, number>()
  for (const line of lines) {
    const sku = line.sku ?? ''
    sums.set(sku, (sums.get(sku) ?? 0) + quantityOf(line))
  }
  return [...sums].filter(([, quantity]) => quantity > 0).map(([sku, quantity]) => ({ sku, quantity }))
}

/** Units that will never ship. Of an order called fulfilled of which nothing is shown as shipped, nobody can tell. */
export function cancelled(order: WireOrder): readonly SkuQuantity[] {
  if (isFulfilled(order) && shippedUnits(order) === 0) return []
  return bySku(order.line_items.nodes, (line) =>
    Math.max(0, ordered(line) - line.quantity_shipped - pending(order, line)),
  )
}
