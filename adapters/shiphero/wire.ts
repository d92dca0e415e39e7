import { z } from 'zod'

// Only what is used, and loosely: nearly every field of ShipHero's schema may be null.

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null)
const list = <T extends z.ZodType>(schema: T) =>
  z
    .array(schema.nullable())
    .nullish()
    .transform((value) => (value ?? []).filter((each) => each !== null))
const text = optional(z.string())
const integer = optional(z.int())
const flag = optional(z.boolean())
const units = z
  .int()
  .nullish()
  .transform((value) => value ?? 0)

/** ShipHero's times are UTC and say so seldom: `2026-03-02T10:00:00`, `2026-03-02 10:00:00`. */
export const Moment = optional(
  z.string().transform((value, context) => {
    const zoned = /(?:Z|[+-]\d\d:?\d\d)$/i.test(value) ? value : `${value.replace(' ', 'T')}Z`
    const at = Date.parse(zoned)
    if (Number.isFinite(at)) return at
    context.addIssue({ code: 'custom', message: 'must be a time' })
    return z.NEVER
  }),
)

const PageInfo = z.object({ hasNextPage: z.boolean(), endCursor: text })

/** Rows of a connection, and whether there are more. */
const connection = <T extends z.ZodType>(node: T) => {
  // Said outright: what zod infers of an object with a generic member cannot be read again.
  const edge: z.ZodType<{ readonly node: z.output<T> }> = z.object({ node }) as never
  return z
    .object({ edges: list(edge), pageInfo: PageInfo })
    .transform(({ edges, pageInfo }) => ({ nodes: edges.map((each) => each.node), pageInfo }))
}

/** The same where the document asks for no more than one page. */
const wholePage = <T extends z.ZodType>(node: T) =>
  optional(connection(node)).transform(
    (value) => value ?? { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } },
  )

const WireLine = z.object({
  id: z.string(),
  sku: text,
  partner_line_item_id: text,
  quantity: units,
  quantity_allocated: units,
  quantity_pending_fulfillment: integer,
  quantity_shipped: units,
  backorder_quantity: units,
  fulfillment_status: text,
  warehouse_id: text,
  created_at: Moment,
})
export type WireLine = z.infer<typeof WireLine>

const WireShipmentLine = z.object({ line_item_id: text, shipping_label_id: text, quantity: units })

const WireLabel = z.object({
  id: z.string(),
  carrier: text,
  shipping_method: text,
  shipping_name: text,
  tracking_number: text,
  tracking_url: text,
  status: text,
  created_date: Moment,
  picked_up: flag,
  delivered: flag,
  refunded: flag,
  needs_refund: flag,
  package_number: integer,
})
export type WireLabel = z.infer<typeof WireLabel>

const WireShipment = z.object({
  id: z.string(),
  warehouse_id: text,
  created_date: Moment,
  completed: flag,
  picked_up: flag,
  delivered: flag,
  shipping_labels: list(WireLabel),
  line_items: wholePage(WireShipmentLine),
})
export type WireShipment = z.infer<typeof WireShipment>

export const WireOrder = z.object({
  id: z.string(),
  legacy_id: integer,
  order_number: text,
  partner_order_id: text,
  fulfillment_status: text,
  updated_at: Moment,
  hold_until_date: Moment,
  flagged: flag,
  holds: optional(z.record(z.string(), z.boolean().nullable())),
  shipping_address: optional(z.object({ first_name: text, last_name: text, zip: text, country: text })),
  allocations: list(z.object({ warehouse_id: text, allocated_at: Moment })),
  line_items: wholePage(WireLine),
  shipments: list(WireShipment),
})
export type WireOrder = z.infer<typeof WireOrder>

/** Which order a row is, when not all of it can be read. */
export const WireOrderName = z.object({ partner_order_id: text })

const WireWarehouse = z.object({
  id: z.string(),
  identifier: text,
  address: optional(z.object({ name: text, country: text, zip: text })),
})

const WireProduct = z.object({
  sku: text,
  warehouse_id: text,
  on_hand: integer,
  allocated: integer,
  available: integer,
  backorder: integer,
  reserve_inventory: integer,
})
export type WireProduct = z.infer<typeof WireProduct>

const WireReturnLine = z.object({
  id: text,
  quantity: units,
  quantity_received: units,
  restock: units,
  condition: text,
  reason: text,
  warehouse_id: text,
  updated_at: Moment,
  line_item: optional(z.object({ sku: text })),
})
export type WireReturnLine = z.infer<typeof WireReturnLine>

export const WireReturn = z.object({
  id: z.string(),
  status: text,
  created_at: Moment,
  labels: list(z.object({ tracking_number: text })),
  order: optional(z.object({ partner_order_id: text })),
  line_items: list(WireReturnLine),
})
export type WireReturn = z.infer<typeof WireReturn>

const WireWebhook = z.object({
  id: z.string(),
  name: text,
  url: text,
  shop_name: text,
  enabled: flag,
  health: text,
})
export type WireWebhook = z.infer<typeof WireWebhook>

const field = <Name extends string, T extends z.ZodType>(name: Name, schema: T) =>
  z.object({ [name]: schema } as { [Key in Name]: T })
const found = <T extends z.ZodType>(data: T) => z.object({ data })
const anything = z.unknown()

/** What is read of the `data` of each document. */
export const answers = {
  orders: field('orders', found(connection(z.unknown()))),
  order: field('order', optional(found(z.unknown()))),
  orderLines: field('order', optional(found(optional(z.object({ line_items: connection(WireLine) }))))),
  shipmentLines: field(
    'shipment',
    optional(found(optional(z.object({ line_items: connection(WireShipmentLine) })))),
  ),
  created: field('order_create', z.object({ order: z.unknown() })),
  cancelled: field('order_cancel', z.object({ order: optional(z.object({ fulfillment_status: text })) })),
  linesUpdated: field('order_update_line_items', anything),
  renamed: field('order_update', anything),
  held: field('order_update_holds', anything),
  noted: field('order_add_history_entry', anything),
  warehouses: field('account', found(optional(z.object({ warehouses: list(WireWarehouse) })))),
  stock: field('warehouse_products', found(connection(WireProduct))),
  returns: field('returns', found(connection(z.unknown()))),
  webhooks: field('webhooks', found(connection(WireWebhook))),
  webhookCreated: field(
    'webhook_create',
    z.object({ webhook: z.object({ shared_signature_secret: z.string().min(1) }) }),
  ),
  webhookDeleted: field('webhook_delete', anything),
  webhookEnabled: field('webhook_enable', anything),
}

const GraphqlError = z.object({
  message: z
    .string()
    .nullish()
    .transform((value) => value ?? ''),
  operation: text,
  request_id: text,
  code: optional(z.coerce.number().catch(Number.NaN)),
  required_credits: optional(z.number()),
  remaining_credits: optional(z.number()),
  time_remaining: text,
})
export type GraphqlError = z.infer<typeof GraphqlError>

/** What every answer of the GraphQL endpoint may carry besides its data. */
export const Envelope = z.looseObject({
  errors: list(GraphqlError),
  data: optional(
    z.looseObject({
      user_quota: optional(
        z.object({
          credits_remaining: z.number(),
          max_available: z.number().catch(0),
          increment_rate: z.number().catch(0),
        }),
      ).catch(null),
    }),
  ),
})
export type Envelope = z.infer<typeof Envelope>

export const TokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })
