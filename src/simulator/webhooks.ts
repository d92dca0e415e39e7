import { z } from 'zod'
import type { Clock } from '../spec/context.ts'
import { post } from './post.ts'
import type { SeededRandom } from './random.ts'

/** One attempt to deliver one event to one address, as the platform's signing function sees it. */
export interface OutgoingWebhook {
  /** The event's id: the same on every attempt and on a duplicate. */
  readonly id: string
  readonly topic: string
  /** The raw bytes: sign these. */
  readonly body: Buffer
  readonly url: string
  /** The subscription's own secret, where the platform has one per subscription. */
  readonly secret: string | null
  readonly subscription: string
  /** 1 for the first. */
  readonly attempt: number
  /** The simulator's clock, epoch milliseconds. */
  readonly at: number
}

/** How a platform delivers webhooks. */
export interface WebhookPlan {
  /** Every header the platform sends, `content-type` and the signature among them. */
  sign(delivery: OutgoingWebhook): Readonly<Record<string, string>>
  /** How long the receiver may take, in real milliseconds. */
  readonly timeoutMs: number
  /** Waits between attempts on the simulator's clock; their number is the number of repeats. */
  readonly retryAfterMs: readonly number[]
  /** Which statuses count as received. Default: 200 to 299. */
  accepts?(status: number): boolean
}

export const WebhookChaos = z.strictObject({
  /** So many more copies of every event, with the same id. `true`: one. */
  duplicate: z.union([z.boolean(), z.int().min(0).max(100)]).default(0),
  /** Every event waits so long on the simulator's clock. */
  delayMs: z.number().min(0).default(0),
  /** Events leave in pairs, the later one first; a single one waits for the next or for `flush`. */
  reorder: z.boolean().default(false),
  /** Before every event goes a copy whose bytes were changed after signing. */
  forge: z.boolean().default(false),
  /** The share of events that is never delivered. `true`: all. */
  drop: z.union([z.boolean(), z.number().min(0).max(1)]).default(0),
})
export type WebhookChaos = z.infer<typeof WebhookChaos>

export const WebhookSubscription = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'url must be an http or https address' }),
  /** Default: all topics. */
  topics: z.array(z.string().min(1)).nullable().default(null),
  secret: z.string().nullable().default(null),
  /** Default: made by the kit. */
  id: z.string().min(1).optional(),
})
export type WebhookSubscriptionInput = z.input<typeof WebhookSubscription>

export interface Subscription {
  readonly id: string
  readonly url: string
  readonly topics: readonly string[] | null
}

/** What became of one attempt. `status` 0: no answer; `error` then says why. */
export interface WebhookAttempt {
  readonly event: string
  readonly topic: string
  readonly subscription: string
  readonly kind: 'genuine' | 'duplicate' | 'forged' | 'dropped'
  readonly attempt: number
  readonly at: number
  readonly status: number
  readonly error: string | null
}

export interface WebhookSender {
  /** @throws z.ZodError */
  subscribe(subscription: WebhookSubscriptionInput): Subscription
  unsubscribe(id: string): boolean
  readonly subscriptions: readonly Subscription[]
  /** Queues an event for every subscription to its topic; returns its id. An object is sent as JSON. */
  send(event: { readonly topic: string; readonly body: unknown; readonly id?: string }): string
  /** @throws z.ZodError */
  chaos(chaos: z.input<typeof WebhookChaos>): void
  /** Lets go an event that `reorder` holds back. */
  flush(): void
  /** Attempts so far, oldest first; the latest 10,000. */
  readonly attempts: readonly WebhookAttempt[]
  /** Resolves when nothing is being delivered; events that wait for a time or a retry count as being delivered. */
  idle(): Promise<void>
}

interface Job {
  readonly id: string
  readonly topic: string
  readonly body: Buffer
  readonly subscription: Subscription & { readonly secret: string | null }
}

const calm = WebhookChaos.parse({})
const keep = 10_000

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

// A space after the document leaves the JSON equal and the bytes different: who verifies a re-serialised body
// lets it pass.
const tampered = (body: Buffer) => Buffer.concat([body, Buffer.from(' ')])

