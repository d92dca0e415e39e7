import { StockpoolError } from '../../src/error.ts'
import { readRow } from '../../src/http/index.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { send } from './client.ts'
import { byReferenceDocument, orderDocument, orderLinesDocument, shipmentLinesDocument } from './documents.ts'
import { isOrderCanceled } from './lines.ts'
import type { Settings } from './options.ts'
import { readOrder } from './order.ts'
import { type WireOrder, WireOrderName } from './wire.ts'

export interface Found {
  readonly wire: WireOrder
  readonly raw: unknown
}

interface Page<T> {
  readonly nodes: readonly T[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

/** The cursor of the next page, `null` on the last. A page that points to itself would be read for ever. */
export function nextOf({ pageInfo }: Page<unknown>, after: string | null): string | null {
  if (!pageInfo.hasNextPage) return null
  if (pageInfo.endCursor === null || pageInfo.endCursor === after) {
    throw new StockpoolError('unavailable', 'ShipHero gave the same page twice')
  }
  return pageInfo.endCursor
}

/** A page and all that follow it, as one. `fetch` gives `null` when what is paged is gone. */
async function whole<T>(first: Page<T>, fetch: (after: string) => Promise<Page<T> | null>): Promise<Page<T>> {
  const nodes = [...first.nodes]
  let after = nextOf(first, null)
  while (after !== null) {
    const page = await fetch(after)
    if (page === null)
      throw new StockpoolError('unavailable', 'what was being read vanished between two pages')
    nodes.push(...page.nodes)
    after = nextOf(page, after)
  }
  return { nodes, pageInfo: { hasNextPage: false, endCursor: null } }
}

/** The order with every line, and every line of its shipments: the documents ask for the first twenty of each. */
export async function complete(
  context: AdapterContext,
  settings: Settings,
  order: WireOrder,
): Promise<WireOrder> {
  const line_items = await whole(order.line_items, async (after) => {
    const { data } = await send(context, settings, orderLinesDocument, { id: order.id, after })
    return data.order?.data?.line_items ?? null
  })
  const shipments: WireOrder['shipments'] = []
  for (const shipment of order.shipments) {
    const lines = await whole(shipment.line_items, async (after) => {
      const { data } = await send(context, settings, shipmentLinesDocument, { id: shipment.id, after })
      return data.shipment?.data?.line_items ?? null
    })
    shipments.push({ ...shipment, line_items: { ...lines, nodes: [...lines.nodes] } })
  }
  return { ...order, line_items: { ...line_items, nodes: [...line_items.nodes] }, shipments }
}

/**
 * All orders of a reference, spelt exactly. Nothing in ShipHero keeps a reference unique, so there may be more than one.
 * One that cannot be read throws: nobody may take ours for absent.
 */
export async function findAll(
  context: AdapterContext,
  settings: Settings,
  reference: string,
): Promise<Found[]> {
  const variables = { reference, customer: settings.customer }
  const { data } = await send(context, settings, byReferenceDocument, variables, { priority: 7 })
  const found: Found[] = []
  for (const raw of data.orders.data.nodes) {
    const name = readRow(WireOrderName, raw, { what: 'an order of ShipHero' })
    if (name.partner_order_id !== reference) continue
    found.push({ wire: await complete(context, settings, readOrder(raw)), raw })
  }
  return found
}

const ageOf = ({ wire }: Found) => wire.legacy_id ?? Number.MAX_SAFE_INTEGER
const byAge = (one: Found, other: Found) =>
  ageOf(one) - ageOf(other) || (one.wire.id < other.wire.id ? -1 : 1)

/** Which of several orders of one reference counts, the same for whoever asks: one that lives before one that does not, the eldest of them. */
export function chosenOf(found: readonly Found[]): Found | null {
  const live = found.filter(({ wire }) => !isOrderCanceled(wire))
  return [...(live.length > 0 ? live : found)].sort(byAge)[0] ?? null
}

/** Others of the reference that live beside the one that counts. */
export const othersOf = (found: readonly Found[]): readonly Found[] => {
  const chosen = chosenOf(found)
  return found.filter((each) => each !== chosen && !isOrderCanceled(each.wire))
}

/** By ShipHero's own id; `null` when it has none of it. */
export async function findById(
  context: AdapterContext,
  settings: Settings,
  id: string,
): Promise<WireOrder | null> {
  const { data } = await send(context, settings, orderDocument, { id }, { priority: 7 })
  const raw = data.order?.data
  return raw === null || raw === undefined ? null : complete(context, settings, readOrder(raw))
}
