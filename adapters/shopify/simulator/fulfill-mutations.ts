import type { Args } from '../../../src/simulator/graphql/index.ts'
import { actionsOf, movePart, moveProblem, placeHold, releaseHolds } from './parts.ts'
import { type Fulfilling, fulfill, type Tracking } from './sales.ts'
import { type FulfillmentOrder, legacy } from './shop.ts'
import type { World } from './world.ts'

interface TrackingInput {
  readonly company?: string | null
  readonly number?: string | null
  readonly numbers?: readonly string[] | null
  readonly url?: string | null
  readonly urls?: readonly string[] | null
}

interface FulfillmentInput {
  readonly lineItemsByFulfillmentOrder: readonly {
    readonly fulfillmentOrderId: string
    readonly fulfillmentOrderLineItems?: readonly { readonly id: string; readonly quantity: number }[] | null
  }[]
  readonly trackingInfo?: TrackingInput | null
}

function trackingOf(input: TrackingInput | null | undefined): Tracking {
  const numbers = input?.numbers ?? (input?.number ? [input.number] : [])
  const urls = input?.urls ?? (input?.url ? [input.url] : [])
  return numbers.map((number, index) => ({
    number,
    company: input?.company ?? null,
    url: urls[index] ?? null,
  }))
}

const refused = (message: string, ...field: readonly string[]) => ({
  fulfillment: null,
  userErrors: [{ field: field.length > 0 ? field : ['fulfillment'], message }],
})

function everyFulfillmentOrder({ shop }: World): FulfillmentOrder[] {
  return [...shop.orders.values()].flatMap((order) => order.fulfillmentOrders)
}

/** What is wrong with one part, in Shopify's words; `null`: nothing. */
function partProblem(part: Fulfilling): string | null {
  const { fulfillmentOrder, lines } = part
  if (fulfillmentOrder.status !== 'OPEN' && fulfillmentOrder.status !== 'IN_PROGRESS') {
    return `Fulfillment order ${legacy(fulfillmentOrder.id)} has an unfulfillable status= ${fulfillmentOrder.status.toLowerCase()}.`
  }
  for (const { id, quantity } of lines) {
    const entry = fulfillmentOrder.lines.find((each) => each.id === id)
    if (!entry) return 'Fulfillment order line item does not exist.'
    if (quantity < 1) return 'Fulfillment order line item quantity must be greater than 0.'
    if (quantity > entry.remaining) return 'Invalid fulfillment order line item quantity requested.'
  }
  return null
}

/** `fulfillmentCreate`. Not idempotent: a repeat takes what is left, or is refused. */
export function fulfillMutation(args: Args, world: World) {
  const { lineItemsByFulfillmentOrder, trackingInfo } = args.fulfillment as FulfillmentInput
  const all = everyFulfillmentOrder(world)
  const parts: Fulfilling[] = []
  for (const { fulfillmentOrderId, fulfillmentOrderLineItems } of lineItemsByFulfillmentOrder) {
    const fulfillmentOrder = all.find(({ id }) => id === fulfillmentOrderId)
    if (!fulfillmentOrder) return refused('Fulfillment order does not exist.')
    parts.push({ fulfillmentOrder, lines: fulfillmentOrderLineItems ?? [] })
  }
  if (parts.length === 0) return refused('Line items by fulfillment order cannot be empty.')
  if (new Set(parts.map(({ fulfillmentOrder }) => fulfillmentOrder.order)).size > 1) {
    return refused('All fulfillment orders must belong to the same order.')
  }
  if (new Set(parts.map(({ fulfillmentOrder }) => fulfillmentOrder.location)).size > 1) {
    return refused('All fulfillment orders must be assigned to a single location.')
  }
  const problem = parts.map(partProblem).find((each) => each !== null)
  if (problem) return refused(problem)
  return { fulfillment: fulfill(world.shop, parts, trackingOf(trackingInfo)), userErrors: [] }
}

