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
  /**
   * From how many rows on, what is not urgent goes by one feed (JSON_LISTINGS_FEED) instead of by calls. Default
   * 300: what calls do in a minute. A feed takes about half an hour, whatever its size (amzn/selling-partner-api-models#5151).
   */
  readonly bulkFrom?: number
  /**
   * How long Amazon takes for such a feed, in milliseconds. Default 1,800,000. What lowers a number goes by calls as long as they
   * are through with all of it by then: 9,000 rows in half an hour.
   */
  readonly feedMs?: number
  /** How long a feed may take before its rows are written otherwise, in milliseconds. Default 7,200,000 (two hours). */
  readonly feedPatienceMs?: number
  /** From how many listings on a comparison takes Amazon's own listing report instead of twenty listings a call. Default 5,000. */
  readonly reportFrom?: number
  /**
   * How long the call for a cancellation or a refund itself waits for Amazon's verdict on its feed, in milliseconds. Default 0: Amazon
   * takes minutes, and the engine looks again by itself.
   */
  readonly feedWaitMs?: number
  /**
   * How long the listing report of a comparison or of a first import is waited for, in milliseconds. Default 600,000. Then a
   * comparison asks for the listings one by one, and an import fails with an error that says so, and can be asked for again.
   */
  readonly reportWaitMs?: number
  /** How often the returns report is asked for, in milliseconds. Default 14,400,000 (four hours): Amazon makes it anew each time. */
  readonly returnsMs?: number
  /** Days of returns, by the date they were asked for, that each report covers: what changes later is not seen. 1 to 60, default 60. */
  readonly returnsDays?: number
  /** `true`: tell Amazon of each order that was taken in (`orders.acknowledge`), by feeds of many. */
  readonly acknowledgeOrders?: boolean
  /** Where Amazon sends its notifications: the connection then has a `queue`. */
  readonly notifications?: AmazonNotifications
  /** `true`: FBA stock is shown, with its age (`platformStock`). Not beside `mcf`, which has it as its own. */
  readonly fbaStock?: boolean
  /** Multi-Channel Fulfillment: FBA stock also ships the orders of other channels (`fulfillment`). `true`: as Amazon does it by default. */
  readonly mcf?: true | AmazonMcf
  /** Amazon's SKU of the goods in FBA by yours, where they differ: `{ 'MUG-RED': 'MUG-RED-FBA' }`. */
  readonly fbaSkus?: Readonly<Record<string, string>>
  /** Marketplaces whose FBA stock is counted. Default: the first of `marketplaceIds`; several that share one stock would count it twice. */
  readonly fbaMarketplaces?: readonly string[]
  /** Labels by Amazon Shipping v2, also for Seller Fulfilled Prime (`labels`). `true`: PDF, 4 by 6 inches. */
  readonly labels?: true | AmazonLabelOptions
  /** When the client secret was made, a Date or ISO 8601 with an offset: the connection then tells ahead of its end, 180 days later. */
  readonly clientSecretSince?: Date | string
  /** When the seller consented to a public application: told ahead of its end, 365 days later. */
  readonly consentSince?: Date | string
  /** Sent as User-Agent, `Name/Version (Language=…)`, at most 500 characters; Amazon refuses calls without one. */
  readonly userAgent?: string
  /** Replaces the region's SP-API address: `https://sandbox.sellingpartnerapi-na.amazon.com`, or a simulator. */
  readonly endpoint?: string
  /** Replaces `https://api.amazon.com/auth/o2/token`. */
  readonly tokenEndpoint?: string
}

/** A queue by its shape: the AWS SDK's SQS client wrapped in two functions, or anything like it. */
export interface AmazonSqsQueue {
  /** Takes up to ten messages, waiting some seconds for the first (long polling). */
  receive(signal: AbortSignal): Promise<readonly AmazonSqsMessage[]>
  /** Deletes messages by their receipt handles; at most ten. Throws when some could not be deleted. */
  remove(receiptHandles: readonly string[]): Promise<unknown>
}

/** A message as SQS gives it, by the names of the AWS SDK. */
export interface AmazonSqsMessage {
  readonly MessageId?: string | undefined
  readonly ReceiptHandle?: string | undefined
  readonly Body?: string | undefined
}

