import { z } from 'zod'
import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import { orBeginAgain } from '../../src/http/index.ts'
import { carrierFrom } from '../../src/model/carrier.ts'
import { trackingStatusFrom } from '../../src/model/tracking-words.ts'
import type {
  AdapterContext,
  FollowRequest,
  FollowResult,
  TrackingFacet,
  TrackingNews,
  TrackingPage,
} from '../../src/spec/index.ts'
import { send } from './call.ts'
import type { Settings } from './options.ts'

const time = z.string().nullish()

/** What is read of a tracker (docs.easypost.com/docs/trackers). */
export const WireTracker = z.object({
  id: z.string().min(1),
  tracking_code: z.string(),
  carrier: z.string().nullish(),
  status: z.string().nullish(),
  status_detail: z.string().nullish(),
  created_at: time,
  updated_at: time,
  est_delivery_date: time,
  tracking_details: z
    .array(z.object({ status: z.string().nullish(), datetime: time }))
    .nullish()
    .catch(null),
})
export type WireTracker = z.infer<typeof WireTracker>

const WireList = z.object({ trackers: z.array(z.unknown()), has_more: z.boolean().nullish() })

/** EasyPost's spelling, where it is not our name of the carrier (docs.easypost.com/carriers). */
const carrierNames: Readonly<Record<string, string>> = {
  ups: 'UPS', usps: 'USPS', fedex: 'FedEx', 'fedex-smartpost': 'FedExSmartPost', 'dhl-express': 'DHLExpress',
  'dhl-ecommerce': 'DhlEcs', 'canada-post': 'CanadaPost', purolator: 'Purolator', 'royal-mail': 'RoyalMail',
  dpd: 'DPD', gls: 'GLS', evri: 'Evri', ontrac: 'OnTrac', lso: 'LSO', uds: 'UDS', veho: 'Veho', asendia: 'AsendiaUsa',
  'australia-post': 'AustraliaPost', sendle: 'Sendle', startrack: 'StarTrack', canpar: 'Canpar', amazon: 'AmazonShipping',
} // biome-ignore format: a table reads better packed

/**
 * When the tracker's status began: the latest scan with that status, since `updated_at` moves with every look that EasyPost
 * takes at the carrier.
 */
function momentOf(tracker: WireTracker): number {
  const scans = (tracker.tracking_details ?? [])
    .filter(({ status }) => status === tracker.status)
    .map(({ datetime }) => Date.parse(datetime ?? ''))
    .filter(Number.isFinite)
  if (scans.length > 0) return Math.max(...scans)
  const known = [tracker.updated_at, tracker.created_at]
    .map((at) => Date.parse(at ?? ''))
    .find(Number.isFinite)
  return known ?? 0
}

/** A tracker as the engine reads it. */
export function newsOf(tracker: WireTracker): TrackingNews {
  const word = tracker.status ?? 'unknown'
  const detail = tracker.status_detail ?? null
  const expected = Date.parse(tracker.est_delivery_date ?? '')
  return {
    id: tracker.id,
    trackingNumber: tracker.tracking_code,
    carrier: carrierFrom(tracker.carrier ?? '')?.code ?? codeOf(tracker.carrier ?? ''),
    status: trackingStatusFrom('easypost', word, detail),
    rawStatus: detail === null || detail === word || detail === 'unknown' ? word : `${word}: ${detail}`,
    at: momentOf(tracker),
    deliverBy: Number.isFinite(expected) ? expected : null,
  }
}

const codeOf = (name: string): string | null =>
  Object.entries(carrierNames).find(([, spelling]) => spelling.toLowerCase() === name.toLowerCase())?.[0] ??
  null

/**
 * EasyPost answers a second request for the same code and carrier with the tracker it has, for three months and in production
 * only; after that the code may be another parcel's (docs.easypost.com/docs/trackers).
 */
