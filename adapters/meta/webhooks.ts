import { createHash } from 'node:crypto'
import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import { fromBase64, hmacSha256, sameBytes, toHex } from '../../src/http/index.ts'
import type {
  ChallengeAnswer,
  Hint,
  WebhookDelivery,
  WebhookEvent,
  WebhooksFacet,
} from '../../src/spec/index.ts'
import type { Settings } from './options.ts'

/** Up to 1,000 changes come in one notification (docs/graph-api/webhooks/getting-started); Meta states no size. */
const maxBytes = 1024 * 1024

// Made when needed: building a schema costs milliseconds at import.
const notification = () =>
  z.object({
    object: z.string().min(1),
    entry: z.array(
      z.object({
        id: z.union([z.string(), z.number()]).nullish(),
        time: z.number().nullish(),
        changes: z.array(z.object({ field: z.string() })).nullish(),
      }),
    ),
  })

const signedRequest = () =>
  z.object({
    algorithm: z.string(),
    issued_at: z.number().nullish(),
    user_id: z.union([z.string().min(1), z.number()]),
  })

const refuse = (field: string, message: string, remedy = checkSecret) =>
  new StockpoolError('signature', message, { field, remedy })

const checkSecret =
  'Check that appSecret is the secret of the app that sends it, and that nothing changed the body on its way.'

const unexpected = (field: string, cause?: unknown) =>
  new StockpoolError('invalid_input', 'this is not what Meta documents', { field, cause })

const digest = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex').slice(0, 32)

/** Seconds since 1970, of some objects milliseconds. */
const instantOf = (time: number) => (time > 1e12 ? time : time * 1000)

/**
 * A notification: `X-Hub-Signature-256` over the raw bytes. Meta gives an event no id, so its content is one. None of them
 * speaks of stock or orders (there is no order API any more), so all are ignored.
 */
function notified(secret: string, { headers, body }: WebhookDelivery): WebhookEvent {
  const signature = /^sha256=([0-9a-f]{64})$/i.exec(headers['x-hub-signature-256'] ?? '')?.[1]
  if (signature === undefined) throw refuse('x-hub-signature-256', 'the signature is missing')
  if (!sameBytes(Buffer.from(signature, 'hex'), hmacSha256(secret, body))) {
    throw refuse('x-hub-signature-256', 'the signature does not match')
  }
  const parsed = notification().safeParse(jsonOf(Buffer.from(body).toString('utf8')))
  if (!parsed.success) throw unexpected(parsed.error.issues[0]?.path.join('.') || 'body')
  const { object, entry } = parsed.data
  const topics = new Set(
    entry.flatMap(({ changes }) => (changes ?? []).map(({ field }) => `${object}.${field}`)),
  )
  const times = entry.flatMap(({ time }) => (time == null ? [] : [instantOf(time)]))
  return {
    id: `${object}:${digest(body)}`,
    topic: object,
    occurredAt: times.length === 0 ? null : Math.max(...times),
    hints: ignored(topics.size === 0 ? [object] : [...topics]),
  }
}

const ignored = (topics: readonly string[]): Hint[] => topics.map((topic) => ({ kind: 'ignored', topic }))

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw unexpected('body', cause)
  }
}

/**
 * The question that Meta asks before it sends anything to an address: its word, for which its number comes back
 * (docs/graph-api/webhooks/getting-started).
 */
function challenge(
  verifyToken: string | undefined,
  { method, url }: WebhookDelivery,
): ChallengeAnswer | null {
  if (method !== 'GET') return null
  const { searchParams: query } = new URL(url, 'https://webhook.invalid')
  if (query.get('hub.mode') !== 'subscribe') throw unexpected('hub.mode')
  if (verifyToken === undefined || !sameBytes(query.get('hub.verify_token') ?? '', verifyToken)) {
    throw refuse(
      'hub.verify_token',
      'the verify token is not ours',
      'Give verifyToken the word that stands in the App Dashboard under Webhooks, Verify token.',
    )
  }
  const number = query.get('hub.challenge') ?? ''
  // A number in Meta's documents. Nothing else than a word goes back, whoever asks.
  if (!/^[\w-]{1,200}$/.test(number)) throw unexpected('hub.challenge')
  return { status: 200, type: 'text/plain; charset=utf-8', body: number }
}

const base64Url = (text: string) => fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))

/**
 * A request to delete what the app holds of one person (docs/development/create-an-app/app-dashboard/data-deletion-callback):
 * signed in its own way, inside a form, and to be answered with an address and a code.
 *
 * This connection reads no buyers, so there is nothing of theirs to find by Meta's id of a person; whatever the store may
 * hold under it goes.
 */
function deletion(secret: string, statusUrl: string | undefined, text: string): WebhookEvent {
  const [signature = '', payload = ''] = text.split('.', 2)
  if (!sameBytes(base64Url(signature), hmacSha256(secret, payload))) {
    throw refuse('signed_request', 'the signature does not match')
  }
  const parsed = signedRequest().safeParse(jsonOf(base64Url(payload).toString('utf8')))
  if (!parsed.success) throw unexpected(`signed_request.${parsed.error.issues[0]?.path.join('.') ?? ''}`)
  const { algorithm, issued_at, user_id } = parsed.data
  if (algorithm.toUpperCase() !== 'HMAC-SHA256') throw refuse('signed_request.algorithm', 'another algorithm')
  if (statusUrl === undefined) {
    throw new StockpoolError(
      'invalid_input',
      'a request to delete data came, and deletionStatusUrl is not set',
      {
        field: 'deletionStatusUrl',
        remedy: 'Give the address of a page that says what became of such a request.',
      },
    )
  }
  // The same for a repeat, and nothing to be told from it about the person.
  const code = toHex(hmacSha256(secret, `deletion:${user_id}:${issued_at ?? ''}`)).slice(0, 20)
  const url = new URL(statusUrl)
  url.searchParams.set('code', code)
  return {
    id: `data-deletion:${code}`,
    topic: 'data-deletion',
    occurredAt: issued_at == null ? null : instantOf(issued_at),
    hints: [{ kind: 'erasure', orders: [], all: true }],
    answer: {
      type: 'application/json',
      body: JSON.stringify({ url: url.href, confirmation_code: code }),
    },
  }
}

function verify(settings: Settings, secret: string, delivery: WebhookDelivery): WebhookEvent {
  const type = delivery.headers['content-type'] ?? ''
  if (/^application\/x-www-form-urlencoded\b/i.test(type)) {
    const form = new URLSearchParams(Buffer.from(delivery.body).toString('utf8'))
    return deletion(secret, settings.deletionStatusUrl, form.get('signed_request') ?? '')
  }
  return notified(secret, delivery)
}

/** What Meta sends to the app: the challenge, notifications, and requests to delete data. Only with the app's secret. */
export function metaWebhooks(settings: Settings, secret: string) {
  return {
    maxBytes,
    verify: (delivery) => verify(settings, secret, delivery),
    challenge: (delivery) => challenge(settings.verifyToken, delivery),
  } satisfies WebhooksFacet
}
