import { isStockpoolError } from '../../src/error.ts'
import { readRow } from '../../src/http/index.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { segment, send } from './client.ts'
import type { Settings } from './options.ts'
import { ReturnAnswer, WireReturnDetail } from './wire-returns.ts'

export const returnsPath = '/post-order/v2/return'

/** The detail of a return. `null`: eBay does not know it. */
export async function detailOf(
  context: AdapterContext,
  settings: Settings,
  id: string,
): Promise<{ wire: WireReturnDetail; raw: unknown } | null> {
  try {
    const { data, body } = await send(context, settings, {
      operation: 'getReturn',
      bucket: 'postOrder',
      effect: 'read',
      method: 'GET',
      path: `${returnsPath}/${segment(id)}`,
      auth: 'iaf',
      schema: ReturnAnswer,
    })
    const merged = { ...asObject(data.summary), ...asObject(data.detail) }
    return {
      wire: readRow(WireReturnDetail, merged, { what: 'a return of eBay', details: { return: id } }),
      raw: body,
    }
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return null
    throw error
  }
}

const asObject = (value: unknown) => (typeof value === 'object' && value !== null ? value : {})
