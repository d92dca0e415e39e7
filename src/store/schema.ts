import { imports } from './schema-imports.ts'
import { platforms } from './schema-platforms.ts'
import { routing } from './schema-routing.ts'
import { type Migration, manyWorkers } from './schema-workers.ts'

export type { Migration } from './schema-workers.ts'

/**
 * Numbered migrations, oldest first: number N of this list makes a database of version N. A landed migration is never
 * edited; a change is a new one. Words in braces differ by dialect.
 *
 * - `{identity}`: a row id that the database counts up.
 * - `{row}`: the primary key is the id of another table's row.
 * - `{compact}`: keep the rows in their primary key's order, where the dialect can say so.
 * - `{busy}`: leave room for rows that are written again and again, where the dialect can say so.
 *
 * A statement that one dialect alone needs is given under that dialect's name.
 *
 * Times are ISO 8601 UTC text with milliseconds, which sorts as time does. Quantities are whole numbers.
 */
export const migrations: readonly Migration[] = [
  [
    // What is stocked and where.
    `CREATE TABLE item (
      sku TEXT PRIMARY KEY,
      title TEXT NOT NULL,
      barcode TEXT,
      reorder_point BIGINT
    )`,
    `CREATE TABLE kit_component (
      kit TEXT NOT NULL,
      sku TEXT NOT NULL,
      quantity BIGINT NOT NULL CHECK (quantity > 0),
      PRIMARY KEY (kit, sku)
    )`,
    `CREATE INDEX kit_component_by_sku ON kit_component (sku)`,
    `CREATE TABLE location (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      connection TEXT,
      external_id TEXT,
      priority BIGINT NOT NULL,
      country TEXT,
      postal_code TEXT
    )`,
    `CREATE UNIQUE INDEX location_by_external ON location (connection, external_id)`,

    // The pool: a balance that the guard holds, and the ledger that it must equal.
    `CREATE TABLE balance (
      sku TEXT NOT NULL,
      location TEXT NOT NULL,
      available BIGINT NOT NULL,
      reserved BIGINT NOT NULL CHECK (reserved >= 0),
      quarantined BIGINT NOT NULL CHECK (quarantined >= 0),
      PRIMARY KEY (sku, location)
    ) {compact}{busy}`,
    `CREATE TABLE posting (
      key TEXT PRIMARY KEY,
      hash TEXT NOT NULL,
      at TEXT NOT NULL
    ) {compact}`,
    `CREATE TABLE movement (
      id {identity},
      key TEXT NOT NULL,
      at TEXT NOT NULL,
      sku TEXT NOT NULL,
      from_bucket TEXT NOT NULL,
      from_location TEXT,
      to_bucket TEXT NOT NULL,
      to_location TEXT,
      quantity BIGINT NOT NULL CHECK (quantity > 0),
      reason TEXT NOT NULL,
      cause TEXT
    )`,
    `CREATE INDEX movement_by_sku ON movement (sku, id)`,
    // Holds of the merchant's own checkout. `open` while any unit is neither released nor shipped.
    `CREATE TABLE reservation (
      key TEXT PRIMARY KEY,
      open BIGINT NOT NULL,
      expires_at TEXT,
      cause TEXT
    ) {compact}`,
    `CREATE INDEX reservation_by_expiry ON reservation (expires_at) WHERE open = 1 AND expires_at IS NOT NULL`,
    `CREATE TABLE reservation_line (
      reservation TEXT NOT NULL,
      sku TEXT NOT NULL,
      location TEXT NOT NULL,
      taken BIGINT NOT NULL,
      released BIGINT NOT NULL DEFAULT 0,
      shipped BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (reservation, sku, location),
      CHECK (released + shipped <= taken)
    ) {compact}`,
    // The last reading of a provider's own stock.
    `CREATE TABLE reading (
      sku TEXT NOT NULL,
      location TEXT NOT NULL,
      quantity BIGINT NOT NULL,
      basis TEXT NOT NULL,
      as_of TEXT NOT NULL,
      -- Counts the corrections that were posted for it.
      corrections BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (sku, location)
    )`,

    // Listings: one row for each number that a channel shows.
    `CREATE TABLE listing (
      id {identity},
      connection TEXT NOT NULL,
      listing TEXT NOT NULL,
      place TEXT NOT NULL,
      sku TEXT NOT NULL,
      units BIGINT NOT NULL,
      policy TEXT NOT NULL,
      UNIQUE (connection, listing, place)
    )`,
    // Which SKUs a listing's number depends on: its own, or the components of its kit.
    `CREATE TABLE listing_sku (
      sku TEXT NOT NULL,
      listing BIGINT NOT NULL,
      PRIMARY KEY (sku, listing)
    ) {compact}`,
    // "This listing is out of date": so when generation > done, and then `changed_at` says since when. Never a quantity
    // to send. The index leaves `generation` out, since every movement of a busy SKU counts it up.
    `CREATE TABLE push (
      listing {row},
      connection TEXT NOT NULL,
      generation BIGINT NOT NULL,
      done BIGINT NOT NULL,
      changed_at TEXT
    ){busy}`,
    `CREATE INDEX push_stale ON push (connection, changed_at) WHERE changed_at IS NOT NULL`,
    // What the engine knows of the number that the channel shows.
    `CREATE TABLE push_state (
      listing {row},
      sent BIGINT,
      -- The highest number that may still be applied, while any write is in doubt.
      sent_most BIGINT,
      sent_at TEXT,
      sent_key TEXT,
      sent_generation BIGINT,
      handle TEXT,
      check_at TEXT,
      confirmed BIGINT,
      confirmed_at TEXT,
      observed BIGINT,
      observed_at TEXT,
      -- Sales seen on the channel whose orders had not been read, and when that was found: as of the number that is
      -- confirmed, and of the one that was sent.
      held BIGINT NOT NULL DEFAULT 0,
      held_at TEXT,
      sent_held BIGINT NOT NULL DEFAULT 0,
      attempts BIGINT NOT NULL DEFAULT 0,
      retry_at TEXT,
      -- From when on a lower number need not wait for retry_at, and the generation whose number was found not to be lower.
      lower_at TEXT,
      judged BIGINT NOT NULL DEFAULT 0,
      error TEXT
    )`,
    `CREATE INDEX push_pending ON push_state (check_at) WHERE handle IS NOT NULL`,
    // Tells this database from any other, in keys that platforms remember.
    `CREATE TABLE meta (
      name TEXT PRIMARY KEY,
      value TEXT NOT NULL
    )`,

    // Orders. Buyer data is not here but in `person`.
    `CREATE TABLE orders (
      connection TEXT NOT NULL,
      id TEXT NOT NULL,
      status TEXT NOT NULL,
      placed_at TEXT NOT NULL,
      updated_at TEXT NOT NULL,
      first_seen_at TEXT NOT NULL,
      revision BIGINT NOT NULL,
      facts TEXT NOT NULL,
      PRIMARY KEY (connection, id)
    )`,
    `CREATE INDEX orders_by_time ON orders (connection, updated_at)`,
    `CREATE TABLE order_line (
      connection TEXT NOT NULL,
      order_id TEXT NOT NULL,
      id TEXT NOT NULL,
      listing TEXT,
      sku TEXT,
      units BIGINT NOT NULL,
      state TEXT NOT NULL,
      placed_at TEXT NOT NULL,
      ordered BIGINT NOT NULL,
      taken BIGINT NOT NULL,
      released BIGINT NOT NULL,
      shipped BIGINT NOT NULL,
      components TEXT,
      facts TEXT NOT NULL,
      PRIMARY KEY (connection, order_id, id)
    )`,
    `CREATE INDEX order_line_by_listing ON order_line (connection, listing, placed_at)`,
    `CREATE INDEX order_line_unlinked ON order_line (connection, listing) WHERE state = 'unlinked'`,
    // Where the units of a line were taken from, in units of the SKU.
    `CREATE TABLE allocation (
      connection TEXT NOT NULL,
      order_id TEXT NOT NULL,
      line_id TEXT NOT NULL,
      sku TEXT NOT NULL,
      location TEXT NOT NULL,
      taken BIGINT NOT NULL,
      released BIGINT NOT NULL DEFAULT 0,
      shipped BIGINT NOT NULL DEFAULT 0,
      accepted_at TEXT,
      released_at TEXT,
      shipped_at TEXT,
      -- Units that the provider took on, and of these those that it cancelled and put back.
      accepted BIGINT NOT NULL DEFAULT 0,
      put_back BIGINT NOT NULL DEFAULT 0,
      put_back_at TEXT,
      -- 1 once no later reading of the place can be affected by it.
      settled BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (connection, order_id, line_id, sku, location),
      CHECK (released + shipped <= taken)
    )`,
    `CREATE INDEX allocation_by_place ON allocation (location, sku) WHERE settled = 0`,
    `CREATE TABLE person (
      connection TEXT NOT NULL,
      order_id TEXT NOT NULL,
      data TEXT NOT NULL,
      erase_at TEXT,
      PRIMARY KEY (connection, order_id)
    )`,
    `CREATE TABLE timeline (
      id {identity},
      connection TEXT NOT NULL,
      order_id TEXT NOT NULL,
      at TEXT NOT NULL,
      entry TEXT NOT NULL
    )`,
    `CREATE INDEX timeline_by_order ON timeline (connection, order_id, id)`,

    // What providers were asked to ship, and the parcels they made.
    `CREATE TABLE submission (
      provider TEXT NOT NULL,
      reference TEXT NOT NULL,
      connection TEXT NOT NULL,
      order_id TEXT NOT NULL,
      location TEXT NOT NULL,
      state TEXT NOT NULL,
      external_id TEXT,
      raw_status TEXT NOT NULL DEFAULT '',
      attention TEXT,
      accepted_at TEXT,
      updated_at TEXT,
      lines TEXT NOT NULL,
      -- What the provider told: its status, when that was true, and by SKU what was cancelled and what was shipped.
      status TEXT,
      news_at TEXT,
      cancelled_lines TEXT,
      shipped_lines TEXT,
      -- What a person has looked at of that which was cancelled: it may be asked for anew.
      settled_lines TEXT,
      PRIMARY KEY (provider, reference)
    )`,
    `CREATE INDEX submission_by_order ON submission (connection, order_id)`,
    `CREATE TABLE parcel (
      connection TEXT NOT NULL,
      order_id TEXT NOT NULL,
      id TEXT NOT NULL,
      provider TEXT,
      sequence BIGINT NOT NULL,
      facts TEXT NOT NULL,
      lines TEXT NOT NULL,
      -- 1 when the channel is to be told: it has a tracking number that holds, and goods of the order.
      ready BIGINT NOT NULL DEFAULT 0,
      confirmed_at TEXT,
      confirmed_as TEXT,
      PRIMARY KEY (connection, order_id, id)
    )`,

    // The engine.
    `CREATE TABLE job (
      id {identity},
      connection TEXT NOT NULL,
      kind TEXT NOT NULL,
      key TEXT NOT NULL,
      payload TEXT NOT NULL,
      state TEXT NOT NULL,
      generation BIGINT NOT NULL DEFAULT 1,
      attempts BIGINT NOT NULL DEFAULT 0,
      in_doubt BIGINT NOT NULL DEFAULT 0,
      run_at TEXT NOT NULL,
      lease_owner TEXT,
      lease_until TEXT,
      error TEXT,
      created_at TEXT NOT NULL,
      UNIQUE (kind, key)
    )`,
    `CREATE INDEX job_due ON job (connection, run_at) WHERE state = 'waiting'`,
    `CREATE TABLE lease (
      name TEXT PRIMARY KEY,
      owner TEXT NOT NULL,
      fence BIGINT NOT NULL,
      until TEXT NOT NULL
    )`,
    `CREATE TABLE cursor (
      connection TEXT NOT NULL,
      duty TEXT NOT NULL,
      value TEXT,
      complete_until TEXT,
      ran_at TEXT,
      PRIMARY KEY (connection, duty)
    )`,
    `CREATE TABLE connection_state (
      connection TEXT PRIMARY KEY,
      counts_from TEXT NOT NULL,
      paused_at TEXT,
      reason TEXT
    )`,
    `CREATE TABLE inbox (
      connection TEXT NOT NULL,
      event_id TEXT NOT NULL,
      received_at TEXT NOT NULL,
      PRIMARY KEY (connection, event_id)
    )`,
    `CREATE TABLE event (
      id {identity},
      type TEXT NOT NULL,
      at TEXT NOT NULL,
      data TEXT NOT NULL
    )`,
    `CREATE TABLE subscriber (
      name TEXT PRIMARY KEY,
      type TEXT NOT NULL,
      position BIGINT NOT NULL,
      attempts BIGINT NOT NULL DEFAULT 0,
      retry_at TEXT,
      error TEXT
    )`,
    `CREATE TABLE token (
      connection TEXT NOT NULL,
      name TEXT NOT NULL,
      value TEXT NOT NULL,
      expires_at TEXT,
      PRIMARY KEY (connection, name)
    )`,
  ],
  manyWorkers,
  routing,
  imports,
  ...platforms,
]
