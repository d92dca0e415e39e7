import { StockpoolError } from '../../src/error.ts'
import type { FulfillmentRequest } from '../../src/spec/index.ts'
import { bySku, markOf, ordered } from './lines.ts'
import type { Settings, ShipHeroShippingMethod } from './options.ts'
import type { WireOrder } from './wire.ts'

/** `CreateOrderInput` of ShipHero, as far as it is sent. */
export interface CreateOrder {
  readonly customer_account_id?: string
  readonly order_number: string
  readonly partner_order_id: string
  readonly shop_name: string
  readonly fulfillment_status: 'pending'
  readonly order_date: string
  readonly required_ship_date?: string
  readonly email?: string
  readonly shipping_lines: {
    readonly title: string
    readonly price: string
    readonly carrier?: string
    readonly method?: string
  }
  readonly shipping_address: {
    readonly first_name: string
    readonly last_name: string
    readonly company?: string
    readonly address1: string
    readonly address2?: string
    readonly city: string
    readonly state?: string
    readonly zip?: string
    readonly country: string
    readonly phone?: string
    readonly email?: string
  }
  readonly line_items: readonly {
    readonly sku: string
    readonly partner_line_item_id: string
    readonly quantity: number
    readonly price: string
    readonly product_name: string
    readonly warehouse_id?: string
  }[]
}

// Countries whose carriers cannot deliver without them. Elsewhere an address may have none (IE, HK, AE …).
const needsPostalCode = new Set(
  'US CA GB AU NZ DE FR ES IT NL BE AT CH SE NO DK FI PL PT CZ JP MX BR IN'.split(' '),
)
const needsRegion = new Set(['US', 'CA', 'AU'])

const refuse = (field: string, message: string, remedy: string): never => {
  throw new StockpoolError('invalid_input', `the order cannot be sent to ShipHero: ${message}`, {
    field,
    remedy,
  })
}

const filled = (value: string | null | undefined) => value?.trim() || undefined

function required(value: string | null | undefined, field: string, what: string): string {
  return (
    filled(value) ??
    refuse(field, `${what} is missing`, 'Complete the address at the channel, then submit the order again.')
  )
}

/** ShipHero keeps two names. The last word is the last name; a name of one word is all of it. */
export function splitName(name: string): { first_name: string; last_name: string } {
  const words = name.trim().split(/\s+/)
  const last = words.length > 1 ? (words.pop() ?? '') : ''
  return { first_name: words.join(' '), last_name: last }
}

const isEmail = (text: string) => /^[^\s@*]+@[^\s@*]+\.[^\s@*]+$/.test(text)

function addressOf({ shipTo, buyer }: FulfillmentRequest): CreateOrder['shipping_address'] {
  const country = required(shipTo.country, 'shipTo.country', 'the country')
  const zip = filled(shipTo.postalCode)
  const state = filled(shipTo.region)
  if (needsPostalCode.has(country))
    required(zip, 'shipTo.postalCode', `the postal code (${country} needs one)`)
  if (needsRegion.has(country))
    required(state, 'shipTo.region', `the state or province (${country} needs one)`)
  const name = filled(shipTo.name) ?? filled(buyer?.name) ?? filled(shipTo.company)
  // ShipHero has two lines.
  const second = [filled(shipTo.line2), filled(shipTo.line3)].filter((line) => line !== undefined).join(', ')
  const company = filled(shipTo.company)
  const phone = filled(shipTo.phone) ?? filled(buyer?.phone)
  const email = filled(buyer?.email)
  return {
    ...splitName(required(name, 'shipTo.name', "the recipient's name")),
    ...(company === undefined ? {} : { company }),
    address1: required(shipTo.line1, 'shipTo.line1', 'the street'),
    ...(second === '' ? {} : { address2: second }),
    city: required(shipTo.city, 'shipTo.city', 'the city'),
    ...(state === undefined ? {} : { state }),
    ...(zip === undefined ? {} : { zip }),
    country,
    ...(phone === undefined ? {} : { phone }),
    ...(email !== undefined && isEmail(email) ? { email } : {}),
  }
}

