import { isStockpoolError, StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext, NoticeResult, ShipmentNotice, ShipmentsFacet } from '../../src/spec/index.ts'
import { carrierOf } from './carriers.ts'
import { type AmazonRequest, segment, send } from './client.ts'
import { feedActions } from './feed-actions.ts'
import type { Settings } from './options.ts'
import type { OrderActions } from './order-actions.ts'
import { known } from './packages.ts'
import { confirmUntracked } from './untracked.ts'
import { type ConfirmBody, NoAnswer, type WirePackage } from './wire.ts'

export type AmazonShipments = Required<ShipmentsFacet>

/**
 * A package needs a tracking number here; one without goes by feed (`confirmUntracked`).
 * @throws StockpoolError `invalid_input` naming the field.
 */
export function confirmRequest(
  notice: ShipmentNotice,
  marketplaceId: string,
  packageReferenceId = String(notice.sequence),
): AmazonRequest<unknown> {
  if (!/^[1-9]\d*$/.test(packageReferenceId)) {
    throw refuse(
      'sequence',
      `"${packageReferenceId}" is no positive whole number`,
      'Number parcels 1, 2, 3 …',
    )
  }
  if (notice.trackingNumber === null) {
    throw refuse('trackingNumber', 'Amazon needs a tracking number', 'Give the parcel its tracking number.')
  }
  if (notice.lines.length === 0) {
    throw refuse('lines', 'Amazon needs the lines of the parcel', 'Say which order lines it holds.')
  }
  const body: ConfirmBody = {
    marketplaceId,
    packageDetail: {
      packageReferenceId,
      ...carrierOf(notice.carrier, notice.carrierName),
      ...(notice.service === null ? {} : { shippingMethod: notice.service }),
      trackingNumber: notice.trackingNumber,
      shipDate: new Date(notice.shippedAt).toISOString(),
      orderItems: notice.lines.map(({ line, quantity }) => ({ orderItemId: line, quantity })),
    },
  }
  return {
    operation: 'confirmShipment',
    // Never repeated blindly: an unclear outcome is looked up first.
    effect: 'once',
    method: 'POST',
    path: `/orders/v0/orders/${segment(notice.order)}/shipmentConfirmation`,
    json: body,
    schema: NoAnswer,
  }
}

function refuse(field: string, message: string, remedy: string): StockpoolError {
  return new StockpoolError('invalid_input', message, { field, remedy })
}

/** The package that already carries this tracking number, whoever confirmed it; not one that is another parcel's. */
export function packageOf(packages: readonly WirePackage[], notice: ShipmentNotice): WirePackage | null {
  const wanted = tracking(notice.trackingNumber)
  if (wanted === '') return null
  const alike = packages.filter(
    ({ packageReferenceId, trackingNumber }) =>
      tracking(trackingNumber) === wanted && !notice.others?.includes(packageReferenceId),
  )
  return (
    alike.find(({ packageReferenceId }) => packageReferenceId === String(notice.sequence)) ?? alike[0] ?? null
  )
}

const tracking = (value: string | null | undefined) => (value ?? '').replace(/[\s-]/g, '').toUpperCase()

/**
 * "Unable to find package to update", "order already fulfilled": a repeat of what was done before, by us or by hand
 * (amzn/selling-partner-api-models#5037).
 */
function maybeDone(error: StockpoolError): boolean {
  if (error.code === 'unknown_outcome') return true
  return (
    error.code === 'rejected' &&
    /PackageToUpdateNotFound|already fulfilled|already shipped/i.test(error.message)
  )
}

/** `null` also when it cannot be looked up now: the error that led here stands, and the next attempt comes here again. */
async function lookUp(
  context: AdapterContext,
  settings: Settings,
  notice: ShipmentNotice,
): Promise<WirePackage | null> {
  try {
    return packageOf((await known(context, settings, notice.order)).packages, notice)
  } catch {
    return null
  }
}

async function confirmOne(
  context: AdapterContext,
  settings: Settings,
  actions: OrderActions,
  notice: ShipmentNotice,
  reference?: string,
): Promise<NoticeResult> {
  if (notice.trackingNumber === null) return await confirmUntracked(context, settings, actions, notice)
  const done = (found: WirePackage): NoticeResult => ({ status: 'done', reference: found.packageReferenceId })
  try {
    let marketplaceId = settings.marketplaceIds.length === 1 ? settings.marketplaceIds[0] : undefined
    // Which of several marketplaces the order came from, only the order tells. What is confirmed it tells as well: a
    // notice that may have been sent before is looked up, whatever Amazon would say to a repeat.
    if (marketplaceId === undefined || notice.repeated === true) {
      const order = await known(context, settings, notice.order)
      const found = packageOf(order.packages, notice)
      if (found) return done(found)
      marketplaceId ??= order.marketplaceId ?? settings.marketplaceIds[0] ?? ''
    }
    const request = confirmRequest(notice, marketplaceId, reference)
    const sent = (request.json as ConfirmBody).packageDetail.packageReferenceId
    try {
      await send(context, settings, request)
      return { status: 'done', reference: sent }
    } catch (error) {
      if (!isStockpoolError(error) || !maybeDone(error)) throw error
      const found = await lookUp(context, settings, notice)
      if (found) return done(found)
      throw error
    }
  } catch (error) {
    return { status: 'failed', error: toStockpoolError(error) }
  }
}

/** One after the other within an order: Amazon counts what is left to ship with each. */
async function confirm(
  context: AdapterContext,
  settings: Settings,
  actions: OrderActions,
  notices: readonly ShipmentNotice[],
): Promise<readonly NoticeResult[]> {
  const last = new Map<string, Promise<NoticeResult>>()
  const results = notices.map((notice) => {
    const before = last.get(notice.order) ?? Promise.resolve()
    const result = before.then(() => confirmOne(context, settings, actions, notice))
    last.set(notice.order, result)
    return result
  })
  return Promise.all(results)
}

export function amazonShipments(
  settings: Settings,
  actions: OrderActions = feedActions(settings),
): AmazonShipments {
  return {
    confirm: (context, notices) => confirm(context, settings, actions, notices),
    // The same package reference again edits the package; Amazon names it, or it is the parcel's own number.
    correct: (context, notice, reference) => {
      const own = reference !== null && /^[1-9]\d*$/.test(reference) ? reference : undefined
      return confirmOne(context, settings, actions, notice, own)
    },
  }
}
