import type { Migration } from './schema-workers.ts'

/** What adapters have learned of a platform and would else ask again: no secrets, and nothing that must not be lost. */
export const memory: Migration = [
  `CREATE TABLE remembered (
    connection TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    -- When it was learned.
    at TEXT NOT NULL,
    PRIMARY KEY (connection, name)
  ) {compact}`,
  `CREATE INDEX remembered_by_age ON remembered (at)`,
]
