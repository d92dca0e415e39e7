import { StockpoolError } from '../error.ts'
import type { Balance, Movement } from '../model/stock.ts'
import { availableOf } from '../stock/offer.ts'
import { balancesOf } from './balances.ts'
import type { Database, Transaction } from './database.ts'
import { checked } from './input.ts'
import { componentsOf, componentsOfAll, noItem } from './kits.ts'
import { ensureBalances, lockBalances } from './locks.ts'
import { listMovements } from './movements.ts'
import { stockFacts } from './offers.ts'
import { Adjust, Count, Named, Page, Receive, Reserve, Settle, Transfer } from './pool-input.ts'
import { type ReservationResult, reserving } from './reservations.ts'
import { type SettleResult, settle } from './settlements.ts'
import { mustExist, type Oversold, type Posting, post } from './stock.ts'
import { Together } from './together.ts'
import { type Verification, verify } from './verify.ts'

/** Where, under which key, and a note for the ledger (`cause` of its movements). */
export interface StockOptions {
  /** The idempotency key: the same key with the same body answers `exists` and writes nothing. */
  readonly key: string
  /** Default: `main`. */
  readonly location?: string
  readonly note?: string
}

/** From where to where, under which key, and a note for the ledger. */
export interface TransferOptions {
  readonly from: string
  readonly to: string
  readonly key: string
  readonly note?: string
}

/** So many units of an SKU; a kit stands for its components. */
export interface StockLine {
  readonly sku: string
  /** 1 to 1,000,000,000. */
  readonly quantity: number
}

/**
 * How to reserve. At most one of `location` and `locations`, and one of `expiresInMs` (1 to 366 days) and `expiresAt`.
 * @example await hub.stock.reserve([{ sku: 'MUG-RED', quantity: 2 }], { key: 'cart-17', expiresInMs: 15 * 60_000 })
 */
export interface ReserveOptions {
  readonly key: string
  /** Take from here alone. */
  readonly location?: string
  /** Take from these, in this order. Default: all locations, by their priority. */
  readonly locations?: readonly string[]
  /** Give the stock back after so many milliseconds. Default: never. */
  readonly expiresInMs?: number
  /** Give the stock back at this time (ISO 8601 with an offset). */
  readonly expiresAt?: string
  readonly note?: string
}

/** A part of a reservation; without one, everything that it still holds is meant. */
export interface PartOptions {
  readonly lines: readonly StockLine[]
  /** The idempotency key of this part. */
  readonly key: string
}

/** `oversold` names what is below zero now, by as much as this posting brought it there. */
export type StockResult =
  | { readonly status: 'posted'; readonly oversold: readonly Oversold[] }
  | { readonly status: 'exists' }

/** How much of a SKU there is, over all locations. */
export interface StockLevel {
  readonly sku: string
  /** Free to promise. Below zero when more was sold than there is; of a kit, what its components make, at least 0. */
  readonly available: number
  readonly reserved: number
  readonly quarantined: number
  /** Empty for a kit. */
  readonly locations: readonly Balance[]
  /** `null` for an ordinary item. */
  readonly kit:
    | readonly { readonly sku: string; readonly quantity: number; readonly available: number }[]
    | null
}

export interface PoolOptions {
  readonly database: Pick<Database, 'dialect' | 'transaction' | 'read'>
  /** Now, as ISO 8601 in UTC with milliseconds. */
  readonly now: () => string
}

/**
 * The verbs of the stock pool: what users know as `hub.stock`. Every write takes a key; repeating it with the same
 * body answers `exists`, with another body throws `conflict`. Unknown SKUs and locations throw `not_found`, quantities
 * out of range `invalid_input`. A kit holds no stock: it can be reserved and read, and nothing else.
 *
 * @example
 * await stock.receive('MUG-RED', 40, { location: 'main', key: 'po-1001' })
 * const held = await stock.reserve([{ sku: 'MUG-RED', quantity: 2 }], { key: 'cart-77', expiresInMs: 900_000 })
 * if (held.status === 'insufficient') console.log(held.short)
 */
