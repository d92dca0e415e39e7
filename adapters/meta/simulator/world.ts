import type { SeededRandom } from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'

/** One item of the catalogue. */
export interface Item {
  /** Meta's own number of it. */
  readonly id: string
  /** The content id: what sellers, feeds and the checkout URL call it. */
  readonly retailerId: string
  readonly title: string
  readonly gtin: string | null
  availability: string
  /** `null`: never set. */
  quantity: number | null
  visibility: 'published' | 'staging'
  reviewStatus: '' | 'approved' | 'pending' | 'rejected'
  /** Before the last change, for `stale_read`. */
  previous: { readonly availability: string; readonly quantity: number | null }
}

/** What one row of a batch asks for. */
export interface Row {
  readonly method: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly data: Readonly<Record<string, unknown>> & { readonly id: string }
}

export interface Failure {
  readonly line: number
  readonly id: string
  readonly message: string
}

/** A batch that was taken in; it is done at `dueAt`, and until then some of it may be. */
export interface Batch {
  readonly handle: string
  readonly rows: readonly Row[]
  readonly allowUpsert: boolean
  readonly takenAt: number
  readonly dueAt: number
  /** `dispatched` and `started` before it is over. */
  outcome: 'open' | 'finished' | 'error' | 'canceled'
  failures: readonly Failure[]
  /** What a fault makes of it. */
  readonly fate: 'apply' | 'lose' | 'give_up'
  /** Rows that a fault makes fail, by their place. */
  readonly failing: ReadonlySet<number>
}

export interface WorldOptions {
  readonly catalogId: string
  /** How long a batch takes, in milliseconds. */
  readonly processMs: number
}

export const availabilities: readonly string[] = [
  'in stock',
  'out of stock',
  'preorder',
  'available for order',
  'discontinued',
  'pending',
  'mark_as_sold',
]

export const byNumber = (one: Item, other: Item) => (one.id < other.id ? -1 : 1)

/** Everything the simulated Meta knows. Time passes by looking: what is due is done before each request is answered. */
export class World {
  readonly items = new Map<string, Item>()
  readonly batches = new Map<string, Batch>()
  readonly options: WorldOptions
  readonly clock: Clock
  readonly random: SeededRandom
  #sorted: readonly Item[] | null = null
  /** Seconds since 1970 at which the token ends; 0: never. */
  tokenExpiresAt = 0
  dataAccessExpiresAt = 0
  tokenValid = true
  scopes: readonly string[] = ['catalog_management', 'business_management']
  channels = { facebook: 'ENABLED', instagram: 'ENABLED' }

  constructor(options: WorldOptions, clock: Clock, random: SeededRandom) {
    this.options = options
    this.clock = clock
    this.random = random
  }

  settle(): number {
    const now = this.clock.now()
    const due = [...this.batches.values()].filter(({ outcome, dueAt }) => outcome === 'open' && dueAt <= now)
    for (const batch of due.sort((one, other) => one.dueAt - other.dueAt)) this.#finish(batch)
    return now
  }

  #finish(batch: Batch): void {
    // Half of it was done when it broke off.
    const rows =
      batch.fate === 'give_up' ? batch.rows.slice(0, Math.floor(batch.rows.length / 2)) : batch.rows
    batch.failures = rows.flatMap((row, line): Failure[] => {
      const message = batch.failing.has(line)
        ? 'The item could not be saved. Please try again.'
        : this.#apply(row, batch)
      return message === null ? [] : [{ line, id: row.data.id, message }]
    })
    batch.outcome = batch.fate === 'give_up' ? 'error' : 'finished'
  }

  /** What is wrong with the row, or `null` when it was done. */
  #apply({ method, data }: Row, { allowUpsert, fate }: Batch): string | null {
    const known = this.items.get(data.id)
    if (method === 'DELETE') {
      if (!known) return 'Product does not exist'
      if (fate === 'apply') this.remove(data.id)
      return null
    }
    if (!known && method === 'UPDATE' && !allowUpsert)
      return `Item with id ${data.id} does not exist in the catalog`
    const wrong = wrongWith(data)
    if (wrong !== null) return wrong
    if (fate !== 'apply') return null
    const item = known ?? this.put(data.id, String(data.title ?? data.id), 'in stock', null)
    item.previous = { availability: item.availability, quantity: item.quantity }
    if (typeof data.availability === 'string') item.availability = data.availability
    const quantity = data.quantity_to_sell_on_facebook ?? data.inventory
    if (typeof quantity === 'number') item.quantity = quantity
    return null
  }

  /** All items in the order in which Meta gives them: by their numbers. */
  get sorted(): readonly Item[] {
    this.#sorted ??= [...this.items.values()].sort(byNumber)
    return this.#sorted
  }

  remove(retailerId: string): boolean {
    this.#sorted = null
    return this.items.delete(retailerId)
  }

  put(
    retailerId: string,
    title: string,
    availability: string,
    quantity: number | null,
    gtin: string | null = null,
  ): Item {
    const known = this.items.get(retailerId)
    const item: Item = {
      id: known?.id ?? this.random.text(16, '123456789'),
      retailerId,
      title,
      gtin: gtin ?? known?.gtin ?? null,
      availability,
      quantity,
      visibility: known?.visibility ?? 'published',
      reviewStatus: known?.reviewStatus ?? 'approved',
      previous: { availability, quantity },
    }
    this.items.set(retailerId, item)
    this.#sorted = null
    return item
  }
}

/** What Meta says of members that it does not take. */
export function wrongWith(data: Readonly<Record<string, unknown>>): string | null {
  const { availability, quantity_to_sell_on_facebook: quantity } = data
  if (availability !== undefined && !availabilities.includes(String(availability))) {
    return `Invalid value: availability must be one of ${availabilities.join(', ')}`
  }
  if (quantity === undefined) return null
  const whole = typeof quantity === 'number' && Number.isInteger(quantity) && quantity >= 0
  return whole ? null : 'Invalid value: quantity_to_sell_on_facebook must be a whole number of 0 or more'
}

/** What a shopper can buy: by the word alone, since the checkout is on the website. */
export function shownBy({ availability, quantity }: Pick<Item, 'availability' | 'quantity'>): number {
  const sells = ['in stock', 'preorder', 'available for order'].includes(availability)
  return sells ? Math.max(1, quantity ?? 1) : 0
}
