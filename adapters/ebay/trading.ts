import { z } from 'zod'
import { type ErrorCode, StockpoolError } from '../../src/error.ts'
import type { AdapterContext, Effect, HttpAnswer } from '../../src/spec/index.ts'
import { orWhen, withEbayToken } from './client.ts'
import type { Settings } from './options.ts'
import { childrenOf, readXml, textAt, writeXml, type XmlMembers, type XmlNode } from './xml.ts'

export interface TradingCall {
  /** The call's name: `GetItem`. */
  readonly name: string
  readonly effect: Effect
  readonly priority?: number
  /** In the order of eBay's schema: a sequence that is out of order is refused. */
  readonly members: XmlMembers
}

/** One of the errors and warnings of an answer. */
export interface TradingError {
  readonly code: number
  readonly severity: 'Error' | 'Warning'
  readonly message: string
}

export interface TradingAnswer {
  /** `Success`, `Warning`, `PartialFailure`; a `Failure` is thrown. */
  readonly ack: string
  readonly root: XmlNode
  readonly errors: readonly TradingError[]
}

/** Of the calls used here, all have been in place since long before it. */
const compatibilityLevel = '1423'

/** "The specified quantity and price are those that are there": nothing was revised, and no revision used up. */
export const redundantRevision = 21917091

/** By ErrorCode (https://developer.ebay.com/devzone/xml/docs/Reference/eBay/Errors/ErrorMessages.htm); all else is `rejected`. */
const rows: Readonly<Record<number, { readonly code: ErrorCode; readonly remedy?: string }>> = {
  930: { code: 'auth' },
  931: { code: 'auth' },
  932: { code: 'auth' },
  16110: { code: 'auth' },
  21916984: { code: 'auth' },
  21917053: { code: 'auth' },
  518: { code: 'rate_limited' },
  18000: { code: 'rate_limited' },
  10007: { code: 'unavailable' },
  16100: { code: 'unavailable' },
  17: { code: 'not_found' },
  21916333: { code: 'not_found' },
  21916635: {
    code: 'rejected',
    remedy:
      'The listing was made with the Inventory API: link it by its SKU, and take its item id out of tradingItems.',
  },
}

export function errorsOf(root: XmlNode): TradingError[] {
  return childrenOf(root, 'Errors').map((node) => ({
    code: Number(textAt(node, 'ErrorCode')),
    severity: textAt(node, 'SeverityCode') === 'Warning' ? 'Warning' : 'Error',
    message: (textAt(node, 'LongMessage') || textAt(node, 'ShortMessage') || '').slice(0, 400),
  }))
}

/** The error of what an answer says, the worst first. */
export function tradingError(call: string, errors: readonly TradingError[]): StockpoolError {
  const failed = errors.filter(({ severity }) => severity === 'Error')
  const known = failed.find(({ code }) => code in rows)
  const row = known === undefined ? undefined : rows[known.code]
  const words = failed.map(({ code, message }) => `${code}: ${message}`)
  return new StockpoolError(
    row?.code ?? 'rejected',
    `eBay ${call} failed: ${words.join('; ')}`.slice(0, 1000),
    {
      remedy: row?.remedy,
      details: { errorIds: failed.map(({ code }) => code) },
    },
  )
}

/** Trading answers 200 to everything: only the document tells. */
export function classifyTrading(call: string): (answer: HttpAnswer) => StockpoolError | null {
  return ({ status, body }) => {
    if (status >= 300) return null
    const root = typeof body === 'string' ? readXml(body) : null
    if (root === null) {
      return new StockpoolError('unavailable', `eBay ${call} answered no document of its own`)
    }
    if (textAt(root, 'Ack') !== 'Failure') return null
    return tradingError(call, errorsOf(root))
  }
}

/** Sends one call of the Trading API with the seller's OAuth token. */
export async function callTrading(
  context: AdapterContext,
  settings: Settings,
  call: TradingCall,
): Promise<TradingAnswer> {
  const { name, effect, priority, members } = call
  const namespace = 'xmlns="urn:ebay:apis:eBLBaseComponents"'
  const content = `<?xml version="1.0" encoding="utf-8"?><${name}Request ${namespace}>${writeXml(members)}</${name}Request>`
  const { data } = await orWhen(context, settings, 'trading', () =>
    withEbayToken(context, settings, 'user', (token) =>
      context.http.request({
        operation: name,
        bucket: 'trading',
        effect,
        method: 'POST',
        url: `${settings.endpoint}/ws/api.dll`,
        headers: {
          'x-ebay-api-call-name': name,
          'x-ebay-api-siteid': String(settings.siteId),
          'x-ebay-api-compatibility-level': compatibilityLevel,
          'x-ebay-api-iaf-token': token,
        },
        text: { content, type: 'text/xml; charset=utf-8' },
        ...(priority === undefined ? {} : { priority }),
        schema: z.string(),
        classify: classifyTrading(name),
      }),
    ),
  )
  // `classify` has read it: a document that is none never comes here.
  const root = readXml(data)
  if (root === null) throw new StockpoolError('unavailable', `eBay ${name} answered no document of its own`)
  return { ack: textAt(root, 'Ack') ?? '', root, errors: errorsOf(root) }
}
