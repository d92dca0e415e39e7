import assert from 'node:assert/strict'
import type { FulfillmentOrder } from '../../spec/index.ts'
import { shelves } from './shelves.ts'
import {
  attempt,
  type Check,
  effectFaults,
  errorOf,
  type Group,
  hurried,
  pass,
  underFaults,
} from './stage.ts'
import { providerOrders } from './state.ts'
import {
  fulfillmentOf,
  look,
  provider,
  requestOf,
  stockShelves,
  submit,
  submitted,
  unitsBySku,
  unitsInParcels,
  updatesPage,
  updatesToEnd,
  updatesUntil,
} from './warehouse.ts'

const statuses = [
  'submitted', 'accepted', 'on_hold', 'needs_attention', 'backordered', 'picking', 'labelled',
  'partially_shipped', 'shipped', 'delivered', 'cancelled', 'rejected', 'unknown',
] // biome-ignore format: a list reads better packed

/** Relations that hold for every order of a provider at every moment. */
function assertSound(order: FulfillmentOrder): void {
  assert.ok(statuses.includes(order.status), `status ${order.status}`)
  assert.ok(order.id !== '' && order.reference !== '' && order.rawStatus !== '')
  assert.ok(Number.isFinite(order.acceptedAt) && Number.isFinite(order.updatedAt))
  assert.notEqual(order.raw, undefined, 'the raw payload is not kept')
  assert.equal(new Set(order.parcels.map(({ id }) => id)).size, order.parcels.length, 'parcel ids repeat')
  for (const { lines, labelledAt, handedOverAt } of order.parcels) {
    for (const { quantity } of lines) assert.ok(Number.isInteger(quantity) && quantity > 0)
    if (handedOverAt !== null && labelledAt !== null) assert.ok(handedOverAt >= labelledAt)
  }
}

const shippedWhole = (wanted: Record<string, number>) => (order: FulfillmentOrder | undefined) =>
  order !== undefined && JSON.stringify(unitsInParcels(order)) === JSON.stringify(wanted)

