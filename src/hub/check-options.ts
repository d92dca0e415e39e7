import { StockpoolError } from '../error.ts'
import type { Connection } from '../spec/connection.ts'
import type { ConnectionMap, HubOptions } from './options.ts'

/** A connection's name stands in keys, leases and webhook addresses. */
const nameRule = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/

/** Whole numbers, with the least that makes sense. */
const numbers = {
  keepBuyerDataMs: 0,
  leaseMs: 100,
  maxAttempts: 1,
  requestTimeoutMs: 1,
  quoteWithinMs: 1,
} as const
const switches = ['shareLimits', 'reroute'] as const
const functions = ['offer', 'route'] as const

/** @throws StockpoolError `invalid_input` that names the option. */
export function checkOptions<Connections extends ConnectionMap>(options: HubOptions<Connections>): void {
  if (typeof options !== 'object' || options === null)
    throw wrong('options', 'createHub takes an object', 'Pass { store, connections }.')
  if (typeof options.store?.open !== 'function') {
    throw wrong('store', 'there is no store', "Pass where everything is kept, such as sqlite('shop.db').")
  }
  if (typeof options.connections !== 'object' || options.connections === null) {
    throw wrong(
      'connections',
      'there are no connections',
      'Pass an object of connections by name; it may be empty.',
    )
  }
  for (const [name, least] of Object.entries(numbers)) {
    const value = options[name as keyof typeof numbers]
    if (value === undefined || (Number.isSafeInteger(value) && value >= least)) continue
    throw wrong(name, `${name} is ${String(value)}`, `Give a whole number of ${least} or more.`)
  }
  for (const name of switches) {
    const value: unknown = options[name]
    if (value !== undefined && typeof value !== 'boolean')
      throw wrong(name, `${name} is ${String(value)}`, 'Give true or false, or leave it out.')
  }
  if (options.publicUrl !== undefined && !isAddress(options.publicUrl)) {
    throw wrong(
      'publicUrl',
      'publicUrl is no address that platforms could call',
      "Give an absolute address without query or fragment, such as 'https://shop.example/webhooks'.",
    )
  }
  const { tracker } = options
  if (tracker !== undefined && !options.connections[tracker]?.tracking) {
    throw wrong(
      'tracker',
      `${String(tracker)} is no connection that follows parcels`,
      'Name one that does, or leave it out.',
    )
  }
  for (const name of functions) {
    if (options[name] !== undefined && typeof options[name] !== 'function')
      throw wrong(name, `${name} is no function`, `Give a function, or leave ${name} out.`)
  }
}

/** Plain http is for tests on one machine; platforms themselves refuse it. */
function isAddress(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, search, hash, username, password } = new URL(value)
  return /^https?:$/.test(protocol) && `${search}${hash}${username}${password}` === '' && !/[?#]$/.test(value)
}

const wrong = (field: string, message: string, remedy: string) =>
  new StockpoolError('invalid_input', message, { field, remedy })

/** @throws StockpoolError `invalid_input` that names the connection. */
export function checkConnections(connections: ConnectionMap): ReadonlyMap<string, Connection> {
  const checked = new Map<string, Connection>()
  for (const [name, connection] of Object.entries(connections)) {
    const field = `connections.${name}`
    if (!nameRule.test(name)) {
      throw wrong(
        field,
        `"${name}" cannot be the name of a connection`,
        'Use a letter, then letters, digits, - or _; at most 40 characters.',
      )
    }
    if (connection?.specVersion !== 1) {
      throw wrong(
        field,
        `${name} is no connection that this version of stockpool knows`,
        'Pass what an adapter returns, such as shopify({ … }), and bring adapter and stockpool to matching versions.',
      )
    }
    checked.set(name, connection)
  }
  return checked
}

/** The connection that follows parcels when none is named. */
export function trackerAmong(connections: ReadonlyMap<string, Connection>): string | null {
  for (const [name, { tracking }] of connections) if (tracking) return name
  return null
}
