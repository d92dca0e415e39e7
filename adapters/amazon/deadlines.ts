import type { Connection, Deadline } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'

const dayMs = 86_400_000

/** https://developer-docs.amazon.com/sp-api/docs/rotating-your-apps-lwa-credentials */
const secretDays = 180
/** https://developer-docs.amazon.com/sp-api/docs/renew-authorizations */
const consentDays = 365

/** What ends by itself. Amazon tells neither date over its interface, so the options must say when each began; `null`: they do not. */
export function amazonDeadlines(settings: Settings): Connection['deadlines'] | null {
  const { clientSecretSince, consentSince } = settings
  const found: Deadline[] = []
  if (clientSecretSince !== null) {
    found.push({
      id: `client-secret/${clientSecretSince}`,
      what: 'the client secret of the Amazon application',
      at: clientSecretSince + secretDays * dayMs,
      remedy:
        'Rotate it in Seller Central (Develop Apps, LWA credentials) and give the new one in clientSecret, its date in clientSecretSince. Refresh tokens stay good.',
    })
  }
  if (consentSince !== null) {
    found.push({
      id: `consent/${consentSince}`,
      what: "the seller's consent to the Amazon application",
      at: consentSince + consentDays * dayMs,
      remedy:
        'Let the seller authorise the application again, and give the new token in refreshToken, its date in consentSince.',
    })
  }
  return found.length === 0 ? null : async () => found
}