async function follow(
  context: AdapterContext,
  settings: Settings,
  { trackingNumber, carrier }: FollowRequest,
): Promise<FollowResult> {
  const name = carrier === null ? undefined : carrierNames[carrier]
  try {
    const { data } = await send(context, settings, {
      operation: 'createTracker',
      bucket: 'api',
      method: 'POST',
      path: '/trackers',
      effect: 'idempotent',
      // A carrier that EasyPost does not know by this name is refused, while without one it finds out by the code.
      json: { tracker: { tracking_code: trackingNumber, ...(name === undefined ? {} : { carrier: name }) } },
      schema: WireTracker,
    })
    return { status: 'done', id: data.id, news: newsOf(data) }
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    // What concerns the connection, not this parcel, ends the whole call.
    if (error.retryable || error.code === 'auth' || error.code === 'permission' || error.code === 'aborted')
      throw error
    return { status: 'failed', error }
  }
}

async function get(context: AdapterContext, settings: Settings, id: string): Promise<TrackingNews | null> {
  try {
    const { data } = await send(context, settings, {
      operation: 'getTracker',
      bucket: 'api',
      method: 'GET',
      path: `/trackers/${encodeURIComponent(id)}`,
      effect: 'read',
      schema: WireTracker,
    })
    return newsOf(data)
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}

const Cursor = z.object({
  before: z.string().nullable(),
  since: z.string(),
  /** When the pass last began again, EasyPost having refused its page token. */
  restartedAt: z.number().optional(),
})
type Cursor = z.infer<typeof Cursor>

function cursorFrom(cursor: string | null, now: number, followDays: number): Cursor {
  const begin = { before: null, since: new Date(now - followDays * 86_400_000).toISOString() }
  if (cursor === null) return begin
  try {
    const read = Cursor.parse(JSON.parse(cursor))
    return read.before === null ? { ...read, ...begin } : read
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the cursor is none of this adapter', {
      field: 'cursor',
      cause,
    })
  }
}

/**
 * EasyPost lists trackers by when they were made, newest first, and not by when they moved: each pass goes through all that
 * were made within `followDays`.
 */
async function read(
  context: AdapterContext,
  settings: Settings,
  given: string | null,
): Promise<TrackingPage> {
  const { before, since, restartedAt } = cursorFrom(given, context.clock.now(), settings.followDays)
  const asked = send(context, settings, {
    operation: 'listTrackers',
    bucket: 'index',
    method: 'GET',
    path: '/trackers',
    effect: 'read',
    query: { page_size: 100, start_datetime: since, before_id: before ?? undefined },
    schema: WireList,
  })
  const answer = await orBeginAgain(context, asked, { of: 'trackers', token: before, restartedAt })
  if (answer === null) {
    const anew: Cursor = { before: null, since, restartedAt: context.clock.now() }
    return { news: [], more: true, cursor: JSON.stringify(anew) }
  }
  const { data } = answer
  const news = data.trackers.flatMap((row) => {
    const { success, data: tracker, error } = WireTracker.safeParse(row)
    if (success) return [newsOf(tracker)]
    // It is told again in the next pass; meanwhile it keeps no other from being read.
    context.log.warn('a tracker cannot be read', { field: error.issues[0]?.path.join('.') })
    return []
  })
  const last = idOf(data.trackers.at(-1))
  const more = data.has_more === true && last !== null && last !== before
  return {
    news,
    more,
    cursor: JSON.stringify({ before: more ? last : null, since, restartedAt } satisfies Cursor),
  }
}

function idOf(row: unknown): string | null {
  return typeof row === 'object' && row !== null && 'id' in row && typeof row.id === 'string' ? row.id : null
}

export function trackingFacet(settings: Settings): TrackingFacet {
  return {
    batch: 20,
    async follow(context, parcels) {
      const results: FollowResult[] = []
      for (const parcel of parcels) results.push(await follow(context, settings, parcel))
      return results
    },
    get: (context, id) => get(context, settings, id),
    read: (context, cursor) => read(context, settings, cursor),
  }
}
