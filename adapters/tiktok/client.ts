import { z } from 'zod'
import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext, Effect } from '../../src/spec/index.ts'
import { classify, refuse, staleIn } from './errors.ts'
import { type TikTokOperation, throttleOf } from './limits.ts'
import type { Settings } from './options.ts'
import { signer } from './sign.ts'
import { accessName, renew, shopName } from './tokens.ts'

/** One call of the TikTok Shop Open API. */
export interface Call<T> {
  readonly operation: TikTokOperation
  readonly effect: Effect
  readonly method: 'GET' | 'POST' | 'PUT'
  /** From the root; ids in it by `id`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly json?: unknown
  readonly priority?: number
  /** Of the answer's `data`. */
  readonly schema: z.ZodType<T>
  /** `false`: the call is of the seller, not of a shop, and must not name one. Default `true`. */
  readonly shop?: boolean
}

/** A success: `data`, and the same as it came. */
export interface Answer<T> {
  readonly data: T
  readonly raw: unknown
}

/** An id as it goes into a path: TikTok's are digits, and anything else would lead elsewhere. */
export function id(value: string, field: string): string {
  if (/^\d{1,30}$/.test(value)) return value
  throw refuse('invalid_input', field, `"${value.slice(0, 40)}" is no id of TikTok's`, 'Give the digits.')
}

export const isId = (value: string) => /^\d{1,30}$/.test(value)

/**
 * Sends a call: signed as it leaves, with the shop's cipher where it must be. A token that is refused is renewed once, a
 * cipher once read again; any other refusal of a credential is told at once, since no new token would help.
 */
export async function send<T>(
  context: AdapterContext,
  settings: Settings,
  call: Call<T>,
): Promise<Answer<T>> {
  const mended = new Set<string>()
  for (;;) {
    const token = await context.tokens.get(accessName(settings), renew(context, settings))
    const shop = call.shop === false ? null : await shopOf(context, settings)
    try {
      return await sendOnce(context, settings, call, token, shop)
    } catch (error) {
      const stale = staleIn(error)
      // A call that names no shop cannot have named a wrong one.
      if (stale === null || mended.has(stale) || (stale === 'shop' && shop === null)) throw error
      mended.add(stale)
      if (stale === 'token') await context.tokens.invalidate(accessName(settings), token)
      else if (shop) await context.tokens.invalidate(shopName(settings), shop.kept)
    }
  }
}

async function sendOnce<T>(
  context: AdapterContext,
  settings: Settings,
  call: Call<T>,
  token: string,
  shop: Shop | null,
): Promise<Answer<T>> {
  const { operation, effect, method, path, json, priority } = call
  const { data, body } = await context.http.request({
    operation,
    bucket: operation,
    effect,
    method,
    url: `${settings.endpoint}${path}`,
    query: { ...call.query, shop_cipher: shop?.cipher },
    headers: { 'x-tts-access-token': token, 'content-type': 'application/json' },
    ...(json === undefined ? {} : { json }),
    ...(priority === undefined ? {} : { priority }),
    sign: signer(settings.appKey, settings.appSecret),
    // An answer without anything to say has no `data`, or `null`.
    schema: z.object({ data: z.preprocess((value) => value ?? {}, call.schema) }),
    classify: classify(operation),
    throttle: throttleOf,
  })
  return { data: data.data, raw: (body as { readonly data?: unknown }).data }
}

/** The shop that calls are made for. */
export interface Shop {
  readonly id: string
  readonly cipher: string
  /** The country it sells in, such as `US` or `GB`; `''`: not told. */
  readonly region: string
  /** As it is kept, to be forgotten by. */
  readonly kept: string
}

const shopsAnswer = () =>
  z.object({
    shops: z
      .array(
        z.object({
          id: z.string().min(1),
          cipher: z.string().min(1),
          region: z.string().nullish(),
          name: z.string().nullish(),
        }),
      )
      .nullish(),
  })

/** Which shop it is and its cipher, asked once and kept until TikTok no longer takes it. */
export async function shopOf(context: AdapterContext, settings: Settings): Promise<Shop> {
  const kept = await context.tokens.get(shopName(settings), async () => {
    const { data } = await send(context, settings, {
      operation: 'GetAuthorizedShops',
      effect: 'read',
      method: 'GET',
      path: '/authorization/202309/shops',
      schema: shopsAnswer(),
      shop: false,
      priority: 8,
    })
    const { id, cipher, region } = chosen(settings, data.shops ?? [])
    return { value: JSON.stringify([id, cipher, region ?? '']), expiresAt: null }
  })
  const [shopId = '', cipher = '', region = ''] = JSON.parse(kept) as string[]
  return { id: shopId, cipher, region, kept }
}

function chosen<Each extends { readonly id: string }>(settings: Settings, shops: readonly Each[]): Each {
  const ids = shops.map(({ id }) => id).join(', ')
  const [only] = shops
  const found =
    settings.shopId === undefined && shops.length === 1
      ? only
      : shops.find(({ id }) => id === settings.shopId)
  if (found) return found
  if (shops.length === 0) {
    throw new StockpoolError('permission', 'no shop authorises this application', {
      remedy: 'Let the seller authorise it for the shop.',
    })
  }
  throw refuse(
    'invalid_input',
    'shopId',
    settings.shopId === undefined
      ? `the seller authorised ${shops.length} shops: ${ids}`
      : `the seller did not authorise shop ${settings.shopId}, but: ${ids}`,
    'Name one of them as shopId.',
  )
}
