import { describe, expect, it } from 'vitest'
import { type MetaOptions, meta } from '../../../adapters/meta/index.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { options } from './stage.ts'

const refusal = (over: Record<string, unknown>) => {
  try {
    meta({ ...options, ...over } as MetaOptions)
    return null
  } catch (error) {
    return isStockpoolError(error) ? error : null
  }
}

describe('options', () => {
  it.each([
    ['catalogId', { catalogId: 'my-catalogue' }],
    ['catalogId', { catalogId: '' }],
    ['accessToken', { accessToken: ' ' }],
    ['appSecret', { appSecret: '' }],
    ['shopId', { shopId: 'x' }],
    ['version', { version: '26' }],
    ['version', { version: 'v25.0' }],
    ['endpoint', { endpoint: 'graph.facebook.com' }],
    ['deletionStatusUrl', { deletionStatusUrl: 'http://shop.example/deletion' }],
    ['checkAfterMs', { checkAfterMs: -1 }],
    ['sellable.MUG', { sellable: { MUG: 'out of stock' } }],
    ['catalogID', { catalogID: '1' }],
  ])('a wrong %s is named, with a remedy and without the secrets', (field, over) => {
    const error = refusal(over)
    expect(error).toMatchObject({ code: 'invalid_input', field })
    expect(error?.remedy).toBeTruthy()
    expect(JSON.stringify(error)).not.toContain(options.accessToken)
    expect(JSON.stringify(error)).not.toContain(options.appSecret)
  })

  it('a later version is taken', () => {
    expect(meta({ ...options, version: 'v27.0' }).kind).toBe('meta')
  })

  it('names every secret, the proof that is made of two of them too', () => {
    const secrets = meta(options).secrets()
    expect(secrets).toEqual(
      expect.arrayContaining([options.accessToken, options.appSecret, 'our-verify-token']),
    )
    expect(secrets.some((one) => /^[0-9a-f]{64}$/.test(one))).toBe(true)
  })
})
