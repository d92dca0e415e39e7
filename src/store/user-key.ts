import { Key } from '../model/ids.ts'

/**
 * The keys that the engine makes for its own postings: of an order's revisions, of a provider's readings, of
 * imported listings, and of the ends of reservations. A user's key that looked like one would claim its posting before the engine does.
 */
export const enginePrefixes = ['order:', 'reading:', 'import:'] as const
export const engineSuffixes = ['#released', '#expired', '#shipped'] as const

export const isEngineKey = (key: string): boolean =>
  enginePrefixes.some((prefix) => key.startsWith(prefix)) ||
  engineSuffixes.some((suffix) => key.endsWith(suffix))

/** A key that a user gives: of the pool's verbs, of returns and of parcels. None of the engine's own. */
export const UserKey = Key.refine(
  (key) => !isEngineKey(key),
  `key must not begin with ${enginePrefixes.join(' or ')}, nor end with ${engineSuffixes.join(', ')}: such keys are the engine's own`,
)
