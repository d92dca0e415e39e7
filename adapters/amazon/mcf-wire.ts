import { z } from 'zod'

// What is read of Fulfillment Outbound 2026-07-04 and, for returns, of 2020-07-01: required is only what is used and is
// required by Amazon.

const text = z.string().nullish()
/** Decimal text of whole units: "1.0". */
const Amount = z.object({ value: z.string() }).nullish()

const Item = z.object({
  productIdentifier: z.object({ amazonSku: z.string() }),
  amount: Amount,
  packageId: text,
  shipmentItemId: text,
})
const Package = z.object({
  packageId: z.string(),
  status: text,
  deliveryTime: text,
  shipmentItemIds: z.array(z.string()).nullish(),
  tracking: z
    .object({
      carrier: z.object({ carrierCode: text, trackingNumber: text, trackingUrl: text }).nullish(),
      amazon: z.object({ trackingNumber: text, trackingUrl: text }).nullish(),
    })
    .nullish(),
})
export type McfPackage = z.infer<typeof Package>

const Shipment = z.object({
  amazonShipmentId: z.string(),
  status: z.string(),
  shipTime: text,
  deliveryTime: text,
  items: z.array(Item),
  packages: z.array(Package).nullish(),
  serviceLevel: z.object({ serviceTier: text }).nullish(),
})
export type McfShipment = z.infer<typeof Shipment>

export const McfOrder = z.object({
  orderId: z.string().min(1),
  receiveTime: z.string(),
  status: text,
  statusUpdateTime: text,
  fulfillmentConfiguration: z.object({ action: text }).nullish(),
  lineItems: z.array(
    z.object({
      lineItemId: z.string(),
      product: z.object({ productIdentifier: z.object({ amazonSku: z.string() }) }),
      amount: Amount,
      cancelledAmount: Amount,
      unfulfillableAmount: Amount,
    }),
  ),
  shipments: z.array(Shipment).nullish(),
})
export type McfOrder = z.infer<typeof McfOrder>

export const McfOrderAnswer = z.object({ order: z.unknown() })
/** 200 holds the order, 202 only that Amazon took it on. */
export const McfCreated = z.object({ order: z.unknown().optional(), orderId: text, status: text })
export const McfOrders = z.object({
  orders: z.array(z.unknown()),
  pagination: z.object({ nextToken: text }).nullish(),
})

const Money = z.object({ currencyCode: z.string(), amount: z.string() }).nullish()
const Interval = z.object({ startTime: text, endTime: text }).nullish()
export const PreviewAnswer = z.object({
  plannedShipments: z.array(
    z.object({
      items: z.array(z.object({ productIdentifier: z.object({ amazonSku: z.string() }), amount: Amount })),
      offers: z
        .array(
          z.object({
            estimatedPrice: z.object({ totalPrice: Money }).nullish(),
            fulfillmentConfiguration: z
              .object({
                serviceLevel: z
                  .object({ serviceTier: text, deliveryInterval: Interval, shipInterval: Interval })
                  .nullish(),
              })
              .nullish(),
          }),
        )
        .nullish(),
    }),
  ),
  constraints: z.array(z.object({ code: z.string(), message: z.string() })).nullish(),
})
export type PreviewAnswer = z.infer<typeof PreviewAnswer>

export const ListedOrders = z.object({
  payload: z
    .object({
      nextToken: text,
      fulfillmentOrders: z
        .array(z.object({ sellerFulfillmentOrderId: z.string(), fulfillmentOrderStatus: z.string() }))
        .nullish(),
    })
    .nullish(),
})

export const ReturnItem = z.object({
  sellerReturnItemId: z.string(),
  sellerFulfillmentOrderItemId: z.string(),
  sellerReturnReasonCode: text,
  status: z.string(),
  statusChangedDate: z.string(),
  returnAuthorizationId: text,
  returnReceivedCondition: text,
})
export type ReturnItem = z.infer<typeof ReturnItem>

export const OrderWithReturns = z.object({
  payload: z
    .object({
      fulfillmentOrderItems: z.array(
        z.object({ sellerSku: z.string(), sellerFulfillmentOrderItemId: z.string() }),
      ),
      /** Each by `ReturnItem`, so that one that cannot be read stops no other return. */
      returnItems: z.array(z.unknown()).nullish(),
    })
    .nullish(),
})
export type OrderWithReturns = z.infer<typeof OrderWithReturns>
