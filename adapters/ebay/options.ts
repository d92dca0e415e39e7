import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { siteOf } from './marketplaces.ts'

/** The key pair that signs what moves money, as createSigningKey of the Key Management API gave it. */
export interface EbaySignature {
  /** The public key as a JWE: eBay's `jwe`. */
  readonly jwe: string
  /** ED25519 (eBay's advice) or RSA, PKCS#8: the base64 text that eBay gave, or a PEM. eBay shows it once. */
  readonly privateKey: string
}

/** What the Notification API needs to reach a hub with a `publicUrl`. */
export interface EbayWebhookOptions {
  /** 32 to 80 of `A-Z a-z 0-9 _ -`, made up by you: with it eBay finds out whether the address is yours. */
  readonly verificationToken: string
  /** Where eBay writes when it cannot deliver. */
  readonly alertEmail: string
}

/**
 * What `ebay()` is given. Credentials come from developer.ebay.com (see docs/ebay.md); keep them out of the source.
 *
 * @example
 * ebay({
 *   clientId: process.env.EBAY_CLIENT_ID,
 *   clientSecret: process.env.EBAY_CLIENT_SECRET,
 *   refreshToken: process.env.EBAY_REFRESH_TOKEN,
 *   refreshTokenExpiresAt: '2028-05-01T00:00:00Z',
 *   marketplaceId: 'EBAY_US',
 * })
 */
export interface EbayOptions {
  /** The keyset's App ID. */
  readonly clientId: string
  /** The keyset's Cert ID. */
  readonly clientSecret: string
  /** The seller's refresh token, `v^1.1#…`. It ends after 18 months, and when the seller changes user name or password. */
  readonly refreshToken: string
  /** When it ends: the moment of consent plus `refresh_token_expires_in`. Told ahead by `deadlines`; eBay does not tell it later. */
  readonly refreshTokenExpiresAt?: Date | string
  /** The seller's home marketplace. Default `EBAY_US`. Orders of all marketplaces are read. */
  readonly marketplaceId?: string
  /** The Trading API's site id. Default: the marketplace's. */
  readonly siteId?: number
  /** Read orders changed since this instant on the very first pass: a Date or ISO 8601 with an offset. Default: 7 days back; at most 2 years. */
  readonly ordersSince?: Date | string
  /**
   * Item ids of listings that were not made with the Inventory API, or `'all'`: their order lines are named
   * `item:<ItemID>`, or `item:<ItemID>:<SKU>` for a variation, and numbers go to such ids through the Trading API.
   * All other lines are named by their SKU. Default: none. A line without a SKU is always `item:…`.
   */
  readonly tradingItems?: readonly string[] | 'all'
  /** Obligatory for sellers of the EU and the UK who refund or cancel through stockpool. */
  readonly signature?: EbaySignature
  /** Without it, eBay is polled. */
  readonly webhooks?: EbayWebhookOptions
  /** How far each pass looks back behind the last one, in milliseconds, less than `windowMs`. Default 600,000. */
  readonly overlapMs?: number
  /** How far behind this machine's clock each question ends, in milliseconds. Default 5,000: eBay refuses a time that lies in its future. */
  readonly skewMs?: number
  /** The longest span of one question for orders, in milliseconds. Default 30 days. */
  readonly windowMs?: number
  /**
   * How often everything placed within 30 days is read again, in milliseconds. Default a day: eBay nowhere says that a
   * fulfilment made by hand moves an order's `lastModifiedDate`.
   */
  readonly resweepMs?: number
  /** How often orders are read when nothing hints at news, in milliseconds. Default 120,000. */
  readonly ordersMs?: number
  /** How often returns are read, in milliseconds. Default 1,800,000. */
  readonly returnsMs?: number
  /**
   * Which part of the application's daily quotas this connection may spend, above 0 to 1: eBay counts the calls of all sellers of an
   * application together. Default 1: all of it.
   */
  readonly quotaShare?: number
  /** eBay's sandbox in place of production. Its order flow often cannot be tested. */
  readonly sandbox?: boolean
  /** Replaces eBay's addresses: a simulator. */
  readonly endpoint?: string
}

const text = (what: string) => z.string(`${what} must be a string`).trim().min(1, `${what} must not be empty`)
const duration = z.number().int().min(0).max(63_072_000_000)
const moment = z.union([z.date(), z.string()])

