import assert from 'node:assert/strict'
import type { z } from 'zod'
import { isStockpoolError } from '../../error.ts'
import { Disposition, ReturnStatus } from '../../model/return.ts'
import type { SentBack } from '../../simulator/index.ts'
import type { ProviderReturn, ProviderReturnPage, UnreadableOrder } from '../../spec/index.ts'
import {
  type Check,
  eventually,
  type Group,
  need,
  optionalControl,
  pass,
  readFaults,
  type Stage,
  underFaults,
} from './stage.ts'
import { provider, requestOf, stockShelves, submit, submitted } from './warehouse.ts'

type Who = Pick<Stage, 'connection' | 'context'>

/** An order that left, of new SKUs: one for each of the quantities. */
async function left(stage: Stage, quantities: readonly number[]) {
  const { request, lines } = await submitted(stage, quantities)
  await stage.simulator.control('ship', { reference: request.reference })
  return { reference: request.reference, skus: lines.map(({ sku }) => sku) }
}

/** Has the provider show a return so; gives what it is named by in the next such call. */
async function sendBack(stage: Stage, body: z.input<typeof SentBack>): Promise<string> {
  const made = await optionalControl<{ readonly return: string }>(stage, 'sent-back', body)
  return (
    made?.return ??
    assert.fail(
      'the simulator lacks the control `sent-back`: add it, or name `fulfillment.returns` in `without`',
    )
  )
}

function readPage(who: Who, cursor: string | null): Promise<ProviderReturnPage> {
  const facet = provider(who)
  return need(facet.returns?.bind(facet), 'fulfillment.returns')(who.context, cursor)
}

const mostPages = 500

interface Told {
  readonly returns: readonly ProviderReturn[]
  readonly unreadable: readonly UnreadableOrder[]
  readonly cursor: string
}

/** One pass, from a cursor to where nothing waits. */
async function readToEnd(who: Who, from: string | null): Promise<Told> {
  const returns: ProviderReturn[] = []
  const unreadable: UnreadableOrder[] = []
  let cursor = from
  for (let page = 1; page <= mostPages; page += 1) {
    const given = await readPage(who, cursor)
    given.returns.forEach(assertSound)
    returns.push(...given.returns)
    unreadable.push(...(given.unreadable ?? []))
    if (!given.more) return { returns, unreadable, cursor: given.cursor }
    assert.notEqual(given.cursor, cursor, 'there is more, yet the cursor stands still')
    cursor = given.cursor
  }
  return assert.fail(`the returns do not end after ${mostPages} pages`)
}

/** Passes from a cursor on, with waits between them, until the wanted was told; everything that was told, in order. */
async function readUntil(
  stage: Stage,
  from: string | null,
  what: string,
  isTold: (told: Told) => boolean,
): Promise<Told> {
  let told: Told = { returns: [], unreadable: [], cursor: from ?? '' }
  let cursor = from
  for (const waitMs of [0, 2_000, 10_000, 60_000]) {
    if (waitMs > 0) await pass(stage, waitMs)
    const { returns, unreadable, cursor: next } = await readToEnd(stage, cursor)
    cursor = next
    told = { returns: [...told.returns, ...returns], unreadable: [...told.unreadable, ...unreadable], cursor }
    if (isTold(told)) return told
  }
  return assert.fail(`never told: ${what}`)
}

function assertSound({ id, status, rawStatus, updatedAt, lines, raw }: ProviderReturn): void {
  assert.notEqual(id, '', 'a return without an id')
  assert.ok(ReturnStatus.options.includes(status), `status ${status}`)
  assert.notEqual(rawStatus, '', 'the word of the provider is lost')
  assert.ok(Number.isFinite(updatedAt) && updatedAt > 0, `updatedAt ${updatedAt}`)
  assert.notEqual(raw, undefined, 'raw is thrown away')
  for (const { sku, expected, received, dispositions } of lines) {
    assert.notEqual(sku, '', 'a line without its SKU')
    for (const units of [expected, received]) assert.ok(Number.isSafeInteger(units) && units >= 0)
    for (const { kind, quantity } of dispositions) {
      assert.ok(Disposition.options.includes(kind), `disposition ${kind}`)
      assert.ok(Number.isSafeInteger(quantity) && quantity > 0, `${quantity} units are ${kind}`)
    }
  }
}

const ofOrder = (told: Pick<Told, 'returns'>, reference: string) =>
  told.returns.filter((each) => each.reference === reference)
const idsOf = (returns: readonly ProviderReturn[]) => new Set(returns.map(({ id }) => id))
const lineOf = (one: ProviderReturn | undefined, sku: string) => one?.lines.find((line) => line.sku === sku)
const unitsOf = (line: ProviderReturn['lines'][number] | undefined, kind: Disposition) =>
  (line?.dispositions ?? []).reduce((sum, each) => sum + (each.kind === kind ? each.quantity : 0), 0)

