import { z } from 'zod'
import { refuse } from '../../../src/simulator/index.ts'
import { cancelReturn, makeReturn, type ReturnWish, returnable } from './returns.ts'
import type { Order, Return, Shop } from './shop.ts'

const Wish = z.object({
  order: z.string(),
  /** By id or by SKU; without a quantity: all that may come back. */
  lines: z
    .array(
      z.object({
        id: z.string().optional(),
        sku: z.string().optional(),
        quantity: z.int().positive().optional(),
      }),
    )
    .min(1),
  reason: z.string().default('unwanted'),
  note: z.string().nullable().default(null),
  /** What the buyer pays for sending it back, in minor units. */
  fee: z.int().min(0).default(0),
})

/** What the buyer sends back, spread over the fulfilments that brought it. */
function wishesOf(order: Order, { lines, reason, note }: z.infer<typeof Wish>): ReturnWish[] {
  const left = returnable(order).flatMap((each) => each.lines)
  return lines.flatMap(({ id, sku, quantity }) => {
    const places = left.filter(({ goods: { line } }) =>
      id === undefined ? line.item.sku === sku : line.id === id,
    )
    let wanted = quantity ?? Number.POSITIVE_INFINITY
    return places.flatMap((place) => {
      const part = Math.min(wanted, place.quantity)
      wanted -= part
      place.quantity -= part
      return part > 0 ? [{ goods: place.goods, quantity: part, reason, note: '', customerNote: note }] : []
    })
  })
}

function returnOf(shop: Shop, id: string): Return {
  const all = [...shop.orders.values()].flatMap(({ returns }) => returns)
  return all.find((each) => each.id === id) ?? refuse(404, { error: 'not_found', return: id })
}

/** `POST /_simulator/returns…`: what buyers and staff do about returns. */
export function returnControls(shop: Shop, orderOf: (id: string) => Order) {
  const known = z.object({ return: z.string() })
  return {
    returns(body: unknown) {
      const given = Wish.parse(body)
      const order = orderOf(given.order)
      const wishes = wishesOf(order, given)
      if (wishes.length === 0) return refuse(409, { error: 'not_returnable', order: order.id })
      return { return: makeReturn(shop, order, wishes, false, given.fee).id, order: order.id }
    },
    'returns/cancel'(body: unknown) {
      cancelReturn(shop, returnOf(shop, known.parse(body).return))
    },
    // The buyer hands the parcel over, and types its number in.
    'returns/ship'(body: unknown) {
      const given = known.extend({ trackingNumber: z.string().min(1) }).parse(body)
      const back = returnOf(shop, given.return)
      back.trackingNumber = given.trackingNumber
      shop.touch(back.order)
    },
  }
}

/** The returns and refunds of the shop, for `GET /_simulator/state`. */
export function returnState(shop: Shop) {
  const orders = [...shop.orders.values()]
  return {
    returns: orders.flatMap(({ id: order, returns }) =>
      returns.map(({ id, status, lines }) => ({
        id,
        order,
        status: status.toLowerCase(),
        lines: lines.map(({ goods, quantity, processed }) => ({
          id: goods.line.id,
          quantity,
          received: processed,
        })),
      })),
    ),
    refunds: orders.flatMap(({ id: order, refunds }) =>
      refunds.map(({ id, amount, note, lines }) => ({
        id,
        order,
        amount: { amount, currency: shop.currency },
        note,
        lines: lines.map(({ line, quantity }) => ({ id: line.id, quantity })),
      })),
    ),
  }
}
