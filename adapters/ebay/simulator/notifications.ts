import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { z } from 'zod'
import {
  type OutgoingWebhook,
  reply,
  type SimulatorKit,
  type SimulatorReply,
  type SimulatorRequest,
  type WebhookPlan,
} from '../../../src/simulator/index.ts'
import { instant, notificationError } from './answers.ts'
import type { World } from './world.ts'

interface Destination {
  readonly id: string
  name: string
  status: string
  endpoint: string
  token: string
}

interface Subscription {
  readonly id: string
  readonly topicId: string
  readonly destinationId: string
  readonly createdAt: number
  readonly payload: unknown
  status: string
}

const topics: Readonly<
  Record<string, { scope: 'USER' | 'APPLICATION'; version: string; description: string }>
> = {
  ORDER_CONFIRMATION: { scope: 'USER', version: '1.0', description: 'A buyer completed the checkout.' },
  MARKETPLACE_ACCOUNT_DELETION: {
    scope: 'APPLICATION',
    version: '1.0',
    description: 'A user wants to be forgotten.',
  },
  ITEM_AVAILABILITY: { scope: 'USER', version: '1.0', description: 'An item is sold out, or is back.' },
}

/** Signs as eBay does: ECDSA over SHA-1 of the bytes, in a header that is JSON in base64. */
export function signEbay(key: KeyObject, kid: string): (delivery: OutgoingWebhook) => Record<string, string> {
  return ({ body }) => {
    const signature = sign('sha1', body, key).toString('base64')
    const header = JSON.stringify({ alg: 'ecdsa', kid, signature, digest: 'SHA1' })
    return { 'content-type': 'application/json', 'x-ebay-signature': Buffer.from(header).toString('base64') }
  }
}

const Destinations = z.object({
  name: z.string().min(1),
  status: z.enum(['ENABLED', 'DISABLED']),
  deliveryConfig: z.object({
    endpoint: z.url({ protocol: /^https?$/ }),
    verificationToken: z.string().regex(/^[\w-]{32,80}$/),
  }),
})
const Subscriptions = z.object({
  topicId: z.string(),
  status: z.enum(['ENABLED', 'DISABLED']),
  destinationId: z.string(),
  payload: z.object({
    format: z.literal('JSON'),
    schemaVersion: z.string(),
    deliveryProtocol: z.literal('HTTPS'),
  }),
})

/** The number of what is wrong with a subscription, by its field. */
const invalid: Readonly<Record<string, number>> = {
  status: 195006,
  destinationId: 195007,
  schemaVersion: 195008,
  format: 195009,
  deliveryProtocol: 195010,
  topicId: 195027,
}
const markedDown = () => notificationError(409, 195015, 'The destination is not enabled.')

const href = '/commerce/notification/v1'

/** The Notification API, and the notifications themselves. */
export class Notifications {
  readonly kid: string
  readonly #kit: Pick<SimulatorKit, 'clock' | 'random' | 'webhooks'>
  readonly #world: World
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  readonly #destinations = new Map<string, Destination>()
  readonly #subscriptions = new Map<string, Subscription>()
  #alertEmail: string | null = null

  constructor(kit: Pick<SimulatorKit, 'clock' | 'random' | 'webhooks'>, world: World) {
    this.#kit = kit
    this.#world = world
    this.kid = kit.random.uuid()
  }

