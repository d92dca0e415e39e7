import { createHmac, timingSafeEqual } from 'node:crypto'
import { StockpoolError } from '../error.ts'

type Bytes = string | Uint8Array

/** HMAC-SHA256 over the parts, one after the other. */
export function hmacSha256(key: Bytes, ...parts: readonly Bytes[]): Buffer {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** The bytes of a base64 text, or of nothing when it is no base64: Buffer alone would skip what it cannot read. */
export function fromBase64(text: string): Buffer {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
}

/** Compares in a time that does not depend on where two values differ. Unequal lengths and empty values are never the same. */
export function sameBytes(a: Bytes, b: Bytes): boolean {
  const left = typeof a === 'string' ? Buffer.from(a) : a
  const right = typeof b === 'string' ? Buffer.from(b) : b
  if (left.byteLength === 0 || left.byteLength !== right.byteLength) return false
  return timingSafeEqual(left, right)
}

type HeaderBag = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

/** One header by its name in any case; `undefined` when absent or repeated. */
export function headerOf(headers: HeaderBag, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined
  const wanted = name.toLowerCase()
  for (const [key, value] of Object.entries(headers)) {
    if (key.toLowerCase() !== wanted) continue
    if (typeof value === 'string') return value
    if (Array.isArray(value) && value.length === 1) return String(value[0])
    return undefined
  }
  return undefined
}

export interface StandardWebhook {
  /** As the platform shows it, with or without `whsec_`; the rest is base64. Several while a secret is being rotated. */
  readonly secret: string | readonly string[]
  readonly headers: HeaderBag
  /** The raw bytes as they came. */
  readonly body: Uint8Array
  /** Epoch milliseconds. */
  readonly now: number
  /** How far the timestamp may lie from `now`, either way. Default five minutes. */
  readonly toleranceMs?: number
}

function refuse(message: string, field: string, remedy: string): StockpoolError {
  return new StockpoolError('signature', message, { field, remedy })
}

/**
 * Verifies a webhook signed by the Standard Webhooks rules (https://www.standardwebhooks.com): HMAC-SHA256 over
 * `id.timestamp.body`, sent as a list of `v1,<base64>` parted by spaces.
 *
 * @returns the message's id and the time it was signed at, in epoch milliseconds.
 * @throws StockpoolError `signature`, with the header at fault as `field`.
 */
export function verifyStandardWebhook(webhook: StandardWebhook): { id: string; signedAt: number } {
  const id = headerOf(webhook.headers, 'webhook-id')
  const timestamp = headerOf(webhook.headers, 'webhook-timestamp')
  const signatures = headerOf(webhook.headers, 'webhook-signature')
  const absent = id === undefined ? 'id' : timestamp === undefined ? 'timestamp' : 'signature'
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    throw refuse(`webhook-${absent} is missing`, `webhook-${absent}`, 'only the platform may post here')
  }
  const signedAt = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1000 : Number.NaN
  if (Number.isNaN(signedAt)) {
    throw refuse('webhook-timestamp is no Unix time', 'webhook-timestamp', 'only the platform may post here')
  }
  const secrets = typeof webhook.secret === 'string' ? [webhook.secret] : webhook.secret
  const offered = signatures
    .split(' ')
    .filter((part) => part.startsWith('v1,'))
    .map((part) => fromBase64(part.slice(3)))
  const matches = secrets.some((secret) => {
    const key = fromBase64(secret.replace(/^whsec_/, ''))
    if (key.byteLength === 0) {
      throw new StockpoolError('invalid_input', 'a Standard Webhooks secret is base64, after whsec_', {
        field: 'secret',
        remedy: 'copy the secret as the platform shows it',
      })
    }
    const expected = hmacSha256(key, `${id}.${timestamp}.`, webhook.body)
    return offered.some((signature) => sameBytes(signature, expected))
  })
  if (!matches) {
    throw refuse(
      'the signature does not match',
      'webhook-signature',
      'check the webhook secret of this connection',
    )
  }
  // After the signature: a stranger learns nothing of our clock.
  if (Math.abs(webhook.now - signedAt) > (webhook.toleranceMs ?? 300_000)) {
    throw refuse(
      'the webhook was signed too long ago, or ahead of our time',
      'webhook-timestamp',
      "check this machine's clock",
    )
  }
  return { id, signedAt }
}
