import { type MetaSource, metaSource } from '../../src/model/source.ts'

/** What Meta's checkout URL asks for (docs/commerce-platform/setup-checkout-url). Nothing of it is checked against stock yet. */
export interface CheckoutCart {
  /** By content id; an id that comes twice is summed. `quantity`: 1 or more. */
  readonly lines: readonly { readonly listing: string; readonly quantity: number }[]
  /** Entries that say no item and quantity, as they came: tell the buyer that something is missing. */
  readonly malformed: readonly string[]
  readonly coupon: string | null
  /** Where the buyer comes from, as far as the address says so. */
  readonly source: MetaSource | null
  /** `fbclid`, `cart_origin` and `utm_…`, in their order: Meta wants them passed along. */
  readonly tracking: readonly (readonly [name: string, value: string])[]
}

/**
 * What is passed along of an address that anybody may write: nothing that a web shop's own checkout could take for a discount
 * code or an address to go back to.
 */
const tracked = /^(fbclid|cart_origin|utm_[a-z_]{1,40})$/

/** Bounds on what a stranger may ask: Meta's carts are far below. */
const most = { lines: 100, quantity: 9999, parameters: 40, characters: 2000 } as const

/**
 * Decoded as Meta encodes, by RFC 3986: a `+` is a plus and no space, as in content ids such as `MUG+LID`. What cannot be
 * decoded is taken as it is.
 */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function parametersOf(address: string): [name: string, value: string][] {
  const [, query = ''] = /\?([^#]*)/.exec(address) ?? []
  return query
    .split('&')
    .filter((part) => part !== '')
    .slice(0, most.parameters)
    .map((part) => {
      const at = part.indexOf('=')
      const [name, value] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)]
      return [decoded(name), decoded(value)]
    })
}

/** `id:quantity`; ids have at most 100 characters, and none with a comma or a colon is supported. `null`: it is none. */
function lineOf(entry: string): { listing: string; quantity: number } | null {
  const [, listing = '', digits = ''] = /^([^:]{1,100}):([0-9]{1,6})$/.exec(entry.trim()) ?? []
  const quantity = Number(digits)
  return listing === '' || quantity < 1 || quantity > most.quantity ? null : { listing, quantity }
}

/**
 * Reads the address to which Meta sends a buyer. Never throws: an address that asks for nothing has no lines.
 * @example
 * parseCheckoutUrl('https://shop.example/checkout?products=MUG-RED%3A2%2CCUP%3A1&coupon=SUMMER&cart_origin=instagram')
 * // lines: MUG-RED 2, CUP 1; coupon: SUMMER; source: instagram
 */
export function parseCheckoutUrl(input: string | URL | Request): CheckoutCart {
  const address = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url
  const parameters = parametersOf(address)
  const textOf = (wanted: string) => parameters.find(([name]) => name === wanted)?.[1] ?? ''
  const quantities = new Map<string, number>()
  const malformed: string[] = []
  for (const entry of textOf('products').split(',').slice(0, most.lines)) {
    if (entry.trim() === '') continue
    const line = lineOf(entry)
    if (line === null) malformed.push(entry.slice(0, 100))
    else
      quantities.set(
        line.listing,
        Math.min(most.quantity, (quantities.get(line.listing) ?? 0) + line.quantity),
      )
  }
  const tracking = parameters.filter(([name, value]) => tracked.test(name) && value.length <= most.characters)
  return {
    lines: [...quantities].map(([listing, quantity]) => ({ listing, quantity })),
    malformed,
    coupon: textOf('coupon').slice(0, 200) || null,
    source: metaSource({ landing: `?${new URLSearchParams(tracking.map(([...pair]) => pair))}` }),
    tracking,
  }
}

/** What is asked of the pool; a hub goes in by two small functions (see the example of `checkoutHandler`). */
export interface CheckoutStock {
  /**
   * What an item of the catalogue is: an SKU, and how many units of it. `null`: the shop does not sell it. Default: the
   * content id is the SKU, one unit.
   */
  item?(listing: string): SoldAs | null | Promise<SoldAs | null>
  /** Units of an SKU that can be promised now; `null`: there is no such SKU. */
  available(sku: string): number | null | Promise<number | null>
}

