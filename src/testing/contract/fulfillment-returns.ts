import assert from 'node:assert/strict'
import { isStockpoolError } from '../../error.ts'
import type { ProviderReturn } from '../../spec/index.ts'
import {
  countsOf,
  idsOf,
  left,
  lineOf,
  ofOrder,
  only,
  readPage,
  readToEnd,
  readUntil,
  sendBack,
  type Told,
  unitsOf,
} from './sending-back.ts'
import { type Check, eventually, type Group, pass, readFaults, underFaults } from './stage.ts'
import { requestOf, stockShelves, submit } from './warehouse.ts'

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
      assert.equal(one.lines.length, 2, 'a line for each SKU')
      assert.deepEqual(countsOf(one, some), { expected: 3, received: 2 })
      assert.deepEqual(countsOf(one, none), { expected: 1, received: 0 })
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
