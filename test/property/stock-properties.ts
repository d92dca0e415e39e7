import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Balance } from '../../src/model/stock.ts'
import type { Move, Posting } from '../../src/store/stock.ts'
import { at } from '../store/support.ts'
import {
  check,
  type Implementation,
  kits,
  locations,
  type Name,
  type Subject,
  skus,
} from './stock-subject.ts'

const sku = fc.constantFrom(...skus)
const location = fc.constantFrom(...locations)
const quantity = fc.integer({ min: 1, max: 6 })
const shelf = (place: string) => ({ bucket: 'available', location: place }) as const
const held = (place: string) => ({ bucket: 'reserved', location: place }) as const
const outside = (bucket: 'supplier' | 'customer' | 'correction') => ({ bucket, location: null }) as const

const take = fc.record({ sku, location, quantity }).map(
  (given): Move => ({
    sku: given.sku,
    from: shelf(given.location),
    to: held(given.location),
    quantity: given.quantity,
  }),
)
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 4, arbitrary: take },
  fc
    .record({ sku, location, quantity, kind: fc.constantFrom('in', 'out', 'back', 'ship', 'move') })
    .map(({ kind, ...given }): Move => {
      const other = given.location === 'main' ? 'east' : 'main'
      const sides = {
        in: { from: outside('supplier'), to: shelf(given.location) },
        out: { from: shelf(given.location), to: outside('correction') },
        back: { from: held(given.location), to: shelf(given.location) },
        ship: { from: held(given.location), to: outside('customer') },
        move: { from: shelf(given.location), to: shelf(other) },
      }[kind]
      return { sku: given.sku, ...sides, quantity: given.quantity }
    }),
)

interface Request {
  readonly key: number
  readonly moves: Move[]
  readonly guard: Posting['guard']
}
const guard = fc.constantFrom<Posting['guard']>('guarded', 'forced')
const requests = (move: fc.Arbitrary<Move>, guards: fc.Arbitrary<Posting['guard']> = guard) =>
  fc.array(
    fc.record({ key: fc.nat(1000), moves: fc.array(move, { minLength: 1, maxLength: 5 }), guard: guards }),
    {
      minLength: 1,
      maxLength: 14,
    },
  )

const posting = ({ moves, guard: how }: Request, key: string): Posting => ({
  key,
  body: null,
  at,
  reason: 'reserved',
  cause: null,
  moves,
  guard: how,
})

async function balances(subject: Subject): Promise<Record<string, [number, number]>> {
  const rows = await subject.database.read((tx) =>
    tx.all<Balance>('SELECT sku, location, available, reserved FROM balance ORDER BY sku, location'),
  )
  const entries = rows.map((row): [string, [number, number]] => [
    `${row.sku}@${row.location}`,
    [row.available, row.reserved],
  ])
  return Object.fromEntries(entries)
}

type Effect = Map<string, [number, number]>

/** What moves do to each balance row, reckoned here and not by the code under test. */
function effectOf(moves: readonly Move[]): Effect {
  const effect: Effect = new Map()
  for (const move of moves) {
    for (const [side, sign] of [
      [move.from, -1],
      [move.to, 1],
    ] as const) {
      if (side.location === null) continue
      const key = `${move.sku}@${side.location}`
      const row = effect.get(key) ?? [0, 0]
      row[side.bucket === 'available' ? 0 : 1] += sign * move.quantity
      effect.set(key, row)
    }
  }
  return effect
}

/** **Conservation and fold**: every balance is what went in less what went out, in the ledger and by our own sum. */
export function conservesAndFolds(implementation: Implementation): Promise<void> {
  return check(implementation, 10, requests(anyMove), async (given, subject, shop) => {
    const expected = await balances(subject)
    for (const [index, request] of given.entries()) {
      const answer = await subject.post(posting(request, `k${index}`)).catch(() => ({ status: 'refused' }))
      if (answer.status !== 'posted') continue
      for (const [row, [available, reserved]] of effectOf(request.moves)) {
        const before = expected[row] ?? [0, 0]
        expected[row] = [before[0] + available, before[1] + reserved]
      }
    }
    assert.deepEqual(await balances(subject), expected)
    const { differences } = await shop.stock.verify()
    assert.deepEqual(
      differences.filter((difference) => difference.against === 'ledger'),
      [],
    )
  })
}

/** **Guard**: a guarded take succeeds exactly when all of it is there; nothing falls below zero by it. */
export function guards(implementation: Implementation): Promise<void> {
  return check(implementation, 8, requests(take, fc.constant('guarded')), async (given, subject) => {
    for (const [index, request] of given.entries()) {
      const before = await balances(subject)
      const answer = await subject.post(posting(request, `k${index}`))
      const fits = [...effectOf(request.moves)].every(
        ([row, [change]]) => (before[row]?.[0] ?? 0) + change >= 0,
      )
      assert.equal(answer.status, fits ? 'posted' : 'insufficient')
      for (const [available] of Object.values(await balances(subject))) assert.ok(available >= 0)
    }
  })
}

