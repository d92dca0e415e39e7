import { createHash } from 'node:crypto'
import { z } from 'zod'
import { refuse } from './errors.ts'

/**
 * What `tiktok()` is given. The application's key and secret come from Partner Center, the refresh token from the seller's
 * authorisation (see docs/tiktok.md); keep them out of the source.
 *
 * @example
 * tiktok({
 *   appKey: process.env.TIKTOK_APP_KEY ?? '',
 *   appSecret: process.env.TIKTOK_APP_SECRET ?? '',
 *   refreshToken: process.env.TIKTOK_REFRESH_TOKEN ?? '',
 *   shopId: '7494726673780148744',
 * })
 */
export interface TikTokOptions {
  /** The application's key: Partner Center, App & Service. */
  readonly appKey: string
  /** The application's secret. It signs every call and every webhook. */
  readonly appSecret: string
  /**
   * The seller's refresh token, of the authorisation's first answer. TikTok may replace it with each refresh: the newest is
   * kept in the store, and this one is used until then. Give a new one after the seller authorised anew.
   */
  readonly refreshToken: string
  /** The shop's id. Needed when the seller authorised several shops; with it, webhooks of other shops are refused. */
  readonly shopId?: string
  /** Read orders changed since this instant on the very first pass: a Date or ISO 8601 with an offset. Default: 7 days back. */
  readonly ordersSince?: Date | string
  /** The warehouse whose number is written for listings that are linked without a place. Default: the SKU's only one. */
  readonly warehouse?: string
  /** How far each pass looks back behind the last one, in milliseconds. Default 300,000: TikTok's times move while it pages. */
  readonly overlapMs?: number
  /** How long after a change an order may be absent from the list, in milliseconds. Default 60,000. */
  readonly settlingMs?: number
  /** How long a number that was accepted and does not show yet is given, in milliseconds. Default 15,000. */
  readonly checkAfterMs?: number
  /** How often orders are read when nothing hints at news, in milliseconds. Default 60,000. */
  readonly ordersMs?: number
  /** How often returns are read when nothing hints at news, in milliseconds. Default 300,000. */
  readonly returnsMs?: number
  /**
   * How often the stock in TikTok's own warehouses is read, in milliseconds. Default 900,000; with `mcf`, where other channels sell
   * by it and TikTok's own shoppers take from it, 300,000.
   */
  readonly stockMs?: number
  /** Calls a second that each endpoint begins with. Default 5. TikTok publishes no limit; what it answers is obeyed. */
  readonly callsPerSecond?: number
  /** TikTok's shipping provider ids by canonical carrier code or by carrier name, where the names do not tell: `{ ups: '7117858858072016686' }`. */
  readonly carriers?: Readonly<Record<string, string>>
  /**
   * `true`: when TikTok refuses the number 0 (its documents allow 1 to 99,999) and all SKUs of the product are to show 0, the
   * product is deactivated, and activated again with its next number; TikTok then reviews it anew. Default `false`: the
   * number fails.
   */
  readonly deactivateAtZero?: boolean
  /** `true`: show the stock in TikTok's own warehouses (Fulfilled by TikTok), for merchants who take part. Default `false`. */
  readonly fbt?: boolean
  /** The merchant's SKU by TikTok's goods id, where FBT's reference code is not the SKU. */
  readonly fbtSkus?: Readonly<Record<string, string>>
  /**
   * `true`: what lies with Fulfilled by TikTok ships the orders of other channels too (`fulfillment`), for shops that are enrolled for
   * multi-channel fulfilment. Its stock is then the pool's, so not beside `fbt`. Default: none of it.
   */
  readonly mcf?: true | TikTokMcf
  /** How often orders that TikTok ships for other channels are looked at, in milliseconds. Default 300,000. */
  readonly updatesMs?: number
  /** Further hosts that label documents may be fetched from, such as `files.example.com` or `*.example.com`. */
  readonly labelHosts?: readonly string[]
  /** Replaces `https://open-api.tiktokglobalshop.com`, by a simulator. */
  readonly endpoint?: string
  /** Replaces `https://auth.tiktok-shops.com`, by a simulator. */
  readonly authEndpoint?: string
}

/**
 * Multi-channel fulfilment by TikTok, in detail.
 * @example tiktok({ appKey, appSecret, refreshToken, mcf: { email: 'orders@example.com', phone: '+12175550100' } })
 */
