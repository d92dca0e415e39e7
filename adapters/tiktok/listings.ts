import { StockpoolError, toStockpoolError } from '../../src/error.ts'
import type {
  AdapterContext,
  ListingReading,
  ListingRef,
  ListingsFacet,
  ListingTarget,
  WriteResult,
} from '../../src/spec/index.ts'
import { listPage } from './catalogue.ts'
import { id, send } from './client.ts'
import { refuse, rowError } from './errors.ts'
import { type Stocked, stockOf } from './inventory.ts'
import type { Settings } from './options.ts'
import { RowErrors } from './wire.ts'
import { activate, deactivateWhenEmpty, hiddenProducts } from './zero.ts'

export type TikTokListings = Required<Omit<ListingsFacet, 'portion' | 'readTogether' | 'revisions'>>

/** The highest number that Update Inventory documents. */
export const mostUnits = 99_999

/** Which warehouse a row is of, or why there is none. */
export function warehouseOf(
  settings: Settings,
  { listing, place }: ListingRef,
  stocked: Stocked | undefined,
): string | StockpoolError {
  if (stocked === undefined)
    return new StockpoolError('not_found', `TikTok has no SKU ${listing} in this shop`, { field: 'listing' })
  const all = [...stocked.warehouses.keys()]
  const wanted = place === '' ? settings.warehouse : place
  if (wanted !== undefined && stocked.warehouses.has(wanted)) return wanted
  const [only] = all
  if (place === '' && all.length === 1 && only !== undefined) return only
  if (wanted === undefined && all.length > 1) {
    return refuse(
      'invalid_input',
      'place',
      `SKU ${listing} lies in ${all.length} warehouses: ${all.join(', ')}`,
      'Link the listing with one of them as its place, or name one as `warehouse`.',
    )
  }
  return new StockpoolError(
    'not_found',
    `SKU ${listing} is not stocked in warehouse ${wanted ?? 'of any kind'}`,
    {
      field: place === '' ? 'warehouse' : 'place',
      remedy: `It lies in ${all.join(', ') || 'none'}.`,
    },
  )
}

function readingOf(settings: Settings, ref: ListingRef, stocked: Stocked | undefined): ListingReading {
  const warehouse = warehouseOf(settings, ref, stocked)
  if (typeof warehouse === 'string')
    return { status: 'shown', quantity: stocked?.warehouses.get(warehouse) ?? 0 }
  if (warehouse.code === 'not_found') return { status: 'missing', detail: warehouse.message }
  return { status: 'failed', error: warehouse }
}

async function readRows(
  context: AdapterContext,
  settings: Settings,
  refs: readonly ListingRef[],
): Promise<readonly ListingReading[]> {
  if (refs.length === 0) return []
  const found = await stockOf(
    context,
    settings,
    refs.map(({ listing }) => listing),
  )
  const hidden = await hiddenProducts(context, settings, [...found.values()])
  return refs.map((ref) => {
    const stocked = found.get(ref.listing)
    const reading = readingOf(settings, ref, stocked)
    const isHidden = stocked !== undefined && hidden.has(stocked.product)
    return reading.status === 'shown' && isHidden ? { status: 'shown', quantity: 0 } : reading
  })
}

/** The numbers of one SKU as they will be: all of its warehouses, for TikTok takes them together or not at all. */
interface Wanted {
  readonly stocked: Stocked
  readonly numbers: Map<string, number>
  /** The highest of what is written to it. */
  readonly priority: number
}

/** Each product is a call, and the calls of a batch wait for one bucket: what sells out, or sells less, goes before what sells more. */
const priorityOf = ({ quantity, expected }: ListingTarget): number => {
  if (quantity === 0) return 9
  return expected !== null && quantity < expected ? 7 : 5
}

/** What became of a write, by SKU: absent means that TikTok took it. */
type Refusals = Map<string, StockpoolError>

/** Update Inventory: one product a call, every warehouse of each SKU named and no other (12019028, 12052037). */
export function updateCall(product: string, wanted: readonly Wanted[]) {
  return {
    operation: 'UpdateInventory',
    effect: 'idempotent',
    method: 'POST',
    path: `/product/202309/products/${id(product, 'listing')}/inventory/update`,
    priority: Math.max(...wanted.map(({ priority }) => priority)),
    json: {
      skus: wanted.map(({ stocked, numbers }) => ({
        id: stocked.sku,
        inventory: [...numbers].map(([warehouse_id, quantity]) => ({ warehouse_id, quantity })),
      })),
    },
    schema: RowErrors,
  } as const
}

/** Refusals inside a success, by SKU; one that names no SKU is of them all. */
export function refusalsOf(answer: RowErrors, skus: readonly string[]): Refusals {
  const refusals: Refusals = new Map()
  for (const { code, message, detail } of answer.errors ?? []) {
    const [extra] = detail?.extra_errors ?? []
    const where = extra?.warehouse_id ? ` (warehouse ${extra.warehouse_id})` : ''
    const words = [message, extra?.message].filter((part) => part != null && part !== '').join(': ')
    const named = detail?.sku_id
    for (const sku of named && skus.includes(named) ? [named] : skus)
      refusals.set(sku, rowError(`the number of SKU ${sku}${where}`, code ?? null, words))
  }
  return refusals
}

