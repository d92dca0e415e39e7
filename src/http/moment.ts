/**
 * When a request began, by the server's clock where ours is ahead of it: the platform's own times are compared with it, and a
 * later moment than the true one would claim that an answer holds news it cannot hold. The header `Date` has whole seconds, so
 * ours stands unless it is ahead by more than that.
 *
 * @param startedAt our time when the request was made, `endedAt` when it was answered: milliseconds since 1970, UTC.
 * @example const asOf = serverMoment({ startedAt, endedAt: context.clock.now() }, headers)
 */
export function serverMoment(
  { startedAt, endedAt }: { readonly startedAt: number; readonly endedAt: number },
  headers: Readonly<Record<string, string | undefined>>,
): number {
  const date = Date.parse(headers.date ?? '')
  const tookMs = Math.max(0, Math.ceil(endedAt) - startedAt)
  return Number.isFinite(date) && startedAt > date + 999 ? date - tookMs : startedAt
}
