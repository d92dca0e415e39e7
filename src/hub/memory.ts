import type { Clock, Memory } from '../spec/context.ts'
import type { Database } from '../store/database.ts'
import { forgetMemory, readMemory, writeMemory } from '../store/memory.ts'

/** One connection's memory, which all processes share. */
export function createMemory({
  database,
  clock,
  connection,
}: {
  readonly database: Pick<Database, 'read' | 'transaction'>
  readonly clock: Clock
  readonly connection: string
}): Memory {
  return {
    async recall(names) {
      if (names.length === 0) return new Map()
      const rows = await database.read((tx) => readMemory(tx, connection, names))
      return new Map(rows.map(({ name, value, at }) => [name, { value, at: Date.parse(at) }]))
    },
    async remember(learned) {
      if (learned.size === 0) return
      const at = new Date(clock.now()).toISOString()
      const entries = [...learned]
      await database.transaction(async (tx) => {
        await writeMemory(
          tx,
          connection,
          entries.flatMap(([name, value]) => (value === null ? [] : [{ name, value, at }])),
        )
        await forgetMemory(
          tx,
          connection,
          entries.flatMap(([name, value]) => (value === null ? [name] : [])),
        )
      })
    },
  }
}
