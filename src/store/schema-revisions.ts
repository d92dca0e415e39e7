import type { Migration } from './schema-workers.ts'

/** How often listings were changed on the last day that they were, where a channel bounds it. */
export const revisions: Migration = [
  `CREATE TABLE revision (
    connection TEXT NOT NULL,
    listing TEXT NOT NULL,
    -- What the channel counts it by: variations are counted with their item.
    counted_as TEXT NOT NULL,
    -- By the channel's calendar: 2026-07-01.
    day TEXT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (connection, listing)
  ) {compact}`,
  `CREATE INDEX revision_by_count ON revision (connection, counted_as)`,
]
