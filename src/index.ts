export { type ErrorCode, isStockpoolError, StockpoolError, type StockpoolErrorInit } from './error.ts'
export { acceleratedClock, systemClock } from './http/clock.ts'
export type { Held } from './hub/api-holds.ts'
export type { BuyLabelInput, KnownLabel, LabelInput } from './hub/api-labels.ts'
export type { OwnShipmentInput } from './hub/api-orders.ts'
export type { Asked } from './hub/api-returns.ts'
export type { Can } from './hub/capabilities.ts'
export type { Drift, DriftCause, DriftReport } from './hub/drift.ts'
export type { Dated, Explanation } from './hub/explain.ts'
export { createHub } from './hub/hub.ts'
export type { ImportOptions, ImportProgress, ImportReport } from './hub/import.ts'
export type { ArrivalInput, OpenReturnInput, RefundInput } from './hub/inputs-returns.ts'
export type { LabelFacts } from './hub/jobs-labels.ts'
export type { ConnectionMap, HubOptions, OfferFunction, OfferQuestion } from './hub/options.ts'
export type { Notified } from './hub/queue-pass.ts'
export type { PassReport } from './hub/runtime.ts'
export type {
  ConnectionStatus,
  Hub,
  Labels,
  LinkInput,
  ReturnDecisions,
  StartOptions,
  SyncOptions,
} from './hub/types.ts'
export { Address, Buyer } from './model/address.ts'
export { type Carrier, CarrierCode, carrierFrom, carriers, trackingUrl } from './model/carrier.ts'
export { type Events, type EventType, events, type StoredEvent } from './model/event.ts'
export { FulfillmentStatus } from './model/fulfillment-status.ts'
export {
  Instant,
  Key,
  ListingId,
  LocationId,
  maxQuantity,
  PositiveQuantity,
  Quantity,
  Sku,
} from './model/ids.ts'
export { Item, type ItemInput, KitComponent } from './model/item.ts'
export { Buffer as ListingBuffer, Listing, type ListingInput, ListingPolicy } from './model/listing.ts'
export { Location, type LocationInput } from './model/location.ts'
export { Currency, currencyExponent, Money, moneyFromDecimal, moneyToDecimal } from './model/money.ts'
export {
  ChannelOrder,
  type ChannelOrderInput,
  ChannelOrderLine,
  FulfilledBy,
  Order,
  OrderLine,
  OrderStatus,
  PaymentStatus,
  Tax,
} from './model/order.ts'
export { Disposition, Return, ReturnLine, ReturnStatus } from './model/return.ts'
export { ServiceLevel } from './model/service-level.ts'
export { Parcel, ParcelLine, Shipment } from './model/shipment.ts'
export { Balance, Bucket, Movement, MovementReason } from './model/stock.ts'
export { TrackingStatus } from './model/tracking.ts'
export { type TrackingVocabulary, trackingStatusFrom } from './model/tracking-words.ts'
export type { OrderRef, ReturnDisposition } from './order/index.ts'
export {
  byPriority,
  cheapest,
  defaultRoute,
  keepsPromise,
  mostStock,
  nearest,
  type Route,
  type RouteLine,
  type RoutePlacement,
  type RoutePreference,
  type RouteQuote,
  type RouteRequest,
  routeBy,
} from './order/index.ts'
export type { Absence, Connection, Deadline } from './spec/connection.ts'
export type {
  AdapterContext,
  Clock,
  Effect,
  HttpAnswer,
  HttpClient,
  HttpRequest,
  HttpResponse,
  Limit,
  Limits,
  Logger,
  Memory,
  OutgoingRequest,
  Remembered,
  ThrottleReading,
  Token,
  Tokens,
} from './spec/context.ts'
export type {
  AskedOrder,
  FulfillmentFacet,
  FulfillmentOrder,
  FulfillmentPage,
  FulfillmentParcel,
  FulfillmentRequest,
  OpenOrders,
  PlatformStockFacet,
  ProviderLocation,
  ProviderReturn,
  ProviderReturnPage,
  Quote,
  QuoteRequest,
  StockPage,
  StockReading,
} from './spec/fulfillment.ts'
export type { Label, LabelPackage, LabelRate, LabelRequest, LabelsFacet } from './spec/labels.ts'
export type {
  Backlog,
  ListedListing,
  ListingPage,
  ListingReading,
  ListingRef,
  ListingsFacet,
  ListingTarget,
  ReadTerms,
  RevisionLimit,
  WriteResult,
} from './spec/listings.ts'
export type {
  AssignRequest,
  AssignResult,
  CancelOrderRequest,
  CancelOutcome,
  CancelReason,
  CancelResult,
  HoldCause,
  HoldRequest,
  HoldResult,
  OrderPage,
  OrdersFacet,
  UnreadableOrder,
} from './spec/orders.ts'
export type { QueueFacet, QueueMessage } from './spec/queue.ts'
export type {
  ArrivedUnits,
  DeclineReason,
  OpenReturnRequest,
  PendingRefund,
  RefundRequest,
  RefundResult,
  RefundState,
  ReturnArrival,
  ReturnPage,
  ReturnRef,
  ReturnResult,
  ReturnsFacet,
} from './spec/returns.ts'
export type { NoticeResult, ShipmentNotice, ShipmentsFacet } from './spec/shipments.ts'
export type {
  FollowRequest,
  FollowResult,
  TrackingFacet,
  TrackingNews,
  TrackingPage,
} from './spec/tracking.ts'
export type {
  ChallengeAnswer,
  Hint,
  WebhookDelivery,
  WebhookEvent,
  WebhooksFacet,
} from './spec/webhooks.ts'
export type { Placement } from './stock/allocate.ts'
export type { Answer, AnswerState } from './store/answers.ts'
export type { Database, SqlValue, Store, Transaction } from './store/database.ts'
export type { StoredDeadline } from './store/deadlines.ts'
export type { StockElsewhere } from './store/elsewhere.ts'
export type { AnswerKind, Job, JobKind } from './store/jobs.ts'
export type { ListingRow } from './store/listings.ts'
export type { OfferTerms, StockFact } from './store/offers.ts'
export type { OrderHold } from './store/order-wishes.ts'
export type { OrderQuery, Person, TimelineEntry } from './store/orders.ts'
export type {
  PartOptions,
  ReserveOptions,
  StockLevel,
  StockLine,
  StockOptions,
  StockResult,
  TransferOptions,
} from './store/pool.ts'
export type { ReservationResult } from './store/reservations.ts'
export type { ReturnQuery, ReturnSource, StoredReturn, StoredReturnLine } from './store/return-rows.ts'
export type { ReturnMove } from './store/returns.ts'
export type { SettleResult } from './store/settlements.ts'
export { type SqliteOptions, sqlite } from './store/sqlite.ts'
export type { SqliteDatabase, SqliteStatement } from './store/sqlite-driver.ts'
export type { Oversold, Short } from './store/stock.ts'
export type { Difference, Verification } from './store/verify.ts'
