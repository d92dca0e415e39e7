import type { Args } from '../../../src/simulator/graphql/index.ts'
import { idempotent } from './idempotency.ts'
import { payBack, type Removal, remove } from './sales.ts'
import { decimal, hundredths, type Order, openUnits, type Return, refundedOf } from './shop.ts'
import type { World } from './world.ts'

export const gateway = 'shopify_payments'

interface RefundLineInput {
  readonly lineItemId: string
  readonly quantity: number
  readonly restockType?: 'CANCEL' | 'RETURN' | 'NO_RESTOCK' | null
  readonly locationId?: string | null
}

interface RefundInput {
  readonly orderId: string
  readonly note?: string | null
  readonly refundLineItems?: readonly RefundLineInput[] | null
  readonly shipping?: { readonly amount?: string | null; readonly fullRefund?: boolean | null } | null
  readonly transactions?: readonly {
    readonly amount: string
    readonly gateway: string
    readonly kind: string
    readonly parentId?: string | null
  }[]
}

export interface Suggestion {
  readonly order: Order
  readonly amount: number
  readonly most: number
}

const refundedShipping = (order: Order) => order.refunds.reduce((sum, { shipping }) => sum + shipping, 0)

/** Units of a line that were neither refunded nor taken off. */
const refundable = (order: Order, id: string) => {
  const line = order.lines.find((each) => each.id === id)
  return line ? line.ordered - line.cancelled - line.returned : 0
}

/** `Order.suggestedRefund`: what is fair for these lines, and never more than is left. */
export function suggest(order: Order, args: Args): Suggestion {
  const full = args.suggestFullRefund === true
  const lines = (args.refundLineItems ?? []) as readonly RefundLineInput[]
  const most = Math.max(0, order.paid - refundedOf(order))
  if (full) return { order, amount: most, most }
  const goods = lines.reduce((sum, { lineItemId, quantity }) => {
    const line = order.lines.find(({ id }) => id === lineItemId)
    return sum + hundredths(line?.price ?? '0') * Math.min(quantity, refundable(order, lineItemId))
  }, 0)
  const shipping = args.refundShipping === true ? order.shipping - refundedShipping(order) : 0
  return { order, amount: Math.min(most, goods + shipping), most }
}

/** `Return.suggestedFinancialOutcome`: what goods of a return come to, its fee taken off. */
export function suggestForReturn({ order, lines, fee }: Return, args: Args): Suggestion {
  const most = Math.max(0, order.paid - refundedOf(order))
  const given = args.returnLineItems as readonly { readonly id: string; readonly quantity: number }[]
  const goods = given.reduce((sum, { id, quantity }) => {
    const line = lines.find((each) => each.id === id)
    return sum + hundredths(line?.goods.line.price ?? '0') * Math.min(quantity, line?.quantity ?? 0)
  }, 0)
  const wanted = args.refundShipping as { readonly fullRefund?: boolean } | null | undefined
  const shipping = wanted?.fullRefund ? order.shipping - refundedShipping(order) : 0
  return { order, amount: Math.max(0, Math.min(most, goods + shipping - fee)), most }
}

const userError = (message: string, ...field: readonly string[]) => ({
  order: null,
  refund: null,
  userErrors: [{ field: field.length > 0 ? field : null, message }],
})

function refundOnce(world: World, input: RefundInput) {
  const { shop } = world
  const order = world.orderOf(input.orderId)
  if (!order) return userError('Order does not exist', 'orderId')
  const lines = input.refundLineItems ?? []
  for (const { lineItemId, quantity } of lines) {
    if (quantity > refundable(order, lineItemId))
      return userError('Refund line items quantity cannot refund more items than were purchased')
  }
  const transactions = input.transactions ?? []
  if (transactions.some(({ kind, parentId }) => kind !== 'REFUND' || parentId !== order.payment))
    return userError('Transactions must be refunds of a payment of this order')
  const amount = transactions.reduce((sum, each) => sum + hundredths(each.amount), 0)
  const left = order.paid - refundedOf(order)
  if (amount > left) return userError(`Refund amount cannot be greater than ${decimal(left)}`)
  const shippingLeft = order.shipping - refundedShipping(order)
  const shipping = input.shipping?.fullRefund ? shippingLeft : hundredths(input.shipping?.amount ?? '0')
  const refund = payBack(shop, order, {
    note: input.note ?? null,
    amount,
    shipping,
    lines: lines.flatMap((each) => refundLine(world, order, each)),
  })
  shop.touch(order)
  return { order, refund, userErrors: [] }
}

/** Units that shipped are given back first, unless they are to be taken off the order. */
function refundLine(
  world: World,
  order: Order,
  { lineItemId, quantity, restockType, locationId }: RefundLineInput,
) {
  const line = order.lines.find(({ id }) => id === lineItemId)
  if (!line) return []
  const type = restockType ?? 'NO_RESTOCK'
  const back = type === 'CANCEL' ? 0 : Math.min(quantity, line.fulfilled - line.returned)
  line.returned += back
  if (type === 'RETURN' && locationId) {
    const level = world.shop.level(line.item.id, locationId)
    if (level) world.shop.setAvailable(level, level.available + back)
  }
  const rest: Removal = { line, quantity: Math.min(quantity - back, openUnits(line)) }
  const removed = remove(world.shop, order, [rest], type === 'CANCEL')
  const given = { line, quantity: back, restockType: type, location: locationId ?? null }
  return back > 0 ? [given, ...removed] : removed
}

/** `refundCreate`: its errors have no code, so those of the key are told by their words. */
export function refundCreate(args: Args, world: World, directives: ReadonlyMap<string, Args>) {
  const input = args.input as RefundInput
  return idempotent(world, directives, input, {
    run: () => refundOnce(world, input),
    failed: ({ userErrors }) => userErrors.length > 0,
    refuse: (_, message) => userError(message),
  })
}