/** The latest that was told of the one return of an order. */
function only(told: Pick<Told, 'returns'>, reference: string): ProviderReturn {
  const found = ofOrder(told, reference)
  assert.equal(idsOf(found).size, 1, `${idsOf(found).size} returns are told for one`)
  return found.at(-1) ?? assert.fail('no return')
}

// A platform may tell its times in whole seconds.
const wholeMs = 1_000

const arriving: readonly Check[] = [
  {
    name: 'tells of a return once: its order, its units, when, and what was done with them where that is known',
    async run(stage) {
      const { reference, skus } = await left(stage, [3, 1])
      const [some = '', none = ''] = skus
      const { cursor } = await readToEnd(stage, null)
      await pass(stage, 5_000)
      const since = stage.simulator.clock.now()
      const lines = [
        { sku: some, quantity: 3, received: 2, restocked: 1 },
        { sku: none, quantity: 1 },
      ]
      await sendBack(stage, { reference, lines })
      const told = await readUntil(
        stage,
        cursor,
        'a return, with the reference of its order',
        (all) => ofOrder(all, reference).length > 0,
      )
      const one = only(told, reference)
      assert.equal(idsOf(told.returns).size, 1, 'the return is told under two ids')
      assert.deepEqual(
        one.lines.map(({ sku, expected, received }) => ({ sku, expected, received })),
        [
          { sku: some, expected: 3, received: 2 },
          { sku: none, expected: 1, received: 0 },
        ],
      )
      assert.equal(unitsOf(lineOf(one, some), 'restocked'), 1)
      const guessed = one.lines.flatMap(({ dispositions }) => dispositions.map(({ kind }) => kind))
      assert.deepEqual(
        guessed.filter((kind) => kind !== 'restocked' && kind !== 'unknown'),
        [],
        'what nobody has said',
      )
      assert.deepEqual(lineOf(one, none)?.dispositions, [])
      assert.ok(
        one.updatedAt >= since - wholeMs && one.updatedAt <= stage.simulator.clock.now(),
        `${one.updatedAt} is not when it happened`,
      )
    },
  },
  {
    name: 'loses no return among many, also when a pass ends between two pages and others change meanwhile',
    async run(stage) {
      const { cursor } = await readToEnd(stage, null)
      const [sku = ''] = await stockShelves(stage, 1, 100_000)
      const lines = [{ sku, quantity: 1 }]
      const references: string[] = []
      // Two of each order: a provider may page its orders, or its returns.
      for (let count = 0; count < Math.ceil(stage.many / 2); count += 1)
        references.push((await submit(stage, requestOf(stage, [{ sku, quantity: 2 }]))).reference)
      await stage.simulator.control('ship', {})
      for (const reference of [...references, ...references]) await sendBack(stage, { reference, lines })
      const first = await eventually(stage, 'many returns are more than a page (see `many`)', async () => {
        const page = await readPage(stage, cursor)
        return page.more ? page : null
      })
      const between = [...references.slice(0, 5), ...references.slice(-5)]
      for (const reference of between) await sendBack(stage, { reference, lines })
      const later = { ...stage, ...stage.again() }
      const rest = await readToEnd(later, first.cursor)
      const whole = { returns: [...first.returns, ...rest.returns] }
      const lacking = (all: Pick<Told, 'returns'>, some: readonly string[], each: number) =>
        some.filter((reference) => idsOf(ofOrder(all, reference)).size < each)
      assert.deepEqual(lacking(whole, references, 2), [], 'a pass that another process ended has not all')
      await readUntil(
        later,
        rest.cursor,
        'the returns that came between two pages',
        ({ returns }) => lacking({ returns: [...whole.returns, ...returns] }, between, 3).length === 0,
      )
    },
  },
  {
    name: 'a return that has not changed is the same one, told again and to another process',
    async run(stage) {
      const { reference, skus } = await left(stage, [2])
      const [sku = ''] = skus
      await sendBack(stage, { reference, lines: [{ sku, quantity: 2, received: 1, restocked: 1 }] })
      const isThere = (all: Told) => ofOrder(all, reference).length > 0
      const told = await readUntil(stage, null, 'a return', isThere)
      const one = only(told, reference)
      await pass(stage, 5_000)
      const again = await readToEnd({ ...stage, ...stage.again() }, null)
      assert.deepEqual(only(again, reference), one)
      for (const each of ofOrder(await readToEnd(stage, told.cursor), reference)) assert.deepEqual(each, one)
    },
  },
  {
    name: 'more units, and what was done with them, are news of the same return, newer than what was told',
    async run(stage) {
      const { reference, skus } = await left(stage, [2])
      const [sku = ''] = skus
      const steps = [
        { received: 0, restocked: 0 },
        { received: 1, restocked: 0 },
        { received: 2, restocked: 0 },
        { received: 2, restocked: 2 },
      ]
      let { cursor } = await readToEnd(stage, null)
      let id: string | undefined
      let before: ProviderReturn | null = null
      for (const step of steps) {
        await pass(stage, 5_000)
        id = await sendBack(stage, {
          ...(id === undefined ? {} : { return: id }),
          reference,
          lines: [{ sku, quantity: 2, ...step }],
        })
        const told = await readUntil(stage, cursor, `a return with ${JSON.stringify(step)}`, (all) => {
          const line = lineOf(ofOrder(all, reference).at(-1), sku)
          return line?.received === step.received && unitsOf(line, 'restocked') === step.restocked
        })
        const now: ProviderReturn = only(told, reference)
        if (before !== null) {
          assert.equal(now.id, before.id, 'news of a return is told as another return')
          assert.ok(now.updatedAt > before.updatedAt, 'news of a return is no newer than what was told')
        }
        before = now
        cursor = told.cursor
      }
    },
  },
]

