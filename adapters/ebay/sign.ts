import { createHash, createPrivateKey, type KeyObject, sign as signBytes } from 'node:crypto'
import { StockpoolError } from '../../src/error.ts'
import type { HttpRequest, OutgoingRequest } from '../../src/spec/index.ts'
import type { EbaySignature } from './options.ts'

/**
 * eBay's message signature, RFC 9421 as its guide narrows it
 * (https://developer.ebay.com/develop/guides/digital-signatures-for-apis): these components in this order, the path
 * without its query, lines joined by "\n" alone, and no content digest where there is no body. Each of these was somebody's
 * 215120 or 215122 (ebay/digital-signature-verification-ebay-api#17, #19, #21, #25, #27).
 */
export function signatureHeaders(
  { method, url, body, at }: OutgoingRequest,
  { jwe, privateKey }: EbaySignature,
): Readonly<Record<string, string>> {
  const digest = body === '' ? null : `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
  const values: readonly (readonly [string, string])[] = [
    ...(digest === null ? [] : ([['content-digest', digest]] as const)),
    ['x-ebay-signature-key', jwe],
    ['@method', method],
    ['@path', url.pathname],
    ['@authority', url.host],
  ]
  const names = values.map(([name]) => `"${name}"`).join(' ')
  const parameters = `(${names});created=${Math.floor(at / 1000)}`
  const base = [...values.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${parameters}`]
  const key = keyOf(privateKey)
  // ED25519 hashes by itself; RSA is PKCS#1 v1.5 over SHA-256.
  const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  const signature = signBytes(algorithm, Buffer.from(base.join('\n')), key).toString('base64')
  return {
    'x-ebay-enforce-signature': 'true',
    'x-ebay-signature-key': jwe,
    ...(digest === null ? {} : { 'content-digest': digest }),
    'signature-input': `sig1=${parameters}`,
    signature: `sig1=:${signature}:`,
  }
}

/** @throws StockpoolError `invalid_input` when it is no private key. */
export function keyOf(privateKey: string): KeyObject {
  const text = privateKey.trim()
  const pem = text.startsWith('-----')
    ? text
    : `-----BEGIN PRIVATE KEY-----\n${text}\n-----END PRIVATE KEY-----`
  try {
    return createPrivateKey(pem)
  } catch {
    throw new StockpoolError('invalid_input', 'ebay: signature.privateKey is no private key in PKCS#8', {
      field: 'signature.privateKey',
      remedy: 'Give the privateKey that createSigningKey answered, or the same as a PEM.',
    })
  }
}

/** How a request is signed as it leaves: the signature holds a time, so it must not have waited. */
export function signer(signature: EbaySignature | null): {
  sign?: NonNullable<HttpRequest<unknown>['sign']>
} {
  return signature === null ? {} : { sign: (sent) => ({ headers: signatureHeaders(sent, signature) }) }
}
