import type { Deadline } from '../../src/spec/index.ts'

/** A dated version of ShipBob's API whose end ShipBob has named. */
export type ShipBobVersion = keyof typeof supportedUntil

// developer.shipbob.com/versioning: a version each January and July, each supported for a stated time. Where ShipBob has named
// two days for one version, the earlier one stands.
const supportedUntil = {
  '2026-01': '2027-01-31',
} as const satisfies Readonly<Record<string, string>>

/** When ShipBob's versions end, by version: ISO 8601 dates, the last day of support. A version that is absent has no known end. */
export const shipbobVersions: Readonly<Record<ShipBobVersion, string>> = supportedUntil

/** The end of the version in use; nothing where ShipBob has named none. */
export function versionDeadlines(version: string): readonly Deadline[] {
  if (!Object.hasOwn(supportedUntil, version)) return []
  const last = supportedUntil[version as ShipBobVersion]
  return [
    {
      id: `api-version-${version}`,
      what: `the support of ShipBob's API ${version}`,
      at: Date.parse(`${last}T23:59:59Z`),
      remedy: 'Upgrade stockpool, or give a later version as `version` after testing it in the sandbox.',
    },
  ]
}
