import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import type { AdapterContext, Deadline, Token } from '../../src/spec/index.ts'
import { classify, refuse } from './errors.ts'
import type { Settings } from './options.ts'

// What is kept, by name. Each authorisation has its own: a new refresh token in the options must not meet old ones.
export const accessName = ({ grant }: Settings) => `access/${grant}`
const refreshName = ({ grant }: Settings) => `refresh/${grant}`
const endsName = ({ grant }: Settings) => `authorisation-ends/${grant}`
export const shopName = ({ grant, shopId }: Settings) => `shop/${grant}/${shopId ?? 'only'}`

const grantAnswer = () =>
  z.object({
    data: z.object({
      access_token: z.string().min(1),
      access_token_expire_in: z.number().nullish(),
      refresh_token: z.string().min(1).nullish(),
      refresh_token_expire_in: z.number().nullish(),
    }),
  })

/**
 * Renews the access token. The refresh token may come back as another one: the store keeps it as a token that has always just
 * ended, so that each renewal is given the newest, and writes its successor before the access token is used.
 */
export function renew(context: AdapterContext, settings: Settings): () => Promise<Token> {
  return async () => {
    const got: { access?: Token; ends?: number | null } = {}
    await context.tokens.get(refreshName(settings), async (previous) => {
      const refreshToken = previous?.value ?? settings.refreshToken
      const answer = await askFor(context, settings, refreshToken)
      got.access = {
        value: answer.access_token,
        expiresAt: instantOf(answer.access_token_expire_in, context),
      }
      got.ends = instantOf(answer.refresh_token_expire_in, context)
      return { value: answer.refresh_token ?? refreshToken, expiresAt: context.clock.now() }
    })
    const { access, ends } = got
    if (access === undefined) {
      throw new StockpoolError('unavailable', 'the access token was renewed by another worker meanwhile')
    }
    if (typeof ends === 'number') {
      const value = String(ends)
      await context.tokens.get(endsName(settings), async () => ({ value, expiresAt: context.clock.now() }))
    }
    return access
  }
}

async function askFor(context: AdapterContext, settings: Settings, refreshToken: string) {
  const { data } = await context.http.request({
    operation: 'RefreshToken',
    // GET though it changes something, and with the secret in its address: no address is ever logged here.
    method: 'GET',
    effect: 'idempotent',
    priority: 9,
    url: `${settings.authEndpoint}/api/v2/token/refresh`,
    query: {
      app_key: settings.appKey,
      app_secret: settings.appSecret,
      refresh_token: refreshToken,
      grant_type: 'refresh_token',
    },
    schema: grantAnswer(),
    classify: classifyGrant,
  })
  return data.data
}

const classifyOf = classify('RefreshToken')

/** Whatever the token endpoint refuses plainly is the credential. */
const classifyGrant: typeof classifyOf = (answer) => {
  const error = classifyOf(answer)
  if (error === null || error.code !== 'rejected') return error
  return new StockpoolError('auth', error.message, {
    remedy: 'Check appKey and appSecret; else let the seller authorise the application again.',
    details: error.details,
  })
}

/** `…_expire_in` is an instant in seconds, no duration. One that has passed already says nothing: used until it is refused. */
function instantOf(seconds: number | null | undefined, context: AdapterContext): number | null {
  if (seconds == null) return null
  const at = seconds * 1000
  if (at > context.clock.now()) return at
  context.log.warn('TikTok gave a token an end that has passed', { operation: 'RefreshToken' })
  return null
}

/** When the seller's authorisation ends; known once a token was renewed. */
export async function authorisationEnds(
  context: AdapterContext,
  settings: Settings,
): Promise<readonly Deadline[]> {
  const unknown = refuse(
    'not_found',
    undefined,
    'no token was renewed yet',
    'It is known after the first call.',
  )
  try {
    const text = await context.tokens.get(endsName(settings), async (previous) => {
      if (previous === null) throw unknown
      return previous
    })
    const at = Number(text)
    if (!Number.isFinite(at)) return []
    return [
      {
        id: 'authorisation',
        what: "the seller's authorisation of the application",
        at,
        remedy: 'Let the seller authorise it again, and give the new refreshToken.',
      },
    ]
  } catch (error) {
    if (isStockpoolError(error, 'not_found')) return []
    throw error
  }
}
