import { type ErrorCode, StockpoolError } from '../../src/error.ts'
import type { HttpAnswer } from '../../src/spec/index.ts'
import { type AmazonBucket, waitMs } from './limits.ts'

interface Row {
  readonly code: ErrorCode
  readonly remedy?: string
}

const deniedRemedy =
  'One answer covers many causes: check that the application has the role this operation needs, that the ' +
  "seller's consent is in force (renew it every 365 days), that the client secret is younger than 180 days, that the " +
  "region's host is the seller's, and that a slash in a SKU is sent as %2F."

/**
 * By HTTP status alone: Amazon's own `code` is spelled differently from operation to operation (InvalidInput,
 * "Invalid Input", 400, BAD_REQUEST).
 */
const byStatus: Readonly<Record<number, Row>> = {
  400: {
    code: 'rejected',
    remedy:
      'See the message. If such calls passed before, Amazon may be at fault for a while (amzn/selling-partner-api-models#5365): it is tried again within the hour, and a number that must go down every half minute.',
  },
  401: { code: 'auth', remedy: 'Check clientId, clientSecret and refreshToken.' },
  // amzn/selling-partner-api-models#1898
  403: { code: 'permission', remedy: deniedRemedy },
  404: { code: 'not_found' },
  409: { code: 'rejected' },
  413: { code: 'rejected' },
  415: { code: 'rejected' },
  422: { code: 'rejected' },
  429: { code: 'rate_limited' },
}

interface Said {
  readonly code: string
  readonly message: string
  readonly details: string
}

/** The `errors` of an answer, whatever else its shape. */
export function saidBy(body: unknown): readonly Said[] {
  const list = (body as { errors?: unknown } | null)?.errors
  if (!Array.isArray(list)) return []
  const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, 500) : '')
  return list.map((each) => ({
    code: text(each?.code),
    message: text(each?.message),
    details: text(each?.details),
  }))
}

// "The access token you provided has expired." / "… is revoked, malformed or invalid."
// (amzn/selling-partner-api-models#2333): a stale token, unlike the other refusals under 403.
const staleToken = /access token/i

function rowOf(status: number, said: readonly Said[]): Row | null {
  if (status < 400) return null
  if (status === 403 && said.some(({ message, details }) => staleToken.test(`${message} ${details}`))) {
    return { code: 'auth', remedy: 'Check refreshToken, and that the seller has not withdrawn the consent.' }
  }
  return byStatus[status] ?? (status >= 500 ? { code: 'unavailable' } : { code: 'rejected' })
}

/** The error of an answer of the Selling Partner API, `null` for a success. */
export function classify(
  operation: AmazonBucket,
  bucket: AmazonBucket = operation,
): (answer: HttpAnswer) => StockpoolError | null {
  return (answer) => {
    const said = saidBy(answer.body)
    const row = rowOf(answer.status, said)
    if (row === null) return null
    const words = said.map(({ code, message, details }) =>
      [code, message, details].filter(Boolean).join(': '),
    )
    const message = `Amazon ${operation} answered ${answer.status}${words.length > 0 ? `: ${words.join('; ')}` : ''}`
    return new StockpoolError(row.code, message.slice(0, 1000), {
      remedy: row.remedy,
      details: detailsOf(answer, said),
      retryAfterMs: row.code === 'rate_limited' ? waitMs(bucket, answer) : undefined,
    })
  }
}

/** What Amazon's support asks for first is the request id. */
export function detailsOf(answer: HttpAnswer, said = saidBy(answer.body)): Record<string, unknown> {
  return {
    status: answer.status,
    requestId: answer.headers['x-amzn-requestid'] ?? null,
    errorType: answer.headers['x-amzn-errortype'] ?? null,
    codes: said.map(({ code }) => code),
  }
}

const lwaRows: Readonly<Record<string, Row>> = {
  invalid_grant: {
    code: 'auth',
    remedy:
      'The refresh token is wrong, or the seller withdrew the consent or let it end: authorise the application again.',
  },
  invalid_client: {
    code: 'auth',
    remedy: 'clientId or clientSecret is wrong; a client secret ends 180 days after it was made.',
  },
  unauthorized_client: { code: 'auth', remedy: 'The refresh token belongs to another application.' },
  invalid_scope: { code: 'permission', remedy: 'The application lacks the scope it asks for.' },
  invalid_request: { code: 'auth', remedy: 'Check clientId, clientSecret and refreshToken.' },
  unsupported_grant_type: { code: 'internal' },
}

/** The error of an answer of Login with Amazon: `{ error, error_description }`. */
export function classifyToken(answer: HttpAnswer): StockpoolError | null {
  if (answer.status < 400) return null
  const body = answer.body as { error?: unknown; error_description?: unknown } | null
  const error = typeof body?.error === 'string' ? body.error : ''
  const row = lwaRows[error] ?? lwaRowOf(answer)
  return new StockpoolError(
    row.code,
    `Login with Amazon answered ${answer.status}${error ? `: ${error}` : ''}`,
    {
      remedy: row.remedy,
      details: detailsOf(answer),
      retryAfterMs: row.code === 'rate_limited' ? waitMs('lwaToken', answer) : undefined,
    },
  )
}

function lwaRowOf(answer: HttpAnswer): Row {
  if (answer.status === 429) return { code: 'rate_limited' }
  if (answer.status >= 500) return { code: 'unavailable' }
  // amzn/selling-partner-api-models#955: this is what the SP-API host says to a token request.
  if (saidBy(answer.body).some(({ code }) => code === 'MissingAuthenticationToken')) {
    return {
      code: 'auth',
      remedy: 'tokenEndpoint must be https://api.amazon.com/auth/o2/token, not the SP-API host.',
    }
  }
  return { code: 'auth', remedy: 'Check clientId, clientSecret and refreshToken.' }
}
