import { StockpoolError } from '../../src/error.ts'
import type { FulfillmentRequest } from '../../src/spec/index.ts'
import type { Settings } from './options.ts'
import type { WireOrder } from './wire.ts'

/** The arguments of `order.create`: store code, items, address, additional data. */
export type CreateOrder = readonly [
  store: string | null,
  items: readonly { readonly sku: string; readonly qty: number }[],
  address: Readonly<Record<string, string>>,
  info: Readonly<Record<string, string>>,
]

// Countries whose carriers cannot deliver without them. Elsewhere an address may have none (IE, HK, AE …).
const needsPostalCode = new Set(
  'US CA GB AU NZ DE FR ES IT NL BE AT CH SE NO DK FI PL PT CZ JP MX BR IN'.split(' '),
)
const needsRegion = new Set(['US', 'CA', 'AU'])

const refuse = (field: string, message: string, remedy: string): never => {
  throw new StockpoolError('invalid_input', `the order cannot be sent to ShipStream: ${message}`, {
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

/** ShipStream has two names: the last word is the second one. */
function namesOf(full: string): { firstname: string; lastname: string } {
  const words = full.split(/\s+/)
  if (words.length === 1) return { firstname: full, lastname: '' }
  return { firstname: words.slice(0, -1).join(' '), lastname: words.at(-1) ?? '' }
}

function addressOf({ shipTo, buyer }: FulfillmentRequest): CreateOrder[2] {
  const country = required(shipTo.country, 'shipTo.country', 'the country')
  const [postcode, region] = [filled(shipTo.postalCode), filled(shipTo.region)]
  if (needsPostalCode.has(country))
    required(postcode, 'shipTo.postalCode', `the postal code (${country} needs one)`)
  if (needsRegion.has(country))
    required(region, 'shipTo.region', `the state or province (${country} needs one)`)
  const company = filled(shipTo.company)
  const name = required(
    filled(shipTo.name) ?? filled(buyer?.name) ?? company,
    'shipTo.name',
    "the recipient's name",
  )
  const street = required(shipTo.line1, 'shipTo.line1', 'the street')
  // "Only two address lines are supported", parted by a newline (docs.shipstream.io, Address Properties).
  const second = [filled(shipTo.line2), filled(shipTo.line3)].filter((line) => line !== undefined).join(', ')
  const telephone = filled(shipTo.phone) ?? filled(buyer?.phone)
  const email = filled(buyer?.email)
  return {
    ...namesOf(name),
    ...(company === undefined ? {} : { company }),
    street1: second === '' ? street : `${street}\n${second}`,
    city: required(shipTo.city, 'shipTo.city', 'the city'),
    ...(region === undefined ? {} : { region }),
    ...(postcode === undefined ? {} : { postcode }),
    country,
    ...(telephone === undefined ? {} : { telephone }),
    // Masked or malformed addresses of a marketplace are left out.
    ...(email !== undefined && /^[^\s@*]+@[^\s@*]+\.[^\s@*]+$/.test(email) ? { email } : {}),
  }
}

function itemsOf({ lines }: FulfillmentRequest): CreateOrder[1] {
  const bySku = new Map<string, number>()
  for (const [index, { sku, quantity }] of lines.entries()) {
    if (!Number.isSafeInteger(quantity) || quantity < 1) {
      refuse(`lines.${index}.quantity`, 'a quantity is not a whole number above 0', 'Correct the quantity.')
    }
    bySku.set(sku, (bySku.get(sku) ?? 0) + quantity)
  }
  if (bySku.size === 0) refuse('lines', 'it has no lines', 'Submit at least one line.')
  return [...bySku].map(([sku, qty]) => ({ sku, qty }))
}

/**
 * The arguments of `order.create`. `unique_id` is our reference, which ShipStream keeps unique; `order_ref`, which it
 * prints on the packing slip, is what people call the order. The place is not sent: ShipStream allocates orders to
 * warehouses by rules of its own, and its API takes none.
 * @throws StockpoolError `invalid_input` that names the field, before anything is sent.
 */
export function toCreateOrder(request: FulfillmentRequest, settings: Settings): CreateOrder {
  const { serviceLevel, reference, number } = request
  return [
    settings.store,
    itemsOf(request),
    addressOf(request),
    {
      unique_id: reference,
      order_ref: filled(number) ?? reference,
      shipping_method:
        serviceLevel === null ? settings.defaultShippingMethod : settings.shippingMethods[serviceLevel],
      ...(settings.backorderPolicy === null ? {} : { backorder_policy: settings.backorderPolicy }),
    },
  ]
}

const squeezed = (text: string | null | undefined) =>
  (text ?? '').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')

/**
 * What an existing order of the same reference has otherwise than ours, as field names (never values: they are the
 * buyer's). Streets are not compared: ShipStream corrects them when it validates the address (`is_address_modified_auto`),
 * and a ZIP gains its +4. Nor are goods that ours lacks: a 3PL's own rules may add an insert to every order.
 */
export function differences([, items, address]: CreateOrder, theirs: WireOrder): string[] {
  const found: string[] = []
  const wanted = new Map(items.map(({ sku, qty }) => [sku, qty]))
  const have = new Map<string, number>()
  for (const { sku, qty_ordered: units } of theirs.items) have.set(sku, (have.get(sku) ?? 0) + units)
  for (const [sku, quantity] of wanted) if (have.get(sku) !== quantity) found.push(`lines.${sku}.quantity`)
  const { shipping_address: their } = theirs
  if (their === null) return found
  const name = `${their.firstname ?? ''}${their.lastname ?? ''}`
  if (squeezed(name) !== squeezed(`${address.firstname}${address.lastname}`)) found.push('shipTo.name')
  const [theirCode, ourCode] = [squeezed(their.postcode), squeezed(address.postcode)]
  if (!theirCode.startsWith(ourCode) && !ourCode.startsWith(theirCode)) found.push('shipTo.postalCode')
  if (their.country !== null && squeezed(their.country) !== squeezed(address.country))
    found.push('shipTo.country')
  return found
}
