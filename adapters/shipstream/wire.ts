import { z } from 'zod'

// Only what is used, and loosely: ShipStream adds members, and each 3PL runs a version of its own.

/** `null`, absent and `''` mean the same to ShipStream. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? null : value), schema.nullish()).transform((value) => value ?? null)

/** A list; PHP writes one whose keys have gaps as an object, and an empty object as `[]`. */
const list = <T extends z.ZodType>(schema: T) =>
  z
    .preprocess(
      (value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.values(value) : value,
      z.array(schema).nullish(),
    )
    .transform((value) => value ?? [])

/** Numbers come as numbers in some answers and as decimals in text (`"22.0000"`) in others. */
const Decimal = z
  .union([z.number(), z.string().regex(/^\s*-?\d+(\.\d+)?\s*$/, 'must be a number')])
  .transform(Number)

/** A count of goods in an order: whole, else nobody could ship it in parts. */
const Units = Decimal.refine((value) => Number.isInteger(value), 'must be a whole number')
const units = optional(Units).transform((value) => Math.max(0, value ?? 0))

const Id = z.union([z.string().min(1), z.int()]).transform(String)
const text = optional(z.union([z.string(), z.number()]).transform(String))

/** ISO 8601 with an offset; the few without (`2016-05-11 18:51:18`) are UTC. */
const Moment = optional(
  z.string().transform((value, context) => {
    const zoned = /(?:Z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value.replace(' ', 'T')}Z`
    const at = Date.parse(zoned)
    if (Number.isFinite(at)) return at
    context.addIssue({ code: 'custom', message: 'must be a time' })
    return z.NEVER
  }),
)

export const WireItem = z.object({
  sku: z.string().min(1),
  qty_ordered: Units,
  qty_backordered: units,
  qty_canceled: units,
  qty_processing: units,
  qty_shipped: units,
  allocation_data: optional(list(z.object({ warehouse_id: Id, qty_allocated: units }))),
})
export type WireItem = z.infer<typeof WireItem>

export const WireOrder = z.object({
  order_id: Id,
  unique_id: Id,
  order_ref: text,
  state: text,
  status: z.string(),
  shipping_method: text,
  created_at: Moment,
  updated_at: Moment,
  shipped_at: Moment,
  delivered_at: Moment,
  items: list(WireItem),
  shipping_address: optional(z.object({ firstname: text, lastname: text, postcode: text, country: text })),
})
export type WireOrder = z.infer<typeof WireOrder>

/** Which order a row is, when not all of it can be read. */
export const WireOrderName = z.object({ unique_id: Id, order_ref: text })

const Contents = list(z.object({ sku: z.string().min(1), quantity: Units }))

export const WirePackage = z.object({
  status: text,
  carrier: text,
  manifest_courier_code: text,
  manifest_courier_name: text,
  created_at: Moment,
  tracking_added_at: Moment,
  shipped_at: Moment,
  delivered_at: Moment,
  tracking: list(z.object({ number: text, description: text, track_url: text })),
  order_items: Contents,
  package_items: Contents,
})
export type WirePackage = z.infer<typeof WirePackage>

export const WireShipment = z.object({
  shipment_id: Id,
  order_unique_id: Id,
  warehouse_id: optional(Id),
  status: z.string(),
  updated_at: Moment,
  packed_at: Moment,
  shipped_at: Moment,
  delivered_at: Moment,
  items: list(
    z.object({ sku: z.string().min(1), qty: units, qty_cancel_requested: units, qty_canceled: units }),
  ),
  packages: list(WirePackage),
})
export type WireShipment = z.infer<typeof WireShipment>

export const WireShipmentName = z.object({ order_unique_id: Id })

/** What `*.search` gives: some methods are documented to give the bare list. Each row is read by itself. */
export const WireSearch = z.union([
  z.array(z.unknown()).transform((results) => ({ results, numPages: null })),
  z.object({ results: list(z.unknown()), numPages: optional(Decimal) }),
])

const floored = optional(Decimal).transform((value) => Math.max(0, Math.floor(value ?? 0)))

export const WireInventory = list(
  z.object({
    sku: z.string().min(1),
    detailed: list(z.object({ warehouse_id: Id, qty_available: floored })),
  }),
)
export type WireInventory = z.infer<typeof WireInventory>

const flag = optional(z.union([z.boolean(), Decimal])).transform((value) => value === null || Boolean(value))

export const WireWarehouses = list(
  z.object({
    warehouse_id: Id,
    name: text,
    is_active: flag,
    address: optional(z.object({ country: text, postcode: text })),
  }),
)

export const WireCancelled = z.object({
  success: optional(z.union([z.boolean(), Decimal])).transform(Boolean),
  warnings: list(z.string()),
})

export const WireDelivery = z.object({
  increment_id: Id,
  warehouse_id: optional(Id),
  state: text,
  status: z.string(),
  sender_ref_alt: text,
  tracking_numbers: list(z.union([z.string(), z.number()]).transform(String)),
  updated_at: Moment,
  items: list(
    z.object({
      delivery_item_id: Id,
      sku: z.string().min(1),
      qty: units,
      qty_received: units,
      qty_putaway: units,
      qty_committed: units,
    }),
  ),
  exceptions: list(
    z.object({
      delivery_item_id: optional(Id),
      status: z.string(),
      reason: z.string(),
      comment: text,
      qty: units,
    }),
  ),
})
export type WireDelivery = z.infer<typeof WireDelivery>

export const WireWebhooks = list(
  z.object({
    webhook_id: Id,
    is_active: flag,
    topics: z
      .union([
        z.string().transform((value) => value.split(',').map((topic) => topic.trim())),
        z.array(z.string()),
      ])
      .nullish()
      .transform((value) => value ?? []),
    url: z.string(),
    secret_key: text,
  }),
)

export const WireQuotes = z.object({
  rates: list(
    z.object({
      code: z.string(),
      description: text,
      shipping_cost: text,
      shipping_cost_currency: text,
      max_delivery_date: text,
      signature_fee: text,
      signature_fee_currency: text,
      allocation: list(z.record(z.string(), list(z.object({ warehouse_id: Id })))),
    }),
  ),
  handling_cost: text,
  handling_cost_currency: text,
})
export type WireQuotes = z.infer<typeof WireQuotes>

/** Results that nothing is read from. */
export const Anything = z.unknown()
