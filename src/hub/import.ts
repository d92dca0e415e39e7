import { z } from 'zod'
import { StockpoolError } from '../error.ts'
import { orBeginAgain } from '../http/index.ts'
import { LocationId, Sku } from '../model/ids.ts'
import type { ListedListing } from '../spec/listings.ts'
import { readCursor, writeCursor } from '../store/connections.ts'
import { type ImportRow, importListings } from '../store/imports.ts'
import { checked } from '../store/input.ts'
import { mustKnow } from './api-catalog.ts'
import { readOrders } from './orders-pass.ts'
import { commit, type Pass, type Runtime } from './runtime.ts'
import type { ConnectionWorker } from './worker.ts'

/** How far a first import is: totals since it was called. */
export interface ImportProgress {
  readonly doing: 'listings' | 'orders'
  readonly listings: {
    readonly read: number
    readonly linked: number
    readonly known: number
    readonly skipped: number
  }
  /** Items that were made. */
  readonly items: number
  readonly orders: { readonly read: number; readonly placed: number }
  /** Every order that changed before this instant has been read: ISO 8601 UTC; `null`: not yet known. */
  readonly ordersUntil: string | null
}

/** What a first import came to. */
export interface ImportReport extends Omit<ImportProgress, 'doing'> {
  /** Listings that were not linked, and why; the first 100 of them. */
  readonly skipped: readonly { readonly listing: string; readonly sku: string | null; readonly why: string }[]
}

/**
 * What `hub.import` takes.
 * @example await hub.import('web', { create: 'with-stock', onProgress: ({ listings }) => console.log(listings.read) })
 */
export interface ImportOptions {
  /** The SKU of a listing here; `null`: leave it out. Default: the SKU that the channel has. */
  readonly sku?: (listing: ListedListing) => string | null
  /**
   * Whether items that are not there are made: `with-stock` also counts what the channel shows of them into the pool, which is
   * right for one channel, the one whose numbers are true; `without-stock` makes them empty, and the channel then shows 0 until
   * stock is received. Default `no`: only listings of known SKUs are linked.
   */
  readonly create?: 'no' | 'with-stock' | 'without-stock'
  /** Where that stock lies. Default `main`. */
  readonly location?: string
  /** Whether the orders are read as well, as far back as the connection's `ordersSince`. Default `true`. */
  readonly orders?: boolean
  /** Called after each page that was stored. */
  readonly onProgress?: (progress: ImportProgress) => void
  /** Ends it between two pages; what was done stays done, and the next call goes on from there. */
  readonly signal?: AbortSignal
}

const Options = z.strictObject({
  sku: z
    .custom<(listing: ListedListing) => string | null>(
      (value) => typeof value === 'function',
      'sku must be a function',
    )
    .optional(),
  create: z.enum(['no', 'with-stock', 'without-stock']).default('no'),
  location: LocationId.default(LocationId.parse('main')),
  orders: z.boolean().default(true),
  onProgress: z
    .custom<(progress: ImportProgress) => void>(
      (value) => typeof value === 'function',
      'onProgress must be a function',
    )
    .optional(),
  signal: z.instanceof(AbortSignal, { error: 'signal must be an AbortSignal' }).optional(),
})

const keptSkips = 100

/**
 * Takes in what a channel has: links its listings, then reads its orders, page by page, each page in one transaction with the
 * place to go on from. Killed at any moment, the next call goes on.
 */
export async function importConnection(
  run: Runtime,
  workers: ReadonlyMap<string, ConnectionWorker>,
  name: string,
  given: ImportOptions,
  closing: AbortSignal,
): Promise<ImportReport> {
  const options = checked(Options, given, 'options')
  const connection = mustKnow(run, name)
  const worker = workers.get(name)
  if (worker === undefined) throw new StockpoolError('internal', `nobody works for ${name}`)
  const signal = AbortSignal.any([closing, ...(options.signal ? [options.signal] : [])])
  const total = new Totals(options.onProgress)
  if (connection.listings?.list) {
    await worker.doOnce('import', signal, (pass) => importPages(pass, options, total))
  } else if (!connection.orders || !options.orders) {
    throw new StockpoolError('unsupported', `${name} (${connection.kind}) has nothing that can be imported`, {
      field: 'connection',
      remedy: 'Link its listings with hub.listings.link.',
    })
  }
  if (connection.orders && options.orders) {
    await worker.doOnce('orders', signal, async (pass) => {
      await readOrders(pass, (until) =>
        total.ordersRead(pass.report.ordersRead, pass.report.ordersPlaced, until),
      )
      const [failure] = pass.report.errors
      if (failure)
        run.log.warn('some orders could not be stored; they are tried again', {
          connection: name,
          ...failure,
        })
    })
  }
  return total.report()
}

