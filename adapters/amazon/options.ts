import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { type AmazonRegion, endpoints, lwaEndpoint, regionOf } from './regions.ts'

/**
 * What `amazon()` is given. Credentials come from the developer console (see docs/amazon.md); keep them out of the
 * source.
 *
 * @example
 * amazon({
 *   region: 'na',
 *   sellerId: 'A1EXAMPLESELLER',
 *   marketplaceIds: ['ATVPDKIKX0DER'],
 *   clientId: process.env.AMAZON_CLIENT_ID,
 *   clientSecret: process.env.AMAZON_CLIENT_SECRET,
 *   refreshToken: process.env.AMAZON_REFRESH_TOKEN,
 * })
 */
export interface AmazonOptions {
  /** `na` (Americas), `eu` (Europe, Middle East, India), `fe` (Japan, Australia, Singapore). One connection per region. */
  readonly region: AmazonRegion
  /** The merchant token, such as `A1EXAMPLESELLER`: Seller Central, Account Info. */
  readonly sellerId: string
  /** 1 to 50 marketplace ids of the region. Orders are read from all; listings are written in the first, unless `listingMarketplaces` says otherwise. */
  readonly marketplaceIds: readonly string[]
  /** The application's LWA client id, `amzn1.application-oa2-client.…`. */
  readonly clientId: string
  /** The application's LWA client secret. Amazon makes it invalid after 180 days: rotate it before. */
  readonly clientSecret: string
  /** The seller's refresh token, `Atzr|…`. A new consent (every 365 days for public applications) gives a new one. */
  readonly refreshToken: string
  /** Read orders changed since this instant on the very first pass: a Date or ISO 8601 with an offset. Default: 7 days back. Amazon gives at most 100 orders a call and, past the first 20 calls, a call every 3 minutes. */
  readonly ordersSince?: Date | string
  /** Amazon's product type by seller SKU, such as `{ 'MUG-RED': 'DRINKING_CUP' }`. Default for the others: `PRODUCT`, which is enough to set a quantity. */
  readonly productTypes?: Readonly<Record<string, string>>
  /** The marketplace to write a SKU's quantity in, where it is not listed in the first of `marketplaceIds`. */
  readonly listingMarketplaces?: Readonly<Record<string, string>>
  /**
   * How far each pass looks back behind the last one, in milliseconds. Default 600,000. Amazon's order list has
   * missed orders and given them later (amzn/selling-partner-api-models#3945, #5048).
   */
  readonly overlapMs?: number
  /**
   * How long after a change an order may be absent from the list, in milliseconds. Default 180,000: Amazon allows no
   * question about the last 2 minutes, and orders were seen to appear after 3 (amzn/selling-partner-api-docs#2131).
   */
  readonly settlingMs?: number
  /** How long an accepted quantity is given before it is looked for, in milliseconds. Default 60,000; it shows after "a few minutes" (amzn/selling-partner-api-docs#2167). */
  readonly checkAfterMs?: number
  /** How often orders are read when nothing hints at news, in milliseconds. Default 300,000: 12 calls an hour of the 20 that come back. */
  readonly ordersMs?: number
  /** Sent as User-Agent, `Name/Version (Language=…)`, at most 500 characters; Amazon refuses calls without one. */
  readonly userAgent?: string
  /** Replaces the region's SP-API address: `https://sandbox.sellingpartnerapi-na.amazon.com`, or a simulator. */
  readonly endpoint?: string
  /** Replaces `https://api.amazon.com/auth/o2/token`. */
  readonly tokenEndpoint?: string
}

const text = (what: string) => z.string(`${what} must be a string`).trim().min(1, `${what} must not be empty`)
const address = (what: string) =>
  z.url({ protocol: /^https?$/, error: `${what} must be an absolute http(s) address` })
const duration = z.number().int().min(0).max(86_400_000)

const Options = z.strictObject({
  region: z.enum(['na', 'eu', 'fe'], 'region must be na, eu or fe'),
  sellerId: text('sellerId'),
  marketplaceIds: z.array(text('marketplaceIds')).min(1, 'give at least one marketplace id').max(50),
  clientId: text('clientId'),
  clientSecret: text('clientSecret'),
  refreshToken: text('refreshToken'),
  ordersSince: z.union([z.date(), z.iso.datetime({ offset: true })]).optional(),
  productTypes: z.record(z.string(), text('productTypes')).default({}),
  listingMarketplaces: z.record(z.string(), text('listingMarketplaces')).default({}),
  overlapMs: duration.default(600_000),
  settlingMs: duration.default(180_000),
  checkAfterMs: duration.default(60_000),
  ordersMs: duration.min(1).default(300_000),
  // The [G] rule of the developer guide: longer ones are refused.
  userAgent: text('userAgent')
    .max(500, 'userAgent must have at most 500 characters')
    .regex(/^[\x20-\x7e]+$/, 'userAgent must be printable ASCII')
    .default('stockpool/0.1 (Language=TypeScript; Platform=Node.js)'),
  endpoint: address('endpoint').optional(),
  tokenEndpoint: address('tokenEndpoint').default(lwaEndpoint),
})

/** The options, checked and complete. */
export interface Settings extends Omit<z.infer<typeof Options>, 'ordersSince' | 'endpoint'> {
  /** Without a slash at the end. */
  readonly endpoint: string
  /** Epoch milliseconds; `null`: 7 days before the first pass. */
  readonly ordersSince: number | null
}

/** @throws StockpoolError `invalid_input`, naming the option. */
export function parseOptions(options: AmazonOptions): Settings {
  const parsed = Options.safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.')
    throw invalid(
      field ?? '',
      issue?.message ?? 'wrong options',
      'See AmazonOptions for what each one holds.',
    )
  }
  const settings = parsed.data
  for (const id of [...settings.marketplaceIds, ...Object.values(settings.listingMarketplaces)]) {
    const region = regionOf(id)
    if (region !== null && region !== settings.region) {
      throw invalid(
        'marketplaceIds',
        `marketplace ${id} belongs to region ${region}, not ${settings.region}`,
        'Make one connection per region, each with its own refresh token.',
      )
    }
  }
  const since = settings.ordersSince
  return {
    ...settings,
    endpoint: (settings.endpoint ?? endpoints[settings.region]).replace(/\/+$/, ''),
    ordersSince: since === undefined ? null : new Date(since).getTime(),
  }
}

function invalid(field: string, message: string, remedy: string): StockpoolError {
  return new StockpoolError('invalid_input', `amazon(): ${message}`, { field, remedy })
}
