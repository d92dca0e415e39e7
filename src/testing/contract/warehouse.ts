import assert from 'node:assert/strict'
import { StockpoolError } from '../../error.ts'
import type {
  AskedOrder,
  FulfillmentOrder,
  FulfillmentPage,
  FulfillmentRequest,
  OpenOrders,
  StockReading,
} from '../../spec/index.ts'
import { attempt, need, pass, persist, type Stage } from './stage.ts'

export const provider = (stage: Pick<Stage, 'connection'>) =>
  need(stage.connection.fulfillment, 'fulfillment')

let references = 0

/** A request with a reference of its own, for a fictitious person in a real place. */
export function requestOf(
  stage: Stage,
  lines: readonly { readonly sku: string; readonly quantity: number }[],
  rest: Partial<FulfillmentRequest> = {},
): FulfillmentRequest {
  references += 1
  const reference =
    rest.reference ?? `sp-test-${references}-${Math.floor(stage.simulator.clock.now()).toString(36)}`
  return {
    reference,
    number: `#${1000 + references}`,
    location: null,
    channel: 'web',
    placedAt: stage.simulator.clock.now(),
    shipTo: {
      name: 'Philippa Testwright',
      company: null,
      line1: '1600 Contract Avenue',
      line2: null,
      line3: null,
      city: 'Springfield',
      region: 'IL',
      postalCode: '62701',
      country: 'US',
      phone: '+12175550142',
    },
    buyer: { id: null, name: 'Philippa Testwright', email: 'philippa.testwright@example.com', phone: null },
    serviceLevel: 'standard',
    rawServiceLevel: 'Standard',
    shipBy: null,
    lines: lines.map(({ sku, quantity }) => ({ sku, title: `Title of ${sku}`, quantity })),
    ...rest,
  }
}

let skus = 0

/** Puts new SKUs on the provider's shelves. */
export async function stockShelves(stage: Stage, count: number, quantity: number): Promise<string[]> {
  const made: string[] = []
  while (made.length < count) {
    skus += 1
    const sku = `SHELF-${skus}`
    await stage.simulator.control('stock', { sku, quantity })
    made.push(sku)
  }
  return made
}

/** What was asked for at each simulator, as the hub would know it: some providers answer to their own id alone. */
const book = new WeakMap<object, Map<string, AskedOrder>>()

function bookOf({ simulator }: Pick<Stage, 'simulator'>): Map<string, AskedOrder> {
  const known = book.get(simulator) ?? new Map<string, AskedOrder>()
  book.set(simulator, known)
  return known
}

/** An order under an id that nobody has. */
export const nobodys = (reference: string): AskedOrder => ({
  reference,
  id: '999999',
  lines: [],
  acceptedAt: null,
})

/** One open order, which the provider has not: for looking whether it answers at all. */
export const nobodysOrders: OpenOrders = async () => [nobodys('sp-nobody')]

/** Reads an order by its reference, with what is known of it, as the engine does. */
export function look(
  { connection, context, simulator }: Pick<Stage, 'connection' | 'context' | 'simulator'>,
  reference: string,
): Promise<FulfillmentOrder | null> {
  const asked = bookOf({ simulator }).get(reference) ?? nobodys(reference)
  return provider({ connection }).get(context, reference, asked)
}

/** One page of updates, with the orders that were asked for so far. */
export function updatesPage(
  { connection, context, simulator }: Pick<Stage, 'connection' | 'context' | 'simulator'>,
  cursor: string | null,
): Promise<FulfillmentPage> {
  const open: OpenOrders = async ({ after, most }) =>
    [...bookOf({ simulator }).values()]
      .filter(({ reference }) => after === null || reference > after)
      .sort((a, b) => (a.reference < b.reference ? -1 : 1))
      .slice(0, most)
  return provider({ connection }).updates(context, cursor, open)
}

/**
 * Submits as the engine does: after an unknown outcome it looks the reference up before it submits again.
 */
