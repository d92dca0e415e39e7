import { createHash, verify as verifyBytes } from 'node:crypto'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { fromBase64 } from '../../src/http/index.ts'
import type {
  AdapterContext,
  ChallengeAnswer,
  Hint,
  WebhookDelivery,
  WebhookEvent,
  WebhooksFacet,
} from '../../src/spec/index.ts'
import { send } from './client.ts'
import type { EbayWebhookOptions, Settings } from './options.ts'
import { ensureSubscriptions } from './subscriptions.ts'
import {
  AccountDeletion,
  Notification,
  OrderConfirmation,
  PublicKeyAnswer,
  SignatureHeader,
} from './wire-notification.ts'

export interface EbayWebhooks extends Required<Omit<WebhooksFacet, 'secretNames' | 'verify'>> {
  /** With the context, as the key is fetched. */
  verify(
    delivery: WebhookDelivery,
    now: number,
    secrets: readonly string[],
    context: AdapterContext,
  ): Promise<WebhookEvent>
}

const header = 'x-ebay-signature'
/** "One hour is recommended", of keys that are kept. */
const keyLifeMs = 3_600_000

function refuse(message: string): StockpoolError {
  return new StockpoolError('signature', message, {
    field: header,
    remedy: 'Only eBay may post here; nothing on the way may change the body.',
  })
}

/** The header is base64 of a small JSON document. */
function signatureOf(value: string | undefined) {
  if (!value) throw refuse('the signature is missing')
  let decoded: unknown
  try {
    decoded = JSON.parse(fromBase64(value).toString('utf8'))
  } catch {
    decoded = null
  }
  const parsed = SignatureHeader.safeParse(decoded)
  if (!parsed.success) throw refuse('the signature cannot be read')
  return parsed.data
}

/** eBay's key has no line breaks after BEGIN and before END, which Node wants. */
export function pemOf(key: string): string {
  const body = key.replace(/-----(BEGIN|END) PUBLIC KEY-----/g, '').replace(/\s+/g, '')
  return `-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----`
}

/**
 * The public key of an id, fetched with the application's token and kept for an hour where tokens are kept, for which one
 * process asks for all of them. It is no secret, and is treated like one, which does no harm.
 */
function publicKey(context: AdapterContext, settings: Settings, kid: string): Promise<string> {
  return context.tokens.get(`notification-key/${kid}`, async () => {
    const { data } = await send(context, settings, {
      operation: 'getPublicKey',
      bucket: 'notification',
      effect: 'read',
      method: 'GET',
      path: `/commerce/notification/v1/public_key/${kid}`,
      auth: 'application',
      priority: 9,
      schema: PublicKeyAnswer,
    })
    return { value: pemOf(data.key), expiresAt: context.clock.now() + keyLifeMs }
  })
}

async function keyOf(context: AdapterContext, settings: Settings, kid: string): Promise<string> {
  try {
    return await publicKey(context, settings, kid)
  } catch (error) {
    // Any other failure says nothing of the signature: it is answered with a 5xx, and eBay sends it again.
    if (isStockpoolError(error, 'not_found') || isStockpoolError(error, 'rejected'))
      throw refuse('eBay has no key of this id')
    throw error
  }
}

/** ECDSA over the raw bytes: a body that was parsed and written again may differ (ebay/ebay-notification-sdk-dot-net-core#2). */
function holds(key: string, digest: string | null | undefined, body: Uint8Array, signature: string): boolean {
  const algorithm = /^sha-?256$/i.test(digest ?? '') ? 'sha256' : 'sha1'
  try {
    return verifyBytes(algorithm, body, key, fromBase64(signature))
  } catch {
    return false
  }
}

async function verify(
  settings: Settings,
  delivery: WebhookDelivery,
  context: AdapterContext,
): Promise<WebhookEvent> {
  const { kid, signature, digest } = signatureOf(delivery.headers[header])
  const key = await keyOf(context, settings, kid)
  if (!holds(key, digest, delivery.body, signature)) throw refuse('the signature does not match')
  const { metadata, notification } = read(delivery.body)
  const { topic } = metadata
  const at = Date.parse(notification.eventDate ?? '')
  return {
    id: `${topic}:${notification.notificationId}`,
    topic,
    occurredAt: Number.isNaN(at) ? null : at,
    hints: hintsOf(topic, notification.data ?? {}),
  }
}

function read(body: Uint8Array) {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    value = null
  }
  const parsed = Notification.safeParse(value)
  if (parsed.success) return parsed.data
  throw new StockpoolError('invalid_input', 'the body is no notification of eBay', {
    field: parsed.error.issues[0]?.path.join('.') || 'body',
  })
}

/** What each topic hints at. Most of them are of other sellers of the application, or of nothing that stockpool keeps. */
function hintsOf(topic: string, data: Readonly<Record<string, unknown>>): Hint[] {
  if (topic === 'MARKETPLACE_ACCOUNT_DELETION') {
    const { username, userId } = AccountDeletion.safeParse(data).data ?? {}
    // Orders name their buyer by either, depending on where the developer is.
    const buyers = [username, userId].flatMap((each) => each || [])
    if (buyers.length > 0) return [{ kind: 'erasure', orders: [], buyers }]
  }
  if (topic === 'ORDER_CONFIRMATION') {
    const found = OrderConfirmation.safeParse(data).data
    const order = found?.orderId ?? found?.order?.orderId
    if (order) return [{ kind: 'order', order }]
  }
  return [{ kind: 'ignored', topic }]
}

/**
 * eBay asks `?challenge_code=…`, and wants the hash of the code, the verification token and the address, exactly as it was
 * registered (https://developer.ebay.com/marketplace-account-deletion).
 */
export function challenge(
  { verificationToken }: Pick<EbayWebhookOptions, 'verificationToken'>,
  { method, url }: WebhookDelivery,
  address: string,
): ChallengeAnswer | null {
  const code = method === 'GET' ? new URL(url).searchParams.get('challenge_code') : null
  if (code === null) return null
  const hash = createHash('sha256').update(code).update(verificationToken).update(address)
  return {
    status: 200,
    type: 'application/json',
    body: JSON.stringify({ challengeResponse: hash.digest('hex') }),
  }
}

export function ebayWebhooks(settings: Settings, webhooks: EbayWebhookOptions): EbayWebhooks {
  return {
    maxBytes: 1024 * 1024,
    verify: (delivery, _now, _secrets, context) => verify(settings, delivery, context),
    challenge: (delivery, address) => challenge(webhooks, delivery, address),
    ensure: (context, address) => ensureSubscriptions(context, settings, webhooks, address),
  }
}
