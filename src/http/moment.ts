/**
 * When a request began, by the platform's clock where ours is ahead of it: a platform's times are compared with it, and a later
 * moment than the true one would claim that an answer holds news it cannot hold. `Date` has whole seconds, so ours stands unless it
 * is ahead by more than that.
 * @param startedAt by our clock, epoch milliseconds
 * @param endedAt when the answer was there, by our clock
 */
export function serverMoment(
  startedAt: number,
  endedAt: number,
  headers: Readonly<Record<string, string | undefined>>,
): number {
  const began = Math.floor(startedAt)
  const date = Date.parse(headers.date ?? '')
  if (!Number.isFinite(date) || began <= date + 999) return began
  return date - Math.max(0, Math.ceil(endedAt) - began)
}
