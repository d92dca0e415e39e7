import assert from 'node:assert/strict'
import { ChannelOrder } from '../../model/order.ts'
import { SimulatorRefusal } from '../../simulator/index.ts'
import { buy, missingOf, orderOf, readToEnd, readUntil, stockShop, unknownLike } from './shop.ts'
import { attempt, type Check, type Group, need, optionalControl, pass, type Stage } from './stage.ts'
import { channelState } from './state.ts'

const facet = (stage: Stage) => need(stage.connection.orders, 'orders')

const money = (order: ChannelOrder) => [
  order.total,
  ...order.lines.flatMap(({ price, discount, shipping, taxes }) => [
    price,
    discount,
    shipping,
    ...taxes.map(({ amount }) => amount),
  ]),
]

/** Relations that hold for every order at every moment. */
export function assertSound(order: ChannelOrder): void {
  const parsed = ChannelOrder.safeParse(order)
  assert.ok(parsed.success, `order ${order.id} breaks the schema: ${parsed.error?.message}`)
  assert.equal(new Set(order.lines.map(({ id }) => id)).size, order.lines.length, 'line ids repeat')
  for (const line of order.lines) {
    assert.ok(
      line.shipped + line.cancelled <= line.ordered,
      `line ${line.id}: shipped ${line.shipped} + cancelled ${line.cancelled} > ordered ${line.ordered}`,
    )
    assert.ok(line.returned <= line.shipped, `line ${line.id}: returned more than shipped`)
  }
  for (const each of money(order)) {
    if (each === null) continue
    assert.ok(Number.isInteger(each.amount), `amount ${each.amount} is no integer`)
    if (order.currency !== null) assert.equal(each.currency, order.currency)
  }
  assert.ok(order.updatedAt >= order.placedAt, 'updated before it was placed')
  const raw = JSON.stringify(order.raw) ?? ''
  assert.ok(raw.includes(order.id), 'the raw payload is not kept: it does not hold the id of the order')
}

const withoutRaw = ({ raw: _, ...facts }: ChannelOrder) => facts

const badIds = ['no-such-order', 'a/b?c=d&e#f', '%', '0', "'; --"]

