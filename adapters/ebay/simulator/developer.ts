import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto'
import {
  reply,
  type SeededRandom,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'
import { accessError, instant } from './answers.ts'

const dayMs = 86_400_000
const threeYearsS = 3 * 365 * 86_400

/** A client that is sent here by rerouting signs for the host it means to call. */
const ebayHosts = ['api.ebay.com', 'apiz.ebay.com', 'api.sandbox.ebay.com', 'apiz.sandbox.ebay.com']

/** Calls a day by API, counted anew at midnight. */
export class Quotas {
  readonly #clock: Clock
  readonly #limits: Readonly<Record<string, number>>
  readonly #used = new Map<string, number>()

  constructor(clock: Clock, limits: Readonly<Record<string, number>>) {
    this.#clock = clock
    this.#limits = limits
  }

  #key = (api: string) => `${api}/${Math.floor(this.#clock.now() / dayMs)}`

  /** Counts a call; `false` when none was left. A refused call costs nothing. */
  take(api: string): boolean {
    const limit = this.#limits[api]
    const used = this.#used.get(this.#key(api)) ?? 0
    if (limit !== undefined && used >= limit) return false
    this.#used.set(this.#key(api), used + 1)
    return true
  }

  /** GET /developer/analytics/v1_beta/rate_limit/ */
  answer(request: SimulatorRequest): SimulatorReply {
    const wanted = request.query.get('api_name')
    const names = Object.keys(this.#limits).filter((api) => wanted === null || apiName(api) === wanted)
    const reset = instant((Math.floor(this.#clock.now() / dayMs) + 1) * dayMs)
    const rateLimits = names.map((api) => {
      const limit = this.#limits[api] ?? 0
      const remaining = Math.max(0, limit - (this.#used.get(this.#key(api)) ?? 0))
      return {
        apiContext: api === 'trading' ? 'TradingAPI' : 'sell',
        apiName: apiName(api),
        apiVersion: 'v1',
        resources: [{ name: `sell.${api}`, rates: [{ limit, remaining, reset, timeWindow: 86_400 }] }],
      }
    })
    return rateLimits.length === 0 ? reply(204) : reply(200, { rateLimits })
  }
}

const apiName = (api: string) => (api === 'trading' ? 'tradingapi' : api)

interface SigningKey {
  readonly signingKeyId: string
  readonly signingKeyCipher: 'ED25519' | 'RSA'
  readonly creationTime: number
  readonly expirationTime: number
  readonly jwe: string
  readonly publicKey: string
  readonly key: KeyObject
}

/** Key pairs for signing requests, and the check of what they sign. */
export class SigningKeys {
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #keys: SigningKey[] = []

  constructor(clock: Clock, random: SeededRandom) {
    this.#clock = clock
    this.#random = random
  }

  /** POST /developer/key_management/v1/signing_key */
  create(cipher: 'ED25519' | 'RSA' = 'ED25519') {
    const { publicKey, privateKey } =
      cipher === 'ED25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 })
    const plain = (key: KeyObject, type: 'spki' | 'pkcs8') =>
      Buffer.from(key.export({ format: 'der', type } as { format: 'der'; type: 'spki' })).toString('base64')
    const creationTime = Math.floor(this.#clock.now() / 1000)
    const made: SigningKey = {
      signingKeyId: this.#random.uuid(),
      signingKeyCipher: cipher,
      creationTime,
      expirationTime: creationTime + threeYearsS,
      jwe: `eyJ6aXAiOiJERUYi.${this.#random.text(60)}.${this.#random.text(40)}`,
      publicKey: plain(publicKey, 'spki'),
      key: createPublicKey(publicKey.export({ format: 'pem', type: 'spki' })),
    }
    this.#keys.push(made)
    // The private key is shown this once.
    return { ...onWire(made), privateKey: plain(privateKey, 'pkcs8') }
  }

  /** GET /developer/key_management/v1/signing_key */
  list(): SimulatorReply {
    return reply(200, { signingKeys: this.#keys.map(onWire) })
  }

  /** What a request that must be signed is answered without a good signature. */
  check(request: SimulatorRequest): SimulatorReply | null {
    const { headers, raw, method, path } = request
    const jwe = headers['x-ebay-signature-key']
    if (jwe === undefined) return accessError(400, 215001, 'The x-ebay-signature-key header is missing.')
    const key = this.#keys.find((each) => each.jwe === jwe)?.key
    const match = /^sig1=(\(([^)]*)\);created=(\d+))$/.exec(headers['signature-input'] ?? '')
    const signature = /^sig1=:([A-Za-z0-9+/=]+):$/.exec(headers.signature ?? '')?.[1]
    if (!key || match?.[1] === undefined || match[2] === undefined || signature === undefined)
      return accessError(400, 215120, 'Unable to verify message signature.')
    const digest = `sha-256=:${createHash('sha256').update(raw).digest('base64')}:`
    if (raw.length > 0 && headers['content-digest'] !== digest)
      return accessError(400, 215121, 'The content digest does not match.')
    const values: Readonly<Record<string, string | undefined>> = {
      'content-digest': headers['content-digest'],
      'x-ebay-signature-key': jwe,
      '@method': method,
      '@path': path,
    }
    const names = [...match[2].matchAll(/"([^"]+)"/g)].map(([, name = '']) => name)
    const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
    const holds = (authority: string | undefined) => {
      const lines = names.map((name) => `"${name}": ${name === '@authority' ? authority : values[name]}`)
      const base = [...lines, `"@signature-params": ${match[1]}`].join('\n')
      return verify(algorithm, Buffer.from(base), key, Buffer.from(signature, 'base64'))
    }
    return [headers.host, ...ebayHosts].some(holds)
      ? null
      : accessError(400, 215122, 'Signature validation failed.')
  }
}

const onWire = ({ key: _, ...shown }: SigningKey) => shown
