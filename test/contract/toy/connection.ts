import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { StockpoolError } from '../../../src/error.ts'
import { clientCredentials, withToken } from '../../../src/http/index.ts'
import type { ChannelOrder } from '../../../src/model/order.ts'
import type {
  AdapterContext,
  Connection,
  HttpAnswer,
  HttpRequest,
  WebhooksFacet,
} from '../../../src/spec/index.ts'
import type { Bug } from './bugs.ts'
import type { Job } from './depot.ts'
import type { ToyOrder } from './shop.ts'
import { credentials } from './simulator.ts'

export interface ToyOptions {
  readonly url: string
  readonly secret?: string
  readonly bug?: Bug | undefined
}

const codes: Readonly<Record<number, ConstructorParameters<typeof StockpoolError>[0]>> = {
  401: 'auth',
  404: 'not_found',
  409: 'conflict',
  429: 'rate_limited',
}

/** A connection to the toy platform, right in all that the contract asks but for one planted bug. */
export class Toy {
  readonly url: string
  readonly secret: string
  readonly bug: Bug | undefined

  constructor({ url, secret = credentials.secret, bug }: ToyOptions) {
    this.url = url
    this.secret = secret
    this.bug = bug
  }

  base(): Pick<
    Connection,
    'specVersion' | 'kind' | 'hosts' | 'limits' | 'intervals' | 'secrets' | 'webhooks'
  > {
    return {
      specVersion: 1,
      kind: 'toy',
      hosts: [new URL(this.url).host],
      limits: { toy: { rate: 50, burst: 100 } },
      intervals: { ordersMs: 10_000 },
      secrets: () => [this.secret, credentials.webhookSecret],
      webhooks: webhooks(this),
    }
  }

  async call<T>(
    context: AdapterContext,
    operation: string,
    method: HttpRequest<T>['method'],
    path: string,
    rest: Partial<HttpRequest<T>> = {},
  ): Promise<T> {
    const refresh = clientCredentials(context, {
      url: `${this.url}/token`,
      clientId: credentials.client,
      clientSecret: this.secret,
      operation: 'token',
    })
    return await withToken(context, 'toy', refresh, async (token) => {
      const { data } = await context.http.request<T>({
        operation,
        bucket: 'toy',
        effect: method === 'GET' ? 'read' : 'idempotent',
        method,
        url: `${this.url}${path}`,
        headers: { authorization: `Bearer ${token}` },
        schema: z.unknown() as unknown as z.ZodType<T>,
        classify: (answer) => this.classify(answer),
        ...rest,
      })
      return data
    })
  }

  classify({ status, headers }: HttpAnswer): StockpoolError | null {
    if (status < 400) return null
    const after = Number(headers['retry-after'])
    const code = codes[status] ?? (status >= 500 ? 'unavailable' : 'rejected')
    const hammers = this.bug === 'auth is retried' && code === 'auth'
    return new StockpoolError(hammers ? 'unavailable' : code, `toy answered ${status}`, {
      retryAfterMs: this.bug === 'deaf to retry-after' ? 1 : after > 0 ? after * 1000 : undefined,
    })
  }
}

export function orderFrom(order: ToyOrder, bug: Bug | undefined): ChannelOrder {
  const open = order.lines.some(({ quantity, cancelled, shipped }) => cancelled + shipped < quantity)
  const shipped = order.lines.some((line) => line.shipped > 0)
  const status = order.cancelled
    ? 'cancelled'
    : !order.paid
      ? 'pending'
      : shipped
        ? open
          ? 'partially_shipped'
          : 'shipped'
        : 'open'
  return {
    id: order.id,
    number: order.id,
    status: bug === 'unpaid looks open' && status === 'pending' ? 'open' : status,
    rawStatus: status,
    payment: order.paid || bug === 'unpaid looks open' ? 'paid' : 'pending',
    placedAt: new Date(order.placedAt).toISOString(),
    updatedAt: new Date(order.updatedAt).toISOString(),
    fulfilledBy: 'merchant',
    serviceLevel: null,
    rawServiceLevel: null,
    shipBy: null,
    deliverBy: null,
    currency: 'USD',
    total: { amount: bug === 'money in floats' ? 12.5 : 1250, currency: 'USD' },
    source: null,
    programs: [],
    cancelRequested: order.wish === null ? null : { at: null, reason: order.wish },
    buyer: { id: null, name: 'Bea Buyersson', email: 'bea@buyersson.example', phone: null },
    shipTo: null,
    lines: order.lines.map(({ id, listing, sku, quantity, cancelled, shipped }) => ({
      id,
      listing: listing as NonNullable<ChannelOrder['lines'][number]['listing']>,
      channelSku: sku,
      title: '',
      fulfilledBy: 'merchant',
      price: null,
      discount: null,
      shipping: null,
      taxes: [],
      ordered: bug === 'ordered shrinks' ? quantity - cancelled : quantity,
      cancelled,
      shipped,
      returned: 0,
    })),
    raw:
      bug === 'raw thrown away'
        ? {}
        : bug === 'secret in a value'
          ? { ...order, note: credentials.secret }
          : order,
  }
}

export type JobPage = { jobs: Job[]; next: number; more: boolean }

function webhooks(toy: Toy): WebhooksFacet {
  const { bug } = toy
  let counter = 0
  return {
    maxBytes: 65_536,
    async ensure(context, url) {
      const hooks = await toy.call<{ url: string }[]>(context, 'listHooks', 'GET', '/hooks')
      if (hooks.some((hook) => hook.url === url) && bug !== 'subscribes again') return
      // Not idempotent at the toy: an unknown outcome is for the caller, who calls again.
      await toy.call(context, 'createHook', 'POST', '/hooks', { json: { url }, effect: 'once' })
    },
    verify({ headers, body }, now) {
      const id = headers['toy-id'] ?? ''
      const timestamp = headers['toy-timestamp'] ?? ''
      const text = Buffer.from(body).toString('utf8')
      const signed = bug === 'webhook body re-serialised' ? JSON.stringify(JSON.parse(text), null, 2) : text
      const wanted = createHmac('sha256', credentials.webhookSecret)
        .update(`${id}.${timestamp}.`)
        .update(signed)
        .digest()
      const given = Buffer.from(headers['toy-signature'] ?? '', 'hex')
      const same = given.length === wanted.length && timingSafeEqual(given, wanted)
      if (!same && bug !== 'webhook unsigned') throw new StockpoolError('signature', 'wrong signature')
      const signedAt = Number(timestamp) * 1000
      if (Math.abs(now - signedAt) > 300_000 && bug !== 'webhook never stale') {
        throw new StockpoolError('signature', 'too old')
      }
      counter += 1
      const data = readJson(text, bug)
      const named = z
        .object({ order: z.string().optional(), reference: z.string().optional(), at: z.number() })
        .safeParse(data)
      if (!named.success) throw new StockpoolError('invalid_input', 'not a toy webhook', { field: 'body' })
      const { order, reference = null, at } = named.data
      const hint =
        order === undefined
          ? ({ kind: 'fulfillment', reference } as const)
          : ({ kind: 'order', order } as const)
      return {
        id: bug === 'webhook id by delivery' ? `${counter}` : id,
        topic: headers['toy-topic'] ?? '',
        occurredAt: at,
        hints: [hint],
      }
    },
  }
}

function readJson(text: string, bug: Bug | undefined): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (bug === 'webhook throws SyntaxError') throw error
    throw new StockpoolError('invalid_input', 'not JSON', { field: 'body' })
  }
}
