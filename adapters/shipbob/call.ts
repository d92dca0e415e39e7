import type { AdapterContext, HttpRequest, HttpResponse } from '../../src/spec/index.ts'
import { classify } from './errors.ts'
import { throttleOf } from './limits.ts'
import type { Settings } from './options.ts'

export interface Call<T>
  extends Pick<HttpRequest<T>, 'operation' | 'method' | 'effect' | 'query' | 'json' | 'schema'> {
  /** After the version: `/order`. */
  readonly path: string
  readonly priority?: number
}

/** The one place that speaks to ShipBob: address, token, channel, error table and limits. */
export function send<T>(
  context: AdapterContext,
  settings: Settings,
  call: Call<T>,
): Promise<HttpResponse<T>> {
  const { path, ...request } = call
  return context.http.request({
    bucket: 'api',
    ...request,
    url: settings.base + path,
    headers: {
      authorization: `Bearer ${settings.token}`,
      // Without it a list holds the orders of every channel of the merchant (developer.shipbob.com/guides/tracking).
      shipbob_channel_id: settings.channelId,
      accept: 'application/json',
    },
    classify,
    throttle: throttleOf,
  })
}
