import assert from 'node:assert/strict'
import { isStockpoolError } from '../../error.ts'
import { Return } from '../../model/return.ts'
import type { Connection, ReturnResult, ReturnsFacet } from '../../spec/index.ts'
import { ship } from './shipments.ts'
import { buy, orderOf, stockShop } from './shop.ts'
import { eventually, need, optionalControl, pass, type Stage } from './stage.ts'

/** What the checks of returns and refunds do alike. */

export const units = 3
let keys = 0

/** A method of the facet that the check's `when` has seen. */
export function method<Name extends keyof ReturnsFacet>(
  { connection }: Pick<Stage, 'connection'>,
  name: Name,
): NonNullable<ReturnsFacet[Name]> {
  const facet = need(connection.returns, 'returns')
  const found = need<unknown>(facet[name], `returns.${name}`) as (...given: unknown[]) => unknown
  return found.bind(facet) as NonNullable<ReturnsFacet[Name]>
}

export const has =
  (...names: readonly (keyof ReturnsFacet)[]) =>
  ({ returns }: Connection) =>
    names.every((name) => returns?.[name] !== undefined)

/** Calls as the engine does: again while the error may pass, and with `repeated` once an outcome is unknown. */
export async function answered<T>(stage: Stage, call: (repeated: boolean) => Promise<T>): Promise<T> {
  let repeated = false
  for (let left = 6; ; left -= 1) {
    try {
      return await call(repeated)
    } catch (error) {
      const again = isStockpoolError(error) && (error.retryable || error.code === 'unknown_outcome')
      if (!again || left <= 1) throw error
      repeated = true
      await pass(stage, error.retryAfterMs ?? 2_000)
    }
  }
}

export interface Shipped {
  readonly order: string
  /** The channel's id of its one line. */
  readonly line: string
}

export function anew(name: string): string {
  keys += 1
  return `${name}-${keys}`
}

export async function shipped(stage: Stage, sku?: string): Promise<Shipped> {
  const wanted = sku ?? (await stockShop(stage, 1, 1_000, 'BACK'))[0]?.sku ?? assert.fail('no listing')
  const order = await buy(stage, [{ sku: wanted, quantity: units }])
  await ship(stage, order)
  const [line] = (await orderOf(stage, order)).lines
  assert.ok(line)
  return { order, line: line.id }
}

/** A buyer asks to send goods back; where buyers cannot, the merchant opens the return. */
export async function wanted(stage: Stage, { order, line }: Shipped, quantity = units): Promise<string> {
  const wish = { order, lines: [{ id: line, quantity }], reason: 'unwanted' }
  const made = await optionalControl<{ return: string }>(stage, 'returns', wish)
  return made?.return ?? (await opened(stage, { order, line }, quantity))
}

export async function opened(stage: Stage, { order, line }: Shipped, quantity = units, key = anew('open')) {
  const lines = [{ line, quantity, reason: null }]
  const open = method(stage, 'open')
  const result = await answered(stage, (repeated) =>
    open(stage.context, { order, lines, note: null, key, repeated }),
  )
  assert.ok(result.outcome !== 'too_late', 'it could not be opened')
  return result.return ?? assert.fail('a new return has no id')
}

export const seen = (stage: Stage, id: string): Promise<Return | null> =>
  method(stage, 'get')(stage.context, id)

export async function becomes(stage: Stage, id: string, what: string, is: (one: Return) => boolean) {
  return eventually(stage, `return ${id} is ${what}`, async () => {
    const now = await seen(stage, id)
    return now && is(now) ? now : null
  })
}

/** Reads returns from a cursor until all of these were given. */
export async function readReturns(stage: Stage, from: string | null, ids: readonly string[]) {
  const found = new Map<string, Return>()
  const facet = need(stage.connection.returns, 'returns')
  let cursor = from
  await eventually(stage, `${ids.length} returns are given`, async () => {
    for (let pages = 0; pages < 500; pages += 1) {
      const page = await facet.read(stage.context, cursor)
      for (const one of page.returns) found.set(one.id, Return.parse(one))
      assert.deepEqual(page.unreadable ?? [], [])
      assert.ok(!page.more || page.cursor !== cursor, 'there is more, yet the cursor stands still')
      cursor = page.cursor
      if (!page.more) break
    }
    return ids.every((id) => found.has(id)) ? true : null
  })
  return { found, cursor: cursor ?? assert.fail('no cursor') }
}

export const answers = ['approve', 'decline', 'close'] as const
export type Answer = (typeof answers)[number]

export function give(
  stage: Stage,
  answer: Answer,
  at: Shipped,
  id: string,
  key: string,
): Promise<ReturnResult> {
  const ref = { return: id, order: at.order, key }
  return answered(stage, (repeated) => {
    if (answer !== 'decline') return method(stage, answer)(stage.context, { ...ref, repeated })
    return method(stage, 'decline')(stage.context, { ...ref, repeated, reason: 'too_late', note: null })
  })
}

/** Goods can be received, and a return closed, once it is approved. */
export async function approvedReturn(stage: Stage, at: Shipped, quantity = units): Promise<string> {
  const id = await wanted(stage, at, quantity)
  if (has('approve')(stage.connection)) await give(stage, 'approve', at, id, anew('approve'))
  return id
}

export const became: Readonly<Record<Answer, { readonly what: string; is(one: Return): boolean }>> = {
  approve: { what: 'approved', is: ({ status }) => !['requested', 'declined', 'cancelled'].includes(status) },
  decline: { what: 'declined', is: ({ status }) => status === 'declined' },
  close: { what: 'closed', is: ({ status }) => status === 'processed' || status === 'cancelled' },
}

export const subject = (stage: Stage, answer: Answer, at: Shipped) =>
  answer === 'close' ? approvedReturn(stage, at) : wanted(stage, at)
