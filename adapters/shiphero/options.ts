import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { Instant } from '../../src/model/ids.ts'
import { ServiceLevel } from '../../src/model/service-level.ts'

/** How an order is to be shipped: the title of a shipping method, which ShipHero's shipping mapping turns into a carrier and method, or these themselves. */
export type ShipHeroShippingMethod =
  | string
  | { readonly title?: string; readonly carrier: string; readonly method: string }

export interface ShipHeroOptions {
  /** The refresh token of an API user, from `POST /auth/token`. Access tokens are drawn with it and live 28 days. */
  readonly refreshToken: string
  /** Of a 3PL acting for one of its customers: the customer's account id. */
  readonly customerAccountId?: string
  /** Another address in place of ShipHero's, such as a simulator's. Default `https://public-api.shiphero.com`. */
  readonly endpoint?: string
  /**
   * The store that orders show in ShipHero. Updates are read of this store alone, so keep it while orders are open, and let no
   * other program use it. Default `stockpool`.
   */
  readonly shopName?: string
  /**
   * Secrets of webhooks that were subscribed by hand (`shared_signature_secret`, shown once). A hub with a `publicUrl` subscribes
   * by itself and keeps the secrets in its store: then none are needed here.
   */
  readonly webhookSecrets?: readonly string[]
  /** The webhooks to subscribe, by ShipHero's names. Default `shipheroTopics`. */
  readonly webhookTopics?: readonly string[]
  /** Where the first read of updates begins, ISO 8601 with an offset. Default: 24 hours before the first read. */
  readonly updatesSince?: string
  /** How many days a return is looked after since it was opened, 1 to 365. Default 90. */
  readonly returnsDays?: number
  /** The shipping method for each service level. Default: the level's own name, such as `two-day`. */
  readonly shippingMethods?: Readonly<Partial<Record<ServiceLevel, ShipHeroShippingMethod>>>
  /** The shipping method of an order whose service level is not known. Default `standard`. */
  readonly defaultShippingMethod?: ShipHeroShippingMethod
  /** What an account's own fulfilment statuses mean. Those that are not named are shown as `unknown`, with the word. */
  readonly statuses?: Readonly<Record<string, 'accepted' | 'on_hold' | 'needs_attention'>>
  /** The warehouses in use, by ShipHero's id. Others are left out of `locations` and `stock`. Default: all. */
  readonly warehouses?: readonly string[]
  /** The share of the account's credits that this connection may spend, 0.3 to 1: a page of updates must fit in it. Default 1. */
  readonly creditShare?: number
  /** How long to wait between polls, in milliseconds. Default: updates 60,000, stock 300,000, returns 3,600,000. */
  readonly intervals?: {
    readonly updatesMs?: number
    readonly stockMs?: number
    readonly returnsMs?: number
  }
}

/**
 * The webhooks that a connection subscribes by default. `Inventory Update` and `Inventory Change` are understood too, and left out:
 * they come with every unit that moves, and each would have all stock read.
 */
export const shipheroTopics = [
  'Shipment Update',
  'Order Canceled',
  'Order Allocated',
  'Order Deallocated',
  'PO Update',
  'Return Update',
] as const

const label = (what: string) => z.string(`${what} must be a text`).trim().min(1, `${what} must not be empty`)
const secret = (what: string) => label(what).regex(/^\S+$/, `${what} must not hold spaces or line breaks`)
const interval = z.int().min(100).max(86_400_000)
const method = z.union([
  label('a shipping method'),
  z.strictObject({
    title: label('title').optional(),
    carrier: label('carrier'),
    method: label('method'),
  }),
])

// Built with the first connection: a schema costs milliseconds at import.
const schema = () =>
  z.strictObject({
    refreshToken: secret('refreshToken'),
    customerAccountId: label('customerAccountId').optional(),
    endpoint: z
      .url({ protocol: /^https?$/, error: 'endpoint must be an http or https address' })
      .default('https://public-api.shiphero.com'),
    shopName: label('shopName').default('stockpool'),
    webhookSecrets: z.array(label('a webhook secret')).default([]),
    webhookTopics: z
      .array(label('a webhook'))
      .min(1)
      .default([...shipheroTopics]),
    updatesSince: Instant.optional(),
    returnsDays: z.int().min(1).max(365).default(90),
    shippingMethods: z.partialRecord(ServiceLevel, method).default({}),
    defaultShippingMethod: method.default('standard'),
    statuses: z.record(z.string(), z.enum(['accepted', 'on_hold', 'needs_attention'])).default({}),
    warehouses: z.array(label('a warehouse')).optional(),
    creditShare: z.number().min(0.3).max(1).default(1),
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
  readonly refreshToken: string
  readonly customer: string | null
  /** Without a slash at the end. */
  readonly endpoint: string
  readonly host: string
  readonly shopName: string
  readonly webhookSecrets: readonly string[]
  readonly webhookTopics: readonly string[]
  /** Epoch milliseconds. */
  readonly updatesSince: number | null
  readonly returnsMs: number
  readonly shippingMethods: Readonly<Partial<Record<ServiceLevel, ShipHeroShippingMethod>>>
  readonly defaultShippingMethod: ShipHeroShippingMethod
  /** By the word in lower case. */
  readonly statuses: ReadonlyMap<string, 'accepted' | 'on_hold' | 'needs_attention'>
  readonly warehouses: readonly string[] | null
  readonly creditShare: number
  readonly intervals: { readonly updatesMs: number; readonly stockMs: number; readonly returnsMs: number }
}

/** @throws StockpoolError `invalid_input` that names the option; never with its value, which may be a secret. */
export function settingsFrom(options: ShipHeroOptions): Settings {
  const parsed = schema().safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const keys = issue?.code === 'unrecognized_keys' ? issue.keys : []
    const field = [...(issue?.path ?? []), ...keys].join('.')
    const message = `shiphero(): the option ${field || '(all)'} is wrong: ${issue?.message}`
    throw new StockpoolError('invalid_input', message, {
      field: field || undefined,
      remedy: 'See docs/shiphero.md for the options.',
    })
  }
  const { customerAccountId, endpoint, updatesSince, returnsDays, statuses, warehouses, intervals, ...rest } =
    parsed.data
  return {
    ...rest,
    customer: customerAccountId ?? null,
    endpoint: endpoint.replace(/\/+$/, ''),
    host: new URL(endpoint).host,
    updatesSince: updatesSince === undefined ? null : Date.parse(updatesSince),
    returnsMs: returnsDays * 86_400_000,
    statuses: new Map(Object.entries(statuses).map(([word, status]) => [word.toLowerCase(), status])),
    warehouses: warehouses ?? null,
    intervals: {
      updatesMs: intervals.updatesMs ?? 60_000,
      stockMs: intervals.stockMs ?? 300_000,
      returnsMs: intervals.returnsMs ?? 3_600_000,
    },
  }
}