/** So many units of an SKU, sold as one item. */
export interface SoldAs {
  readonly sku: string
  readonly units: number
}

/** One line of a cart, held against the stock of this moment. */
export interface CheckedLine {
  readonly listing: string
  readonly sku: string
  readonly wanted: number
  /** How many of them can be bought now, 0 to `wanted`. */
  readonly buyable: number
}

/** A cart, held against the stock of this moment. Nothing is reserved: that is the web shop's checkout to do. */
export interface CheckedCart extends CheckoutCart {
  /** Every line whose item the shop sells, in the cart's order. */
  readonly checked: readonly CheckedLine[]
  /** Content ids that the shop does not sell. */
  readonly unknown: readonly string[]
  /** `true`: all that was asked for can be bought. */
  readonly complete: boolean
}

/**
 * Says what of a cart can be bought now. Items of one SKU share its stock, in the order of the cart.
 * @example
 * const { checked } = await checkCart(parseCheckoutUrl(request), { available: async (sku) => (await hub.stock.get(sku)).available })
 */
export async function checkCart(cart: CheckoutCart, stock: CheckoutStock): Promise<CheckedCart> {
  const asked = await Promise.all(
    cart.lines.map(async (line) => {
      const item = stock.item ? await stock.item(line.listing) : { sku: line.listing, units: 1 }
      return { ...line, item }
    }),
  )
  const skus = [...new Set(asked.flatMap(({ item }) => (item === null ? [] : [item.sku])))]
  const left = new Map(await Promise.all(skus.map(async (sku) => [sku, await stock.available(sku)] as const)))
  const checked: CheckedLine[] = []
  const unknown: string[] = []
  for (const { listing, quantity, item } of asked) {
    const available = item === null ? null : (left.get(item.sku) ?? null)
    if (item === null || available === null) {
      unknown.push(listing)
      continue
    }
    const units = Math.max(1, item.units)
    const buyable = Math.max(0, Math.min(quantity, Math.floor(available / units)))
    left.set(item.sku, available - buyable * units)
    checked.push({ listing, sku: item.sku, wanted: quantity, buyable })
  }
  const whole = checked.every(({ wanted, buyable }) => buyable === wanted)
  const complete = whole && unknown.length === 0 && cart.malformed.length === 0 && checked.length > 0
  return { ...cart, checked, unknown, complete }
}

/** The address with the parameters by which a sale is attributed, as Meta asks of a redirect. What it has already stays. */
export function withTracking(address: string | URL, { tracking }: Pick<CheckoutCart, 'tracking'>): URL {
  const url = new URL(address)
  for (const [name, value] of tracking) if (!url.searchParams.has(name)) url.searchParams.append(name, value)
  return url
}

/** What `checkoutHandler` takes. */
export interface CheckoutHandlerOptions {
  readonly stock: CheckoutStock
  /**
   * Where the buyer goes on: your checkout with what can be bought, or a page that says what is sold out. An absolute
   * address, made of your own parts: it is followed as it is.
   */
  redirect(cart: CheckedCart): string | URL | Promise<string | URL>
}

/**
 * The endpoint that Commerce Manager wants as the shop's checkout URL: looks at the stock of this very moment and sends the
 * buyer on, with Meta's tracking parameters. Any framework with web-standard requests can mount it. What `stock` or
 * `redirect` throws is thrown on.
 *
 * @example
 * const checkout = checkoutHandler({
 *   stock: { available: async (sku) => (await hub.stock.get(sku)).available },
 *   redirect: ({ checked, coupon }) => myCheckoutUrl(checked, coupon),
 * })
 */
export function checkoutHandler({
  stock,
  redirect,
}: CheckoutHandlerOptions): (request: Request) => Promise<Response> {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return new Response('Use GET.', { status: 405, headers: { allow: 'GET, HEAD' } })
    }
    const cart = await checkCart(parseCheckoutUrl(request), stock)
    const location = withTracking(await redirect(cart), cart)
    // Never kept by a cache: it was right for this moment alone.
    return new Response(null, {
      status: 302,
      headers: { location: location.href, 'cache-control': 'no-store' },
    })
  }
}
