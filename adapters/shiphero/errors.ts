import { type ErrorCode, StockpoolError } from '../../src/error.ts'
import type { HttpAnswer } from '../../src/spec/index.ts'
import { Envelope, type GraphqlError } from './wire.ts'

interface Rule {
  readonly code: ErrorCode
  readonly remedy?: string
}

const renew: Rule = {
  code: 'auth',
  remedy: 'Make a new refresh token for the API user (POST /auth/token) and give it as `refreshToken`.',
}
const allow: Rule = {
  code: 'permission',
  remedy: 'Grant the API user the permission that ShipHero names, and check `customerAccountId`.',
}

/** `errors[].code`. "GraphQL always answers with HTTP 200" (developer.shiphero.com, Error Glossary). */
export const graphqlErrors: Readonly<Record<number, Rule>> = {
  5: { code: 'not_found' },
  30: { code: 'rate_limited' },
}

// Codes of these are not published; the glossary lists their causes: authentication, scopes, permissions, 3PL access.
const byWords: readonly (readonly [RegExp, Rule])[] = [
  [/token (?:is |has )?(?:expired|invalid|missing)|(?:expired|invalid) token|not authenticated/i, renew],
  [/permission|not allowed|insufficient scope|not authori[sz]ed|no access/i, allow],
  // Whether it was done nobody knows: a create is then looked up, never repeated blindly.
  [/unexpected|internal (?:server )?error|timed? ?out|try again/i, { code: 'unavailable' }],
]

const httpErrors: Readonly<Record<number, Rule>> = {
  401: renew,
  403: allow,
}

/** What ShipHero said when the credits did not suffice; `null` when that was not the trouble. */
export function creditsShort(
  envelope: Envelope,
): { readonly remaining: number | null; readonly waitMs: number } | null {
  const error = envelope.errors.find(
    ({ code, message }) => code === 30 || /not enough credits/i.test(message),
  )
  if (!error) return null
  const { message } = error
  const number = (pattern: RegExp) => {
    const text = pattern.exec(message)?.[1]?.replaceAll(',', '')
    return text === undefined ? null : Number(text)
  }
  // "… requires 1301 credits, but there are only 263 left. In 18 seconds you will have enough credits …"
  const required = error.required_credits ?? number(/requires ([\d,]+) credits/i)
  const remaining = error.remaining_credits ?? number(/only ([\d,]+) left/i)
  const told = number(/in ([\d,]+) seconds/i) ?? secondsOf(error.time_remaining)
  const missing = required === null || remaining === null ? null : (required - remaining) / 60
  return { remaining, waitMs: Math.max(1000, Math.ceil((told ?? missing ?? 5) * 1000)) }
}

/** "11 seconds", "1 minute". */
function secondsOf(text: string | null): number | null {
  const [, amount, unit] = /([\d.]+)\s*(second|minute)/i.exec(text ?? '') ?? []
  if (amount === undefined) return null
  return Number(amount) * (unit?.toLowerCase() === 'minute' ? 60 : 1)
}

// ShipHero repeats what it was given: what stands in quotes, and any email, may be the buyer's.
const withoutValues = (text: string) => text.replace(/"[^"]*"|(?<!\w)'[^']*'|\S+@\S+/g, '…').slice(0, 300)

function ruleOf({ code, message }: GraphqlError): Rule {
  const known = code === null ? undefined : graphqlErrors[code]
  return known ?? byWords.find(([pattern]) => pattern.test(message))?.[1] ?? { code: 'rejected' }
}

/** The error table, asked for every answer; the quota, which is asked along, may fail without harm. */
export function classify(answer: HttpAnswer): StockpoolError | null {
  const parsed = Envelope.safeParse(answer.body)
  const envelope = parsed.success ? parsed.data : null
  const errors = (envelope?.errors ?? []).filter(({ operation }) => operation !== 'user_quota')
  const short = envelope && creditsShort(envelope)
  if (short) {
    return new StockpoolError('rate_limited', 'ShipHero asks to wait for credits', {
      retryAfterMs: short.waitMs,
    })
  }
  const [worst] = errors
  if (worst) {
    const rule = ruleOf(worst)
    const said = [...new Set(errors.map(({ message }) => withoutValues(message)))].join('; ')
    return new StockpoolError(rule.code, `ShipHero: ${said}`, {
      remedy:
        rule.remedy ??
        (rule.code === 'rejected' ? 'Correct what ShipHero names; repeating will not help.' : undefined),
      details: { shipheroCode: worst.code, shipheroRequest: worst.request_id },
    })
  }
  const rule = httpErrors[answer.status]
  if (!rule) return null
  const message = rule.code === 'auth' ? 'ShipHero refused the token' : 'ShipHero does not allow it'
  return new StockpoolError(rule.code, message, { remedy: rule.remedy, details: { status: answer.status } })
}

/** The token endpoint: any plain no means that the refresh token no longer holds. */
export function classifyToken({ status }: HttpAnswer): StockpoolError | null {
  if (status < 400 || status >= 500 || status === 408 || status === 429) return null
  return new StockpoolError(renew.code, 'ShipHero refused the refresh token', {
    remedy: renew.remedy,
    details: { status },
  })
}
