import { checks } from './schema-checks.ts'
import { memory } from './schema-memory.ts'
import { revisions } from './schema-revisions.ts'
import { waitingUnits } from './schema-routing.ts'
import { orderWishes } from './schema-wishes.ts'
import type { Migration } from './schema-workers.ts'

/** The third migration: returns, answers to channels, deadlines, stock elsewhere, followed parcels and labels. */
const widerPlatforms: Migration = [
  // Goods on their way back, as a channel or a provider tells of them. What names the buyer is in `person`.
  `CREATE TABLE goods_return (
    connection TEXT NOT NULL,
    -- 'channel' or 'provider': two books, that may use the same ids.
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    order_connection TEXT,
    order_id TEXT,
    status TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (connection, source, id)
  )`,
  `CREATE INDEX goods_return_by_order ON goods_return (order_connection, order_id)`,
  `CREATE INDEX goods_return_by_time ON goods_return (updated_at, connection, source, id)`,
  // What the merchant decided and a channel is to be told, once under each key. Its words in prose may name the buyer: protected,
  // and erased with the buyer's data. Then the decision is told without them.
  `CREATE TABLE answer (
    connection TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    hash TEXT NOT NULL,
    order_id TEXT NOT NULL,
    return_id TEXT,
    request TEXT NOT NULL,
    words TEXT,
    state TEXT NOT NULL,
    -- When a call may last have gone out: from then on the channel is asked what it has before anything is repeated.
    sent_at TEXT,
    -- Which process's call it was.
    sent_by TEXT,
    asked_at TEXT NOT NULL,
    settled_at TEXT,
    facts TEXT NOT NULL,
    PRIMARY KEY (connection, kind, key)
  )`,
  `CREATE INDEX answer_by_order ON answer (connection, order_id)`,
  // Labels to print, where the platform does not give them again. They name the buyer: protected, and erased with the rest.
  `CREATE TABLE label_document (
    connection TEXT NOT NULL,
    key TEXT NOT NULL,
    position BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (connection, key, position)
  )`,
  `CREATE INDEX label_document_by_order ON label_document (connection, order_id)`,
  // What ends by itself and a person has to renew; `told` is how near it was when a person last heard of it.
  `CREATE TABLE deadline (
    connection TEXT NOT NULL,
    id TEXT NOT NULL,
    what TEXT NOT NULL,
    at TEXT NOT NULL,
    remedy TEXT NOT NULL,
    told BIGINT NOT NULL,
    PRIMARY KEY (connection, id)
  )`,
  // Stock that a platform keeps and sells by itself. Its places are none of the pool's, so nothing can promise it.
  `CREATE TABLE elsewhere_place (
    connection TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    country TEXT,
    postal_code TEXT,
    PRIMARY KEY (connection, id)
  )`,
  `CREATE TABLE elsewhere (
    connection TEXT NOT NULL,
    place TEXT NOT NULL,
    sku TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    basis TEXT NOT NULL,
    as_of TEXT NOT NULL,
    read_at TEXT NOT NULL,
    PRIMARY KEY (connection, place, sku)
  )`,
  `CREATE INDEX elsewhere_by_sku ON elsewhere (sku)`,
  // Parcels that a tracker follows; what it told of them stands beside the shipper's own word, in `parcel.followed`.
  `CREATE TABLE followed (
    tracker TEXT NOT NULL,
    key TEXT NOT NULL,
    external_id TEXT,
    connection TEXT NOT NULL,
    order_id TEXT NOT NULL,
    parcel TEXT NOT NULL,
    tracking_number TEXT NOT NULL,
    PRIMARY KEY (tracker, key)
  )`,
  `CREATE INDEX followed_by_external ON followed (tracker, external_id)`,
  `ALTER TABLE parcel ADD COLUMN followed TEXT`,
]

/** What is looked at again and again where a provider has no list of changes, without the many that are over. */
const openSubmissions: Migration = [
  `CREATE INDEX submission_open ON submission (provider, reference)
   WHERE status NOT IN ('delivered', 'cancelled', 'rejected')`,
]

/** The latest migrations, oldest first: a new one comes last. */
export const platforms: readonly Migration[] = [
  widerPlatforms,
  openSubmissions,
  orderWishes,
  memory,
  revisions,
  waitingUnits,
  checks,
]
