import { z } from 'zod'

// What is read of TikTok's answers: only what is used. TikTok's own documents mark next to nothing as required, so only that
// without which a row has no meaning is required here; lists of "possible values" are open: plain strings.

const text = z.string().nullish()
const flag = z.boolean().nullish()
/** Unix time in seconds; absent, `null` or 0 where nothing has happened yet. */
const seconds = z.number().nullish()
const list = <T>(row: z.ZodType<T>) => z.array(row).nullish()
const Id = z.string().min(1)

export const WireItem = z.object({
  /** One item is one unit: TikTok's order lines have no quantity. */
  id: Id,
  sku_id: Id,
  product_id: text,
  seller_sku: text,
  product_name: text,
  sku_name: text,
  display_status: text,
  package_id: text,
  package_status: text,
  tracking_number: text,
  shipping_provider_id: text,
  shipping_provider_name: text,
  original_price: text,
  sale_price: text,
  seller_discount: text,
  platform_discount: text,
  currency: text,
  is_gift: flag,
  item_tax: list(z.object({ tax_type: text, tax_amount: text })).catch(null),
})
export type WireItem = z.infer<typeof WireItem>

export const WireAddress = z.object({
  name: text,
  phone_number: text,
  address_line1: text,
  address_line2: text,
  address_line3: text,
  address_line4: text,
  post_town: text,
  postal_code: text,
  region_code: text,
  district_info: list(z.object({ address_level: text, address_level_name: text, address_name: text })).catch(
    null,
  ),
})
export type WireAddress = z.infer<typeof WireAddress>

export const WireOrder = z.object({
  id: Id,
  status: z.string().min(1),
  create_time: z.number(),
  update_time: z.number(),
  paid_time: seconds,
  order_type: text,
  fulfillment_type: text,
  shipping_type: text,
  delivery_option_id: text,
  delivery_option_name: text,
  fast_delivery_program: text,
  warehouse_id: text,
  rts_sla_time: seconds,
  tts_sla_time: seconds,
  shipping_due_time: seconds,
  delivery_sla_time: seconds,
  is_cod: flag,
  is_sample_order: flag,
  is_replacement_order: flag,
  is_exchange_order: flag,
  is_on_hold_order: flag,
  is_buyer_request_cancel: flag,
  request_cancel_time: seconds,
  cancel_reason: text,
  cancellation_initiator: text,
  user_id: text,
  buyer_email: text,
  payment: z.object({ currency: text, total_amount: text }).nullish().catch(null),
  recipient_address: WireAddress.nullish().catch(null),
  line_items: z.array(WireItem),
})
export type WireOrder = z.infer<typeof WireOrder>

/** Nothing else of an order need be readable to ship, cancel or label it. */
export const WireParcels = WireOrder.pick({
  id: true,
  status: true,
  shipping_type: true,
  fulfillment_type: true,
  delivery_option_id: true,
  warehouse_id: true,
  is_buyer_request_cancel: true,
  line_items: true,
})
export type WireParcels = z.infer<typeof WireParcels>

export const OrderList = z.object({ orders: list(z.unknown()), next_page_token: text })
export const OrderDetail = z.object({ orders: list(z.unknown()) })

export const WireWarehouse = z.object({ warehouse_id: Id, available_quantity: z.int().nullish() })
export const InventoryList = z.object({
  inventory: list(
    z.object({
      product_id: Id,
      skus: list(z.object({ id: Id, seller_sku: text, warehouse_inventory: list(WireWarehouse) })),
    }),
  ),
})

/** Errors of single rows, inside an answer that calls itself a success. */
export const RowErrors = z.object({
  errors: list(
    z.object({
      code: z.number().nullish(),
      message: text,
      detail: z
        .object({
          sku_id: text,
          product_id: text,
          extra_errors: list(z.object({ code: z.number().nullish(), message: text, warehouse_id: text })),
        })
        .nullish(),
    }),
  ),
})
export type RowErrors = z.infer<typeof RowErrors>

export const WireProduct = z.object({
  id: Id,
  title: text,
  status: text,
  skus: list(z.object({ id: Id, seller_sku: text })),
})
export type WireProduct = z.infer<typeof WireProduct>

/** Products each to be read by itself. */
export const ProductRows = z.object({ products: list(z.unknown()), next_page_token: text })

export const ProductList = z.object({
  products: list(z.object({ id: Id, status: text, skus: list(z.object({ id: Id })) })),
})

export const ProviderList = z.object({ shipping_providers: list(z.object({ id: Id, name: z.string() })) })
export const OptionList = z.object({ delivery_options: list(z.object({ id: Id, name: text, type: text })) })
export const Marked = z.object({ package_id: text, warning: z.object({ message: text }).nullish() })
export const SplitPackages = z.object({
  packages: list(z.object({ id: Id, splittable_group_id: text })),
})
export const Nothing = z.unknown()

