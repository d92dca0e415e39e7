import { z } from 'zod'
import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/index.ts'
import { asObject, asStrings, no, ok, paged, wrong } from './answers.ts'
import type { Sku, World } from './world.ts'

/** POST /product/202309/inventory/search */
export function searchInventory(world: World, request: SimulatorRequest): SimulatorReply {
  const body = asObject(request.json())
  const skuIds = asStrings(body.sku_ids)
  const productIds = asStrings(body.product_ids)
  if (skuIds.length > 600 || productIds.length > 100) return no(12019120, 'Too many ids.')
  if (skuIds.length + productIds.length === 0) return wrong('sku_ids or product_ids are required')
  const stale = request.fault('stale_read') !== null
  // "If both are passed, sku_ids will take precedence."
  const wanted = [...world.skus.values()].filter((sku) =>
    skuIds.length > 0 ? skuIds.includes(sku.id) : productIds.includes(sku.product),
  )
  const byProduct = Map.groupBy(wanted, ({ product }) => product)
  return ok({
    inventory: [...byProduct].map(([product_id, skus]) => ({
      product_id,
      skus: skus.map((sku) => skuOnWire(sku, stale)),
    })),
  })
}

function skuOnWire(sku: Sku, stale: boolean): unknown {
  const numbers = stale ? sku.previous : sku.numbers
  const total = [...numbers.values()].reduce((sum, each) => sum + each, 0)
  return {
    id: sku.id,
    seller_sku: sku.sellerSku,
    total_available_quantity: total,
    total_committed_quantity: 0,
    total_available_inventory_distribution: { in_shop_inventory: { quantity: total } },
    warehouse_inventory: [...numbers].map(([warehouse_id, available_quantity]) => ({
      warehouse_id,
      available_quantity,
      committed_quantity: 0,
    })),
  }
}

const Update = z.object({
  skus: z
    .array(
      z.object({
        id: z.string(),
        inventory: z
          .array(z.object({ warehouse_id: z.string().optional(), quantity: z.number().int() }))
          .min(1),
      }),
    )
    .min(1)
    .max(100),
})
type Entry = z.infer<typeof Update>['skus'][number]

/** POST /product/202309/products/{product_id}/inventory/update */
export function updateInventory(world: World, request: SimulatorRequest, productId: string): SimulatorReply {
  const product = world.products.get(productId)
  if (!product) return no(12052032, 'The product does not exist.')
  if (product.status === 'FREEZE') return no(12052037, 'Cannot update inventory of a frozen product.')
  const parsed = Update.safeParse(request.json())
  if (!parsed.success) return wrong(`invalid param error: ${parsed.error.issues[0]?.path.join('.')}`)
  const fails = request.fault('partial_failure') !== null
  const lost = request.fault('accepted_not_applied') !== null
  const errors: unknown[] = []
  for (const [index, entry] of parsed.data.skus.entries()) {
    const sku = world.skus.get(entry.id)
    const refusal =
      fails && index === 0
        ? refused(12019024, 'Stock count invalid.')
        : refusalOf(world, productId, sku, entry)
    if (refusal) errors.push(rowError(entry.id, refusal))
    else if (sku && !lost) world.setNumbers(sku, numbersOf(sku, entry))
  }
  // Partial failure comes inside a success.
  return ok(errors.length > 0 ? { errors } : {})
}

interface Refusal {
  readonly code: number
  readonly message: string
  readonly warehouse: string | null
}

const refused = (code: number, message: string, warehouse: string | null = null): Refusal => ({
  code,
  message,
  warehouse,
})

function numbersOf(sku: Sku, entry: Entry): Map<string, number> {
  const [only = ''] = sku.numbers.keys()
  return new Map(entry.inventory.map(({ warehouse_id = only, quantity }) => [warehouse_id, quantity]))
}

function refusalOf(world: World, product: string, sku: Sku | undefined, entry: Entry): Refusal | null {
  if (!sku || sku.product !== product) return refused(12052036, 'The SKU does not belong to the product.')
  const numbers = numbersOf(sku, entry)
  const missing = [...sku.numbers.keys()].find((warehouse) => !numbers.has(warehouse))
  const foreign = [...numbers.keys()].find((warehouse) => !sku.numbers.has(warehouse))
  const odd = missing ?? foreign
  if (odd !== undefined) return refused(12052037, 'Warehouse ids are incorrect or missing.', odd)
  const least = world.options.zero === 'accepted' ? 0 : 1
  const [bad] = [...numbers].filter(([, quantity]) => quantity < least || quantity > 99_999)
  return bad ? refused(12019024, 'Stock count invalid.', bad[0]) : null
}

const rowError = (sku: string, { code, message, warehouse }: Refusal) => ({
  code,
  message,
  detail: {
    sku_id: sku,
    extra_errors: warehouse === null ? [] : [{ code, message, warehouse_id: warehouse }],
  },
})

/** POST /product/202502/products/search */
export function searchProducts(world: World, request: SimulatorRequest): SimulatorReply {
  const body = asObject(request.json())
  const skuIds = asStrings(body.sku_ids)
  if (skuIds.length > 10) return wrong('sku_ids: at most 10')
  const sellerSkus = asStrings(body.seller_skus)
  const rows = [...world.products.values()].filter(({ id }) => {
    const skus = [...world.skus.values()].filter((sku) => sku.product === id)
    return (
      (skuIds.length === 0 || skus.some((sku) => skuIds.includes(sku.id))) &&
      (sellerSkus.length === 0 || skus.some((sku) => sellerSkus.includes(sku.sellerSku)))
    )
  })
  const found = paged(rows, ({ id }) => `${'0'.repeat(12)}/${id}`, request.query, {
    least: 1,
    most: 100,
    usual: 20,
  })
  if (found === null) return wrong('page_size or page_token is invalid')
  return ok({
    products: found.page.map(({ id, title, status }) => ({
      id,
      title,
      status,
      skus: [...world.skus.values()]
        .filter(({ product }) => product === id)
        .map((sku) => ({
          id: sku.id,
          seller_sku: sku.sellerSku,
          inventory: [...sku.numbers].map(([warehouse_id, quantity]) => ({ warehouse_id, quantity })),
        })),
    })),
    next_page_token: found.next,
    total_count: rows.length,
  })
}

/** POST /product/202309/products/activate and …/deactivate. An activated product is reviewed; here the review passes at once. */
export function toggleProducts(
  world: World,
  request: SimulatorRequest,
  status: 'ACTIVATE' | 'SELLER_DEACTIVATED',
): SimulatorReply {
  const ids = asStrings(asObject(request.json()).product_ids)
  if (ids.length === 0 || ids.length > 20) return wrong('product_ids: 1 to 20')
  const errors = ids.flatMap((id) => {
    const product = world.products.get(id)
    if (product) {
      product.status = status
      return []
    }
    return [{ code: 12052032, message: 'The product does not exist.', detail: { product_id: id } }]
  })
  return ok(errors.length > 0 ? { errors } : {})
}