function linesOf(request: FulfillmentRequest): CreateOrder['line_items'] {
  const skus = new Map<string, { title: string; quantity: number }>()
  for (const [index, { sku, title, quantity }] of request.lines.entries()) {
    if (!Number.isSafeInteger(quantity) || quantity < 1) {
      refuse(`lines.${index}.quantity`, 'a quantity is not a whole number above 0', 'Correct the quantity.')
    }
    const known = skus.get(sku)
    if (known) known.quantity += quantity
    else skus.set(sku, { title: filled(title) ?? sku, quantity })
  }
  if (skus.size === 0) refuse('lines', 'it has no lines', 'Submit at least one line.')
  return [...skus].map(([sku, { title, quantity }], position) => ({
    sku,
    partner_line_item_id: markOf(request.reference, { index: position + 1, count: skus.size, quantity }),
    quantity,
    // Required by the schema. What goods are worth the pool does not know; customs papers take it from the product.
    price: '0.00',
    product_name: title,
    ...(request.location === null ? {} : { warehouse_id: request.location }),
  }))
}

function shippingLinesOf(method: ShipHeroShippingMethod): CreateOrder['shipping_lines'] {
  if (typeof method === 'string') return { title: method, price: '0.00' }
  const { title, carrier, method: service } = method
  return { title: title ?? `${carrier} ${service}`, price: '0.00', carrier, method: service }
}

/** How an order is to be shipped: by the table of the options, else the level's own name, else the default. */
export function shippingMethodOf(request: FulfillmentRequest, settings: Settings): ShipHeroShippingMethod {
  const { serviceLevel } = request
  if (serviceLevel === null) return settings.defaultShippingMethod
  return settings.shippingMethods[serviceLevel] ?? serviceLevel
}

/**
 * Builds the input of `order_create`. Our reference is the `partner_order_id`, by which the order is found again.
 * @throws StockpoolError `invalid_input` that names the field, before anything is sent.
 */
export function toCreateOrder(request: FulfillmentRequest, settings: Settings): CreateOrder {
  const address = addressOf(request)
  return {
    ...(settings.customer === null ? {} : { customer_account_id: settings.customer }),
    order_number: request.number || request.reference,
    partner_order_id: request.reference,
    shop_name: settings.shopName,
    fulfillment_status: 'pending',
    order_date: new Date(request.placedAt).toISOString().slice(0, 19),
    ...(request.shipBy === null
      ? {}
      : { required_ship_date: new Date(request.shipBy).toISOString().slice(0, 19) }),
    ...(address.email === undefined ? {} : { email: address.email }),
    shipping_lines: shippingLinesOf(shippingMethodOf(request, settings)),
    shipping_address: address,
    line_items: linesOf(request),
  }
}

const squeezed = (text: string | null | undefined) =>
  (text ?? '').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

/**
 * What an existing order of the same reference has otherwise than ours, as field names (never values: they are the
 * buyer's). Streets are not compared: staff correct them after an address hold, and a ZIP gains its +4.
 */
export function differences(ours: CreateOrder, theirs: WireOrder): string[] {
  const found: string[] = []
  const wanted = new Map(ours.line_items.map(({ sku, quantity }) => [sku, quantity]))
  const have = new Map(bySku(theirs.line_items.nodes, ordered).map(({ sku, quantity }) => [sku, quantity]))
  for (const sku of new Set([...wanted.keys(), ...have.keys()])) {
    if (wanted.get(sku) !== have.get(sku)) found.push(`lines.${sku}.quantity`)
  }
  const { shipping_address: address } = theirs
  if (address === null) return found
  const name = ({ first_name, last_name }: { first_name: string | null; last_name: string | null }) =>
    squeezed(`${first_name ?? ''}${last_name ?? ''}`)
  if (name(address) !== name(ours.shipping_address)) found.push('shipTo.name')
  const [their, our] = [squeezed(address.zip), squeezed(ours.shipping_address.zip)]
  if (!their.startsWith(our) && !our.startsWith(their)) found.push('shipTo.postalCode')
  const country = squeezed(address.country)
  if (country.length === 2 && country !== squeezed(ours.shipping_address.country))
    found.push('shipTo.country')
  return found
}