/** What was done so far. */
class Totals {
  readonly #tell: ((progress: ImportProgress) => void) | undefined
  readonly listings = { read: 0, linked: 0, known: 0, skipped: 0 }
  readonly skipped: { listing: string; sku: string | null; why: string }[] = []
  items = 0
  #orders = { read: 0, placed: 0 }
  #until: string | null = null

  constructor(tell: ((progress: ImportProgress) => void) | undefined) {
    this.#tell = tell
  }

  skip(listing: string, sku: string | null, why: string): void {
    this.listings.skipped += 1
    if (this.skipped.length < keptSkips) this.skipped.push({ listing, sku, why })
  }

  pageStored(): void {
    this.#tell?.({ doing: 'listings', ...this.#progress() })
  }

  ordersRead(read: number, placed: number, until: string | null): void {
    this.#orders = { read, placed }
    this.#until = until
    this.#tell?.({ doing: 'orders', ...this.#progress() })
  }

  report(): ImportReport {
    return { ...this.#progress(), skipped: this.skipped }
  }

  #progress() {
    const { listings, items } = this
    return { listings: { ...listings }, items, orders: { ...this.#orders }, ordersUntil: this.#until }
  }
}

async function importPages(pass: Pass, options: z.output<typeof Options>, total: Totals): Promise<void> {
  const list = pass.connection.listings?.list?.bind(pass.connection.listings)
  if (list === undefined) return
  let { value: kept } = await pass.run.database.read((tx) => readCursor(tx, pass.name, 'import'))
  let cursor = kept
  for (;;) {
    pass.signal.throwIfAborted()
    const asked = list(pass.context, cursor)
    const page = await orBeginAgain(pass.context, asked, { of: 'listings', token: kept })
    kept = null
    if (page === null) {
      cursor = null
      continue
    }
    if (page.cursor !== null && page.cursor === cursor) {
      throw new StockpoolError('internal', 'the adapter gave the same page of listings twice')
    }
    const rows: ImportRow[] = []
    for (const listed of page.listings) {
      const row = rowOf(pass.name, listed, options)
      if (typeof row === 'string') total.skip(listed.listing, listed.sku, row)
      else rows.push(row)
    }
    for (const { id, error } of page.unreadable ?? []) total.skip(id ?? '', null, error.message)
    const at = pass.run.at()
    const next = page.cursor
    const { outcomes, made } = await commit(pass, async (tx) => {
      const done = await importListings(tx, rows, {
        create: options.create !== 'no',
        location: options.create === 'with-stock' ? options.location : null,
        at,
      })
      const ranAt = next === null ? at : null
      await writeCursor(tx, pass.name, 'import', { value: next, completeUntil: null, ranAt })
      return done
    })
    total.listings.read += page.listings.length + (page.unreadable?.length ?? 0)
    total.items += made
    for (const [index, outcome] of outcomes.entries()) {
      const row = rows[index]
      if (outcome === 'no-item')
        total.skip(row?.listing.listing ?? '', row?.sku ?? null, 'there is no item of this SKU here')
      else total.listings[outcome] += 1
    }
    total.pageStored()
    if (next === null) return
    cursor = next
  }
}

/** What is to be linked, or why it is not. */
function rowOf(
  connection: string,
  listed: ListedListing,
  options: z.output<typeof Options>,
): ImportRow | string {
  if (listed.fulfilledBy === 'platform') return 'the platform ships it from its own stock'
  const wanted = options.sku ? options.sku(listed) : listed.sku
  if (wanted === null || wanted === '')
    return options.sku ? 'left out by the sku function' : 'the channel has no SKU for it'
  const sku = Sku.safeParse(wanted)
  if (!sku.success) return `its SKU cannot be used here: ${sku.error.issues[0]?.message ?? ''}`
  const { listing, place, title, barcode, quantity } = listed
  return { listing: { connection, listing, place }, sku: sku.data, title, barcode, quantity }
}
