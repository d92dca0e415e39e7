import { isStockpoolError } from '../../../src/error.ts'
import type { Return } from '../../../src/model/return.ts'
import type { AdapterContext, ReturnRef, ReturnResult, ReturnsFacet } from '../../../src/spec/index.ts'
import type { Bug } from './bugs.ts'
import type { Toy } from './connection.ts'
import type { ToyRefund, ToyReturn } from './returns.ts'

interface Page {
  returns: ToyReturn[]
  next: number
  more: boolean
}

function returnFrom({ id, order, status, updatedAt, lines, ...rest }: ToyReturn): Return {
  return {
    id,
    order,
    status: status === 'closed' ? 'processed' : status,
    rawStatus: status,
    updatedAt: new Date(updatedAt).toISOString(),
    wants: 'refund',
    respondBy: null,
    trackingNumber: null,
    lines: lines.map(({ id: line, quantity, received }) => ({
      line,
      expected: quantity,
      received,
      reason: null,
      dispositions: [],
    })),
    raw: rest,
  }
}

/** Where a return stands once it was answered so; anything else there is too late. */
const settled = { approve: ['approved', 'closed'], decline: ['declined'], close: ['closed'] } as const
type Answer = keyof typeof settled

export function toyReturns(toy: Toy): ReturnsFacet {
  const { bug } = toy
  let counter = 0
  const path = (id: string) => `/returns/${encodeURIComponent(id)}`
  const find = (context: AdapterContext, id: string) =>
    toy.call<ToyReturn>(context, 'getReturn', 'GET', path(id))

  const answer = async (
    context: AdapterContext,
    name: Answer,
    { return: id }: ReturnRef,
  ): Promise<ReturnResult> => {
    if (bug === `${name} not sent`) return { outcome: 'done' }
    const sent = bug === 'decline approves' && name === 'decline' ? 'approve' : name
    try {
      await toy.call(context, `${sent}Return`, 'POST', `${path(id)}/${sent}`)
      return { outcome: 'done' }
    } catch (error) {
      if (bug === 'answers anybody' && isStockpoolError(error, 'not_found')) return { outcome: 'done' }
      if (!isStockpoolError(error, 'conflict') || bug === `${name} refused twice`) throw error
      const { status } = await find(context, id)
      const done = bug === 'approve after decline' || settled[name].some((each) => each === status)
      return { outcome: done ? 'done' : 'too_late' }
    }
  }

  /** A key that a bug makes anew, always or when a call is repeated. */
  const keyOf = ({ key, repeated }: { key: string; repeated?: boolean }, always: Bug, again: Bug) => {
    if (bug !== always && !(bug === again && repeated)) return key
    counter += 1
    return `${key}-${counter}-${Math.random()}`
  }

  return {
    async read(context, cursor) {
      const query = { after: cursor ?? '0' }
      const page = await toy.call<Page>(context, 'listReturns', 'GET', '/returns', { query })
      return {
        returns: (bug === 'last return of a page dropped' ? page.returns.slice(0, -1) : page.returns).map(
          returnFrom,
        ),
        cursor: String(page.next + (bug === 'return cursor skips' ? 1 : 0)),
        more: page.more,
      }
    },
    async get(context, id) {
      try {
        return returnFrom(await find(context, id))
      } catch (error) {
        if (!isStockpoolError(error, 'not_found')) throw error
        if (bug !== 'unknown return invented') return null
        const query = { after: '0' }
        const page = await toy.call<Page>(context, 'listReturns', 'GET', '/returns', { query })
        return page.returns[0] ? returnFrom(page.returns[0]) : null
      }
    },
    async open(context, request) {
      const key = keyOf(request, 'open without key', 'open key by attempt')
      const lines = request.lines.map(({ line, quantity }) => ({ id: line, quantity }))
      const made = await toy.call<ToyReturn>(context, 'openReturn', 'POST', '/returns', {
        json: { order: request.order, lines, key },
        effect: 'once',
      })
      return { outcome: 'done', return: made.id }
    },
    approve: (context, request) => answer(context, 'approve', request),
    decline: (context, request) => answer(context, 'decline', request),
    close: (context, request) => answer(context, 'close', request),
    async receive(context, arrival) {
      const key = keyOf(arrival, 'arrival without key', 'arrival key by attempt')
      const lines = arrival.lines.map(({ line, quantity }) => ({
        id: line,
        quantity: bug === 'one unit more received' ? quantity + 1 : quantity,
      }))
      await toy.call(context, 'arrive', 'POST', `${path(arrival.return)}/arrivals`, {
        json: { lines, key },
        effect: 'once',
      })
      return { outcome: 'done' }
    },
    async refund(context, request) {
      const key = keyOf(request, 'refund without key', 'refund key by attempt')
      const units = request.lines.reduce((sum, { quantity }) => sum + quantity, 0)
      const amount = bug === 'refund amount doubled' && request.amount ? 2 * request.amount.amount : null
      try {
        const made = await toy.call<ToyRefund>(
          context,
          'refund',
          'POST',
          `/orders/${encodeURIComponent(request.order)}/refunds`,
          { json: { key, units, amount: amount ?? request.amount?.amount ?? null }, effect: 'once' },
        )
        return { outcome: 'done', reference: made.id, amount: made.amount }
      } catch (error) {
        if (bug !== 'refund for anybody' || !isStockpoolError(error, 'not_found')) throw error
        return { outcome: 'done', reference: null, amount: null }
      }
    },
  }
}
