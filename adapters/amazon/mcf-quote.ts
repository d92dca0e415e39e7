import { type Money, moneyFromDecimal } from '../../src/model/money.ts'
import type { ServiceLevel } from '../../src/model/service-level.ts'
import type { AdapterContext, Quote, QuoteRequest } from '../../src/spec/index.ts'
import { ask } from './client.ts'
import { amazonSku, ownSku } from './fba.ts'
import { unitsOf } from './mcf-order.ts'
import { tierOf } from './mcf-request.ts'
import { PreviewAnswer } from './mcf-wire.ts'
import type { Settings } from './options.ts'

const levels: Readonly<Record<string, ServiceLevel>> = {
  STANDARD: 'standard',
  EXPEDITED: 'two-day',
  PRIORITY: 'next-day',
}

/** Only where the parcel goes is known, but Amazon wants a whole address: the rest is filled in, and prices do not hang on it. */
function previewBody(settings: Settings, { lines, shipTo, serviceLevel }: QuoteRequest): object {
  const tiers = serviceLevel === null ? {} : { serviceTiers: [tierOf(serviceLevel, shipTo.country)] }
  return {
    fulfillmentConfiguration: { serviceLevel: tiers },
    destination: {
      deliveryAddress: {
        name: 'Preview',
        addressLine1: 'Preview',
        ...(shipTo.city === null || shipTo.country === 'JP' ? {} : { city: shipTo.city }),
        ...(shipTo.region === null ? {} : { stateOrRegion: shipTo.region }),
        postalCode: shipTo.postalCode ?? '',
        countryCode: shipTo.country,
      },
    },
    lineItems: lines.map(({ sku, quantity }) => ({
      product: { productIdentifier: { amazonSku: amazonSku(settings, sku) } },
      amount: { unit: 'EACHES', value: String(quantity) },
    })),
  }
}

const latest = (times: readonly (string | null | undefined)[]): number | null => {
  const known = times.map((time) => Date.parse(time ?? '')).filter((at) => !Number.isNaN(at))
  return known.length === 0 || known.length < times.length ? null : Math.max(...known)
}

function sum(
  prices: readonly ({ readonly currencyCode: string; readonly amount: string } | null | undefined)[],
): Money | null {
  const known = prices.flatMap((price) =>
    price == null ? [] : moneyFromDecimal(price.amount, price.currencyCode),
  )
  const [first] = known
  if (first === undefined || known.length < prices.length) return null
  if (known.some(({ currency }) => currency !== first.currency)) return null
  return { ...first, amount: known.reduce((total, { amount }) => total + amount, 0) }
}

/** One quote for each tier that every planned shipment offers: their prices summed, the latest of their dates. */
export function quotesOf(settings: Settings, request: QuoteRequest, answer: PreviewAnswer): readonly Quote[] {
  const planned = new Map<string, number>()
  for (const { productIdentifier, amount } of answer.plannedShipments.flatMap(({ items }) => items)) {
    const sku = ownSku(settings, productIdentifier.amazonSku)
    planned.set(sku, (planned.get(sku) ?? 0) + unitsOf(amount))
  }
  const reason =
    (answer.constraints ?? []).map(({ message }) => message).join('; ') || 'Amazon has too little of it'
  const wanted = new Map<string, number>()
  for (const { sku, quantity } of request.lines) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
  const cannotShip = [...wanted]
    .filter(([sku, quantity]) => (planned.get(sku) ?? 0) < quantity)
    .map(([sku]) => ({ sku, reason }))
  const offersOf = (tier: string) =>
    answer.plannedShipments.map(({ offers }) =>
      offers?.find(
        ({ fulfillmentConfiguration }) => fulfillmentConfiguration?.serviceLevel?.serviceTier === tier,
      ),
    )
  const tiers = new Set(
    answer.plannedShipments.flatMap(({ offers }) =>
      (offers ?? []).flatMap(
        ({ fulfillmentConfiguration }) => fulfillmentConfiguration?.serviceLevel?.serviceTier ?? [],
      ),
    ),
  )
  return [...tiers].flatMap((tier): Quote[] => {
    const offers = offersOf(tier)
    if (offers.includes(undefined)) return []
    const service = offers.map((offer) => offer?.fulfillmentConfiguration?.serviceLevel)
    return [
      {
        location: null,
        service: tier,
        serviceLevel: levels[tier] ?? null,
        cost: sum(offers.map((offer) => offer?.estimatedPrice?.totalPrice)),
        shipBy: latest(service.map((each) => each?.shipInterval?.endTime)),
        deliverBy: latest(service.map((each) => each?.deliveryInterval?.endTime)),
        cannotShip,
      },
    ]
  })
}

export async function mcfQuote(
  context: AdapterContext,
  settings: Settings,
  request: QuoteRequest,
): Promise<readonly Quote[]> {
  const answer = await ask(context, settings, {
    operation: 'getOrderPreview',
    effect: 'read',
    method: 'POST',
    path: '/fulfillment/outbound/2026-07-04/previews',
    json: previewBody(settings, request),
    schema: PreviewAnswer,
  })
  return quotesOf(settings, request, answer)
}
