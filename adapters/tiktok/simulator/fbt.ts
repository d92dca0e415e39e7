import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/index.ts'
import { ok, paged, wrong } from './answers.ts'
import type { World } from './world.ts'

/** POST /fbt/202408/inventory/search */
export function searchFbtInventory(world: World, request: SimulatorRequest): SimulatorReply {
  const rows = [...world.goods.values()].flatMap((goods) =>
    [...goods.numbers].map(([warehouse, quantity]) => ({ goods, warehouse, quantity })),
  )
  const keyOf = (row: (typeof rows)[number]) => `${'0'.repeat(12)}/${row.goods.id}/${row.warehouse}`
  const found = paged(rows, keyOf, request.query, { least: 1, most: 100, usual: 20 })
  if (found === null) return wrong('page_size or page_token is invalid')
  return ok({
    inventory: found.page.map(({ goods, warehouse, quantity }) => ({
      fbt_warehouse_id: warehouse,
      goods: { id: goods.id, name: goods.referenceCode, reference_code: goods.referenceCode, skus: [] },
      in_transit_quantity: 0,
      on_hand_detail: {
        available_quantity: Math.max(0, quantity),
        reserved_quantity: 2,
        unfulfillable_quantity: 1,
        total_quantity: quantity + 3,
      },
    })),
    next_page_token: found.next,
    total_count: rows.length,
  })
}

/** GET /fbt/202408/warehouses */
export function fbtWarehouses(world: World): SimulatorReply {
  return ok({
    warehouses: world.fbtWarehouses.map(({ id, name, subscribed }) => ({
      fbt_warehouse_id: id,
      name,
      subscribed,
      type: 'PLATFORM_WAREHOUSE',
      warehouse_ids: [],
      addresses: [{ region_code: 'US', state: 'California', city: 'Eastvale', postal_code: '92880' }],
    })),
  })
}