  /** Kept for a day, as eBay does, in growing steps. */
  plan(): WebhookPlan {
    return {
      sign: signEbay(this.#keys.privateKey, this.kid),
      timeoutMs: 3_000,
      retryAfterMs: [60_000, 600_000, 3_600_000],
      accepts: (status) => [200, 201, 202, 204].includes(status),
    }
  }

  send(topic: string, data: Readonly<Record<string, unknown>>): string {
    const at = this.#kit.clock.now()
    const id = `${this.#kit.random.uuid()}_${this.#kit.random.uuid()}`
    const body = {
      metadata: { topic, schemaVersion: '1.0', deprecated: false },
      notification: {
        notificationId: id,
        eventDate: instant(at),
        publishDate: instant(at),
        publishAttemptCount: 1,
        data,
      },
    }
    return this.#kit.webhooks.send({ topic, body, id })
  }

  /** GET /commerce/notification/v1/public_key/{public_key_id} */
  publicKey(id: string): SimulatorReply {
    if (id !== this.kid) return notificationError(404, 195001, 'The specified key id is invalid.')
    const pem = this.#keys.publicKey.export({ format: 'pem', type: 'spki' }).toString()
    // Without line breaks, as eBay sends it.
    return reply(200, { key: pem.replace(/\n/g, ''), algorithm: 'ECDSA', digest: 'SHA1' })
  }

  config(request: SimulatorRequest): SimulatorReply {
    if (request.method === 'GET') {
      return this.#alertEmail === null
        ? notificationError(404, 195026, 'No alert configuration was found.')
        : reply(200, { alertEmail: this.#alertEmail })
    }
    const parsed = z.object({ alertEmail: z.string().min(3) }).safeParse(request.json())
    if (!parsed.success) return notificationError(400, 195025, 'Invalid alert email.')
    this.#alertEmail = parsed.data.alertEmail
    return reply(204)
  }

  destinations(): SimulatorReply {
    const all = [...this.#destinations.values()].map(({ id, name, status, endpoint, token }) => ({
      destinationId: id,
      name,
      status,
      deliveryConfig: { endpoint, verificationToken: token },
    }))
    return reply(200, { total: all.length, href: `${href}/destination`, limit: 20, destinations: all })
  }

  async createDestination(request: SimulatorRequest): Promise<SimulatorReply> {
    if (this.#alertEmail === null)
      return notificationError(409, 195003, 'Please provide configurations required for notifications.')
    const parsed = Destinations.safeParse(request.json())
    // The same number for an address and for a wrong shape.
    if (!parsed.success) return notificationError(400, 195017, 'Invalid or missing endpoint.')
    if (!(await this.#answers(parsed.data.deliveryConfig)))
      return notificationError(409, 195020, 'The challenge of this endpoint failed.')
    const { name, status, deliveryConfig } = parsed.data
    const { endpoint, verificationToken: token } = deliveryConfig
    if ([...this.#destinations.values()].some((each) => each.endpoint === endpoint))
      return notificationError(409, 195021, 'This endpoint has a destination already.')
    const id = this.#kit.random.uuid()
    this.#destinations.set(id, { id, name, status, endpoint, token })
    return reply(201, undefined, { location: `${href}/destination/${id}` })
  }

  async #answers({
    endpoint,
    verificationToken,
  }: z.infer<typeof Destinations>['deliveryConfig']): Promise<boolean> {
    if (!this.#world.options.validateDestinations) return true
    const code = this.#kit.random.uuid()
    const wanted = createHash('sha256').update(code).update(verificationToken).update(endpoint).digest('hex')
    try {
      const answer = await fetch(`${endpoint}?challenge_code=${code}`, { signal: AbortSignal.timeout(3_000) })
      const body = (await answer.json()) as { challengeResponse?: unknown }
      return answer.status === 200 && body.challengeResponse === wanted
    } catch {
      return false
    }
  }

  updateDestination(request: SimulatorRequest, id: string): SimulatorReply {
    const known = this.#destinations.get(id)
    const parsed = Destinations.safeParse(request.json())
    if (!known) return notificationError(404, 195022, 'Invalid destination ID.')
    if (!parsed.success) return notificationError(400, 195017, 'Invalid or missing endpoint.')
    const { name, status, deliveryConfig } = parsed.data
    Object.assign(known, {
      name,
      status,
      endpoint: deliveryConfig.endpoint,
      token: deliveryConfig.verificationToken,
    })
    return reply(204)
  }

  topics(): SimulatorReply {
    const all = Object.entries(topics).map(([topicId, { scope, version, description }]) => ({
      topicId,
      description,
      status: 'ENABLED',
      context: 'SELL',
      scope,
      filterable: false,
      authorizationScopes: [],
      supportedPayloads: [
        { format: ['JSON'], schemaVersion: version, deliveryProtocol: 'HTTPS', deprecated: false },
      ],
    }))
    return reply(200, { total: all.length, href: `${href}/topic`, limit: 20, topics: all })
  }

  /** Each token sees the subscriptions of its own scope. */
  subscriptions(scope: 'USER' | 'APPLICATION'): SimulatorReply {
    const all = [...this.#subscriptions.values()]
      .filter(({ topicId }) => topics[topicId]?.scope === scope)
      .map(({ id, topicId, destinationId, createdAt, payload, status }) => ({
        subscriptionId: id,
        topicId,
        status,
        creationDate: instant(createdAt),
        destinationId,
        payload,
      }))
    return reply(200, { total: all.length, href: `${href}/subscription`, limit: 20, subscriptions: all })
  }

  createSubscription(request: SimulatorRequest, scope: 'USER' | 'APPLICATION'): SimulatorReply {
    const parsed = Subscriptions.safeParse(request.json())
    if (!parsed.success) {
      const field = String(parsed.error.issues[0]?.path.at(-1))
      return notificationError(400, invalid[field] ?? 195006, `Invalid or missing ${field}.`)
    }
    const { topicId, destinationId, status, payload } = parsed.data
    if (topics[topicId] === undefined) return notificationError(400, 195027, 'Invalid topic ID.')
    if (topics[topicId]?.scope !== scope)
      return notificationError(403, 195011, 'Not authorized for this topic.')
    const destination = this.#destinations.get(destinationId)
    if (!destination) return notificationError(400, 195007, 'Invalid destination ID.')
    const same = [...this.#subscriptions.values()].some(
      (each) => each.topicId === topicId && each.destinationId === destinationId,
    )
    if (same) return notificationError(409, 195012, 'The subscription exists already.')
    if (status === 'ENABLED' && destination.status !== 'ENABLED') return markedDown()
    const id = this.#kit.random.uuid()
    this.#subscriptions.set(id, {
      id,
      topicId,
      destinationId,
      status,
      payload,
      createdAt: this.#kit.clock.now(),
    })
    if (status === 'ENABLED') this.#listen(id)
    return reply(201, undefined, { location: `${href}/subscription/${id}` })
  }

  setSubscription(id: string, status: 'ENABLED' | 'DISABLED'): SimulatorReply {
    const known = this.#subscriptions.get(id)
    if (!known) return notificationError(404, 195013, 'The subscription id does not exist.')
    const destination = this.#destinations.get(known.destinationId)
    if (status === 'ENABLED' && destination?.status !== 'ENABLED') return markedDown()
    known.status = status
    if (status === 'ENABLED') this.#listen(id)
    else this.#kit.webhooks.unsubscribe(id)
    return reply(204)
  }

  #listen(id: string): void {
    const known = this.#subscriptions.get(id)
    const url = known && this.#destinations.get(known.destinationId)?.endpoint
    if (known && url) this.#kit.webhooks.subscribe({ id, url, topics: [known.topicId] })
  }

  /** eBay marks a destination down that was silent for a day, and its subscriptions with it. */
  markDown(): void {
    for (const destination of this.#destinations.values()) destination.status = 'MARKED_DOWN'
    for (const { id } of this.#subscriptions.values()) this.setSubscription(id, 'DISABLED')
  }
}
