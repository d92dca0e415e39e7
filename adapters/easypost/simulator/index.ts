import { z } from 'zod'
import { hmacSha256, toHex } from '../../../src/http/index.ts'
import {
  type Route,
  type RunningSimulator,
  refuse,
  reply,
  router,
  ServerBucket,
  type SimulatorDefinition,
  type SimulatorKit,
  type SimulatorOptions,
  type SimulatorReply,
  type SimulatorRequest,
  startSimulator,
  type WebhookPlan,
} from '../../../src/simulator/index.ts'
import { type Hook, Trackers, trackerView } from './trackers.ts'

export interface EasyPostSimulatorOptions extends SimulatorOptions {
  /** Default `EZAK-simulated`. */
  readonly apiKey?: string
  /** Default a fixed text; used until a webhook is made with one of its own. */
  readonly webhookSecret?: string
}

export interface EasyPostSimulator extends RunningSimulator {
  readonly apiKey: string
  readonly webhookSecret: string
  /** What `easypost()` takes to reach it. */
  readonly options: { readonly endpoint: string; readonly apiKey: string; readonly webhookSecret: string }
}

/** docs.easypost.com/guides/webhooks-guide: HMAC over the bytes; a delivery that fails is repeated, later and later. */
const webhookPlan = (defaultSecret: string): WebhookPlan => ({
  timeoutMs: 7_000,
  retryAfterMs: [60_000, 300_000, 1_800_000, 7_200_000],
  sign: ({ body, secret }) => ({
    'content-type': 'application/json',
    'user-agent': 'EasyPost Webhooks',
    'x-hmac-signature': `hmac-sha256-hex=${toHex(hmacSha256((secret ?? defaultSecret).normalize('NFKD'), body))}`,
  }),
})

/**
 * EasyPost's trackers and webhooks on loopback. The control `scan` moves a parcel; EasyPost's own test codes (`EZ1000000001` to
 * `EZ7000000007`) are where they always are.
 *
 * @example
 * const simulator = await startEasyPostSimulator()
 * const parcels = easypost(simulator.options)
 * await simulator.control('scan', { trackingNumber: '1Z1', status: 'delivered' })
 */
export async function startEasyPostSimulator(
  given: EasyPostSimulatorOptions = {},
): Promise<EasyPostSimulator> {
  const apiKey = given.apiKey ?? 'EZAK-simulated'
  const webhookSecret = given.webhookSecret ?? 'the secret of the EasyPost simulator'
  const running = await startSimulator((kit) => define(kit, apiKey, webhookSecret), given)
  const options = { endpoint: running.url, apiKey, webhookSecret }
  // Not spread: the simulator's own members are read when they are asked for.
  return Object.create(running, {
    apiKey: { value: apiKey, enumerable: true },
    webhookSecret: { value: webhookSecret, enumerable: true },
    options: { value: options, enumerable: true },
  }) as EasyPostSimulator
}

const problem = (status: number, code: string, message: string): SimulatorReply =>
  reply(status, { error: { code, message, errors: [] } })

const CreateTracker = z.object({
  tracker: z.object({ tracking_code: z.string().min(1), carrier: z.string().min(1).optional() }),
})
const PutWebhook = z.object({
  webhook: z.object({ url: z.string().optional(), webhook_secret: z.string().optional() }),
})
const Scan = z.strictObject({
  trackingNumber: z.string().min(1),
  status: z.string().min(1),
  detail: z.string().default('unknown'),
  /** Epoch milliseconds; default now. */
  at: z.number().optional(),
})