/**
 * Where Amazon sends its notifications. It sends none over HTTP: orders, feeds and reports go to a standard SQS queue (never
 * a FIFO one, amzn/selling-partner-api-docs#845), listings to EventBridge.
 * @example
 * notifications: {
 *   sqsArn: 'arn:aws:sqs:us-east-1:123456789012:amazon-news',
 *   queue: {
 *     receive: async (abortSignal) => (await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 10 }), { abortSignal })).Messages ?? [],
 *     remove: (handles) => sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: handles.map((ReceiptHandle, i) => ({ Id: `m${i}`, ReceiptHandle })) })),
 *   },
 * }
 */
export interface AmazonNotifications {
  /** The standard queue, whose policy lets principal 437568002678 send. Subscribed to when given. */
  readonly sqsArn?: string
  /** Reads that queue. Absent: your own code hands messages in. */
  readonly queue?: AmazonSqsQueue
  /** The AWS account that gets Amazon's events, and its region, such as `us-east-1`. Subscribed to when given. */
  readonly eventBridge?: { readonly accountId: string; readonly region: string }
  /** Notification types beside the usual ones that go to the queue, such as `FBA_INVENTORY_AVAILABILITY_CHANGES`. */
  readonly alsoOnQueue?: readonly string[]
}

/** How Multi-Channel Fulfillment ships. */
export interface AmazonMcf {
  /** `true`: in a box that does not name Amazon, or not at all. Some channels forbid Amazon's box. Default `false`. */
  readonly blankBox?: boolean
  /**
   * `true`: carried by anybody but Amazon, or not at all, at a surcharge. Some channels forbid Amazon's carrier. Default
   * `false`. Only the interface of 2020 has this: such orders are created by it.
   */
  readonly blockAmazonLogistics?: boolean
  /** The same, by the hub's name of the channel that an order comes from: `{ tiktok: { blockAmazonLogistics: true } }`. */
  readonly channels?: Readonly<
    Record<string, { readonly blankBox?: boolean; readonly blockAmazonLogistics?: boolean }>
  >
  /** Printed on the packing slip of such orders. Default: `Thank you for your order.` */
  readonly comment?: string
}

/** The labels that are wanted. */
export interface AmazonLabelOptions {
  /** Default `PDF`. */
  readonly format?: 'PDF' | 'PNG' | 'ZPL'
  /** Dots per inch. Default 300. */
  readonly dpi?: number
  /** Width and length in inches. Default 4 by 6. */
  readonly size?: { readonly width: number; readonly length: number }
}

const text = (what: string) => z.string(`${what} must be a string`).trim().min(1, `${what} must not be empty`)
const address = (what: string) =>
  z.url({ protocol: /^https?$/, error: `${what} must be an absolute http(s) address` })
const duration = z.number().int().min(0).max(86_400_000)
const since = z.union([z.date(), z.iso.datetime({ offset: true })])
const choice = z.boolean().default(false)
const mcfChoices = { blankBox: choice, blockAmazonLogistics: choice }
/** `true` stands for all the defaults. */
const orDefaults = <T>(schema: z.ZodType<T>) => z.preprocess((value) => (value === true ? {} : value), schema)

function isQueue(value: unknown): boolean {
  const given = value as { receive?: unknown; remove?: unknown } | null
  return typeof given?.receive === 'function' && typeof given.remove === 'function'
}

