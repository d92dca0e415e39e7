import { z } from 'zod'
import type { HttpAnswer, Limits, ThrottleReading } from '../../src/spec/index.ts'

/**
 * Meta counts calls by the hour and business use case, in percent of a number that grows with the app's users
 * (docs/graph-api/overview/rate-limiting). These are the least that anybody has: batches 200 an hour, of which the
 * catalogue's best practices ask for 100 at most; the rest 20,000 an hour; `debug_token` by the app's own 200 an hour.
 * The headers correct them.
 */
export const limits = {
  catalogBatch: { rate: 100 / 3600, burst: 100, batch: 3000 },
  catalogManagement: { rate: 5, burst: 50, batch: 100 },
  app: { rate: 100 / 3600, burst: 10 },
} as const satisfies Limits

export type MetaBucket = keyof typeof limits

/** Use cases that are counted apart from the catalogue's; what a header says of them is not ours. */
const others = new Set([
  'ads_insights',
  'ads_management',
  'custom_audience',
  'instagram',
  'leadgen',
  'messenger',
  'pages',
  'whatsapp_business_management',
])

const usage = () =>
  z.object({
    type: z.string().nullish(),
    call_count: z.number().nullish(),
    total_cputime: z.number().nullish(),
    total_time: z.number().nullish(),
    /** Minutes. */
    estimated_time_to_regain_access: z.number().nullish(),
  })
type Usage = z.infer<ReturnType<typeof usage>>

/** What the usage headers of an answer say, of the catalogue and of the app as a whole. */
function usagesOf({ headers }: HttpAnswer): Usage[] {
  const byBusiness = parsed(headers['x-business-use-case-usage'], z.record(z.string(), z.array(usage())))
  const ofApp = parsed(headers['x-app-usage'], usage())
  const all = Object.values(byBusiness ?? {}).flat()
  return [...all.filter(({ type }) => !others.has(type ?? '')), ...(ofApp ? [ofApp] : [])]
}

function parsed<T>(text: string | undefined, schema: z.ZodType<T>): T | null {
  try {
    return schema.safeParse(JSON.parse(text ?? 'null')).data ?? null
  } catch {
    return null
  }
}

/** When Meta says that access comes back, in milliseconds from now; `null`: it does not say. */
export function regainMs(answer: HttpAnswer): number | null {
  const minutes = Math.max(0, ...usagesOf(answer).map((each) => each.estimated_time_to_regain_access ?? 0))
  return minutes > 0 ? minutes * 60_000 : null
}

/** The share of the hour's calls, time and processor time that is used up, whichever is most; in percent. */
function usedPercent(answer: HttpAnswer): number | null {
  const shares = usagesOf(answer).flatMap((each) =>
    [each.call_count, each.total_cputime, each.total_time].filter((share) => typeof share === 'number'),
  )
  return shares.length === 0 ? null : Math.max(...shares)
}

/**
 * What an answer says of its bucket: what is left of the hour, as a share of what we would spend at once, and how long
 * to stay away once nothing is.
 */
export function throttleOf(bucket: MetaBucket): (answer: HttpAnswer) => ThrottleReading | null {
  return (answer) => {
    const used = usedPercent(answer)
    const wait = regainMs(answer)
    if (used === null && wait === null) return null
    const left = used === null || wait !== null ? 0 : Math.max(0, 100 - used)
    return {
      remaining: Math.floor((limits[bucket].burst * left) / 100),
      ...(wait === null ? {} : { retryAfterMs: wait }),
    }
  }
}
