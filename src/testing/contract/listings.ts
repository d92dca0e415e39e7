import assert from 'node:assert/strict'
import { isStockpoolError, type StockpoolError } from '../../error.ts'
import type { ListingTarget, WriteResult } from '../../spec/index.ts'
import { putListing, type ShopListing, stockShop, unknownLike } from './shop.ts'
import {
  attempt,
  type Check,
  effectFaults,
  eventually,
  type Group,
  hurried,
  need,
  operationsOf,
  pass,
  type Stage,
  underFaults,
} from './stage.ts'
import { channelState } from './state.ts'

const facet = (stage: Stage) => need(stage.connection.listings, 'listings')

let keys = 0

function targetOf(
  { listing, place }: ShopListing,
  quantity: number,
  expected: number | null = null,
): ListingTarget {
  keys += 1
  return { listing, place, quantity, expected, key: `write-${keys}` }
}

const waits = (error: StockpoolError) => error.retryable

/** Writes as the engine would: repeats rows that may pass, asks what became of pending ones; gives each row's end. */
async function write(stage: Stage, targets: readonly ListingTarget[]): Promise<readonly WriteResult[]> {
  const ends = new Map<ListingTarget, WriteResult>()
  let open = [...targets]
  for (let round = 1; round <= 6 && open.length > 0; round += 1) {
    const outcome = await attempt(() => facet(stage).write(stage.context, open))
    if (!outcome.ok && !waits(outcome.error)) throw outcome.error
    if (outcome.ok) {
      assert.equal(outcome.value.length, open.length, 'one result for each row, in order')
      const settled = await settle(stage, open, outcome.value)
      for (const [index, target] of open.entries()) ends.set(target, settled[index] as WriteResult)
      open = open.filter((target) => mayPass(ends.get(target)))
    }
    if (open.length > 0) await pass(stage, 2_000)
  }
  return targets.map((target) => need(ends.get(target), 'result'))
}

const mayPass = (result: WriteResult | undefined) => result?.status === 'failed' && waits(result.error)

/** Follows rows that were accepted until they are decided, at most for a while. */
async function settle(
  stage: Stage,
  targets: readonly ListingTarget[],
  results: readonly WriteResult[],
): Promise<WriteResult[]> {
  const settled = [...results]
  for (let round = 1; round <= 12; round += 1) {
    const rows = settled.flatMap((result, index) => {
      const target = targets[index]
      return result.status === 'pending' && target
        ? [{ index, target, handle: result.handle, waitMs: result.checkAfterMs }]
        : []
    })
    if (rows.length === 0) return settled
    await pass(stage, Math.max(...rows.map(({ waitMs }) => waitMs)))
    const listings = facet(stage)
    const check = need(listings.check?.bind(listings), 'listings.check, though write answers `pending`')
    const answers = await check(stage.context, rows)
    assert.equal(answers.length, rows.length, 'check: one result for each row, in order')
    for (const [position, { index }] of rows.entries()) settled[index] = answers[position] as WriteResult
  }
  return settled
}

const shownBy = (stage: Stage, { listing, place }: { listing: string; place: string }) =>
  channelState(stage.simulator).listings.find(
    (each) => each.listing === listing && (place === '' || each.place === place),
  )?.quantity

function assertDone(results: readonly WriteResult[]): void {
  for (const [row, result] of results.entries()) {
    const why = result.status === 'failed' ? `${result.error.code}: ${result.error.message}` : ''
    assert.equal(result.status, 'done', `row ${row} ${why}`)
  }
}

/** A row that says `done` is shown; the channel shows nothing else than what was there before or was asked for. */
function assertHonest(
  stage: Stage,
  targets: readonly ListingTarget[],
  results: readonly WriteResult[],
  before: readonly (number | undefined)[],
): void {
  for (const [row, target] of targets.entries()) {
    const shown = shownBy(stage, target)
    if (results[row]?.status === 'done')
      assert.equal(shown, target.quantity, `row ${row} says done, and the channel shows ${shown}`)
    else
      assert.ok(shown === before[row] || shown === target.quantity, `row ${row}: the channel shows ${shown}`)
  }
}

