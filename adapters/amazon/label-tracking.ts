import { isStockpoolError } from '../../src/error.ts'
import type { TrackingStatus } from '../../src/model/tracking.ts'
import type { AdapterContext, LabelNews } from '../../src/spec/index.ts'
import { ask } from './client.ts'
import { nameOf } from './label-ids.ts'
import { TrackingAnswer, type WireTracking, type WireTrackingEvent } from './label-wire.ts'
import type { Settings } from './options.ts'

/** Status of Amazon's `TrackingSummary`; the words of its events are read alike. */
const statuses: Readonly<Record<string, TrackingStatus>> = {
  PreTransit: 'info_received',
  ReadyForReceive: 'info_received',
  InTransit: 'in_transit',
  PickupDone: 'in_transit',
  Departed: 'in_transit',
  ArrivedAtCarrierFacility: 'in_transit',
  RecipientRequestedAlternateDeliveryTiming: 'in_transit',
  OutForDelivery: 'out_for_delivery',
  AwaitingCustomerPickup: 'pickup_ready',
  AvailableForPickup: 'pickup_ready',
  DeliveryAttempted: 'attempt_failed',
  Delivered: 'delivered',
  Rejected: 'exception',
  Undeliverable: 'exception',
  Lost: 'exception',
  PickupCancelled: 'cancelled',
  ReturnInitiated: 'returning',
}

/**
 * Where a parcel is. On its way back the summary speaks of the way back: `Delivered` is then delivered to the merchant (the
 * example in Amazon's model).
 */
export function newsOf({ eventHistory, promisedDeliveryDate, summary }: WireTracking): LabelNews | null {
  const at = (event: WireTrackingEvent) => Date.parse(event.eventTime)
  const known = eventHistory.filter((event) => !Number.isNaN(at(event)))
  const [last] = known.toSorted((one, other) => at(other) - at(one))
  if (last === undefined) return null
  const rawStatus = summary?.status ?? last.eventCode
  const word = statuses[rawStatus] ?? 'unknown'
  const back = last.shipmentType === 'RETURNS'
  const status = !back || word === 'exception' ? word : word === 'delivered' ? 'returned' : 'returning'
  const promised = Date.parse(promisedDeliveryDate ?? '')
  return { status, rawStatus, at: at(last), deliverBy: Number.isNaN(promised) ? null : promised }
}

/** Where the parcel of a label that was bought here is. */
export async function track(
  context: AdapterContext,
  settings: Settings,
  { label, trackingNumber }: { readonly label: string; readonly trackingNumber: string },
): Promise<LabelNews | null> {
  try {
    const { payload } = await ask(context, settings, {
      operation: 'getTracking',
      effect: 'read',
      method: 'GET',
      path: '/shipping/v2/tracking',
      query: { trackingId: trackingNumber, carrierId: nameOf(label).carrier },
      schema: TrackingAnswer,
    })
    return newsOf(payload)
  } catch (error) {
    // The carrier has not seen it yet.
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}
