import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'

/** What an item that can be bought is called, where it is not `in stock`. */
export type MetaSellableWord = 'preorder' | 'available for order'

/**
 * What `meta()` is given. Credentials come from Business Manager and the App Dashboard (see docs/meta.md); keep them out
 * of the source.
 * @example
 * meta({ catalogId: '1017309634048260', accessToken: process.env.META_TOKEN, appSecret: process.env.META_APP_SECRET })
 */
export interface MetaOptions {
  /** The number of the catalogue: Commerce Manager, Settings. */
  readonly catalogId: string
  /** Of a system user that may manage the catalogue (`catalog_management`, `business_management`). */
  readonly accessToken: string
  /**
   * The app's secret. Signs every call (`appsecret_proof`), and verifies webhooks and data-deletion requests. Without
   * it, calls are unsigned and there are no webhooks.
   */
  readonly appSecret?: string
  /** The word that you entered in the App Dashboard under Webhooks, Verify token. Needed only to set up a webhook. */
  readonly verifyToken?: string
  /**
   * Where a person can read what became of a request to delete their data: an https address of your own, to which
   * `?code=` is added. Without it data-deletion requests are refused.
   */
  readonly deletionStatusUrl?: string
  /** The number of the shop (Commerce Manager). With it, the daily look warns when buyers do not see the shop. */
  readonly shopId?: string
  /** What an item is called while there is some of it, by its content id, where it is not `in stock`. */
  readonly sellable?: Readonly<Record<string, MetaSellableWord>>
  /** Version of the Graph API, `v26.0` or later. Default `v26.0`. */
  readonly version?: string
  /** How long a batch is given before it is asked about, in milliseconds. Default 15,000. */
  readonly checkAfterMs?: number
  /** Replaces `https://graph.facebook.com`, such as by a simulator's address. */
  readonly endpoint?: string
}

const text = (what: string) => z.string(`${what} must be a string`).trim().min(1, `${what} must not be empty`)
const number = (what: string) => text(what).regex(/^\d{1,25}$/, `${what} must be a number, as Meta shows it`)
const address = (what: string, protocol: RegExp) =>
  z.url({
    protocol,
    error: `${what} must be an absolute ${protocol.test('http') ? 'http(s)' : 'https'} address`,
  })

// Made when needed: building a schema costs milliseconds at import.
const schema = () =>
  z.strictObject({
    catalogId: number('catalogId'),
    accessToken: text('accessToken'),
    appSecret: text('appSecret').optional(),
    verifyToken: text('verifyToken').optional(),
    deletionStatusUrl: address('deletionStatusUrl', /^https$/).optional(),
    shopId: number('shopId').optional(),
    sellable: z
      .record(
        z.string(),
        z.enum(['preorder', 'available for order'], 'sellable must be preorder or available for order'),
      )
      .default({}),
    version: text('version')
      .regex(/^v\d{2,3}\.\d$/, 'version must be written as v26.0')
      .default('v26.0'),
    checkAfterMs: z.number().int().min(0).max(900_000).default(15_000),
    endpoint: address('endpoint', /^https?$/).default('https://graph.facebook.com'),
  })

/** The options, checked and complete. */
export type Settings = z.infer<ReturnType<typeof schema>>

/** @throws StockpoolError `invalid_input`, naming the option. */
export function parseOptions(options: MetaOptions): Settings {
  const parsed = schema().safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.')
    throw invalid(field ?? '', issue?.message ?? 'wrong options', 'See MetaOptions for what each one holds.')
  }
  const settings = parsed.data
  // Earlier versions still listed an order API that is gone, and behave differently on the wire.
  if (Number(settings.version.slice(1)) < 26) {
    throw invalid(
      'version',
      `version ${settings.version} is older than v26.0`,
      'Leave it out, or give v26.0 or later.',
    )
  }
  return { ...settings, endpoint: settings.endpoint.replace(/\/+$/, '') }
}

function invalid(field: string, message: string, remedy: string): StockpoolError {
  return new StockpoolError('invalid_input', `meta(): ${message}`, { field, remedy })
}
