import type { Migration } from './schema-workers.ts'

/** Listings whose numbers were counted into the pool, until the orders that they did not hold any more are known. */
export const imports: Migration = [
  `CREATE TABLE imported (
    connection TEXT NOT NULL,
    listing TEXT NOT NULL,
    place TEXT NOT NULL,
    sku TEXT NOT NULL,
    -- Units of the SKU in one unit of the listing.
    units BIGINT NOT NULL,
    location TEXT NOT NULL,
    -- When the channel showed the number.
    at TEXT NOT NULL,
    PRIMARY KEY (connection, listing, place)
  ) {compact}`,
]