const submitting: readonly Check[] = [
  {
    name: 'submits, and get gives the same order; a reference nobody has is null',
    async run(stage) {
      const { request, order, lines } = await submitted(stage)
      assertSound(order)
      assert.equal(order.reference, request.reference)
      const got = await fulfillmentOf(stage, request.reference)
      assert.equal(got.id, order.id)
      assert.equal(got.status, order.status)
      assert.ok(got.acceptedAt <= stage.simulator.clock.now())
      const [at] = providerOrders(stage.simulator, request.reference)
      assert.deepEqual(unitsBySku(at?.lines ?? []), unitsBySku(lines))
      assert.equal(await look(stage, 'sp-nobody-has-this'), null)
    },
  },
  {
    name: 'asked by reference alone it finds the order, or says that it cannot tell',
    async run(stage) {
      const { order } = await submitted(stage)
      const asked = { reference: order.reference, id: null, lines: [], acceptedAt: null }
      const found = await attempt(() => provider(stage).get(stage.context, asked.reference, asked))
      assert.equal(found.ok ? found.value?.id : found.error.code, found.ok ? order.id : 'unknown_outcome')
    },
  },
  {
    name: 'submitted twice, and at the same time, is one order',
    async run(stage) {
      const { request, order } = await submitted(stage)
      assert.equal((await submit(stage, request)).id, order.id)
      const elsewhere = { ...stage, ...stage.again() }
      assert.equal((await submit(elsewhere, request)).id, order.id)
      const next = requestOf(stage, request.lines)
      const both = await Promise.all([submit(stage, next), submit(elsewhere, next)])
      assert.equal(new Set(both.map(({ id }) => id)).size, 1)
      for (const { reference } of [request, next])
        assert.equal(providerOrders(stage.simulator, reference).length, 1)
    },
  },
  {
    name: 'the same reference with other contents is a conflict, and changes nothing',
    async run(stage) {
      const { request, lines } = await submitted(stage)
      const other = {
        ...request,
        lines: request.lines.map((line) => ({ ...line, quantity: line.quantity + 1 })),
      }
      const error = await errorOf(() => submit(stage, other))
      assert.equal(error.code, 'conflict')
      const [at] = providerOrders(stage.simulator, request.reference)
      assert.deepEqual(unitsBySku(at?.lines ?? []), unitsBySku(lines))
    },
  },
  {
    name: 'ends in one order through lost answers, endless waits, 429 and 5xx',
    async run(given) {
      const stage = hurried(given)
      const [sku = ''] = await stockShelves(stage, 1, 10_000)
      await underFaults(
        stage,
        effectFaults,
        async () => requestOf(stage, [{ sku, quantity: 1 }]),
        async (request) => {
          const order = await submit(stage, request)
          assert.equal(order.reference, request.reference)
          assert.equal(providerOrders(stage.simulator, request.reference).length, 1, 'orders at the provider')
        },
      )
    },
  },
  {
    name: 'takes a reference of 40 characters, a name in any script and a SKU on two lines',
    async run(stage) {
      const [sku = '', other = ''] = await stockShelves(stage, 2, 100)
      const lines = [
        { sku, quantity: 1 },
        { sku: other, quantity: 1 },
        { sku, quantity: 2 },
      ]
      const plain = requestOf(stage, lines)
      const shipTo = { ...plain.shipTo, name: 'Zoë Łukasiewicz 山田', line2: 'Flat "4", c/o Müller & Söhne' }
      const request = { ...plain, reference: `${plain.reference}-`.padEnd(40, 'Z'), shipTo }
      const order = await submit(stage, request)
      assert.equal(order.reference, request.reference)
      const [at] = providerOrders(stage.simulator, request.reference)
      assert.deepEqual(unitsBySku(at?.lines ?? []), unitsBySku(lines))
      assert.equal((await submit(stage, request)).id, order.id)
    },
  },
  {
    name: 'an address without its parts is taken or refused, and never breaks',
    async run(stage) {
      const [sku = ''] = await stockShelves(stage, 1, 100)
      const plain = requestOf(stage, [{ sku, quantity: 1 }])
      const nothing = {
        name: null,
        line1: null,
        city: null,
        region: null,
        postalCode: null,
        country: null,
        phone: null,
      }
      const request = { ...plain, shipTo: { ...plain.shipTo, ...nothing }, buyer: null, serviceLevel: null }
      const outcome = await attempt(() => submit(stage, request))
      const count = providerOrders(stage.simulator, request.reference).length
      if (outcome.ok) assert.equal(count, 1)
      else {
        assert.ok(['invalid_input', 'rejected'].includes(outcome.error.code), outcome.error.code)
        assert.equal(count, 0)
      }
    },
  },
  {
    name: 'when the answer is lost, a look-up by the reference finds the order',
    async run(stage) {
      await submitted(stage)
      const [sku = ''] = await stockShelves(stage, 1, 10_000)
      const request = requestOf(stage, [{ sku, quantity: 1 }])
      stage.simulator.faults.arm({ operation: '*', kind: 'drop_after', times: 1 })
      await attempt(() => provider(stage).submit(stage.context, request))
      stage.simulator.faults.clear()
      const found = await look(stage, request.reference)
      assert.equal(found === null, providerOrders(stage.simulator, request.reference).length === 0)
    },
  },
]

