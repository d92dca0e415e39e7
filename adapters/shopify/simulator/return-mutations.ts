import type { Args } from '../../../src/simulator/graphql/index.ts'
import {
  approveReturn,
  closeReturn,
  type Decision,
  declineReturn,
  makeReturn,
  processReturn,
  type ReturnWish,
  returnable,
  returnReasons,
} from './returns.ts'
import type { Return } from './shop.ts'
import type { World } from './world.ts'

const refused = (message: string, code: string, ...field: readonly string[]) => ({
  return: null,
  userErrors: [{ field, message, code }],
})

const done = (back: Return) => ({ return: back, userErrors: [] })

export const findReturn = ({ shop }: World, id: unknown): Return | undefined =>
  [...shop.orders.values()].flatMap(({ returns }) => returns).find((each) => each.id === id)

interface NewLine {
  readonly fulfillmentLineItemId: string
  readonly quantity: number
  readonly returnReasonDefinitionId?: string | null
  readonly returnReasonNote?: string | null
}

export function returnCreate(args: Args, world: World) {
  const { orderId, returnLineItems } = args.returnInput as {
    readonly orderId: string
    readonly returnLineItems: readonly NewLine[]
  }
  const order = world.orderOf(orderId)
  if (!order) return refused('Order not found.', 'NOT_FOUND', 'returnInput', 'orderId')
  const left = returnable(order).flatMap(({ lines }) => lines)
  const wishes: ReturnWish[] = []
  for (const [index, given] of returnLineItems.entries()) {
    const path = ['returnInput', 'returnLineItems', String(index)]
    const place = left.find(({ goods }) => goods.id === given.fulfillmentLineItemId)
    if (!place)
      return refused('Fulfillment line item not found.', 'NOT_FOUND', ...path, 'fulfillmentLineItemId')
    if (given.quantity < 1 || given.quantity > place.quantity) {
      return refused('Return line item has an invalid quantity.', 'INVALID', ...path, 'quantity')
    }
    if ((given.returnReasonNote ?? '').length > 255) {
      return refused('Return reason note is too long.', 'TOO_LONG', ...path, 'returnReasonNote')
    }
    const reason = returnReasons.find(({ id }) => id === given.returnReasonDefinitionId)
    if (given.returnReasonDefinitionId && !reason) {
      return refused('Return reason not found.', 'NOT_FOUND', ...path, 'returnReasonDefinitionId')
    }
    place.quantity -= given.quantity
    wishes.push({
      goods: place.goods,
      quantity: given.quantity,
      reason: reason?.handle ?? null,
      note: given.returnReasonNote ?? '',
      customerNote: null,
    })
  }
  if (wishes.length === 0) return refused('Return line items are required.', 'BLANK', 'returnInput')
  return done(makeReturn(world.shop, order, wishes, true))
}

/** The return that an answer is for, in the status that it needs; else the refusal. */
function answered(world: World, id: unknown, status: Return['status']) {
  const back = findReturn(world, id)
  if (!back) return { refusal: refused('Return not found.', 'NOT_FOUND', 'id') }
  if (back.status === status) return { back }
  const message = `Return status is ${back.status.toLowerCase()}, which does not allow this.`
  return { refusal: refused(message, 'INVALID_STATE', 'id') }
}

export function returnApproveRequest(args: Args, world: World) {
  const { back, refusal } = answered(world, (args.input as { id: string }).id, 'REQUESTED')
  if (!back) return refusal
  approveReturn(world.shop, back)
  return done(back)
}

export function returnDeclineRequest(args: Args, world: World) {
  const input = args.input as { id: string; declineReason: string; declineNote?: string | null }
  const { back, refusal } = answered(world, input.id, 'REQUESTED')
  if (!back) return refusal
  declineReturn(world.shop, back, input.declineReason, input.declineNote ?? null)
  return done(back)
}

export function returnClose(args: Args, world: World) {
  const { back, refusal } = answered(world, args.id, 'OPEN')
  if (!back) return refusal
  closeReturn(world.shop, back)
  return done(back)
}

interface ProcessInput {
  readonly returnId: string
  readonly returnLineItems?: readonly {
    readonly id: string
    readonly quantity: number
    readonly dispositions?: readonly {
      readonly reverseFulfillmentOrderLineItemId: string
      readonly quantity: number
      readonly dispositionType: string
      readonly locationId?: string | null
    }[]
  }[]
}

/** `returnProcess`. Not idempotent: a repeat takes what is left, or is refused. */
export function returnProcess(args: Args, world: World) {
  const input = args.input as ProcessInput
  const { back, refusal } = answered(world, input.returnId, 'OPEN')
  if (!back) return refusal
  const decisions: Decision[] = []
  for (const [index, given] of (input.returnLineItems ?? []).entries()) {
    const path = ['input', 'returnLineItems', String(index)]
    const line = back.lines.find(({ id }) => id === given.id)
    if (!line) return refused('Return line item not found.', 'NOT_FOUND', ...path, 'id')
    if (given.quantity < 1 || given.quantity > line.quantity - line.processed) {
      return refused('Quantity exceeds what can be processed.', 'INVALID', ...path, 'quantity')
    }
    const dispositions = given.dispositions ?? []
    if (dispositions.reduce((sum, { quantity }) => sum + quantity, 0) !== given.quantity) {
      return refused('Disposition quantities must match the quantity.', 'INVALID', ...path, 'dispositions')
    }
    for (const each of dispositions) {
      const reverse = back.reverse
        .flatMap(({ lines }) => lines)
        .find(({ id, of }) => id === each.reverseFulfillmentOrderLineItemId && of === line)
      if (!reverse)
        return refused('Reverse fulfillment order line item not found.', 'NOT_FOUND', ...path, 'dispositions')
      const location = each.locationId ?? null
      if (each.dispositionType === 'RESTOCKED' && (location === null || world.place(location) === null)) {
        return refused('A location is required to restock.', 'BLANK', ...path, 'dispositions')
      }
      decisions.push({ line, reverse, type: each.dispositionType, quantity: each.quantity, location })
    }
  }
  processReturn(world.shop, back, decisions)
  return done(back)
}
