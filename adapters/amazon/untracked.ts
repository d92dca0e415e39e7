import { StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext, NoticeResult, ShipmentNotice } from '../../src/spec/index.ts'
import { carrierOf } from './carriers.ts'
import type { Settings } from './options.ts'
import type { ActionOutcome, OrderActions } from './order-actions.ts'
import { known } from './packages.ts'
import type { WirePackage } from './wire.ts'

const dayMs = 86_400_000

/** The package without a number that holds just these units; not one that is another parcel's. */
export function untrackedPackage(
  packages: readonly WirePackage[],
  { lines, others }: ShipmentNotice,
): WirePackage | null {
  const unitsOf = (rows: readonly (readonly [string, number])[]) => JSON.stringify([...rows].sort())
  const wanted = unitsOf(lines.map(({ line, quantity }) => [line, quantity]))
  const found = packages.find(
    ({ packageReferenceId, trackingNumber, packageItems }) =>
      !trackingNumber &&
      !others?.includes(packageReferenceId) &&
      unitsOf((packageItems ?? []).map(({ orderItemId, quantity }) => [orderItemId, quantity])) === wanted,
  )
  return found ?? null
}

/**
 * Confirms a parcel without a tracking number. confirmShipment demands one, feeds do not
 * (amzn/selling-partner-api-models#4329). What the order shows already is not sent again.
 */
export async function confirmUntracked(
  context: AdapterContext,
  settings: Settings,
  actions: OrderActions,
  notice: ShipmentNotice,
): Promise<NoticeResult> {
  const lookUp = async () =>
    untrackedPackage((await known(context, settings, notice.order)).packages, notice)?.packageReferenceId
  try {
    if (notice.lines.length === 0) {
      throw new StockpoolError('invalid_input', 'Amazon needs the lines of the parcel', {
        field: 'lines',
        remedy: 'Say which order lines it holds.',
      })
    }
    const before = await lookUp()
    if (before !== undefined) return { status: 'done', reference: before }
    const outcome = await handedIn(context, actions, notice)
    if (outcome.status === 'waiting') return { status: 'pending', handle: outcome.reference }
    const after = await lookUp()
    if (after !== undefined) return { status: 'done', reference: after }
    if (outcome.status === 'taken') return { status: 'done' }
    if (outcome.status === 'ended')
      throw new StockpoolError('unavailable', `Amazon did not work off the shipment: ${outcome.detail}`)
    throw new StockpoolError('rejected', `Amazon refused the shipment: ${outcome.detail}`, {
      remedy: 'Give the parcel a tracking number, or confirm it in Seller Central.',
    })
  } catch (error) {
    return { status: 'failed', error: toStockpoolError(error) }
  }
}

/**
 * What became of the feed that is under way, or of a new one. When one may have been handed in and nobody knows which, those
 * that Amazon has not worked off are waited for: sent twice, part of an order might be shipped twice.
 */
async function handedIn(
  context: AdapterContext,
  actions: OrderActions,
  notice: ShipmentNotice,
): Promise<ActionOutcome | { readonly status: 'waiting'; readonly reference: null }> {
  const known = notice.underway ? await actions.look(context, notice.underway) : null
  if (known !== null && known.status !== 'ended') return known
  if (known === null && notice.repeated === true) {
    const recent = await actions.recent(context, 'ship', context.clock.now() - dayMs)
    const waiting = recent.find(({ over }) => !over)
    if (waiting) return { status: 'waiting', reference: null }
  }
  return await actions.ship(context, {
    order: notice.order,
    ...carrierOf(notice.carrier, notice.carrierName),
    service: notice.service,
    shippedAt: notice.shippedAt,
    lines: notice.lines,
  })
}
