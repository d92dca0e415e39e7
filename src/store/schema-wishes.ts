import type { Migration } from './schema-workers.ts'

/** What the merchant, or the route, wants of an order at its channel. */
export const orderWishes: Migration = [
  // Kept from leaving, until it is released here; a channel that holds it by itself says so in the order's status instead.
  `CREATE TABLE order_hold (
    connection TEXT NOT NULL,
    order_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (connection, order_id)
  )`,
  // Which of its places the channel was last asked to let an order leave from: JSON, by line and place.
  `CREATE TABLE order_place (
    connection TEXT NOT NULL,
    order_id TEXT NOT NULL,
    places TEXT NOT NULL,
    PRIMARY KEY (connection, order_id)
  )`,
]
