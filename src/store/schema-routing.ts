import type { Migration } from './schema-workers.ts'

/** Of the units taken at a place, those that its provider keeps to send and has not taken off its own stock. */
export const waitingUnits: Migration = [`ALTER TABLE allocation ADD COLUMN waiting BIGINT NOT NULL DEFAULT 0`]

/** What routing needs: what a location can promise, orders that are to leave a place, and what providers quoted. */
export const routing: Migration = [
  // JSON; null: whatever is asked for.
  `ALTER TABLE location ADD COLUMN service_levels TEXT`,
  // 1: its units are to go to another place as soon as the provider has let go of them.
  `ALTER TABLE submission ADD COLUMN leaving BIGINT NOT NULL DEFAULT 0`,
  `CREATE TABLE quoting (
    connection TEXT NOT NULL,
    order_id TEXT NOT NULL,
    -- The order goes on without those that have not answered by then.
    until TEXT NOT NULL,
    -- JSON: providers that have not answered yet, and what the others answered.
    pending TEXT NOT NULL,
    quotes TEXT NOT NULL,
    routed BIGINT NOT NULL,
    PRIMARY KEY (connection, order_id)
  )`,
  `CREATE INDEX quoting_open ON quoting (until) WHERE routed = 0`,
]