export function createStock({ database, now }: PoolOptions) {
  const together = new Together(database, reserving(database))

  return {
    /** Goods came in: `supplier` -> `available`. `quantity` from 1 to 1,000,000,000. */
    async receive(sku: string, quantity: number, options: StockOptions): Promise<StockResult> {
      const { key, location, note: cause, ...input } = checked(Receive, { ...options, sku, quantity })
      return one({ key, cause, reason: 'received', body: [input.sku, input.quantity, location] }, () => ({
        sku: input.sku,
        from: { bucket: 'supplier', location: null },
        to: { bucket: 'available', location },
        quantity: input.quantity,
      }))
    },

    /**
     * Corrects what is available by `delta` (not 0). A correction is a fact: it may go below zero, and then raises
     * `stock.oversold`.
     */
    async adjust(sku: string, delta: number, options: StockOptions): Promise<StockResult> {
      const { key, location, note: cause, ...input } = checked(Adjust, { ...options, sku, delta })
      return one({ key, cause, reason: 'adjusted', body: [input.sku, input.delta, location] }, () =>
        correction(input.sku, location, input.delta),
      )
    },

    /**
     * So many were counted on the shelf: available and reserved together, without what is quarantined. The difference
     * becomes a correction of what is available.
     */
    async count(sku: string, counted: number, options: StockOptions): Promise<StockResult> {
      const { key, location, note: cause, ...input } = checked(Count, { ...options, sku, counted })
      return one(
        { key, cause, reason: 'counted', body: [input.sku, input.counted, location] },
        async (tx) => {
          const row = await heldBalance(tx, input.sku, location)
          const onHand = (row?.available ?? 0) + (row?.reserved ?? 0)
          return correction(input.sku, location, input.counted - onHand)
        },
      )
    },

    /** Moves available units to another location. Throws `insufficient` when too few are there. */
    async transfer(sku: string, quantity: number, options: TransferOptions): Promise<StockResult> {
      const { key, from, to, note: cause, ...input } = checked(Transfer, { ...options, sku, quantity })
      return one({ key, cause, reason: 'transferred', body: [input.sku, input.quantity, from, to] }, () => ({
        sku: input.sku,
        from: { bucket: 'available', location: from },
        to: { bucket: 'available', location: to },
        quantity: input.quantity,
      }))
    },

    /**
     * Holds stock for a checkout of the merchant's own: all lines or none, kits as their components, the first location
     * that can fill all of it or else several. Too little stock is an answer: `insufficient`, naming each short SKU.
     */
    async reserve(lines: readonly StockLine[], options: ReserveOptions): Promise<ReservationResult> {
      const { key, note: cause, ...body } = checked(Reserve, { ...options, lines })
      const at = now()
      const { location, expiresInMs } = body
      const expiresAt = expiresInMs === undefined ? (body.expiresAt ?? null) : after(at, expiresInMs)
      const locations = location === undefined ? (body.locations ?? null) : [location]
      return together.run({ key, lines: body.lines, locations, expiresAt, cause: cause ?? null, at, body })
    },

    /** Gives back what a reservation holds, or a part of it. Throws `conflict` when less is held. */
    async release(reservation: string, part?: PartOptions): Promise<SettleResult> {
      return settleBy('released', reservation, part)
    },

    /** The goods of a reservation, or a part of them, left for the customer. Throws `conflict` when less is held. */
    async ship(reservation: string, part?: PartOptions): Promise<SettleResult> {
      return settleBy('shipped', reservation, part)
    },

    /** How much of a SKU there is. */
    async get(sku: string): Promise<StockLevel> {
      const name = checked(Named, { sku }).sku
      return database.read((tx) => levelOf(tx, name))
    },

    /** The ledger of a SKU, oldest first: up to `limit` (100; at most 1,000) movements with an id above `after`. */
    async movements(sku: string, page: { after?: number; limit?: number } = {}): Promise<Movement[]> {
      const input = checked(Page, { ...page, sku })
      return database.read(async (tx) => {
        await componentsOf(tx, input.sku)
        return listMovements(tx, input)
      })
    },

    /** Folds the whole ledger anew, adds up what is held, and compares both with the balances. */
    verify(): Promise<Verification> {
      return database.read(verify)
    },
  }

  async function one(
    what: Pick<Posting, 'key' | 'reason' | 'body'> & { cause: string | undefined },
    move: (tx: Transaction) => Posting['moves'][number] | null | Promise<Posting['moves'][number] | null>,
  ): Promise<StockResult> {
    const at = now()
    const { key, reason, body, cause } = what
    const result = await together.between(async (tx) => {
      const made = await move(tx)
      const moves = made === null ? [] : [made]
      const guard = reason === 'transferred' ? 'guarded' : 'forced'
      return post(tx, { key, body, derived: true, at, reason, cause: cause ?? null, moves, guard })
    })
    if (result.status !== 'insufficient') return result
    const [short] = result.short
    throw new StockpoolError(
      'insufficient',
      `only ${short?.available} of ${short?.sku} are available at ${short?.location}`,
      {
        field: 'quantity',
        remedy: 'Move at most what is available there.',
        details: { short: result.short },
      },
    )
  }

  async function settleBy(
    how: 'released' | 'shipped',
    reservation: string,
    part: PartOptions | undefined,
  ): Promise<SettleResult> {
    const input = checked(Settle, { reservation, part })
    const at = now()
    return together.between(async (tx) => {
      if (input.part === undefined) return settle(tx, input.reservation, how, at, null)
      const { key, lines } = input.part
      return settle(tx, input.reservation, how, at, { key, units: await unitsOf(tx, lines), body: lines })
    })
  }
}

