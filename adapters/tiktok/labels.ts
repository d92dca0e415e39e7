import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { carrierFrom } from '../../src/model/carrier.ts'
import type { AdapterContext, Label, LabelRate, LabelRequest, LabelsFacet } from '../../src/spec/index.ts'
import { id, isId, send, shopOf } from './client.ts'
import { parcelsOf } from './detail.ts'
import { refuse } from './errors.ts'
import type { Settings } from './options.ts'
import { moneyOf } from './order.ts'
import { itemsOf } from './parcels.ts'
import {
  Created,
  Nothing,
  ShippingDocument,
  ShippingServices,
  Slots,
  type WireItem,
  WirePackage,
  type WireParcels,
} from './wire.ts'

export type TikTokLabels = Required<Pick<LabelsFacet, 'rates' | 'buy' | 'get'>>

/** TikTok's own file stores. Where a label's address leads is not documented: others are named by `labelHosts`. */
export const documentHosts = [
  '*.tiktokshop.com',
  '*.tiktokglobalshop.com',
  '*.tiktokcdn.com',
  '*.tiktokcdn-us.com',
  '*.tiktokcdn-eu.com',
] as const

const dayMs = 86_400_000

/** What a label is for: an order that TikTok ships, and the items of its one box. */
interface Box {
  readonly order: WireParcels
  readonly items: readonly WireItem[]
  readonly measures: object
}

/** One box at a time: TikTok sells and prices each by itself. */
function boxOf(request: LabelRequest, order: WireParcels | null): Box {
  if (order === null) throw new StockpoolError('not_found', 'TikTok has no such order', { field: 'order' })
  if (order.shipping_type !== 'TIKTOK') {
    throw refuse(
      'rejected',
      'order',
      `the order ships by ${order.shipping_type ?? 'an unknown way'}, not with a label of TikTok's`,
      'Ship it by your own carrier, and confirm its tracking number.',
    )
  }
  const [box, ...more] = request.packages
  if (!box || more.length > 0) {
    throw refuse(
      'invalid_input',
      'packages',
      'TikTok sells labels box by box',
      'Ask for one package at a time.',
    )
  }
  const centimetres = (millimetres: number) => (millimetres / 10).toFixed(1)
  const { length, width, height } = box.size
  return {
    order,
    items: itemsOf(order, box.lines),
    measures: {
      dimension: {
        length: centimetres(length),
        width: centimetres(width),
        height: centimetres(height),
        unit: 'CM',
      },
      weight: { value: String(Math.ceil(box.weight)), unit: 'GRAM' },
    },
  }
}

/** In the United States a label is a service at a price; elsewhere TikTok has chosen the carrier, and asks how it gets the parcel. */
const sellsServices = (region: string) => region === 'US'

async function rates(
  context: AdapterContext,
  settings: Settings,
  request: LabelRequest,
): Promise<readonly LabelRate[]> {
  const box = boxOf(request, await parcelsOf(context, settings, request.order))
  const { region } = await shopOf(context, settings)
  return sellsServices(region)
    ? services(context, settings, request, box)
    : handovers(context, settings, packageOf(box))
}

async function services(
  context: AdapterContext,
  settings: Settings,
  request: LabelRequest,
  { items, measures }: Box,
): Promise<LabelRate[]> {
  const { data } = await send(context, settings, {
    operation: 'GetEligibleShippingService',
    effect: 'read',
    method: 'POST',
    path: `/fulfillment/202309/orders/${id(request.order, 'order')}/shipping_services/query`,
    json: { order_line_item_ids: items.map((item) => item.id), ...measures },
    schema: ShippingServices,
  })
  return (data.shipping_services ?? []).map((service) => ({
    id: service.id,
    carrier: carrierFrom(service.shipping_provider_name ?? '')?.code ?? null,
    carrierName: service.shipping_provider_name ?? '',
    service: service.name ?? '',
    price: moneyOf(service.price, service.currency),
    deliverBy:
      service.latest_delivery_days == null ? null : request.shipAt + service.latest_delivery_days * dayMs,
    keepsPromise: null,
  }))
}

/** The package that TikTok has made of the items, all of it. */
function packageOf({ order, items }: Box): string {
  const [packageId] = new Set(items.map(({ package_id }) => package_id ?? ''))
  const whole = order.line_items.filter(({ package_id }) => package_id === packageId)
  if (packageId && whole.length === items.length && items.every((item) => item.package_id === packageId))
    return packageId
  throw refuse(
    'rejected',
    'packages',
    'in this market a label is for a whole package of TikTok’s, and these items are none',
    'Split or combine the packages in Seller Center first.',
  )
}

async function packageDetail(
  context: AdapterContext,
  settings: Settings,
  packageId: string,
): Promise<WirePackage> {
  const { data } = await send(context, settings, {
    operation: 'GetPackageDetail',
    effect: 'read',
    method: 'GET',
    path: `/fulfillment/202309/packages/${id(packageId, 'package_id')}`,
    schema: WirePackage,
  })
  return data
}

