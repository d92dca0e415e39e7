import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { StockpoolError, toStockpoolError } from '../error.ts'
import { Location } from '../model/location.ts'
import type { FulfillmentOrder, ProviderLocation, StockPage, StockReading } from '../spec/fulfillment.ts'
import { getItem, holdLocations, listLocations, putLocation } from '../store/catalog.ts'
import { readCursor, writeCursor } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { enqueue } from '../store/jobs.ts'
import { applyAbsence, applyReadings, type ReadingNews } from '../store/readings.ts'
import { noteReadable } from '../store/unreadable.ts'
import { askForIds, openOrders } from './asked.ts'
import { takeNews } from './jobs-fulfillment.ts'
import { commit, type Pass } from './runtime.ts'
import { noteUnreadableNews } from './unreadable.ts'

const Told = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    country: z.string().nullable(),
    postalCode: z.string().nullable(),
  }),
)

/** What the provider told of its places the last time, by its own ids. */
function toldBefore(value: string | null): ReadonlyMap<string, ProviderLocation> {
  return new Map(Told.parse(JSON.parse(value ?? '[]')).map((place) => [place.id, place]))
}

/**
 * Sees to it that every place of the provider is a location here: `<connection>/<the provider's id>`. What the provider tells anew of a
 * place is taken over where the location still says what it told before: anything else the merchant has set.
 */
export async function readLocations(pass: Pass): Promise<void> {
  const facet = pass.connection.fulfillment
  if (!facet) return
  const places = await facet.locations(pass.context)
  const at = pass.run.at()
  await commit(pass, async (tx) => {
    const known = new Map(
      (await holdLocations(tx))
        .filter(({ connection }) => connection === pass.name)
        .map((location) => [location.externalId, location]),
    )
    const told = new Map(toldBefore((await readCursor(tx, pass.name, 'locations')).value))
    for (const place of places) {
      const location = known.get(place.id)
      const before = told.get(place.id)
      const now = latestOf(place, before)
      told.set(place.id, now)
      if (location === undefined) await putLocation(tx, locationOf(pass, now))
      else if (before !== undefined) {
        const next = Location.parse({ ...location, ...newsOf(location, before, now) })
        if (!isDeepStrictEqual(next, location)) await putLocation(tx, next)
      }
    }
    const value = JSON.stringify([...told.values()])
    await writeCursor(tx, pass.name, 'locations', { value, completeUntil: null, ranAt: at })
  })
}

/** What the provider no longer tells stays as it told it before. */
const latestOf = (
  { id, name, country, postalCode }: ProviderLocation,
  before: ProviderLocation | undefined,
): ProviderLocation => ({
  id,
  name: name || (before?.name ?? ''),
  country: country ?? before?.country ?? null,
  postalCode: postalCode ?? before?.postalCode ?? null,
})

const locationOf = ({ name: connection }: Pass, { id, ...rest }: ProviderLocation): Location =>
  Location.parse({ ...rest, id: `${connection}/${id}`, connection, externalId: id })

function newsOf(location: Location, before: ProviderLocation, now: ProviderLocation): Partial<Location> {
  return {
    ...(location.name === before.name ? { name: now.name } : {}),
    ...(location.country === before.country ? { country: now.country } : {}),
    ...(location.postalCode === before.postalCode ? { postalCode: now.postalCode } : {}),
  }
}

/** Reads what the provider did with our orders; the cursor moves only after a page is stored. */
export async function readUpdates(pass: Pass): Promise<void> {
  const facet = pass.connection.fulfillment
  if (!facet) return
  let { value } = await pass.run.database.read((tx) => readCursor(tx, pass.name, 'updates'))
  for (;;) {
    pass.signal.throwIfAborted()
    const page = await facet.updates(pass.context, value, openOrders(pass))
    for (const news of page.orders) await storeNews(pass, news)
    await noteUnreadableNews(pass, page.unreadable)
    if (page.more && page.cursor === value) throw samePage('update')
    value = page.cursor
    const ranAt = page.more ? null : pass.run.at()
    await commit(pass, (tx) => writeCursor(tx, pass.name, 'updates', { value, completeUntil: null, ranAt }))
    if (!page.more) return askForIds(pass)
  }
}

