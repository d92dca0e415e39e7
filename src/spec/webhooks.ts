import type { AdapterContext } from './context.ts'

/** A webhook as it arrived. `body` is the raw bytes: signatures hold for nothing else. */
export interface WebhookDelivery {
  readonly method: string
  readonly url: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** What a webhook hints at. The engine re-reads the truth. */
export type Hint =
  | { readonly kind: 'order'; readonly order: string }
  /** `id`: the provider's own id of the order, where that is all it can be read by. */
  | { readonly kind: 'fulfillment'; readonly reference: string | null; readonly id?: string | null }
  | { readonly kind: 'listing'; readonly listing: string; readonly place: string }
  | { readonly kind: 'stock' }
  | { readonly kind: 'return'; readonly id: string | null }
  /** A followed parcel moved; `null`: one of them. */
  | { readonly kind: 'tracking'; readonly id: string | null }
  | { readonly kind: 'uninstalled' }
  /** Buyer data to remove: of these orders, of every order of these buyers (by `Buyer.id`), or of every order of the connection. */
  | {
      readonly kind: 'erasure'
      readonly orders: readonly string[]
      readonly buyers?: readonly string[]
      readonly all?: boolean
    }
  /**
   * A buyer asked what is kept of them, and the merchant owes the answer within so many milliseconds: of these orders; none named: of
   * what else is kept.
   */
  | { readonly kind: 'disclosure'; readonly orders: readonly string[]; readonly withinMs: number }
  | { readonly kind: 'ignored'; readonly topic: string }

/** A verified webhook: which event it is, and what to read again. */
export interface WebhookEvent {
  /** The platform's id of the event; the same event delivered twice has the same one. */
  readonly id: string
  readonly topic: string
  /** When it happened, epoch milliseconds; `null` when the platform does not say. */
  readonly occurredAt: number | null
  readonly hints: readonly Hint[]
  /**
   * What the platform wants to hear, where it is not enough that the webhook was taken, such as a confirmation code.
   * Default: the engine's own words. Given again when the event is delivered again.
   */
  readonly answer?: { readonly type: string; readonly body: string }
}

/** What a platform is answered when it asks whether an address is ours. */
export interface ChallengeAnswer {
  readonly status: number
  /** The content type of `body`. */
  readonly type: string
  readonly body: string
}

/** Webhooks of a platform. */
export interface WebhooksFacet {
  /** Largest body the platform sends, in bytes; larger ones are refused before they are read. */
  readonly maxBytes: number
  /**
   * The names of the connection's tokens in which `ensure` keeps secrets that the platform gives out once, as it subscribes.
   * What they hold is handed to `verify`. Default: none.
   */
  readonly secretNames?: readonly string[]
  /**
   * Verifies the signature over the raw bytes, in constant time, and the timestamp where the platform signs one.
   * The engine always gives the context: it is for a platform whose public key has to be fetched. Most verify without it, and at once.
   * @throws StockpoolError `signature` when it is wrong, absent or stale; `invalid_input` when the body is not what the platform sends.
   */
  verify(
    delivery: WebhookDelivery,
    now: number,
    secrets?: readonly string[],
    context?: AdapterContext,
  ): WebhookEvent | Promise<WebhookEvent>
  /**
   * The answer to the question by which a platform finds out whether an address is ours; `null`: this is no such
   * question. `address` is what `ensure` was given, or else what was called, without its query.
   * @throws StockpoolError `signature` when whoever asks is not the platform; `invalid_input` when the question is not as documented
   */
  challenge?(delivery: WebhookDelivery, address: string): ChallengeAnswer | null
  /**
   * Sees to it that the platform sends its webhooks to this address, and that no subscription there is disabled or
   * incomplete. Called when a hub with a `publicUrl` begins, and daily; must be safe to repeat.
   * @throws StockpoolError when it cannot; the hub reports it and tries again, and polls meanwhile as ever
   */
  ensure?(context: AdapterContext, address: string): Promise<void>
}
