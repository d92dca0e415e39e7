import { reply, type SimulatorReply } from '../../../src/simulator/index.ts'

/** Amazon's error envelope. */
export function failed(status: number, code: string, message: string, details = ''): SimulatorReply {
  return reply(status, { errors: [{ code, message, details }] })
}

export const invalidInput = (details: string) => failed(400, 'InvalidInput', 'Invalid Input', details)
export const badRequest = (details: string) => failed(400, 'BAD_REQUEST', 'Invalid input', details)

/** Wrong role, wrong host, ended consent, unencoded slash: all the same words (amzn/selling-partner-api-models#1898). */
export const denied = (details = '', code = 'Unauthorized') =>
  failed(403, code, 'Access to requested resource is denied.', details)

/** As users report it; the model declares no rate header here. */
export const quotaExceeded = () =>
  failed(429, 'QuotaExceeded', 'You exceeded your quota for the requested resource.')

const words: Readonly<Record<number, readonly [string, string]>> = {
  400: ['InvalidInput', 'Invalid Input'],
  401: ['Unauthorized', 'Access to requested resource is denied.'],
  403: ['Unauthorized', 'Access to requested resource is denied.'],
  404: ['NOT_FOUND', 'The resource specified does not exist.'],
  413: ['RequestTooLarge', 'The request size exceeded the maximum accepted size.'],
  415: ['UnsupportedMediaType', 'The request payload is in an unsupported format.'],
  429: ['QuotaExceeded', 'You exceeded your quota for the requested resource.'],
  503: ['ServiceUnavailable', 'Service is temporarily unavailable. Please try again.'],
}

/** What a fault of this status looks like. */
export function documented(status: number): SimulatorReply {
  const [code, message] = words[status] ?? [
    'InternalFailure',
    'We encountered an internal error. Please try again.',
  ]
  return failed(status, code, message)
}

/** Amazon gives times to the second. */
export function instant(ms: number): string {
  return `${new Date(seconds(ms)).toISOString().slice(0, 19)}Z`
}

export const seconds = (ms: number) => Math.floor(ms / 1000) * 1000

/** A comma-separated query parameter; `null` when absent. */
export function listOf(query: URLSearchParams, name: string): readonly string[] | null {
  const values = query.getAll(name)
  return values.length === 0 ? null : values.flatMap((value) => value.split(','))
}
