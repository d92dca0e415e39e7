import { z } from 'zod'

/** What is read of Shopify's answers. Minimal and loose: enums stay text, since new values appear each quarter. */

const PageInfo = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() })

export const nodes = <T extends z.ZodType>(node: T) => z.object({ nodes: z.array(node), pageInfo: PageInfo })

const MoneyAmount = z.object({ amount: z.string(), currencyCode: z.string() })

/**
 * Decimal strings; `shopMoney` is in the shop's own currency, `presentmentMoney` in the buyer's. Unreadable money is no
 * money: the order stands without it, and `raw` keeps what came.
 */
export const MoneyBag = z
  .object({ shopMoney: MoneyAmount, presentmentMoney: MoneyAmount.optional() })
  .nullish()
  .catch(null)
export type WireMoney = z.infer<typeof MoneyBag>

export const WireLine = z.object({
  id: z.string(),
  title: z.string().nullish(),
  sku: z.string().nullish(),
  /** Ever ordered, refunded and removed units included. */
  quantity: z.int(),
  /** Without refunded and removed units. */
  currentQuantity: z.int(),
  unfulfilledQuantity: z.int(),
  nonFulfillableQuantity: z.int(),
  requiresShipping: z.boolean(),
  isGiftCard: z.boolean(),
  /** `null` for a custom line, a tip, or a variant that was deleted since. */
  variant: z
    .object({ inventoryItem: z.object({ id: z.string(), tracked: z.boolean() }).nullish() })
    .nullish(),
  originalUnitPriceSet: MoneyBag,
  discountAllocations: z.array(z.object({ allocatedAmountSet: MoneyBag })).nullish(),
  taxLines: z
    .array(
      z.object({
        title: z.string().nullish(),
        channelLiable: z.boolean().nullish(),
        priceSet: MoneyBag,
      }),
    )
    .nullish(),
})
export type WireLine = z.infer<typeof WireLine>

export const WireLines = nodes(WireLine)

/** Buyer data may be `null` at any place: without the protected-data permission Shopify hides it field by field. */
export const WireAddress = z.object({
  name: z.string().nullish(),
  company: z.string().nullish(),
  address1: z.string().nullish(),
  address2: z.string().nullish(),
  city: z.string().nullish(),
  provinceCode: z.string().nullish(),
  province: z.string().nullish(),
  zip: z.string().nullish(),
  countryCodeV2: z.string().nullish(),
  phone: z.string().nullish(),
})
export type WireAddress = z.infer<typeof WireAddress>

const Hold = z.object({
  id: z.string(),
  reason: z.string(),
  handle: z.string().nullish(),
  heldByRequestingApp: z.boolean().nullish(),
})

const OrderPart = z.object({
  status: z.string(),
  updatedAt: z.string().nullish(),
  fulfillmentHolds: z.array(Hold.pick({ reason: true })).nullish(),
})

export const WireOrder = z.object({
  id: z.string(),
  name: z.string().nullish(),
  createdAt: z.string(),
  updatedAt: z.string(),
  cancelledAt: z.string().nullish(),
  cancelReason: z.string().nullish(),
  displayFinancialStatus: z.string().nullish(),
  displayFulfillmentStatus: z.string().nullish(),
  currencyCode: z.string().nullish(),
  email: z.string().nullish(),
  phone: z.string().nullish(),
  sourceName: z.string().nullish(),
  customAttributes: z
    .array(z.object({ key: z.string(), value: z.string().nullish() }))
    .nullish()
    .catch(null),
  /** Only says where a sale came from: an order is never refused for it. */
  customerJourneySummary: z
    .object({
      lastVisit: z
        .object({
          landingPage: z.string().nullish(),
          referrerUrl: z.string().nullish(),
          utmParameters: z.object({ source: z.string().nullish() }).nullish(),
        })
        .nullish(),
    })
    .nullish()
    .catch(null),
  test: z.boolean().nullish(),
  currentTotalPriceSet: MoneyBag,
  shippingAddress: WireAddress.nullish(),
  shippingLine: z.object({ title: z.string().nullish(), code: z.string().nullish() }).nullish(),
  fulfillmentsCount: z.object({ count: z.int() }).nullish(),
  /** The parts it is fulfilled in, each at one location; any of them may be on hold. */
  fulfillmentOrders: nodes(OrderPart).nullish(),
  lineItems: WireLines,
})
export type WireOrder = z.infer<typeof WireOrder>

