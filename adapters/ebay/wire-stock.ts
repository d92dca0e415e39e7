import { z } from 'zod'

// What is read of the Inventory API. Numbers may be absent: an item that is kept at no place has none.

const text = z.string().nullish()
const count = z.int().nullish().catch(null)

export const WireErrors = z
  .array(z.object({ errorId: z.int().nullish(), category: text, message: text, longMessage: text }))
  .nullish()

/** One entry of bulkUpdatePriceQuantity's answer: an offer, or the item where `offerId` is absent. */
export const WireBulkRow = z.object({
  sku: text,
  offerId: text,
  statusCode: z.int().nullish(),
  errors: WireErrors,
})
export type WireBulkRow = z.infer<typeof WireBulkRow>

export const BulkUpdateAnswer = z.object({ responses: z.array(WireBulkRow).nullish() })

export const BulkItemsAnswer = z.object({
  responses: z
    .array(
      z.object({
        sku: text,
        statusCode: z.int().nullish(),
        errors: WireErrors,
        inventoryItem: z
          .object({
            inventoryItemGroupKeys: z.array(z.string()).nullish().catch(null),
            availability: z
              .object({ shipToLocationAvailability: z.object({ quantity: count }).nullish() })
              .nullish(),
          })
          .nullish(),
      }),
    )
    .nullish(),
})

export const WireInventoryItem = z.object({
  sku: z.string(),
  product: z
    .object({
      title: text,
      ean: z.array(z.string()).nullish(),
      upc: z.array(z.string()).nullish(),
      isbn: z.array(z.string()).nullish(),
    })
    .nullish(),
  availability: z.object({ shipToLocationAvailability: z.object({ quantity: count }).nullish() }).nullish(),
})

/** Rows are read one by one. */
export const InventoryItemsAnswer = z.object({
  total: count,
  inventoryItems: z.array(z.unknown()).nullish(),
})

export const WireOffer = z.object({
  offerId: z.string(),
  status: text,
  availableQuantity: count,
  listing: z.object({ listingId: text, listingStatus: text }).nullish(),
})
export type WireOffer = z.infer<typeof WireOffer>

export const OffersAnswer = z.object({ offers: z.array(WireOffer).nullish() })

/** The body of bulkUpdatePriceQuantity, strict: this is what we send. */
export interface BulkUpdateBody {
  readonly requests: readonly {
    readonly sku: string
    readonly shipToLocationAvailability: { readonly quantity: number }
    readonly offers: readonly { readonly offerId: string; readonly availableQuantity: number }[]
  }[]
}
