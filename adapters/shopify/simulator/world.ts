import { Denied } from '../../../src/simulator/graphql/index.ts'
import type { Fault, WebhookSender } from '../../../src/simulator/index.ts'
import type { Order, Place, Shop } from './shop.ts'

/** How the simulated shop behaves where Shopify's documents leave room, or where an app's permissions decide. */
export interface Behaviour {
  /** What an app sees of buyers: everything, `null`, or `null` with an ACCESS_DENIED error beside it. */
  readonly buyerData: 'shown' | 'null' | 'denied'
  /** Which bad rows a stock write names: every one, only the first, or none (an error without `field`). */
  readonly quantityErrors: 'all' | 'first' | 'unnamed'
  /** How long the job of `orderCancel` takes, in milliseconds. */
  readonly cancelAfterMs: number
  /** Share of the price, such as 0.08. */
  readonly taxRate: number
}

/** A result kept for its idempotency key. */
export interface Kept {
  readonly fingerprint: string
  readonly failed: boolean
  readonly at: number
}

export interface Subscription {
  readonly id: string
  readonly topic: string
  readonly uri: string
  readonly createdAt: number
}

/** What the resolvers of one request see. */
export interface World {
  readonly shop: Shop
  readonly version: string
  readonly behaviour: Behaviour
  readonly taxRate: number
  readonly kept: Map<string, Kept>
  readonly subscriptions: Map<string, Subscription>
  readonly webhooks: WebhookSender
  fault(kind: Fault['kind']): Fault | null
  /** An error code to answer with, armed as a fault. */
  readonly injected: string | null
  personal<T>(field: string, read: () => T): T | null
  place(id: string): Place | null
  placeName(id: string): string
  orderOf(id: unknown): Order | null
}

export function worldOf(
  parts: Pick<
    World,
    'shop' | 'version' | 'behaviour' | 'kept' | 'subscriptions' | 'webhooks' | 'fault' | 'injected'
  >,
): World {
  const { shop, behaviour } = parts
  const place = (id: string) => shop.locations.find((each) => each.id === id) ?? null
  return {
    ...parts,
    taxRate: behaviour.taxRate,
    place,
    placeName: (id) => place(id)?.name ?? '',
    orderOf: (id) => shop.orders.get(String(id)) ?? null,
    personal(field, read) {
      if (behaviour.buyerData === 'denied') {
        throw new Denied(
          `This app is not approved to use the ${field} field. See https://shopify.dev/docs/apps/launch/protected-customer-data`,
        )
      }
      return behaviour.buyerData === 'null' ? null : read()
    },
  }
}