/** **All or none**: a posting that is refused, for whatever reason, leaves no trace. */
export function leavesNoTraceWhenRefused(implementation: Implementation): Promise<void> {
  return check(implementation, 5, requests(anyMove, fc.constant('guarded')), async (given, subject) => {
    const everything = () =>
      subject.database.read(async (tx) =>
        Promise.all(
          ['balance', 'posting', 'movement', 'event', 'push'].map((table) =>
            tx.all(`SELECT * FROM ${table} ORDER BY 1, 2`),
          ),
        ),
      )
    for (const [index, request] of given.entries()) {
      const before = await everything()
      const answer = await subject.post(posting(request, `k${index}`)).catch(() => ({ status: 'refused' }))
      if (answer.status !== 'posted') assert.deepEqual(await everything(), before)
    }
  })
}

/** **Shortfall**: forced postings raise `stock.oversold` with figures that add up to exactly what is missing. */
export function tellsTheExactShortfall(implementation: Implementation): Promise<void> {
  return check(implementation, 3, requests(take, fc.constant('forced')), async (given, subject, shop) => {
    for (const [index, request] of given.entries()) await subject.post(posting(request, `k${index}`))
    const told = (await shop.events('stock.oversold')) as { sku: string; location: string; by: number }[]
    for (const [row, [available]] of Object.entries(await balances(subject))) {
      const by = told
        .filter((event) => `${event.sku}@${event.location}` === row)
        .reduce((sum, event) => sum + event.by, 0)
      assert.equal(by, Math.max(0, -available), row)
    }
  })
}

/** **Idempotence**: postings repeated any number of times, in any interleaving, do what each does once. */
export function repeatsChangeNothing(implementation: Implementation): Promise<void> {
  const repeated = fc.tuple(requests(take), fc.array(fc.nat(1000), { maxLength: 30 }))
  return check(
    implementation,
    40,
    repeated,
    async ([given, again], subject) => {
      const once = await balances(subject)
      for (const request of given) {
        for (const [row, [available, reserved]] of effectOf(request.moves)) {
          const before = once[row] ?? [0, 0]
          once[row] = [before[0] + available, before[1] + reserved]
        }
      }
      // With so much stock that the guard never refuses: only the keys decide.
      const plenty = given.map((request): Request => ({ ...request, guard: 'forced' }))
      for (const [index, request] of plenty.entries()) {
        await subject.post(posting(request, `k${index}`))
        for (const other of again) {
          const earlier = other % (index + 1)
          const old = plenty[earlier]
          if (old === undefined) continue
          const shuffled = { ...old, moves: [...old.moves].reverse() }
          assert.equal((await subject.post(posting(shuffled, `k${earlier}`))).status, 'exists')
        }
      }
      assert.deepEqual(await balances(subject), once)
    },
    25,
  )
}

/** **Marks**: each listing whose stock a posting changed is marked, kits too; no other is. */
export function marksWhatItTouched(implementation: Implementation): Promise<void> {
  return check(implementation, 8, requests(anyMove), async (given, subject, shop) => {
    for (const [index, request] of given.entries()) {
      const before = await shop.generations()
      const answer = await subject.post(posting(request, `k${index}`)).catch(() => ({ status: 'refused' }))
      const after = await shop.generations()
      const changed = new Set<string>()
      if (answer.status === 'posted') {
        for (const [row, [available]] of effectOf(request.moves)) {
          if (available !== 0) changed.add(row.slice(0, row.indexOf('@')))
        }
      }
      for (const [listing, generation] of Object.entries(after)) {
        const parts = Object.keys(kits[listing] ?? { [listing]: 1 })
        const expected = parts.some((part) => changed.has(part))
        assert.equal(generation > (before[listing] ?? 0), expected, `${listing} after ${[...changed]}`)
      }
    }
  })
}

const lines = fc.array(fc.record({ sku: fc.constantFrom(...skus, ...Object.keys(kits)), quantity }), {
  minLength: 1,
  maxLength: 4,
})
type Lines = { sku: string; quantity: number }[]

function unitsOf(given: Lines): Map<Name, number> {
  const units = new Map<Name, number>()
  for (const line of given) {
    for (const [part, count] of Object.entries(kits[line.sku] ?? { [line.sku]: 1 })) {
      const name = part as Name
      units.set(name, (units.get(name) ?? 0) + (count ?? 0) * line.quantity)
    }
  }
  return units
}

/**
 * **Kits**: a reservation of kits that share components, and of those components, is held exactly when all of it is
 * there together (medusajs/medusa#16502 checked each line alone).
 */
