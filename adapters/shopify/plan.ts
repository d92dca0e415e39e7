import type { WireFulfillmentOrder } from './wire.ts'

/** So many units of an order's line. */
export interface Parcel {
  readonly line: string
  readonly quantity: number
}

/** `lineItemsByFulfillmentOrder` of one `fulfillmentCreate`. Its ids are those of fulfilment order lines. */
export type FulfillmentCall = readonly {
  readonly fulfillmentOrderId: string
  readonly fulfillmentOrderLineItems: readonly { readonly id: string; readonly quantity: number }[]
}[]

export interface FulfillmentPlan {
  /** One call per location: "All fulfillment orders must be assigned to a single location" (microsoft/BCApps#7065). */
  readonly calls: readonly FulfillmentCall[]
  /** Units for which no open fulfilment order has room. */
  readonly unplaced: readonly Parcel[]
}

const open: ReadonlySet<string> = new Set(['OPEN', 'IN_PROGRESS'])

function mayFulfill({ status, supportedActions }: WireFulfillmentOrder): boolean {
  return open.has(status) && supportedActions.some(({ action }) => action === 'CREATE_FULFILLMENT')
}

/** Spreads the units of a parcel over the order's open fulfilment orders, in their order. */
export function planFulfillments(
  orders: readonly WireFulfillmentOrder[],
  parcel: readonly Parcel[],
): FulfillmentPlan {
  const left = new Map<string, number>()
  for (const { line, quantity } of parcel) left.set(line, (left.get(line) ?? 0) + quantity)
  const byLocation = new Map<string, FulfillmentCall[number][]>()
  for (const order of orders.filter(mayFulfill)) {
    const taken: { id: string; quantity: number }[] = []
    for (const { id, remainingQuantity, lineItem } of order.lineItems.nodes) {
      const quantity = Math.min(left.get(lineItem.id) ?? 0, remainingQuantity)
      if (quantity <= 0) continue
      left.set(lineItem.id, (left.get(lineItem.id) ?? 0) - quantity)
      taken.push({ id, quantity })
    }
    // An empty list would mean "everything of it".
    if (taken.length === 0) continue
    const location = order.assignedLocation.location?.id ?? order.assignedLocation.name ?? order.id
    const call = byLocation.get(location) ?? []
    byLocation.set(location, [...call, { fulfillmentOrderId: order.id, fulfillmentOrderLineItems: taken }])
  }
  const unplaced = [...left].filter(([, quantity]) => quantity > 0)
  return {
    calls: [...byLocation.values()],
    unplaced: unplaced.map(([line, quantity]) => ({ line, quantity })),
  }
}