const reading: readonly Check[] = [
  {
    name: 'gives every order that was placed, through all pages, oldest change first within each',
    async run(stage) {
      const [first, second] = await stockShop(stage, 2, 100_000)
      assert.ok(first && second)
      const placed: string[] = []
      for (let index = 0; index < stage.many; index += 1) {
        const { sku } = index % 2 === 0 ? first : second
        placed.push(await buy(stage, [{ sku, quantity: 1 + (index % 3) }]))
      }
      const { seen } = await readUntil(stage, null, missingOf(placed))
      assert.equal(seen.size, placed.length, 'orders were given that nobody placed')
      for (const order of seen.values()) assertSound(order)
      const { pages, orders, completeUntil } = await readToEnd(stage, null)
      const given = new Set(orders.map(({ id }) => id))
      const lost = [...seen.values()].filter(
        ({ id, updatedAt }) => !given.has(id) && Date.parse(updatedAt) < completeUntil,
      )
      assert.deepEqual(
        lost.map(({ id }) => id),
        [],
        'a whole pass claims to be complete until a time, and lacks orders that changed before it',
      )
      for (const page of pages) {
        const times = page.map(({ updatedAt }) => updatedAt)
        assert.deepEqual(times, [...times].sort(), 'a page is not sorted by updatedAt')
      }
    },
  },
  {
    name: 'goes on from its cursor: what is new or has changed comes, however the pages overlap',
    async run(stage) {
      const [item] = await stockShop(stage, 1, 1_000)
      assert.ok(item)
      const old = [
        await buy(stage, [{ sku: item.sku, quantity: 1 }]),
        await buy(stage, [{ sku: item.sku, quantity: 2 }]),
      ]
      const before = await readUntil(stage, null, missingOf(old))
      await pass(stage, 600_000)
      const fresh: string[] = []
      for (let index = 0; index < 5; index += 1)
        fresh.push(await buy(stage, [{ sku: item.sku, quantity: 1 }]))
      const changed = old[0] ?? ''
      await stage.simulator.control('orders/cancel', { order: changed })
      const after = await readUntil(stage, before.cursor, (seen) => [
        ...missingOf(fresh)(seen),
        ...(seen.get(changed)?.status === 'cancelled' ? [] : [changed]),
      ])
      const further = [await buy(stage, [{ sku: item.sku, quantity: 1 }])]
      await readUntil(stage, after.cursor, missingOf(further))
    },
  },
  {
    name: 'gives the same again from an older cursor, also to another process',
    async run(stage) {
      const [item] = await stockShop(stage, 1, 1_000)
      assert.ok(item)
      const first = [await buy(stage, [{ sku: item.sku, quantity: 1 }])]
      const { cursor } = await readUntil(stage, null, missingOf(first))
      const second = [
        await buy(stage, [{ sku: item.sku, quantity: 1 }]),
        await buy(stage, [{ sku: item.sku, quantity: 1 }]),
      ]
      await readUntil(stage, cursor, missingOf(second))
      for (const who of [stage, stage.again()]) {
        const repeated = await readToEnd(stage, cursor, who)
        assert.deepEqual(missingOf(second)(new Map(repeated.orders.map((order) => [order.id, order]))), [])
      }
    },
  },
  {
    name: 'loses no order when a pass ends between two pages and goes on in another process',
    async run(stage) {
      const [item] = await stockShop(stage, 1, 100_000)
      assert.ok(item)
      const placed: string[] = []
      for (let index = 0; index < stage.many; index += 1)
        placed.push(await buy(stage, [{ sku: item.sku, quantity: 1 }]))
      await readUntil(stage, null, missingOf(placed))
      const page = await facet(stage).read(stage.context, null)
      const rest = await readToEnd(stage, page.cursor, stage.again())
      const seen = new Map([...page.orders, ...rest.orders].map((order) => [order.id, order]))
      assert.deepEqual(missingOf(placed)(seen), [])
    },
  },
  {
    name: 'is complete only until a time that has passed, and never less than before',
    async run(stage) {
      const [item] = await stockShop(stage, 1, 1_000)
      assert.ok(item)
      await buy(stage, [{ sku: item.sku, quantity: 1 }])
      const first = await readToEnd(stage, null)
      assert.ok(Number.isFinite(first.completeUntil))
      assert.ok(first.completeUntil <= stage.simulator.clock.now(), 'completeUntil lies in the future')
      await pass(stage, 600_000)
      const second = await readToEnd(stage, first.cursor)
      assert.ok(second.completeUntil >= first.completeUntil, 'completeUntil fell')
      assert.ok(second.completeUntil <= stage.simulator.clock.now(), 'completeUntil lies in the future')
    },
  },
  {
    name: 'get equals read, and an order nobody has is null',
    async run(stage) {
      const [one, two] = await stockShop(stage, 2, 1_000)
      assert.ok(one && two)
      const id = await buy(stage, [
        { sku: one.sku, quantity: 2 },
        { sku: two.sku, quantity: 3 },
      ])
      const { seen } = await readUntil(stage, null, missingOf([id]))
      const read = seen.get(id)
      assert.ok(read)
      const order = await orderOf(stage, id)
      assert.deepEqual(withoutRaw(order), withoutRaw(read))
      assertSound(order)
      const bought = order.lines.map(({ listing, ordered, cancelled, shipped }) => ({
        listing,
        ordered,
        cancelled,
        shipped,
      }))
      const byListing = (a: { listing: string | null }, b: { listing: string | null }) =>
        String(a.listing).localeCompare(String(b.listing))
      assert.deepEqual(
        bought.sort(byListing),
        [
          { listing: one.listing, ordered: 2, cancelled: 0, shipped: 0 },
          { listing: two.listing, ordered: 3, cancelled: 0, shipped: 0 },
        ].sort(byListing),
      )
      assert.equal(order.status, 'open')
      assert.notEqual(order.payment, 'pending')
      assert.equal(await facet(stage).get(stage.context, unknownLike(id)), null)
    },
  },
  {
    name: 'an order that is not paid does not look ready to ship, until it is paid',
    async run(stage) {
      const [item] = await stockShop(stage, 1, 1_000)
      assert.ok(item)
      const id = await buy(stage, [{ sku: item.sku, quantity: 1 }], { paid: false })
      const unpaid = await orderOf(stage, id)
      const waits =
        ['pending', 'on_hold'].includes(unpaid.status) || ['pending', 'authorized'].includes(unpaid.payment)
      assert.ok(waits, `an unpaid order is ${unpaid.status} with payment ${unpaid.payment}`)
      await stage.simulator.control('orders/pay', { order: id })
      const paid = await orderOf(stage, id)
      assert.equal(paid.status, 'open')
      assert.notEqual(paid.payment, 'pending')
      assertSound(paid)
    },
  },
  {
    name: 'a shopper cannot buy what the channel does not show',
    async run(stage) {
      const [item] = await stockShop(stage, 1, 2)
      assert.ok(item)
      await buy(stage, [{ sku: item.sku, quantity: 2 }])
      const shown = channelState(stage.simulator).listings.find(({ listing }) => listing === item.listing)
      assert.equal(shown?.quantity, 0, 'the channel takes its own sales off its number')
      await assert.rejects(
        () => buy(stage, [{ sku: item.sku, quantity: 1 }]),
        (error) => error instanceof SimulatorRefusal && error.status === 409,
      )
      await orderOf(stage, await buy(stage, [{ sku: item.sku, quantity: 1 }], { force: true }))
    },
  },
  {
    name: 'the same listing on two lines is counted on both',
    async run(stage) {
      const [item] = await stockShop(stage, 1, 10)
      assert.ok(item)
      const id = await buy(stage, [
        { sku: item.sku, quantity: 1 },
        { sku: item.sku, quantity: 2 },
      ])
      const order = await orderOf(stage, id)
      assertSound(order)
      assert.equal(
        order.lines.reduce((sum, { ordered }) => sum + ordered, 0),
        3,
      )
      for (const { listing } of order.lines) assert.equal(listing, item.listing)
    },
  },
  {
    name: 'a malformed order id gives null or a clear error, never another order',
    async run(stage) {
      for (const id of badIds) {
        const outcome = await attempt(() => facet(stage).get(stage.context, id))
        if (outcome.ok) assert.equal(outcome.value, null, `get(${id})`)
        else
          assert.ok(
            ['invalid_input', 'not_found', 'rejected'].includes(outcome.error.code),
            `get(${id}): ${outcome.error.code}`,
          )
      }
    },
  },
]