const writing: readonly Check[] = [
  {
    name: 'writes a full batch of absolute numbers, zero among them, and reads them back',
    async run(stage) {
      const count = Math.min(facet(stage).batch, 250)
      const items = await stockShop(stage, Math.max(count, 2), 7)
      for (let start = 0; start < items.length; start += count) {
        const targets = items
          .slice(start, start + count)
          .map((item, index) => targetOf(item, (start + index) * 3, 7))
        assertDone(await write(stage, targets))
        for (const target of targets) assert.equal(shownBy(stage, target), target.quantity)
        if (facet(stage).read) {
          const readings = await readBack(stage, targets)
          assert.deepEqual(
            readings,
            targets.map(({ quantity }) => quantity),
          )
        }
      }
    },
  },
  {
    name: 'a repeat changes nothing, with the same key and with a new one',
    async run(stage) {
      const [item] = await stockShop(stage, 1, 7)
      assert.ok(item)
      const target = targetOf(item, 4, 7)
      assertDone(await write(stage, [target]))
      const [repeated] = await write(stage, [target])
      // With compare-and-set a channel that has forgotten the key may say that the number is no longer the expected one.
      assert.ok(
        repeated?.status === 'done' || repeated?.status === 'stale',
        `a repeat is ${repeated?.status}`,
      )
      assertDone(await write(stage, [targetOf(item, 4, 4)]))
      assert.equal(shownBy(stage, item), 4)
    },
  },
  {
    name: 'one listing that the channel does not have fails alone',
    async run(stage) {
      const items = await stockShop(stage, 2, 7)
      const [one, two] = items
      assert.ok(one && two)
      const unknown = {
        ...one,
        listing: /\d/.test(one.listing) ? unknownLike(one.listing) : 'no-such-listing',
      }
      const targets = [targetOf(one, 5, 7), targetOf(unknown, 6, 7), targetOf(two, 8, 7)]
      const results = await writeInBatches(stage, targets)
      const [first, failed, last] = results
      assert.ok(first && failed && last)
      assertDone([first, last])
      assert.equal(failed.status, 'failed')
      assert.ok(failed.status === 'failed' && isStockpoolError(failed.error) && !failed.error.retryable)
      assert.equal(shownBy(stage, one), 5)
      assert.equal(shownBy(stage, two), 8)
    },
  },
  {
    name: 'nothing to write is nothing',
    async run(stage) {
      assert.deepEqual(await facet(stage).write(stage.context, []), [])
      const listings = facet(stage)
      if (listings.read) assert.deepEqual(await listings.read(stage.context, []), [])
    },
  },
  {
    name: 'a SKU with spaces, slashes, percent signs and accents is written like any other',
    async run(stage) {
      for (const sku of ['MUG/RED 50%', 'Größe+1&2#3', 'a?b=c', "it's ~ok~"]) {
        const item = await putListing(stage, sku, 7)
        assertDone(await write(stage, [targetOf(item, 3, 7)]))
        assert.equal(shownBy(stage, item), 3, sku)
      }
    },
  },
  {
    name: 'refuses a row whose number was not the expected one, and leaves the others',
    when: (connection) => connection.listings?.compareAndSet === true,
    async run(stage) {
      const [one, two] = await stockShop(stage, 2, 7)
      assert.ok(one && two)
      const [stale, done] = await writeInBatches(stage, [targetOf(one, 5, 99), targetOf(two, 5, 7)])
      assert.ok(stale && done)
      assert.equal(stale.status, 'stale')
      if (stale.status === 'stale' && stale.observed !== null) assert.equal(stale.observed, 7)
      assertDone([done])
      assert.equal(shownBy(stage, one), 7)
      assert.equal(shownBy(stage, two), 5)
    },
  },
]

