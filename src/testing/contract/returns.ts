import assert from 'node:assert/strict'
import { refunds } from './refunds.ts'
import {
  type Answer,
  anew,
  answered,
  answers,
  approvedReturn,
  became,
  becomes,
  give,
  has,
  method,
  opened,
  readReturns,
  type Shipped,
  seen,
  shipped,
  subject,
  units,
  wanted,
} from './returning.ts'
import { putListing, unknownLike } from './shop.ts'
import {
  attempt,
  type Check,
  effectFaults,
  errorOf,
  type Group,
  hurried,
  type Stage,
  underFaults,
} from './stage.ts'
import { channelReturn, returnsOf } from './state.ts'

/** Endless waits end as lost answers do, and take long: the two that count units and money try them too. */
const withoutWaits = effectFaults.filter(({ kind }) => kind !== 'hang_after')

const repeatable = (answer: Answer): Check[] => [
  {
    name: `${answer}: changes the return, and may be repeated, also by another process`,
    when: has(answer, 'get'),
    async run(stage) {
      const at = await shipped(stage)
      const id = await subject(stage, answer, at)
      const key = anew(answer)
      for (const who of [stage, stage, { ...stage, ...stage.again() }]) {
        const { outcome } = await give(who, answer, at, id, key)
        assert.notEqual(outcome, 'too_late', 'a repeat of what succeeded')
        await becomes(stage, id, became[answer].what, became[answer].is)
      }
      assert.equal(returnsOf(stage.simulator, at.order).length, 1)
    },
  },
  {
    name: `${answer}: ends in one answer through lost answers, 429 and 5xx`,
    when: has(answer, 'get'),
    async run(given) {
      const stage = hurried(given)
      const { sku } = await putListing(stage, anew('BACK'), 100_000)
      await underFaults(
        stage,
        withoutWaits,
        async () => {
          const at = await shipped(stage, sku)
          return { at, id: await subject(stage, answer, at) }
        },
        async ({ at, id }) => {
          assert.notEqual((await give(stage, answer, at, id, anew(answer))).outcome, 'too_late')
          await becomes(stage, id, became[answer].what, became[answer].is)
        },
      )
    },
  },
]

const arrival = (at: Shipped, id: string, quantity: number, key: string, repeated: boolean) => ({
  return: id,
  order: at.order,
  key,
  repeated,
  lines: [{ line: at.line, quantity, disposition: 'quarantined' as const }],
})

const receivedUnits = (stage: Stage, id: string) =>
  channelReturn(stage.simulator, id).lines.reduce((sum, { received }) => sum + received, 0)