const changing: readonly Check[] = [
  {
    name: 'an order cancelled on the channel shows every unit as cancelled',
    async run(stage) {
      const [one, two] = await stockShop(stage, 2, 1_000)
      assert.ok(one && two)
      const id = await buy(stage, [
        { sku: one.sku, quantity: 2 },
        { sku: two.sku, quantity: 1 },
      ])
      await stage.simulator.control('orders/cancel', { order: id })
      const order = await orderOf(stage, id)
      assertSound(order)
      assert.equal(order.status, 'cancelled')
      for (const { ordered, cancelled } of order.lines) assert.equal(cancelled, ordered)
    },
  },
  {
    name: 'an edited order keeps its lines and shows what was added and removed',
    async run(stage) {
      const [one, two] = await stockShop(stage, 2, 1_000)
      assert.ok(one && two)
      const id = await buy(stage, [{ sku: one.sku, quantity: 3 }])
      const before = await orderOf(stage, id)
      const edit = {
        order: id,
        add: [{ sku: two.sku, quantity: 2 }],
        remove: [{ sku: one.sku, quantity: 1 }],
      }
      if ((await optionalControl(stage, 'orders/edit', edit)) === null) return
      const after = await orderOf(stage, id)
      assertSound(after)
      const open = new Map<string | null, number>()
      for (const line of after.lines) {
        open.set(line.listing, (open.get(line.listing) ?? 0) + line.ordered - line.cancelled)
      }
      assert.equal(open.get(one.listing), 2)
      assert.equal(open.get(two.listing), 2)
      for (const { id: line, ordered } of before.lines) {
        const kept = after.lines.find((each) => each.id === line)
        assert.ok(kept, 'an old line is gone')
        assert.ok(
          kept.ordered >= ordered,
          'what was ordered once has shrunk: removed units are cancelled units',
        )
      }
    },
  },
]

export const orders: Group = {
  name: 'orders',
  when: (connection) => connection.orders !== undefined,
  checks: [...reading, ...changing],
}
