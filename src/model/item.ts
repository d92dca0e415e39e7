import { z } from 'zod'
import { PositiveQuantity, Quantity, Sku } from './ids.ts'

/** One component of a kit: so many units of another SKU. */
export const KitComponent = z.object({ sku: Sku, quantity: PositiveQuantity })
export type KitComponent = z.infer<typeof KitComponent>

/**
 * What the merchant stocks. An item with a `kit` holds no stock of its own: selling one takes its components.
 * A component may not itself be a kit.
 */
export const Item = z.object({
  sku: Sku,
  title: z.string().max(500).default(''),
  barcode: z.string().max(64).nullable().default(null),
  /** At or below this many units available, `stock.low` is raised. `null`: never. */
  reorderPoint: Quantity.nullable().default(null),
  /** `null` for an ordinary item. */
  kit: z.array(KitComponent).min(1, 'a kit needs at least one component').max(50).nullable().default(null),
})
export type Item = z.infer<typeof Item>
/** What `hub.items.put` takes: an `Item` whose members with a default may be left out. */
export type ItemInput = z.input<typeof Item>
