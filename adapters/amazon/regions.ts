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

/** https://developer-docs.amazon.com/sp-api/docs/marketplace-ids */
const marketplaces: Readonly<Record<AmazonRegion, readonly string[]>> = {
  na: ['A2EUQ1WTGCTBG2', 'ATVPDKIKX0DER', 'A1AM78C64UM0Y8', 'A2Q3Y263D00KWC'],
  eu: [
    'A1RKKUPIHCS9HS', 'A1F83G8C2ARO7P', 'A13V1IB3VIYZZH', 'A1805IZSGTT6HS', 'A1PA6795UKMFR9', 'APJ6JRA9NG5V4',
    'A2NODRKZP88ZB9', 'A1C3SOZRARQ6R3', 'ARBP9OOSHTCHU', 'A33AVAJ2PDY3EV', 'A17E79C6D8DWNP', 'A2VIGQ35RCS4UG',
    'A21TJRUUN4KGV', 'AMEN7PMS3EDWL', 'A28R8C7NBKEWEA', 'AE08WJ6YKNBMC',
  ], // biome-ignore format: a table reads better packed
  fe: ['A19VAU5U5O7RUS', 'A39IBJ37TRP1C6', 'A1VC38T7YXB528'],
}

/** The region of a marketplace; `null` for one that Amazon opened after this table was written. */
export function regionOf(marketplaceId: string): AmazonRegion | null {
  for (const region of ['na', 'eu', 'fe'] as const) {
    if (marketplaces[region].includes(marketplaceId)) return region
  }
  return null
}