const LineQuantity = z.object({ quantity: z.int().nullish(), lineItem: z.object({ id: z.string() }) })

const RefundLine = LineQuantity.extend({ restockType: z.string() })

const Events = z.object({
  fulfillments: z.array(
    z.object({ id: z.string(), status: z.string(), fulfillmentLineItems: nodes(LineQuantity) }),
  ),
  refunds: z.array(z.object({ id: z.string(), refundLineItems: nodes(RefundLine) })),
})

/** What happened to an order: every fulfilment and every refund with all of their lines. */
export interface WireHistory {
  readonly fulfillments: readonly {
    readonly status: string
    readonly lines: readonly z.infer<typeof LineQuantity>[]
  }[]
  readonly refunds: readonly { readonly lines: readonly z.infer<typeof RefundLine>[] }[]
}

const UserError = z.object({
  field: z.array(z.string()).nullish(),
  message: z.string(),
  code: z.string().nullish(),
})
export type UserError = z.infer<typeof UserError>
export const UserErrors = z.array(UserError)

const FulfillmentOrderLine = z.object({
  id: z.string(),
  remainingQuantity: z.int(),
  lineItem: z.object({ id: z.string() }),
})
export type WireFulfillmentOrderLine = z.infer<typeof FulfillmentOrderLine>

const FulfillmentOrder = z.object({
  id: z.string(),
  status: z.string(),
  updatedAt: z.string().nullish(),
  supportedActions: z.array(z.object({ action: z.string() })),
  fulfillmentHolds: z.array(Hold).nullish(),
  assignedLocation: z.object({
    name: z.string().nullish(),
    location: z.object({ id: z.string() }).nullish(),
  }),
  lineItems: nodes(FulfillmentOrderLine),
})
export type WireFulfillmentOrder = z.infer<typeof FulfillmentOrder>

const Fulfillment = z.object({
  id: z.string(),
  status: z.string(),
  trackingInfo: z.array(z.object({ number: z.string().nullish() })),
})
export type WireFulfillment = z.infer<typeof Fulfillment>

const Subscription = z.object({
  id: z.string(),
  topic: z.string(),
  uri: z.string(),
  format: z.string().nullish(),
  filter: z.string().nullish(),
  includeFields: z.array(z.string()).nullish(),
})
export type WireSubscription = z.infer<typeof Subscription>

/** An inventory item with its level at one location; nothing of it, where the id is that of something else. */
export const ItemAtPlace = z.object({
  id: z.string().optional(),
  tracked: z.boolean().optional(),
  inventoryLevel: z
    .object({ quantities: z.array(z.object({ name: z.string(), quantity: z.int() })) })
    .nullish(),
})
export type ItemAtPlace = z.infer<typeof ItemAtPlace>

/** A variant with its item's level at one location. */
export const WireVariant = z.object({
  sku: z.string().nullish(),
  displayName: z.string(),
  barcode: z.string().nullish(),
  inventoryItem: ItemAtPlace,
})

