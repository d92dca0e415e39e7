import { z } from 'zod'
import { type StockpoolError, toStockpoolError } from '../error.ts'
import { writeCursor } from '../store/connections.ts'
import { putDeadlines, type StoredDeadline, tellDeadlines } from '../store/deadlines.ts'
import { commit, type Pass } from './runtime.ts'

const Deadline = z.object({
  id: z.string().min(1),
  what: z.string(),
  at: z.int().transform((at, context): string => {
    const date = new Date(at)
    if (!Number.isNaN(date.getTime())) return date.toISOString()
    context.addIssue('at is no time')
    return z.NEVER
  }),
  remedy: z.string(),
})

/**
 * Asks what of the connection ends by itself, and tells of it. What is known is told in time also when the platform cannot be
 * asked today.
 */
export async function readDeadlines(pass: Pass): Promise<void> {
  const { name, connection, run } = pass
  const { found, failed } = await asked(pass)
  await commit(pass, async (tx) => {
    const at = run.at()
    if (found !== null) await putDeadlines(tx, name, found)
    await tellDeadlines(tx, name, at)
    const cursor = { value: null, completeUntil: null, ranAt: at }
    if (failed === null) await writeCursor(tx, name, 'deadlines', cursor)
  })
  if (failed !== null) throw failed

  async function asked({ context }: Pass): Promise<{
    found: StoredDeadline[] | null
    failed: StockpoolError | null
  }> {
    try {
      const given = (await connection.deadlines?.(context)) ?? []
      return { found: given.flatMap((one) => readable(pass, one)), failed: null }
    } catch (thrown) {
      const error = toStockpoolError(thrown)
      if (error.code === 'lease_lost' || error.code === 'aborted') throw error
      return { found: null, failed: error }
    }
  }
}

/** One that makes no sense does not hide the others. */
function readable(pass: Pass, given: unknown): StoredDeadline[] {
  const parsed = Deadline.safeParse(given)
  if (parsed.success) return [parsed.data]
  const message = `a deadline cannot be read: ${parsed.error.issues.map(({ path }) => path.join('.')).join(', ')}`
  pass.report.errors.push({ doing: 'reading deadlines', code: 'invalid_input', message })
  return []
}
