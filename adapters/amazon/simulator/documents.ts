import { gzipSync } from 'node:zlib'
import {
  reply,
  type SeededRandom,
  type SimulatorReply,
  type SimulatorRequest,
} from '../../../src/simulator/index.ts'
import type { Clock } from '../../../src/spec/index.ts'

interface Document {
  readonly id: string
  /** What must be put under it; of a document of Amazon's own, what it is given as. */
  readonly contentType: string
  bytes: Buffer | null
  readonly packed: boolean
}

interface Address {
  readonly document: Document
  readonly method: 'GET' | 'PUT'
  readonly endsAt: number
}

const addressLifeMs = 300_000

/** The store of feed documents and reports: addresses good for five minutes, signed, without any token. */
export class Documents {
  readonly #documents = new Map<string, Document>()
  readonly #addresses = new Map<string, Address>()
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #url: () => string

  constructor(clock: Clock, random: SeededRandom, url: () => string) {
    this.#clock = clock
    this.#random = random
    this.#url = url
  }

  /** One that somebody will put. */
  announce(contentType: string): { id: string; url: string } {
    const document = this.#make(contentType, null, false)
    return { id: document.id, url: this.#address(document, 'PUT') }
  }

  /** One of Amazon's own, packed. */
  keep(text: string, contentType: string): string {
    return this.#make(contentType, gzipSync(Buffer.from(text)), true).id
  }

  /** Where to get one of Amazon's own; `null`: there is none, and what sellers put they do not get back. */
  offer(id: string): { url: string; compressionAlgorithm: 'GZIP' } | null {
    const document = this.#documents.get(id)
    if (!document?.packed) return null
    return { url: this.#address(document, 'GET'), compressionAlgorithm: 'GZIP' }
  }

  /** What was put; `null`: nothing, or no such document. */
  text(id: string): string | null {
    return this.#documents.get(id)?.bytes?.toString('utf8') ?? null
  }

  has(id: string): boolean {
    return this.#documents.has(id)
  }

  /** PUT or GET of an address, as S3 answers. */
  serve(request: SimulatorRequest, key: string): SimulatorReply {
    const address = this.#addresses.get(key)
    const good = address?.method === request.method && request.query.get('X-Amz-Signature') === key
    if (!address || !good) return refused('SignatureDoesNotMatch')
    if (address.endsAt <= this.#clock.now()) return refused('AccessDenied')
    const { document } = address
    if (request.method === 'GET')
      return reply(200, document.bytes ?? Buffer.alloc(0), { 'content-type': document.contentType })
    // The content type is part of the signature.
    if (request.headers['content-type'] !== document.contentType) return refused('SignatureDoesNotMatch')
    if (request.headers['x-amz-access-token'] !== undefined) return refused('InvalidArgument')
    document.bytes = request.raw
    return reply(200)
  }

  #make(contentType: string, bytes: Buffer | null, packed: boolean): Document {
    const id = `amzn1.tortuga.4.na.${this.#random.uuid()}.${this.#random.text(12, '0123456789ABCDEFGHJKLMNPQRSTUVWXYZ')}`
    const document = { id, contentType, bytes, packed }
    this.#documents.set(id, document)
    return document
  }

  #address(document: Document, method: 'GET' | 'PUT'): string {
    const key = this.#random.text(32)
    this.#addresses.set(key, { document, method, endsAt: this.#clock.now() + addressLifeMs })
    return `${this.#url()}/documents/${key}?X-Amz-Expires=300&X-Amz-Signature=${key}`
  }
}

const refused = (code: string): SimulatorReply =>
  reply(403, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`, {
    'content-type': 'application/xml',
  })
