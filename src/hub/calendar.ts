const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  let known = formats.get(zone)
  if (known === undefined) {
    known = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' })
    formats.set(zone, known)
  }
  return known
}

/** The day of the calendar that an instant (epoch milliseconds) lies in there: `2026-07-01`. */
export const dayIn = (zone: string, at: number): string => formatOf(zone).format(at)

const hourMs = 3_600_000

/** When that day ends, epoch milliseconds: the first one of the next. A day has 23 to 25 hours. */
export function dayEnd(zone: string, at: number): number {
  const day = dayIn(zone, at)
  let [within, after] = [at, at + 26 * hourMs]
  while (after - within > 1) {
    const middle = Math.floor((within + after) / 2)
    if (dayIn(zone, middle) === day) within = middle
    else after = middle
  }
  return after
}
