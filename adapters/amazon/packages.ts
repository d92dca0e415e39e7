import { readRow } from '../../src/http/index.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { send } from './client.ts'
import type { Settings } from './options.ts'
import { getRequest } from './orders.ts'
import { type WirePackage, WirePackages } from './wire.ts'

/** What an order shows of its shipping: nothing else of it need be readable. */
export interface Known {
  readonly marketplaceId: string | null
  readonly packages: readonly WirePackage[]
}

export async function known(context: AdapterContext, settings: Settings, order: string): Promise<Known> {
  const { data } = await send(context, settings, getRequest(order, ['PACKAGES']))
  const wire = readRow(WirePackages, data.order, { what: 'an order of Amazon', details: { order } })
  return { marketplaceId: wire.salesChannel?.marketplaceId ?? null, packages: wire.packages ?? [] }
}
