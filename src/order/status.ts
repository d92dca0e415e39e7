import type { OrderStatus } from '../model/order.ts'

/** The furthest an order was ever reported to be. `none`: nothing has happened to its goods. */
export type Milestone = 'none' | 'partially_shipped' | 'cancelled' | 'shipped' | 'delivered'

/**
 * The lattice, as data: each status reaches a milestone, and an order never goes back from one. The rest of the
 * statuses reach none: they say what the channel allows now, may change either way, and the newest report holds.
 */
export const milestoneOf: Readonly<Record<OrderStatus, Milestone>> = {
  // Payment may be taken and fail, holds come and go, an open order may be put on hold again.
  pending: 'none',
  on_hold: 'none',
  open: 'none',
  // A word nobody knows says nothing about the goods.
  unknown: 'none',
  // Some goods have left. A later "open" is a channel that lags, or an order that grew: the goods stay gone.
  partially_shipped: 'partially_shipped',
  // Above partially shipped: the rest will never leave. Channels do not revive a cancelled order.
  cancelled: 'cancelled',
  // Above cancelled: all goods left, so the cancellation came too late for them.
  shipped: 'shipped',
  // A late "shipped" cannot undo it (NEARBuilders/nearmerch.com#214).
  delivered: 'delivered',
}

const rank: Readonly<Record<Milestone, number>> = {
  none: 0,
  partially_shipped: 1,
  cancelled: 2,
  shipped: 3,
  delivered: 4,
}

export function joinMilestones(a: Milestone, b: Milestone): Milestone {
  return rank[a] >= rank[b] ? a : b
}

/** Reports that the goods that are left must wait. */
const holding: ReadonlySet<OrderStatus> = new Set<OrderStatus>(['pending', 'on_hold', 'unknown'])
const goingOn: ReadonlySet<OrderStatus> = new Set<OrderStatus>([...holding, 'open', 'partially_shipped'])

/**
 * Where an order stands: what it has reached, the newest report, and what its lines say is still to be shipped and
 * has shipped (in units of the listings).
 */
export function statusOf(
  reached: Milestone,
  reported: OrderStatus,
  lines: { readonly open: number; readonly shipped: number },
): OrderStatus {
  if (reached === 'none') return reported
  // What has not left yet waits as the channel asks; the lines tell what has left.
  if (reached === 'partially_shipped') return holding.has(reported) ? reported : reached
  // An edited order: lines were added after all had shipped, and the channel says that it goes on.
  if (lines.open === 0 || !goingOn.has(reported)) return reached
  if (holding.has(reported)) return reported
  return lines.shipped > 0 ? 'partially_shipped' : 'open'
}
