import assert from 'node:assert/strict'
import { isStockpoolError } from '../../error.ts'
import type { Transaction } from '../../store/database.ts'
import { sharedChecks } from './shared.ts'
import { type DatabaseCheck, ids, idsIn, insert, newName, onProbe, rejection, turn } from './stage.ts'

const atomic: readonly DatabaseCheck[] = [
  {
    name: 'keeps all that a transaction wrote, and gives its answer',
    run: onProbe(async (database) => {
      const answer = await database.transaction(async (tx) => {
        await insert(tx, 1)
        await insert(tx, 2)
        return 'answer'
      })
      assert.equal(answer, 'answer')
      assert.deepEqual(await ids(database), [1, 2])
    }),
  },
  {
    name: 'keeps nothing of a transaction that throws, and passes its error on',
    run: onProbe(async (database) => {
      const mine = new Error('mine')
      const thrown = await rejection(
        database.transaction(async (tx) => {
          await insert(tx, 1)
          throw mine
        }),
      )
      assert.equal(thrown, mine)
      assert.deepEqual(await ids(database), [])
    }),
  },
  {
    name: 'undoes a failed transaction alone, among many at the same time',
    run: onProbe(async (database) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 120 }, (_, id) =>
          database.transaction(async (tx) => {
            await insert(tx, id)
            if (id % 3 === 1) throw new Error(`transaction ${id}`)
            // A statement that fails is a failed transaction too.
            if (id % 3 === 2) await insert(tx, id)
            return id
          }),
        ),
      )
      for (const [id, outcome] of outcomes.entries()) {
        if (id % 3 === 0) assert.deepEqual(outcome, { status: 'fulfilled', value: id })
        else assert.equal(outcome.status, 'rejected')
        if (id % 3 === 1 && outcome.status === 'rejected') {
          assert.equal((outcome.reason as Error).message, `transaction ${id}`)
        }
      }
      const kept = Array.from({ length: 40 }, (_, index) => index * 3)
      assert.deepEqual(await ids(database), kept)
    }),
  },
  {
    name: 'keeps all that was written before the last statement and by it, or nothing of either',
    run: onProbe(async (database) => {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 60 }, (_, id) =>
          database.transaction(async (tx) => {
            await insert(tx, id)
            // One that is there already makes the last statement of every third fail.
            await tx.finish('INSERT INTO probe (id, n) VALUES (?, 0)', [id % 3 === 0 ? id : 1000 + id])
            return id
          }),
        ),
      )
      for (const [id, outcome] of outcomes.entries()) {
        if (id % 3 !== 0) assert.deepEqual(outcome, { status: 'fulfilled', value: id })
        else if (outcome.status === 'rejected') assert.ok(isStockpoolError(outcome.reason, 'database'))
        else assert.fail(`${id} was said to be kept`)
      }
      const written = Array.from({ length: 60 }, (_, id) => id).filter((id) => id % 3 !== 0)
      assert.deepEqual(await ids(database), [...written, ...written.map((id) => 1000 + id)])
    }),
  },
  {
    name: 'loses no update among many at the same time',
    run: onProbe(async (database) => {
      await database.transaction((tx) => insert(tx, 1))
      const add = (tx: Transaction) => tx.run('UPDATE probe SET n = n + 1 WHERE id = 1')
      await Promise.all(Array.from({ length: 300 }, () => database.transaction(add)))
      const row = await database.read((tx) => tx.get<{ n: number }>('SELECT n FROM probe'))
      assert.equal(Number(row?.n), 300)
    }),
  },
  {
    name: 'lets a transaction see its own writes, and the next one those of the last',
    run: onProbe(async (database) => {
      const inside = await database.transaction(async (tx) => {
        await insert(tx, 1)
        return idsIn(tx)
      })
      assert.deepEqual(inside, [1])
      assert.deepEqual(await database.transaction(idsIn), [1])
    }),
  },
]

