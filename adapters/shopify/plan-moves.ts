import type { WireFulfillmentOrder } from './wire.ts'

/** So many units of an order's line are to leave from a location. */
export interface Assigned {
  readonly line: string
  readonly quantity: number
  readonly location: string
}

/** One `fulfillmentOrderMove`. */
export interface Move {
  readonly id: string
  readonly location: string
  /** `null`: all that is left of it. Its ids are those of fulfilment order lines. */
  readonly lines: readonly { readonly id: string; readonly quantity: number }[] | null
}

/** Nothing leaves from such a fulfilment order any more. */
export const closed: ReadonlySet<string> = new Set(['CLOSED', 'CANCELLED', 'INCOMPLETE'])

const locationOf = ({ assignedLocation }: WireFulfillmentOrder) => assignedLocation.location?.id ?? ''

/** A part that a fulfilment service works on, or of which staff reported progress, stays where it is. */
const mayMove = ({ supportedActions }: WireFulfillmentOrder) =>
  supportedActions.some(({ action }) => action === 'MOVE')

/** Which move was refused once is not asked for again. */
export const nameOf = ({ id, location }: Pick<Move, 'id' | 'location'>) => `${id} ${location}`

/**
 * The next move that brings an order closer to where it is to leave from; `null`: nothing is left to move, or nothing can be.
 * One at a time, since a move may close fulfilment orders and make new ones in their place: what follows is planned from what
 * is there then.
 */
export function nextMove(
  parts: readonly WireFulfillmentOrder[],
  assigned: readonly Assigned[],
  refused: ReadonlySet<string>,
): Move | null {
  const open = parts.filter(({ status }) => !closed.has(status))
  const missing = missingAt(open, assigned)
  for (const part of open.filter(mayMove)) {
    for (const location of new Set(assigned.map((one) => one.location))) {
      const move = { id: part.id, location }
      if (location === locationOf(part) || refused.has(nameOf(move))) continue
      const lines = linesFor(part, location, missing)
      if (lines.length === 0) continue
      const left = part.lineItems.nodes.filter(({ remainingQuantity }) => remainingQuantity > 0)
      const whole = left.every(({ id, remainingQuantity }) =>
        lines.some((one) => one.id === id && one.quantity === remainingQuantity),
      )
      return { ...move, lines: whole ? null : lines }
    }
  }
  return null
}

type Missing = ReadonlyMap<string, ReadonlyMap<string, number>>

/** By location and line, the units that are wanted there less those that are there; below zero: so many too many. */
function missingAt(parts: readonly WireFulfillmentOrder[], assigned: readonly Assigned[]): Missing {
  const missing = new Map<string, Map<string, number>>()
  const add = (location: string, line: string, quantity: number) => {
    const lines = missing.get(location) ?? new Map<string, number>()
    missing.set(location, lines.set(line, (lines.get(line) ?? 0) + quantity))
  }
  const told = new Set(assigned.map(({ line }) => line))
  for (const { line, quantity, location } of assigned) add(location, line, quantity)
  for (const part of parts) {
    for (const { lineItem, remainingQuantity } of part.lineItems.nodes)
      if (told.has(lineItem.id)) add(locationOf(part), lineItem.id, -remainingQuantity)
  }
  return missing
}

function linesFor(part: WireFulfillmentOrder, location: string, missing: Missing) {
  return part.lineItems.nodes.flatMap(({ id, lineItem, remainingQuantity }) => {
    const wanted = missing.get(location)?.get(lineItem.id) ?? 0
    const surplus = -(missing.get(locationOf(part))?.get(lineItem.id) ?? 0)
    const quantity = Math.min(wanted, surplus, remainingQuantity)
    return quantity > 0 ? [{ id, quantity }] : []
  })
}
