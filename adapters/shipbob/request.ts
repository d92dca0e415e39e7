import { StockpoolError } from '../../src/error.ts'
import type { FulfillmentRequest } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'
import type { WireOrder } from './wire.ts'

/** `Orders.CreateOrderModel` of ShipBob, as far as it is sent. */
export interface CreateOrder {
  readonly reference_id: string
  readonly order_number: string
  readonly type: 'DTC'
  readonly shipping_method: string
  readonly purchase_date: string
  readonly location_id?: number
  readonly recipient: {
    readonly name: string
    readonly address: {
      readonly address1: string
      readonly address2?: string
      readonly company_name?: string
      readonly city: string
      readonly state?: string
      readonly zip_code?: string
      readonly country: string
    }
    readonly email?: string
    readonly phone_number?: string
  }
  readonly products: readonly {
    readonly reference_id: string
    readonly name: string
    readonly quantity: number
  }[]
}

// Countries whose carriers cannot deliver without them. Elsewhere an address may have none (IE, HK, AE …).
const needsPostalCode = new Set(
  'US CA GB AU NZ DE FR ES IT NL BE AT CH SE NO DK FI PL PT CZ JP MX BR IN'.split(' '),
)
const needsRegion = new Set(['US', 'CA', 'AU'])

const refuse = (field: string, message: string, remedy: string): never => {
  throw new StockpoolError('invalid_input', `the order cannot be sent to ShipBob: ${message}`, {
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

function addressOf({ shipTo }: FulfillmentRequest): CreateOrder['recipient']['address'] {
  const country = required(shipTo.country, 'shipTo.country', 'the country')
  const zip = filled(shipTo.postalCode)
  const state = filled(shipTo.region)
  if (needsPostalCode.has(country))
    required(zip, 'shipTo.postalCode', `the postal code (${country} needs one)`)
  if (needsRegion.has(country))
    required(state, 'shipTo.region', `the state or province (${country} needs one)`)
  // ShipBob has two lines.
  const second = [filled(shipTo.line2), filled(shipTo.line3)].filter((line) => line !== undefined).join(', ')
  const company = filled(shipTo.company)
  return {
    address1: required(shipTo.line1, 'shipTo.line1', 'the street'),
    ...(second === '' ? {} : { address2: second }),
    ...(company === undefined ? {} : { company_name: company }),
    city: required(shipTo.city, 'shipTo.city', 'the city'),
    ...(state === undefined ? {} : { state }),
    ...(zip === undefined ? {} : { zip_code: zip }),
    country,
  }
}

function recipientOf(request: FulfillmentRequest): CreateOrder['recipient'] {
  const { shipTo, buyer } = request
  const name = filled(shipTo.name) ?? filled(buyer?.name) ?? filled(shipTo.company)
  const email = filled(buyer?.email)
  const phone = filled(shipTo.phone) ?? filled(buyer?.phone)
  return {
    name: required(name, 'shipTo.name', "the recipient's name"),
    address: addressOf(request),
    // Masked or malformed emails are left out: ShipBob checks the form, and does not need one.
    ...(email !== undefined && /^[^\s@*]+@[^\s@*]+\.[^\s@*]+$/.test(email) ? { email } : {}),
    ...(phone === undefined ? {} : { phone_number: phone }),
  }
}

function productsOf({ lines }: FulfillmentRequest): CreateOrder['products'] {
  const bySku = new Map<string, { reference_id: string; name: string; quantity: number }>()
  for (const [index, { sku, title, quantity }] of lines.entries()) {
    if (!Number.isSafeInteger(quantity) || quantity < 1) {
      refuse(`lines.${index}.quantity`, 'a quantity is not a whole number above 0', 'Correct the quantity.')
    }
    const known = bySku.get(sku)
    if (known) known.quantity += quantity
    else bySku.set(sku, { reference_id: sku, name: filled(title) ?? sku, quantity })
  }
  if (bySku.size === 0) refuse('lines', 'it has no lines', 'Submit at least one line.')
  return [...bySku.values()]
}

function locationOf({ location }: FulfillmentRequest): number | undefined {
  if (location === null) return undefined
  return /^\d+$/.test(location)
    ? Number(location)
    : refuse(
        'location',
        `"${location}" is not a ShipBob location`,
        "Give the location's `externalId` as ShipBob's number.",
      )
}

/** The shipping method of an order: by the table of the options, else the default. */
export function shippingMethodOf(request: FulfillmentRequest, settings: Settings): string {
  const { serviceLevel } = request
  return serviceLevel === null ? settings.defaultShippingMethod : settings.shippingMethods[serviceLevel]
}

/**
 * Builds the body of Create Order. Products go by `reference_id`, which ShipBob recommends; one with a name it does not
 * know yet makes a new product silently, so the SKU must be spelt as in ShipBob.
 * @throws StockpoolError `invalid_input` that names the field, before anything is sent.
 */
export function toCreateOrder(request: FulfillmentRequest, settings: Settings): CreateOrder {
  const location = locationOf(request)
  return {
    reference_id: request.reference,
    order_number: request.number || request.reference,
    type: 'DTC',
    shipping_method: shippingMethodOf(request, settings),
    purchase_date: new Date(request.placedAt).toISOString(),
    ...(location === undefined ? {} : { location_id: location }),
    recipient: recipientOf(request),
    products: productsOf(request),
  }
}

const squeezed = (text: string | null | undefined) =>
  (text ?? '').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

/**
 * What an existing order of the same reference has otherwise than ours, as field names (never values: they are the
 * buyer's). Streets are not compared: ShipBob and its staff correct them (Street to St) after an invalid-address
 * hold, and a ZIP gains its +4.
 */
export function differences(ours: CreateOrder, theirs: WireOrder): string[] {
  const found: string[] = []
  const wanted = new Map(ours.products.map(({ reference_id: sku, quantity }) => [sku, quantity]))
  const have = new Map<string, number>()
  for (const product of theirs.products) {
    const sku = product.reference_id ?? product.sku ?? ''
    have.set(sku, (have.get(sku) ?? 0) + product.quantity)
  }
  for (const sku of new Set([...wanted.keys(), ...have.keys()])) {
    if (wanted.get(sku) !== have.get(sku)) found.push(`lines.${sku}.quantity`)
  }
  const { recipient } = theirs
  if (recipient === null) return found
  const { name, address } = ours.recipient
  if (squeezed(recipient.name) !== squeezed(name)) found.push('shipTo.name')
  if (recipient.address === null) return found
  const [their, our] = [squeezed(recipient.address.zip_code), squeezed(address.zip_code)]
  if (!their.startsWith(our) && !our.startsWith(their)) found.push('shipTo.postalCode')
  const country = squeezed(recipient.address.country)
  if (country.length === 2 && country !== squeezed(address.country)) found.push('shipTo.country')
  return found
}
