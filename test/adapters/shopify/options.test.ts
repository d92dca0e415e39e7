import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  type ShopifyConnection,
  type ShopifyOptions,
  type ShopifyPolledConnection,
  shopify,
} from '../../../adapters/shopify/index.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { options } from './fixtures.ts'

const fieldOf = (over: object) => {
  try {
    shopify({ ...options, ...over } as ShopifyOptions)
  } catch (error) {
    if (isStockpoolError(error, 'invalid_input') && error.remedy) return error.field
    throw error
  }
  return null
}

describe('the options', () => {
  it('take a shop by its name, its domain or its address', () => {
    for (const shop of ['my-shop', 'My-Shop.myshopify.com', 'https://my-shop.myshopify.com/']) {
      // And the store of the files of bulk operations.
      expect(shopify({ ...options, shop }).hosts).toEqual(['my-shop.myshopify.com', 'storage.googleapis.com'])
    }
  })

  it.each([
    [{ shop: '' }, 'shop'],
    [{ shop: 'evil.example/x' }, 'shop'],
    [{ shop: undefined }, 'shop'],
    [{ version: '2026-01' }, 'version'],
    [{ version: 'latest' }, 'version'],
    [{ location: '7001' }, 'location'],
    [{ location: undefined }, 'location'],
    [{ auth: undefined }, 'auth'],
    [{ auth: { accessToken: '' } }, 'auth'],
    [{ auth: { clientId: 'id' } }, 'auth'],
    [{ auth: { clientId: 'id', clientSecret: 's', refreshToken: '' } }, 'auth'],
    [{ bulkFrom: 0 }, 'bulkFrom'],
    [{ endpoint: 'nowhere' }, 'endpoint'],
    [{ ordersSince: '2026-07-01' }, 'ordersSince'],
    [{ ordersSince: '2026-07-01T00:00:00' }, 'ordersSince'],
    [{ overlapMs: -1 }, 'overlapMs'],
    [{ overlapMs: Number.NaN }, 'overlapMs'],
  ])('%o is refused as %s', (over, field) => {
    expect(fieldOf(over)).toBe(field)
  })

  it('decide which facets there are', () => {
    const { webhookSecret: _, ...polled } = options
    expect(shopify(polled).webhooks).toBeUndefined()
    expect(shopify(options).webhooks).toBeDefined()
    const auth = { clientId: 'id', clientSecret: 'secret' }
    expect(shopify({ ...polled, auth }).webhooks).toBeDefined()
    expectTypeOf(shopify(polled)).toEqualTypeOf<ShopifyPolledConnection>()
    expectTypeOf(shopify(options)).toEqualTypeOf<ShopifyConnection>()
    expectTypeOf(shopify({ ...polled, auth })).toEqualTypeOf<ShopifyConnection>()
  })

  it('keep secrets out of sight', () => {
    const connection = shopify(options)
    expect(connection.secrets()).toEqual([options.auth.accessToken, options.webhookSecret])
    expect(JSON.stringify(connection)).not.toContain('0123456789abcdef')
  })
})
