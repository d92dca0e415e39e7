import { Denied, refuse } from '../../../src/simulator/graphql/index.ts'
import type { Fault, WebhookSender } from '../../../src/simulator/index.ts'
import type { BulkOperations } from './bulk.ts'
import type { Order, Place, Shop } from './shop.ts'

/** How the simulated shop behaves where Shopify's documents leave room, or where an app's permissions decide. */
export interface Behaviour {
  /** What an app sees of buyers: everything, `null`, or `null` with an ACCESS_DENIED error beside it. */
  readonly buyerData: 'shown' | 'null' | 'denied'
  /** Which bad rows a stock write names: every one, only the first, or none (an error without `field`). */
  readonly quantityErrors: 'all' | 'first' | 'unnamed'
  /** How long the job of `orderCancel` takes, in milliseconds. */
  readonly cancelAfterMs: number
  /** How long a bulk operation takes, in milliseconds. */
  readonly bulkAfterMs: number
  /** Share of the price, such as 0.08. */
  readonly taxRate: number
}

/** A result kept for its idempotency key. */
export interface Kept {
  readonly fingerprint: string
  readonly failed: boolean
  readonly at: number
  readonly result: unknown
}

export interface Subscription {
  readonly id: string
  readonly topic: string
  readonly uri: string
  readonly format: 'JSON' | 'XML'
  readonly filter: string | null
  readonly includeFields: readonly string[]
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
  readonly bulk: BulkOperations
  /** The base address that the request came by. */
  readonly origin: string
  fault(kind: Fault['kind']): Fault | null
  /** An error code to answer with, armed as a fault. */
  readonly injected: string | null
  personal<T>(field: string, read: () => T): T | null
  place(id: string): Place | null
  placeName(id: string): string
  orderOf(id: unknown): Order | null
  /** What `find` gives for an id of this type; another type's id is nobody's, and a text that is no id is refused. */
  typed<T>(type: string, id: unknown, find: (world: World, id: unknown) => T | undefined): T | null
}

export function worldOf(
  parts: Pick<
    World,
    | 'shop'
    | 'version'
    | 'behaviour'
    | 'kept'
    | 'subscriptions'
    | 'webhooks'
    | 'bulk'
    | 'origin'
    | 'fault'
    | 'injected'
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
    typed(type, id, find) {
      const given = /^gid:\/\/shopify\/(\w+)\/\d+$/.exec(String(id))
      if (!given) return invalidId(id)
      return given[1] === type ? (find(this, id) ?? null) : null
    },
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

export function invalidId(id: unknown): never {
  const explanation = `Invalid global id '${String(id)}'`
  return refuse('INVALID_VARIABLE', 'Variable $id of type ID! was provided invalid value', {
    value: id,
    problems: [{ path: [], explanation, message: explanation }],
  })
}
