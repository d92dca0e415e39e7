import type { Deadline } from '../../src/spec/connection.ts'
import type { Shop } from './options.ts'

/** Shopify refuses public apps' tokens that do not expire (changelog "required for all public apps as of January 1, 2027"). */
const tokensExpireFrom = Date.UTC(2027, 0, 1)

/**
 * The last day on which a version is sure to be served: Shopify promises twelve months from its release, on the first
 * day of its quarter (shopify.dev/docs/api/usage/versioning). After it, calls are answered by the oldest one left.
 */
export function versionEnds(version: string): number {
  const [year = 0, month = 1] = version.split('-').map(Number)
  return Date.UTC(year + 1, month - 1, 1)
}

/** What ends on its own and needs a person. Tokens that this adapter renews are not among it. */
export function deadlinesOf({ version, auth }: Pick<Shop, 'version' | 'auth'>): readonly Deadline[] {
  const versionEnd: Deadline = {
    id: `api-version-${version}`,
    what: `the Admin API version ${version}`,
    at: versionEnds(version),
    remedy: 'Name a newer one in the option `version`, after trying it out on a development shop.',
  }
  if (!('accessToken' in auth) || auth.publicApp !== true) return [versionEnd]
  const token: Deadline = {
    id: 'non-expiring-token',
    what: 'the access token of a public app that does not expire',
    at: tokensExpireFrom,
    remedy: 'Exchange it for an expiring one, and give its refreshToken with the clientId and clientSecret.',
  }
  return [versionEnd, token]
}
