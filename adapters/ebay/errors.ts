import { type ErrorCode, StockpoolError } from '../../src/error.ts'
import type { HttpAnswer } from '../../src/spec/index.ts'

interface Row {
  readonly code: ErrorCode
  readonly remedy?: string
}

const signatureRemedy =
  'Give `signature`: the jwe and the private key of a signing key of this application (docs/ebay.md). Sellers of the EU and the UK must sign what moves money.'

/** By eBay's own number, whatever the status: it alone keeps its meaning from API to API. */
const byId: Readonly<Record<number, Row>> = {
  1001: {
    code: 'auth',
    remedy: 'The access token was refused: see that the seller has not withdrawn the consent.',
  },
  1002: { code: 'auth', remedy: 'No access token came with the call.' },
  // Also what the Inventory API says to a token that merely ended (hendt/ebay-api#148): refreshed once, then a missing scope.
  1100: { code: 'auth' },
  2001: { code: 'rate_limited' },
  2002: { code: 'rate_limited' },
  20403: { code: 'permission' },
  25001: { code: 'unavailable' },
  25002: { code: 'rejected' },
  25709: { code: 'rejected', remedy: 'The number was refused: see the message.' },
  25710: { code: 'not_found' },
  // Misleading: the offer exists, but may not be shown on this marketplace. Nobody should take the listing for gone.
  25713: {
    code: 'rejected',
    remedy:
      'See that the SKU has a published offer, and that the seller may sell it on the marketplace: eBay says the same of both.',
  },
  25759: {
    code: 'rejected',
    remedy: 'An auction holds more units than this number leaves: end the auction first.',
  },
  30500: { code: 'unavailable' },
  32100: { code: 'not_found' },
  32300: { code: 'rejected', remedy: 'eBay does not know this carrier, or the number does not fit it.' },
  34900: { code: 'unavailable' },
  34913: { code: 'not_found' },
  34919: { code: 'permission' },
  195003: {
    code: 'rejected',
    remedy: 'eBay wants an alert email before a destination: give webhooks.alertEmail.',
  },
  195015: { code: 'rejected', remedy: 'The destination is marked down: enable it, then subscribe again.' },
  // Also of a body of a wrong shape (openlinker#2976).
  195017: {
    code: 'rejected',
    remedy: 'eBay takes only a public https address, neither localhost nor an IP.',
  },
  195020: {
    code: 'rejected',
    remedy:
      'eBay asked the address its challenge and got no good answer: start the listener first, with the same verification token and the address as it is registered.',
  },
  215000: { code: 'permission', remedy: signatureRemedy },
  215001: { code: 'permission', remedy: signatureRemedy },
  215002: { code: 'permission', remedy: signatureRemedy },
  215120: { code: 'permission', remedy: signatureRemedy },
  215121: { code: 'permission', remedy: signatureRemedy },
  215122: { code: 'permission', remedy: signatureRemedy },
}

const byStatus: Readonly<Record<number, Row>> = {
  400: { code: 'rejected' },
  401: { code: 'auth', remedy: 'Check the credentials; the seller may have to consent again.' },
  403: {
    code: 'permission',
    remedy: 'Grant the application the scope that this call needs, and let the seller consent again.',
  },
  404: { code: 'not_found' },
  409: { code: 'rejected' },
  411: { code: 'internal' },
  412: { code: 'rejected' },
  415: { code: 'rejected' },
  422: { code: 'rejected' },
  429: { code: 'rate_limited' },
}

/** One error as eBay wrote it. */
export interface Said {
  readonly id: number | null
  readonly category: string
  readonly message: string
}

/** Post-Order writes `errorMessage.error`, which is a list or a single one; all other REST APIs `errors`. */
export function saidBy(body: unknown): readonly Said[] {
  if (typeof body !== 'object' || body === null) return []
  const { errors, error, errorMessage } = body as Record<string, unknown>
  const nested = (errorMessage as { error?: unknown } | undefined)?.error
  const found = [errors, nested, error].find((each) => typeof each === 'object' && each !== null)
  const list: readonly unknown[] = Array.isArray(found) ? found : found === undefined ? [] : [found]
  return list.map((each) => {
    const one = (each ?? {}) as Record<string, unknown>
    const id = Number(one.errorId)
    return {
      id: Number.isInteger(id) ? id : null,
      category: textOf(one.category),
      message: textOf(one.longMessage) || textOf(one.message),
    }
  })
}

