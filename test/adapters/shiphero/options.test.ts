import { describe, expect, it } from 'vitest'
import { type ShipHeroOptions, shiphero } from '../../../adapters/shiphero/index.ts'
import { options, settings } from './fixtures.ts'

describe('the options', () => {
  it.each([
    [{ refreshToken: '' }, 'refreshToken'],
    [{ refreshToken: 'a b' }, 'refreshToken'],
    [{ endpoint: 'ftp://x' }, 'endpoint'],
    [{ updatesSince: 'yesterday' }, 'updatesSince'],
    [{ returnsDays: 0 }, 'returnsDays'],
    [{ shippingMethods: { overnight: 'x' } }, 'shippingMethods'],
    [{ shippingMethods: { economy: { carrier: 'ups' } } }, 'shippingMethods.economy'],
    [{ statuses: { Wholesale: 'shipped' } }, 'statuses.Wholesale'],
    [{ warehouses: [''] }, 'warehouses.0'],
    [{ webhookTopics: [] }, 'webhookTopics'],
    [{ creditShare: 0.1 }, 'creditShare'],
    [{ creditShare: 1.5 }, 'creditShare'],
    [{ intervals: { stockMs: 5 } }, 'intervals.stockMs'],
    [{ token: 'x' }, 'token'],
  ])('%j are refused by name', (wrong, field) => {
    const given = { ...options, ...wrong } as ShipHeroOptions
    expect(() => shiphero(given)).toThrow(
      expect.objectContaining({
        code: 'invalid_input',
        field: expect.stringContaining(field),
        remedy: expect.stringContaining('docs/shiphero.md'),
      }),
    )
  })

  it('never shows a secret in a refusal', () => {
    try {
      shiphero({ refreshToken: 'rt secret', webhookSecrets: ['whs'] })
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toContain('rt secret')
    }
  })

  it('are complete with the refresh token alone', () => {
    expect(settings()).toMatchObject({
      endpoint: 'https://public-api.shiphero.com',
      host: 'public-api.shiphero.com',
      customer: null,
      shopName: 'stockpool',
      returnsMs: 90 * 86_400_000,
      intervals: { updatesMs: 60_000, stockMs: 300_000, returnsMs: 3_600_000 },
    })
    const connection = shiphero({ ...options, webhookSecrets: ['whs-1'] })
    expect(connection).toMatchObject({ kind: 'shiphero', hosts: ['public-api.shiphero.com'] })
    expect(connection.secrets()).toEqual(['rt-4f1c09e7', 'whs-1'])
    expect(connection.limits).toEqual({ credits: { rate: 60, burst: 4004 }, token: { rate: 1, burst: 5 } })
  })

  it('share the credits of an account', () => {
    expect(shiphero({ ...options, creditShare: 0.5 }).limits.credits).toEqual({ rate: 30, burst: 2002 })
  })
})
