import { type Money, moneyFromDecimal } from '../../src/model/money.ts'
import { ServiceLevel } from '../../src/model/service-level.ts'
import type { AdapterContext, Quote, QuoteRequest } from '../../src/spec/index.ts'
import { send } from './call.ts'
import type { Settings } from './options.ts'
import { WireQuotes } from './wire.ts'

type Rate = WireQuotes['rates'][number]

/** Everything that would be charged, `null` when it cannot be added up: it is in two currencies, or no amount. */
function costOf(rate: Rate, { handling_cost, handling_cost_currency }: WireQuotes): Money | null {
  const { shipping_cost, shipping_cost_currency: currency, signature_fee, signature_fee_currency } = rate
  if (shipping_cost === null || currency === null) return null
  const parts = [
    [shipping_cost, currency],
    [signature_fee ?? '0', signature_fee_currency ?? currency],
    [handling_cost ?? '0', handling_cost_currency ?? currency],
  ] as const
  if (parts.some(([amount, unit]) => unit !== currency || !/^\d+(\.\d+)?$/.test(amount))) return null
  return {
    amount: parts.reduce((total, [amount]) => total + moneyFromDecimal(amount, currency).amount, 0),
    currency,
  }
}

/** The end of a day; ShipStream tells no more than the day. */
function endOf(day: string | null): number | null {
  const at = day === null ? Number.NaN : Date.parse(`${day}T23:59:59Z`)
  return Number.isFinite(at) ? at : null
}

/** The one warehouse that it would ship from; `null`: from more than one. */
function placeOf({ allocation }: Rate): string | null {
  const shares = allocation.flatMap((bySku) => Object.values(bySku)).flat()
  const [only, other] = new Set(shares.map((share) => share.warehouse_id))
  return other === undefined ? (only ?? null) : null
}

/** What it would cost, by the shipping methods of the options. */
export async function readQuotes(
  context: AdapterContext,
  settings: Settings,
  request: QuoteRequest,
): Promise<Quote[]> {
  const levels = request.serviceLevel === null ? ServiceLevel.options : [request.serviceLevel]
  const levelOf = new Map<string, ServiceLevel>()
  for (const level of levels) {
    const method = settings.shippingMethods[level]
    if (!levelOf.has(method)) levelOf.set(method, level)
  }
  const { country, region, city, postalCode } = request.shipTo
  const destination = Object.entries({ country, region, city, postcode: postalCode })
  const items = new Map<string, number>()
  for (const { sku, quantity } of request.lines) items.set(sku, (items.get(sku) ?? 0) + quantity)
  const { data } = await send(context, settings, {
    method: 'rate.quote',
    args: [
      Object.fromEntries(destination.filter(([, value]) => value !== null)),
      [...items].map(([sku, qty]) => ({ sku, qty })),
      { methods: [...levelOf.keys()] },
    ],
    effect: 'read',
    schema: WireQuotes,
  })
  return data.rates.map((rate) => ({
    location: placeOf(rate),
    service: rate.description ?? rate.code,
    // A "cheapest" method is answered with the one that it comes to.
    serviceLevel: levelOf.get(rate.code) ?? request.serviceLevel,
    cost: costOf(rate, data),
    shipBy: null,
    deliverBy: endOf(rate.max_delivery_date),
    cannotShip: [],
  }))
}
