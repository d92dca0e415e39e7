import { StockpoolError } from '../../src/error.ts'
import type { ServiceLevel } from '../../src/model/service-level.ts'

/** A token that does not end by itself: that of a custom app made in the admin before 2026, or your own OAuth's. */
export interface ShopifyStaticToken {
  /** Such as `shpat_…`. */
  readonly accessToken: string
  /** The app is public: Shopify refuses such a token from 2027-01-01, and the hub reminds of it. Default `false`. */
  readonly publicApp?: boolean
}

/** A Dev Dashboard app for your own shop: 24-hour tokens, fetched and renewed by themselves. */
export interface ShopifyClientCredentials {
  readonly clientId: string
  /** Also signs the app's webhooks. */
  readonly clientSecret: string
}

/**
 * The expiring offline token of a public or custom app that was installed by OAuth: 60-minute access tokens, renewed by
 * themselves with a refresh token that Shopify replaces at each use. The replacement is kept in the hub's store, so
 * give the one of the installation, and do not use it elsewhere.
 */
export interface ShopifyExpiringToken extends ShopifyClientCredentials {
  /** `refresh_token` of the answer to the token exchange or the OAuth code. */
  readonly refreshToken: string
}

export type ShopifyAuth = ShopifyStaticToken | ShopifyClientCredentials | ShopifyExpiringToken

export interface ShopifyOptions {
  /** The part before `.myshopify.com`; the whole domain is understood too. */
  readonly shop: string
  /** Quarterly API version, 2026-04 or later. Default `2026-07`. */
  readonly version?: string
  /** Another base address than `https://<shop>.myshopify.com`, such as a simulator's. */
  readonly endpoint?: string
  readonly auth: ShopifyAuth
  /** The app's client secret, for webhooks. Not needed beside a `clientSecret`. */
  readonly webhookSecret?: string
  /** Where the shop's numbers are kept: `gid://shopify/Location/…`. A listing may name another place. */
  readonly location: string
  /**
   * The first read begins with orders changed since then: an ISO 8601 time with an offset. Default: seven days before
   * it. Shopify shows only 60 days without the scope `read_all_orders`.
   */
  readonly ordersSince?: string
  /** How far each read of orders reaches back behind the last one, in milliseconds. Default 120,000: Shopify's search lags. */
  readonly overlapMs?: number
  /** Whether unpaid orders may be shipped (invoice, cash on delivery). Default `false`: they only hold stock. */
  readonly shipUnpaid?: boolean
  /** What your shipping rates promise, by their title or code, before the built-in table is asked. */
  readonly serviceLevels?: Readonly<Record<string, ServiceLevel>>
  /** Whether Shopify sends the buyer a mail about a shipment or a changed tracking number. Default `false`. */
  readonly notifyCustomer?: boolean
  readonly cancel?: {
    /** Whether a cancelled order's payment goes back to where it came from. Default `true`. */
    readonly refund?: boolean
    /** Whether Shopify sends the buyer a mail about it. Default `true`. */
    readonly notifyCustomer?: boolean
  }
  readonly returns?: {
    /**
     * Whether Shopify adds goods that were put back on the shelf to its own number. Default `false`: the pool's number
     * follows by itself, and Shopify says "not restocked" of them.
     */
    readonly restock?: boolean
    /** Whether Shopify sends the buyer mails about returns and refunds. Default `true`. */
    readonly notifyCustomer?: boolean
  }
  /**
   * From how many orders on the first read lets Shopify put them into one file (a bulk operation), in place of pages; and
   * from five times as many numbers a comparison does. Default 1,000; `Infinity`: never.
   */
  readonly bulkFrom?: number
  /** Between two reads of returns while no webhook hints at news, in milliseconds. Default 600,000. */
  readonly returnsMs?: number
  /** Between two reads of orders while no webhook hints at news, in milliseconds. Default 60,000. */
  readonly ordersMs?: number
}

/** The options with every default filled in. */
export interface Shop {
  /** `my-shop.myshopify.com`: what webhooks carry. */
  readonly domain: string
  readonly version: string
  /** Without a slash at the end. */
  readonly endpoint: string
  readonly auth: ShopifyAuth
  readonly webhookSecret: string | null
  readonly location: string
  /** Epoch milliseconds. */
  readonly ordersSince: number | null
  readonly overlapMs: number
  readonly shipUnpaid: boolean
  readonly serviceLevels: Readonly<Record<string, ServiceLevel>>
  readonly notifyCustomer: boolean
  readonly cancel: { readonly refund: boolean; readonly notifyCustomer: boolean }
  readonly returns: { readonly restock: boolean; readonly notifyCustomer: boolean }
  readonly bulkFrom: number
  readonly ordersMs: number
  readonly returnsMs: number
}