const failing: readonly Check[] = [
  {
    name: 'ends in the number asked for through lost answers, endless waits, 429 and 5xx',
    async run(given) {
      const stage = hurried(given)
      let made = 0
      await underFaults(
        stage,
        effectFaults,
        async () => {
          made += 1
          return putListing(stage, `FAULT-${made}`, 7)
        },
        async (item) => {
          const [result] = await write(stage, [targetOf(item, 3, 7)])
          // A repeat after a lost answer may find its own number in place of the expected one: the engine looks again.
          assert.ok(result?.status === 'done' || result?.status === 'stale', `the row is ${result?.status}`)
          assert.equal(shownBy(stage, item), 3)
        },
      )
    },
  },
  {
    name: 'says done only of what the channel shows, also when it accepts without applying or fails in part',
    async run(stage) {
      const count = Math.min(facet(stage).batch, 5)
      for (const kind of ['accepted_not_applied', 'partial_failure'] as const) {
        const rehearsal = await stockShop(stage, count, 7, `REHEARSE-${kind}`)
        const operations = await operationsOf(stage, () =>
          write(
            stage,
            rehearsal.map((item) => targetOf(item, 1, 7)),
          ),
        )
        let acted = 0
        for (const operation of operations) {
          const items = await stockShop(stage, count, 7, `${kind}-${operation}`)
          const targets = items.map((item, index) => targetOf(item, 20 + index, 7))
          const before = targets.map((target) => shownBy(stage, target))
          stage.simulator.faults.arm({ operation, kind })
          const outcome = await attempt(() => write(stage, targets))
          acted += stage.simulator.faults.armed.length === 0 ? 1 : 0
          stage.simulator.faults.clear()
          if (outcome.ok) assertHonest(stage, targets, outcome.value, before)
        }
        // Only a channel that applies later can accept without applying; only a batch can fail in part.
        const must = kind === 'accepted_not_applied' ? facet(stage).check !== undefined : count > 1
        assert.ok(acted > 0 || !must, `the simulator never acts out ${kind} on ${operations.join(', ')}`)
      }
    },
  },
  {
    name: 'a listing that the channel does not have reads as missing, beside others that are shown',
    when: (connection) => connection.listings?.read !== undefined,
    async run(stage) {
      const [item] = await stockShop(stage, 1, 7)
      assert.ok(item)
      const unknown = {
        listing: /\d/.test(item.listing) ? unknownLike(item.listing) : 'no-such-listing',
        place: item.place,
      }
      const listings = facet(stage)
      const readings = (await listings.read?.(stage.context, [item, unknown, item])) ?? []
      assert.deepEqual(
        readings.map(({ status }) => status),
        ['shown', 'missing', 'shown'],
      )
    },
  },
]

/** Rows in calls of at most the batch size, results joined. */
async function writeInBatches(stage: Stage, targets: readonly ListingTarget[]): Promise<WriteResult[]> {
  const results: WriteResult[] = []
  const { batch } = facet(stage)
  for (let start = 0; start < targets.length; start += batch) {
    results.push(...(await write(stage, targets.slice(start, start + batch))))
  }
  return results
}

/** The numbers that the channel gives to `read`; it may show them late. */
async function readBack(stage: Stage, targets: readonly ListingTarget[]): Promise<readonly number[]> {
  return await eventually(stage, 'the channel shows what was written', async () => {
    const listings = facet(stage)
    const readings = (await listings.read?.(stage.context, targets)) ?? []
    assert.equal(readings.length, targets.length, 'read: one reading for each row, in order')
    const numbers = readings.map((reading) => (reading.status === 'shown' ? reading.quantity : -1))
    return numbers.every((quantity, row) => quantity === targets[row]?.quantity) ? numbers : null
  })
}

export const listings: Group = {
  name: 'listings',
  when: (connection) => connection.listings !== undefined,
  checks: [...writing, ...failing],
}
