import { reply, type SimulatorReply } from '../../../src/simulator/index.ts'
import { writeXml, type XmlMembers } from '../xml.ts'

export interface ErrorShape {
  readonly errorId: number
  readonly domain: string
  readonly category: 'REQUEST' | 'APPLICATION' | 'BUSINESS'
  readonly message: string
  readonly longMessage?: string
}

/** The envelope of every REST API but Post-Order. */
export const failed = (status: number, ...errors: readonly ErrorShape[]): SimulatorReply =>
  reply(status, { errors })

const request = (domain: string) => (status: number, errorId: number, message: string) =>
  failed(status, { errorId, domain, category: 'REQUEST', message, longMessage: message })

export const fulfillmentError = request('API_FULFILLMENT')
export const inventoryError = request('API_INVENTORY')
export const accessError = request('ACCESS')
export const notificationError = request('API_NOTIFICATION')

/** What Post-Order answers: another envelope, and other names in it. */
export function postOrderError(status: number, errorId: number, message: string): SimulatorReply {
  return reply(status, {
    errorMessage: {
      error: [
        {
          errorId,
          domain: 'postOrderDomain',
          severity: 'ERROR',
          category: status >= 500 ? 'SYSTEM' : 'REQUEST',
          message,
          parameter: [],
          longMessage: message,
          httpStatusCode: String(status),
        },
      ],
    },
  })
}

export const tooMany = () =>
  failed(429, {
    errorId: 2001,
    domain: 'ACCESS',
    category: 'REQUEST',
    message: 'Too many requests.',
    longMessage: 'The request limit has been reached for the resource.',
  })

const byStatus: Readonly<Record<number, ErrorShape>> = {
  401: { errorId: 1001, domain: 'OAuth', category: 'REQUEST', message: 'Invalid access token' },
  403: { errorId: 1100, domain: 'ACCESS', category: 'REQUEST', message: 'Access denied' },
  404: { errorId: 11001, domain: 'API', category: 'REQUEST', message: 'Resource not found' },
}

/** What a fault of this status looks like. */
export function documented(status: number, path: string): SimulatorReply {
  if (status === 429) return tooMany()
  if (path.startsWith('/post-order/'))
    return postOrderError(status, 1001, 'Application encountered an internal error.')
  if (status >= 500)
    return failed(status, { errorId: 30500, domain: 'API', category: 'APPLICATION', message: 'System error' })
  return failed(
    status,
    byStatus[status] ?? { errorId: 25002, domain: 'API', category: 'REQUEST', message: 'User error' },
  )
}

/** eBay writes times with milliseconds. */
export const instant = (ms: number): string => new Date(ms).toISOString()

export interface Money {
  /** Cents. */
  readonly amount: number
  readonly currency: string
}

export const amount = ({ amount: cents, currency }: Money) => ({ value: (cents / 100).toFixed(2), currency })

export const times = ({ amount: cents, currency }: Money, factor: number): Money => ({
  amount: cents * factor,
  currency,
})

/** The cents of a decimal text; `null` when it is none. */
export function centsOf(value: unknown): number | null {
  return typeof value === 'string' && /^\d+(\.\d{1,2})?$/.test(value) ? Math.round(Number(value) * 100) : null
}

export interface XmlError {
  readonly ErrorCode: number
  readonly SeverityCode: 'Error' | 'Warning'
  readonly ShortMessage: string
}

/** An answer of the Trading API, which is 200 whatever it says. */
export function xmlReply(
  call: string,
  now: number,
  ack: 'Success' | 'Warning' | 'PartialFailure' | 'Failure',
  errors: readonly XmlError[],
  members: XmlMembers = {},
): SimulatorReply {
  const inner = writeXml({
    Timestamp: instant(now),
    Ack: ack,
    Errors: errors.map(({ ErrorCode, SeverityCode, ShortMessage }) => ({
      ShortMessage,
      LongMessage: ShortMessage,
      ErrorCode,
      SeverityCode,
      ErrorClassification: 'RequestError',
    })),
    Version: 1423,
    Build: 'E1423_CORE_API_SIMULATED',
    ...members,
  })
  const document = `<?xml version="1.0" encoding="UTF-8"?>\n<${call}Response xmlns="urn:ebay:apis:eBLBaseComponents">${inner}</${call}Response>`
  return reply(200, document, { 'content-type': 'text/xml' })
}
