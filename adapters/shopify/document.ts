import type { z } from 'zod'

/**
 * A GraphQL document that the adapter sends. All of them are validated against Shopify's own schema (2026-07 and
 * 2026-10) in test/conformance.
 *
 * `cost` is an upper bound by Shopify's published rule (an object 1 point, a connection 2 and its size times its
 * content, a mutation 10); the answer's `extensions.cost` corrects the bucket. Page sizes keep every document under
 * the 1,000 points that a single query may ask for, even if each page comes full.
 */
export interface GraphqlDocument<T = unknown> {
  readonly operation: string
  readonly query: string
  readonly cost: number
  /** What is read of the answer's `data`. */
  readonly data: z.ZodType<T>
}

export const define = <T>(document: GraphqlDocument<T>): GraphqlDocument<T> => document

/** How many rows the documents ask for at once. */
export const pages = {
  orders: 10,
  linesOfOrders: 5,
  partsOfOrders: 6,
  changedParts: 100,
  lines: 50,
  events: 40,
  linesOfEvents: 3,
  fulfillments: 100,
  fulfillmentOrders: 5,
  fulfillmentOrderLines: 20,
  moreFulfillmentOrderLines: 100,
  inventoryItems: 200,
  variants: 150,
  subscriptions: 100,
  ordersWithReturns: 25,
  returnsOfOrders: 10,
  returns: 100,
  returnLines: 50,
  reverseOrders: 4,
  reverseLines: 40,
  returnableFulfillments: 5,
  returnableLines: 50,
  returnReasons: 200,
  refunds: 50,
  transactions: 3,
} as const
