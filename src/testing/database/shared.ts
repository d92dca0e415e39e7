import assert from 'node:assert/strict'
import type { Database } from '../../store/database.ts'
import { type DatabaseCheck, ids, insert, makeProbe, newName, type OpenDatabase } from './stage.ts'

/** The checks that need data which outlives `close()`, or a second handle on it. */
export const sharedChecks: readonly DatabaseCheck[] = [
  {
    name: 'still has after a close what was committed before',
    shared: true,
    run: async (open) => {
      const name = newName()
      const first = await open(name)
      await makeProbe(first)
      await Promise.all(Array.from({ length: 70 }, (_, id) => first.transaction((tx) => insert(tx, id))))
      await first.close()
      const second = await open(name)
      try {
        assert.equal((await ids(second)).length, 70)
      } finally {
        await second.close()
      }
    },
  },
  {
    name: 'shows each handle what the other committed',
    shared: true,
    run: onTwo(async (one, other) => {
      await one.transaction((tx) => insert(tx, 1))
      assert.deepEqual(await ids(other), [1])
      await other.transaction((tx) => insert(tx, 2))
      assert.deepEqual(await ids(one), [1, 2])
    }),
  },
  {
    name: 'starves neither of two handles that both write without a pause',
    shared: true,
    run: onTwo(async (one, other) => {
      const runs = 150
      const longest = await Promise.all(
        [one, other].map(async (database, handle) => {
          let longestMs = 0
          for (let run = 0; run < runs; run += 1) {
            const start = performance.now()
            await database.transaction((tx) => insert(tx, handle * runs + run))
            longestMs = Math.max(longestMs, performance.now() - start)
          }
          return longestMs
        }),
      )
      assert.equal((await ids(one)).length, 2 * runs)
      // Far above a fair wait, far below the seconds for which a starved one waits.
      for (const ms of longest) assert.ok(ms < 5_000, `one write waited ${Math.round(ms)} ms`)
    }),
  },
  {
    name: 'loses no update between two handles',
    shared: true,
    run: onTwo(async (one, other) => {
      await one.transaction((tx) => insert(tx, 1))
      await Promise.all(
        Array.from({ length: 200 }, (_, turn) =>
          (turn % 2 === 0 ? one : other).transaction((tx) =>
            tx.run('UPDATE probe SET n = n + 1 WHERE id = 1'),
          ),
        ),
      )
      const row = await other.read((tx) => tx.get<{ n: number }>('SELECT n FROM probe'))
      assert.equal(Number(row?.n), 200)
    }),
  },
  {
    name: 'is made once, when several open it at the same time',
    shared: true,
    run: async (open) => {
      const name = newName()
      const handles = await Promise.all(Array.from({ length: 4 }, () => open(name)))
      try {
        for (const handle of handles) {
          const rows = await handle.read((tx) => tx.all<{ id: string }>('SELECT id FROM location'))
          assert.deepEqual(
            rows.map((row) => row.id),
            ['main'],
          )
        }
      } finally {
        await Promise.all(handles.map((handle) => handle.close()))
      }
    },
  },
]

function onTwo(work: (one: Database, other: Database) => Promise<void>): DatabaseCheck['run'] {
  return async (open: OpenDatabase) => {
    const name = newName()
    const one = await open(name)
    const other = await open(name)
    try {
      await makeProbe(one)
      await work(one, other)
    } finally {
      await Promise.all([one.close(), other.close()])
    }
  }
}
