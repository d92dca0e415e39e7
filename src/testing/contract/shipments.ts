import assert from 'node:assert/strict'
import { isStockpoolError } from '../../error.ts'
import type { ChannelOrderLine } from '../../model/order.ts'
import type { NoticeResult, ShipmentNotice } from '../../spec/index.ts'
import { buy, orderOf, putListing, stockShop, unknownLike } from './shop.ts'
import {
  attempt,
  type Check,
  effectFaults,
  type Group,
  hurried,
  need,
  pass,
  type Stage,
  underFaults,
} from './stage.ts'
import { channelOrder } from './state.ts'

let parcels = 0

/** A notice of one parcel with a tracking number of its own; `lines` by the channel's line id. */
function noticeOf(
  stage: Stage,
  order: string,
  lines: ShipmentNotice['lines'],
  rest: Partial<ShipmentNotice> = {},
): ShipmentNotice {
  parcels += 1
  return {
    order,
    parcel: `parcel-${parcels}`,
    sequence: 1,
    carrier: 'ups',
    carrierName: 'UPS',
    service: 'UPS Ground',
    trackingNumber: `1Z999AA1${String(parcels).padStart(10, '0')}`,
    trackingUrl: null,
    shippedAt: stage.simulator.clock.now(),
    lines,
    ...rest,
  }
}

const everything = (lines: readonly ChannelOrderLine[]) =>
  lines.map(({ id, ordered, cancelled }) => ({ line: id, quantity: ordered - cancelled }))

/** Confirms, and repeats the rows that ask for it, as the engine would. */
export async function confirm(
  stage: Stage,
  notices: readonly ShipmentNotice[],
): Promise<readonly NoticeResult[]> {
  const facet = need(stage.connection.shipments, 'shipments')
  let results: NoticeResult[] = []
  for (let round = 1; round <= 6; round += 1) {
    const outcome = await attempt(() => facet.confirm(stage.context, notices))
    if (!outcome.ok && !outcome.error.retryable) throw outcome.error
    const waits = outcome.ok ? null : outcome.error
    if (outcome.ok) {
      results = [...outcome.value]
      assert.equal(results.length, notices.length, 'one result for each notice, in order')
      if (!results.some((result) => result.status === 'failed' && result.error.retryable)) return results
    }
    await pass(stage, waits?.retryAfterMs ?? 2_000)
  }
  assert.ok(results.length === notices.length, 'confirm never gave its results')
  return results
}

function assertDone(results: readonly NoticeResult[]): void {
  for (const result of results) {
    if (result.status === 'failed')
      throw new Error(`not confirmed: ${result.error.code} ${result.error.message}`, { cause: result.error })
  }
}

/** Ships everything of an order in one parcel. */
export async function ship(stage: Stage, order: string): Promise<ShipmentNotice> {
  const notice = noticeOf(stage, order, everything((await orderOf(stage, order)).lines))
  assertDone(await confirm(stage, [notice]))
  return notice
}

async function placed(stage: Stage, quantities: readonly number[] = [2, 1]): Promise<string> {
  const items = await stockShop(stage, quantities.length, 10_000)
  return await buy(
    stage,
    items.map(({ sku }, index) => ({ sku, quantity: quantities[index] ?? 1 })),
  )
}

/** The channel has exactly these parcels, each once, with its units. */
function assertParcels(stage: Stage, order: string, notices: readonly ShipmentNotice[]): void {
  const { shipments } = channelOrder(stage.simulator, order)
  const has = shipments.map(({ trackingNumber, lines }) => ({ trackingNumber, lines: unitsOf(lines) }))
  const should = notices.map(({ trackingNumber, lines }) => ({
    trackingNumber,
    lines: unitsOf(lines.map(({ line, quantity }) => ({ id: line, quantity }))),
  }))
  const byNumber = (a: { trackingNumber: string | null }, b: { trackingNumber: string | null }) =>
    String(a.trackingNumber).localeCompare(String(b.trackingNumber))
  assert.deepEqual(has.sort(byNumber), should.sort(byNumber))
}

function unitsOf(
  lines: readonly { readonly id: string; readonly quantity: number }[],
): Record<string, number> {
  const units: Record<string, number> = {}
  for (const { id, quantity } of lines) units[id] = (units[id] ?? 0) + quantity
  return Object.fromEntries(Object.entries(units).sort(([a], [b]) => a.localeCompare(b)))
}