async function handovers(
  context: AdapterContext,
  settings: Settings,
  packageId: string,
): Promise<LabelRate[]> {
  const { shipping_provider_name: name } = await packageDetail(context, settings, packageId)
  const { data } = await send(context, settings, {
    operation: 'GetPackageHandoverTimeSlots',
    effect: 'read',
    method: 'GET',
    path: `/fulfillment/202309/packages/${id(packageId, 'package_id')}/handover_time_slots`,
    schema: Slots,
  })
  const slots = data.can_pickup
    ? (data.pickup_slots ?? []).filter(({ avaliable }) => avaliable !== false)
    : []
  const ways = [
    ...(data.can_drop_off ? [{ id: 'DROP_OFF', service: 'drop off' }] : []),
    ...slots.map(({ start_time, end_time }) => ({
      id: `PICKUP:${start_time}:${end_time}`,
      service: `pick-up ${new Date(start_time * 1000).toISOString()} to ${new Date(end_time * 1000).toISOString()}`,
    })),
  ]
  return ways.map((way) => ({
    ...way,
    carrier: carrierFrom(name ?? '')?.code ?? null,
    carrierName: name ?? '',
    // What it costs TikTok takes off its payment; no answer tells.
    price: null,
    deliverBy: null,
    keepsPromise: null,
  }))
}

function handoverOf(rate: string): object {
  if (rate === 'DROP_OFF') return { handover_method: 'DROP_OFF' }
  const [, start, end] = /^PICKUP:(\d+):(\d+)$/.exec(rate) ?? []
  if (start && end) {
    return {
      handover_method: 'PICKUP',
      pickup_slot: { start_time: Number(start), end_time: Number(end) },
    }
  }
  throw refuse(
    'invalid_input',
    'rate',
    'that is none of the rates that were offered',
    'Ask for `rates` again.',
  )
}

/** Items that a label was bought for: the package they are in, `null` while there is none. */
function boughtFor(order: WireParcels, lines: LabelRequest['packages'][number]['lines']): string | null {
  const wanted = new Map(lines.map(({ line, quantity }) => [line, quantity]))
  const packages = Map.groupBy(
    order.line_items.filter(({ package_id, tracking_number }) => package_id && tracking_number),
    ({ package_id }) => package_id ?? '',
  )
  for (const [packageId, items] of packages) {
    const counts = new Map<string, number>()
    for (const { sku_id } of items) counts.set(sku_id, (counts.get(sku_id) ?? 0) + 1)
    if (counts.size === wanted.size && [...counts].every(([sku, count]) => wanted.get(sku) === count))
      return packageId
  }
  return null
}

async function buy(
  context: AdapterContext,
  settings: Settings,
  request: Parameters<TikTokLabels['buy']>[1],
): Promise<Label> {
  const order = await parcelsOf(context, settings, request.order)
  // TikTok has no key of ours to know a repeat by: what the order shows tells.
  const bought = request.repeated && order ? boughtFor(order, request.packages[0]?.lines ?? []) : null
  if (bought) return labelOf(context, settings, bought, null)
  const box = boxOf(request, order)
  const { region } = await shopOf(context, settings)
  if (!sellsServices(region)) {
    const packageId = packageOf(box)
    await send(context, settings, {
      operation: 'ShipPackage',
      effect: 'once',
      method: 'POST',
      path: `/fulfillment/202309/packages/${id(packageId, 'package_id')}/ship`,
      json: handoverOf(request.rate),
      schema: Nothing,
    })
    return labelOf(context, settings, packageId, null)
  }
  const { data } = await send(context, settings, {
    operation: 'CreatePackages',
    effect: 'once',
    method: 'POST',
    path: '/fulfillment/202309/packages',
    json: {
      order_id: request.order,
      order_line_item_ids: box.items.map((item) => item.id),
      shipping_service_id: request.rate,
      ...box.measures,
    },
    schema: Created,
  })
  const service = data.shipping_service_info
  return labelOf(context, settings, data.package_id, moneyOf(service?.price, service?.currency))
}

async function labelOf(
  context: AdapterContext,
  settings: Settings,
  packageId: string,
  price: Label['price'],
): Promise<Label> {
  const detail = await packageDetail(context, settings, packageId)
  const { data } = await send(context, settings, {
    operation: 'GetPackageShippingDocument',
    effect: 'read',
    method: 'GET',
    path: `/fulfillment/202309/packages/${id(packageId, 'package_id')}/shipping_documents`,
    query: { document_type: 'SHIPPING_LABEL' },
    schema: ShippingDocument,
  })
  const carrierName = detail.shipping_provider_name ?? ''
  return {
    id: packageId,
    carrier: carrierFrom(carrierName)?.code ?? null,
    carrierName,
    price,
    packages: [
      {
        trackingNumber: data.tracking_number || detail.tracking_number || null,
        format: 'PDF',
        document: data.doc_url ? await fetchDocument(context, data.doc_url) : null,
      },
    ],
  }
}

/** The label itself lies elsewhere, for 24 hours. Without it the label is bought all the same: `get` asks for it again. */
async function fetchDocument(context: AdapterContext, url: string): Promise<Uint8Array | null> {
  try {
    const { data } = await context.http.request({
      operation: 'LabelDocument',
      effect: 'read',
      method: 'GET',
      url,
      answer: 'bytes',
      schema: z.instanceof(Uint8Array),
    })
    return data
  } catch (error) {
    const host = URL.canParse(url) ? new URL(url).host : 'nowhere'
    context.log.warn('the label was bought, and its document could not be fetched', {
      host,
      remedy: 'If the host is TikTok’s, name it in `labelHosts`; then get the label again.',
      error,
    })
    return null
  }
}

export function tiktokLabels(settings: Settings): TikTokLabels {
  return {
    rates: (context, request) => rates(context, settings, request),
    buy: (context, request) => buy(context, settings, request),
    get: async (context, label) => (isId(label) ? labelOf(context, settings, label, null) : null),
  }
}
