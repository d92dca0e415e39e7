export {
  componentsOf,
  getItem,
  getListing,
  getLocation,
  type ListingRow,
  linkListing,
  listItems,
  listListings,
  listLocations,
  putItem,
  putLocation,
  unlinkListing,
} from './catalog.ts'
export type { Database, SqlValue, Store, Transaction } from './database.ts'
export { emit } from './events.ts'
export { checked } from './input.ts'
export { migrate } from './migrate.ts'
export { type OfferTerms, offerTerms, type StockFact, stockFacts } from './offers.ts'
export {
  createStock,
  type PartOptions,
  type ReserveOptions,
  type Stock,
  type StockLevel,
  type StockLine,
  type StockOptions,
  type StockResult,
  type TransferOptions,
} from './pool.ts'
export {
  getReservation,
  type ReservationLine,
  type ReservationResult,
  type ReservationRow,
} from './reservations.ts'
export { expireReservations, type SettleResult } from './settlements.ts'
export { type SqliteOptions, sqlite } from './sqlite.ts'
export type { SqliteDatabase, SqliteStatement } from './sqlite-driver.ts'
export {
  type Move,
  markStale,
  type Oversold,
  type Posting,
  type PostResult,
  post,
  type Short,
} from './stock.ts'
export { type Difference, type Verification, verify } from './verify.ts'
