import { StockpoolError } from '../error.ts'
import { maxQuantity } from '../model/ids.ts'
import type { Bucket } from '../model/stock.ts'

/** A bucket at a location, or a bucket outside the pool (`location: null`). */
export interface Side {
  readonly bucket: Bucket
  readonly location: string | null
}

/** `quantity` units of a SKU go from one side to the other. */
export interface Move {
  readonly sku: string
  readonly from: Side
  readonly to: Side
  readonly quantity: number
}

/** By how much a posting changes one balance row. */
export interface BalanceChange {
  readonly sku: string
  readonly location: string
  available: number
  reserved: number
  quarantined: number
}

const buckets = ['available', 'reserved', 'quarantined'] as const
const inside: ReadonlySet<Bucket> = new Set(buckets)

function isInside(bucket: Bucket): bucket is 'available' | 'reserved' | 'quarantined' {
  return inside.has(bucket)
}

/** Equal moves become one, so that a SKU named twice in an order is one line of the ledger. */
export function sumMoves(moves: readonly Move[]): Move[] {
  const sums = new Map<string, Move>()
  for (const move of moves) {
    const { sku, from, to } = move
    const key = JSON.stringify([sku, from.bucket, from.location, to.bucket, to.location])
    const known = sums.get(key)
    sums.set(key, known === undefined ? move : { ...known, quantity: known.quantity + move.quantity })
  }
  return [...sums.values()].sort(byRow)
}

function byRow(a: Move, b: Move): number {
  return compare(a.sku, b.sku) || compare(rowOf(a), rowOf(b))
}

function rowOf(move: Move): string {
  return move.from.location ?? move.to.location ?? ''
}

// Code units, not a locale: every process must agree on the order in which rows are locked.
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * What a posting does to each balance row, sorted by (SKU, location): two postings that touch the same rows take them
 * in the same order, and so never wait for each other in a ring. Rows that end unchanged are left out.
 */
export function balanceChanges(moves: readonly Move[]): BalanceChange[] {
  const changes = new Map<string, Map<string, BalanceChange>>()
  const add = (sku: string, side: Side, quantity: number) => {
    if (side.location === null || !isInside(side.bucket)) return
    let rows = changes.get(sku)
    if (rows === undefined) {
      rows = new Map()
      changes.set(sku, rows)
    }
    let row = rows.get(side.location)
    if (row === undefined) {
      row = { sku, location: side.location, available: 0, reserved: 0, quarantined: 0 }
      rows.set(side.location, row)
    }
    row[side.bucket] += quantity
  }
  for (const { sku, from, to, quantity } of moves) {
    add(sku, from, -quantity)
    add(sku, to, quantity)
  }
  return [...changes.values()]
    .flatMap((rows) => [...rows.values()])
    .filter((row) => row.available !== 0 || row.reserved !== 0 || row.quarantined !== 0)
    .sort((a, b) => compare(a.sku, b.sku) || compare(a.location, b.location))
}

/** What one posting does to its rows; `guarded`: only as far as what is available goes. */
export interface Step {
  readonly changes: readonly BalanceChange[]
  readonly guarded: boolean
}

/** What several steps do to one balance row together, and what it must hold at first for each of them to be allowed. */
export interface RowChange extends BalanceChange {
  needs: { available: number; reserved: number; quarantined: number }
}

/** A row's name in a map. */
export function rowName({ sku, location }: { readonly sku: string; readonly location: string }): string {
  return `${sku.length} ${sku} ${location}`
}

/**
 * The rows that these steps, one after the other, change, sorted by (SKU, location). What is available may fall to any
 * depth by a step that is not guarded; nothing else may ever fall below zero.
 */
export function rowChanges(steps: readonly Step[]): RowChange[] {
  const rows = new Map<string, RowChange>()
  for (const { changes, guarded } of steps) {
    for (const change of changes) {
      const name = rowName(change)
      let row = rows.get(name)
      if (row === undefined) {
        const needs = { available: Number.MIN_SAFE_INTEGER, reserved: 0, quarantined: 0 }
        row = { ...change, available: 0, reserved: 0, quarantined: 0, needs }
        rows.set(name, row)
      }
      for (const bucket of buckets) {
        row[bucket] += change[bucket]
        // What the steps so far took of it, less what they gave, must have been there.
        if (bucket === 'available' && (!guarded || change.available >= 0)) continue
        row.needs[bucket] = Math.max(row.needs[bucket], -row[bucket])
      }
    }
  }
  return [...rows.values()].sort((a, b) => compare(a.sku, b.sku) || compare(a.location, b.location))
}

/** Refuses a move that no ledger should hold. */
export function checkMove(move: Move, field: string): void {
  const wrong = (part: string, message: string) =>
    new StockpoolError('invalid_input', message, {
      field: `${field}.${part}`,
      remedy: 'Correct the move.',
      details: { move },
    })
  if (!Number.isSafeInteger(move.quantity) || move.quantity < 1 || move.quantity > maxQuantity) {
    throw wrong('quantity', `quantity must be a whole number from 1 to ${maxQuantity}`)
  }
  for (const part of ['from', 'to'] as const) {
    const { bucket, location } = move[part]
    if (isInside(bucket) !== (location !== null)) {
      throw wrong(part, isInside(bucket) ? `${bucket} needs a location` : `${bucket} has no location`)
    }
  }
  if (move.from.bucket === move.to.bucket && move.from.location === move.to.location) {
    throw wrong('to', 'a move must go somewhere else')
  }
}
