import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { Instant } from '../../src/model/ids.ts'
import { ServiceLevel } from '../../src/model/service-level.ts'

export interface ShipStreamOptions {
  /**
   * The JSON-RPC address of the instance that your 3PL runs: `https://acme.shipstream.app/api/jsonrpc`. An address without
   * a path gets `/api/jsonrpc`. Red Stag Fulfillment tells you its own; see docs/shipstream.md.
   */
  readonly endpoint: string
  /** The name of the API user, from the merchant panel. */
  readonly username: string
  /** The API key of that user: its password. */
  readonly apiKey: string
  /**
   * `basic` sends the key with each call, which ShipStream prefers; `session` logs in and keeps the session for a day, for
   * instances behind a proxy that wants the header for itself. Default `basic`.
   */
  readonly auth?: 'basic' | 'session'
  /** The code of the store that orders are made in, from `store.list`. Default: the merchant's default store. */
  readonly store?: string
  /**
   * The merchant's time zone in ShipStream's settings, as an IANA name: `America/New_York`. ShipStream reads the times of
   * a search in it. Without it every poll goes back twelve hours further, so as to be right in any zone.
   */
  readonly timeZone?: string
  /**
   * ShipStream's code of the shipping method for each service level (docs.shipstream.io, Shipping Methods). Default:
   * `economy` and `standard` go as `cheapest_ALL`, `two-day` as `cheapest_TWO_DAY`, `next-day` and `same-day` as `cheapest_OVERNIGHT`.
   */
  readonly shippingMethods?: Readonly<Partial<Record<ServiceLevel, string>>>
  /** The shipping method of an order whose service level is not known. Default `cheapest_ALL`. */
  readonly defaultShippingMethod?: string
  /**
   * What ShipStream does with an order that it lacks stock for: `all_or_nothing`, `as_available` or `up_to_3` (shipments).
   * Default: the store's own policy, which may be to refuse the order.
   */
  readonly backorderPolicy?: string
  /**
   * When a parcel's tracking number is given on: `manifested`, once it is on the carrier's list or has left; or `packed`, once
   * its label is printed, hours sooner. A packed shipment may still be reverted, and channels cannot untell that
   * goods were shipped. Default `manifested`.
   */
  readonly trackingFrom?: 'packed' | 'manifested'
  /** The secret key of the webhook, of your own choice. Without it the connection has no webhooks and polls. */
  readonly webhookSecret?: string
  /** Where the first read of updates and returns begins, ISO 8601 with an offset. Default: 24 hours before the first read. */
  readonly updatesSince?: string
  /** The warehouses in use, by ShipStream's id. Others are left out of `locations` and `stock`. Default: all active ones. */
  readonly warehouses?: readonly (number | string)[]
  /** Calls a second, 0.1 to 50. ShipStream documents no limit; this one is courtesy. Default 10. */
  readonly requestsPerSecond?: number
  /** How long to wait between polls, in milliseconds. Default: updates 60,000, stock 300,000, returns 600,000. */
  readonly intervals?: { readonly updatesMs?: number; readonly stockMs?: number; readonly returnsMs?: number }
}

const label = (what: string) => z.string(`${what} must be a text`).trim().min(1, `${what} must not be empty`)
const interval = z.int().min(100).max(86_400_000)
// It needs a `desired_delivery_date` (docs.shipstream.io, Shipping Methods), and no order says one.
const method = label('a shipping method').refine(
  (code) => code !== 'cheapest_ON_TIME',
  'cheapest_ON_TIME needs a delivery date for each order, which is not known here',
)

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

