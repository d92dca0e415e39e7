/** Amazon keeps sellers in three regions; a refresh token is good for one of them. */
export type AmazonRegion = 'na' | 'eu' | 'fe'

/** https://developer-docs.amazon.com/sp-api/docs/sp-api-endpoints */
export const endpoints: Readonly<Record<AmazonRegion, string>> = {
  na: 'https://sellingpartnerapi-na.amazon.com',
  eu: 'https://sellingpartnerapi-eu.amazon.com',
  fe: 'https://sellingpartnerapi-fe.amazon.com',
}

/** Login with Amazon answers here for every region, never on the SP-API host (amzn/selling-partner-api-models#955). */
export const lwaEndpoint = 'https://api.amazon.com/auth/o2/token'

/** Marketplace and country, by region. https://developer-docs.amazon.com/sp-api/docs/marketplace-ids */
const marketplaces: Readonly<Record<AmazonRegion, Readonly<Record<string, string>>>> = {
  // biome-ignore format: a table reads better packed
  na: {
    A2EUQ1WTGCTBG2: 'CA', ATVPDKIKX0DER: 'US', A1AM78C64UM0Y8: 'MX', A2Q3Y263D00KWC: 'BR',
  },
  // biome-ignore format: a table reads better packed
  eu: {
    A1RKKUPIHCS9HS: 'ES', A1F83G8C2ARO7P: 'GB', A13V1IB3VIYZZH: 'FR', A1805IZSGTT6HS: 'NL', A1PA6795UKMFR9: 'DE',
    APJ6JRA9NG5V4: 'IT', A2NODRKZP88ZB9: 'SE', A1C3SOZRARQ6R3: 'PL', ARBP9OOSHTCHU: 'EG', A33AVAJ2PDY3EV: 'TR',
    A17E79C6D8DWNP: 'SA', A2VIGQ35RCS4UG: 'AE', A21TJRUUN4KGV: 'IN', AMEN7PMS3EDWL: 'BE', A28R8C7NBKEWEA: 'IE',
    AE08WJ6YKNBMC: 'ZA',
  },
  fe: { A19VAU5U5O7RUS: 'SG', A39IBJ37TRP1C6: 'AU', A1VC38T7YXB528: 'JP' },
}

const regions = ['na', 'eu', 'fe'] as const

/** The region of a marketplace; `null` for one that Amazon opened after this table was written. */
export function regionOf(marketplaceId: string): AmazonRegion | null {
  return regions.find((region) => Object.hasOwn(marketplaces[region], marketplaceId)) ?? null
}

/** The country of a marketplace, ISO 3166-1 alpha-2; `null` as in `regionOf`. */
export function countryOf(marketplaceId: string): string | null {
  const region = regionOf(marketplaceId)
  return region === null ? null : (marketplaces[region][marketplaceId] ?? null)
}
