import { carrierFrom, trackingUrl } from '../../src/model/carrier.ts'
import type { TrackingStatus } from '../../src/model/tracking.ts'
import type {
  AskedOrder,
  FulfillmentOrder,
  FulfillmentParcel,
  FulfillmentStatus,
} from '../../src/spec/index.ts'
import type { WireConsign, WireMcfOrder } from './wire.ts'

/** What TikTok says of a part of an order (GetFBFMCFOrderStatus). */
interface Stage {
  /** Of its goods: still in the warehouse, out of it, or never to ship. */
  readonly goods: 'in' | 'out' | 'stopped'
  /** Whether they are off `available_qty` for sure: with PENDING they may still wait for stock, with ABNORMAL again. */
  readonly held: boolean
  readonly tracking: TrackingStatus
}

const stages: Readonly<Record<string, Stage>> = {
  PENDING: { goods: 'in', held: false, tracking: 'info_received' },
  HANDLE_BY_WAREHOUSE: { goods: 'in', held: true, tracking: 'info_received' },
  SHIPPED: { goods: 'out', held: true, tracking: 'in_transit' },
  HANDOVER: { goods: 'out', held: true, tracking: 'in_transit' },
  COMPLETED: { goods: 'out', held: true, tracking: 'delivered' },
  CLOSED: { goods: 'stopped', held: true, tracking: 'cancelled' },
  // Where the goods were lost is not told: only what was seen to leave before counts as left.
  LOST: { goods: 'in', held: true, tracking: 'exception' },
  DAMAGE: { goods: 'in', held: true, tracking: 'exception' },
  ABNORMAL: { goods: 'in', held: false, tracking: 'exception' },
}
const unheardOf: Stage = { goods: 'in', held: false, tracking: 'unknown' }

export const stageOf = ({ status }: Pick<WireConsign, 'status'>): Stage => stages[status] ?? unheardOf
export const isKnownStatus = (status: string): boolean => status in stages

type Lines = readonly { readonly sku: string; readonly quantity: number }[]
type Skus = ReadonlyMap<string, string>

function summed(skus: Skus, consigns: readonly WireConsign[]): Map<string, number> {
  const units = new Map<string, number>()
  for (const { id, quantity } of consigns.flatMap(({ goods }) => goods ?? [])) {
    const sku = skus.get(id) ?? id
    if (quantity > 0) units.set(sku, (units.get(sku) ?? 0) + quantity)
  }
  return units
}

const linesOf = (units: ReadonlyMap<string, number>): Lines =>
  [...units].map(([sku, quantity]) => ({ sku, quantity }))

/** Whether these parts hold all that was asked for. Of an order that nobody tells about, what TikTok shows is all. */
function coversAll(lines: Lines | null, units: ReadonlyMap<string, number>): boolean {
  if (lines === null) return true
  const asked = new Map<string, number>()
  for (const { sku, quantity } of lines) asked.set(sku, (asked.get(sku) ?? 0) + quantity)
  return [...asked].every(([sku, quantity]) => (units.get(sku) ?? 0) >= quantity)
}

/** A part is a parcel once it has a number, or has left without one. The moment it left is not told: it had, by now. */
function parcelOf(skus: Skus, consign: WireConsign, now: number): FulfillmentParcel | null {
  const { goods, tracking } = stageOf(consign)
  const trackingNumber = consign.tracking_number || null
  if (trackingNumber === null && goods !== 'out') return null
  const carrierName = consign.shipping_provider?.name || consign.carrier || null
  const carrier = carrierFrom(carrierName ?? '')?.code ?? null
  return {
    id: consign.id,
    carrier,
    carrierName,
    service: null,
    trackingNumber,
    trackingUrl: trackingNumber === null ? null : trackingUrl(carrier, trackingNumber),
    labelledAt: null,
    handedOverAt: goods === 'out' ? new Date(now).toISOString() : null,
    deliveredAt: null,
    status: tracking,
    rawStatus: consign.status,
    withdrawn: goods === 'stopped',
    lines: linesOf(summed(skus, [consign])),
  }
}

/** The documents' own example of an issue; what other words mean, a person reads. */
const lacksStock = ({ issue }: WireConsign) => /lack of inventory/i.test(issue ?? '')
const stalls = ({ status, issue }: WireConsign) => status === 'ABNORMAL' || (status === 'PENDING' && !!issue)
const isGone = ({ status }: WireConsign) => status === 'LOST' || status === 'DAMAGE'

