import type { SharedBudget } from '../http/index.ts'
import type { Clock } from '../spec/context.ts'
import { drawBudget, liesInFile, openBudget, tellBudget } from '../store/budgets.ts'
import type { Database } from '../store/database.ts'

/**
 * One connection's limits, kept in the store for all processes that use it. The time is taken inside each transaction, so that
 * waiting for the store makes nothing late. What lies in one process's memory is not shared.
 */
export function sharedLimits({
  database,
  clock,
  connection,
}: {
  readonly database: Database
  readonly clock: Clock
  readonly connection: string
}): SharedBudget {
  return {
    async open(name, { rate, burst }, shape) {
      if (database.dialect === 'sqlite' && !(await database.read(liesInFile))) return false
      await database.transaction((tx) =>
        openBudget(tx, { connection, name, declared: `${rate}/${burst}`, shape, now: clock.now() }),
      )
      return true
    },
    async draw(name, wanted) {
      const answer = await database.transaction((tx) =>
        drawBudget(tx, { connection, name, ...wanted, now: clock.now() }),
      )
      return answer && { drawn: answer.drawn, state: answer.budget }
    },
    tell: (name, { shape = null, lower, give = 0, blockedUntil = null }) =>
      database.transaction((tx) =>
        tellBudget(tx, {
          connection,
          name,
          now: clock.now(),
          shape,
          above: lower?.above ?? null,
          left: lower?.left ?? null,
          give,
          blockedUntil,
        }),
      ),
  }
}
