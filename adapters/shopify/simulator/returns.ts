import { legacy, type Order, type Return, type ReturnLine, type Shop } from './shop.ts'

/** What becomes of goods that come back, whoever acts. */

/** The reasons of Shopify's library that this shop knows. */
export const returnReasons = ['defective', 'wrong-item', 'unwanted', 'other', 'unknown'].map(
  (handle, index) => ({
    id: `gid://shopify/ReturnReasonDefinition/${index + 1}`,
    handle,
    name: `${handle.charAt(0).toUpperCase()}${handle.slice(1).replaceAll('-', ' ')}`,
    deleted: false,
  }),
)

const active: ReadonlySet<Return['status']> = new Set(['REQUESTED', 'OPEN', 'CLOSED'])

const returning = (order: Order) =>
  order.returns.filter(({ status }) => active.has(status)).flatMap(({ lines }) => lines)

const sum = (lines: readonly { readonly quantity: number }[]) =>
  lines.reduce((total, { quantity }) => total + quantity, 0)

/** What of each line of each fulfilment may come back still. */
export function returnable(order: Order) {
  const back = returning(order)
  return order.fulfillments
    .filter(({ status }) => status === 'SUCCESS')
    .map((fulfillment) => ({
      fulfillment,
      lines: fulfillment.lines.flatMap((goods) => {
        const ofLine = back.filter((each) => each.goods.line === goods.line)
        const left = goods.line.fulfilled - Math.max(sum(ofLine), goods.line.returned)
        const here = goods.quantity - sum(back.filter((each) => each.goods === goods))
        const quantity = Math.min(here, left)
        return quantity > 0 ? [{ goods, quantity }] : []
      }),
    }))
    .filter(({ lines }) => lines.length > 0)
}

export interface ReturnWish {
  readonly goods: ReturnLine['goods']
  readonly quantity: number
  readonly reason: string | null
  readonly note: string
  readonly customerNote: string | null
}

function tell(shop: Shop, back: Return, topic: string): void {
  shop.tell(topic, {
    id: legacy(back.id),
    admin_graphql_api_id: back.id,
    status: back.status.toLowerCase(),
    order: { id: back.order.legacyId, admin_graphql_api_id: back.order.id },
    total_return_line_items: back.lines.length,
  })
  shop.touch(back.order)
}

function approveNow(shop: Shop, back: Return): void {
  back.status = 'OPEN'
  back.approvedAt = shop.now()
  // One for each fulfilment that goods come back of.
  for (const fulfillment of back.order.fulfillments) {
    const lines = back.lines.filter(({ goods }) => fulfillment.lines.includes(goods))
    if (lines.length === 0) continue
    back.reverse.push({
      id: shop.nextId('ReverseFulfillmentOrder'),
      lines: lines.map((of) => ({
        id: shop.nextId('ReverseFulfillmentOrderLineItem'),
        of,
        total: of.quantity,
        dispositions: [],
      })),
    })
  }
}

/** A return that a buyer asks for, or that staff or an app open. */
export function makeReturn(
  shop: Shop,
  order: Order,
  wishes: readonly ReturnWish[],
  approved: boolean,
  fee = 0,
): Return {
  const back: Return = {
    id: shop.nextId('Return'),
    order,
    status: 'REQUESTED',
    createdAt: shop.now(),
    approvedAt: null,
    closedAt: null,
    decline: null,
    lines: wishes.map((wish) => ({
      __typename: 'ReturnLineItem',
      id: shop.nextId('ReturnLineItem'),
      ...wish,
      processed: 0,
    })),
    reverse: [],
    trackingNumber: null,
    fee,
  }
  order.returns.push(back)
  if (approved) approveNow(shop, back)
  tell(shop, back, approved ? 'returns/approve' : 'returns/request')
  return back
}

export function approveReturn(shop: Shop, back: Return): void {
  approveNow(shop, back)
  tell(shop, back, 'returns/approve')
}

export function declineReturn(shop: Shop, back: Return, reason: string, note: string | null): void {
  back.status = 'DECLINED'
  back.decline = { reason, note }
  tell(shop, back, 'returns/decline')
}

export function closeReturn(shop: Shop, back: Return): void {
  back.status = 'CLOSED'
  back.closedAt = shop.now()
  tell(shop, back, 'returns/close')
}

export function cancelReturn(shop: Shop, back: Return): void {
  back.status = 'CANCELED'
  back.closedAt = shop.now()
  tell(shop, back, 'returns/cancel')
}

export interface Decision {
  readonly line: ReturnLine
  readonly reverse: Return['reverse'][number]['lines'][number]
  readonly type: string
  readonly quantity: number
  readonly location: string | null
}

/** Goods arrived, and this became of them. The caller has checked what Shopify checks. */
export function processReturn(shop: Shop, back: Return, decisions: readonly Decision[]): void {
  for (const { line, reverse, type, quantity, location } of decisions) {
    line.processed += quantity
    // From now on the units are no longer the order's.
    line.goods.line.returned = Math.min(line.goods.line.fulfilled, line.goods.line.returned + quantity)
    reverse.dispositions.push({ id: shop.nextId('ReverseFulfillmentOrderDisposition'), type, quantity })
    const level = location === null ? undefined : shop.level(line.goods.line.item.id, location)
    if (type === 'RESTOCKED' && level) shop.setAvailable(level, level.available + quantity)
  }
  tell(shop, back, 'returns/process')
}
