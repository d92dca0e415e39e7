import type { TestRunner } from './connection.ts'
import { databaseChecks } from './database/checks.ts'
import type { OpenDatabase } from './database/stage.ts'

export interface DatabaseContract {
  readonly test: TestRunner
  /**
   * Opens the database of this name: a name not used before is a new database with stockpool's schema, the same name
   * again is another handle on the same data. The suite closes what it opens.
   */
  readonly open: OpenDatabase
  /** Whether data outlives `close()`, and two handles share it. Default true; false for a database in memory. */
  readonly shared?: boolean
  /** Milliseconds for one check. Default 60,000. */
  readonly timeoutMs?: number
}

/**
 * The contract of the seam between the engine and a database, as tests: all or nothing, each transaction its own
 * outcome, reads of the last committed state only, durable when the promise resolves, values of every type, and
 * errors with a code.
 *
 * @example
 * import { describe, it } from 'vitest'
 * import { sqlite } from 'stockpool'
 * import { testDatabase } from 'stockpool/testing'
 *
 * testDatabase({ test: { describe, it }, open: (name) => sqlite(`/tmp/${name}.db`).open() })
 */
export function testDatabase({ test, open, shared = true, timeoutMs = 60_000 }: DatabaseContract): void {
  test.describe('the contract of a database', () => {
    for (const check of databaseChecks) {
      if (check.shared === true && !shared) continue
      test.it(check.name, () => check.run(open), timeoutMs)
    }
  })
}
