import { ChannelOrder } from '../../src/model/order.ts'
import { seededRandom } from '../../src/simulator/random.ts'
import type { Connection } from '../../src/spec/connection.ts'

/** Four shops sell the same twenty SKUs. What an order holds follows from its number, so that every process knows it. */
export const shopNames = ['shop0', 'shop1', 'shop2', 'shop3'] as const
export const skus = Array.from({ length: 20 }, (_, index) => `SKU-${index}`)
export const linesOfOrder = 3
const pageSize = 100
const at = '2026-07-01T09:00:00.000Z'

export const shopOf = (order: number) => shopNames[order % shopNames.length] ?? shopNames[0]

/** The first two deliveries are the same event, the third is another one of the same order. */
export const eventOf = (order: number, time: number) => `e${order}${time === 2 ? ' again' : ''}`

function snapshot(order: number): ChannelOrder {
  const random = seededRandom(order + 1)
  const left = [...skus]
  const lines = Array.from({ length: linesOfOrder }, (_, n) => {
    const [sku = ''] = left.splice(random.int(0, left.length - 1), 1)
    return { id: `l${n}`, listing: sku, channelSku: sku, ordered: 1, cancelled: 0, shipped: 0 }
  })
  return ChannelOrder.parse({
    ...{ id: `o${order}`, number: `#${order}`, status: 'open', rawStatus: 'open', payment: 'paid' },
    ...{ placedAt: at, updatedAt: at, cancelRequested: null, raw: {}, lines },
    buyer: { name: 'Ada Buyer', email: 'ada@example.com' },
    shipTo: {
      ...{ name: 'Ada Buyer', line1: '1 Long Lane', city: 'Springfield', region: 'IL' },
      ...{ postalCode: '62701', country: 'US' },
    },
  })
}

/** A shop whose list of orders holds each of them twice. */
export function shop(name: string, orders: number) {
  const own = Array.from({ length: orders }, (_, order) => order).filter((order) => shopOf(order) === name)
  const twice = [...own, ...own]
  return {
    ...{ specVersion: 1, kind: 'storm-shop', hosts: [], limits: {}, secrets: () => [] },
    intervals: { ordersMs: 1000 },
    orders: {
      async read(_context, cursor) {
        const from = cursor === null ? 0 : Number(cursor)
        const page = twice.slice(from, from + pageSize)
        const to = from + page.length
        return {
          ...{ orders: page.map(snapshot), cursor: String(to), more: to < twice.length },
          completeUntil: Date.now(),
        }
      },
      get: async (_context, id) => snapshot(Number(id.slice(1))),
    },
    listings: {
      ...{ batch: 20, compareAndSet: false },
      write: async (_context, targets) => targets.map(() => ({ status: 'done' as const })),
    },
    webhooks: {
      maxBytes: 1000,
      verify({ body }) {
        const { event, order } = JSON.parse(Buffer.from(body).toString()) as Record<'event' | 'order', string>
        return { id: event, topic: 'orders', occurredAt: null, hints: [{ kind: 'order', order }] }
      },
    },
  } satisfies Connection
}

/** Where a shop's reading of its orders ends. */
export const endOf = (name: string, orders: number): string =>
  String(
    2 * Array.from({ length: orders }, (_, order) => order).filter((order) => shopOf(order) === name).length,
  )