/** The `data` of each document's answer, by the document's operation name. */
export const answers = {
  // Each order is read by itself: one that cannot be read does not stop the others.
  Orders: z.object({
    orders: nodes(z.unknown()),
    ordersCount: z.object({ count: z.int() }).nullish(),
  }),
  Order: z.object({ order: z.unknown() }),
  OrderOfFulfillmentOrder: z.object({
    fulfillmentOrder: z.object({ order: z.unknown() }).nullish(),
  }),
  FulfillmentOrderChanges: z.object({
    fulfillmentOrders: nodes(
      z.object({
        id: z.string(),
        updatedAt: z.string(),
        order: z.object({ id: z.string(), updatedAt: z.string() }),
      }),
    ),
  }),
  OrderLines: z.object({ order: z.object({ lineItems: WireLines }).nullable() }),
  OrderHistory: z.object({ order: Events.nullable() }),
  RefundLines: z.object({ refund: z.object({ refundLineItems: nodes(RefundLine) }).nullable() }),
  OrderCancel: z.object({
    orderCancel: z.object({
      job: z.object({ id: z.string(), done: z.boolean() }).nullish(),
      orderCancelUserErrors: UserErrors,
    }),
  }),
  CancelProgress: z.object({
    job: z.object({ done: z.boolean() }).nullish(),
    order: z.object({ cancelledAt: z.string().nullish() }).nullable(),
  }),
  InventorySetQuantities: z.object({ inventorySetQuantities: z.object({ userErrors: UserErrors }) }),
  ProductVariants: z.object({ productVariants: nodes(z.unknown()) }),
  ProductVariantsCount: z.object({ productVariantsCount: z.object({ count: z.int() }).nullish() }),
  InventoryAvailable: z.object({ nodes: z.array(ItemAtPlace.nullable()) }),
  FulfillmentOrders: z.object({
    order: z
      .object({
        cancelledAt: z.string().nullish(),
        fulfillments: z.array(Fulfillment),
        fulfillmentOrders: nodes(FulfillmentOrder),
      })
      .nullable(),
  }),
  MoreFulfillmentOrders: z.object({
    order: z.object({ fulfillmentOrders: nodes(FulfillmentOrder) }).nullable(),
  }),
  FulfillmentOrderLines: z.object({
    fulfillmentOrder: z.object({ lineItems: nodes(FulfillmentOrderLine) }).nullable(),
  }),
  FulfillmentLines: z.object({
    fulfillment: z.object({ fulfillmentLineItems: nodes(LineQuantity) }).nullable(),
  }),
  FulfillmentCreate: z.object({
    fulfillmentCreate: z.object({
      fulfillment: z.object({ id: z.string() }).nullish(),
      userErrors: UserErrors,
    }),
  }),
  FulfillmentOrderHold: z.object({ fulfillmentOrderHold: z.object({ userErrors: UserErrors }) }),
  FulfillmentOrderReleaseHold: z.object({
    fulfillmentOrderReleaseHold: z.object({ userErrors: UserErrors }),
  }),
  FulfillmentOrderMove: z.object({ fulfillmentOrderMove: z.object({ userErrors: UserErrors }) }),
  FulfillmentTrackingInfoUpdate: z.object({
    fulfillmentTrackingInfoUpdate: z.object({
      fulfillment: z.object({ id: z.string() }).nullish(),
      userErrors: UserErrors,
    }),
  }),
  WebhookSubscriptions: z.object({
    webhookSubscriptions: nodes(Subscription),
  }),
  WebhookSubscriptionCreate: z.object({
    webhookSubscriptionCreate: z.object({
      webhookSubscription: z.object({ id: z.string() }).nullish(),
      userErrors: UserErrors,
    }),
  }),
  WebhookSubscriptionUpdate: z.object({
    webhookSubscriptionUpdate: z.object({
      webhookSubscription: z.object({ id: z.string() }).nullish(),
      userErrors: UserErrors,
    }),
  }),
} as const

const GraphqlError = z.object({
  message: z.string().default(''),
  path: z.array(z.union([z.string(), z.number()])).nullish(),
  extensions: z.object({ code: z.string().nullish() }).nullish(),
})

/** The frame of every GraphQL answer, also of a refusal under HTTP 200. `errors` is a text on some HTTP errors. */
export const Envelope = z.object({
  data: z.unknown().optional(),
  errors: z.union([z.array(GraphqlError), z.string(), z.record(z.string(), z.unknown())]).nullish(),
  extensions: z
    .object({
      cost: z
        .object({
          requestedQueryCost: z.number().nullish(),
          actualQueryCost: z.number().nullish(),
          throttleStatus: z
            .object({
              maximumAvailable: z.number(),
              currentlyAvailable: z.number(),
              restoreRate: z.number(),
            })
            .nullish(),
        })
        .nullish(),
    })
    .nullish(),
})
export type Envelope = z.infer<typeof Envelope>

export const AccessToken = z.object({
  access_token: z.string().min(1),
  /** Seconds: 86,399 for a client-credentials token. */
  expires_in: z.number().positive().optional(),
})
