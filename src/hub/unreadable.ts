import type { StockpoolError } from '../error.ts'
import type { UnreadableOrder } from '../spec/orders.ts'
import { getSubmission } from '../store/submissions.ts'
import { noteUnreadable } from '../store/unreadable.ts'
import { commit, type Pass } from './runtime.ts'

/**
 * Notes the orders of a channel's page that could not be read: each gets a job that reads it alone, and a person is told.
 * Only then may the cursor move on.
 */
export async function noteUnreadableOrders(
  pass: Pass,
  unreadable: readonly UnreadableOrder[] | undefined,
): Promise<void> {
  const { name: connection } = pass
  for (const { id, error } of unreadable ?? []) {
    if (id === null) {
      report(pass, null, error)
      continue
    }
    const fresh = await commit(pass, (tx) =>
      noteUnreadable(tx, {
        connection,
        order: id,
        reason: reasonOf(connection, error),
        job: {
          connection,
          kind: 'order.fetch',
          key: `${connection}/${id}`,
          payload: { order: id },
          at: pass.run.at(),
        },
      }),
    )
    if (fresh) report(pass, id, error)
  }
}

/** The same for a provider's page. References that are none of ours are left alone. */
export async function noteUnreadableNews(
  pass: Pass,
  unreadable: readonly UnreadableOrder[] | undefined,
): Promise<void> {
  const { name: provider } = pass
  for (const { id: reference, error } of unreadable ?? []) {
    if (reference === null) {
      report(pass, null, error)
      continue
    }
    const fresh = await commit(pass, async (tx) => {
      const submission = await getSubmission(tx, provider, reference)
      if (submission === null) return false
      const { connection, order } = submission
      const at = pass.run.at()
      const key = `${provider}/${reference}`
      const reason = reasonOf(provider, error)
      const job = {
        connection: provider,
        kind: 'fulfillment.fetch',
        key,
        payload: { reference },
        at,
      } as const
      return noteUnreadable(tx, { connection, order, reason, job })
    })
    if (fresh) report(pass, reference, error)
  }
}

const reasonOf = (platform: string, { message, field }: StockpoolError) =>
  `${platform}: the order cannot be read${field === undefined ? '' : ` (${field})`}: ${message}`

function report(pass: Pass, id: string | null, error: StockpoolError): void {
  const { code, message, field } = error
  pass.report.errors.push({ doing: `reading order ${id ?? '(its id cannot be read)'}`, code, message })
  pass.run.log.warn('an order cannot be read', { connection: pass.name, order: id, code, field, message })
}