function define(kit: SimulatorKit, apiKey: string, webhookSecret: string): SimulatorDefinition {
  const trackers = new Trackers(kit.clock)
  const hooks = new Map<string, Hook>()
  const index = new ServerBucket(kit.clock, { rate: 5, burst: 5 })
  const authorization = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`

  type Handle = (request: SimulatorRequest, params: Readonly<Record<string, string>>) => SimulatorReply
  const route = (operation: string, method: string, path: string, handle: Handle): Route => ({
    operation,
    method,
    path: `/v2${path}`,
    handle(request, params) {
      if (request.headers.authorization !== authorization)
        return problem(401, 'APIKEY.INACTIVE', 'This api key is no longer active.')
      if (operation.startsWith('list') && !index.take('index').ok)
        return problem(429, 'RATE_LIMITED', 'You are sending requests too quickly.')
      return handle(request, params)
    },
  })

  const tell = (topic: string, tracker: object) =>
    kit.webhooks.send({
      topic,
      body: {
        id: `evt_${trackers.nextEvent()}`,
        object: 'Event',
        description: topic,
        mode: 'production',
        status: 'pending',
        created_at: new Date(kit.clock.now()).toISOString(),
        result: tracker,
      },
    })

  const createTracker: Handle = (request) => {
    const parsed = CreateTracker.safeParse(request.json())
    if (!parsed.success) return problem(422, 'PARAMETER.REQUIRED', 'Missing required parameter.')
    const { tracking_code, carrier } = parsed.data.tracker
    const { tracker, made } = trackers.create(tracking_code, carrier ?? null)
    if (made) tell('tracker.created', trackerView(tracker))
    return reply(made ? 201 : 200, trackerView(tracker))
  }

  const listTrackers: Handle = ({ query }) => {
    const size = Number(query.get('page_size') ?? 20)
    if (!Number.isInteger(size) || size < 1 || size > 100)
      return problem(422, 'PARAMETER.INVALID', 'page_size must be 1 to 100.')
    const { page, more } = trackers.list({
      size,
      before: query.get('before_id'),
      since: Date.parse(query.get('start_datetime') ?? '') || 0,
    })
    return reply(200, { trackers: page.map(trackerView), has_more: more })
  }

  const view = ({ id, url, disabledAt }: Hook) => ({
    id,
    object: 'Webhook',
    mode: 'production',
    url,
    disabled_at: disabledAt === null ? null : new Date(disabledAt).toISOString(),
  })
  const putWebhook: Handle = (request, { id }) => {
    const parsed = PutWebhook.safeParse(request.json())
    const known = id === undefined ? undefined : hooks.get(id)
    if (!parsed.success || (id === undefined && !parsed.data.webhook.url))
      return problem(422, 'WEBHOOK.CREATE.ERROR', 'The webhook needs a url.')
    if (id !== undefined && known === undefined) return problem(404, 'NOT_FOUND', 'Not found.')
    const { url = known?.url ?? '', webhook_secret: secret = known?.secret ?? null } = parsed.data.webhook
    const made: Hook = { id: known?.id ?? `hook_${hooks.size + 1}`, url, secret, disabledAt: null }
    hooks.set(made.id, made)
    kit.webhooks.unsubscribe(made.id)
    kit.webhooks.subscribe({ id: made.id, url, secret })
    return reply(known ? 200 : 201, view(made))
  }

  return {
    kind: 'easypost',
    ...router(
      [
        route('createTracker', 'POST', '/trackers', createTracker),
        route('listTrackers', 'GET', '/trackers', listTrackers),
        route('getTracker', 'GET', '/trackers/{id}', (_request, { id = '' }) => {
          const tracker = trackers.byId(id)
          return tracker ? reply(200, trackerView(tracker)) : problem(404, 'NOT_FOUND', 'Not found.')
        }),
        route('createWebhook', 'POST', '/webhooks', putWebhook),
        route('updateWebhook', 'PATCH', '/webhooks/{id}', putWebhook),
        route('listWebhooks', 'GET', '/webhooks', () =>
          reply(200, { webhooks: [...hooks.values()].map(view) }),
        ),
      ],
      () => problem(404, 'NOT_FOUND', 'The requested resource could not be found.'),
    ),
    controls: {
      /** The carrier scans a parcel, followed or not. */
      scan(body) {
        const { trackingNumber, status, detail, at } = Scan.parse(body)
        const tracker = trackers.scan(trackingNumber, status, detail, at ?? kit.clock.now())
        if (tracker !== null) tell('tracker.updated', trackerView(tracker))
        return reply(200, { followed: tracker !== null })
      },
      /** EasyPost gives up on a webhook whose deliveries failed. */
      'webhooks/disable'() {
        for (const hook of hooks.values()) {
          hooks.set(hook.id, { ...hook, disabledAt: kit.clock.now() })
          kit.webhooks.unsubscribe(hook.id)
        }
        return reply(200, { disabled: hooks.size })
      },
    },
    state: () => ({ trackers: trackers.all.map(trackerView), webhooks: [...hooks.values()].map(view) }),
    faultReply: (_, status) => problem(status, `SIMULATED.${status}`, `Simulated ${status}`),
    malformed: () => refuse(400, { error: { code: 'BAD_REQUEST', message: 'Malformed JSON.', errors: [] } }),
    webhooks: webhookPlan(webhookSecret),
  }
}
