import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { OpenReturnRequest, ReturnResult } from '../../src/spec/returns.ts'
import { send } from './client.ts'
import { returnErrors, userError } from './errors.ts'
import { markedNote, markOf } from './keys.ts'
import { isGid, type Shop } from './options.ts'
import { allOf } from './paging.ts'
import { findReturn, returnsOfOrder } from './read-returns.ts'
import {
  returnableFulfillmentsDocument,
  returnableLinesDocument,
  returnCreateDocument,
  returnReasonsDocument,
} from './return-documents.ts'
import type { returnAnswers, WireReturnableLine } from './wire-returns.ts'

/** Longest `returnReasonNote`. */
const noteLength = 255

/** The return that was opened for this key before; `null`: none. */
async function openedBefore(
  shop: Shop,
  context: AdapterContext,
  request: OpenReturnRequest,
): Promise<string | null> {
  const ids = await returnsOfOrder(shop, context, request.order)
  if (ids === null) throw new StockpoolError('not_found', 'Shopify has no such order', { field: 'order' })
  // The newest first: a repeat follows soon after.
  for (const id of ids.toReversed()) {
    const found = await findReturn(shop, context, id)
    const notes = found?.wire.returnLineItems.nodes.map(({ returnReasonNote }) => returnReasonNote ?? '')
    if (notes?.some((note) => note.endsWith(markOf(request.key)))) return id
  }
  return null
}

async function returnableOf(
  shop: Shop,
  context: AdapterContext,
  order: string,
): Promise<WireReturnableLine[]> {
  const read = async (after: string | null) =>
    (await send(shop, context, returnableFulfillmentsDocument, { order, after })).returnableFulfillments
  const lines: WireReturnableLine[] = []
  for (const { id, returnableFulfillmentLineItems } of await allOf(await read(null), read)) {
    const all = await allOf(returnableFulfillmentLineItems, async (after) => {
      const more = await send(shop, context, returnableLinesDocument, { id, after })
      return more.returnableFulfillment?.returnableFulfillmentLineItems
    })
    lines.push(...all)
  }
  return lines
}

type Reasons = ReturnType<
  (typeof returnAnswers)['ReturnReasons']['parse']
>['returnReasonDefinitions']['nodes']

/** The reason's own handle or name, else "other", else none: Shopify then shows the note alone. */
export function reasonIdOf(reasons: Reasons, reason: string | null): string | null {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-')
  const usable = reasons.filter(({ deleted }) => !deleted)
  const named = usable.find(
    ({ handle, name }) => reason !== null && [handle, name].some((each) => plain(each) === plain(reason)),
  )
  const other =
    usable.find(({ handle }) => handle === 'other') ?? usable.find(({ handle }) => handle === 'unknown')
  return (named ?? other)?.id ?? null
}

interface NewLine {
  readonly fulfillmentLineItemId: string
  readonly quantity: number
  readonly returnReasonNote: string
  readonly returnReasonDefinitionId?: string
}

/** @throws StockpoolError `rejected` when fewer units than asked for can still come back. */
export function linesOf(
  request: OpenReturnRequest,
  returnable: readonly WireReturnableLine[],
  reasons: Reasons,
): NewLine[] {
  const left = returnable.map((each) => ({ ...each }))
  return request.lines.flatMap(({ line, quantity, reason }) => {
    const reasonId = reasonIdOf(reasons, reason)
    const words = [reason, request.note].filter(Boolean).join(': ') || null
    const returnReasonNote = markedNote(words, request.key, noteLength)
    let wanted = quantity
    const parts: NewLine[] = []
    for (const place of left.filter(({ fulfillmentLineItem }) => fulfillmentLineItem.lineItem.id === line)) {
      const part = Math.min(wanted, place.quantity)
      if (part <= 0) continue
      wanted -= part
      place.quantity -= part
      parts.push({
        fulfillmentLineItemId: place.fulfillmentLineItem.id,
        quantity: part,
        returnReasonNote,
        ...(reasonId === null ? {} : { returnReasonDefinitionId: reasonId }),
      })
    }
    if (wanted > 0) {
      throw new StockpoolError('rejected', `only ${quantity - wanted} of ${quantity} units can come back`, {
        field: 'lines',
        details: { line },
        remedy:
          'Only units that were fulfilled in Shopify, and are not returned or refunded, can be returned.',
      })
    }
    return parts
  })
}

/** Opens a return for the buyer, approved already. `returnCreate` has no key: the return is looked for by our mark. */
export async function openReturn(
  shop: Shop,
  context: AdapterContext,
  request: OpenReturnRequest,
): Promise<ReturnResult> {
  if (!isGid(request.order, 'Order'))
    throw new StockpoolError('not_found', 'that is no order of Shopify', { field: 'order' })
  const before = await openedBefore(shop, context, request)
  if (before !== null) return { outcome: 'done', return: before }
  const returnable = await returnableOf(shop, context, request.order)
  const reasons = (await send(shop, context, returnReasonsDocument, {})).returnReasonDefinitions.nodes
  const input = { orderId: request.order, returnLineItems: linesOf(request, returnable, reasons) }
  const { returnCreate } = await send(shop, context, returnCreateDocument, { input }, { effect: 'once' })
  const [refusal] = returnCreate.userErrors
  if (refusal) throw userError(refusal, returnErrors)
  const id = returnCreate.return?.id
  return id === undefined
    ? { outcome: 'pending', detail: 'Shopify named no return' }
    : { outcome: 'done', return: id }
}
