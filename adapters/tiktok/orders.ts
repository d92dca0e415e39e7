import type { ChannelOrder } from '../../src/model/order.ts'
import type { AdapterContext, OrderPage, OrdersFacet } from '../../src/spec/index.ts'
import { answerWish, cancelOrder } from './cancel.ts'
import { wishesOf } from './cancellations.ts'
import { send } from './client.ts'
import { detailOf } from './detail.ts'
import { type ListQuery, readFeed } from './feed.ts'
import type { Settings } from './options.ts'
import { asksToCancel, orderIdOf, toChannelOrder, type Wish } from './order.ts'
import { OrderList } from './wire.ts'

export type TikTokOrders = Required<Pick<OrdersFacet, 'read' | 'get' | 'cancel' | 'answerCancelRequest'>>

const pageSize = 100

/** One page of the orders updated since, by Get Order List. */
async function list(context: AdapterContext, settings: Settings, { from, token }: ListQuery) {
  const { data } = await send(context, settings, {
    operation: 'GetOrderList',
    effect: 'read',
    method: 'POST',
    path: '/order/202309/orders/search',
    query: {
      page_size: pageSize,
      sort_field: 'update_time',
      sort_order: 'ASC',
      ...(token === null ? {} : { page_token: token }),
    },
    json: { update_time_ge: from },
    schema: OrderList,
  })
  return { rows: data.orders ?? [], next: data.next_page_token ?? null }
}

async function read(context: AdapterContext, settings: Settings, cursor: string | null): Promise<OrderPage> {
  const wishes = new Map<string, Wish>()
  const feed = {
    what: "TikTok's order list",
    list: async (query: ListQuery) => {
      const page = await list(context, settings, query)
      const asking = page.rows.filter(asksToCancel).map(orderIdOf)
      const found = await wishesOf(
        context,
        settings,
        asking.filter((id) => id !== null),
      )
      for (const [order, wish] of found) wishes.set(order, wish)
      return page
    },
    read: (raw: unknown) => toChannelOrder(raw, wishes.get(orderIdOf(raw) ?? '')),
    idOf: orderIdOf,
    updatedAt: (order: ChannelOrder) => order.updatedAt,
  }
  const { rows, ...page } = await readFeed(context, settings, feed, cursor)
  return { orders: rows, ...page }
}

async function get(context: AdapterContext, settings: Settings, order: string): Promise<ChannelOrder | null> {
  const raw = await detailOf(context, settings, order)
  if (raw === null) return null
  const wishes = asksToCancel(raw) ? await wishesOf(context, settings, [order]) : null
  return toChannelOrder(raw, wishes?.get(order))
}

export function tiktokOrders(settings: Settings): TikTokOrders {
  return {
    read: (context, cursor) => read(context, settings, cursor),
    get: (context, order) => get(context, settings, order),
    cancel: (context, request) => cancelOrder(context, settings, request),
    answerCancelRequest: (context, order, accept) => answerWish(context, settings, order, accept),
  }
}
