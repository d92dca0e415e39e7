import { StockpoolError } from '../../src/error.ts'
import type { ServiceLevel } from '../../src/model/service-level.ts'
import type { FulfillmentRequest } from '../../src/spec/index.ts'
import { amazonSku } from './fba.ts'
import { unitsOf } from './mcf-order.ts'
import type { McfOrder } from './mcf-wire.ts'
import type { McfSettings, Settings } from './options.ts'

/** PRIORITY is offered in Canada, India and Mexico only: elsewhere EXPEDITED is the fastest. */
const tiers: Readonly<Record<ServiceLevel, string>> = {
  economy: 'STANDARD',
  standard: 'STANDARD',
  'two-day': 'EXPEDITED',
  'next-day': 'PRIORITY',
  'same-day': 'PRIORITY',
}
const priorityCountries = ['CA', 'IN', 'MX']

export function tierOf(level: ServiceLevel | null, country: string | null): string {
  const tier = tiers[level ?? 'standard']
  return tier === 'PRIORITY' && !priorityCountries.includes(country ?? '') ? 'EXPEDITED' : tier
}

/** How an order of this channel is to be packed and carried. */
export function choicesOf(
  mcf: McfSettings,
  channel: string,
): { readonly blankBox: boolean; readonly blockAmazonLogistics: boolean } {
  const own = mcf.channels[channel]
  return {
    blankBox: own?.blankBox || mcf.blankBox,
    blockAmazonLogistics: own?.blockAmazonLogistics || mcf.blockAmazonLogistics,
  }
}

function needed(value: string | null, field: string, what: string): string {
  if (value !== null && value.trim() !== '') return value
  throw new StockpoolError('invalid_input', `Amazon ships to no address without ${what}`, {
    field: `shipTo.${field}`,
    remedy: 'Complete the address at the channel that the order comes from.',
  })
}

const given = (name: string, value: string | null | undefined) =>
  value == null || value.trim() === '' ? {} : { [name]: value }

function addressOf({ shipTo }: FulfillmentRequest): Readonly<Record<string, string>> {
  const country = needed(shipTo.country, 'country', 'a country')
  return {
    name: needed(shipTo.name ?? shipTo.company, 'name', 'a name'),
    addressLine1: needed(shipTo.line1, 'line1', 'a first line'),
    ...given('addressLine2', shipTo.line2),
    ...given('addressLine3', shipTo.line3),
    // Obligatory everywhere but in Japan, where it must not be sent.
    ...(country === 'JP' ? {} : { city: needed(shipTo.city, 'city', 'a city') }),
    ...given('stateOrRegion', shipTo.region),
    postalCode: needed(shipTo.postalCode, 'postalCode', 'a postal code'),
    countryCode: country,
    ...given('phone', shipTo.phone),
  }
}

/** The limits of an MCF order. */
const mostLines = 100
const mostUnits = 250

function checkSize({ lines }: FulfillmentRequest): void {
  const units = lines.reduce((sum, { quantity }) => sum + quantity, 0)
  if (lines.length > 0 && lines.length <= mostLines && units <= mostUnits) return
  throw new StockpoolError(
    'invalid_input',
    `Amazon takes 1 to ${mostLines} lines and ${mostUnits} units an order`,
    {
      field: 'lines',
      remedy: 'Ship it from elsewhere, or split it by hand in Seller Central.',
    },
  )
}

/** The body of createOrder, 2026-07-04. Ids are letters, digits and hyphens: others cannot be read back (amzn/selling-partner-api-models#5374). */
export function createBody(settings: Settings, mcf: McfSettings, request: FulfillmentRequest): object {
  checkSize(request)
  const { blankBox } = choicesOf(mcf, request.channel)
  return {
    orderId: request.reference,
    channel: request.channel.slice(0, 40),
    fulfillmentConfiguration: {
      serviceLevel: { serviceTiers: [tierOf(request.serviceLevel, request.shipTo.country)] },
      action: 'SHIP',
      // All of it or none: what Amazon cannot ship whole, another place can.
      policy: 'FILL_OR_KILL',
      ...(blankBox ? { services: { packaging: { packagingOption: 'UNBRANDED' } } } : {}),
    },
    destination: {
      deliveryAddress: { ...addressOf(request), ...given('email', request.buyer?.email) },
    },
    lineItems: request.lines.map(({ sku, quantity }, index) => ({
      lineItemId: String(index + 1),
      product: { productIdentifier: { amazonSku: amazonSku(settings, sku) } },
      amount: { unit: 'EACHES', value: String(quantity) },
    })),
  }
}

const speeds: Readonly<Record<string, string>> = {
  STANDARD: 'Standard',
  EXPEDITED: 'Expedited',
  PRIORITY: 'Priority',
}

/**
 * The body of createFulfillmentOrder, 2020-07-01: the only interface that can keep Amazon's own carrier away.
 * https://developer-docs.amazon.com/sp-api/docs/create-orders-with-blank-box-and-block-amzl
 */
export function createBody2020(settings: Settings, mcf: McfSettings, request: FulfillmentRequest): object {
  checkSize(request)
  const { blankBox } = choicesOf(mcf, request.channel)
  const features = ['BLOCK_AMZL', ...(blankBox ? ['BLANK_BOX'] : [])]
  return {
    sellerFulfillmentOrderId: request.reference,
    displayableOrderId: request.number.slice(0, 40) || request.reference,
    displayableOrderDate: new Date(request.placedAt).toISOString(),
    displayableOrderComment: mcf.comment,
    shippingSpeedCategory: speeds[tierOf(request.serviceLevel, request.shipTo.country)] ?? 'Standard',
    fulfillmentAction: 'Ship',
    fulfillmentPolicy: 'FillOrKill',
    destinationAddress: addressOf(request),
    featureConstraints: features.map((featureName) => ({
      featureName,
      featureFulfillmentPolicy: 'Required',
    })),
    items: request.lines.map(({ sku, quantity }, index) => ({
      sellerSku: amazonSku(settings, sku),
      sellerFulfillmentOrderItemId: String(index + 1),
      quantity,
    })),
  }
}

/** Whether Amazon's order of a reference holds what is asked for, SKU by SKU. */
export function sameContents(settings: Settings, request: FulfillmentRequest, order: McfOrder): boolean {
  const sum = (lines: readonly (readonly [string, number])[]) => {
    const units = new Map<string, number>()
    for (const [sku, quantity] of lines) units.set(sku, (units.get(sku) ?? 0) + quantity)
    return JSON.stringify([...units].sort())
  }
  const wanted = request.lines.map(({ sku, quantity }) => [amazonSku(settings, sku), quantity] as const)
  const there = order.lineItems.map(
    ({ product, amount }) => [product.productIdentifier.amazonSku, unitsOf(amount)] as const,
  )
  return sum(wanted) === sum(there)
}