const checks: readonly Check[] = [
  {
    name: 'gives every return that buyers asked for, and get equals read',
    when: has('get'),
    async run(stage) {
      const made = new Map<string, Shipped>()
      const { sku } = await putListing(stage, anew('BACK'), 100_000)
      for (let count = 0; count < stage.many; count += 1) {
        const at = await shipped(stage, sku)
        made.set(await wanted(stage, at, 2), at)
      }
      const { found } = await readReturns(stage, null, [...made.keys()])
      for (const [id, { order, line }] of made) {
        const one = found.get(id) ?? assert.fail(`${id} was not given`)
        assert.equal(one.order, order)
        assert.deepEqual(
          one.lines.map((each) => ({ line: each.line, expected: each.expected, received: each.received })),
          [{ line, expected: 2, received: 0 }],
        )
      }
      const [id = ''] = made.keys()
      assert.deepEqual(await seen(stage, id), found.get(id))
    },
  },
  {
    name: 'a return that nobody has is null',
    when: has('get'),
    async run(stage) {
      const id = await wanted(stage, await shipped(stage))
      assert.equal(await seen(stage, unknownLike(id)), null)
    },
  },
  {
    name: 'goes on from its cursor: what is new or has changed comes',
    when: has('get', 'approve'),
    async run(stage) {
      const first = await shipped(stage)
      const old = await wanted(stage, first)
      const { cursor } = await readReturns(stage, null, [old])
      const second = await shipped(stage)
      const fresh = await wanted(stage, second)
      await give(stage, 'approve', first, old, anew('approve'))
      const now = await becomes(stage, old, became.approve.what, became.approve.is)
      const { found } = await readReturns(stage, cursor, [old, fresh])
      assert.equal(found.get(old)?.status, now.status)
      assert.equal(found.get(fresh)?.order, second.order)
    },
  },
  ...answers.flatMap(repeatable),
  {
    name: 'an answer that comes after another one is too late, or refused, and changes nothing',
    when: has('approve', 'decline', 'get'),
    async run(stage) {
      const at = await shipped(stage)
      const id = await wanted(stage, at)
      await give(stage, 'decline', at, id, anew('decline'))
      const declined = await becomes(stage, id, became.decline.what, became.decline.is)
      const outcome = await attempt(() => give(stage, 'approve', at, id, anew('approve')))
      if (outcome.ok) assert.equal(outcome.value.outcome, 'too_late')
      else assert.ok(!outcome.error.retryable)
      assert.equal((await seen(stage, id))?.status, declined.status)
    },
  },
  {
    name: 'an answer to a return that nobody has is refused for good',
    when: has('approve'),
    async run(stage) {
      const at = await shipped(stage)
      const id = unknownLike(await wanted(stage, at))
      const error = await errorOf(() => give(stage, 'approve', at, id, anew('approve')))
      assert.ok(!error.retryable, `${error.code} would be repeated for ever`)
    },
  },
  {
    name: 'open: makes one return with its units, also when repeated and by another process',
    when: has('open', 'get'),
    async run(stage) {
      const at = await shipped(stage)
      const key = anew('open')
      const ids = new Set<string>()
      for (const who of [stage, stage, { ...stage, ...stage.again() }]) ids.add(await opened(who, at, 2, key))
      assert.equal(ids.size, 1, 'a repeat has another id')
      assert.equal(returnsOf(stage.simulator, at.order).length, 1)
      const [id = ''] = ids
      const found = await becomes(stage, id, 'there', () => true)
      assert.equal(
        found.lines.reduce((sum, { expected }) => sum + expected, 0),
        2,
      )
    },
  },
  {
    name: 'open: ends in one return through lost answers, 429 and 5xx',
    when: has('open'),
    async run(given) {
      const stage = hurried(given)
      const { sku } = await putListing(stage, anew('BACK'), 100_000)
      await underFaults(
        stage,
        withoutWaits,
        () => shipped(stage, sku),
        async (at) => {
          await opened(stage, at)
          assert.equal(returnsOf(stage.simulator, at.order).length, 1)
        },
      )
    },
  },
  {
    name: 'receive: counts each arrival once, also when repeated, and the rest later',
    when: has('receive', 'get'),
    async run(stage) {
      const at = await shipped(stage)
      const id = await approvedReturn(stage, at)
      const receive = method(stage, 'receive')
      const key = anew('receive')
      await answered(stage, (repeated) => receive(stage.context, arrival(at, id, 1, key, repeated)))
      await receive(stage.again().context, arrival(at, id, 1, key, true))
      assert.equal(receivedUnits(stage, id), 1)
      const rest = anew('receive')
      await answered(stage, (repeated) => receive(stage.context, arrival(at, id, units - 1, rest, repeated)))
      assert.equal(receivedUnits(stage, id), units)
      const found = await becomes(stage, id, 'received', ({ lines }) => lines[0]?.received === units)
      assert.equal(found.lines[0]?.expected, units)
    },
  },
  {
    name: 'receive: ends in one arrival through lost answers, endless waits, 429 and 5xx',
    when: has('receive'),
    async run(given) {
      const stage = hurried(given)
      const { sku } = await putListing(stage, anew('BACK'), 100_000)
      const receive = method(stage, 'receive')
      await underFaults(
        stage,
        effectFaults,
        async () => {
          const at = await shipped(stage, sku)
          return { at, id: await approvedReturn(stage, at) }
        },
        async ({ at, id }) => {
          const key = anew('receive')
          await answered(stage, (repeated) => receive(stage.context, arrival(at, id, 2, key, repeated)))
          assert.equal(receivedUnits(stage, id), 2)
        },
      )
    },
  },
  ...refunds,
]

export const returns: Group = {
  name: 'returns',
  when: ({ returns: facet, orders, shipments }) =>
    facet !== undefined && orders !== undefined && shipments !== undefined,
  checks,
}