const Options = z.strictObject({
  region: z.enum(['na', 'eu', 'fe'], 'region must be na, eu or fe'),
  sellerId: text('sellerId'),
  marketplaceIds: z.array(text('marketplaceIds')).min(1, 'give at least one marketplace id').max(50),
  clientId: text('clientId'),
  clientSecret: text('clientSecret'),
  refreshToken: text('refreshToken'),
  ordersSince: since.optional(),
  productTypes: z.record(z.string(), text('productTypes')).default({}),
  listingMarketplaces: z.record(z.string(), text('listingMarketplaces')).default({}),
  overlapMs: duration.default(600_000),
  settlingMs: duration.default(180_000),
  checkAfterMs: duration.default(60_000),
  ordersMs: duration.min(1).default(300_000),
  bulkFrom: z.number().int().min(1).max(25_000).default(300),
  feedMs: duration.default(1_800_000),
  feedPatienceMs: duration.min(60_000).default(7_200_000),
  reportFrom: z.number().int().min(1).default(5_000),
  feedWaitMs: duration.default(0),
  reportWaitMs: duration.default(600_000),
  returnsMs: duration.min(1).default(14_400_000),
  returnsDays: z.number().int().min(1).max(60).default(60),
  acknowledgeOrders: z.boolean().default(false),
  notifications: z
    .strictObject({
      sqsArn: z
        .string()
        .regex(
          /^arn:aws:sqs:[\w-]+:\d{12}:[\w-]+(?<!\.fifo)$/,
          'sqsArn must name a standard SQS queue, not a FIFO one',
        )
        .optional(),
      queue: z.custom<AmazonSqsQueue>(isQueue, 'queue must have the functions receive and remove').optional(),
      eventBridge: z
        .strictObject({
          accountId: z.string().regex(/^\d{12}$/, 'accountId must be the 12 digits of an AWS account'),
          region: z
            .string()
            .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'region must be an AWS region, such as us-east-1'),
        })
        .optional(),
      alsoOnQueue: z.array(text('alsoOnQueue')).default([]),
    })
    .optional(),
  fbaStock: z.boolean().default(false),
  fbaSkus: z.record(z.string(), text('fbaSkus')).default({}),
  fbaMarketplaces: z.array(text('fbaMarketplaces')).min(1).optional(),
  mcf: orDefaults(
    z.strictObject({
      ...mcfChoices,
      channels: z.record(z.string(), z.strictObject(mcfChoices)).default({}),
      comment: text('comment').max(1000).default('Thank you for your order.'),
    }),
  ).optional(),
  labels: orDefaults(
    z.strictObject({
      format: z.enum(['PDF', 'PNG', 'ZPL']).default('PDF'),
      dpi: z.number().int().min(1).default(300),
      size: z
        .strictObject({ width: z.number().positive(), length: z.number().positive() })
        .default({ width: 4, length: 6 }),
    }),
  ).optional(),
  clientSecretSince: since.optional(),
  consentSince: since.optional(),
  // The [G] rule of the developer guide: longer ones are refused.
  userAgent: text('userAgent')
    .max(500, 'userAgent must have at most 500 characters')
    .regex(/^[\x20-\x7e]+$/, 'userAgent must be printable ASCII')
    .default('stockpool/0.1 (Language=TypeScript; Platform=Node.js)'),
  endpoint: address('endpoint').optional(),
  tokenEndpoint: address('tokenEndpoint').default(lwaEndpoint),
})

/** The options, checked and complete. */
export interface Settings
  extends Omit<
    z.infer<typeof Options>,
    'ordersSince' | 'endpoint' | 'mcf' | 'labels' | 'clientSecretSince' | 'consentSince'
  > {
  /** Without a slash at the end. */
  readonly endpoint: string
  /** Epoch milliseconds; `null`: 7 days before the first pass. */
  readonly ordersSince: number | null
  /** Epoch milliseconds; `null`: not told. */
  readonly clientSecretSince: number | null
  readonly consentSince: number | null
  readonly mcf: McfSettings | null
  readonly labels: LabelSettings | null
}
export type McfSettings = NonNullable<z.infer<typeof Options>['mcf']>
export type LabelSettings = NonNullable<z.infer<typeof Options>['labels']>

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
  if (settings.fbaStock && settings.mcf !== undefined) {
    throw invalid('fbaStock', 'mcf has the FBA stock already', 'Leave fbaStock out beside mcf.')
  }
  return {
    ...settings,
    endpoint: (settings.endpoint ?? endpoints[settings.region]).replace(/\/+$/, ''),
    ordersSince: instantOf(settings.ordersSince),
    clientSecretSince: instantOf(settings.clientSecretSince),
    consentSince: instantOf(settings.consentSince),
    mcf: settings.mcf ?? null,
    labels: settings.labels ?? null,
  }
}

const instantOf = (given: Date | string | undefined) =>
  given === undefined ? null : new Date(given).getTime()

function invalid(field: string, message: string, remedy: string): StockpoolError {
  return new StockpoolError('invalid_input', `amazon(): ${message}`, { field, remedy })
}
