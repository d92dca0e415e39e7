import { StockpoolError } from '../../src/error.ts'
import { Return } from '../../src/model/return.ts'
import type { Clock } from '../../src/spec/context.ts'
import type { RefundState, ReturnsFacet } from '../../src/spec/returns.ts'

type Given = Omit<Partial<Return>, 'id'> & { id: string }

/** The returns of a channel in memory, and what it paid back. */
export class FakeReturns {
  readonly returns = new Map<string, { sequence: number; value: Return }>()
  /** Every payment that left, in order. */
  readonly paid: { key: string; order: string; amount: number }[] = []
  readonly calls: { call: string; request: unknown }[] = []
  readonly unreadable = new Map<string, StockpoolError>()
  fault: (call: string, phase: 'before' | 'after') => void = () => {}
  /** Its adapter does not look before it pays again: what a planted bug is made of. */
  hasty = false
  /** It cannot tell what it has paid: after a lost answer nobody knows. */
  forgetful = false
  /** It takes refunds, and has not decided them: what it says when it is asked what became of one. */
  decision: RefundState | null = null
  readonly #clock: Clock
  #sequence = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The buyer asks, or the channel tells something else of a return from now on. */
  tell({ id, ...change }: Given): Return {
    const before = this.returns.get(id)?.value
    const value = Return.parse({
      order: 'o1',
      status: 'requested',
      lines: [{ line: 'l1', expected: 1, reason: 'Ada says: too hot' }],
      raw: { note: 'Ada Buyer says that it leaks' },
      ...before,
      updatedAt: new Date(this.#clock.now()).toISOString(),
      ...change,
      id,
    })
    this.returns.set(id, { sequence: ++this.#sequence, value })
    return value
  }

  async #call<T>(call: string, request: unknown, effect: () => T): Promise<T> {
    this.calls.push({ call, request })
    this.fault(call, 'before')
    const result = effect()
    this.fault(call, 'after')
    return result
  }

  readonly #become = (call: string, status: Return['status']) => (_: unknown, request: { return: string }) =>
    this.#call(call, request, () => {
      const known = this.returns.get(request.return)?.value
      if (known?.status === 'cancelled') return { outcome: 'too_late' as const }
      if (known?.status !== status) this.tell({ id: request.return, status })
      return { outcome: 'done' as const }
    })

  facet() {
    return {
      read: (_context, cursor) =>
        this.#call('read', cursor, () => {
          const after = Number(cursor ?? 0)
          const news = [...this.returns.values()]
            .filter(({ sequence }) => sequence > after)
            .sort((a, b) => a.sequence - b.sequence)
          const page = news.slice(0, 2)
          return {
            returns: page.map(({ value }) => value),
            unreadable: [...this.unreadable].map(([id, error]) => ({ id, error })),
            cursor: String(page.at(-1)?.sequence ?? after),
            more: news.length > page.length,
          }
        }),
      get: (_context, id) => this.#call('get', id, () => this.returns.get(id)?.value ?? null),
      open: (_context, request) =>
        this.#call('open', request, () => {
          const id = `r-${request.key}`
          if (!this.returns.has(id)) this.tell({ id, status: 'approved', order: request.order })
          return { outcome: 'done' as const, return: id }
        }),
      approve: this.#become('approve', 'approved'),
      decline: this.#become('decline', 'declined'),
      receive: this.#become('receive', 'received'),
      close: this.#become('close', 'processed'),
      refund: (_context, request) =>
        this.#call('refund', request, () => {
          const before = this.paid.find(({ key }) => key === request.key)
          if (request.repeated && this.forgetful)
            throw new StockpoolError('unknown_outcome', 'the channel does not say what it paid')
          const amount = request.amount ?? { amount: 500, currency: 'USD' }
          // A channel without idempotency keys: only whoever looks first pays once.
          if (this.hasty || !request.repeated || before === undefined)
            this.paid.push({ key: request.key, order: request.order, amount: amount.amount })
          const outcome = this.decision === null ? ('done' as const) : ('pending' as const)
          return { outcome, reference: `pay-${this.paid.length}`, amount }
        }),
      checkRefund: (_context, refund) =>
        this.#call('checkRefund', refund, () => this.decision ?? { outcome: 'done' as const, amount: null }),
    } satisfies ReturnsFacet
  }
}
