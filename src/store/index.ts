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
export { migrate } from './migrate.ts'
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
