import assert from 'node:assert/strict'
import type { z } from 'zod'
import { Disposition, ReturnStatus } from '../../model/return.ts'
import type { SentBack } from '../../simulator/index.ts'
import type { ProviderReturn, ProviderReturnPage, UnreadableOrder } from '../../spec/index.ts'
import { need, optionalControl, pass, type Stage } from './stage.ts'
import { provider, submitted } from './warehouse.ts'

type Who = Pick<Stage, 'connection' | 'context'>

/** An order that left, of new SKUs: one for each of the quantities. */
export async function left(stage: Stage, quantities: readonly number[]) {
  const { request, lines } = await submitted(stage, quantities)
  await stage.simulator.control('ship', { reference: request.reference })
  return { reference: request.reference, skus: lines.map(({ sku }) => sku) }
}

/** Has the provider show a return so; gives what it is named by in the next such call. */
export async function sendBack(stage: Stage, body: z.input<typeof SentBack>): Promise<string> {
  const made = await optionalControl<{ readonly return: string }>(stage, 'sent-back', body)
  return (
    made?.return ??
    assert.fail(
      'the simulator lacks the control `sent-back`: add it, or name `fulfillment.returns` in `without`',
    )
  )
}

export function readPage(who: Who, cursor: string | null): Promise<ProviderReturnPage> {
  const facet = provider(who)
  return need(facet.returns?.bind(facet), 'fulfillment.returns')(who.context, cursor)
}

const mostPages = 500

export interface Told {
  readonly returns: readonly ProviderReturn[]
  readonly unreadable: readonly UnreadableOrder[]
  readonly cursor: string
}

/** One pass, from a cursor to where nothing waits. */
export async function readToEnd(who: Who, from: string | null): Promise<Told> {
  const returns: ProviderReturn[] = []
  const unreadable: UnreadableOrder[] = []
  let cursor = from
  for (let page = 1; page <= mostPages; page += 1) {
    const given = await readPage(who, cursor)
    given.returns.forEach(assertSound)
    returns.push(...given.returns)
    unreadable.push(...(given.unreadable ?? []))
    if (!given.more) return { returns, unreadable, cursor: given.cursor }
    assert.notEqual(given.cursor, cursor, 'there is more, yet the cursor stands still')
    cursor = given.cursor
  }
  return assert.fail(`the returns do not end after ${mostPages} pages`)
}

/** Passes from a cursor on, with waits between them, until the wanted was told; everything that was told, in order. */
export async function readUntil(
  stage: Stage,
  from: string | null,
  what: string,
  isTold: (told: Told) => boolean,
): Promise<Told> {
  let told: Told = { returns: [], unreadable: [], cursor: from ?? '' }
  let cursor = from
  for (const waitMs of [0, 2_000, 10_000, 60_000]) {
    if (waitMs > 0) await pass(stage, waitMs)
    const { returns, unreadable, cursor: next } = await readToEnd(stage, cursor)
    cursor = next
    told = { returns: [...told.returns, ...returns], unreadable: [...told.unreadable, ...unreadable], cursor }
    if (isTold(told)) return told
  }
  return assert.fail(`never told: ${what}`)
}

function assertSound({ id, status, rawStatus, updatedAt, lines, raw }: ProviderReturn): void {
  assert.notEqual(id, '', 'a return without an id')
  assert.ok(ReturnStatus.options.includes(status), `status ${status}`)
  assert.notEqual(rawStatus, '', 'the word of the provider is lost')
  assert.ok(Number.isFinite(updatedAt) && updatedAt > 0, `updatedAt ${updatedAt}`)
  assert.notEqual(raw, undefined, 'raw is thrown away')
  for (const { sku, expected, received, dispositions } of lines) {
    assert.notEqual(sku, '', 'a line without its SKU')
    for (const units of [expected, received]) assert.ok(Number.isSafeInteger(units) && units >= 0)
    for (const { kind, quantity } of dispositions) {
      assert.ok(Disposition.options.includes(kind), `disposition ${kind}`)
      assert.ok(Number.isSafeInteger(quantity) && quantity > 0, `${quantity} units are ${kind}`)
    }
  }
}

export const ofOrder = (told: Pick<Told, 'returns'>, reference: string) =>
  told.returns.filter((each) => each.reference === reference)
export const idsOf = (returns: readonly ProviderReturn[]) => new Set(returns.map(({ id }) => id))
export const lineOf = (one: ProviderReturn | undefined, sku: string) =>
  one?.lines.find((line) => line.sku === sku)
export function countsOf(one: ProviderReturn, sku: string) {
  const { expected, received } = lineOf(one, sku) ?? assert.fail(`the return has no line of ${sku}`)
  return { expected, received }
}
export const unitsOf = (line: ProviderReturn['lines'][number] | undefined, kind: Disposition) =>
  (line?.dispositions ?? []).reduce((sum, each) => sum + (each.kind === kind ? each.quantity : 0), 0)

/** The latest that was told of the one return of an order. */
export function only(told: Pick<Told, 'returns'>, reference: string): ProviderReturn {
  const found = ofOrder(told, reference)
  assert.equal(idsOf(found).size, 1, `${idsOf(found).size} returns are told for one`)
  return found.at(-1) ?? assert.fail('no return')
}