const textOf = (value: unknown) => (typeof value === 'string' ? value.slice(0, 400) : '')

function rowOf(status: number, said: readonly Said[]): Row {
  for (const { id } of said) {
    const row = id === null ? undefined : byId[id]
    // 1001 is a refused token of most APIs, and an internal error of Post-Order: no 5xx speaks of credentials.
    if (row && !(status >= 500 && row.code === 'auth')) return row
  }
  // Only eBay's own fault passes by repeating (its guide on handling errors: APPLICATION, in Post-Order SYSTEM).
  if (status >= 500 || said.some(({ category }) => category === 'APPLICATION' || category === 'SYSTEM'))
    return { code: 'unavailable' }
  return byStatus[status] ?? { code: 'rejected' }
}

/** The error of what eBay said, of a whole answer or of one row of a bulk answer. */
export function errorOf(operation: string, status: number, said: readonly Said[]): StockpoolError {
  const row = rowOf(status, said)
  const words = said.map(({ id, message }) =>
    [id, message].filter((part) => part !== null && part !== '').join(': '),
  )
  const message = `eBay ${operation} answered ${status}${words.length > 0 ? `: ${words.join('; ')}` : ''}`
  return new StockpoolError(row.code, message.slice(0, 1000), {
    remedy: row.remedy,
    details: { status, errorIds: said.flatMap(({ id }) => (id === null ? [] : [id])) },
  })
}

/** The error table of every REST call; `null` for a success. */
export function classify(operation: string): (answer: HttpAnswer) => StockpoolError | null {
  return ({ status, body }) => {
    if (status < 400) return null
    const said = saidBy(body)
    // A gateway's page, or no body: the client's own table knows what a 5xx is.
    return status >= 500 && said.length === 0 ? null : errorOf(operation, status, said)
  }
}

/** Whether eBay gave one of these numbers. */
export function hasErrorId(error: StockpoolError, ...ids: readonly number[]): boolean {
  const given = error.details?.errorIds
  return Array.isArray(given) && given.some((id) => ids.includes(id))
}

const consentRemedy =
  'The seller has to consent again: the refresh token ended (18 months), was withdrawn, or died with a changed user name or password. Send the seller to ebayConsentUrl(), give the new refresh token, then resume the connection.'

const tokenRows: Readonly<Record<string, Row>> = {
  invalid_grant: { code: 'auth', remedy: consentRemedy },
  invalid_client: {
    code: 'auth',
    remedy: 'clientId or clientSecret is wrong, or of the other environment (sandbox).',
  },
  unauthorized_client: { code: 'auth', remedy: 'The refresh token belongs to another application.' },
  invalid_scope: {
    code: 'permission',
    remedy: 'The consent does not hold a scope that is needed: let the seller consent again.',
  },
  invalid_request: { code: 'auth', remedy: 'Check clientId, clientSecret and refreshToken.' },
  unsupported_grant_type: { code: 'internal' },
}

/** The error of an answer of the token endpoint: by `error`, never by the status, which is 400 for nearly all of them. */
export function classifyToken({ status, body }: HttpAnswer): StockpoolError | null {
  if (status < 400) return null
  const error = textOf((body as { error?: unknown } | null)?.error)
  const row = tokenRows[error]
  if (!row && (status === 429 || status >= 500)) return null
  const { code, remedy } = row ?? {
    code: 'auth' as const,
    remedy: 'Check clientId, clientSecret and refreshToken.',
  }
  const why = error === 'invalid_grant' ? 'the seller has to consent again' : error || 'refused'
  return new StockpoolError(code, `eBay's token endpoint answered ${status}: ${why}`, {
    remedy,
    details: { status, oauthError: error },
  })
}
