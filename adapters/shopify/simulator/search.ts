import { refuse } from '../../../src/simulator/graphql/index.ts'
import { type FulfillmentOrder, iso, type Order } from './shop.ts'

const comparisons: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  ':>=': (value, bound) => value >= bound,
  ':>': (value, bound) => value > bound,
  ':<=': (value, bound) => value <= bound,
  ':<': (value, bound) => value < bound,
  ':': (value, bound) => value === bound,
}

/** What a list can be searched by. */
interface Fields<Row> {
  readonly times: Readonly<Record<string, (row: Row) => number>>
  readonly words: Readonly<Record<string, (row: Row) => string>>
}

const term = /^(\w+)(:>=|:<=|:>|:<|:)(?:'([^']*)'|"([^"]*)"|(\S+?))$/

/**
 * The filter of a list's `query`: terms joined by spaces or AND. Shopify ignores a filter that it does not know, with
 * a warning in `extensions`; a simulator does better to refuse it.
 */
function filterBy<Row>(query: unknown, fields: Fields<Row>): (row: Row) => boolean {
  if (typeof query !== 'string' || query.trim() === '') return () => true
  const parts = query.match(/\w+:[<>]?=?(?:'[^']*'|"[^"]*"|\S+)|\S+/g) ?? []
  const tests = parts.filter((part) => part.toUpperCase() !== 'AND').map((part) => testOf(part, fields))
  return (row) => tests.every((test) => test(row))
}

function testOf<Row>(part: string, { times, words }: Fields<Row>): (row: Row) => boolean {
  const match = term.exec(part)
  const [, name = '', operator = '', single, double, bare] = match ?? []
  const text = single ?? double ?? bare ?? ''
  const read = times[name]
  const compare = comparisons[operator]
  if (read && compare) {
    const bound = Date.parse(text)
    if (Number.isNaN(bound)) return refuse('BAD_REQUEST', `Invalid search field value for ${name}`)
    return (row) => compare(read(row), bound)
  }
  const word = operator === ':' ? words[name] : undefined
  if (word) return (row) => word(row).toLowerCase() === text.replace('#', '').toLowerCase()
  return refuse('BAD_REQUEST', `Invalid search field: ${part}`)
}

export const orderFilter = (query: unknown) =>
  filterBy<Order>(query, {
    times: {
      updated_at: ({ updatedAt }) => updatedAt,
      created_at: ({ createdAt }) => createdAt,
      processed_at: ({ createdAt }) => createdAt,
    },
    words: {
      name: ({ name }) => name.replace('#', ''),
      id: ({ legacyId }) => String(legacyId),
    },
  })

export const fulfillmentOrderFilter = (query: unknown) =>
  filterBy<FulfillmentOrder>(query, {
    times: { updated_at: ({ updatedAt }) => updatedAt },
    words: {
      status: ({ status }) => status,
      id: ({ id }) => id.split('/').at(-1) ?? '',
    },
  })

const padded = (id: string | number) => String(id).padStart(16, '0')

/** `sortKey`; the value is also the first part of the cursor. Equal values are ordered by id. */
export function sortValue(order: Order, key: unknown): string {
  const id = padded(order.legacyId)
  if (key === 'UPDATED_AT') return `${iso(order.updatedAt)} ${id}`
  if (key === 'ID') return id
  return `${iso(order.createdAt)} ${id}`
}

export function sortValueOfPart({ id, updatedAt }: FulfillmentOrder, key: unknown): string {
  const number = padded(id.split('/').at(-1) ?? '')
  return key === 'UPDATED_AT' ? `${iso(updatedAt)} ${number}` : number
}