export function countsSharedComponentsOnce(implementation: Implementation): Promise<void> {
  return check(
    implementation,
    12,
    fc.array(lines, { minLength: 1, maxLength: 8 }),
    async (given, subject) => {
      for (const [index, request] of given.entries()) {
        const before = await balances(subject)
        const total = (name: Name) =>
          locations.reduce((sum, place) => sum + (before[`${name}@${place}`]?.[0] ?? 0), 0)
        const fits = [...unitsOf(request)].every(([name, units]) => total(name) >= units)
        const answer = await subject.stock.reserve(request, { key: `r${index}` })
        assert.equal(answer.status, fits ? 'reserved' : 'insufficient')
        for (const [available] of Object.values(await balances(subject))) assert.ok(available >= 0)
      }
    },
  )
}

const step = fc.record({
  kind: fc.constantFrom('reserve', 'release', 'ship', 'part', 'partShip', 'expire', 'repeat'),
  which: fc.nat(5),
  lines,
  expires: fc.boolean(),
})

/**
 * **Reservation closure**: what is reserved is always the sum of what open reservations hold; once all have ended,
 * nothing is, and what is available is what came in less what was shipped.
 */
export function closesReservations(implementation: Implementation): Promise<void> {
  return check(
    implementation,
    15,
    fc.array(step, { minLength: 1, maxLength: 20 }),
    async (given, subject, shop) => {
      const start = await balances(subject)
      const keys: string[] = []
      const later = '2026-08-01T00:00:00.000Z'
      for (const [index, { kind, which, lines: some, expires }] of given.entries()) {
        const key = keys[which % Math.max(1, keys.length)]
        const part = { lines: some, key: `p${index}` }
        // Asking for what is no longer held is refused; that it was asked must do no harm.
        const attempt = async () => {
          if (kind === 'reserve' || key === undefined) {
            const answer = await subject.stock.reserve(some, {
              key: `r${index}`,
              ...(expires ? { expiresInMs: 1000 } : {}),
            })
            if (answer.status === 'reserved') keys.push(`r${index}`)
          } else if (kind === 'release') await subject.stock.release(key)
          else if (kind === 'ship') await subject.stock.ship(key)
          else if (kind === 'part') await subject.stock.release(key, part)
          else if (kind === 'partShip') await subject.stock.ship(key, part)
          else if (kind === 'expire') await subject.expire(later)
          else {
            await subject.stock.release(key)
            await subject.stock.release(key)
          }
        }
        await attempt().catch(() => undefined)
        assert.deepEqual((await shop.stock.verify()).differences, [])
      }
      for (const key of keys) await subject.stock.release(key).catch(() => undefined)
      const shipped = await subject.database.read((tx) =>
        tx.all<{ row: string; units: number }>(
          `SELECT sku || '@' || from_location AS row, SUM(quantity) AS units FROM movement WHERE to_bucket = 'customer' GROUP BY 1`,
        ),
      )
      const expected = { ...start }
      for (const { row, units } of shipped) expected[row] = [(start[row]?.[0] ?? 0) - units, 0]
      assert.deepEqual(await balances(subject), expected)
    },
  )
}

/** **Concurrency**: n guarded takes at once from k units: exactly min(n, k) succeed, and none waits for ever. */
export function acceptsExactlyWhatIsThere(implementation: Implementation): Promise<void> {
  const counts = fc.record({ n: fc.integer({ min: 1, max: 120 }), k: fc.integer({ min: 0, max: 60 }) })
  return check(
    implementation,
    0,
    counts,
    async ({ n, k }, subject, shop) => {
      if (k > 0) await shop.stock.receive('A', k, { key: 'k' })
      await shop.stock.receive('B', 1000, { key: 'b' })
      const one = (name: string): Move => ({ sku: name, from: shelf('main'), to: held('main'), quantity: 1 })
      const answers = await Promise.all(
        Array.from({ length: n }, (_, index) => {
          // The same two SKUs in either order: rows are taken in one order all the same.
          const moves = index % 2 === 0 ? [one('A'), one('B')] : [one('B'), one('A')]
          return subject.post(posting({ key: 0, moves, guard: 'guarded' }, `take ${index}`))
        }),
      )
      assert.equal(answers.filter((answer) => answer.status === 'posted').length, Math.min(n, k))
      const after = await balances(subject)
      assert.equal(after['A@main']?.[0] ?? 0, Math.max(0, k - n))
      assert.equal(after['B@main']?.[0], 1000 - Math.min(n, k))
    },
    20,
  )
}

export const properties = {
  conservesAndFolds,
  guards,
  leavesNoTraceWhenRefused,
  tellsTheExactShortfall,
  repeatsChangeNothing,
  marksWhatItTouched,
  countsSharedComponentsOnce,
  closesReservations,
  acceptsExactlyWhatIsThere,
}
