import { isStockpoolError } from '../../src/error.ts'
import type { AdapterContext } from '../../src/spec/index.ts'
import { send } from './call.ts'
import { rpcCode } from './errors.ts'
import type { Settings } from './options.ts'
import { orderFields, readOrder, shipmentsOf } from './order.ts'
import { Anything } from './wire.ts'

/** An order and its shipments, as they came. */
export interface Found {
  readonly raw: unknown
  readonly shipments: readonly unknown[]
}

/** The order as ShipStream has it, by our reference; `null` when it has none. */
export async function find(
  context: AdapterContext,
  settings: Settings,
  reference: string,
): Promise<Found | null> {
  try {
    const { data: raw } = await send(context, settings, {
      method: 'order.info',
      args: [reference, orderFields],
      effect: 'read',
      priority: 7,
      schema: Anything,
    })
    // ShipStream's ids are numbers in text: a database may take ours for another's that only begins alike.
    if (readOrder(raw).unique_id !== reference) return null
    const shipments = await shipmentsOf(context, settings, [reference])
    return { raw, shipments: shipments.get(reference) ?? [] }
  } catch (thrown) {
    if (isStockpoolError(thrown, 'not_found') && rpcCode(thrown) === 100) return null
    throw thrown
  }
}
