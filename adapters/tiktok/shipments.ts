import { StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext, NoticeResult, ShipmentNotice, ShipmentsFacet } from '../../src/spec/index.ts'
import { id, send, shopOf } from './client.ts'
import { parcelsOf } from './detail.ts'
import { refuse, unlessFrozen } from './errors.ts'
import type { Settings } from './options.ts'
import { itemsOf, packageOf, packagesOf, providerOf } from './parcels.ts'
import { Marked, Nothing, SplitPackages, type WireItem, type WireParcels } from './wire.ts'

export type TikTokShipments = Required<ShipmentsFacet>

/** The markets of Mark Package As Shipped, which makes a package of any items. Elsewhere TikTok has made the packages. */
const marked: ReadonlySet<string> = new Set(['US', 'GB', 'UK', 'ES', 'IE', 'IT', 'DE', 'FR', 'JP'])

function trackingOf({ trackingNumber }: ShipmentNotice): string {
  if (trackingNumber !== null) return trackingNumber
  throw refuse(
    'invalid_input',
    'trackingNumber',
    'TikTok needs a tracking number',
    'Give the parcel its tracking number.',
  )
}

/**
 * TikTok's own label and the seller's own carrier are decided order by order (`shipping_type`): the rule for whole shops was
 * announced and taken back within a month.
 */
function assertOwnCarrier(order: WireParcels): void {
  if (order.fulfillment_type && order.fulfillment_type !== 'FULFILLMENT_BY_SELLER') {
    throw refuse('rejected', 'order', `the order is ${order.fulfillment_type}`, 'TikTok ships it by itself.')
  }
  if (order.shipping_type === 'TIKTOK') {
    throw refuse(
      'rejected',
      'trackingNumber',
      "the order ships with TikTok's own label, and this tracking number is none of its",
      'Buy the label by `labels`, and ship the parcel with it.',
    )
  }
}

/** Mark Package As Shipped: one package of these items. */
async function mark(
  context: AdapterContext,
  settings: Settings,
  notice: ShipmentNotice,
  items: readonly WireItem[],
  provider: string,
): Promise<string | null> {
  const { data } = await send(context, settings, {
    operation: 'MarkPackageAsShipped',
    // Never repeated blindly: every notice is looked up before it is sent.
    effect: 'once',
    method: 'POST',
    path: `/fulfillment/202309/orders/${id(notice.order, 'order')}/packages`,
    json: {
      order_line_item_ids: items.map((item) => item.id),
      tracking_number: trackingOf(notice),
      shipping_provider_id: provider,
    },
    schema: Marked,
  })
  const warning = data.warning?.message
  if (warning) context.log.warn('TikTok took a parcel with a warning', { order: notice.order, warning })
  return data.package_id ?? null
}

/** Splits items out of their package, where they are only a part of it. */
async function ownPackage(
  context: AdapterContext,
  settings: Settings,
  order: WireParcels,
  notice: ShipmentNotice,
  items: readonly WireItem[],
): Promise<string> {
  const [packageId] = new Set(items.map(({ package_id }) => package_id ?? ''))
  const whole = order.line_items.filter(({ package_id }) => package_id === packageId)
  const mixed = items.some(({ package_id }) => package_id !== packageId)
  if (!packageId || mixed) {
    throw refuse(
      'rejected',
      'lines',
      'TikTok has these items in no package, or in several',
      'Combine or split the packages in Seller Center first.',
    )
  }
  if (whole.length === items.length) return packageId
  const rest = whole.filter((item) => !items.includes(item))
  const { data } = await send(context, settings, {
    operation: 'SplitOrders',
    effect: 'once',
    method: 'POST',
    path: `/fulfillment/202309/orders/${id(notice.order, 'order')}/split`,
    json: {
      splittable_groups: [
        { id: '1', order_line_item_ids: items.map((item) => item.id) },
        { id: '2', order_line_item_ids: rest.map((item) => item.id) },
      ],
    },
    schema: SplitPackages,
  })
  const made = data.packages?.find(({ splittable_group_id }) => splittable_group_id === '1')
  if (made) return made.id
  throw new StockpoolError('unknown_outcome', 'TikTok split the order and named no package', {
    remedy: 'it is looked up before anything is repeated',
  })
}

