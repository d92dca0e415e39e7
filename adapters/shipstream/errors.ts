import { type ErrorCode, StockpoolError } from '../../src/error.ts'
import type { HttpAnswer } from '../../src/spec/index.ts'

interface Row {
  readonly code: ErrorCode
  readonly message: string
  readonly remedy?: string
}

const renew: Pick<Row, 'code' | 'remedy'> = {
  code: 'auth',
  remedy: 'Check `username` and `apiKey` against the API user in the merchant panel.',
}
const otherVersion = 'It may be of an older version: ask your 3PL.'
const correct = 'Correct what ShipStream names; repeating will not help.'

// By ShipStream's own number n; over the wire it is -(32000 + n) (docs.shipstream.io, API Basics). 100 and above differ by
// method, but mean alike: 100 is "does not exist", the others a refusal with its reason in the message.
const table: Readonly<Record<number, Row>> = {
  0: { code: 'unavailable', message: 'ShipStream had an error of its own' },
  1: { code: 'unavailable', message: 'ShipStream had an error of its own' },
  2: {
    code: 'permission',
    message: 'ShipStream denied access',
    remedy: 'Let the role of the API user do this.',
  },
  3: { code: 'unsupported', message: 'this ShipStream does not know the method', remedy: otherVersion },
  4: { code: 'unsupported', message: 'this ShipStream cannot call the method', remedy: otherVersion },
  5: { ...renew, message: 'the ShipStream session ended' },
  6: { code: 'rejected', message: 'ShipStream misses a parameter' },
  100: { code: 'not_found', message: 'ShipStream does not have it' },
  103: { code: 'rejected', message: 'ShipStream did not change the status' },
  104: { code: 'rejected', message: 'ShipStream says that the id exists' },
  107: { code: 'rejected', message: 'ShipStream does not have a product of this order' },
  // The numbers of JSON-RPC itself, -32600 and so on, in the same reckoning.
  600: { code: 'rejected', message: 'ShipStream calls the request invalid' },
  601: { code: 'unsupported', message: 'this ShipStream does not know the method', remedy: otherVersion },
  602: { code: 'rejected', message: 'ShipStream calls the parameters invalid' },
  603: { code: 'unavailable', message: 'ShipStream had an error of its own' },
  700: { code: 'rejected', message: 'ShipStream could not read the request' },
}
const unnamed: Row = { code: 'rejected', message: 'ShipStream refused the request' }

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What ShipStream quotes, and any email, may be the buyer's. */
export const withoutValues = (text: string) =>
  text.replace(/"[^"]*"|(?<!\w)'[^']*'|\S+@\S+/g, '…').slice(0, 300)

/** ShipStream's own number of an error, `null` when there is none. */
export function rpcCode(error: StockpoolError): number | null {
  return typeof error.details?.rpc === 'number' ? error.details.rpc : null
}

/**
 * The error table, asked for every answer: ShipStream answers 200 with an `error` in the body, and other statuses come from
 * what stands before it. After an `unavailable` to a create (`once`) the HTTP client says `unknown_outcome` by itself.
 */
export function classify(method: string): (answer: HttpAnswer) => StockpoolError | null {
  return ({ status, body }) => {
    if (status === 401) return refused(method, 'the server refused the credentials')
    if (status === 429 || status >= 500) return null
    const error = isRecord(body) && isRecord(body.error) ? body.error : null
    if (error === null) return null
    const n = -Number(error.code) - 32_000
    if (n === 2 && method === 'login') return refused(method, 'ShipStream refused the log-in')
    const row = table[n] ?? unnamed
    const spoken = typeof error.message === 'string' ? withoutValues(error.message) : ''
    const tells = row.code === 'rejected' || row.code === 'permission'
    return new StockpoolError(row.code, tells && spoken !== '' ? `${row.message}: ${spoken}` : row.message, {
      remedy: row.remedy ?? (row.code === 'rejected' ? correct : undefined),
      details: { method, ...(Number.isFinite(n) ? { rpc: n } : {}) },
    })
  }
}

const refused = (method: string, message: string) =>
  new StockpoolError(renew.code, message, { remedy: renew.remedy, details: { method } })
