/** What is known of the way on which a buyer came to a web shop. Leave out what is not known. */
export interface BuyerTrail {
  /** The address of the page where the visit began, or the checkout URL itself. */
  readonly landing?: string | null | undefined
  /** The address from which it came. */
  readonly referrer?: string | null | undefined
  /** `utm_source`, where it is known apart from `landing`. */
  readonly utmSource?: string | null | undefined
  /** What the shop kept beside the cart, such as `{ cart_origin: 'instagram' }`. */
  readonly attributes?: Readonly<Record<string, string | null | undefined>> | undefined
}

/** `meta`: one of the two, and nothing says which. */
export type MetaSource = 'facebook' | 'instagram' | 'meta'

/**
 * Words that stand for one of the two: `cart_origin` of Meta's checkout URL (docs/commerce-platform/setup-checkout-url),
 * and `fb`, `ig`, which Meta writes into an ad's address as its site source.
 */
const words: ReadonlyMap<string, MetaSource> = new Map([
  ['facebook', 'facebook'],
  ['fb', 'facebook'],
  ['instagram', 'instagram'],
  ['ig', 'instagram'],
  // Commerce Manager's preview.
  ['meta_shops', 'meta'],
  // Added by Meta to every way from a shop to the website, whichever of the two it is on.
  ['igshopping', 'meta'],
])

const hosts: readonly (readonly [RegExp, MetaSource])[] = [
  [/(^|\.)instagram\.com$/, 'instagram'],
  [/(^|\.)(facebook\.com|fb\.com|fb\.me)$/, 'facebook'],
]

const parsed = (address: string | null | undefined): URL | null =>
  address == null ? null : URL.parse(address, 'https://shop.invalid')

const wordOf = (word: string | null | undefined) => words.get((word ?? '').trim().toLowerCase())

function hostOf(referrer: URL | null): MetaSource | undefined {
  // The app itself, on Android: android-app://com.instagram.android
  if (referrer?.protocol === 'android-app:') {
    if (/^com\.instagram\b/.test(referrer.host)) return 'instagram'
    return /^com\.facebook\.(katana|lite)$/.test(referrer.host) ? 'facebook' : undefined
  }
  return hosts.find(([pattern]) => pattern.test(referrer?.hostname ?? ''))?.[1]
}

/**
 * Whether a buyer came from Facebook or Instagram, as far as the trail says so; `null`: nothing says it. The surest first:
 * what Meta's checkout URL was called with, then the campaign's word, the page before, and the click's mark
 * (`fbclid`), which stands for both.
 * @example metaSource({ landing: 'https://shop.example/cart?cart_origin=instagram' }) // 'instagram'
 */
export function metaSource({ landing, referrer, utmSource, attributes }: BuyerTrail): MetaSource | null {
  const query = parsed(landing)?.searchParams
  const signs = [
    wordOf(attributes?.cart_origin),
    wordOf(query?.get('cart_origin')),
    wordOf(utmSource),
    wordOf(query?.get('utm_source')),
    hostOf(parsed(referrer)),
    query?.has('fbclid') ? ('meta' as const) : undefined,
  ]
  return (
    signs.find((sign) => sign === 'facebook' || sign === 'instagram') ??
    (signs.includes('meta') ? 'meta' : null)
  )
}