const readable: readonly Check[] = [
  {
    name: 'keeps a word for a return that it does not know, and makes nothing of it',
    async run(stage) {
      const [fate, standing] = ['Enchanted', 'Teleported']
      const odd = await left(stage, [1])
      const moved = await left(stage, [1])
      const line = (sku = '', word: string | null = null) => ({ sku, quantity: 1, received: 1, word })
      await sendBack(stage, { reference: odd.reference, lines: [line(odd.skus[0], fate)] })
      await sendBack(stage, { reference: moved.reference, lines: [line(moved.skus[0])], status: standing })
      const told = await readUntil(stage, null, 'returns in unknown words', (all) =>
        [odd, moved].every(({ reference }) => ofOrder(all, reference).length > 0),
      )
      const one = only(told, odd.reference)
      assert.ok(JSON.stringify(one.raw).includes(fate), `raw has not the word ${fate}`)
      const fates = one.lines.flatMap(({ dispositions }) => dispositions)
      for (const { kind } of fates)
        assert.equal(kind, 'unknown', `units that are ${fate} are told as ${kind}`)
      assert.ok(
        fates.some(({ note }) => note?.includes(fate)),
        `units that are ${fate} are told without the word`,
      )
      const { status, rawStatus } = only(told, moved.reference)
      assert.equal(status, 'unknown', `a return that is ${standing} is told as ${status}`)
      assert.ok(rawStatus.includes(standing), `rawStatus is ${rawStatus}, and the word ${standing} is lost`)
    },
  },
  {
    name: 'a return that cannot be read is told by itself, stops no other, and comes once it can be read',
    async run(stage) {
      const { reference, skus } = await left(stage, [3])
      const [sku = ''] = skus
      const lines = [{ sku, quantity: 1, received: 1 }]
      const { cursor } = await readToEnd(stage, null)
      await sendBack(stage, { reference, lines })
      const bad = await sendBack(stage, { reference, lines, unreadable: true })
      await sendBack(stage, { reference, lines })
      const told = await readUntil(
        stage,
        cursor,
        'two returns, and one that cannot be read',
        (all) => idsOf(ofOrder(all, reference)).size === 2 && all.unreadable.length > 0,
      )
      for (const { id, error } of told.unreadable) {
        assert.ok(isStockpoolError(error), 'what is wrong with it is no StockpoolError')
        assert.ok(id === null || !idsOf(told.returns).has(id), `${id} can be read`)
      }
      await pass(stage, 5_000)
      await sendBack(stage, { return: bad, reference, lines })
      const seen = ({ returns }: Told) =>
        idsOf(ofOrder({ returns: [...told.returns, ...returns] }, reference))
      await readUntil(stage, told.cursor, 'the return that can be read now', (all) => seen(all).size === 3)
    },
  },
  {
    name: 'a read of returns survives 429, 5xx, an HTML page and a broken connection, and has them all',
    async run(stage) {
      const { reference, skus } = await left(stage, [1])
      const [sku = ''] = skus
      await sendBack(stage, { reference, lines: [{ sku, quantity: 1 }] })
      await readUntil(stage, null, 'a return', (all) => ofOrder(all, reference).length > 0)
      await underFaults(
        stage,
        readFaults,
        async () => null,
        async () => only(await readToEnd(stage, null), reference),
      )
    },
  },
]

export const fulfillmentReturns: Group = {
  name: 'fulfillment.returns',
  when: (connection) => connection.fulfillment?.returns !== undefined,
  checks: [...arriving, ...readable],
}
