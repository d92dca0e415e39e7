export {
  type Allocation,
  type Demand,
  meetDemand,
  movesBetween,
  openOf,
  type Takes,
  takesOf,
} from './allocation.ts'
export {
  keyOf,
  type Placed,
  parcelLines,
  placeContents,
  sumPlaced,
  type Want,
  wholeUnits,
} from './contents.ts'
export {
  type CountedSkus,
  countersOf,
  joinSeen,
  type LineCounters,
  type LineSeen,
  nothingProvided,
  nothingSeen,
  type ProviderSeen,
  seenIn,
  soldAndGivenBack,
} from './counters.ts'
export { type CountedLine, type Done, demandsOf, type Ignored, type ProviderFacts } from './demand.ts'
export { type HeldUnits, heldOf, shareBooked, sharePutBack, shareUndone } from './held.ts'
export {
  type LineFacts,
  type LineState,
  type Merged,
  mergeOrder,
  type OrderHeader,
  type OrderState,
} from './merge.ts'
export {
  hasEverLeft,
  isConfirmable,
  joinParcels,
  joinSkus,
  type ParcelReport,
  type ParcelState,
  parcelFrom,
  type SkuQuantity,
  shippedAt,
  sumSkus,
  toParcel,
} from './parcel.ts'
export { calledShipped, cancelledIn, type ProviderOrder } from './provider-order.ts'
export { availableByReading, isSettled, type Reading, type ReadingAllocation } from './reading.ts'
export { type HoldReason, holdReason, releasable } from './release.ts'
export {
  type ArrivalLine,
  arrivedLines,
  joinReturns,
  type OrderRef,
  type ReturnDisposition,
  type ReturnReport,
  type ReturnReportLine,
  type ReturnState,
  returnAttention,
  returnFrom,
} from './return.ts'
export {
  checkPlacement,
  type Route,
  type RouteLine,
  type RoutePlacement,
  type RouteQuote,
  type RouteRequest,
} from './route.ts'
export { defaultRoute, routeBy } from './route-by.ts'
export {
  byPriority,
  cheapest,
  keepsPromise,
  mostStock,
  nearest,
  type RoutePreference,
} from './route-preferences.ts'
export { joinMilestones, type Milestone, milestoneOf, statusOf } from './status.ts'
export {
  hasMoved,
  joinTracking,
  type TrackingReport,
  type TrackingState,
  trackingFrom,
  trackingNow,
  trackingRank,
} from './tracking.ts'
