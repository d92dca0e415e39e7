import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'

export interface EasyPostOptions {
  /** A production key (`EZAK…`) or a test key (`EZTK…`); with a test key only EasyPost's test tracking codes move. */
  readonly apiKey: string
  /** The secret that webhooks are signed with: yours to choose. Without it the connection has no webhooks and polls. */
  readonly webhookSecret?: string
  /** Another address in place of EasyPost's, such as a simulator's. */
  readonly endpoint?: string
  /** How many days a parcel is looked for in polls after it was first followed, 1 to 90. Default 45. */
  readonly followDays?: number
  /** How long to wait between polls, in milliseconds. Default 1,800,000: webhooks bring the news at once. */
  readonly intervals?: { readonly trackingMs?: number }
}

const Options = z.strictObject({
  apiKey: z.string().min(1).regex(/^\S+$/, 'apiKey must not hold spaces or line breaks'),
  webhookSecret: z.string().min(1).optional(),
  endpoint: z.url({ protocol: /^https?$/, error: 'endpoint must be an http or https address' }).optional(),
  followDays: z.int().min(1).max(90).default(45),
  intervals: z.strictObject({ trackingMs: z.int().min(100).max(86_400_000).optional() }).default({}),
})

/** The options, checked and completed. */
export interface Settings {
  readonly apiKey: string
  readonly webhookSecret: string | null
  /** With the version, without a slash at the end. */
  readonly base: string
  readonly host: string
  readonly followDays: number
  readonly trackingMs: number
}

/** @throws StockpoolError `invalid_input` that names the option; never with its value, which may be a secret. */
export function settingsFrom(options: EasyPostOptions): Settings {
  const parsed = Options.safeParse(options)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue?.path.join('.')
    throw new StockpoolError(
      'invalid_input',
      `easypost(): the option ${field || '(all)'} is wrong: ${issue?.message}`,
      { field: field || undefined, remedy: 'See docs/easypost.md for the options.' },
    )
  }
  const { apiKey, webhookSecret, endpoint, followDays, intervals } = parsed.data
  const root = endpoint ?? 'https://api.easypost.com'
  return {
    apiKey,
    webhookSecret: webhookSecret ?? null,
    base: `${root.replace(/\/+$/, '')}/v2`,
    host: new URL(root).host,
    followDays,
    trackingMs: intervals.trackingMs ?? 1_800_000,
  }
}
