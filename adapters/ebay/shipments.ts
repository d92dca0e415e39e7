import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import { ParcelTurns } from '../../src/http/index.ts'
import type { AdapterContext, NoticeResult, ShipmentNotice, ShipmentsFacet } from '../../src/spec/index.ts'
import { carrierOf } from './carriers.ts'
import { type EbayRequest, segment, send } from './client.ts'
import type { Settings } from './options.ts'
import { fulfillmentsOf, orderPath } from './order-calls.ts'
import { Anything, type FulfillmentBody, type WireFulfillment } from './wire.ts'

/** Without `correct`: eBay has no call that changes a fulfilment (its error 34500 names a PUT that does not exist). */
export type EbayShipments = Pick<ShipmentsFacet, 'confirm'>

/** eBay takes letters and digits alone; the number as it was given stays with the parcel. */
export const plainNumber = (number: string | null): string => (number ?? '').replace(/[^A-Za-z0-9]/g, '')

/** @throws StockpoolError `invalid_input` naming the field. */
export function fulfillmentRequest(notice: ShipmentNotice): EbayRequest<unknown> {
  const [first] = notice.lines
  if (first === undefined) {
    throw new StockpoolError('invalid_input', 'eBay needs the lines of the parcel', {
      field: 'lines',
      remedy: 'Say which order lines it holds.',
    })
  }
  const trackingNumber = plainNumber(notice.trackingNumber)
  const body: FulfillmentBody = {
    lineItems: [...unitsOf(notice)].map(([lineItemId, quantity]) => ({ lineItemId, quantity })),
    shippedDate: new Date(notice.shippedAt).toISOString(),
    // Each needs the other: a parcel without a number is told without its carrier.
    ...(trackingNumber === '' ? {} : { shippingCarrierCode: carrierOf(notice), trackingNumber }),
  }
  return {
    operation: 'createShippingFulfillment',
    bucket: 'fulfillment',
    effect: 'once',
    method: 'POST',
    path: `${orderPath}/${segment(notice.order)}/shipping_fulfillment`,
    json: body,
    schema: Anything,
  }
}

/** By line, each once: eBay refuses a line that comes twice (32210). */
function unitsOf({ lines }: Pick<ShipmentNotice, 'lines'>): ReadonlyMap<string, number> {
  const units = new Map<string, number>()
  for (const { line, quantity } of lines) units.set(line, (units.get(line) ?? 0) + quantity)
  return units
}

const count = (ids: readonly string[], id: string) => ids.filter((each) => each === id).length

/**
 * The fulfilment that is this parcel: the same number and the same units. The number alone does not tell, as several parcels
 * may share a master number; the id does not either, as eBay makes it of the number, or `999` where there is none. Of parcels
 * that are alike in all of it, as many as eBay has are theirs whose id `others` says is known, and not this one's.
 */
export function fulfillmentOf(
  fulfillments: readonly WireFulfillment[],
  notice: ShipmentNotice,
  claimed: readonly string[] = [],
): WireFulfillment | null {
  const number = plainNumber(notice.trackingNumber).toUpperCase()
  const units = unitsOf(notice)
  const found = fulfillments.find(({ shipmentTrackingNumber, lineItems }) => {
    if (plainNumber(shipmentTrackingNumber ?? null).toUpperCase() !== number) return false
    const held = unitsOf({
      lines: (lineItems ?? []).map(({ lineItemId, quantity }) => ({
        line: lineItemId,
        quantity: quantity ?? 1,
      })),
    })
    return held.size === units.size && [...units].every(([line, quantity]) => held.get(line) === quantity)
  })
  const id = found?.fulfillmentId
  if (!found || !id) return found ?? null
  const there = fulfillments.filter(({ fulfillmentId }) => fulfillmentId === id).length
  // Both lists are of the same parcels: the longer one knows more of them.
  return there > Math.max(count(notice.others ?? [], id), count(claimed, id)) ? found : null
}

const done = (reference: string | null | undefined): NoticeResult =>
  reference ? { status: 'done', reference } : { status: 'done' }

/** `…/shipping_fulfillment/9405509699937003457459`: there is no body. */
function referenceOf(location: string | undefined): string | null {
  const last = location?.split(/[/?#]/).filter(Boolean).at(-1)
  return last === undefined ? null : decodeURIComponent(last)
}

/** The list before every write: the call is not repeatable, and somebody may have told eBay by hand. */
async function confirmOne(
  context: AdapterContext,
  settings: Settings,
  notice: ShipmentNotice,
  claimed: readonly string[],
): Promise<NoticeResult> {
  const look = async () =>
    fulfillmentOf(await fulfillmentsOf(context, settings, notice.order), notice, claimed)
  try {
    const request = fulfillmentRequest(notice)
    const known = await look()
    if (known) return done(known.fulfillmentId)
    try {
      const { headers } = await send(context, settings, request)
      return done(referenceOf(headers.location))
    } catch (error) {
      if (!isStockpoolError(error) || !['unknown_outcome', 'rejected'].includes(error.code)) throw error
      const found = await look().catch(() => null)
      if (found) return done(found.fulfillmentId)
      throw error
    }
  } catch (error) {
    return { status: 'failed', error: toStockpoolError(error) }
  }
}

export function ebayShipments(settings: Settings): EbayShipments {
  const turns = new ParcelTurns()
  const confirm = (context: AdapterContext, notice: ShipmentNotice) =>
    turns.take(notice, (others) => confirmOne(context, settings, notice, others))
  return { confirm: (context, notices) => Promise.all(notices.map((notice) => confirm(context, notice))) }
}
