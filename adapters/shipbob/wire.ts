import { z } from 'zod'

// Only what is used, and loosely: ShipBob adds members within a version, and status words between versions.

/** `null` and absent mean the same to ShipBob. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null)
const list = <T extends z.ZodType>(schema: T) =>
  z
    .array(schema)
    .nullish()
    .transform((value) => value ?? [])
const text = optional(z.string())
const integer = optional(z.int())

/** ShipBob's instants carry an offset (`Z` or `+00:00`); one without is read as UTC, which is what ShipBob keeps. */
export const Moment = optional(
  z.string().transform((value, context) => {
    const zoned = /(?:Z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value}Z`
    const at = Date.parse(zoned)
    if (Number.isFinite(at)) return at
    context.addIssue({ code: 'custom', message: 'must be a time' })
    return z.NEVER
  }),
)

export const WireInventoryItem = z.object({
  id: z.int(),
  quantity: optional(z.int()),
  quantity_committed: integer,
})

export const WireShipmentProduct = z.object({
  reference_id: text,
  sku: text,
  inventory_items: list(WireInventoryItem),
})

export const WireStatusDetail = z.object({
  id: integer,
  name: text,
  description: text,
  inventory_id: integer,
})
export type WireStatusDetail = z.infer<typeof WireStatusDetail>

export const WireTracking = z.object({
  carrier: text,
  carrier_service: text,
  tracking_number: text,
  pro_number: text,
  tracking_url: text,
  shipping_date: Moment,
})

export const WireShipment = z.object({
  id: z.int(),
  status: z.string(),
  status_details: list(WireStatusDetail),
  created_date: Moment,
  last_update_at: Moment,
  last_tracking_update_at: Moment,
  actual_fulfillment_date: Moment,
  delivery_date: Moment,
  estimated_fulfillment_date_status: text,
  location: optional(z.object({ id: integer, name: text })),
  products: list(WireShipmentProduct),
  tracking: optional(WireTracking),
})
export type WireShipment = z.infer<typeof WireShipment>

export const WireOrder = z.object({
  id: z.int(),
  reference_id: text,
  status: z.string(),
  created_date: Moment,
  channel: optional(z.object({ id: integer })),
  products: list(z.object({ reference_id: text, sku: text, quantity: z.int() })),
  recipient: optional(
    z.object({
      name: text,
      address: optional(z.object({ zip_code: text, country: text })),
    }),
  ),
  shipments: list(WireShipment),
})
export type WireOrder = z.infer<typeof WireOrder>

/** Each order is read by itself: one that cannot be read does not stop the others. */
export const WireOrders = z.array(z.unknown())

/** Which order a row is, when not all of it can be read. */
export const WireOrderName = z.object({ reference_id: text, channel: WireOrder.shape.channel })

export const WireCancelled = z.object({
  status: text,
  canceled_shipment_results: list(
    z.object({ shipment_id: integer, is_success: optional(z.boolean()), reason: text }),
  ),
  order: optional(WireOrder),
})
export type WireCancelled = z.infer<typeof WireCancelled>

export const WireStockPage = z.object({
  next: text,
  items: list(
    z.object({
      inventory_id: z.int(),
      sku: text,
      locations: list(z.object({ location_id: z.int(), fulfillable_quantity: z.int() })),
    }),
  ),
})
export type WireStockPage = z.infer<typeof WireStockPage>

export const WireLocations = z.array(
  z.object({
    id: z.int(),
    name: text,
    is_active: optional(z.boolean()),
    access_granted: optional(z.boolean()),
    services: list(z.object({ address: optional(z.object({ country: text, zip_code: text })) })),
  }),
)
export type WireLocations = z.infer<typeof WireLocations>

export const WireSubscriptions = z.object({
  next: text,
  items: list(
    z.object({ id: z.string(), url: z.string(), enabled: optional(z.boolean()), topics: list(z.string()) }),
  ),
})

/** Bodies of answers that nothing is read from. */
export const Anything = z.unknown()

/** What is read of an order to mark its tracking as taken over. */
export const WireTracked = z.object({
  reference_id: z.string().nullish(),
  channel: WireOrder.shape.channel,
  shipments: z.array(
    z.object({
      id: z.int(),
      is_tracking_uploaded: z.boolean().nullish(),
      tracking: z.object({ tracking_number: z.string().nullish() }).nullish(),
    }),
  ),
})