function statusOf(consigns: readonly WireConsign[], whole: boolean): FulfillmentStatus {
  if (consigns.length === 0) return 'submitted'
  const live = consigns.filter((each) => stageOf(each).goods !== 'stopped')
  if (live.length === 0) return whole ? 'cancelled' : 'accepted'
  if (live.some(({ status }) => !isKnownStatus(status))) return 'unknown'
  const stalled = live.filter(stalls)
  if (stalled.length > 0) return stalled.every(lacksStock) ? 'backordered' : 'needs_attention'
  if (live.some(isGone)) return 'needs_attention'
  const out = live.filter((each) => stageOf(each).goods === 'out')
  if (out.length === live.length && whole)
    return live.every(({ status }) => status === 'COMPLETED') ? 'delivered' : 'shipped'
  if (out.length > 0) return 'partially_shipped'
  if (live.some(({ tracking_number }) => tracking_number)) return 'labelled'
  return live.some(({ status }) => status === 'HANDLE_BY_WAREHOUSE') ? 'picking' : 'accepted'
}

function attentionOf(consigns: readonly WireConsign[]): string | null {
  const said = consigns.flatMap((consign) => {
    const { id, status, issue } = consign
    const because = issue ? `: ${issue}` : ''
    if (stalls(consign))
      return [`TikTok holds ${id} (${status}${because}): see it in Seller Center, or cancel it`]
    if (isGone(consign))
      return [`TikTok calls ${id} ${status}${because}: claim it in Seller Center, and send the buyer another`]
    if (status === 'CLOSED' && consign.is_platform_closed === true)
      return [`TikTok closed ${id} by itself${because}`]
    return []
  })
  return said.length > 0 ? said.join('; ') : null
}

/** Of what was asked for, what was closed; less what TikTok packs anew. */
function cancelledOf(lines: Lines | null, skus: Skus, consigns: readonly WireConsign[]): Lines {
  const stopped = (each: WireConsign) => stageOf(each).goods === 'stopped'
  const closed = summed(skus, consigns.filter(stopped))
  if (lines === null) return linesOf(closed)
  const live = summed(
    skus,
    consigns.filter((each) => !stopped(each)),
  )
  const asked = new Map<string, number>()
  for (const { sku, quantity } of lines) asked.set(sku, (asked.get(sku) ?? 0) + quantity)
  return [...closed]
    .map(([sku, quantity]) => ({
      sku,
      quantity: Math.min(quantity, Math.max(0, (asked.get(sku) ?? quantity) - (live.get(sku) ?? 0))),
    }))
    .filter(({ quantity }) => quantity > 0)
}

/**
 * An MCF order as stockpool knows it. TikTok tells no times: what is seen is true now, and was taken off its stock at the latest
 * when it was first seen so, which the hub remembers.
 */
export function toFulfillmentOrder(
  order: WireMcfOrder,
  asked: Pick<AskedOrder, 'acceptedAt'> & { readonly lines: Lines | null },
  skus: Skus,
  raw: unknown,
  now: number,
): FulfillmentOrder {
  const consigns = order.consign_orders ?? []
  const whole = coversAll(asked.lines, summed(skus, consigns))
  const held = consigns.filter((each) => stageOf(each).held)
  const allocated = consigns.length > 0 && held.length === consigns.length && whole
  return {
    id: order.mcf_order_id,
    reference: order.external_order_id,
    status: statusOf(consigns, whole),
    rawStatus: [...new Set(consigns.map(({ status }) => status))].join(', ') || 'no consign orders yet',
    attention: attentionOf(consigns),
    acceptedAt: asked.acceptedAt ?? now,
    ...(allocated ? {} : { allocated: false }),
    updatedAt: now,
    cancelled: cancelledOf(asked.lines, skus, consigns),
    parcels: consigns.flatMap((each) => parcelOf(skus, each, now) ?? []),
    raw,
  }
}

/** An order that TikTok has taken on, and of which no more is known; `id` may be empty. */
export function newOrder(reference: string, id: string, now: number, rawStatus: string): FulfillmentOrder {
  return {
    id,
    reference,
    status: 'submitted',
    rawStatus,
    attention: null,
    acceptedAt: now,
    allocated: false,
    updatedAt: now,
    cancelled: [],
    parcels: [],
    raw: null,
  }
}
