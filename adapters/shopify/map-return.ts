import { readRow } from '../../src/http/index.ts'
import { type Disposition, Return, type ReturnStatus } from '../../src/model/return.ts'
import { withoutMark } from './keys.ts'
import type { WireReturn, WireReturnLine, WireReverseLine } from './wire-returns.ts'

/** `ReverseFulfillmentOrderDispositionType`. "Not restocked" says what was not done: a person decides about the goods. */
const dispositions: Readonly<Record<string, Disposition>> = {
  RESTOCKED: 'restocked',
  PROCESSING_REQUIRED: 'quarantined',
  MISSING: 'missing',
  NOT_RESTOCKED: 'unknown',
}

/** The goods' line of a return, with the order line that they came from. */
export interface GoodsLine {
  readonly wire: WireReturnLine
  readonly line: string
  /** Of the reverse fulfilment orders, what concerns these goods. */
  readonly reverse: readonly WireReverseLine[]
}

/** The lines of a return that are goods of the order. */
export function goodsOf({ returnLineItems, reverseFulfillmentOrders }: WireReturn): GoodsLine[] {
  const reverse = reverseFulfillmentOrders.nodes.flatMap(({ lineItems }) => lineItems.nodes)
  return returnLineItems.nodes.flatMap((wire) => {
    const goods = wire.fulfillmentLineItem
    if (!goods) return []
    const own = reverse.filter((each) => each.fulfillmentLineItem?.id === goods.id)
    return [{ wire, line: goods.lineItem.id, reverse: own }]
  })
}

const units = (lines: readonly { readonly quantity: number }[]) =>
  lines.reduce((sum, { quantity }) => sum + quantity, 0)

/** What was decided for the goods of a line, in Shopify's words. */
export const decidedOf = ({ reverse }: GoodsLine) => reverse.flatMap((each) => each.dispositions)

function statusOf(wire: WireReturn, goods: readonly GoodsLine[]): ReturnStatus {
  switch (wire.status) {
    case 'REQUESTED':
      return 'requested'
    case 'DECLINED':
      return 'declined'
    case 'CANCELED':
      return 'cancelled'
    case 'CLOSED':
      return 'processed'
    case 'OPEN': {
      const waiting = goods.some(({ wire: { quantity, processedQuantity } }) => processedQuantity < quantity)
      return waiting || goods.length === 0 ? 'approved' : 'received'
    }
    default:
      return 'unknown'
  }
}

/** The reason's own name, the buyer's words, and ours, where `open` wrote them. */
const reasonOf = ({ customerNote, returnReasonNote, returnReasonDefinition }: WireReturnLine) =>
  [returnReasonDefinition?.name, customerNote, withoutMark(returnReasonNote ?? '')]
    .filter(Boolean)
    .join(': ') || null

function trackingOf({ reverseFulfillmentOrders }: WireReturn): string | null {
  const numbers = reverseFulfillmentOrders.nodes
    .flatMap(({ reverseDeliveries }) => reverseDeliveries.nodes)
    .map(({ deliverable }) => deliverable?.tracking?.number)
  return numbers.find((number) => number) ?? null
}

/** Reads a return that has all of its lines. `raw` is the return as it came. */
export function mapReturn(wire: WireReturn, raw: unknown = wire): Return {
  const goods = goodsOf(wire)
  const lines = [...Map.groupBy(goods, ({ line }) => line)].map(([line, parts]) => {
    const decided = parts.flatMap(decidedOf)
    const made = parts.flatMap(({ wire: { processedQuantity } }) => processedQuantity)
    const missing = units(decided.filter(({ type }) => type === 'MISSING'))
    return {
      line,
      expected: units(parts.map((part) => part.wire)),
      received: Math.max(0, made.reduce((sum, each) => sum + each, 0) - missing),
      reason: parts.map((part) => reasonOf(part.wire)).find((reason) => reason !== null) ?? null,
      dispositions: decided
        .filter(({ quantity }) => quantity > 0)
        .map(({ type, quantity }) => ({
          kind: dispositions[type] ?? 'unknown',
          quantity,
          note: type in dispositions && type !== 'NOT_RESTOCKED' ? null : type,
        })),
    }
  })
  const decline = wire.decline ? `: ${wire.decline.reason}` : ''
  return readRow(
    Return,
    {
      id: wire.id,
      order: wire.order.id,
      status: statusOf(wire, goods),
      rawStatus: `${wire.status}${decline}`,
      // A return has no time of change of its own: the order's is never before it.
      updatedAt: latest(wire.order.updatedAt, wire.closedAt, wire.requestApprovedAt, wire.createdAt),
      wants: wire.exchangeLineItems.nodes.length > 0 ? 'exchange' : 'refund',
      trackingNumber: trackingOf(wire),
      lines,
      raw,
    },
    { what: 'a return of Shopify', details: { return: wire.id } },
  )
}

function latest(...times: readonly (string | null | undefined)[]): string {
  const known = times.filter((time) => time != null)
  return known.reduce((last, time) => (Date.parse(time) > Date.parse(last) ? time : last), known[0] ?? '')
}
