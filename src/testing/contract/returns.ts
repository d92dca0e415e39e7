import assert from 'node:assert/strict'
import { isStockpoolError } from '../../error.ts'
import { Return } from '../../model/return.ts'
import type { Connection, RefundRequest, RefundResult, ReturnResult, ReturnsFacet } from '../../spec/index.ts'
import { ship } from './shipments.ts'
import { buy, orderOf, putListing, stockShop, unknownLike } from './shop.ts'
import {
  attempt,
  type Check,
  effectFaults,
  errorOf,
  eventually,
  type Group,
  hurried,
  need,
  optionalControl,
  pass,
  type Stage,
  underFaults,
} from './stage.ts'
import { channelReturn, refundsOf, returnsOf } from './state.ts'

const units = 3
let keys = 0

/** A method of the facet that the check's `when` has seen. */
function method<Name extends keyof ReturnsFacet>(
  { connection }: Pick<Stage, 'connection'>,
  name: Name,
): NonNullable<ReturnsFacet[Name]> {
  const facet = need(connection.returns, 'returns')
  const found = need<unknown>(facet[name], `returns.${name}`) as (...given: unknown[]) => unknown
  return found.bind(facet) as NonNullable<ReturnsFacet[Name]>
}

const has =
  (...names: readonly (keyof ReturnsFacet)[]) =>
  ({ returns }: Connection) =>
    names.every((name) => returns?.[name] !== undefined)

/** Calls as the engine does: again while the error may pass, and with `repeated` once an outcome is unknown. */
async function answered<T>(stage: Stage, call: (repeated: boolean) => Promise<T>): Promise<T> {
  let repeated = false
  for (let left = 6; ; left -= 1) {
    try {
      return await call(repeated)
    } catch (error) {
      const again = isStockpoolError(error) && (error.retryable || error.code === 'unknown_outcome')
      if (!again || left <= 1) throw error
      repeated = true
      await pass(stage, error.retryAfterMs ?? 2_000)
    }
  }
}

interface Shipped {
  readonly order: string
  /** The channel's id of its one line. */
  readonly line: string
}

function anew(name: string): string {
  keys += 1
  return `${name}-${keys}`
}

async function shipped(stage: Stage, sku?: string): Promise<Shipped> {
  const wanted = sku ?? (await stockShop(stage, 1, 1_000, 'BACK'))[0]?.sku ?? assert.fail('no listing')
  const order = await buy(stage, [{ sku: wanted, quantity: units }])
  await ship(stage, order)
  const [line] = (await orderOf(stage, order)).lines
  assert.ok(line)
  return { order, line: line.id }
}

/** A buyer asks to send goods back; where buyers cannot, the merchant opens the return. */
async function wanted(stage: Stage, { order, line }: Shipped, quantity = units): Promise<string> {
  const wish = { order, lines: [{ id: line, quantity }], reason: 'unwanted' }
  const made = await optionalControl<{ return: string }>(stage, 'returns', wish)
  return made?.return ?? (await opened(stage, { order, line }, quantity))
}

async function opened(stage: Stage, { order, line }: Shipped, quantity = units, key = anew('open')) {
  const lines = [{ line, quantity, reason: null }]
  const open = method(stage, 'open')
  const result = await answered(stage, (repeated) =>
    open(stage.context, { order, lines, note: null, key, repeated }),
  )
  assert.ok(result.outcome !== 'too_late', 'it could not be opened')
  return result.return ?? assert.fail('a new return has no id')
}

const seen = (stage: Stage, id: string): Promise<Return | null> => method(stage, 'get')(stage.context, id)

async function becomes(stage: Stage, id: string, what: string, is: (one: Return) => boolean) {
  return eventually(stage, `return ${id} is ${what}`, async () => {
    const now = await seen(stage, id)
    return now && is(now) ? now : null
  })
}

/** Reads returns from a cursor until all of these were given. */
async function readReturns(stage: Stage, from: string | null, ids: readonly string[]) {
  const found = new Map<string, Return>()
  const facet = need(stage.connection.returns, 'returns')
  let cursor = from
  await eventually(stage, `${ids.length} returns are given`, async () => {
    for (let pages = 0; pages < 500; pages += 1) {
      const page = await facet.read(stage.context, cursor)
      for (const one of page.returns) found.set(one.id, Return.parse(one))
      assert.deepEqual(page.unreadable ?? [], [])
      assert.ok(!page.more || page.cursor !== cursor, 'there is more, yet the cursor stands still')
      cursor = page.cursor
      if (!page.more) break
    }
    return ids.every((id) => found.has(id)) ? true : null
  })
  return { found, cursor: cursor ?? assert.fail('no cursor') }
}

