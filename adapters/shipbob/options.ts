import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { Instant } from '../../src/model/ids.ts'
import { ServiceLevel } from '../../src/model/service-level.ts'

/**
 * The version of ShipBob's API that this adapter was written and tested against; it is a part of every path.
 * ShipBob makes a version each January and July. It first announced support of `2026-01` until 2027-01-31, and since
 * the release of `2026-07` states 2028-01-31 (developer.shipbob.com/versioning): rely on the earlier day.
 */
export const shipbobApiVersion = '2026-01'

export interface ShipBobOptions {
  /** A Personal Access Token, or the access token of an OAuth grant. Needs the scopes for orders, inventory and locations. */
  readonly token: string
  /** The channel that orders are created in, from `GET /channel`: the one whose scopes can write. */
  readonly channelId: number | string
  /** Use ShipBob's sandbox instead of the live system. Default `false`. */
  readonly sandbox?: boolean
  /** Another address in place of ShipBob's, such as a simulator's. */
  readonly endpoint?: string
  /** Default `shipbobApiVersion`. */
  readonly version?: string
  /** The secret of the webhook subscription, `whsec_…`. Without it the connection has no webhooks and polls. */
  readonly webhookSecret?: string
  /** Where the first read of updates begins, ISO 8601 with an offset. Default: 24 hours before the first read. */
  readonly updatesSince?: string
  /**
   * The shipping method for each service level, spelt as on the "Ship Option Mapping" page of ShipBob's portal. A name
   * that is not there becomes a new entry that ships as Standard (ShipBob, Create Order), so a misspelt one is slow, not refused.
   * Default: `economy` and `standard` go as `Standard`, `two-day` as `2 Day`, `next-day` and `same-day` as `1 Day`.
   */
  readonly shippingMethods?: Readonly<Partial<Record<ServiceLevel, string>>>
  /** The shipping method of an order whose service level is not known. Default `Standard`. */
  readonly defaultShippingMethod?: string
  /**
   * The fulfilment centres in use, by ShipBob's id. Others are left out of `locations` and `stock`; and for these a
   * SKU that ShipBob no longer lists there reads as 0. Default: whatever ShipBob lists.
   */
  readonly locations?: readonly (number | string)[]
  /** The SKU of an inventory item, by ShipBob's inventory id, where ShipBob's own SKU differs (merged products). */
  readonly inventorySkus?: Readonly<Record<string, string>>
  /**
   * Calls this connection may make in any 60 seconds, 10 to 150. ShipBob allows 150 per user and application over all
   * its channels: share it out when several programs or connections use one token. Default 145.
   */
  readonly requestsPerMinute?: number
  /**
   * Whether tracking that was stored is marked so in ShipBob (`is_tracking_uploaded`), which finds what polling by time could miss.
   * The mark is one for all who read the channel: give `false` where another program uses it. Default `true`.
   */
  readonly markTracking?: boolean
  /** How long to wait between polls, in milliseconds. Default: updates 60,000, stock 300,000, returns 900,000. */
  readonly intervals?: { readonly updatesMs?: number; readonly stockMs?: number; readonly returnsMs?: number }
}

const label = (what: string) => z.string(`${what} must be a text`).trim().min(1, `${what} must not be empty`)
const identifier = z.union(
  [z.int().positive(), z.string().regex(/^\d+$/)],
  'must be an id of ShipBob, a whole number',
)
const interval = z.int().min(100).max(86_400_000)

const Options = z.strictObject({
  token: label('token').regex(/^\S+$/, 'token must not hold spaces or line breaks'),
  channelId: identifier,
  sandbox: z.boolean().default(false),
  endpoint: z.url({ protocol: /^https?$/, error: 'endpoint must be an http or https address' }).optional(),
  version: z
    .string()
    .regex(/^\d{4}-\d{2}$/, 'version must be a dated version such as 2026-01')
    .default(shipbobApiVersion),
  webhookSecret: label('webhookSecret').optional(),
  updatesSince: Instant.optional(),
  shippingMethods: z.partialRecord(ServiceLevel, label('a shipping method')).default({}),
  defaultShippingMethod: label('defaultShippingMethod').default('Standard'),
  locations: z.array(identifier).optional(),
  inventorySkus: z.record(z.string().regex(/^\d+$/, 'must be an inventory id'), label('an SKU')).default({}),
  requestsPerMinute: z.int().min(10).max(150).default(145),
  markTracking: z.boolean().default(true),
  intervals: z
    .strictObject({
      updatesMs: interval.optional(),
      stockMs: interval.optional(),
      returnsMs: interval.optional(),
    })
    .default({}),
})

/** The options, checked and completed. */
export interface Settings {
  readonly token: string
  readonly channelId: string
  /** The address up to and with the version, without a slash at the end. */
  readonly base: string
  readonly host: string
  readonly version: string
  readonly webhookSecret: string | null
  /** Epoch milliseconds. */
  readonly updatesSince: number | null
  readonly shippingMethods: Readonly<Record<ServiceLevel, string>>
  readonly defaultShippingMethod: string
  readonly locations: readonly string[] | null
  readonly inventorySkus: Readonly<Record<string, string>>
  readonly requestsPerMinute: number
  readonly markTracking: boolean
  readonly intervals: { readonly updatesMs: number; readonly stockMs: number; readonly returnsMs: number }
}

const defaultMethods: Record<ServiceLevel, string> = {
  economy: 'Standard',
  standard: 'Standard',
  'two-day': '2 Day',
  'next-day': '1 Day',
  'same-day': '1 Day',
}

/** @throws StockpoolError `invalid_input` that names the option; never with its value, which may be a secret. */
export function settingsFrom(options: ShipBobOptions): Settings {
  const parsed = Options.safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue?.path.join('.')
    throw new StockpoolError(
      'invalid_input',
      `shipbob(): the option ${field || '(all)'} is wrong: ${issue?.message}`,
      {
        field: field || undefined,
        remedy: 'See docs/shipbob.md for the options.',
      },
    )
  }
  const { endpoint, sandbox, version, webhookSecret, updatesSince, intervals, ...rest } = parsed.data
  const root = endpoint ?? `https://${sandbox ? 'sandbox-' : ''}api.shipbob.com`
  return {
    ...rest,
    channelId: String(rest.channelId),
    base: `${root.replace(/\/+$/, '')}/${version}`,
    host: new URL(root).host,
    version,
    webhookSecret: webhookSecret ?? null,
    updatesSince: updatesSince === undefined ? null : Date.parse(updatesSince),
    shippingMethods: { ...defaultMethods, ...rest.shippingMethods },
    locations: rest.locations?.map(String) ?? null,
    intervals: {
      updatesMs: intervals.updatesMs ?? 60_000,
      stockMs: intervals.stockMs ?? 300_000,
      returnsMs: intervals.returnsMs ?? 900_000,
    },
  }
}
