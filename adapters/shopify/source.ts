import { metaSource } from '../../src/model/source.ts'
import type { WireOrder } from './wire.ts'

type Sourced = Pick<WireOrder, 'sourceName' | 'customAttributes' | 'customerJourneySummary'>

/** Names that Shopify itself gives to orders of its sales channels for Facebook and Instagram. */
const ownNames: readonly string[] = ['facebook', 'instagram']

/**
 * Where a sale came from; `null`: the shop itself. `sourceName` is the sales channel's handle (what `attribution` resolves),
 * or the number of an app, or `web`. Buyers from Facebook and Instagram check out on the web shop now, so of an order
 * of the web, or of an app that only shows a number, the way of the buyer is asked: the cart's attributes and the last
 * visit. What is not known keeps Shopify's own word.
 */
export function sourceOf(order: Sourced): string | null {
  const name = order.sourceName || 'web'
  const known = ownNames.find((one) => one === name.toLowerCase())
  if (known) return known
  const web = name === 'web'
  if (!web && !/^\d+$/.test(name)) return name
  const visit = order.customerJourneySummary?.lastVisit
  const came = metaSource({
    landing: visit?.landingPage,
    referrer: visit?.referrerUrl,
    utmSource: visit?.utmParameters?.source,
    attributes: Object.fromEntries((order.customAttributes ?? []).map(({ key, value }) => [key, value])),
  })
  return came ?? (web ? null : name)
}
