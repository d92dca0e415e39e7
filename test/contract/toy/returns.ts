import { z } from 'zod'
import { type Route, refuse, reply } from '../../../src/simulator/index.ts'
import type { Shop, ToyOrder } from './shop.ts'

export interface ToyReturn {
  readonly id: string
  readonly order: string
  readonly key: string | null
  status: 'requested' | 'approved' | 'declined' | 'closed'
  sequence: number
  updatedAt: number
  readonly lines: { id: string; quantity: number; received: number }[]
  readonly arrivals: string[]
}

export interface ToyRefund {
  readonly id: string
  readonly key: string
  readonly order: string
  readonly amount: { amount: number; currency: string }
}

const Units = z.array(z.object({ id: z.string(), quantity: z.int().min(1) }))
const price = 1250
const pageSize = 10

/** Goods that come back to the toy platform's shop. */
export class Returns {
  readonly all: ToyReturn[] = []
  readonly refunds: ToyRefund[] = []
  readonly #shop: Shop
  readonly #now: () => number
  #sequence = 0

  constructor(shop: Shop, now: () => number) {
    this.#shop = shop
    this.#now = now
  }

  #find(id: string): ToyReturn {
    return this.all.find((each) => each.id === id) ?? refuse(404, { error: 'no such return' })
  }

  #touch(one: ToyReturn): ToyReturn {
    this.#sequence += 1
    one.sequence = this.#sequence
    one.updatedAt = this.#now()
    return one
  }

  #make(order: ToyOrder, lines: z.infer<typeof Units>, key: string | null): ToyReturn {
    const one: ToyReturn = {
      id: `R-${5001 + this.all.length}`,
      order: order.id,
      key,
      status: key === null ? 'requested' : 'approved',
      sequence: 0,
      updatedAt: 0,
      lines: lines.map((line) => ({ ...line, received: 0 })),
      arrivals: [],
    }
    this.all.push(one)
    return this.#touch(one)
  }

  page(after: number) {
    const waiting = this.all
      .filter(({ sequence }) => sequence > after)
      .sort((one, other) => one.sequence - other.sequence)
    const returns = waiting.slice(0, pageSize)
    return { returns, next: returns.at(-1)?.sequence ?? after, more: waiting.length > returns.length }
  }

  open(order: string, lines: z.infer<typeof Units>, key: string): ToyReturn {
    return this.all.find((each) => each.key === key) ?? this.#make(this.#shop.find(order), lines, key)
  }

  /** Refused unless it stands where the answer needs it. */
  answer(id: string, from: ToyReturn['status'], to: ToyReturn['status']): ToyReturn {
    const one = this.#find(id)
    if (one.status !== from) refuse(409, { error: one.status })
    one.status = to
    return this.#touch(one)
  }

  arrive(id: string, lines: z.infer<typeof Units>, key: string): ToyReturn {
    const one = this.#find(id)
    if (one.arrivals.includes(key)) return one
    for (const { id: line, quantity } of lines) {
      const found = one.lines.find((each) => each.id === line) ?? refuse(422, { error: 'no such line' })
      if (quantity > found.quantity - found.received) refuse(422, { error: 'too many' })
      found.received += quantity
    }
    one.arrivals.push(key)
    return this.#touch(one)
  }

  refund(order: string, key: string, units: number, amount: number | null): ToyRefund {
    const { id } = this.#shop.find(order)
    const known = this.refunds.find((each) => each.key === key)
    if (known) return known
    const money = { amount: amount ?? units * price, currency: 'USD' }
    const made = { id: `F-${this.refunds.length + 1}`, key, order: id, amount: money }
    this.refunds.push(made)
    return made
  }

  readonly controls: Record<string, (body: unknown) => unknown> = {
    returns: (body) => {
      const { order, lines } = z.object({ order: z.string(), lines: Units }).parse(body)
      return { return: this.#make(this.#shop.find(order), lines, null).id }
    },
  }

  routes(): Route[] {
    const answering = (name: string, from: ToyReturn['status'], to: ToyReturn['status']): Route => ({
      operation: `${name}Return`,
      method: 'POST',
      path: `/returns/{id}/${name}`,
      handle: (_, { id = '' }) => reply(200, this.answer(id, from, to)),
    })
    return [
      {
        operation: 'listReturns',
        method: 'GET',
        path: '/returns',
        handle: (request) => reply(200, this.page(Number(request.query.get('after')))),
      },
      {
        operation: 'getReturn',
        method: 'GET',
        path: '/returns/{id}',
        handle: (_, { id = '' }) => reply(200, this.#find(id)),
      },
      {
        operation: 'openReturn',
        method: 'POST',
        path: '/returns',
        handle: (request) => {
          const given = request.json() as { order: string; lines: z.infer<typeof Units>; key: string }
          return reply(201, this.open(given.order, given.lines, given.key))
        },
      },
      answering('approve', 'requested', 'approved'),
      answering('decline', 'requested', 'declined'),
      answering('close', 'approved', 'closed'),
      {
        operation: 'arrive',
        method: 'POST',
        path: '/returns/{id}/arrivals',
        handle: (request, { id = '' }) => {
          const given = request.json() as { lines: z.infer<typeof Units>; key: string }
          return reply(200, this.arrive(id, given.lines, given.key))
        },
      },
      {
        operation: 'refund',
        method: 'POST',
        path: '/orders/{id}/refunds',
        handle: (request, { id = '' }) => {
          const { key, units, amount } = request.json() as {
            key: string
            units: number
            amount: number | null
          }
          return reply(201, this.refund(id, key, units, amount))
        },
      },
    ]
  }
}
