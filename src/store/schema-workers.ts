/** Its statements, in order. One that a dialect alone needs is given under that dialect's name. */
export type Migration = readonly (string | { readonly postgres: string })[]

/** The second migration: what many workers need of one database. */
export const manyWorkers: Migration = [
  // The generation that a number was last begun to be computed for: while it is behind, a mark need not be repeated.
  `ALTER TABLE push ADD COLUMN planned BIGINT NOT NULL DEFAULT 0`,
  // Changes of what is available since then; the first of them marked the listings.
  `ALTER TABLE balance ADD COLUMN marked BIGINT NOT NULL DEFAULT 0`,
  // SQLite's indexes end with the row's id anyway.
  { postgres: `DROP INDEX push_stale` },
  {
    postgres: `CREATE INDEX push_stale ON push (connection, changed_at, listing) WHERE changed_at IS NOT NULL`,
  },
  // Where several write at once, ids are not given in the order of the commits: events get their place in the stream
  // after their commit.
  { postgres: `ALTER TABLE event ADD COLUMN position BIGINT` },
  { postgres: `CREATE UNIQUE INDEX event_by_position ON event (position) WHERE position IS NOT NULL` },
  { postgres: `CREATE INDEX event_without_position ON event (id) WHERE position IS NULL` },
  { postgres: `INSERT INTO meta (name, value) VALUES ('events', '0')` },
  // A platform's limit, as all processes together spend of it. Times are epoch milliseconds, rates tokens a second.
  `CREATE TABLE budget (
    connection TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The limit that the adapter names: when another version names another one, what was learned is forgotten.
    declared TEXT NOT NULL,
    rate DOUBLE PRECISION NOT NULL, burst DOUBLE PRECISION NOT NULL, ceiling DOUBLE PRECISION NOT NULL,
    keep_ms DOUBLE PRECISION NOT NULL, tokens DOUBLE PRECISION NOT NULL, at DOUBLE PRECISION NOT NULL,
    blocked_until DOUBLE PRECISION NOT NULL,
    -- By the latest draw, for its own answer.
    drawn DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (connection, name)
  ) {compact}`,
]