const confirming: readonly Check[] = [
  {
    name: 'brings tracking to the channel, and the order is shipped',
    async run(stage) {
      const order = await placed(stage)
      const notice = await ship(stage, order)
      assertParcels(stage, order, [notice])
      const [shipment] = channelOrder(stage.simulator, order).shipments
      assert.ok(shipment?.carrier, 'the channel was not told the carrier')
      const { status, lines } = await orderOf(stage, order)
      assert.equal(status, 'shipped')
      for (const { shipped, ordered } of lines) assert.equal(shipped, ordered)
    },
  },
  {
    name: 'twice, and again by another process, is one shipment',
    async run(stage) {
      const order = await placed(stage)
      const notice = await ship(stage, order)
      assertDone(await confirm(stage, [notice]))
      assertDone(await confirm({ ...stage, ...stage.again() }, [{ ...notice, repeated: true }]))
      assertParcels(stage, order, [notice])
    },
  },
  {
    name: 'takes an order in several parcels, in two calls or in one',
    async run(stage) {
      for (const together of [false, true]) {
        const order = await placed(stage, [3, 1])
        const [first, second] = (await orderOf(stage, order)).lines
        assert.ok(first && second)
        const [more, less] = first.ordered === 3 ? [first, second] : [second, first]
        const one = noticeOf(stage, order, [{ line: more.id, quantity: 2 }], { sequence: 1 })
        const rest = [
          { line: more.id, quantity: 1 },
          { line: less.id, quantity: 1 },
        ]
        const two = noticeOf(stage, order, rest, { sequence: 2 })
        if (together) assertDone(await confirm(stage, [one, two]))
        else {
          assertDone(await confirm(stage, [one]))
          assert.equal((await orderOf(stage, order)).status, 'partially_shipped')
          assertDone(await confirm(stage, [two]))
        }
        assertDone(await confirm(stage, [one]))
        assertParcels(stage, order, [one, two])
        assert.equal((await orderOf(stage, order)).status, 'shipped')
      }
    },
  },
  {
    name: 'an order that nobody has fails alone, and nothing to confirm is nothing',
    async run(stage) {
      const [one, two] = [await placed(stage), await placed(stage)]
      const good = await Promise.all(
        [one, two].map(async (order) =>
          noticeOf(stage, order, everything((await orderOf(stage, order)).lines)),
        ),
      )
      const bad = noticeOf(stage, unknownLike(one), [{ line: '9999999', quantity: 1 }])
      const [first, failed, last] = await confirm(stage, [...good.slice(0, 1), bad, ...good.slice(1)])
      assert.ok(first && failed && last)
      assertDone([first, last])
      assert.equal(failed.status, 'failed')
      assert.ok(failed.status === 'failed' && isStockpoolError(failed.error) && !failed.error.retryable)
      assertParcels(stage, one, good.slice(0, 1))
      assertParcels(stage, two, good.slice(1))
      assert.deepEqual(await confirm(stage, []), [])
    },
  },
  {
    name: 'ends in one shipment through lost answers, endless waits, 429 and 5xx',
    async run(given) {
      const stage = hurried(given)
      const { sku } = await putListing(stage, 'MANY', 100_000)
      await underFaults(
        stage,
        effectFaults,
        () => buy(stage, [{ sku, quantity: 2 }]),
        async (order) => {
          const notice = await ship(stage, order)
          assertParcels(stage, order, [notice])
        },
      )
    },
  },
  {
    name: 'a parcel of an unknown carrier or without a number is confirmed or refused by row, never thrown',
    async run(stage) {
      const odd = { carrier: null, carrierName: 'Bob & Sons Couriers', service: null }
      for (const rest of [odd, { ...odd, carrierName: null, trackingNumber: null }]) {
        const order = await placed(stage)
        const notice = noticeOf(stage, order, everything((await orderOf(stage, order)).lines), rest)
        const [result] = await confirm(stage, [notice])
        if (result?.status === 'done') assertParcels(stage, order, [notice])
        else assert.equal(channelOrder(stage.simulator, order).shipments.length, 0)
      }
    },
  },
  {
    name: 'a parcel for an order that was cancelled is refused by row',
    async run(stage) {
      const order = await placed(stage)
      const notice = noticeOf(stage, order, everything((await orderOf(stage, order)).lines))
      await stage.simulator.control('orders/cancel', { order })
      const [result] = await confirm(stage, [notice])
      assert.equal(result?.status, 'failed')
      assert.equal(channelOrder(stage.simulator, order).shipments.length, 0)
    },
  },
  {
    name: 'corrects the tracking of a parcel',
    when: (connection) => connection.shipments?.correct !== undefined,
    async run(stage) {
      const order = await placed(stage)
      const notice = noticeOf(stage, order, everything((await orderOf(stage, order)).lines))
      const [result] = await confirm(stage, [notice])
      assert.ok(result?.status === 'done')
      const better = { ...notice, trackingNumber: '1Z999AA10987654321' }
      const facet = need(stage.connection.shipments, 'shipments')
      const correct = need(facet.correct?.bind(facet), 'shipments.correct')
      assertDone([await correct(stage.context, better, result.reference ?? null)])
      assertParcels(stage, order, [better])
    },
  },
]

export const shipments: Group = {
  name: 'shipments',
  when: (connection) => connection.shipments !== undefined && connection.orders !== undefined,
  checks: confirming,
}