export async function submit(stage: Stage, request: FulfillmentRequest): Promise<FulfillmentOrder> {
  const { reference, lines } = request
  for (let round = 1; round <= 6; round += 1) {
    const outcome = await attempt(() => provider(stage).submit(stage.context, request))
    if (outcome.ok) {
      const { id, acceptedAt, allocated } = outcome.value
      const since = allocated === false ? null : acceptedAt
      bookOf(stage).set(reference, { reference, id, lines, acceptedAt: since })
      return outcome.value
    }
    if (!outcome.error.retryable) throw outcome.error
    if (outcome.error.code === 'unknown_outcome') {
      const found = await persist(stage, () => look(stage, reference))
      if (found) return found
    }
    await pass(stage, outcome.error.retryAfterMs ?? 2_000)
  }
  throw new StockpoolError('unavailable', 'submit never ended')
}

/** An order of new SKUs, one for each of the quantities. */
export async function submitted(stage: Stage, quantities: readonly number[] = [2, 1]) {
  const skus = await stockShelves(stage, quantities.length, 100)
  const lines = skus.map((sku, index) => ({ sku, quantity: quantities[index] ?? 1 }))
  const request = requestOf(stage, lines)
  return { request, lines, order: await submit(stage, request) }
}

export async function fulfillmentOf(stage: Stage, reference: string): Promise<FulfillmentOrder> {
  const order = await look(stage, reference)
  assert.ok(order, `get(${reference}) gives null for an order that exists`)
  return order
}

const mostPages = 500

export async function updatesToEnd(
  stage: Stage,
  from: string | null,
  who: Pick<Stage, 'connection' | 'context'> = stage,
): Promise<{ orders: readonly FulfillmentOrder[]; cursor: string }> {
  const orders: FulfillmentOrder[] = []
  let cursor = from
  for (let page = 1; page <= mostPages; page += 1) {
    const given = await updatesPage({ ...stage, ...who }, cursor)
    orders.push(...given.orders)
    if (!given.more) return { orders, cursor: given.cursor }
    assert.notEqual(given.cursor, cursor, 'there is more, yet the cursor stands still')
    cursor = given.cursor
  }
  return assert.fail(`the updates do not end after ${mostPages} pages`)
}

/** Reads updates on from a cursor until the wanted ones were seen; gives the latest of each order by reference. */
export async function updatesUntil(
  stage: Stage,
  from: string | null,
  missing: (seen: ReadonlyMap<string, FulfillmentOrder>) => readonly string[],
): Promise<{ seen: ReadonlyMap<string, FulfillmentOrder>; cursor: string }> {
  const seen = new Map<string, FulfillmentOrder>()
  let cursor = from
  for (const waitMs of [0, 2_000, 30_000, 60_000, 120_000, 300_000]) {
    if (waitMs > 0) await pass(stage, waitMs)
    const given = await updatesToEnd(stage, cursor)
    for (const order of given.orders) seen.set(order.reference, order)
    cursor = given.cursor
    if (missing(seen).length === 0) return { seen, cursor }
  }
  const left = missing(seen)
  return assert.fail(`${left.length} updates were never given, such as ${left.slice(0, 3).join(', ')}`)
}

export async function stockToEnd(
  stage: Stage,
  only: readonly string[] | null,
): Promise<readonly StockReading[]> {
  const readings: StockReading[] = []
  let cursor: string | null = null
  for (let page = 1; page <= mostPages; page += 1) {
    const given = await provider(stage).stock(stage.context, { skus: only, cursor })
    readings.push(...given.readings)
    if (given.cursor === null) return readings
    assert.notEqual(given.cursor, cursor, 'there is more stock, yet the cursor stands still')
    cursor = given.cursor
  }
  return assert.fail(`the stock does not end after ${mostPages} pages`)
}

/** Units by SKU, summed over lines. */
export function unitsBySku(
  lines: readonly { readonly sku: string; readonly quantity: number }[],
): Record<string, number> {
  const units: Record<string, number> = {}
  for (const { sku, quantity } of lines) units[sku] = (units[sku] ?? 0) + quantity
  return Object.fromEntries(Object.entries(units).sort(([a], [b]) => a.localeCompare(b)))
}

/** Units in parcels that still hold. */
export const unitsInParcels = (order: FulfillmentOrder) =>
  unitsBySku(order.parcels.filter(({ withdrawn }) => !withdrawn).flatMap(({ lines }) => lines))
