import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { shipbob } from '../../../adapters/shipbob/index.ts'
import { limitsFor, throttleOf } from '../../../adapters/shipbob/limits.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { options } from './fixtures.ts'

describe('the options', () => {
  it.each([
    ['token', { token: '' }],
    ['token', { token: 'two words' }],
    ['channelId', { channelId: 'my channel' }],
    ['channelId', { channelId: 1.5 }],
    ['endpoint', { endpoint: 'api.shipbob.com' }],
    ['version', { version: '2.0' }],
    ['updatesSince', { updatesSince: '2026-03-01T00:00:00' }],
    ['shippingMethods.two-day', { shippingMethods: { 'two-day': ' ' } }],
    ['requestsPerMinute', { requestsPerMinute: 151 }],
    ['locations.0', { locations: ['east'] }],
    ['webhookSecrets', { webhookSecrets: 'whsec_1' }],
  ])('a wrong %s is named', (field, wrong) => {
    try {
      shipbob({ ...options, ...wrong } as typeof options)
      expect.unreachable()
    } catch (error) {
      expect(isStockpoolError(error, 'invalid_input')).toBe(true)
      expect(error).toMatchObject({ field })
    }
  })

  it('without a secret there are no webhooks; secrets are told when asked and not shown', () => {
    const plain = shipbob(options)
    expect(plain.webhooks).toBeUndefined()
    expect(plain.secrets()).toEqual(['pat-4f1c09'])
    const full = shipbob({ ...options, webhookSecret: 'whsec_c2VjcmV0' })
    expect(full.secrets()).toEqual(['pat-4f1c09', 'whsec_c2VjcmV0'])
    expect(inspect(full, { depth: 9 }) + JSON.stringify(full)).not.toMatch(/pat-4f1c09|c2VjcmV0/)
  })
})

describe('the limit', () => {
  it('never lets more than the budget into a window of 60 seconds, and uses all of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 150 }), (budget) => {
        const { rate = 0, burst = 0 } = limitsFor(budget).api ?? {}
        expect(burst + 60 * rate).toBeCloseTo(budget, 9)
        expect(burst).toBeGreaterThanOrEqual(1)
      }),
      { seed: process.env.SEED ? Number(process.env.SEED) : undefined },
    )
    expect(shipbob(options).limits.api?.burst).toBe(24)
  })

  it.each([
    [200, { 'x-remaining-calls': '120' }, { remaining: 120 }],
    [200, { 'x-remaining-calls': '120', 'x-retry-after': '25' }, { remaining: 120 }],
    [200, { 'x-remaining-calls': '0', 'x-retry-after': '25' }, { remaining: 0, retryAfterMs: 25_000 }],
    [429, { 'x-retry-after': '1.5' }, { retryAfterMs: 1_500 }],
    [429, { 'x-retry-after': '2', 'retry-after': '20' }, { retryAfterMs: 20_000 }],
    [200, {}, null],
    [200, { 'x-remaining-calls': 'many' }, null],
    [429, { 'x-retry-after': '' }, null],
  ])('reads %i %j', (status, headers, reading) => {
    expect(throttleOf({ status, headers, body: null })).toEqual(reading)
  })
})