// Built with the first connection: building a schema costs milliseconds at import.
const schema = () =>
  z.strictObject({
    endpoint: z.url({ protocol: /^https?$/, error: 'endpoint must be an http or https address' }),
    // A colon would end the name early in HTTP Basic (RFC 7617).
    username: label('username').regex(/^[^\s:]+$/, 'username must not hold spaces or colons'),
    apiKey: label('apiKey').regex(/^\S+$/, 'apiKey must not hold spaces or line breaks'),
    auth: z.enum(['basic', 'session']).default('basic'),
    store: label('store').optional(),
    timeZone: label('timeZone')
      .refine(isTimeZone, 'timeZone must be an IANA name such as America/New_York')
      .optional(),
    shippingMethods: z.partialRecord(ServiceLevel, method).default({}),
    defaultShippingMethod: method.default('cheapest_ALL'),
    backorderPolicy: z
      .string()
      .regex(
        /^(all_or_nothing|as_available|up_to_[1-9]\d*)$/,
        'must be all_or_nothing, as_available or up_to_3',
      )
      .optional(),
    trackingFrom: z.enum(['packed', 'manifested']).default('manifested'),
    webhookSecret: label('webhookSecret').optional(),
    updatesSince: Instant.optional(),
    warehouses: z
      .array(
        z.union(
          [z.int().positive(), z.string().regex(/^\d+$/)],
          'must be an id of ShipStream, a whole number',
        ),
      )
      .optional(),
    requestsPerSecond: z.number().min(0.1).max(50).default(10),
    intervals: z
      .strictObject({
        updatesMs: interval.default(60_000),
        stockMs: interval.default(300_000),
        returnsMs: interval.default(600_000),
      })
      .prefault({}),
  })

/** The options, checked and completed. */
export interface Settings {
  readonly endpoint: string
  readonly host: string
  readonly username: string
  readonly apiKey: string
  readonly auth: 'basic' | 'session'
  readonly store: string | null
  readonly timeZone: string | null
  readonly shippingMethods: Readonly<Record<ServiceLevel, string>>
  readonly defaultShippingMethod: string
  readonly backorderPolicy: string | null
  readonly trackingFrom: 'packed' | 'manifested'
  readonly webhookSecret: string | null
  /** Epoch milliseconds. */
  readonly updatesSince: number | null
  readonly warehouses: readonly string[] | null
  readonly requestsPerSecond: number
  readonly intervals: { readonly updatesMs: number; readonly stockMs: number; readonly returnsMs: number }
}

const defaultMethods: Record<ServiceLevel, string> = {
  economy: 'cheapest_ALL',
  standard: 'cheapest_ALL',
  'two-day': 'cheapest_TWO_DAY',
  'next-day': 'cheapest_OVERNIGHT',
  'same-day': 'cheapest_OVERNIGHT',
}

/** @throws StockpoolError `invalid_input` that names the option; never with its value, which may be a secret. */
export function settingsFrom(options: ShipStreamOptions): Settings {
  const parsed = schema().safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue?.path.join('.')
    throw new StockpoolError(
      'invalid_input',
      `shipstream(): the option ${field || '(all)'} is wrong: ${issue?.message}`,
      { field: field || undefined, remedy: 'See docs/shipstream.md for the options.' },
    )
  }
  const { endpoint, updatesSince, warehouses, ...rest } = parsed.data
  const url = new URL(endpoint)
  if (url.username !== '' || url.password !== '' || url.search !== '') {
    throw new StockpoolError(
      'invalid_input',
      'shipstream(): the option endpoint must be an address alone, without credentials or a query',
      { field: 'endpoint', remedy: 'Give the credentials as `username` and `apiKey`.' },
    )
  }
  const path = url.pathname.replace(/\/+$/, '')
  return {
    ...rest,
    endpoint: `${url.origin}${path === '' ? '/api/jsonrpc' : path}`,
    host: url.host,
    store: rest.store ?? null,
    timeZone: rest.timeZone ?? null,
    shippingMethods: { ...defaultMethods, ...rest.shippingMethods },
    backorderPolicy: rest.backorderPolicy ?? null,
    webhookSecret: rest.webhookSecret ?? null,
    updatesSince: updatesSince === undefined ? null : Date.parse(updatesSince),
    warehouses: warehouses?.map(String) ?? null,
  }
}
