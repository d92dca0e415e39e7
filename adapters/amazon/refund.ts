import { StockpoolError } from '../../src/error.ts'
import type { Money } from '../../src/model/money.ts'
import type { ChannelOrder } from '../../src/model/order.ts'
import type {
  AdapterContext,
  PendingRefund,
  RefundRequest,
  RefundResult,
  RefundState,
} from '../../src/spec/index.ts'
import type { AmountType, OrderActions, RefundAction } from './order-actions.ts'

type Line = ChannelOrder['lines'][number]
type Part = { readonly type: AmountType; readonly amount: Money }

/** A share of an amount for some of the units, rounded half up in the currency's smallest unit. */
const share = (money: Money, units: number, of: number): Money => ({
  ...money,
  amount: Math.floor((money.amount * units * 2 + of) / (of * 2)),
})

/**
 * What the buyer paid for some units of a line. A tax that Amazon collects as marketplace facilitator it also pays back by
 * itself; one that the merchant collects is part of the refund.
 */
function partsOf(line: Line, units: number, shipping: boolean): readonly Part[] {
  const { price, discount, ordered } = line
  if (price === null) return []
  const paid = { ...price, amount: price.amount * ordered - (discount?.amount ?? 0) }
  const own = line.taxes.filter(({ collectedBy }) => collectedBy === 'merchant')
  const parts: Part[] = [{ type: 'Principal', amount: share(paid, units, ordered) }]
  for (const { amount } of own) parts.push({ type: 'Tax', amount: share(amount, units, ordered) })
  if (shipping && line.shipping !== null)
    parts.push({ type: 'Shipping', amount: share(line.shipping, units, ordered) })
  return parts.filter(({ amount }) => amount.amount > 0)
}

const refuse = (field: string, message: string, remedy: string) =>
  new StockpoolError('invalid_input', message, { field, remedy })

/** The lines of a refund with their amounts. @throws StockpoolError `invalid_input` naming the field. */
export function refundLines(order: ChannelOrder, request: RefundRequest): RefundAction['lines'] {
  const wanted =
    request.lines.length > 0
      ? request.lines
      : order.lines.map(({ id, ordered }) => ({ line: id, quantity: ordered }))
  const chosen = wanted.map(({ line: id, quantity }) => {
    const line = order.lines.find((each) => each.id === id)
    if (!line) throw refuse('lines', `order ${order.id} has no line ${id}`, 'Name lines of the order.')
    if (quantity < 1 || quantity > line.ordered)
      throw refuse('lines', `line ${id} has ${line.ordered} units`, 'Refund 1 unit up to all of them.')
    return { line, quantity }
  })
  if (request.amount === null) {
    const lines = chosen.map(({ line, quantity }) => ({
      line: line.id,
      parts: partsOf(line, quantity, request.shipping),
    }))
    if (lines.every(({ parts }) => parts.length > 0)) return lines
    throw refuse('amount', `Amazon shows no price of order ${order.id}`, 'Say how much to refund.')
  }
  const [first] = chosen
  if (first === undefined || request.amount.amount <= 0)
    throw refuse('amount', 'a refund is of more than nothing', 'Give an amount above 0.')
  // An amount for the order as a whole is no part of any price: Amazon calls it goodwill.
  if (request.lines.length === 0)
    return [{ line: first.line.id, parts: [{ type: 'Goodwill', amount: request.amount }] }]
  return divided(request.amount, chosen)
}

/** An amount over several lines, by what they cost; what rounding leaves goes to the last. */
function divided(
  amount: Money,
  chosen: readonly { readonly line: Line; readonly quantity: number }[],
): RefundAction['lines'] {
  const weights = chosen.map(({ line, quantity }) => (line.price?.amount ?? 1) * quantity || 1)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  let left = amount.amount
  const lines = chosen.map(({ line }, index) => {
    const last = index === chosen.length - 1
    const part = last ? left : Math.floor((amount.amount * (weights[index] ?? 1)) / total)
    left -= part
    return { line: line.id, parts: [{ type: 'Principal' as const, amount: { ...amount, amount: part } }] }
  })
  return lines.filter(({ parts }) => parts.every((part) => part.amount.amount > 0))
}

/** A refund is tried again within days, if at all. */
const lookBackMs = 3 * 86_400_000

/**
 * Pays back once. Amazon takes no key of ours, and does not tell what a feed held: when one may have been sent and any refund
 * was handed in since, a person must look.
 * @throws StockpoolError `unknown_outcome`, not to be retried, when that is so; `rejected` in Amazon's words.
 */
export async function refund(
  context: AdapterContext,
  actions: OrderActions,
  read: (order: string) => Promise<ChannelOrder | null>,
  request: RefundRequest,
): Promise<RefundResult> {
  if (request.repeated === true) {
    const recent = await actions.recent(context, 'refund', context.clock.now() - lookBackMs)
    if (recent.length > 0) throw inDoubt(request, recent)
  }
  const order = await read(request.order)
  if (order === null)
    throw new StockpoolError('not_found', `Amazon has no order ${request.order}`, { field: 'order' })
  const lines = refundLines(order, request)
  const outcome = await actions.refund(context, {
    order: order.id,
    key: request.key,
    reason: request.return === null ? 'GeneralAdjustment' : 'CustomerReturn',
    lines,
  })
  if (outcome.status === 'refused') {
    throw new StockpoolError('rejected', `Amazon refused the refund: ${outcome.detail}`, {
      remedy: 'Refund it in Seller Central.',
      details: { order: order.id },
    })
  }
  const amount = totalOf(lines)
  if (outcome.status === 'taken') return { outcome: 'done', reference: outcome.reference, amount }
  // Also when its feed has ended already: what that means is said when it is looked at (`checkRefund`).
  const detail = 'Amazon has not worked off its feed'
  return { outcome: 'pending', reference: outcome.reference, amount, detail }
}

/** What became of a refund whose feed Amazon had not worked off. */
export async function checkRefund(
  context: AdapterContext,
  actions: OrderActions,
  { reference }: PendingRefund,
): Promise<RefundState> {
  const outcome = await actions.look(context, reference)
  if (outcome.status === 'taken') return { outcome: 'done', amount: null }
  if (outcome.status === 'waiting') return { outcome: 'pending', amount: null }
  const { detail } = outcome
  if (outcome.status === 'refused' || outcome.nothingDone) return { outcome: 'refused', amount: null, detail }
  // "Some, none, or all of the operations within the feed may have completed successfully", the model says of FATAL.
  return { outcome: 'unknown', amount: null, detail }
}

function totalOf(lines: RefundAction['lines']): Money | null {
  const amounts = lines.flatMap(({ parts }) => parts.map(({ amount }) => amount))
  const [first] = amounts
  return first ? { ...first, amount: amounts.reduce((sum, { amount }) => sum + amount, 0) } : null
}

function inDoubt(request: RefundRequest, recent: readonly { readonly reference: string }[]): StockpoolError {
  return new StockpoolError(
    'unknown_outcome',
    `a refund of order ${request.order} may have been sent already, and Amazon does not say what a feed held`,
    {
      retryable: false,
      remedy:
        'Look at the order in Seller Central. If nothing was paid back there, ask for the refund anew, under another key.',
      details: { order: request.order, feeds: recent.slice(0, 10).map(({ reference }) => reference) },
    },
  )
}
