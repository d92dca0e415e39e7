import { z } from 'zod'
import { type ErrorCode, isStockpoolError, StockpoolError } from '../../src/error.ts'
import type { HttpAnswer } from '../../src/spec/index.ts'
import { type Said, saidBy } from './envelope.ts'
import { firstWaitMs, type TikTokOperation, throttled } from './limits.ts'

/** What a call may mend by itself before it is given up: a token to be renewed, a shop's cipher to be read again. */
export type Stale = 'token' | 'shop'

interface Row {
  readonly code: ErrorCode
  readonly remedy?: string
  readonly stale?: Stale
}

const scope =
  'Scopes are granted API by API: enable the package that this one needs in Partner Center, and let the shop authorise the application again.'
const staleToken: Row = {
  code: 'auth',
  stale: 'token',
  remedy: 'Let the seller authorise the application again, and give the new refreshToken.',
}
const staleShop: Row = {
  code: 'permission',
  stale: 'shop',
  remedy: 'Check shopId, and that this shop still authorises the application.',
}
const badSecret: Row = { code: 'auth', remedy: 'Check appKey and appSecret, also for spaces around them.' }
const closed: Row = {
  code: 'permission',
  remedy: 'The shop or its seller is deactivated at TikTok: see Seller Center.',
}
const moved: Row = {
  code: 'rejected',
  remedy: 'TikTok may have retired this version of the interface: report it with the operation.',
}
const busy: Row = { code: 'unavailable' }
const tooLateToCorrect: Row = {
  code: 'rejected',
  remedy: 'TikTok takes another tracking number for 72 hours after shipping, and only a few times.',
}

/** The create was taken before: the reference is an order's already, or its order is with the warehouse. */
const taken = [177001007, 177001012]
const address =
  'Check the address with the buyer, put it right on its channel or ship it from elsewhere; then hub.orders.resume.'

/** By TikTok's own code, where it means one thing (partner.tiktokshop.com, "Common errors", and each API's own list). */
const byCode: Readonly<Record<number, Row>> = {
  101000: staleShop,
  105001: staleToken,
  105002: staleToken,
  105004: { code: 'permission', remedy: 'The application may not work in this region.' },
  // "should apply auth pkg", while other calls pass (EcomPHP/tiktokshop-php#39, #40): no new token helps.
  105005: { code: 'permission', remedy: scope },
  106001: badSecret,
  106011: staleShop,
  106013: staleShop,
  36004004: staleToken,
  36004005: staleToken,
  36009003: busy,
  36009007: busy,
  36009009: moved,
  36009010: moved,
  36009014: moved,
  36009033: {
    code: 'permission',
    remedy: "Put this machine's address on the application's list in Partner Center.",
  },
  36009043: closed,
  36009044: closed,
  33001002: busy,
  12019028: { code: 'rejected', remedy: 'Every warehouse of the SKU must be named, and no other.' },
  12052037: {
    code: 'rejected',
    remedy:
      'TikTok fills this stock by itself, or a warehouse is wrong or missing: see the product in Seller Center.',
  },
  21011004: { code: 'rejected', remedy: 'Only parcels that the seller ships can be corrected.' },
  21011022: { code: 'rejected', remedy: 'Check the tracking number, and that it is of this carrier.' },
  21011030: { code: 'rejected', remedy: 'The parcel was delivered.' },
  21011050: tooLateToCorrect,
  21011051: tooLateToCorrect,
  21011052: tooLateToCorrect,
  177001001: { code: 'rejected', remedy: 'TikTok named what it misses of the order: see the message.' },
  177001002: {
    code: 'rejected',
    remedy: 'The goods are not with Fulfilled by TikTok (any more): see Seller Center, and fbtSkus.',
  },
  177001003: { code: 'rejected', remedy: address },
  177001004: { code: 'rejected', remedy: 'Too little lies there: ship it from elsewhere, or send goods in.' },
  177001006: {
    code: 'permission',
    remedy:
      'The shop may not have orders of other channels shipped: enrol it for multi-channel fulfilment in Seller Center.',
  },
  177001007: { code: 'conflict' },
  177001009: busy,
  177001010: { code: 'not_found' },
  177001011: { code: 'rejected', remedy: address },
  177001012: { code: 'conflict' },
  177001013: {
    code: 'rejected',
    remedy: 'Pay the open bill of Fulfilled by TikTok in Seller Center; then hub.orders.resume.',
  },
}

/**
 * 36009004 says many things: "do not use the numeric code alone, combine it with the message" ("Common errors"). A group of
 * codes is no sign of a bad token either: a missing parameter has one of them (EcomPHP/tiktokshop-php#27).
 */
