import type { TrackingStatus } from './tracking.ts'

/** Whose words a tracking status is in. */
export type TrackingVocabulary = keyof typeof vocabularies

const vocabularies = {
  // docs.easypost.com/docs/trackers; ShipStream's trackers speak the same words.
  easypost: {
    unknown: 'unknown',
    pre_transit: 'info_received',
    in_transit: 'in_transit',
    out_for_delivery: 'out_for_delivery',
    available_for_pickup: 'pickup_ready',
    delivered: 'delivered',
    return_to_sender: 'returning',
    failure: 'exception',
    error: 'exception',
    exception: 'exception',
    cancelled: 'cancelled',
    expired: 'expired',
  },
  // aftership.com/docs/tracking: delivery status
  aftership: {
    pending: 'unknown',
    inforeceived: 'info_received',
    intransit: 'in_transit',
    outfordelivery: 'out_for_delivery',
    attemptfail: 'attempt_failed',
    availableforpickup: 'pickup_ready',
    delivered: 'delivered',
    exception: 'exception',
    expired: 'expired',
  },
  // api.17track.net, main status
  '17track': {
    notfound: 'unknown',
    inforeceived: 'info_received',
    intransit: 'in_transit',
    outfordelivery: 'out_for_delivery',
    availableforpickup: 'pickup_ready',
    deliveryfailure: 'attempt_failed',
    delivered: 'delivered',
    exception: 'exception',
    expired: 'expired',
  },
  // ShipEngine OpenAPI, schema status_code
  shipengine: {
    un: 'unknown',
    ny: 'unknown',
    ac: 'info_received',
    it: 'in_transit',
    at: 'attempt_failed',
    sp: 'pickup_ready',
    ex: 'exception',
    de: 'delivered',
  },
  // developer.shipbob.com/status-reference, details 200 to 204
  shipbob: {
    processing: 'info_received',
    intransit: 'in_transit',
    outfordelivery: 'out_for_delivery',
    delivered: 'delivered',
    deliveryexception: 'exception',
  },
  // Fulfillment Outbound: CurrentStatus of getPackageTrackingDetails (2020-07-01), and the packages of 2026-07-04
  amazon: {
    unknown: 'unknown',
    processing: 'info_received',
    pickup_scheduled: 'info_received',
    pickup_cancelled: 'cancelled',
    in_transit: 'in_transit',
    delayed: 'in_transit',
    out_for_delivery: 'out_for_delivery',
    available_for_pickup: 'pickup_ready',
    delivery_attempted: 'attempt_failed',
    customer_action: 'attempt_failed',
    delivered: 'delivered',
    returning: 'returning',
    returned: 'returned',
    undeliverable: 'exception',
    expired: 'expired',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, TrackingStatus>>>>

/** What a source adds to its status where the status alone says too little. Its words decide before the status does. */
const details: Readonly<Partial<Record<TrackingVocabulary, Readonly<Record<string, TrackingStatus>>>>> = {
  // docs.easypost.com/docs/trackers, status_detail
  easypost: {
    delivery_exception: 'attempt_failed',
    attempted_delivery: 'attempt_failed',
    missed_delivery: 'attempt_failed',
    return: 'returning',
    returned: 'returned',
    expired: 'expired',
  },
}

/**
 * What a platform's word for where a parcel is means. A word that is not in the table is `unknown`: keep the word beside it.
 * Capitals, spaces and underscores do not matter: platforms spell one word in several ways.
 *
 * @param detail the platform's second word, which says more where it has one: EasyPost's `status_detail`
 * @example trackingStatusFrom('easypost', 'return_to_sender') // 'returning'
 */
export function trackingStatusFrom(
  vocabulary: TrackingVocabulary,
  word: string,
  detail: string | null = null,
): TrackingStatus {
  const status = find(vocabularies[vocabulary], word) ?? 'unknown'
  // A parcel that arrived has arrived, whatever happened before.
  if (status === 'delivered') return status
  return find(details[vocabulary], detail) ?? status
}

const plain = (word: string) => word.toLowerCase().replace(/[\s_-]/g, '')

function find(
  table: Readonly<Record<string, TrackingStatus>> | undefined,
  word: string | null,
): TrackingStatus | undefined {
  if (word === null || table === undefined) return undefined
  return Object.entries(table).find(([known]) => plain(known) === plain(word))?.[1]
}
