import { StockpoolError } from '../error.ts'
import type { Order } from '../model/order.ts'
import { arrivedLines } from '../order/index.ts'
import type { DeclineReason } from '../spec/returns.ts'
import { type Answer, answersOf, arrivedAs, ask, type NewAnswer } from '../store/answers.ts'
import { getLocation } from '../store/catalog.ts'
import type { Transaction } from '../store/database.ts'
import { checked } from '../store/input.ts'
import type { AnswerKind } from '../store/jobs.ts'
import { lockOrder } from '../store/locks.ts'
import { loadOrder } from '../store/order-rows.ts'
import { addTimeline, readReturnPayload } from '../store/orders.ts'
import { getReturn, listReturns, type ReturnQuery, type StoredReturn } from '../store/return-rows.ts'
import { ReturnInput, type ReturnMove, type ReturnStep, returnGoods } from '../store/returns.ts'
import { mustKnow } from './api-catalog.ts'
import {
  Arrival,
  type ArrivalInput,
  DeclineOptions,
  OpenReturn,
  type OpenReturnInput,
  Refund,
  type RefundInput,
  ReturnId,
} from './inputs-returns.ts'
import { known, mustHave } from './order-lookup.ts'
import { payloadKey, type ReturnPayload } from './returns-pass.ts'
import type { Runtime } from './runtime.ts'

/** `asked`: stored, and the channel is told next. `exists`: it was asked before; what had failed is tried again. */
export interface Asked {
  readonly status: 'asked' | 'exists'
}

