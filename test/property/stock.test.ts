import { describe, expect, it } from 'vitest'
import type { Move, Posting } from '../../src/store/stock.ts'
import { post } from '../../src/store/stock.ts'
import { dialect } from '../stores.ts'
import { properties } from './stock-properties.ts'
import { type Implementation, real, withPost } from './stock-subject.ts'

describe('the stock pool', () => {
  for (const [name, property] of Object.entries(properties)) {
    it(name, () => property(real))
  }
})

/** Each is a bug that a shop system had, or nearly; the property named must find it. */
const planted: Record<string, { finds: (keyof typeof properties)[]; bug: Implementation }> = {
  'ignores the guard': {
    finds: ['guards', 'acceptsExactlyWhatIsThere'],
    bug: withPost((tx, posting, honest) => honest(tx, { ...posting, guard: 'forced' })),
  },
  // medusajs/medusa#16502: each line is checked against the same stock.
  'checks each line alone': {
    finds: ['guards'],
    bug: withPost(async (tx, posting, honest) => {
      if (posting.guard === 'forced') return honest(tx, posting)
      for (const move of posting.moves) {
        const row = await tx.get<{ available: number }>(
          'SELECT available FROM balance WHERE sku = ? AND location = ?',
          [move.sku, move.from.location],
        )
        if ((row?.available ?? 0) < move.quantity) return { status: 'insufficient', short: [] }
      }
      return honest(tx, { ...posting, guard: 'forced' })
    }),
  },
  'counts only one of two lines of a SKU': {
    finds: ['conservesAndFolds', 'guards'],
    bug: withPost((tx, posting, honest) => {
      const seen = new Map<string, Move>()
      for (const move of posting.moves) seen.set(JSON.stringify([move.sku, move.from, move.to]), move)
      return honest(tx, { ...posting, moves: [...seen.values()] })
    }),
  },
  'counts a repeated SKU twice': {
    finds: ['conservesAndFolds'],
    bug: withPost((tx, posting, honest) => {
      const names = posting.moves.map((move) => move.sku)
      const repeated = posting.moves.filter((move) => names.indexOf(move.sku) !== names.lastIndexOf(move.sku))
      return honest(tx, { ...posting, moves: [...posting.moves, ...repeated.slice(0, 1)] })
    }),
  },
  'forgets the key': {
    finds: ['repeatsChangeNothing'],
    bug: (() => {
      let count = 0
      return withPost((tx, posting, honest) => honest(tx, { ...posting, key: `${posting.key} ${count++}` }))
    })(),
  },
  // vendure counters written past the ledger: the balance moves, the movement is lost.
  'loses a movement': {
    finds: ['conservesAndFolds'],
    bug: withPost(async (tx, posting, honest) => {
      const answer = await honest(tx, posting)
      await tx.run('DELETE FROM movement WHERE id = (SELECT MAX(id) FROM movement) AND key = ?', [
        posting.key,
      ])
      return answer
    }),
  },
  'keeps the lines that fit when another is short': {
    finds: ['leavesNoTraceWhenRefused'],
    bug: withPost(async (tx, posting, honest) => {
      let answer: Awaited<ReturnType<typeof honest>> = { status: 'posted', oversold: [] }
      for (const [index, move] of posting.moves.entries()) {
        const one = await honest(tx, { ...posting, key: `${posting.key}/${index}`, moves: [move] })
        if (one.status !== 'posted') answer = one
      }
      return answer
    }),
  },
  'claims the key of a refused posting': {
    finds: ['leavesNoTraceWhenRefused'],
    bug: withPost(async (tx, posting, honest) => {
      const answer = await honest(tx, posting)
      if (answer.status === 'insufficient') {
        await tx.run('INSERT INTO posting (key, hash, at) VALUES (?, ?, ?)', [posting.key, 'x', posting.at])
      }
      return answer
    }),
  },
  'tells the whole shortfall each time': {
    finds: ['tellsTheExactShortfall'],
    bug: withPost(async (tx, posting, honest) => {
      const answer = await honest(tx, posting)
      await tx.run(
        `UPDATE event SET data = json_set(data, '$.by', -json_extract(data, '$.available')) WHERE type = 'stock.oversold'`,
      )
      return answer
    }),
  },
  'forgets the listings of kits': {
    finds: ['marksWhatItTouched'],
    bug: withPost(async (tx, posting, honest) => {
      const kitsOnly = 'listing IN (SELECT id FROM listing WHERE sku IN (SELECT kit FROM kit_component))'
      const before = await tx.all<{ listing: number; generation: number }>(
        `SELECT listing, generation FROM push WHERE ${kitsOnly}`,
      )
      const answer = await honest(tx, posting)
      for (const row of before) {
        await tx.run('UPDATE push SET generation = ? WHERE listing = ?', [row.generation, row.listing])
      }
      return answer
    }),
  },
  'marks everything, changed or not': {
    finds: ['marksWhatItTouched'],
    bug: withPost(async (tx, posting, honest) => {
      const answer = await honest(tx, posting)
      await tx.run('UPDATE push SET generation = generation + 1')
      return answer
    }),
  },
  // woocommerce/woocommerce#22489: a cancellation restocks twice.
  'releases twice': {
    finds: ['closesReservations'],
    bug: (database) => {
      const honest = real(database)
      return {
        ...honest,
        stock: {
          ...honest.stock,
          async release(key, part) {
            const answer = await honest.stock.release(key, part)
            await database.transaction((tx) =>
              tx.run(
                `UPDATE balance SET available = available + COALESCE((SELECT SUM(released) FROM reservation_line
                   WHERE reservation = ? AND reservation_line.sku = balance.sku AND reservation_line.location = balance.location), 0)`,
                [key],
              ),
            )
            return answer
          },
        },
      }
    },
  },
  'lets an expired hold be shipped': {
    finds: ['closesReservations'],
    bug: (database) => {
      const honest = real(database)
      return {
        ...honest,
        async expire(time) {
          await honest.expire(time)
          await database.transaction((tx) => tx.run('UPDATE reservation_line SET released = 0'))
        },
      }
    },
  },
  'reserves each kit by itself': {
    finds: ['countsSharedComponentsOnce'],
    bug: (database) => {
      const honest = real(database)
      return {
        ...honest,
        stock: {
          ...honest.stock,
          async reserve(lines, options) {
            let answer = await honest.stock.reserve(lines.slice(0, 1), options)
            for (const [index, line] of lines.slice(1).entries()) {
              if (answer.status !== 'reserved') break
              answer = await honest.stock.reserve([line], { ...options, key: `${options.key}/${index}` })
            }
            // Each line looked enough at the time it was checked.
            return answer.status === 'insufficient' && lines.length > 1
              ? { status: 'reserved', placements: [] }
              : answer
          },
        },
      }
    },
  },
  // vendurehq/vendure#4930: read, decide, and write in another transaction.
  'looks first and writes later': {
    finds: ['acceptsExactlyWhatIsThere'],
    bug: (database) => ({
      ...real(database),
      async post(posting: Posting) {
        const enough = await database.read(async (tx) => {
          for (const move of posting.moves) {
            const row = await tx.get<{ available: number }>(
              'SELECT available FROM balance WHERE sku = ? AND location = ?',
              [move.sku, move.from.location],
            )
            if ((row?.available ?? 0) < move.quantity) return false
          }
          return true
        })
        if (!enough) return { status: 'insufficient', short: [] }
        return database.transaction((tx) => post(tx, { ...posting, guard: 'forced' }))
      },
    }),
  },
}

// The properties are tested themselves over one database.
if (dialect === 'sqlite')
  describe('a planted bug is found: a pool that', () => {
    for (const [name, { finds, bug }] of Object.entries(planted)) {
      it(`${name} (${finds.join(', ')})`, async () => {
        for (const property of finds) {
          await expect(properties[property](bug), property).rejects.toThrow(/Property failed/)
        }
      })
    }
  })
