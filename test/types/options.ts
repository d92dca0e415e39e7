import type { AmazonOptions } from 'stockpool/amazon'
import type { MetaOptionsWithSecret } from 'stockpool/meta'
import type { ShipBobOptions } from 'stockpool/shipbob'
import type { ShopifyOptions } from 'stockpool/shopify'

/** Options that the compiler takes. */
export const amazonOptions: AmazonOptions = {
  region: 'na',
  sellerId: 'A1EXAMPLESELLER',
  marketplaceIds: ['ATVPDKIKX0DER'],
  clientId: 'amzn1.application-oa2-client.example',
  clientSecret: 'secret',
  refreshToken: 'Atzr|example',
}

export const metaOptions: MetaOptionsWithSecret = {
  catalogId: '1017309634048260',
  accessToken: 'EAAexample',
  appSecret: 'secret',
}

export const shipbobOptions: ShipBobOptions = { token: 'pat', channelId: 1 }

export const shopifyOptions: ShopifyOptions = {
  shop: 'example',
  auth: { accessToken: 'shpat_example' },
  location: 'gid://shopify/Location/1',
}
