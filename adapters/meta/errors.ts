import { type ErrorCode, StockpoolError } from '../../src/error.ts'
import type { HttpAnswer } from '../../src/spec/index.ts'
import { regainMs } from './limits.ts'
import { ErrorAnswer } from './wire.ts'

type Said = ReturnType<typeof ErrorAnswer.parse>['error']

interface Rule {
  readonly code: ErrorCode
  readonly remedy?: string
}

const renew: Rule = {
  code: 'auth',
  remedy:
    'Make a new token of the system user in Business Manager, with catalog_management, and give it as accessToken.',
}
const grant: Rule = {
  code: 'permission',
  remedy:
    'Give the token catalog_management, and assign the catalogue to its system user with "Manage catalog" in Business Manager.',
}
const wait: Rule = { code: 'rate_limited' }
const outage: Rule = { code: 'unavailable' }

/** `error.code` (docs/graph-api/guides/error-handling and docs/marketing-api/error-reference). */
const byCode: Readonly<Record<number, Rule>> = {
  1: outage,
  2: outage,
  3: grant,
  4: wait,
  10: grant,
  12: { code: 'rejected', remedy: 'Meta has removed this; give a newer version, and see docs/meta.md.' },
  17: wait,
  32: wait,
  100: { code: 'rejected' },
  102: renew,
  190: renew,
  294: grant,
  341: wait,
  368: {
    code: 'permission',
    remedy:
      'Meta took the calls for abuse and blocks them for a while: look at Account Quality in Business Manager.',
  },
  613: wait,
  803: { code: 'not_found', remedy: 'Check catalogId (and shopId).' },
  2635: { code: 'rejected', remedy: 'Meta no longer serves this version: give a newer one.' },
}

/** `error.error_subcode` under code 100: "does not exist, cannot be loaded due to missing permissions, …", all in one. */
const nothingThere = 33

// Under code 100, by its words alone (docs/graph-api/security).
const wrongProof = /appsecret_proof/i

const byStatus: Readonly<Record<number, Rule>> = {
  401: renew,
  403: grant,
  404: { code: 'not_found' },
  429: wait,
}

function ruleOf(status: number, error: Said | null): Rule | null {
  if (error === null) {
    if (status < 400) return null
    return byStatus[status] ?? (status >= 500 ? outage : { code: 'rejected' })
  }
  const { code, error_subcode, is_transient, message } = error
  if (code === 100 && wrongProof.test(message)) {
    return { code: 'auth', remedy: 'appSecret must be the secret of the app that the token was made for.' }
  }
  if (code === 100 && error_subcode === nothingThere) {
    return { code: 'not_found', remedy: `Check catalogId. ${grant.remedy ?? ''}` }
  }
  if (code != null && code >= 80_000 && code < 80_100) return wait
  if (code != null && code >= 200 && code < 300) return grant
  const known = code == null ? undefined : byCode[code]
  if (known && !(is_transient === true && known.code === 'rejected')) return known
  if (is_transient === true) return outage
  return byStatus[status] ?? (status >= 500 ? outage : { code: 'rejected' })
}

/** While nothing is said of when, a throttled call waits so long. */
const defaultWaitMs = 60_000

/** The error of an answer, `null` for a success. Meta's own code tells more than the status, which is mostly 400. */
export function classify(answer: HttpAnswer): StockpoolError | null {
  const error = ErrorAnswer.safeParse(answer.body).data?.error ?? null
  const rule = ruleOf(answer.status, error)
  if (rule === null) return null
  const said = error?.message || `Meta answered ${answer.status}`
  return new StockpoolError(rule.code, said.slice(0, 500), {
    remedy: rule.remedy,
    details: {
      status: answer.status,
      metaCode: error?.code ?? null,
      metaSubcode: error?.error_subcode ?? null,
      // What Meta's support asks for.
      traceId: error?.fbtrace_id ?? null,
    },
    retryAfterMs: rule.code === 'rate_limited' ? waitMs(answer) : undefined,
  })
}

function waitMs(answer: HttpAnswer): number | undefined {
  const told = regainMs(answer)
  if (told !== null) return told
  return answer.headers['retry-after'] === undefined ? defaultWaitMs : undefined
}