/** Ship Package: TikTok's package, with the seller's tracking. */
async function shipPackage(
  context: AdapterContext,
  settings: Settings,
  notice: ShipmentNotice,
  packageId: string,
  provider: string,
): Promise<string> {
  await send(context, settings, {
    operation: 'ShipPackage',
    effect: 'once',
    method: 'POST',
    path: `/fulfillment/202309/packages/${id(packageId, 'package_id')}/ship`,
    json: { self_shipment: { tracking_number: trackingOf(notice), shipping_provider_id: provider } },
    schema: Nothing,
  })
  return packageId
}

async function confirmOne(
  context: AdapterContext,
  settings: Settings,
  notice: ShipmentNotice,
): Promise<NoticeResult> {
  try {
    const order = await parcelsOf(context, settings, notice.order)
    if (order === null) throw new StockpoolError('not_found', 'TikTok has no such order', { field: 'order' })
    const known = packageOf(order, notice)
    if (known) return { status: 'done', reference: known.id }
    assertOwnCarrier(order)
    trackingOf(notice)
    const items = itemsOf(order, notice.lines)
    const provider = await providerOf(context, settings, order, notice)
    const { region } = await shopOf(context, settings)
    const reference = marked.has(region)
      ? await mark(context, settings, notice, items, provider)
      : await shipPackage(
          context,
          settings,
          notice,
          await ownPackage(context, settings, order, notice, items),
          provider,
        )
    return reference === null ? { status: 'done' } : { status: 'done', reference }
  } catch (error) {
    return { status: 'failed', error: unlessFrozen(toStockpoolError(error)) }
  }
}

/** One after the other within an order: which items are left, each leaves to the next. */
async function confirm(
  context: AdapterContext,
  settings: Settings,
  notices: readonly ShipmentNotice[],
): Promise<readonly NoticeResult[]> {
  const last = new Map<string, Promise<NoticeResult>>()
  const results = notices.map((notice) => {
    const before = last.get(notice.order) ?? Promise.resolve()
    const result = before.then(() => confirmOne(context, settings, notice))
    last.set(notice.order, result)
    return result
  })
  return Promise.all(results)
}

/** The package to correct: by the id that TikTok gave it, or the order's only one. */
function packageToCorrect(order: WireParcels, reference: string | null): string {
  const packages = packagesOf(order)
  const [only] = packages
  const found = packages.find((each) => each.id === reference)
  if (found) return found.id
  if (reference === null && packages.length === 1 && only) return only.id
  throw refuse(
    'not_found',
    'reference',
    `TikTok has ${packages.length} parcels of this order, and none of this reference`,
    'Correct it in Seller Center.',
  )
}

/** Another tracking number for a parcel that TikTok knows: within 72 hours of shipping, by TikTok's own clock. */
async function correct(
  context: AdapterContext,
  settings: Settings,
  notice: ShipmentNotice,
  reference: string | null,
): Promise<NoticeResult> {
  try {
    const order = await parcelsOf(context, settings, notice.order)
    if (order === null) throw new StockpoolError('not_found', 'TikTok has no such order', { field: 'order' })
    const known = packageOf(order, notice)
    if (known) return { status: 'done', reference: known.id }
    assertOwnCarrier(order)
    const packageId = packageToCorrect(order, reference)
    await send(context, settings, {
      operation: 'UpdatePackageShippingInfo',
      effect: 'idempotent',
      method: 'POST',
      path: `/fulfillment/202309/packages/${id(packageId, 'package_id')}/shipping_info/update`,
      json: {
        tracking_number: trackingOf(notice),
        shipping_provider_id: await providerOf(context, settings, order, notice),
      },
      schema: Nothing,
    })
    return { status: 'done', reference: packageId }
  } catch (error) {
    return { status: 'failed', error: unlessFrozen(toStockpoolError(error)) }
  }
}

export function tiktokShipments(settings: Settings): TikTokShipments {
  return {
    confirm: (context, notices) => confirm(context, settings, notices),
    correct: (context, notice, reference) => correct(context, settings, notice, reference),
  }
}