const answers = ['approve', 'decline', 'close'] as const
type Answer = (typeof answers)[number]

function give(stage: Stage, answer: Answer, at: Shipped, id: string, key: string): Promise<ReturnResult> {
  const ref = { return: id, order: at.order, key }
  return answered(stage, (repeated) => {
    if (answer !== 'decline') return method(stage, answer)(stage.context, { ...ref, repeated })
    return method(stage, 'decline')(stage.context, { ...ref, repeated, reason: 'too_late', note: null })
  })
}

/** Goods can be received, and a return closed, once it is approved. */
async function approvedReturn(stage: Stage, at: Shipped, quantity = units): Promise<string> {
  const id = await wanted(stage, at, quantity)
  if (has('approve')(stage.connection)) await give(stage, 'approve', at, id, anew('approve'))
  return id
}

const became: Readonly<Record<Answer, { readonly what: string; is(one: Return): boolean }>> = {
  approve: { what: 'approved', is: ({ status }) => !['requested', 'declined', 'cancelled'].includes(status) },
  decline: { what: 'declined', is: ({ status }) => status === 'declined' },
  close: { what: 'closed', is: ({ status }) => status === 'processed' || status === 'cancelled' },
}

const subject = (stage: Stage, answer: Answer, at: Shipped) =>
  answer === 'close' ? approvedReturn(stage, at) : wanted(stage, at)

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

const refundOf = (at: Shipped, key: string, over: Partial<RefundRequest> = {}): RefundRequest => ({
  order: at.order,
  return: null,
  lines: [{ line: at.line, quantity: 1 }],
  shipping: false,
  amount: null,
  reason: 'came back',
  key,
  ...over,
})

const refund = (stage: Stage, request: RefundRequest, known = false): Promise<RefundResult> => {
  const pay = method(stage, 'refund')
  return answered(stage, (repeated) => pay(stage.context, { ...request, repeated: repeated || known }))
}

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
  {
    name: 'refund: pays once what it says, also when repeated and by another process',
    when: has('refund'),
    async run(stage) {
      const at = await shipped(stage)
      const request = refundOf(at, anew('refund'))
      const first = await refund(stage, request)
      const again = await refund(stage, request, true)
      const other = await refund({ ...stage, ...stage.again() }, request, true)
      assert.deepEqual([again.reference, other.reference], [first.reference, first.reference])
      const paid = refundsOf(stage.simulator, at.order)
      assert.equal(paid.length, 1)
      assert.ok((paid[0]?.amount.amount ?? 0) > 0, 'nothing was paid')
      if (first.amount) assert.deepEqual(first.amount, paid[0]?.amount)
    },
  },
  {
    name: 'refund: two keys are two refunds, and an amount is paid as given or not at all',
    when: has('refund'),
    async run(stage) {
      const at = await shipped(stage)
      const { currency } = (await orderOf(stage, at.order)).total ?? { currency: 'USD' }
      await refund(stage, refundOf(at, anew('refund')))
      const amount = { amount: 321, currency }
      const outcome = await attempt(() => refund(stage, refundOf(at, anew('refund'), { lines: [], amount })))
      const [, second, ...more] = refundsOf(stage.simulator, at.order)
      assert.deepEqual(more, [])
      if (outcome.ok) assert.deepEqual(second?.amount, amount)
      else assert.equal(second, undefined)
    },
  },
  {
    name: 'refund: of an order that nobody has is refused for good, and pays nothing',
    when: has('refund'),
    async run(stage) {
      const at = await shipped(stage)
      const nobody = { ...at, order: unknownLike(at.order) }
      const error = await errorOf(() => refund(stage, refundOf(nobody, anew('refund'))))
      assert.ok(!error.retryable, `${error.code} would be repeated for ever`)
      assert.deepEqual(refundsOf(stage.simulator, at.order), [])
    },
  },
  {
    name: 'refund: ends in one refund through lost answers, endless waits, 429 and 5xx',
    when: has('refund'),
    async run(given) {
      const stage = hurried(given)
      const { sku } = await putListing(stage, anew('BACK'), 100_000)
      await underFaults(
        stage,
        effectFaults,
        () => shipped(stage, sku),
        async (at) => {
          await refund(stage, refundOf(at, anew('refund')))
          assert.equal(refundsOf(stage.simulator, at.order).length, 1)
        },
      )
    },
  },
]

export const returns: Group = {
  name: 'returns',
  when: ({ returns: facet, orders, shipments }) =>
    facet !== undefined && orders !== undefined && shipments !== undefined,
  checks,
}
