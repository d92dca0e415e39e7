import { z } from 'zod'
import { serverMoment, withToken } from '../../src/http/index.ts'
import type { AdapterContext, Effect, Token } from '../../src/spec/index.ts'
import type { GraphqlDocument } from './document.ts'
import { classify, classifyToken } from './errors.ts'
import { throttleOf } from './limits.ts'
import type { Settings } from './options.ts'
import { TokenAnswer } from './wire.ts'

/** What a document's answer says, and the moment it can be true of. */
export interface Said<T> {
  readonly data: T
  /** When it was asked, epoch milliseconds, by ShipHero's clock where ours is ahead of it. */
  readonly asOf: number
}

/** Sends one document. The one place of this adapter from which calls leave. */
export async function send<T>(
  context: AdapterContext,
  settings: Settings,
  document: GraphqlDocument<T>,
  variables: Readonly<Record<string, unknown>>,
  options: { readonly effect?: Effect; readonly priority?: number } = {},
): Promise<Said<T>> {
  let startedAt = 0
  const schema = z.object({ data: document.data })
  const sendWith = (token: string) => {
    startedAt = Math.floor(context.clock.now())
    return context.http.request({
      operation: document.operation,
      bucket: 'credits',
      cost: document.cost,
      ...(options.priority === undefined ? {} : { priority: options.priority }),
      effect: options.effect ?? 'read',
      method: 'POST',
      url: `${settings.endpoint}/graphql`,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      json: { query: document.query, operationName: document.operation, variables },
      schema,
      classify,
      throttle: throttleOf(settings.creditShare),
    })
  }
  const refresh = () => newToken(context, settings)
  const { data, headers } = await withToken(context, 'access', refresh, sendWith)
  return { data: data.data, asOf: serverMoment({ startedAt, endedAt: context.clock.now() }, headers) }
}

/** ShipHero keeps the refresh token; the access token lives for `expires_in`, 28 days (developer.shiphero.com, Authentication). */
async function newToken(context: AdapterContext, settings: Settings): Promise<Token> {
  const { data } = await context.http.request({
    operation: 'refreshToken',
    bucket: 'token',
    effect: 'idempotent',
    method: 'POST',
    url: `${settings.endpoint}/auth/refresh`,
    headers: { accept: 'application/json' },
    json: { refresh_token: settings.refreshToken },
    schema: TokenAnswer,
    classify: classifyToken,
  })
  return { value: data.access_token, expiresAt: context.clock.now() + data.expires_in * 1000 }
}

/** As ShipHero writes times, in UTC: `2026-03-02T10:00:00`. */
export const timeText = (at: number): string => new Date(at).toISOString().slice(0, 19)