export const WirePackage = z.object({
  package_id: text,
  package_status: text,
  shipping_provider_name: text,
  tracking_number: text,
  order_line_item_ids: list(z.string()),
})
export type WirePackage = z.infer<typeof WirePackage>
export const Slots = z.object({
  can_drop_off: flag,
  can_pickup: flag,
  // TikTok's own spelling.
  pickup_slots: list(z.object({ avaliable: flag, start_time: z.number(), end_time: z.number() })),
})
export const ShippingServices = z.object({
  shipping_services: list(
    z.object({
      id: Id,
      name: text,
      price: text,
      currency: text,
      latest_delivery_days: z.number().nullish(),
      shipping_provider_name: text,
    }),
  ),
})
export const Created = z.object({
  package_id: Id,
  shipping_service_info: z.object({ price: text, currency: text, shipping_provider_name: text }).nullish(),
})
export const ShippingDocument = z.object({ doc_url: text, tracking_number: text })

export const Eligibility = z.object({
  sku_eligibility: list(
    z.object({
      line_item_eligibility: list(
        z.object({
          eligible: flag,
          ineligible_reason: text,
          request_type: text,
          available_reason_names: list(z.string()),
          order_line_items_ids: list(z.string()),
        }),
      ),
    }),
  ),
})
const NextAction = z.object({ action: text, deadline: seconds })
export const WireCancellation = z.object({
  cancel_id: Id,
  order_id: Id,
  cancel_type: text,
  cancel_status: text,
  cancel_reason: text,
  cancel_reason_text: text,
  seller_next_action_response: list(NextAction),
})
export type WireCancellation = z.infer<typeof WireCancellation>
export const CancellationList = z.object({ cancellations: list(WireCancellation), next_page_token: text })
export const Cancelled = z.object({ cancel_id: text, cancel_status: text })
export const Reasons = z.object({ reasons: list(z.object({ name: z.string(), text })) })

const Refund = z.object({ currency: text, refund_total: text }).nullish().catch(null)
export const WireReturn = z.object({
  return_id: Id,
  order_id: Id,
  return_type: text,
  return_status: z.string().min(1),
  return_reason: text,
  return_reason_text: text,
  return_tracking_number: text,
  can_buyer_keep_item: flag,
  create_time: seconds,
  update_time: z.number(),
  refund_amount: Refund,
  seller_next_action_response: list(NextAction),
  return_line_items: list(z.object({ order_line_item_id: text, sku_id: Id })),
  /** What was offered to the buyer instead. */
  partial_refund: z.looseObject({}).nullish(),
})
export type WireReturn = z.infer<typeof WireReturn>
export const ReturnList = z.object({ return_orders: list(z.unknown()), next_page_token: text })

export const FbtInventory = z.object({
  inventory: list(z.unknown()),
  next_page_token: text,
})
export const WireGoods = z.object({
  fbt_warehouse_id: Id,
  goods: z.object({ id: Id, reference_code: text }),
  on_hand_detail: z.object({ available_quantity: z.int() }),
})
export const FbtWarehouses = z.object({
  warehouses: list(
    z.object({
      fbt_warehouse_id: Id,
      name: text,
      subscribed: flag,
      addresses: list(z.object({ region_code: text, postal_code: text })),
    }),
  ),
})

export const McfGoods = z.object({ goods: list(z.unknown()), next_page_token: text })
export type McfGoods = z.infer<typeof McfGoods>
export const WireMcfGoods = z.object({ id: Id, reference_code: text })
export const McfInventory = z.object({
  goods_inventory_list: list(z.object({ goods_id: Id, available_qty: z.int().nullish() })),
})
export const McfStatus = z.object({ mcf_status: z.object({ is_mcf: z.number().nullish() }).nullish() })
/** Its id is taken where it is: the order is made, whatever the answer lacks. */
export const McfCreated = z.object({
  mcf_order: z
    .object({ mcf_order_id: text.catch(null) })
    .nullish()
    .catch(null),
})
export const McfFound = z.object({ mcf_order: z.unknown() })
/** A part of an order that one warehouse packs. No time of anything that happens to it is told. */
export const WireConsign = z.object({
  id: Id,
  status: z.string().min(1),
  goods: list(z.object({ id: Id, quantity: z.int().min(0) })),
  tracking_number: text,
  carrier: text,
  shipping_provider: z.object({ name: text }).nullish().catch(null),
  issue: text,
  is_platform_closed: flag,
})
export type WireConsign = z.infer<typeof WireConsign>
/** What was ordered is not told, nor when anything changed. */
export const WireMcfOrder = z.object({
  mcf_order_id: Id,
  external_order_id: z.string(),
  consign_orders: list(WireConsign),
})
export type WireMcfOrder = z.infer<typeof WireMcfOrder>

export const WebhookList = z.object({ webhooks: list(z.object({ event_type: text, address: text })) })