export function createWebhookSender(parts: {
  readonly clock: Clock
  readonly random: SeededRandom
  readonly signal: AbortSignal
  plan(): WebhookPlan | undefined
}): WebhookSender {
  const { clock, random, signal } = parts
  const subscriptions = new Map<string, Subscription & { readonly secret: string | null }>()
  const attempts: WebhookAttempt[] = []
  const running = new Set<Promise<void>>()
  let chaos = calm
  let held: (() => void) | null = null

  const record = (attempt: WebhookAttempt) => {
    attempts.push(attempt)
    if (attempts.length > keep) attempts.splice(0, attempts.length - keep)
  }

  const attemptOnce = async (plan: WebhookPlan, job: Job, kind: WebhookAttempt['kind'], attempt: number) => {
    const { id, topic, body, subscription } = job
    const at = clock.now()
    const { url, secret } = subscription
    const headers = plan.sign({ id, topic, body, url, secret, subscription: subscription.id, attempt, at })
    const sent = kind === 'forged' ? tampered(body) : body
    const { status, error } = await post(url, headers, sent, plan.timeoutMs, signal)
    record({ event: id, topic, subscription: subscription.id, kind, attempt, at, status, error })
    return plan.accepts ? plan.accepts(status) : status >= 200 && status < 300
  }

  const deliver = async (plan: WebhookPlan, job: Job, kind: WebhookAttempt['kind']) => {
    for (const [index, waitMs] of [0, ...plan.retryAfterMs].entries()) {
      if (waitMs > 0) await clock.sleep(waitMs, signal)
      if (signal.aborted || !subscriptions.has(job.subscription.id)) return
      if (await attemptOnce(plan, job, kind, index + 1)) return
      if (kind === 'forged') return
    }
  }

  const track = (work: () => Promise<void>) => {
    // Only the end of the simulator rejects here (an aborted sleep); attempts record their own failures.
    const promise = work().catch(() => undefined)
    running.add(promise)
    void promise.finally(() => running.delete(promise))
  }

  const dropped = () => (typeof chaos.drop === 'number' ? random.next() < chaos.drop : chaos.drop)

  const start = (plan: WebhookPlan, job: Job) => {
    const { delayMs, forge, duplicate } = chaos
    if (dropped()) {
      const { id: event, topic, subscription } = job
      const at = clock.now()
      record({
        event,
        topic,
        subscription: subscription.id,
        kind: 'dropped',
        attempt: 0,
        at,
        status: 0,
        error: null,
      })
      return
    }
    track(async () => {
      if (delayMs > 0) await clock.sleep(delayMs, signal)
      if (forge) await deliver(plan, job, 'forged')
      await deliver(plan, job, 'genuine')
    })
    for (let copy = 0; copy < Number(duplicate); copy += 1) {
      track(async () => {
        if (delayMs > 0) await clock.sleep(delayMs, signal)
        await deliver(plan, job, 'duplicate')
      })
    }
  }

  const flush = () => {
    const release = held
    held = null
    release?.()
  }

  const enqueue = (plan: WebhookPlan, job: Job) => {
    if (!chaos.reorder) return start(plan, job)
    if (held === null) {
      held = () => start(plan, job)
      return
    }
    start(plan, job)
    flush()
  }

  return {
    subscribe(input) {
      const { id = `webhook-${subscriptions.size + 1}-${random.text(6)}`, ...rest } =
        WebhookSubscription.parse(input)
      const subscription = { id, ...rest }
      subscriptions.set(id, subscription)
      return { id, url: rest.url, topics: rest.topics }
    },
    unsubscribe: (id) => subscriptions.delete(id),
    get subscriptions() {
      return [...subscriptions.values()].map(({ id, url, topics }) => ({ id, url, topics }))
    },
    send({ topic, body, id = random.uuid() }) {
      const plan = parts.plan()
      if (!plan) throw new Error('this simulator has no webhooks: give its definition a `webhooks` plan')
      const bytes = bytesOf(body)
      for (const subscription of subscriptions.values()) {
        if (subscription.topics !== null && !subscription.topics.includes(topic)) continue
        enqueue(plan, { id, topic, body: bytes, subscription })
      }
      return id
    },
    chaos(input) {
      chaos = WebhookChaos.parse(input)
      if (!chaos.reorder) flush()
    },
    flush,
    get attempts() {
      return attempts
    },
    async idle() {
      while (running.size > 0) await Promise.all(running)
    },
  }
}