/** Epoch milliseconds of an instant with an offset. A time without one is refused: guessing its zone loses orders. */
function instant(text: string, field: string): number {
  const withOffset = /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/.test(text)
  const at = withOffset ? Date.parse(text) : Number.NaN
  if (Number.isNaN(at)) invalid(field, 'is no time with an offset', 'Write it as 2026-07-01T00:00:00Z.')
  return at
}

function invalid(field: string, what: string, remedy: string): never {
  throw new StockpoolError('invalid_input', `shopify: ${field} ${what}`, { field, remedy })
}

/** @throws StockpoolError `invalid_input`, naming the option and what to write there. */
export function readOptions(options: ShopifyOptions): Shop {
  const { shop, version = '2026-07', auth, location } = options
  const name = shop
    ?.toLowerCase()
    .replace(/^https:\/\//, '')
    .replace(/\.myshopify\.com\/?$/, '')
  if (!/^[a-z0-9][a-z0-9-]*$/.test(name ?? '')) {
    invalid('shop', 'is no shop name', 'Give the part before .myshopify.com, such as my-shop.')
  }
  // Earlier versions know neither a required @idempotent nor changeFromQuantity alone.
  if (!/^\d{4}-(01|04|07|10)$/.test(version) || version < '2026-04') {
    invalid('version', 'is no version this adapter speaks', 'Give 2026-04 or later, such as 2026-07.')
  }
  if (!isGid(location ?? '', 'Location')) {
    invalid(
      'location',
      'is no location',
      'Give its gid, such as gid://shopify/Location/1 (see docs/shopify.md).',
    )
  }
  checkAuth(auth)
  const endpoint = options.endpoint ?? `https://${name}.myshopify.com`
  if (!URL.canParse(endpoint))
    invalid('endpoint', 'is no absolute URL', 'Leave it out, or give a base address.')
  const { overlapMs = 120_000, ordersMs = 60_000, returnsMs = 600_000, bulkFrom = 1000 } = options
  if (!(overlapMs >= 0)) invalid('overlapMs', 'is below 0', 'Give milliseconds, or leave it out.')
  if (!(bulkFrom >= 1)) invalid('bulkFrom', 'is below 1', 'Give a number of orders, or Infinity for never.')
  return {
    domain: `${name}.myshopify.com`,
    version,
    endpoint: endpoint.replace(/\/+$/, ''),
    auth,
    webhookSecret: options.webhookSecret ?? ('clientSecret' in auth ? auth.clientSecret : null),
    location,
    ordersSince: options.ordersSince === undefined ? null : instant(options.ordersSince, 'ordersSince'),
    overlapMs,
    shipUnpaid: options.shipUnpaid ?? false,
    serviceLevels: options.serviceLevels ?? {},
    notifyCustomer: options.notifyCustomer ?? false,
    cancel: {
      refund: options.cancel?.refund ?? true,
      notifyCustomer: options.cancel?.notifyCustomer ?? true,
    },
    returns: {
      restock: options.returns?.restock ?? false,
      notifyCustomer: options.returns?.notifyCustomer ?? true,
    },
    bulkFrom,
    ordersMs,
    returnsMs,
  }
}

function checkAuth(auth: ShopifyOptions['auth'] | undefined): void {
  const given = auth && secretsOf(auth, true)
  if (given?.every((part) => typeof part === 'string' && part !== '')) return
  const remedy = 'Give { accessToken }, { clientId, clientSecret }, or those two and a { refreshToken }.'
  invalid('auth', 'is incomplete', remedy)
}

/** What of the credentials must never reach a log; with the client's id, everything that must be given. */
export function secretsOf(auth: ShopifyAuth, all = false): string[] {
  if ('accessToken' in auth) return [auth.accessToken]
  const id = all ? [auth.clientId] : []
  return [...id, auth.clientSecret, ...('refreshToken' in auth ? [auth.refreshToken] : [])]
}

/** Whether a text is Shopify's global id of such a thing: `gid://shopify/<type>/<number>`. */
export function isGid(text: string, type: string): boolean {
  return new RegExp(`^gid://shopify/${type}/[1-9]\\d*$`).test(text)
}

/** The global id of a thing whose plain number a webhook gives. */
export function gid(type: string, id: number | string): string {
  return `gid://shopify/${type}/${id}`
}
