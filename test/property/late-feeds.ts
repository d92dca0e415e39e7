import { StockpoolError } from '../../src/index.ts'
import type { FulfillmentFacet, FulfillmentOrder, OpenOrders } from '../../src/spec/index.ts'
import type { Provider } from './provider-subjects.ts'

/** How fresh one feed is in a pass: read now, as it was when it was last looked at, or not to be had. */
export type Feed = 'fresh' | 'old' | 'none'

/** What a broken adapter makes of an order; for trying the property itself. */
export type Plant = (order: FulfillmentOrder) => FulfillmentOrder

/** What the hub is given in place of the connection: its feeds come late, in the order that the steps say. */
export class LateFeeds {
  readonly connection: Provider
  readonly #real: Provider
  updates: Feed = 'fresh'
  stock: Feed = 'fresh'
  /** What the hub gives a provider that keeps no list of changes. */
  #open: OpenOrders | undefined
  #updates: Awaited<ReturnType<FulfillmentFacet['updates']>>['orders'] | null = null
  #stock: Awaited<ReturnType<FulfillmentFacet['stock']>>['readings'] | null = null

  constructor(real: Provider, plant: Plant) {
    this.#real = real
    const facet = real.fulfillment
    const absent = () =>
      Promise.reject(new StockpoolError('unavailable', 'not to be had now', { retryable: true }))
    const fulfillment: FulfillmentFacet = {
      ...facet,
      submit: async (context, request) => plant(await facet.submit(context, request)),
      get: async (context, reference, asked) => {
        const order = await facet.get(context, reference, asked)
        return order && plant(order)
      },
      updates: async (context, cursor, open) => {
        if (open) this.#open = open
        if (this.updates === 'none') return absent()
        const old = this.updates === 'old' && cursor !== null ? this.#updates : null
        const page =
          old === null
            ? await facet.updates(context, cursor, open)
            : { orders: old, cursor: cursor ?? '', more: false }
        return { ...page, orders: page.orders.map(plant) }
      },
      stock: async (context, query) => {
        if (this.stock === 'none') return absent()
        const old = this.#stock
        if (this.stock === 'fresh' || old === null) return facet.stock(context, query)
        return { readings: old, cursor: null }
      },
    }
    this.connection = { ...real, fulfillment }
  }

  async lookAtUpdates(context: Parameters<FulfillmentFacet['updates']>[0]): Promise<void> {
    const orders = []
    let cursor: string | null = null
    for (;;) {
      const page: Awaited<ReturnType<FulfillmentFacet['updates']>> = await this.#real.fulfillment.updates(
        context,
        cursor,
        this.#open,
      )
      orders.push(...page.orders)
      if (!page.more) break
      cursor = page.cursor
    }
    this.#updates = orders
  }

  async lookAtStock(context: Parameters<FulfillmentFacet['stock']>[0]): Promise<void> {
    const readings = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<FulfillmentFacet['stock']>> = await this.#real.fulfillment.stock(
        context,
        {
          skus: null,
          cursor,
        },
      )
      readings.push(...page.readings)
      cursor = page.cursor
    } while (cursor !== null)
    this.#stock = readings
  }
}
