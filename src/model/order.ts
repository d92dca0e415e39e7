import { z } from 'zod'
import { Address, Buyer } from './address.ts'
import { Instant, ListingId, Quantity, Sku } from './ids.ts'
import { Currency, Money } from './money.ts'
import { ServiceLevel } from './service-level.ts'

/**
 * Where an order stands. `unknown` is a status that stockpool has no name for: the platform's own word is kept in
 * `rawStatus` and nothing is released to a warehouse until it becomes known.
 */
export const OrderStatus = z.enum([
  'pending',
  'on_hold',
  'open',
  'partially_shipped',
  'shipped',
  'delivered',
  'cancelled',
  'unknown',
])
export type OrderStatus = z.infer<typeof OrderStatus>

/**
 * Whether the buyer has paid, in the channel's own judgement. Stock is reserved in any case; no warehouse is asked while it is
 * `pending`, `voided` or `refunded`.
 */
export const PaymentStatus = z.enum([
  'pending',
  'authorized',
  'partially_paid',
  'paid',
  'partially_refunded',
  'refunded',
  'voided',
  'unknown',
])
export type PaymentStatus = z.infer<typeof PaymentStatus>

/** Who picks, packs and ships: the merchant (or the merchant's 3PL), or the platform from its own warehouse. */
export const FulfilledBy = z.enum(['merchant', 'platform'])
export type FulfilledBy = z.infer<typeof FulfilledBy>

/** A tax on a line and who pays it to the state: the platform (marketplace facilitator) or the merchant. */
export const Tax = z.object({
  amount: Money,
  collectedBy: z.enum(['platform', 'merchant']),
  title: z.string().nullable().default(null),
})
export type Tax = z.infer<typeof Tax>

const lineFacts = {
  /** The channel's own id of the line, unique within the order. */
  id: z.string().min(1),
  /** What was bought, by the channel's own listing id. `null` when the channel does not say. */
  listing: ListingId.nullable(),
  /** The SKU as the channel has it, for people to read; never used to find the stock. */
  channelSku: z.string().nullable().default(null),
  title: z.string().default(''),
  fulfilledBy: FulfilledBy.default('merchant'),
  /** Price of one unit before discounts. */
  price: Money.nullable().default(null),
  /** Discount on the whole line, as a positive amount. */
  discount: Money.nullable().default(null),
  /** Shipping charged for the whole line. */
  shipping: Money.nullable().default(null),
  taxes: z.array(Tax).default([]),
}

/** One line of an order as a channel reports it at one moment. Quantities are in units of the listing. */
export const ChannelOrderLine = z.object({
  ...lineFacts,
  /** Everything ever ordered on this line, also what was cancelled since. */
  ordered: Quantity,
  /** Of these, never to be shipped any more: cancelled, removed or refunded before shipping. */
  cancelled: Quantity.default(0),
  /** Of these, shipped, as the channel knows it. */
  shipped: Quantity.default(0),
  /** Of these, returned by the buyer, as the channel knows it. Informs; only a graded return moves stock. */
  returned: Quantity.default(0),
  /**
   * Units that have shipped or still will, for a channel that lowers what was ordered when units are cancelled, and
   * never raises it: whatever was ordered beyond this, in any snapshot, is cancelled. Absent: `ordered` keeps all.
   */
  willShip: Quantity.optional(),
})
export type ChannelOrderLine = z.infer<typeof ChannelOrderLine>

const orderFacts = {
  /** The channel's own id of the order. */
  id: z.string().min(1).max(200),
  /** What people call it: `#1001`, `112-1234567-1234567`. */
  number: z.string().default(''),
  status: OrderStatus,
  /** The platform's own words, kept when `status` is `unknown` and always worth showing. */
  rawStatus: z.string().default(''),
  payment: PaymentStatus.default('unknown'),
  placedAt: Instant,
  updatedAt: Instant,
  fulfilledBy: FulfilledBy.default('merchant'),
  serviceLevel: ServiceLevel.nullable().default(null),
  /** The platform's own name of the service, such as `NextDay` or `Free shipping`. */
  rawServiceLevel: z.string().nullable().default(null),
  /** The parcel must be handed over by then. */
  shipBy: Instant.nullable().default(null),
  deliverBy: Instant.nullable().default(null),
  currency: Currency.nullable().default(null),
  total: Money.nullable().default(null),
  /** Where the sale came from when it is not the channel itself, such as `facebook`. */
  source: z.string().nullable().default(null),
  /** Programs that bind the seller, such as `PRIME`. */
  programs: z.array(z.string()).default([]),
  /** The buyer asked to cancel; nothing is cancelled yet. */
  cancelRequested: z
    .object({
      at: Instant.nullable().default(null),
      reason: z.string().nullable().default(null),
      /** Unanswered by then, the platform decides. Absent or `null`: not said. */
      respondBy: Instant.nullish(),
    })
    .nullable()
    .default(null),
}

/** An order as a channel reports it at one moment. Snapshots may come late, twice or out of order. */
export const ChannelOrder = z.object({
  ...orderFacts,
  buyer: Buyer.nullable().default(null),
  shipTo: Address.nullable().default(null),
  lines: z.array(ChannelOrderLine).max(1000),
  /** The platform's payload, unchanged. */
  raw: z.unknown(),
})
export type ChannelOrder = z.infer<typeof ChannelOrder>
/** What an adapter gives to `ChannelOrder.parse`: members with a default may be left out, and times may carry any offset. */
export type ChannelOrderInput = z.input<typeof ChannelOrder>

/**
 * One line of an order as the pool knows it. Counters in units of the listing; none of them ever falls.
 * Open to ship = taken - released - shipped.
 */
export const OrderLine = z.object({
  ...lineFacts,
  /** `null` while the listing is not linked: such a line is quarantined and takes no stock. */
  sku: Sku.nullable(),
  /** Units of the SKU per unit of the listing. */
  units: z.int().min(1),
  state: z.enum(['counted', 'unlinked', 'platform']),
  ordered: Quantity,
  taken: Quantity,
  released: Quantity,
  shipped: Quantity,
  returned: Quantity,
})
export type OrderLine = z.infer<typeof OrderLine>

/** An order as the pool knows it: every snapshot so far, merged. */
export const Order = z.object({
  connection: z.string(),
  ...orderFacts,
  lines: z.array(OrderLine),
  raw: z.unknown(),
})
export type Order = z.infer<typeof Order>
