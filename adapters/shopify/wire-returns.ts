import { z } from 'zod'
import { MoneyBag, nodes, UserErrors } from './wire.ts'

/** What is read of returns and refunds. Minimal and loose, as in wire.ts. */

const ReturnLine = z.object({
  /** Absent: a line of goods that the order does not have (an unverified one), which no stock is known of. */
  fulfillmentLineItem: z.object({ id: z.string(), lineItem: z.object({ id: z.string() }) }).nullish(),
  id: z.string(),
  quantity: z.int(),
  processableQuantity: z.int(),
  processedQuantity: z.int(),
  returnReasonNote: z.string().nullish(),
  customerNote: z.string().nullish(),
  returnReasonDefinition: z.object({ handle: z.string(), name: z.string() }).nullish(),
})
export type WireReturnLine = z.infer<typeof ReturnLine>

const ReverseLine = z.object({
  id: z.string(),
  totalQuantity: z.int(),
  fulfillmentLineItem: z.object({ id: z.string() }).nullish(),
  dispositions: z.array(z.object({ type: z.string(), quantity: z.int() })),
})
export type WireReverseLine = z.infer<typeof ReverseLine>

const ReverseOrder = z.object({
  id: z.string(),
  lineItems: nodes(ReverseLine),
  reverseDeliveries: z.object({
    nodes: z.array(
      z.object({
        deliverable: z.object({ tracking: z.object({ number: z.string().nullish() }).nullish() }).nullish(),
      }),
    ),
  }),
})
export type WireReverseOrder = z.infer<typeof ReverseOrder>

export const WireReturn = z.object({
  id: z.string(),
  status: z.string(),
  createdAt: z.string(),
  requestApprovedAt: z.string().nullish(),
  closedAt: z.string().nullish(),
  decline: z.object({ reason: z.string(), note: z.string().nullish() }).nullish(),
  order: z.object({ id: z.string(), updatedAt: z.string() }),
  exchangeLineItems: z.object({ nodes: z.array(z.object({ id: z.string() })) }),
  returnLineItems: nodes(ReturnLine),
  reverseFulfillmentOrders: nodes(ReverseOrder),
})
export type WireReturn = z.infer<typeof WireReturn>

const ReturnIds = nodes(z.object({ id: z.string() }))

const ReturnableLine = z.object({
  quantity: z.int(),
  fulfillmentLineItem: z.object({ id: z.string(), lineItem: z.object({ id: z.string() }) }),
})
export type WireReturnableLine = z.infer<typeof ReturnableLine>

/** What every change of a return answers; what it is then is read from the return itself. */
const Changed = z.object({
  return: z.object({ id: z.string(), status: z.string() }).nullish(),
  userErrors: UserErrors,
})

const TransactionState = z.object({ status: z.string() })

const Refund = z.object({
  id: z.string(),
  note: z.string().nullish(),
  totalRefundedSet: MoneyBag,
  transactions: z.object({ nodes: z.array(TransactionState) }),
})
export type WireRefund = z.infer<typeof Refund>

const SuggestedTransaction = z.object({
  gateway: z.string().nullish(),
  amountSet: MoneyBag,
  maximumRefundableSet: MoneyBag,
  parentTransaction: z.object({ id: z.string() }).nullish(),
})
export type WireSuggestedTransaction = z.infer<typeof SuggestedTransaction>

const Suggestion = z.object({
  amountSet: MoneyBag,
  maximumRefundableSet: MoneyBag,
  suggestedTransactions: z.array(SuggestedTransaction),
})
export type WireSuggestion = z.infer<typeof Suggestion>

/** The `data` of each document's answer, by the document's operation name. */
export const returnAnswers = {
  OrdersWithReturns: z.object({
    orders: nodes(z.object({ id: z.string(), updatedAt: z.string(), returns: ReturnIds })),
  }),
  OrderReturns: z.object({ order: z.object({ returns: ReturnIds }).nullable() }),
  // Read row by row: one return that cannot be read does not stop the others.
  Return: z.object({ return: z.unknown() }),
  ReturnLines: z.object({ return: z.object({ returnLineItems: nodes(ReturnLine) }).nullable() }),
  ReverseFulfillmentOrders: z.object({
    return: z.object({ reverseFulfillmentOrders: nodes(ReverseOrder) }).nullable(),
  }),
  ReverseFulfillmentOrderLines: z.object({
    reverseFulfillmentOrder: z.object({ lineItems: nodes(ReverseLine) }).nullable(),
  }),
  ReturnableFulfillments: z.object({
    returnableFulfillments: nodes(
      z.object({ id: z.string(), returnableFulfillmentLineItems: nodes(ReturnableLine) }),
    ),
  }),
  ReturnableLines: z.object({
    returnableFulfillment: z.object({ returnableFulfillmentLineItems: nodes(ReturnableLine) }).nullable(),
  }),
  ReturnReasons: z.object({
    returnReasonDefinitions: z.object({
      nodes: z.array(
        z.object({ id: z.string(), handle: z.string(), name: z.string(), deleted: z.boolean() }),
      ),
    }),
  }),
  ReturnCreate: z.object({ returnCreate: Changed }),
  ReturnApproveRequest: z.object({ returnApproveRequest: Changed }),
  ReturnDeclineRequest: z.object({ returnDeclineRequest: Changed }),
  ReturnClose: z.object({ returnClose: Changed }),
  ReturnProcess: z.object({ returnProcess: Changed }),
  SuggestedRefund: z.object({
    order: z
      .object({
        currencyCode: z.string(),
        presentmentCurrencyCode: z.string(),
        refunds: z.array(Refund),
        suggestedRefund: Suggestion.nullish(),
      })
      .nullable(),
  }),
  ReturnOutcome: z.object({
    return: z
      .object({
        suggestedFinancialOutcome: z
          .object({
            maximumRefundable: MoneyBag,
            /** Without transactions: the buyer owes the shop, as after an exchange for something dearer. */
            financialTransfer: z
              .object({ amount: MoneyBag, suggestedTransactions: z.array(SuggestedTransaction).optional() })
              .nullish(),
          })
          .nullish(),
      })
      .nullish(),
  }),
  RefundCreate: z.object({
    refundCreate: z.object({ refund: Refund.nullish(), userErrors: UserErrors }),
  }),
} as const