/** `hub.returns`: goods that came back, and what the merchant decides of them. Only graded goods are sold again. */
export const returnsApi = (run: Runtime) => ({
  /**
   * A return as it is known; `null` when nobody told of it. `raw` is the latest payload, and `reason` says in the buyer's words
   * why: both may name the buyer, so keep them out of logs. They are `null` once buyer data were erased.
   * @throws StockpoolError `not_found` for an unknown connection
   */
  async get(connection: string, id: string): Promise<(StoredReturn & { raw: unknown }) | null> {
    mustKnow(run, connection)
    const given = checked(ReturnId, id, 'id')
    return run.database.read(async (tx) => {
      const found = await getReturn(tx, connection, given)
      if (found === null) return null
      const which = { connection, id: payloadKey(found.source, given) }
      const kept =
        found.order === null ? null : await readReturnPayload(tx, found.order, which, run.vault.reveal)
      const { raw, reasons } = (kept ?? { raw: null, reasons: {} }) as ReturnPayload
      const lines = found.lines.map((one) => ({ ...one, reason: reasons[one.line ?? ''] ?? null }))
      return { ...found, lines, raw }
    })
  },
  /**
   * One page of returns without `raw` and reasons, oldest change first; give its `after` back for the next page, until it is `null`.
   * @throws StockpoolError `not_found` for an unknown connection, `invalid_input` naming the field
   * @example const { returns } = await hub.returns.list({ status: 'requested' })
   */
  async list(query: ReturnQuery = {}): Promise<{ returns: StoredReturn[]; after: string | null }> {
    if (query?.connection !== undefined) mustKnow(run, query.connection)
    return run.database.read((tx) => listReturns(tx, query))
  },
  /**
   * Everything that was decided for an order's returns and refunds, and what became of it, oldest first.
   * @throws StockpoolError `not_found` for an unknown connection
   */
  async answers(connection: string, order: string): Promise<Answer[]> {
    const id = known(run, connection, order)
    return run.database.read((tx) => answersOf(tx, connection, id))
  },

  /**
   * Opens a return for the buyer, once under its key.
   * @throws StockpoolError `unsupported`, `not_found` for an unknown connection, order or line, `conflict` when the key was used
   * with another content, `invalid_input` naming the field
   */
  async open(input: OpenReturnInput): Promise<Asked> {
    const { connection, order, lines, note, key } = checked(OpenReturn, input, 'return')
    return decide(run, { connection, kind: 'return.open', key, order }, async (tx) => {
      mustHaveLines(await mustHave(run, tx, connection, order), lines)
      const units = lines.map(unitsOf)
      const request = { lines: units.map((one) => ({ ...one, reason: null })), note: null }
      const silent = note === null && lines.every(({ reason: why }) => why === null)
      return { return: null, request, words: silent ? null : { lines, note }, facts: { lines: units } }
    })
  },
  /**
   * Lets the buyer send the goods. It answers once that is stored; what the channel makes of it is in the order's timeline and
   * in `answers`.
   * @throws StockpoolError `unsupported`, `not_found` for an unknown connection or return
   */
  approve: (connection: string, id: string): Promise<Asked> => answer(run, 'return.approve', connection, id),
  /**
   * Refuses a return.
   * @throws StockpoolError `unsupported`, `not_found` for an unknown connection or return, `conflict` when it was declined with
   * another reason or note before
   */
  async decline(
    connection: string,
    id: string,
    options: { reason?: DeclineReason; note?: string | null } = {},
  ): Promise<Asked> {
    const { reason, note } = checked(DeclineOptions, options, 'options')
    const words = note === null ? null : { note }
    return answer(run, 'return.decline', connection, id, { reason, note: null }, words)
  },
  /**
   * Ends a return: nothing more is expected.
   * @throws StockpoolError `unsupported`, `not_found` for an unknown connection or return
   */
  close: (connection: string, id: string): Promise<Asked> => answer(run, 'return.close', connection, id),
  /**
   * Pays back, once under its key: a lost answer is looked up before anything is sent again, and what cannot be looked up goes
   * to a person. `order.refunded` tells what the channel says.
   * @throws StockpoolError `unsupported`, `not_found` for an unknown connection, order, line or return, `conflict` when the key
   * was used with another content, `invalid_input` naming the field
   * @example await hub.returns.refund({ connection: 'web', order: 'o1', lines: [{ line: 'l1', quantity: 1 }], key: 'refund-7' })
   */
  async refund(input: RefundInput): Promise<Asked> {
    const { connection, key, ...refund } = checked(Refund, input, 'refund')
    const { order, return: id, lines, shipping, amount, reason } = refund
    if (lines.length === 0 && !shipping && amount === null) {
      throw new StockpoolError('invalid_input', 'there is nothing to refund', {
        field: 'lines',
        remedy: 'Name lines, shipping or an amount.',
      })
    }
    if (amount !== null && amount.amount <= 0) {
      throw new StockpoolError('invalid_input', 'a refund pays more than nothing', {
        field: 'amount.amount',
        remedy: 'Give the amount to pay back as a positive number of minor units.',
      })
    }
    return decide(run, { connection, kind: 'order.refund', key, order }, async (tx) => {
      mustHaveLines(await mustHave(run, tx, connection, order), lines)
      if (id !== null) await mustHaveReturn(tx, connection, id, order)
      const request = { lines, shipping, amount, reason: null }
      const words = reason === null ? null : { reason }
      return { return: id, request, words, facts: { lines, shipping, asked: amount } }
    })
  },

  /**
   * Units of an order's line arrived at a place of the merchant's own: `customer` -> `quarantined`. At most what was shipped.
   * With `return`, the channel is told as well, where it takes such news.
   * @throws StockpoolError `insufficient`, `not_found`, `conflict`, `invalid_input` for a provider's place
   */
  async receive(input: ArrivalInput): Promise<{ status: 'posted' | 'exists' }> {
    const arrival = checked(Arrival, input, 'return')
    const { connection, order, location } = arrival
    return run.database.transaction(async (tx) => {
      await lockOrder(tx, connection, order)
      await mustHave(run, tx, connection, order)
      // What comes back to a provider is told by its own reading of its stock: here it would be counted twice.
      if (((await getLocation(tx, location))?.connection ?? null) !== null) throw atProvider(location)
      const back = arrival.return
      const found = back === undefined ? null : await mustHaveReturn(tx, connection, back, order)
      const moved = await returnGoods(tx, 'received', input, run.at())
      if (found !== null && moved.status === 'posted') await tellArrival(run, tx, arrival, found)
      return moved
    })
  },
  /** Units are as good as new: `quarantined` -> `available`. At most what was received. */
  restock: move(run, 'restocked'),
  /** Units are lost: `quarantined` -> `scrap`. At most what was received. */
  scrap: move(run, 'scrapped'),
})

const move = (run: Runtime, step: ReturnStep) => async (input: ReturnMove) => {
  const { connection, order } = checked(ReturnInput, input, 'return')
  return run.database.transaction(async (tx) => {
    await lockOrder(tx, connection, order)
    await mustHave(run, tx, connection, order)
    return returnGoods(tx, step, input, run.at())
  })
}

const methods = {
  'return.open': 'open',
  'return.approve': 'approve',
  'return.decline': 'decline',
  'return.receive': 'receive',
  'return.close': 'close',
  'order.refund': 'refund',
} as const satisfies Partial<Record<AnswerKind, string>>

