import { z } from 'zod'
import type { AdapterContext, Effect } from '../../src/spec/context.ts'
import type { GraphqlDocument } from './document.ts'
import { classify } from './errors.ts'
import { throttle } from './limits.ts'
import type { Shop } from './options.ts'
import { withShopToken } from './tokens.ts'

interface SendOptions {
  readonly effect?: Effect
  readonly priority?: number
}

/** Sends one document and gives its `data`. */
export async function send<T>(
  shop: Shop,
  context: AdapterContext,
  document: GraphqlDocument<T>,
  variables: Readonly<Record<string, unknown>>,
  options: SendOptions = {},
): Promise<T> {
  return (await sendTimed(shop, context, document, variables, options)).data
}

/** The same, with the time of the answer by Shopify's own clock. The one place of this adapter from which calls leave. */
export async function sendTimed<T>(
  shop: Shop,
  context: AdapterContext,
  document: GraphqlDocument<T>,
  variables: Readonly<Record<string, unknown>>,
  options: SendOptions = {},
): Promise<{ readonly data: T; readonly at: number | null }> {
  const url = `${shop.endpoint}/admin/api/${shop.version}/graphql.json`
  const schema = z.object({ data: document.data })
  const sendWith = (token: string) =>
    context.http.request({
      operation: document.operation,
      bucket: 'graphql',
      cost: document.cost,
      ...(options.priority === undefined ? {} : { priority: options.priority }),
      effect: options.effect ?? 'read',
      method: 'POST',
      url,
      headers: { 'x-shopify-access-token': token },
      json: { query: document.query, operationName: document.operation, variables },
      schema,
      classify,
      throttle,
    })
  const { data, headers } = await withShopToken(shop, context, sendWith)
  // A version that Shopify no longer serves answers as the oldest one it does: this header is the only sign.
  const served = headers['x-shopify-api-version']
  if (served !== undefined && served !== shop.version) {
    context.log.warn('Shopify served another API version than asked for', { asked: shop.version, served })
  }
  const at = Date.parse(headers.date ?? '')
  return { data: data.data, at: Number.isNaN(at) ? null : at }
}