/** News that cannot be stored gets a job of its own and does not stop the others. */
async function storeNews(pass: Pass, news: FulfillmentOrder): Promise<void> {
  const { name: connection } = pass
  const { reference } = news
  try {
    await commit(pass, async (tx) => {
      await takeNews(pass, tx, news)
      await noteReadable(tx, 'fulfillment.fetch', `${connection}/${reference}`)
    })
  } catch (thrown) {
    const error = toStockpoolError(thrown)
    if (error.code === 'lease_lost' || error.code === 'database') throw error
    pass.report.errors.push({
      doing: `storing news of ${reference}`,
      code: error.code,
      message: error.message,
    })
    await commit(pass, (tx) =>
      enqueue(tx, {
        connection,
        kind: 'fulfillment.fetch',
        key: `${connection}/${reference}`,
        payload: { reference },
        at: pass.run.at(),
      }),
    )
  }
}

/**
 * Takes the provider's stock figures. SKUs that nobody has made here are left alone. What a whole pass did not mention,
 * the provider does not have (it was archived, merged, or an empty place has no row): it counts as none. A pass
 * that failed, or that did not come to its end, says nothing of what it did not mention.
 */
export async function readStock(pass: Pass): Promise<void> {
  const facet = pass.connection.fulfillment
  if (!facet) return
  const began = pass.run.at()
  const mentioned = new Set<string>()
  const pages: { basis: StockReading['basis']; asOf: string }[] = []
  const cursors = new Set<string>()
  let cursor: string | null = null
  do {
    pass.signal.throwIfAborted()
    const page: StockPage = await facet.stock(pass.context, { skus: null, cursor })
    if (page.cursor !== null && cursors.has(page.cursor)) throw samePage('stock')
    if (page.cursor !== null) cursors.add(page.cursor)
    for (const { sku, location } of page.readings) mentioned.add(placeKey(sku, location))
    const latest = page.readings.reduce<StockReading | null>(
      (last, one) => (last === null || last.asOf < one.asOf ? one : last),
      null,
    )
    if (latest) pages.push({ basis: latest.basis, asOf: new Date(latest.asOf).toISOString() })
    await storeReadings(pass, page.readings)
    cursor = page.cursor
  } while (cursor !== null)
  pass.signal.throwIfAborted()
  // The earliest page: what is in none may have left while it was read, not before.
  const asOf = pages.map((page) => page.asOf).sort()[0] ?? began
  const at = pass.run.at()
  await commit(pass, async (tx) => {
    const places = new Map([...(await providerPlaces(pass, tx))].map(([place, id]) => [id, place]))
    await applyAbsence(tx, {
      locations: [...places.keys()],
      mentioned: (sku, location) => mentioned.has(placeKey(sku, places.get(location) ?? '')),
      basis: pages[0]?.basis ?? null,
      asOf,
      at,
    })
    await writeCursor(tx, pass.name, 'stock', { value: null, completeUntil: null, ranAt: at })
  })
}

const placeKey = (sku: string, place: string) => JSON.stringify([sku, place])

/** The provider's places here, by its own ids. */
async function providerPlaces(pass: Pass, tx: Transaction): Promise<ReadonlyMap<string, string>> {
  const places = new Map<string, string>()
  for (const { connection, externalId, id } of await listLocations(tx)) {
    if (connection === pass.name && externalId !== null) places.set(externalId, id)
  }
  return places
}

async function storeReadings(pass: Pass, readings: readonly StockReading[]): Promise<void> {
  const at = pass.run.at()
  const taken = await commit(pass, async (tx) => {
    const places = await providerPlaces(pass, tx)
    const news: ReadingNews[] = []
    for (const { sku, location: externalId, quantity, basis, asOf } of readings) {
      const location = places.get(externalId)
      const item = location === undefined ? null : await getItem(tx, sku)
      if (location === undefined || item === null || item.kit !== null) continue
      news.push({ sku, location, quantity, basis, asOf: new Date(asOf).toISOString(), at })
    }
    await applyReadings(tx, news)
    return news.length
  })
  pass.report.stockReadings += taken
}

/** A feed that does not move would be read for ever. */
export const samePage = (what: 'order' | 'update' | 'stock' | 'return' | 'tracking') =>
  new StockpoolError('internal', `the adapter gave the same ${what} page twice`, {
    remedy: 'The pass is repeated from the same place; report it if it stays.',
  })