/** Stores what was decided, with the job that tells the channel of it. */
async function decide(
  run: Runtime,
  {
    connection,
    kind,
    key,
    order,
  }: Pick<NewAnswer, 'connection' | 'key' | 'order'> & { kind: keyof typeof methods },
  content: (tx: Transaction) => Promise<Pick<NewAnswer, 'return' | 'request' | 'words' | 'facts'>>,
): Promise<Asked> {
  const method = methods[kind]
  if (!mustKnow(run, connection).returns?.[method]) {
    const what = method === 'refund' ? 'pay back' : `${method} returns`
    throw new StockpoolError('unsupported', `${connection} cannot ${what}`, {
      field: 'connection',
      remedy: 'Do it on the platform itself; its news will be read.',
    })
  }
  return run.database.transaction(async (tx) => {
    await lockOrder(tx, connection, order)
    const rest = await content(tx)
    return ask(tx, { connection, kind, key, order, ...rest, protect: run.vault.protect, at: run.at() })
  })
}

/** An answer to one return: the return is its key. */
async function answer(
  run: Runtime,
  kind: 'return.approve' | 'return.decline' | 'return.close',
  connection: string,
  id: string,
  request: Readonly<Record<string, unknown>> = {},
  words: Readonly<Record<string, unknown>> | null = null,
): Promise<Asked> {
  mustKnow(run, connection)
  const given = checked(ReturnId, id, 'id')
  const found = await run.database.read((tx) => getReturn(tx, connection, given))
  const order = found?.source === 'channel' ? found.order : null
  // Asked first, so that a channel that cannot do it says so whatever it has.
  const place = { connection, kind, key: given, order: order?.id ?? '' }
  return decide(run, place, async () => {
    if (order === null) throw noReturn(connection, given)
    return { return: given, request, words, facts: {} }
  })
}

const unitsOf = ({ line, quantity }: { line: string; quantity: number }) => ({ line, quantity })

/** @throws StockpoolError for a line that the order has not, or more units than it has */
export function mustHaveLines(order: Order, lines: readonly { line: string; quantity: number }[]): void {
  for (const [index, { line, quantity }] of lines.entries()) {
    const found = order.lines.find(({ id }) => id === line)
    if (found === undefined) {
      throw new StockpoolError('not_found', `order ${order.id} has no line ${line}`, {
        field: `lines.${index}.line`,
        remedy: `Use one of: ${order.lines.map(({ id }) => id).join(', ')}.`,
      })
    }
    if (quantity > found.ordered) {
      throw new StockpoolError('invalid_input', `only ${found.ordered} of line ${line} were ordered`, {
        field: `lines.${index}.quantity`,
        remedy: `Give at most ${found.ordered}.`,
      })
    }
  }
}

async function mustHaveReturn(
  tx: Transaction,
  connection: string,
  id: string,
  order: string,
): Promise<StoredReturn> {
  const found = await getReturn(tx, connection, id)
  if (found?.source === 'channel' && found.order?.id === order) return found
  throw noReturn(connection, id)
}

const noReturn = (connection: string, id: string) =>
  new StockpoolError('not_found', `${connection} has no return ${id} of that order in the store`, {
    field: 'return',
    remedy: 'Read it with hub.sync() first.',
  })

const atProvider = (location: string) =>
  new StockpoolError('invalid_input', `${location} is a provider's place, which tells its stock by itself`, {
    field: 'location',
    remedy: 'Receive at a place of your own; what came back to a provider comes with its next reading.',
  })

/** Has the channel told of units that arrived, in its own words: whole units of the lines that it expects back. */
async function tellArrival(
  run: Runtime,
  tx: Transaction,
  arrival: ReturnType<typeof Arrival.parse>,
  back: StoredReturn,
): Promise<void> {
  const { connection, order, sku, quantity, key } = arrival
  const at = run.at()
  const told = (await answersOf(tx, connection, order))
    .filter((one) => one.kind === 'return.receive' && one.return === back.id)
    .flatMap(({ facts }) => facts.lines as { line: string; quantity: number }[])
  const stored = await loadOrder(tx, connection, order)
  const lines = arrivedLines(
    back.lines.flatMap(({ line, expected }) => {
      const of = stored?.lines.find(({ facts }) => facts.id === line)
      const before = told.filter((one) => one.line === line).reduce((sum, one) => sum + one.quantity, 0)
      const open = Math.max(0, expected - before)
      return line === null || of === undefined ? [] : [{ line, parts: of.components ?? [], open }]
    }),
    sku,
    quantity,
  )
  const takes = run.connections.get(connection)?.returns?.receive !== undefined
  if (takes && lines.length > 0) {
    const request = { lines: lines.map((line) => ({ ...line, disposition: arrivedAs })) }
    const place = { connection, kind: 'return.receive', key, order, return: back.id } as const
    await ask(tx, { ...place, request, words: null, facts: { lines }, protect: run.vault.protect, at })
    return
  }
  const why = takes ? `${quantity} of ${sku} are no whole units that it expects` : 'it takes no such news'
  const text = `${connection} is not told what arrived of return ${back.id}: ${why}`
  await addTimeline(tx, connection, order, at, { text, facts: { return: back.id, sku, quantity } })
}