const isolation: readonly DatabaseCheck[] = [
  {
    name: 'shows a read only what is committed',
    run: onProbe(async (database) => {
      // Pairs are written in two statements: a read that finds half a pair saw an open transaction.
      const writes = Array.from({ length: 60 }, (_, pair) =>
        database.transaction(async (tx) => {
          await insert(tx, pair * 2)
          await idsIn(tx)
          await insert(tx, pair * 2 + 1)
          if (pair % 4 === 3) throw new Error('undone')
        }),
      )
      const settled = Promise.allSettled(writes)
      const seen: number[][] = []
      for (let look = 0; look < 40; look += 1) {
        seen.push(await ids(database))
        await turn()
      }
      await settled
      seen.push(await ids(database))
      for (const found of seen) {
        const halves = found.filter((id) => !found.includes(id % 2 === 0 ? id + 1 : id - 1))
        assert.deepEqual(halves, [], 'a read saw half of a transaction')
        assert.deepEqual(
          found.filter((id) => Math.floor(id / 2) % 4 === 3),
          [],
          'a read saw what was undone',
        )
      }
      assert.equal(seen.at(-1)?.length, 90)
    }),
  },
  {
    name: 'shows a read what was committed before it was asked',
    run: onProbe(async (database) => {
      for (let id = 0; id < 20; id += 1) {
        await database.transaction((tx) => insert(tx, id))
        assert.equal((await ids(database)).length, id + 1)
      }
    }),
  },
  {
    name: 'shows all statements of a read the same state',
    run: onProbe(async (database) => {
      const counts = database.read(async (tx) => {
        const first = (await idsIn(tx)).length
        for (let wait = 0; wait < 5; wait += 1) await idsIn(tx)
        return [first, (await idsIn(tx)).length]
      })
      const writes = Array.from({ length: 20 }, (_, id) => database.transaction((tx) => insert(tx, id)))
      const [[first, last]] = await Promise.all([counts, ...writes])
      assert.equal(first, last)
    }),
  },
  {
    name: 'keeps nothing that is written in a read',
    run: onProbe(async (database) => {
      await rejection(database.read((tx) => insert(tx, 1)))
      assert.deepEqual(await ids(database), [])
      await database.transaction((tx) => insert(tx, 2))
      assert.deepEqual(await ids(database), [2])
    }),
  },
  {
    name: 'refuses a transaction that is used after its end',
    run: onProbe(async (database) => {
      let kept: Transaction | undefined
      await database.transaction(async (tx) => {
        kept = tx
      })
      const late = kept
      assert.ok(late !== undefined)
      assert.ok(isStockpoolError(await rejection(insert(late, 1)), 'internal'))
      assert.deepEqual(await ids(database), [])
      const after = await rejection(
        database.transaction(async (tx) => {
          await tx.finish('INSERT INTO probe (id, n) VALUES (2, 0)')
          await insert(tx, 3)
        }),
      )
      assert.ok(isStockpoolError(after, 'internal'))
      assert.equal((await ids(database)).includes(3), false)
    }),
  },
]