export interface TikTokMcf {
  /** TikTok requires an e-mail address of whoever gets the parcel: this one, where the channel shows none. */
  readonly email?: string
  /** The same of a phone number. */
  readonly phone?: string
}

const text = (what: string) =>
  z
    .string(`${what} must be a string`)
    .min(1, `${what} must not be empty`)
    .regex(/^[\x21-\x7e]+$/, `${what} must hold neither spaces nor line breaks`)
const digits = (what: string) =>
  z.string(`${what} must be a string`).regex(/^\d{1,30}$/, `${what} must be digits`)
const address = (what: string) =>
  z.url({ protocol: /^https?$/, error: `${what} must be an absolute http(s) address` })
const duration = z.number().int().min(0).max(86_400_000)

// Made when first needed: importing an adapter costs nothing.
const schema = () =>
  z.strictObject({
    appKey: text('appKey'),
    appSecret: text('appSecret'),
    refreshToken: text('refreshToken'),
    shopId: digits('shopId').optional(),
    ordersSince: z.union([z.date(), z.iso.datetime({ offset: true })]).optional(),
    warehouse: digits('warehouse').optional(),
    overlapMs: duration.default(300_000),
    settlingMs: duration.default(60_000),
    checkAfterMs: duration.default(15_000),
    ordersMs: duration.min(1_000).default(60_000),
    returnsMs: duration.min(1_000).default(300_000),
    stockMs: duration.min(1_000).optional(),
    callsPerSecond: z.number().min(0.01).max(1_000).default(5),
    carriers: z.record(z.string(), digits('carriers')).default({}),
    deactivateAtZero: z.boolean().default(false),
    fbt: z.boolean().default(false),
    fbtSkus: z.record(z.string(), z.string().min(1)).default({}),
    mcf: z
      .union([
        z.literal(true).transform((): TikTokMcf => ({})),
        z.strictObject({
          email: z.email('mcf.email must be an e-mail address').optional(),
          phone: z.string().min(1, 'mcf.phone must not be empty').max(40).optional(),
        }),
      ])
      .optional(),
    updatesMs: duration.min(1_000).default(300_000),
    labelHosts: z
      .array(z.string().regex(/^(\*\.)?[a-z0-9.-]+(:\d+)?$/i, 'labelHosts must be bare hosts'))
      .default([]),
    endpoint: address('endpoint').default('https://open-api.tiktokglobalshop.com'),
    authEndpoint: address('authEndpoint').default('https://auth.tiktok-shops.com'),
  })

/** The options, checked and complete. */
export interface Settings
  extends Omit<z.infer<ReturnType<typeof schema>>, 'ordersSince' | 'mcf' | 'stockMs'> {
  readonly mcf: TikTokMcf | null
  readonly stockMs: number
  /** Epoch milliseconds; `null`: 7 days before the first pass. */
  readonly ordersSince: number | null
  /** Tells apart what is kept under one authorisation from what was kept under another. Not secret. */
  readonly grant: string
}

/** @throws StockpoolError `invalid_input`, naming the option. */
export function parseOptions(options: TikTokOptions): Settings {
  const parsed = schema().safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.map(String).join('.')
    const message = `tiktok(): ${issue?.message ?? 'wrong options'}`
    throw refuse('invalid_input', field, message, 'See TikTokOptions for what each one holds.')
  }
  const { ordersSince, endpoint, authEndpoint, mcf = null, ...rest } = parsed.data
  if (mcf !== null && rest.fbt) {
    const message = "tiktok(): mcf has the stock of TikTok's warehouses already"
    throw refuse('invalid_input', 'fbt', message, 'Leave fbt out beside mcf.')
  }
  const bare = (url: string) => url.replace(/\/+$/, '')
  return {
    ...rest,
    mcf,
    stockMs: rest.stockMs ?? (mcf === null ? 900_000 : 300_000),
    endpoint: bare(endpoint),
    authEndpoint: bare(authEndpoint),
    ordersSince: ordersSince === undefined ? null : new Date(ordersSince).getTime(),
    grant: createHash('sha256').update(`${rest.appKey}|${rest.refreshToken}`).digest('hex').slice(0, 12),
  }
}
