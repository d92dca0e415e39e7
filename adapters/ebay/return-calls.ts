import { isStockpoolError } from '../../src/error.ts'
import { readRow } from '../../src/http/index.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { segment, send } from './client.ts'
import type { Settings } from './options.ts'
import { ReturnAnswer, WireReturn, WireReturnDetail } from './wire-returns.ts'

export const returnsPath = '/post-order/v2/return'

/** `null`: eBay does not know the return. */
async function ask(context: AdapterContext, settings: Settings, id: string, fieldgroups: 'SUMMARY' | 'FULL') {
  try {
    const { data } = await send(context, settings, {
      operation: 'getReturn',
      bucket: 'postOrder',
      effect: 'read',
      method: 'GET',
      path: `${returnsPath}/${segment(id)}`,
      auth: 'iaf',
      query: { fieldgroups },
      schema: ReturnAnswer,
    })
    return { summary: asObject(data.summary), detail: asObject(data.detail) }
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}

const asObject = (value: unknown): object => (typeof value === 'object' && value !== null ? value : {})

const named = (id: string) => ({ what: 'a return of eBay', details: { return: id } })

/** Where a return stands. `null`: eBay does not know it. */
export async function summaryOf(
  context: AdapterContext,
  settings: Settings,
  id: string,
): Promise<WireReturn | null> {
  const answer = await ask(context, settings, id, 'SUMMARY')
  return answer && readRow(WireReturn, answer.summary, named(id))
}

/**
 * All that eBay tells of a return. Each of the two field groups gives what the other leaves out: where it stands is in the
 * summary alone, which a search shows as well; its parcels, history and sums are in the detail alone
 * (https://developer.ebay.com/devzone/post-order/types/GetReturnFieldGroupEnum.html). `null`: eBay does not know it.
 */
export async function detailOf(
  context: AdapterContext,
  settings: Settings,
  id: string,
  listed?: unknown,
): Promise<{ wire: WireReturnDetail; raw: unknown } | null> {
  const [short, full] = await Promise.all([
    listed === undefined
      ? ask(context, settings, id, 'SUMMARY')
      : { summary: asObject(listed), detail: asObject(undefined) },
    ask(context, settings, id, 'FULL'),
  ])
  if (short === null || full === null) return null
  const raw = { detail: full.detail, summary: { ...full.summary, ...short.summary } }
  return { wire: readRow(WireReturnDetail, { ...raw.detail, ...raw.summary }, named(id)), raw }
}
