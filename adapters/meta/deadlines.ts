import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext, Deadline } from '../../src/spec/index.ts'
import { send } from './client.ts'
import type { Settings } from './options.ts'
import { ShopAnswer, TokenAnswer } from './wire.ts'

const needed = 'catalog_management'

/**
 * What ends by itself: a system user's token made with an end, and the consent to its data. On the way it says what stands
 * in the way of the shop altogether, since numbers that nobody sees look well
 * (facebook/facebook-for-woocommerce#2720).
 */
export async function deadlines(settings: Settings, context: AdapterContext): Promise<readonly Deadline[]> {
  const { data } = await send(settings, context, {
    operation: 'debug_token',
    bucket: 'app',
    effect: 'read',
    method: 'GET',
    path: 'debug_token',
    query: { input_token: settings.accessToken },
    schema: TokenAnswer,
  })
  if (!data.is_valid) {
    throw new StockpoolError('auth', 'Meta says that the access token is no longer valid', {
      field: 'accessToken',
      remedy: `Make a new token of the system user in Business Manager, with ${needed}.`,
    })
  }
  if (data.scopes && !data.scopes.includes(needed)) {
    context.log.warn(`the access token lacks ${needed}: quantities will be refused`)
  }
  if (settings.shopId !== undefined) await lookAtShop(settings, context, settings.shopId)
  return [
    ...ending('access-token', 'the access token', data.expires_at),
    ...ending('data-access', "the access token's right to read data", data.data_access_expires_at),
  ]
}

/** Seconds since 1970; 0 or nothing: it stays. */
function ending(id: string, what: string, seconds: number | null | undefined): Deadline[] {
  if (!seconds) return []
  const remedy =
    'In Business Manager, make a new token of the system user (without an end, if you may), and give it as accessToken.'
  return [{ id, what, at: seconds * 1000, remedy }]
}

/** The shop's own state, and that of each of its windows: ENABLED, DISABLED, STAGING (docs/commerce-platform/catalog/shop). */
async function lookAtShop(settings: Settings, context: AdapterContext, shopId: string): Promise<void> {
  const shop = await send(settings, context, {
    operation: 'shop',
    bucket: 'catalogManagement',
    effect: 'read',
    method: 'GET',
    path: shopId,
    query: { fields: 'shop_status,fb_sales_channel,ig_sales_channel' },
    schema: ShopAnswer,
  })
  const facebook = shop.fb_sales_channel?.status ?? null
  const instagram = shop.ig_sales_channel?.status ?? null
  const open = [facebook, instagram].some((status) => status?.toUpperCase() === 'ENABLED')
  if (open) return
  context.log.warn('buyers do not see the shop: look at it in Commerce Manager', {
    shop: shop.shop_status ?? null,
    facebook,
    instagram,
  })
}
