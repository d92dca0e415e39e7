import { createHmac } from 'node:crypto'
import {
  type RunningSimulator,
  refuse,
  reply,
  router,
  ServerBucket,
  type SimulatorOptions,
  type SimulatorRequest,
  startSimulator,
} from '../../../src/simulator/index.ts'
import { Depot } from './depot.ts'
import { DepotReturns } from './depot-returns.ts'
import { Notices } from './notices.ts'
import { Returns } from './returns.ts'
import { Shop } from './shop.ts'

export const credentials = {
  client: 'toy-client',
  secret: 'toy-client-secret',
  webhookSecret: 'toy-webhook-secret',
}
const pageSize = 10

export const signToy = (secret: string, id: string, timestamp: string, body: Uint8Array) =>
  createHmac('sha256', secret).update(`${id}.${timestamp}.`).update(body).digest('hex')

interface NewJob {
  reference: string
  lines: { sku: string; quantity: number }[]
  unique: boolean
}

/**
 * A platform that sells and ships, small enough to be read at once: it proves the kit, and that the contract suite
 * finds planted bugs.
 */
export function startToySimulator(
  half: 'shop' | 'depot',
  options: SimulatorOptions = {},
): Promise<RunningSimulator> {
  return startSimulator(({ clock, webhooks, random }) => {
    const now = () => Math.floor(clock.now())
    const notices = new Notices(now)
    const tell = (topic: string, body: unknown) => {
      webhooks.send({ topic, body: JSON.stringify(body, null, 2) })
      notices.tell(topic, body)
    }
    const shop = new Shop(now, tell)
    const returns = new Returns(shop, now)
    const depot = new Depot(now, tell)
    const goodsBack = new DepotReturns(depot, now)
    const bucket = new ServerBucket(clock, { rate: 50, burst: 100 })
    const tokens = new Set<string>()

    const guard = (request: SimulatorRequest) => {
      const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
      if (!tokens.has(token)) refuse(401, { error: 'token' })
      if (!bucket.take(token).ok) refuse(429, { error: 'slow down' })
    }
    const routes = router([
      ...returns.routes(),
      ...notices.routes(),
      {
        operation: 'token',
        method: 'POST',
        path: '/token',
        handle: (request) => {
          const form = request.form()
          if (form.get('client_secret') !== credentials.secret) return reply(401, { error: 'invalid_client' })
          const access = `toy-access-${random.text(20)}`
          tokens.add(access)
          return reply(200, { access_token: access, expires_in: 3600 })
        },
      },
      {
        operation: 'listOrders',
        method: 'GET',
        path: '/orders',
        handle: (request) => reply(200, shop.page(Number(request.query.get('after')), pageSize)),
      },
      {
        operation: 'getOrder',
        method: 'GET',
        path: '/orders/{id}',
        handle: (_, { id = '' }) => reply(200, shop.find(id)),
      },
      {
        operation: 'cancelOrder',
        method: 'POST',
        path: '/orders/{id}/cancel',
        handle: (request, { id = '' }) =>
          reply(200, request.fault('accepted_not_applied') ? shop.find(id) : shop.cancel(id)),
      },
      {
        operation: 'answerCancel',
        method: 'POST',
        path: '/orders/{id}/answer',
        handle: (request, { id = '' }) =>
          reply(204, void shop.answer(id, (request.json() as { accept: boolean }).accept)),
      },
      {
        operation: 'addShipment',
        method: 'POST',
        path: '/orders/{id}/shipments',
        handle: (request, { id = '' }) => {
          shop.ship(id, request.json() as Parameters<Shop['ship']>[1])
          return reply(201, { id: 'shipment' })
        },
      },
      {
        operation: 'setQuantities',
        method: 'PUT',
        path: '/quantities',
        handle: (request) => {
          const rows = request.json() as { listing: string; quantity: number; expected: number | null }[]
          const partial = request.fault('partial_failure') !== null
          const ignored = request.fault('accepted_not_applied') !== null
          return reply(
            200,
            rows.map(({ listing, quantity, expected }, index) => {
              const row = shop.listings.get(listing)
              if (!row) return { error: 'no such listing' }
              if (partial && index % 2 === 0) return { error: 'try later' }
              if (expected !== null && row.quantity !== expected) return { stale: row.quantity }
              if (!ignored) row.quantity = quantity
              return {}
            }),
          )
        },
      },
      {
        operation: 'getQuantities',
        method: 'POST',
        path: '/quantities/query',
        handle: (request) =>
          reply(
            200,
            (request.json() as string[]).map((listing) => shop.listings.get(listing)?.quantity ?? null),
          ),
      },
      {
        operation: 'createJob',
        method: 'POST',
        path: '/jobs',
        handle: (request) => {
          const { reference, lines, unique } = request.json() as NewJob
          return reply(201, depot.create(reference, lines, unique))
        },
      },
      {
        operation: 'listJobs',
        method: 'GET',
        path: '/jobs',
        handle: (request) => {
          const reference = request.query.get('reference')
          if (reference === null) return reply(200, depot.page(Number(request.query.get('after')), pageSize))
          const job = depot.find(reference)
          return reply(200, { jobs: job ? [job] : [], next: 0, more: false })
        },
      },
      {
        operation: 'cancelJob',
        method: 'POST',
        path: '/jobs/{id}/cancel',
        handle: (_, { id = '' }) => reply(200, depot.cancel(id)),
      },
      {
        operation: 'keepJob',
        method: 'POST',
        path: '/jobs/{id}/keep',
        handle: (request, { id = '' }) => reply(200, depot.keep(id, request.json() as NewJob['lines'])),
      },
      {
        operation: 'listGoodsBack',
        method: 'GET',
        path: '/goods-back',
        handle: (request) => reply(200, goodsBack.page(Number(request.query.get('after')), pageSize)),
      },
      {
        operation: 'listStock',
        method: 'GET',
        path: '/stock',
        handle: (request) => {
          const page = Number(request.query.get('page') ?? 0)
          const rows = depot.rows()
          return reply(200, rows.slice(page * pageSize, (page + 1) * pageSize))
        },
      },
      {
        operation: 'listHooks',
        method: 'GET',
        path: '/hooks',
        handle: () => reply(200, webhooks.subscriptions),
      },
      {
        operation: 'createHook',
        method: 'POST',
        path: '/hooks',
        handle: (request) => reply(201, webhooks.subscribe(request.json() as { url: string })),
      },
      {
        operation: 'listPlaces',
        method: 'GET',
        path: '/places',
        handle: () => reply(200, [{ id: 'D1', name: 'Depot' }]),
      },
    ])

    return {
      kind: 'toy',
      operationOf: routes.operationOf,
      handle: (request) => {
        if (request.operation !== 'token') guard(request)
        return routes.handle(request)
      },
      controls: { ...shop.controls, ...returns.controls, ...depot.controls, ...goodsBack.controls },
      state: () =>
        half === 'shop'
          ? { ...shop.state(), returns: returns.all, refunds: returns.refunds }
          : { stock: depot.rows(), orders: depot.jobs },
      faultReply: (_, status) => reply(status, { error: `fault ${status}` }),
      webhooks: {
        timeoutMs: 2_000,
        retryAfterMs: [1_000, 5_000],
        sign: ({ id, topic, body, secret, at }) => {
          const timestamp = String(Math.floor(at / 1000))
          return {
            'content-type': 'application/json',
            'toy-id': id,
            'toy-topic': topic,
            'toy-timestamp': timestamp,
            'toy-signature': signToy(secret ?? credentials.webhookSecret, id, timestamp, body),
          }
        },
      },
    }
  }, options)
}