const values: readonly DatabaseCheck[] = [
  {
    name: 'keeps values of every type',
    run: onProbe(async (database) => {
      const word = `quote ' double " back \\ line\nbreak ünïcödé 日本 🫖 ${'x'.repeat(5000)}`
      const bytes = new Uint8Array(256).map((_, index) => index)
      await database.transaction(async (tx) => {
        const sql = 'INSERT INTO probe (id, n, word, bytes, real) VALUES (?, ?, ?, ?, ?)'
        await tx.run(sql, [1, Number.MAX_SAFE_INTEGER, word, bytes, 0.1])
        await tx.run(sql, [2, -5n, '', new Uint8Array(0), -1e300])
        await tx.run(sql, [3, null, null, null, null])
      })
      type Row = {
        id: number
        n: number | null
        word: string | null
        bytes: Uint8Array | null
        real: number | null
      }
      const [first, second, third] = await database.read((tx) =>
        tx.all<Row>('SELECT id, n, word, bytes, real FROM probe ORDER BY id'),
      )
      assert.equal(Number(first?.n), Number.MAX_SAFE_INTEGER)
      assert.equal(first?.word, word)
      assert.deepEqual([...(first?.bytes ?? [])], [...bytes])
      assert.equal(first?.real, 0.1)
      assert.equal(Number(second?.n), -5)
      assert.equal(second?.word, '')
      assert.deepEqual([...(second?.bytes ?? [1])], [])
      assert.equal(second?.real, -1e300)
      assert.deepEqual([third?.n, third?.word, third?.bytes, third?.real], [null, null, null, null])
    }),
  },
  {
    name: 'answers how many rows were written, the first row or none, all rows or none',
    run: onProbe(async (database) => {
      await database.transaction(async (tx) => {
        assert.equal(
          await tx.run('INSERT INTO probe (id, n) VALUES (?, ?), (?, ?), (?, ?)', [1, 7, 2, 7, 3, 8]),
          3,
        )
        const again = 'INSERT INTO probe (id, n) VALUES (?, ?) ON CONFLICT (id) DO NOTHING'
        assert.equal(await tx.run(again, [1, 9]), 0)
        assert.equal(await tx.run('UPDATE probe SET n = ? WHERE n = ?', [9, 7]), 2)
        assert.equal(await tx.run('DELETE FROM probe WHERE id > ?', [100]), 0)
        assert.equal(Number((await tx.get<{ n: number }>('SELECT n FROM probe WHERE id = ?', [2]))?.n), 9)
        assert.equal(await tx.get('SELECT n FROM probe WHERE id = ?', [100]), undefined)
        assert.deepEqual(await tx.all('SELECT n FROM probe WHERE id = ?', [100]), [])
        const written = await tx.all<{ id: number }>('UPDATE probe SET n = 0 WHERE id = ? RETURNING id', [3])
        assert.deepEqual(
          written.map((row) => Number(row.id)),
          [3],
        )
      })
    }),
  },
  {
    name: 'reports failed statements as database errors, and goes on',
    run: onProbe(async (database) => {
      for (const sql of ['SELECT nothing FROM nowhere', 'this is no SQL']) {
        for (const how of ['transaction', 'read'] as const) {
          const error = await rejection(database[how]((tx) => tx.all(sql)))
          assert.ok(isStockpoolError(error, 'database'), `${how}: ${String(error)}`)
          assert.ok(error.cause !== undefined)
        }
      }
      await database.transaction((tx) => insert(tx, 1))
      const twice = await rejection(database.transaction((tx) => insert(tx, 1)))
      assert.ok(isStockpoolError(twice, 'database'))
      assert.equal(twice.retryable, false)
      assert.deepEqual(await ids(database), [1])
    }),
  },
  {
    name: 'has the schema, with the location main',
    run: async (open) => {
      const database = await open(newName())
      try {
        const rows = await database.read((tx) => tx.all<{ id: string }>('SELECT id FROM location'))
        assert.deepEqual(
          rows.map((row) => row.id),
          ['main'],
        )
      } finally {
        await database.close()
      }
    },
  },
  {
    name: 'closes once what is under way has ended, and refuses what comes later',
    run: async (open) => {
      const database = await open(newName())
      const mains = async (tx: Transaction) =>
        (await tx.all<{ id: string }>('SELECT id FROM location')).length
      let ended = 0
      const underWay = [database.transaction(mains), database.read(mains)].map(async (answer) => {
        assert.equal(await answer, 1)
        ended += 1
      })
      const closed = Promise.all([database.close(), database.close()]).then(() => ended)
      const [endedBefore] = await Promise.all([closed, ...underWay])
      assert.equal(endedBefore, 2)
      const nothing = async () => undefined
      assert.ok(isStockpoolError(await rejection(database.transaction(nothing)), 'database'))
      assert.ok(isStockpoolError(await rejection(database.read(nothing)), 'database'))
      await database.close()
    },
  },
]

/** Every check of `testDatabase`. */
export const databaseChecks: readonly DatabaseCheck[] = [...atomic, ...isolation, ...values, ...sharedChecks]
