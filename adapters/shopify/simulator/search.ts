import { refuse } from '../../../src/simulator/graphql/index.ts'
import { iso, type Order } from './shop.ts'

type Test = (order: Order) => boolean

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  ':>=': (value, bound) => value >= bound,
  ':>': (value, bound) => value > bound,
  ':<=': (value, bound) => value <= bound,
  ':<': (value, bound) => value < bound,
  ':': (value, bound) => value === bound,
}

const times: Readonly<Record<string, (order: Order) => number>> = {
  updated_at: ({ updatedAt }) => updatedAt,
  created_at: ({ createdAt }) => createdAt,
  processed_at: ({ createdAt }) => createdAt,
}

const term = /^(\w+)(:>=|:<=|:>|:<|:)(?:'([^']*)'|"([^"]*)"|(\S+?))$/

/**
 * The filter of `orders(query:)`: terms joined by spaces or AND. Shopify ignores a filter that it does not know, with
 * a warning in `extensions`; a simulator does better to refuse it.
 */
export function orderFilter(query: unknown): Test {
  if (typeof query !== 'string' || query.trim() === '') return () => true
  const parts = query.match(/\w+:[<>]?=?(?:'[^']*'|"[^"]*"|\S+)|\S+/g) ?? []
  const tests = parts.filter((part) => part.toUpperCase() !== 'AND').map(testOf)
  return (order) => tests.every((test) => test(order))
}

function testOf(part: string): Test {
  const match = term.exec(part)
  const [, name = '', operator = '', single, double, bare] = match ?? []
  const text = single ?? double ?? bare ?? ''
  const read = times[name]
  const compare = comparisons[operator]
  if (read && compare) {
    const bound = Date.parse(text)
    if (Number.isNaN(bound)) return refuse('BAD_REQUEST', `Invalid search field value for ${name}`)
    return (order) => compare(read(order), bound)
  }
  if (operator === ':' && name === 'name')
    return (order) => order.name.replace('#', '') === text.replace('#', '')
  if (operator === ':' && name === 'id') return (order) => String(order.legacyId) === text
  return refuse('BAD_REQUEST', `Invalid search field: ${part}`)
}

/** `sortKey`; the value is also the first part of the cursor. Equal values are ordered by id. */
export function sortValue(order: Order, key: unknown): string {
  const id = String(order.legacyId).padStart(16, '0')
  if (key === 'UPDATED_AT') return `${iso(order.updatedAt)} ${id}`
  if (key === 'ID') return id
  return `${iso(order.createdAt)} ${id}`
}
