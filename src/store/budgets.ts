import type { Transaction } from './database.ts'

/** A bucket that several processes spend of. Rates in tokens a second; times in epoch milliseconds. */
export interface Budget {
  readonly rate: number
  readonly burst: number
  /** What a cost above `burst` waits for. */
  readonly ceiling: number
  /** So many milliseconds after it was drawn a token may be spent. */
  readonly keepMs: number
  /** As of `at`. */
  readonly tokens: number
  readonly at: number
  readonly blockedUntil: number
}

export type BudgetShape = Pick<Budget, 'rate' | 'burst' | 'ceiling' | 'keepMs'>

interface Key {
  readonly connection: string
  readonly name: string
}

interface Row {
  rate: number
  burst: number
  ceiling: number
  keep_ms: number
  tokens: number
  at: number
  blocked_until: number
  drawn: number
}

const columns = 'rate, burst, ceiling, keep_ms, tokens, at, blocked_until, drawn'

const toBudget = (row: Row): Budget => ({
  rate: Number(row.rate),
  burst: Number(row.burst),
  ceiling: Number(row.ceiling),
  keepMs: Number(row.keep_ms),
  tokens: Number(row.tokens),
  at: Number(row.at),
  blockedUntil: Number(row.blocked_until),
})

const number = 'CAST(? AS DOUBLE PRECISION)'
/** Time as the row knows it never goes back: a process whose clock is behind finds that none has passed. */
const latest = 'CASE WHEN asked.now_ms > budget.at THEN asked.now_ms ELSE budget.at END'
const filled = `(budget.tokens + CASE WHEN asked.now_ms > budget.at THEN (asked.now_ms - budget.at) * budget.rate / 1000 ELSE 0 END)`
/** Sums of fractions may miss a whole number by a hair. */
const hair = '0.000000001'

/**
 * Makes a bucket known, full. One that is known keeps what was learned of it, unless it was declared anew: then another
 * version of the adapter knows better.
 */
export async function openBudget(
  tx: Transaction,
  {
    connection,
    name,
    declared,
    shape,
    now,
  }: Key & { readonly declared: string; readonly shape: BudgetShape; readonly now: number },
): Promise<void> {
  await tx.run(
    `INSERT INTO budget (connection, name, declared, rate, burst, ceiling, keep_ms, tokens, at, blocked_until, drawn)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
     ON CONFLICT (connection, name) DO UPDATE SET
       declared = excluded.declared, rate = excluded.rate, burst = excluded.burst, ceiling = excluded.ceiling,
       keep_ms = excluded.keep_ms
     WHERE budget.declared <> excluded.declared`,
    [connection, name, declared, shape.rate, shape.burst, shape.ceiling, shape.keepMs, shape.burst, now],
  )
}

/**
 * Draws the most that fits of three amounts: condition and write are one statement, so that any number of processes
 * may draw at once. `drawn` is 0 when not even `needed` fits; `null`: there is no such bucket.
 *
 * An amount above `burst` waits until the bucket would hold it (or `ceiling`, if that is less), had it room, and leaves it below
 * zero: so the sum over any time stays what it is for small amounts.
 */
export async function drawBudget(
  tx: Transaction,
  {
    connection,
    name,
    most,
    middle,
    needed,
    now,
  }: Key & {
    readonly most: number
    readonly middle: number
    readonly needed: number
    readonly now: number
  },
): Promise<{ readonly drawn: number; readonly budget: Budget } | null> {
  const amount = `CASE WHEN ${filled} >= asked.most THEN asked.most WHEN ${filled} >= asked.middle THEN asked.middle ELSE asked.needed END`
  const row = await tx.get<Row>(
    `WITH asked AS (SELECT ${number} AS now_ms, ${number} AS most, ${number} AS middle, ${number} AS needed)
     UPDATE budget SET
       tokens = CASE WHEN ${filled} < budget.burst THEN ${filled} ELSE budget.burst END - ${amount},
       at = ${latest},
       drawn = ${amount}
     FROM asked
     WHERE connection = ? AND name = ? AND budget.blocked_until <= asked.now_ms
       AND ${filled} + ${hair} >= CASE WHEN asked.needed > budget.ceiling THEN budget.ceiling ELSE asked.needed END
     RETURNING ${columns}`,
    [now, most, middle, needed, connection, name],
  )
  if (row) return { drawn: Number(row.drawn), budget: toBudget(row) }
  const budget = await readBudget(tx, { connection, name })
  return budget === null ? null : { drawn: 0, budget }
}

/** Takes a platform's word on its bucket. What is `null` stays as it is; only what is given back makes the bucket hold more. */
export async function tellBudget(
  tx: Transaction,
  {
    connection,
    name,
    now,
    shape,
    above,
    left,
    give,
    blockedUntil,
  }: Key & {
    readonly now: number
    readonly shape: BudgetShape | null
    /** When it holds more than `above`, it holds `left`. */
    readonly above: number | null
    readonly left: number | null
    /** Drawn, and not taken by the platform after all. */
    readonly give: number
    readonly blockedUntil: number | null
  },
): Promise<Budget | null> {
  const burst = 'COALESCE(asked.burst, budget.burst)'
  const given = `(${filled} + asked.give_back)`
  const held = `CASE WHEN ${given} < ${burst} THEN ${given} ELSE ${burst} END`
  const row = await tx.get<Row>(
    `WITH asked AS (SELECT ${number} AS now_ms, ${number} AS rate, ${number} AS burst, ${number} AS ceiling, ${number} AS keep_ms,
       ${number} AS above, ${number} AS remains, ${number} AS give_back, ${number} AS blocked_until)
     UPDATE budget SET
       tokens = CASE WHEN asked.above IS NOT NULL AND ${held} > asked.above THEN asked.remains ELSE ${held} END,
       at = ${latest},
       rate = COALESCE(asked.rate, budget.rate),
       burst = ${burst},
       ceiling = COALESCE(asked.ceiling, budget.ceiling),
       keep_ms = COALESCE(asked.keep_ms, budget.keep_ms),
       blocked_until = CASE WHEN asked.blocked_until > budget.blocked_until THEN asked.blocked_until ELSE budget.blocked_until END
     FROM asked WHERE connection = ? AND name = ?
     RETURNING ${columns
       .split(', ')
       .map((column) => `budget.${column}`)
       .join(', ')}`,
    [
      now,
      shape?.rate ?? null,
      shape?.burst ?? null,
      shape?.ceiling ?? null,
      shape?.keepMs ?? null,
      above,
      left,
      give,
      blockedUntil,
      connection,
      name,
    ],
  )
  return row ? toBudget(row) : null
}

export async function readBudget(tx: Transaction, { connection, name }: Key): Promise<Budget | null> {
  const row = await tx.get<Row>(`SELECT ${columns} FROM budget WHERE connection = ? AND name = ?`, [
    connection,
    name,
  ])
  return row ? toBudget(row) : null
}

/** Whether a SQLite database lies in a file, so that other processes may open it. */
export async function liesInFile(tx: Transaction): Promise<boolean> {
  const row = await tx.get<{ file: string }>(`SELECT file FROM pragma_database_list WHERE name = 'main'`)
  return row !== undefined && row.file !== ''
}
