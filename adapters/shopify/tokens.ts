import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { clientCredentials, withToken } from '../../src/http/index.ts'
import type { AdapterContext, Token } from '../../src/spec/context.ts'
import type { Shop, ShopifyExpiringToken } from './options.ts'

// Made when needed: building a schema costs milliseconds at import.
const rotated = () =>
  z.object({
    access_token: z.string().min(1),
    /** Seconds: 3,600. */
    expires_in: z.number().positive(),
    refresh_token: z.string().min(1),
  })

/** Sends with the shop's access token; a token that is refused is renewed once. */
export function withShopToken<T>(
  shop: Shop,
  context: AdapterContext,
  sendWith: (token: string) => Promise<T>,
): Promise<T> {
  const { auth } = shop
  if ('accessToken' in auth) return sendWith(auth.accessToken)
  const refresh = 'refreshToken' in auth ? () => rotate(shop, auth, context) : () => ask(shop, auth, context)
  return withToken(context, 'access', () => refresh().catch(refused), sendWith)
}

const endpointOf = ({ endpoint }: Shop) => `${endpoint}/admin/oauth/access_token`

function ask(
  shop: Shop,
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
  context: AdapterContext,
): Promise<Token> {
  return clientCredentials(context, {
    url: endpointOf(shop),
    clientId,
    clientSecret,
    operation: 'token',
  })()
}

/** Each look at the stored refresh token renews it: it is kept as one that has ended. */
const ended = 0

/**
 * A new access token for the refresh token, which Shopify replaces at each use. The replacement is stored, in place of the
 * one that was used, before anybody gets the access token. Should the answer be lost, the old one still holds until its
 * replacement is used (shopify.dev/changelog/more-resilient-refreshes-for-expiring-offline-access-tokens, 2026-08-28).
 */
async function rotate(shop: Shop, auth: ShopifyExpiringToken, context: AdapterContext): Promise<Token> {
  let access: Token | undefined
  await context.tokens.get('refresh', async (previous) => {
    const given = await grant(shop, auth, context, previous?.value ?? auth.refreshToken).catch((error) => {
      // The app was installed anew since: the stored token is dead, and the options have its successor.
      if (previous === null || previous.value === auth.refreshToken || !isStockpoolError(error, 'auth'))
        throw error
      return grant(shop, auth, context, auth.refreshToken)
    })
    const expiresAt = context.clock.now() + given.expires_in * 1000
    access = { value: given.access_token, expiresAt }
    return { value: given.refresh_token, expiresAt: ended }
  })
  if (access) return access
  throw new StockpoolError('unavailable', 'another process is renewing the access token')
}

async function grant(
  shop: Shop,
  { clientId, clientSecret }: ShopifyExpiringToken,
  context: AdapterContext,
  refreshToken: string,
) {
  const { data } = await context.http.request({
    operation: 'token',
    effect: 'idempotent',
    method: 'POST',
    url: endpointOf(shop),
    form: {
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
    },
    schema: rotated(),
    classify: ({ status }) =>
      status === 400 || status === 401 || status === 403
        ? new StockpoolError('auth', 'Shopify refused the refresh token', {
            details: { status },
            remedy:
              'It ends 90 days after its last use, and when the app is removed: let the app be installed again, and give the new refresh token.',
          })
        : null,
  })
  return data
}

/** Shopify answers 400 with words of its own when the app is not installed in the shop, or not the shop's own. */
function refused(error: unknown): Promise<Token> {
  if (!isStockpoolError(error, 'rejected') && !isStockpoolError(error, 'not_found')) throw error
  throw new StockpoolError('auth', error.message, {
    remedy: 'Install the app in this shop; both must belong to the same organisation (Dev Dashboard).',
    details: error.details,
    cause: error,
  })
}
