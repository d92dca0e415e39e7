import { isStockpoolError, StockpoolError } from '../../../src/error.ts'
import type {
  Connection,
  ListingsFacet,
  NoticeResult,
  OrdersFacet,
  ShipmentsFacet,
  WriteResult,
} from '../../../src/spec/index.ts'
import type { Bug } from './bugs.ts'
import { orderFrom, Toy, type ToyOptions } from './connection.ts'
import { toyQueue } from './queue-connection.ts'
import { toyReturns } from './returns-connection.ts'
import type { ToyOrder } from './shop.ts'

interface Answer {
  error?: string
  stale?: number
}

interface Page {
  orders: ToyOrder[]
  next: number
  more: boolean
}

export function toyShop(options: ToyOptions): Connection {
  const toy = new Toy(options)
  return {
    ...toy.base(),
    orders: orders(toy),
    listings: listings(toy),
    shipments: shipments(toy),
    returns: toyReturns(toy),
    queue: toyQueue(toy),
  }
}

function orders(toy: Toy): OrdersFacet {
  const { bug } = toy
  let remembered = '0'
  const path = (order: string) => `/orders/${encodeURIComponent(order)}`
  return {
    async read(context, cursor) {
      if (bug === 'cursor crashes' && cursor !== null) JSON.parse(cursor)
      const from = bug === 'cursor in memory' ? remembered : (cursor ?? '0')
      const page = await toy.call<Page>(context, 'listOrders', 'GET', '/orders', { query: { after: from } })
      const given = page.orders.map((order) => orderFrom(order, bug))
      remembered = String(page.next)
      if (bug === 'buyer in a log')
        context.log.info('read', { buyers: given.map(({ buyer }) => buyer?.name) })
      return {
        orders: bug === 'page unsorted' ? given.reverse() : given,
        cursor: bug === 'cursor skips' ? String(page.next + 1) : String(page.next),
        more: bug === 'last page dropped' ? page.more && page.orders.length < 10 : page.more,
        completeUntil: context.clock.now() + (bug === 'complete until tomorrow' ? 86_400_000 : 0),
      }
    },
    async get(context, order) {
      try {
        return orderFrom(await toy.call<ToyOrder>(context, 'getOrder', 'GET', path(order)), bug)
      } catch (error) {
        if (bug === 'get throws something else') throw new TypeError('no such order')
        if (!isStockpoolError(error, 'not_found')) throw error
        if (bug === 'secret in an error')
          throw new StockpoolError('not_found', `not found with ${toy.secret}`)
        if (bug !== 'unknown order invented') return null
        const page = await toy.call<Page>(context, 'listOrders', 'GET', '/orders', { query: { after: 0 } })
        return page.orders[0] ? orderFrom(page.orders[0], bug) : null
      }
    },
    async cancel(context, { order }) {
      try {
        const { cancelled } = await toy.call<ToyOrder>(
          context,
          'cancelOrder',
          'POST',
          `${path(order)}/cancel`,
        )
        return { outcome: cancelled || bug === 'trusts an accepted cancel' ? 'stopped' : 'unknown' }
      } catch (error) {
        if (!isStockpoolError(error, 'conflict')) throw error
        return { outcome: bug === 'cancel says stopped' ? 'stopped' : 'too_late' }
      }
    },
    async answerCancelRequest(context, order, accept) {
      await toy.call(context, 'answerCancel', 'POST', `${path(order)}/answer`, { json: { accept } })
      return { outcome: accept ? 'stopped' : 'unknown' }
    },
  }
}

function resultOf(wanted: number, answer: Answer, shown: number | null, bug: Bug | undefined): WriteResult {
  const { error, stale } = answer
  if (shown === wanted || bug === 'zero is skipped') return { status: 'done' }
  if (bug === 'failed row says done' && error !== undefined) return { status: 'done' }
  if (error !== undefined) return { status: 'failed', error: new StockpoolError('rejected', error) }
  if (stale !== undefined) return { status: 'stale', observed: stale }
  if (bug === 'trusts accepted') return { status: 'done' }
  return { status: 'failed', error: new StockpoolError('unavailable', 'accepted, but not applied') }
}

function listings(toy: Toy): ListingsFacet {
  const { bug } = toy
  const read = (context: Parameters<ListingsFacet['write']>[0], ids: readonly string[]) =>
    toy.call<(number | null)[]>(context, 'getQuantities', 'POST', '/quantities/query', {
      json: ids,
      effect: 'read',
    })
  return {
    batch: 8,
    compareAndSet: true,
    async write(context, targets) {
      if (targets.length === 0) return []
      const rows = targets
        .map(({ listing, quantity, expected }) => ({
          listing,
          quantity,
          expected: bug === 'expected ignored' ? null : expected,
        }))
        .filter(({ quantity }) => bug !== 'zero is skipped' || quantity > 0)
      const answers = await toy.call<Answer[]>(context, 'setQuantities', 'PUT', '/quantities', { json: rows })
      if (bug === 'bad row throws' && answers.some(({ error }) => error))
        throw new StockpoolError('rejected', 'a row failed')
      const shown = await read(
        context,
        targets.map(({ listing }) => listing),
      )
      const results = targets.map((target, index) =>
        resultOf(target.quantity, answers[index] ?? {}, shown[index] ?? null, bug),
      )
      return bug === 'rows out of order' ? [...results.slice(1), ...results.slice(0, 1)] : results
    },
    async read(context, refs) {
      if (refs.length === 0) return []
      const shown = await read(
        context,
        refs.map(({ listing }) => listing),
      )
      return shown.map((quantity) => {
        if (quantity !== null) return { status: 'shown', quantity }
        return bug === 'missing reads as zero'
          ? { status: 'shown', quantity: 0 }
          : { status: 'missing', detail: 'gone' }
      })
    },
  }
}

function shipments(toy: Toy): ShipmentsFacet {
  const { bug } = toy
  let counter = 0
  return {
    async confirm(context, notices) {
      const results: NoticeResult[] = []
      for (const { order, parcel, trackingNumber, carrier, lines } of notices) {
        counter += 1
        const key = bug === 'shipment without key' ? `${parcel}-${counter}-${context.clock.now()}` : parcel
        const units = lines.map(({ line, quantity }) => ({
          id: line,
          quantity: bug === 'units forgotten' ? 1 : quantity,
        }))
        try {
          const json = { key, trackingNumber, carrier: carrier ?? 'other', lines: units }
          await toy.call(context, 'addShipment', 'POST', `/orders/${encodeURIComponent(order)}/shipments`, {
            json,
          })
          results.push({ status: 'done' })
        } catch (error) {
          if (!isStockpoolError(error)) throw error
          results.push({ status: 'failed', error })
        }
      }
      return results
    },
  }
}
