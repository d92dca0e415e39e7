import type { Migration } from './schema-workers.ts'

/** What may show more than was written last is asked about before everything else that waits. */
export const checks: Migration = [
  `CREATE INDEX push_too_high ON push_state (check_at) WHERE handle IS NOT NULL AND sent_most > sent`,
]
