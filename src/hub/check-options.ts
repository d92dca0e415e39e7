import { StockpoolError } from '../error.ts'
import type { Connection } from '../spec/connection.ts'
import type { ConnectionMap } from './options.ts'

/** A connection's name stands in keys, leases and webhook addresses. */
const nameRule = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/

/** @throws StockpoolError `invalid_input` that names the connection. */
export function checkConnections(connections: ConnectionMap): ReadonlyMap<string, Connection> {
  const checked = new Map<string, Connection>()
  for (const [name, connection] of Object.entries(connections)) {
    const field = `connections.${name}`
    if (!nameRule.test(name)) {
      throw new StockpoolError('invalid_input', `"${name}" cannot be the name of a connection`, {
        field,
        remedy: 'Use a letter, then letters, digits, - or _; at most 40 characters.',
      })
    }
    if (connection?.specVersion !== 1) {
      throw new StockpoolError(
        'invalid_input',
        `${name} is no connection that this version of stockpool knows`,
        {
          field,
          remedy:
            'Pass what an adapter returns, such as shopify({ … }), and bring adapter and stockpool to matching versions.',
        },
      )
    }
    checked.set(name, connection)
  }
  return checked
}
