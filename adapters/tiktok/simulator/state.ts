import { mcfOrders, mcfStock, settleMcf } from './mcf.ts'
import type { Item, SimulatedReturn, World } from './world.ts'

const linesOf = (items: readonly { readonly sku: string }[]) =>
  [...Map.groupBy(items, ({ sku }) => sku)].map(([id, each]) => ({ id, quantity: each.length }))

const itemsOf = (world: World, { order, items }: Pick<SimulatedReturn, 'order' | 'items'>): readonly Item[] =>
  (world.orders.get(order)?.items ?? []).filter(({ id }) => items.includes(id))

const isPaid = ({ status }: SimulatedReturn): boolean =>
  status === 'RETURN_OR_REFUND_REQUEST_SUCCESS' || status === 'REPLACEMENT_REQUEST_REFUND_SUCCESS'

/** GET /_simulator/state */
export function stateOf(world: World): unknown {
  world.settle()
  settleMcf(world)
  return {
    shop: { ...world.shop, cipher: world.cipher, region: world.options.region },
    warehouses: world.warehouses,
    listings: [...world.skus.values()].flatMap((sku) => {
      const row = { sku: sku.sellerSku, listing: sku.id, product: sku.product }
      const total = [...sku.numbers.values()].reduce((sum, each) => sum + each, 0)
      const places = [...sku.numbers].map(([place, quantity]) => ({ ...row, place, quantity }))
      return [{ ...row, place: '', quantity: total }, ...(places.length > 1 ? places : [])]
    }),
    products: [...world.products.values()],
    stock: mcfStock(world),
    orders: [
      ...mcfOrders(world),
      ...[...world.orders.values()].map((order) => {
        const bySku = Map.groupBy(order.items, ({ sku }) => sku)
        const shipped = order.items.filter((item) => world.isShipped(item))
        const packages = Map.groupBy(shipped, (item) => item.package ?? '')
        return {
          id: order.id,
          number: order.id,
          status: world.statusOf(order),
          lines: [...bySku].map(([id, items]) => ({
            id,
            sku: world.skus.get(id)?.sellerSku ?? '',
            quantity: items.length,
            cancelled: items.filter((item) => item.cancelled !== null).length,
            shipped: items.filter((item) => world.isShipped(item)).length,
          })),
          shipments: [...packages].map(([id, items]) => {
            const found = world.packages.get(id)
            return {
              reference: id,
              trackingNumber: found?.tracking || null,
              carrier: found?.provider?.name ?? null,
              lines: linesOf(items),
            }
          }),
        }
      }),
    ],
    returns: [...world.returns.values()].map(({ answered: _, ...each }) => ({
      ...each,
      // What arrived is told by a decision, never counted.
      lines: linesOf(itemsOf(world, each)).map((line) => ({ ...line, received: 0 })),
    })),
    refunds: [...world.returns.values()].filter(isPaid).map(({ id, order, refund }) => ({
      return: id,
      order,
      amount: { amount: Math.round(Number(refund.amount) * 100), currency: refund.currency },
    })),
  }
}