/** `fulfillmentTrackingInfoUpdate`. */
export function trackingMutation(args: Args, world: World) {
  const all = [...world.shop.orders.values()].flatMap((order) => order.fulfillments)
  const fulfillment = all.find(({ id }) => id === args.fulfillmentId)
  if (!fulfillment) return refused('Fulfillment does not exist.', 'fulfillmentId')
  fulfillment.tracking = trackingOf(args.trackingInfoInput as TrackingInput)
  const { order } = fulfillment
  world.shop.tell('fulfillments/update', {
    id: legacy(fulfillment.id),
    order_id: order.legacyId,
    status: 'success',
  })
  world.shop.touch(order)
  return { fulfillment, userErrors: [] }
}

interface HoldInput {
  readonly reason: string
  readonly reasonNotes?: string | null
  readonly handle?: string | null
}

const mostHolds = 10

const partOf = (world: World, id: unknown) => everyFulfillmentOrder(world).find((one) => one.id === id)

const refusedPart = (message: string, code?: string) => ({
  userErrors: [{ field: ['id'], message, ...(code === undefined ? {} : { code }) }],
})

const unknownPart = (code?: string) => refusedPart('Fulfillment order does not exist.', code)

/** `fulfillmentOrderHold`. One of each handle, and ten of an app on one fulfilment order. */
export function holdMutation(args: Args, world: World) {
  const one = partOf(world, args.id)
  if (!one) return unknownPart('FULFILLMENT_ORDER_NOT_FOUND')
  const { reason, reasonNotes, handle } = args.fulfillmentHold as HoldInput
  const own = one.holds.filter(({ byApp }) => byApp)
  if (own.some((each) => each.handle === (handle ?? '')))
    return refusedPart('The handle is already in use.', 'DUPLICATE_FULFILLMENT_HOLD_HANDLE')
  if (own.length >= mostHolds)
    return refusedPart('The maximum number of holds is reached.', 'FULFILLMENT_ORDER_HOLD_LIMIT_REACHED')
  if (!actionsOf(one).includes('HOLD')) return refusedPart('The fulfillment order cannot be held.')
  const given = { reason, notes: reasonNotes ?? null, handle: handle ?? '', byApp: true }
  const fulfillmentHold = placeHold(world.shop, one, given)
  return { fulfillmentHold, fulfillmentOrder: one, remainingFulfillmentOrder: null, userErrors: [] }
}

/** `fulfillmentOrderReleaseHold`. Without `holdIds` every hold is released, whoever placed it. */
export function releaseHoldMutation(args: Args, world: World) {
  const one = partOf(world, args.id)
  if (!one) return unknownPart('FULFILLMENT_ORDER_NOT_FOUND')
  releaseHolds(world.shop, one, (args.holdIds as readonly string[] | null | undefined) ?? null)
  return { fulfillmentOrder: one, userErrors: [] }
}

/** `fulfillmentOrderMove`. Not idempotent: units that were moved once may be moved again. */
export function moveMutation(args: Args, world: World) {
  const one = partOf(world, args.id)
  if (!one) return unknownPart()
  const given = (args.fulfillmentOrderLineItems as { id: string; quantity: number }[] | null) ?? []
  const units = given.flatMap(({ id, quantity }) => {
    const entry = one.lines.find((each) => each.id === id)
    return entry ? [{ entry, quantity }] : []
  })
  if (units.length < given.length) return refusedPart('Fulfillment order line item does not exist.')
  const location = String(args.newLocationId)
  const wanted = given.length === 0 ? null : units
  const problem = moveProblem(world.shop, one, location, wanted)
  if (problem) return refusedPart(problem.message, problem.code)
  const movedFulfillmentOrder = movePart(world.shop, one, location, wanted)
  return { movedFulfillmentOrder, originalFulfillmentOrder: one, userErrors: [] }
}