const byWords: readonly (readonly [RegExp, Row])[] = [
  [
    /timestamp/,
    { code: 'auth', remedy: "Set this machine's clock: TikTok takes 5 minutes behind, 30 seconds ahead." },
  ],
  [/access[-_]token/, staleToken],
  [/app_key|signature|missing credentials/, badSecret],
  // "shop_id is invalid" out of the blue (EcomPHP/tiktokshop-php#30): a cipher that is no longer the shop's.
  [/shop_cipher|shop_id|shop id/, staleShop],
]

const byStatus: Readonly<Record<number, Row>> = {
  401: staleToken,
  403: { code: 'permission', remedy: scope },
  404: moved,
  429: { code: 'rate_limited' },
}

function rowOf(said: Said, status: number): Row {
  if (throttled.has(said.code)) return { code: 'rate_limited' }
  const known = byCode[said.code]
  if (known) return known
  if (said.code === 36009004) {
    const words = said.message.toLowerCase().replace(/[`'"]/g, '')
    const found = byWords.find(([pattern]) => pattern.test(words))
    if (found) return found[1]
  }
  return byStatus[status] ?? (status >= 500 ? busy : { code: 'rejected' })
}

/**
 * The error of an answer, `null` for a success: success is `code` 0 in the body, whatever the HTTP status says. An answer
 * that is not of TikTok's making is left to its status.
 */
export function classify(operation: TikTokOperation | 'RefreshToken') {
  return (answer: HttpAnswer): StockpoolError | null => {
    const said = saidBy(answer.body)
    if (said === null || (said.code === 0 && answer.status < 400)) return null
    const row = rowOf(said, answer.status)
    const words = said.message === '' ? '' : `: ${said.message}`
    const wait = row.code === 'rate_limited' && answer.headers['retry-after'] === undefined
    return new StockpoolError(row.code, `TikTok ${operation} answered ${said.code}${words}`, {
      remedy: row.remedy,
      details: {
        code: said.code,
        // What TikTok's support asks for first.
        requestId: said.requestId,
        ...(row.stale ? { stale: row.stale } : {}),
        ...(taken.includes(said.code) ? { taken: takenBy(answer.body) } : {}),
      },
      retryAfterMs: wait ? firstWaitMs : undefined,
    })
  }
}

/** The order that a refused create names as the one that is there; `null`: it names none. */
function takenBy(body: unknown): { readonly id: string; readonly reference: string } | null {
  const named = z
    .object({
      data: z.object({
        mcf_order: z.object({ mcf_order_id: z.string().min(1), external_order_id: z.string() }),
      }),
    })
    .safeParse(body)
  if (!named.success) return null
  const { mcf_order_id: id, external_order_id: reference } = named.data.data.mcf_order
  return { id, reference }
}

/**
 * TikTok's own id of the order that is there under a reference already, `''` when the refusal does not name it; `null`: the error is
 * another one.
 */
export function existingId(error: unknown, reference: string): string | null {
  if (!isStockpoolError(error, 'conflict') || error.details?.taken === undefined) return null
  const named = error.details.taken as ReturnType<typeof takenBy>
  return named?.reference === reference ? named.id : ''
}

/** What the call may mend before it is given up; `null`: nothing. */
export function staleIn(error: unknown): Stale | null {
  const stale = isStockpoolError(error) ? error.details?.stale : undefined
  return stale === 'token' || stale === 'shop' ? stale : null
}

/** A refusal of one row inside a success: the envelope says 0 and its `errors` name what failed. */
export function rowError(what: string, code: number | null, message: string): StockpoolError {
  const row = code === null ? undefined : byCode[code]
  return new StockpoolError(
    code !== null && throttled.has(code) ? 'rate_limited' : (row?.code ?? 'rejected'),
    `TikTok refused ${what}: ${message || 'no reason given'}`,
    { remedy: row?.remedy, details: { code } },
  )
}

const frozenForMs = 30 * 60_000

/**
 * A package that TikTok froze, mostly because the buyer asked for something, thaws once that is answered: it is told again later,
 * when the order is read anew. Any other error as it is.
 */
export function unlessFrozen(error: StockpoolError): StockpoolError {
  const isFrozen =
    error.code === 'rejected' && (error.details?.code === 21011007 || /\bfroze|\bfreez/i.test(error.message))
  if (!isFrozen) return error
  return new StockpoolError('unavailable', error.message, {
    remedy: 'Answer the open request to cancel or to return: the package is frozen until then.',
    details: error.details,
    retryAfterMs: frozenForMs,
    cause: error,
  })
}

/** An error that this adapter finds by itself. */
export function refuse(
  code: ErrorCode,
  field: string | undefined,
  message: string,
  remedy: string,
): StockpoolError {
  return new StockpoolError(code, message, { field, remedy })
}
