import { StockpoolError, toStockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type {
  ListingReading,
  ListingRef,
  ListingsFacet,
  ListingTarget,
  ReadTerms,
  WriteResult,
} from '../../src/spec/listings.ts'
import { availableByFile, readingOf } from './bulk-available.ts'
import { send } from './client.ts'
import { pages } from './document.ts'
import { availableDocument, setQuantitiesDocument } from './documents.ts'
import { quantityErrors, userError } from './errors.ts'
import { keyOf } from './keys.ts'
import { arrayLimit } from './limits.ts'
import { listVariants } from './list.ts'
import { isGid, type Shop } from './options.ts'
import type { UserError } from './wire.ts'

/** A target with its place in the caller's list and with Shopify's own ids. */
interface Row {
  readonly index: number
  readonly target: ListingTarget
  readonly item: string
  readonly location: string
}

/** The rows of one call, in the order in which they are sent. */
type Rows = readonly [Row, ...Row[]]

const staleCodes: ReadonlySet<string> = new Set(['CHANGE_FROM_QUANTITY_STALE', 'COMPARE_QUANTITY_STALE'])

/** Waits before the same key is sent again while its first request is under way (microsoft/BCApps#6244: a bounded retry). */
const concurrentWaitsMs = [500, 1000, 2000, 4000] as const

/** A key answers with its first result for 24 hours. A failed one stays failed: the next attempt needs its own. */
const mostAttempts = 3

/**
 * One key per call, made of what is sent and of the rows' own keys: the same rows repeated after a crash or a
 * timeout carry the same key, and any other set of rows another one (else IDEMPOTENCY_KEY_PARAMETER_MISMATCH).
 */
export function callKey(rows: readonly Row[], attempt: number): string {
  const parts = rows.map(({ item, location, target }) => [
    target.key,
    item,
    location,
    target.quantity,
    target.expected,
  ])
  return keyOf([attempt, parts])
}

function inputOf(rows: readonly Row[], key: string) {
  return {
    name: 'available',
    reason: 'correction',
    // Shown in the shop's inventory history. A gid://shopify/ of our making would be refused.
    referenceDocumentUri: `gid://stockpool/Push/${key}`,
    quantities: rows.map(({ item, location, target }) => ({
      inventoryItemId: item,
      locationId: location,
      quantity: target.quantity,
      // Obligatory, also as null (ShopifySharp #1253: dropped by a serialiser, the call is refused).
      changeFromQuantity: target.expected,
    })),
  }
}

/** The row that an error names: `["input", "quantities", "3", "changeFromQuantity"]` is the fourth. */
export function rowOf(error: UserError, count: number): number | null {
  const path = error.field ?? []
  const at = path.indexOf('quantities')
  const index = at === -1 ? Number.NaN : Number(path[at + 1] ?? Number.NaN)
  return Number.isInteger(index) && index >= 0 && index < count ? index : null
}

function failureOf(error: UserError): WriteResult {
  if (staleCodes.has(error.code ?? '')) return { status: 'stale', observed: null }
  return { status: 'failed', error: userError(error, quantityErrors) }
}

/** Writes rows that fit one call; `results` gets one entry per row. */
async function writeCall(
  shop: Shop,
  context: AdapterContext,
  rows: Rows,
  results: WriteResult[],
): Promise<void> {
  const errors = await sendRows(shop, context, rows)
  if (errors.length === 0) {
    for (const row of rows) results[row.index] = { status: 'done' }
    return
  }
  // One bad row fails the call, and Shopify writes none of it. The rows it names are answered, the rest is sent again.
  const named = new Map<number, UserError>()
  for (const error of errors) {
    const index = rowOf(error, rows.length)
    if (index !== null && !named.has(index)) named.set(index, error)
  }
  const [first] = errors
  if (named.size === 0 && rows.length === 1 && first) named.set(0, first)
  for (const [index, error] of named) {
    const row = rows[index]
    if (row) results[row.index] = failureOf(error)
  }
  const rest = rows.filter((_, index) => !named.has(index))
  // Nothing tells which row it was: halves find it in a few calls.
  const middle = Math.ceil(rest.length / 2)
  const groups = named.size > 0 ? [rest] : [rest.slice(0, middle), rest.slice(middle)]
  for (const [head, ...tail] of groups) {
    if (head) await writeCall(shop, context, [head, ...tail], results)
  }
}

/** Sends the rows, with the two errors that concern the key and no row settled here. */
async function sendRows(shop: Shop, context: AdapterContext, rows: Rows): Promise<readonly UserError[]> {
  let attempt = 0
  let waited = 0
  for (;;) {
    const key = callKey(rows, attempt)
    const variables = { input: inputOf(rows, key), key }
    const effect = { effect: 'idempotent' } as const
    const answer = await send(shop, context, setQuantitiesDocument, variables, effect)
    const errors = answer.inventorySetQuantities.userErrors
    const codes = new Set(errors.map(({ code }) => code))
    const waitMs = concurrentWaitsMs[waited]
    if (codes.has('IDEMPOTENCY_CONCURRENT_REQUEST') && waitMs !== undefined) {
      waited += 1
      await context.clock.sleep(waitMs, context.signal)
    } else if (codes.has('IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED') && attempt < mostAttempts) {
      attempt += 1
    } else {
      const ofTheKey = errors.find(({ code }) => code?.startsWith('IDEMPOTENCY_'))
      if (ofTheKey) throw userError(ofTheKey, quantityErrors)
      return errors
    }
  }
}

/** Parts rows into calls: at most 250 each, and never one (item, location) twice in a call. */
function calls(rows: readonly Row[]): Rows[] {
  const waves: Row[][] = []
  const seen = new Map<string, number>()
  for (const row of rows) {
    const pair = `${row.item} ${row.location}`
    const wave = seen.get(pair) ?? 0
    seen.set(pair, wave + 1)
    waves[wave] = [...(waves[wave] ?? []), row]
  }
  return waves.flatMap((wave) => chunks(wave, arrayLimit))
}

function chunks<T>(list: readonly T[], size: number): [T, ...T[]][] {
  const parts: [T, ...T[]][] = []
  for (let from = 0; from < list.length; from += size) {
    const [head, ...tail] = list.slice(from, from + size)
    if (head !== undefined) parts.push([head, ...tail])
  }
  return parts
}

function idError(shop: Shop, { listing, place }: ListingRef): StockpoolError | null {
  const remedy = 'Use the ids as Shopify gives them, see docs/shopify.md.'
  if (!isGid(listing, 'InventoryItem')) {
    const message = 'a listing of Shopify is a gid://shopify/InventoryItem/…'
    return new StockpoolError('invalid_input', message, { field: 'listing', remedy })
  }
  if (isGid(placeOf(shop, place), 'Location')) return null
  const message = 'a place of Shopify is a gid://shopify/Location/…'
  return new StockpoolError('invalid_input', message, { field: 'place', remedy })
}

const placeOf = (shop: Shop, place: string) => (place === '' ? shop.location : place)

/** Errors that concern the whole connection: the engine must see them as such, not as one row's. */
function concernsAll(error: StockpoolError): boolean {
  return ['auth', 'permission', 'aborted'].some((code) => error.code === code)
}

async function write(
  shop: Shop,
  context: AdapterContext,
  targets: readonly ListingTarget[],
): Promise<readonly WriteResult[]> {
  const results: WriteResult[] = []
  const rows: Row[] = []
  for (const [index, target] of targets.entries()) {
    const error = idError(shop, target)
    if (error) results[index] = { status: 'failed', error }
    else rows.push({ index, target, item: target.listing, location: placeOf(shop, target.place) })
  }
  for (const call of calls(rows)) {
    try {
      await writeCall(shop, context, call, results)
    } catch (thrown) {
      const error = toStockpoolError(thrown)
      if (concernsAll(error)) throw error
      for (const row of call) results[row.index] ??= { status: 'failed', error }
    }
  }
  return results
}

async function read(
  shop: Shop,
  context: AdapterContext,
  refs: readonly ListingRef[],
  { mayBeOld = false }: ReadTerms = {},
): Promise<readonly ListingReading[]> {
  const results: ListingReading[] = []
  const byPlace = new Map<string, { index: number; listing: string }[]>()
  for (const [index, ref] of refs.entries()) {
    const error = idError(shop, ref)
    const place = placeOf(shop, ref.place)
    if (error) results[index] = { status: 'failed', error }
    else byPlace.set(place, [...(byPlace.get(place) ?? []), { index, listing: ref.listing }])
  }
  for (const [location, rows] of byPlace) {
    const left =
      !mayBeOld || rows.length < shop.bulkFrom * numbersPerOrder
        ? rows
        : await readFile(shop, context, location, rows, results)
    for (const part of chunks(left, pages.inventoryItems)) {
      try {
        const readings = await readPart(shop, context, location, part)
        for (const [at, { index }] of part.entries()) results[index] = readings[at] ?? readingOf(null)
      } catch (thrown) {
        const error = toStockpoolError(thrown)
        if (concernsAll(error)) throw error
        for (const { index } of part) results[index] = { status: 'failed', error }
      }
    }
  }
  return results
}

/** A page of numbers costs a small part of what a page of orders does, so files pay off later. */
const numbersPerOrder = 5

interface Place {
  readonly index: number
  readonly listing: string
}

/** Reads many numbers by one file. Gives the rows that are left to read: all of them when there is no file. */
async function readFile(
  shop: Shop,
  context: AdapterContext,
  location: string,
  rows: readonly Place[],
  results: ListingReading[],
): Promise<readonly Place[]> {
  const wanted = new Set(rows.map(({ listing }) => listing))
  const found = await availableByFile(shop, context, location, wanted)
  if (found === null) return rows
  for (const { index, listing } of rows) results[index] = found.get(listing) ?? readingOf(null)
  return []
}

async function readPart(
  shop: Shop,
  context: AdapterContext,
  location: string,
  part: readonly Place[],
): Promise<ListingReading[]> {
  const ids = part.map(({ listing }) => listing)
  const { nodes } = await send(shop, context, availableDocument, { ids, location })
  return nodes.map(readingOf)
}

/** The numbers of a shop: `available` of an inventory item at a location. */
export function shopifyListings(shop: Shop) {
  return {
    batch: arrayLimit,
    compareAndSet: true,
    write: (context, targets) => write(shop, context, targets),
    read: (context, refs, terms?: ReadTerms) => read(shop, context, refs, terms),
    // One file is of all items of a location, however many are asked about.
    ...(Number.isFinite(shop.bulkFrom) ? { readTogether: 100_000 } : {}),
    list: (context, cursor) => listVariants(shop, context, cursor),
  } satisfies ListingsFacet
}