const shipping: readonly Check[] = [
  {
    name: 'news of shipped parcels comes by the cursor, with tracking, and their lines sum to the order',
    async run(stage) {
      const first = await submitted(stage)
      const { cursor } = await updatesToEnd(stage, null)
      const second = await submitted(stage, [3])
      for (const { request } of [first, second]) {
        await pass(stage, 1_000)
        await stage.simulator.control('ship', { reference: request.reference })
      }
      const { seen } = await updatesUntil(stage, cursor, (given) =>
        [first, second]
          .filter(({ request, lines }) => !shippedWhole(unitsBySku(lines))(given.get(request.reference)))
          .map(({ request }) => request.reference),
      )
      for (const { request, order: before } of [first, second]) {
        const order = seen.get(request.reference)
        assert.ok(order)
        assertSound(order)
        assert.ok(['shipped', 'delivered'].includes(order.status), `status ${order.status}`)
        for (const { trackingNumber, handedOverAt } of order.parcels) {
          assert.ok(trackingNumber, 'a shipped parcel has no tracking number')
          assert.ok(handedOverAt, 'a shipped parcel was not handed over')
        }
        const got = await fulfillmentOf(stage, request.reference)
        assert.ok(got.updatedAt > before.updatedAt, 'news of a change are no newer than what was told before')
        assert.deepEqual(unitsInParcels(got), unitsInParcels(order))
        const [at] = providerOrders(stage.simulator, request.reference)
        assert.deepEqual(
          got.parcels.map(({ trackingNumber }) => trackingNumber).sort(),
          at?.shipments.map(({ trackingNumber }) => trackingNumber).sort(),
        )
      }
    },
  },
  {
    name: 'loses no update among many, also when a pass ends between two pages',
    async run(stage) {
      const [sku = ''] = await stockShelves(stage, 1, 100_000)
      const { cursor } = await updatesToEnd(stage, null)
      const references: string[] = []
      for (let index = 0; index < stage.many; index += 1) {
        references.push((await submit(stage, requestOf(stage, [{ sku, quantity: 1 }]))).reference)
      }
      await stage.simulator.control('ship', {})
      const missing = (seen: ReadonlyMap<string, FulfillmentOrder>) =>
        references.filter(
          (reference) => !['shipped', 'delivered'].includes(seen.get(reference)?.status ?? ''),
        )
      await updatesUntil(stage, cursor, missing)
      const page = await updatesPage(stage, cursor)
      const rest = page.more ? await updatesToEnd(stage, page.cursor, stage.again()) : { orders: [] }
      assert.deepEqual(
        missing(new Map([...page.orders, ...rest.orders].map((order) => [order.reference, order]))),
        [],
      )
    },
  },
  {
    name: 'a label is not a shipment: labelled and handed over are two facts',
    async run(stage) {
      const { request } = await submitted(stage)
      await stage.simulator.control('ship', { reference: request.reference, labelOnly: true })
      const labelled = await fulfillmentOf(stage, request.reference)
      assertSound(labelled)
      assert.ok(
        !['shipped', 'delivered', 'partially_shipped'].includes(labelled.status),
        `status ${labelled.status}`,
      )
      for (const { handedOverAt } of labelled.parcels) assert.equal(handedOverAt, null)
      await stage.simulator.control('ship', { reference: request.reference })
      const shipped = await fulfillmentOf(stage, request.reference)
      assert.ok(['shipped', 'delivered'].includes(shipped.status), `status ${shipped.status}`)
      for (const { handedOverAt } of shipped.parcels) assert.notEqual(handedOverAt, null)
    },
  },
  {
    name: 'what shipped in part is so reported, and the rest follows',
    async run(stage) {
      const { request, lines } = await submitted(stage, [2, 3])
      const [one, two] = lines
      assert.ok(one && two)
      await stage.simulator.control('ship', { reference: request.reference, lines: [one] })
      const half = await fulfillmentOf(stage, request.reference)
      assert.deepEqual(unitsInParcels(half), unitsBySku([one]))
      assert.equal(half.status, 'partially_shipped')
      await stage.simulator.control('ship', { reference: request.reference })
      const whole = await fulfillmentOf(stage, request.reference)
      assert.deepEqual(unitsInParcels(whole), unitsBySku(lines))
      assert.ok(whole.parcels.length >= 2)
      for (const { id } of half.parcels)
        assert.ok(
          whole.parcels.some((parcel) => parcel.id === id),
          'a parcel is gone',
        )
    },
  },
  {
    name: 'an order on hold says so, and what a person should do',
    async run(stage) {
      const { cursor } = await updatesToEnd(stage, null)
      const { request } = await submitted(stage)
      await pass(stage, 1_000)
      await stage.simulator.control('hold', { reference: request.reference, reason: 'Invalid address' })
      const held = ['on_hold', 'needs_attention']
      const { seen } = await updatesUntil(stage, cursor, (given) =>
        held.includes(given.get(request.reference)?.status ?? '') ? [] : [request.reference],
      )
      assert.ok(seen.get(request.reference)?.attention, 'nothing says what a person should do')
      assert.ok(held.includes((await fulfillmentOf(stage, request.reference)).status))
    },
  },
]

export const fulfillment: Group = {
  name: 'fulfillment',
  when: (connection) => connection.fulfillment !== undefined,
  checks: [...submitting, ...shipping, ...shelves],
}