/** The verbs of `hub.stock`. */
export type Stock = ReturnType<typeof createStock>

/** A balance, held until the transaction ends, also where none was. */
async function heldBalance(tx: Transaction, sku: string, location: string): Promise<Balance | undefined> {
  const find = async () => (await balancesOf(tx, [sku])).get(sku)?.find((row) => row.location === location)
  await lockBalances(tx, [sku])
  const found = await find()
  if (found !== undefined) return found
  await mustExist(tx, sku, location)
  await ensureBalances(tx, [{ sku, location }])
  await lockBalances(tx, [sku])
  return find()
}

function correction(sku: string, location: string, delta: number): Posting['moves'][number] | null {
  if (delta === 0) return null
  const shelf = { bucket: 'available', location } as const
  const outside = { bucket: 'correction', location: null } as const
  return delta > 0
    ? { sku, from: outside, to: shelf, quantity: delta }
    : { sku, from: shelf, to: outside, quantity: -delta }
}

function after(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString()
}

/** Units of stocked SKUs that these lines mean, kits expanded and repeated SKUs summed. */
async function unitsOf(tx: Transaction, lines: readonly StockLine[]): Promise<Map<string, number>> {
  const parts = await componentsOfAll(
    tx,
    lines.map((line) => line.sku),
  )
  const units = new Map<string, number>()
  for (const [index, line] of lines.entries()) {
    for (const part of parts.get(line.sku) ?? noItem(line.sku, `part.lines.${index}.sku`)) {
      units.set(part.sku, (units.get(part.sku) ?? 0) + part.quantity * line.quantity)
    }
  }
  return units
}

async function levelOf(tx: Transaction, sku: string): Promise<StockLevel> {
  const parts = await componentsOf(tx, sku)
  const facts = await stockFacts(tx, parts)
  const [own] = facts
  if (own !== undefined && facts.length === 1 && own.sku === sku) {
    return { sku, ...totals(own.locations), locations: own.locations, kit: null }
  }
  const { available } = availableOf(
    facts.map((fact) => ({ ...fact, byLocation: fact.locations })),
    null,
  )
  const kit = facts.map((fact) => ({
    sku: fact.sku,
    quantity: fact.quantity,
    available: totals(fact.locations).available,
  }))
  return { sku, available, reserved: 0, quarantined: 0, locations: [], kit }
}

function totals(balances: readonly Balance[]): Pick<StockLevel, 'available' | 'reserved' | 'quarantined'> {
  const sum = { available: 0, reserved: 0, quarantined: 0 }
  for (const balance of balances) {
    sum.available += balance.available
    sum.reserved += balance.reserved
    sum.quarantined += balance.quarantined
  }
  return sum
}