async function writeProduct(
  context: AdapterContext,
  settings: Settings,
  product: string,
  wanted: readonly Wanted[],
): Promise<Refusals> {
  const skus = wanted.map(({ stocked }) => stocked.sku)
  try {
    const { data } = await send(context, settings, updateCall(product, wanted))
    const refusals = refusalsOf(data, skus)
    const asked = wanted.map(({ stocked, numbers }) => ({ sku: stocked.sku, units: total(numbers) }))
    if (refusals.size > 0) await deactivateWhenEmpty(context, settings, product, asked, refusals)
    const raised = asked.flatMap(({ sku, units }) => (units > 0 && !refusals.has(sku) ? [sku] : []))
    await activate(context, settings, product, raised, refusals)
    return refusals
  } catch (error) {
    const failed = toStockpoolError(error)
    return new Map(skus.map((sku) => [sku, failed]))
  }
}

const total = (numbers: ReadonlyMap<string, number>) =>
  [...numbers.values()].reduce((sum, each) => sum + each, 0)

/**
 * Writes numbers product by product, and reads them back: TikTok takes edits that then do nothing (openlinker/openlinker#2882),
 * so only what it shows is done. What is shown of a SKU's other warehouses is written again as it was just read.
 */
async function writeRows(
  context: AdapterContext,
  settings: Settings,
  targets: readonly ListingTarget[],
): Promise<readonly WriteResult[]> {
  if (targets.length === 0) return []
  const found = await stockOf(
    context,
    settings,
    targets.map(({ listing }) => listing),
  )
  const failed = new Map<ListingTarget, StockpoolError>()
  const wanted = new Map<string, Map<string, Wanted>>()
  for (const target of targets) {
    const stocked = found.get(target.listing)
    const warehouse = warehouseOf(settings, target, stocked)
    if (typeof warehouse !== 'string') failed.set(target, warehouse)
    else if (target.quantity > mostUnits) failed.set(target, tooMany(target))
    else if (stocked) {
      const ofProduct = wanted.get(stocked.product) ?? new Map<string, Wanted>()
      const { numbers, priority } = ofProduct.get(stocked.sku) ?? {
        numbers: new Map(stocked.warehouses),
        priority: 0,
      }
      numbers.set(warehouse, target.quantity)
      const sku = { stocked, numbers, priority: Math.max(priority, priorityOf(target)) }
      wanted.set(stocked.product, ofProduct.set(stocked.sku, sku))
    }
  }
  const refusals: Refusals = new Map()
  await Promise.all(
    [...wanted].map(async ([product, skus]) => {
      const refused = await writeProduct(context, settings, product, [...skus.values()])
      for (const [sku, error] of refused) refusals.set(sku, error)
    }),
  )
  const left = targets.filter((target) => !failed.has(target))
  const readings = await lookAgain(context, settings, left)
  return targets.map((target) => {
    const error = failed.get(target)
    if (error) return { status: 'failed', error }
    return resultOf(settings, target, readings.get(target), refusals.get(target.listing))
  })
}

/** What is shown after a write; a look that fails says nothing of the write. */
async function lookAgain(
  context: AdapterContext,
  settings: Settings,
  targets: readonly ListingTarget[],
): Promise<Map<ListingTarget, ListingReading>> {
  try {
    const readings = await readRows(context, settings, targets)
    return new Map(
      targets.flatMap((target, row) => (readings[row] ? [[target, readings[row]] as const] : [])),
    )
  } catch (error) {
    const failed: ListingReading = { status: 'failed', error: toStockpoolError(error) }
    return new Map(targets.map((target) => [target, failed]))
  }
}

function resultOf(
  settings: Settings,
  target: ListingTarget,
  reading: ListingReading | undefined,
  refusal: StockpoolError | undefined,
): WriteResult {
  if (reading?.status === 'shown' && reading.quantity === target.quantity) return { status: 'done' }
  if (refusal) return { status: 'failed', error: refusal }
  if (reading?.status === 'missing')
    return { status: 'failed', error: new StockpoolError('not_found', reading.detail, { field: 'listing' }) }
  const observed = reading?.status === 'shown' ? reading.quantity : null
  return {
    status: 'pending',
    handle: target.key || target.listing,
    checkAfterMs: settings.checkAfterMs,
    observed,
  }
}

function tooMany({ listing, quantity }: ListingTarget): StockpoolError {
  return refuse(
    'invalid_input',
    'quantity',
    `TikTok shows at most ${mostUnits} of a SKU, not ${quantity} of ${listing}`,
    `Link the listing with a cap of ${mostUnits}.`,
  )
}

async function checkRows(
  context: AdapterContext,
  settings: Settings,
  rows: readonly { readonly target: ListingTarget; readonly handle: string }[],
): Promise<readonly WriteResult[]> {
  const targets = rows.map(({ target }) => target)
  const readings = await lookAgain(context, settings, targets)
  return rows.map(({ target, handle }) => {
    const result = resultOf(settings, target, readings.get(target), undefined)
    return result.status === 'pending' ? { ...result, handle } : result
  })
}

export function tiktokListings(settings: Settings): TikTokListings {
  return {
    // A call for each product: few enough that urgent rows are not stuck behind, enough to read them back together.
    batch: 50,
    compareAndSet: false,
    write: (context, targets) => writeRows(context, settings, targets),
    read: (context, refs) => readRows(context, settings, refs),
    list: (context, cursor) => listPage(context, settings, cursor),
    check: (context, rows) => checkRows(context, settings, rows),
  }
}