const Options = z.strictObject({
  clientId: text('clientId'),
  clientSecret: text('clientSecret'),
  refreshToken: text('refreshToken'),
  refreshTokenExpiresAt: moment.optional(),
  marketplaceId: z
    .string()
    .regex(/^EBAY_[A-Z_]+$/, 'marketplaceId is one such as EBAY_US')
    .default('EBAY_US'),
  siteId: z.int().min(0).optional(),
  ordersSince: moment.optional(),
  tradingItems: z
    .union([z.literal('all'), z.array(z.string().regex(/^\d{6,20}$/, 'an item id is digits'))])
    .default([]),
  signature: z.strictObject({ jwe: text('jwe'), privateKey: text('privateKey') }).optional(),
  webhooks: z
    .strictObject({
      verificationToken: z
        .string()
        .regex(/^[\w-]{32,80}$/, 'verificationToken must be 32 to 80 of A-Z a-z 0-9 _ -'),
      alertEmail: text('alertEmail'),
    })
    .optional(),
  overlapMs: duration.default(600_000),
  skewMs: duration.max(600_000).default(5_000),
  windowMs: duration.min(3_600_000).default(30 * 86_400_000),
  resweepMs: duration.default(86_400_000),
  ordersMs: duration.min(100).default(120_000),
  returnsMs: duration.min(100).default(1_800_000),
  quotaShare: z.number().min(0.001).max(1).default(1),
  sandbox: z.boolean().default(false),
  endpoint: z.url({ protocol: /^https?$/, error: 'endpoint must be an absolute http(s) address' }).optional(),
})

/** The options with everything decided. Times in epoch milliseconds. */
export interface Settings
  extends Omit<
    z.infer<typeof Options>,
    'ordersSince' | 'refreshTokenExpiresAt' | 'siteId' | 'signature' | 'webhooks' | 'endpoint'
  > {
  readonly siteId: number
  readonly ordersSince: number | null
  readonly refreshTokenExpiresAt: number | null
  readonly signature: EbaySignature | null
  readonly webhooks: EbayWebhookOptions | null
  /** `https://api.ebay.com` */
  readonly endpoint: string
  /** `https://apiz.ebay.com`: key management alone. */
  readonly keyEndpoint: string
}

/** @throws StockpoolError `invalid_input`, naming the option in `field`. */
export function parseOptions(options: EbayOptions): Settings {
  const parsed = Options.safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw refuse(issue?.path.join('.') || 'options', issue?.message ?? 'is invalid')
  }
  const given = parsed.data
  const siteId = given.siteId ?? siteOf(given.marketplaceId)
  if (siteId === null) throw refuse('siteId', `the site of ${given.marketplaceId} is not known: give its id`)
  if (given.overlapMs >= given.windowMs) throw refuse('overlapMs', 'must be shorter than windowMs')
  const infix = given.sandbox ? '.sandbox' : ''
  const own = given.endpoint?.replace(/\/+$/, '')
  return {
    ...given,
    refreshToken: decodedOnce(given.refreshToken),
    siteId,
    ordersSince: instantOf('ordersSince', given.ordersSince),
    refreshTokenExpiresAt: instantOf('refreshTokenExpiresAt', given.refreshTokenExpiresAt),
    signature: given.signature ?? null,
    webhooks: given.webhooks ?? null,
    endpoint: own ?? `https://api${infix}.ebay.com`,
    keyEndpoint: own ?? `https://apiz${infix}.ebay.com`,
  }
}

/** Tokens hold `^` and `#`, and are often saved as they stood in an address (matecsaj/ebay_rest#35). */
function decodedOnce(token: string): string {
  if (!/%[0-9A-Fa-f]{2}/.test(token)) return token
  try {
    return decodeURIComponent(token)
  } catch {
    return token
  }
}

function instantOf(field: string, value: Date | string | undefined): number | null {
  if (value === undefined) return null
  const zoned = typeof value !== 'string' || /(Z|[+-]\d{2}:?\d{2})$/.test(value)
  const at = new Date(value).getTime()
  if (!zoned || Number.isNaN(at))
    throw refuse(field, 'must be a Date or ISO 8601 with an offset, such as 2026-07-01T00:00:00Z')
  return at
}

function refuse(field: string, message: string): StockpoolError {
  return new StockpoolError('invalid_input', `ebay: ${field}: ${message}`, {
    field,
    remedy: `Correct the option ${field}; see docs/ebay.md.`,
  })
}
