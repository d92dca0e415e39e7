import { z } from 'zod'

/** What is read of Meta's answers. Minimal and loose: words stay text, since Meta adds new ones. */

const Message = z.object({ message: z.string().default('') })

/** POST items_batch. A 200 is no success: rows may be named here at once, the others are decided under a handle. */
export const BatchAnswer = z.object({
  handles: z.array(z.string()).nullish(),
  validation_status: z
    .array(z.object({ retailer_id: z.string().nullish(), errors: z.array(Message).nullish() }))
    .nullish(),
})
export type BatchAnswer = z.infer<typeof BatchAnswer>

/** GET check_batch_request_status: always a list of one, or of none for a handle that Meta has forgotten. */
export const StatusAnswer = z.object({
  data: z.array(
    z.object({
      status: z.string().nullish(),
      errors_total_count: z.number().nullish(),
      errors: z.array(z.object({ id: z.string().nullish(), message: z.string().nullish() })).nullish(),
      ids_of_invalid_requests: z.array(z.string()).nullish(),
    }),
  ),
})
export type BatchStatus = z.infer<typeof StatusAnswer>['data'][number]

/** One item of GET products, of which `fields` asks for these. */
export const WireItem = z.object({
  retailer_id: z.string(),
  availability: z.string().nullish(),
  quantity_to_sell_on_facebook: z.number().nullish(),
  /** Its name of old. */
  inventory: z.number().nullish(),
})
export type WireItem = z.infer<typeof WireItem>

/** The same with what a first import wants to know of it. */
export const ListedItem = WireItem.extend({ name: z.string().nullish(), gtin: z.string().nullish() })
export type ListedItem = z.infer<typeof ListedItem>

export const ProductsAnswer = z.object({
  data: z.array(z.unknown()),
  paging: z
    .object({ cursors: z.object({ after: z.string().nullish() }).nullish(), next: z.string().nullish() })
    .nullish(),
})

/** GET debug_token. Times in seconds since 1970; 0: it does not end. */
export const TokenAnswer = z.object({
  data: z.object({
    is_valid: z.boolean(),
    expires_at: z.number().nullish(),
    data_access_expires_at: z.number().nullish(),
    scopes: z.array(z.string()).nullish(),
  }),
})

const SalesChannel = z.object({ status: z.string().nullish() }).nullish()

export const ShopAnswer = z.object({
  shop_status: z.string().nullish(),
  fb_sales_channel: SalesChannel,
  ig_sales_channel: SalesChannel,
})

/** The frame of every refusal. */
export const ErrorAnswer = z.object({
  error: z.object({
    message: z.string().default(''),
    code: z.number().nullish(),
    error_subcode: z.number().nullish(),
    is_transient: z.boolean().nullish(),
    fbtrace_id: z.string().nullish(),
  }),
})

/** What is sent for one item: both members always, so that the word and the number never contradict each other. */
export interface BatchRow {
  readonly method: 'UPDATE'
  readonly data: {
    readonly id: string
    readonly availability: string
    readonly quantity_to_sell_on_facebook: number
  }
}

export interface BatchBody {
  readonly item_type: 'PRODUCT_ITEM'
  readonly allow_upsert: false
  readonly requests: readonly BatchRow[]
}
