import type { z } from 'zod'

/**
 * A GraphQL document that the adapter sends. All of them are validated against ShipHero's schema in test/conformance.
 *
 * `cost` is an upper bound by the count that ShipHero's own messages show: 1 for the operation, and a connection its size times
 * one and what each of its rows holds (100 products with 50 locations each "require 5,101 credits"). Objects and plain lists,
 * of which nothing is published, are counted as one. What an answer says of the quota corrects the prediction.
 */
export interface GraphqlDocument<T = unknown> {
  readonly operation: string
  readonly query: string
  readonly cost: number
  /** What is read of the answer's `data`. */
  readonly data: z.ZodType<T>
}

/**
 * 7,000 requests in any five minutes are a second limit (developer.shiphero.com, Throttling & Quotas). Credits alone let at
 * most 4,004 + 300 × 60 = 22,004 pass in that time; with no request counted below four they are the stricter one.
 */
export const leastCost = 4

export const define = <T>(document: GraphqlDocument<T>): GraphqlDocument<T> => ({
  ...document,
  cost: Math.max(leastCost, document.cost),
})

/** How many rows the documents ask for at once. */
export const pages = {
  orders: 25,
  /** Orders of one reference: more than one only where something went wrong. */
  sameReference: 3,
  linesOfOrders: 20,
  linesOfShipments: 20,
  moreLines: 100,
  stock: 200,
  returns: 25,
  webhooks: 100,
} as const

/** The credits of a connection of so many rows. */
export const rows = (first: number, content = 0): number => first * (1 + content)
