import { describe, expect, it } from 'vitest'
import { type ShipStreamOptions, shipstream } from '../../../adapters/shipstream/index.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { options, settings } from './fixtures.ts'

const refusal = (more: object) => {
  try {
    shipstream({ ...options, ...more } as ShipStreamOptions)
  } catch (thrown) {
    if (isStockpoolError(thrown, 'invalid_input')) return thrown
    throw thrown
  }
  return expect.unreachable()
}

describe('the options', () => {
  it('have defaults for all but the address and the credentials', () => {
    const connection = shipstream(options)
    expect(connection).toMatchObject({
      kind: 'shipstream',
      hosts: ['acme.shipstream.app'],
      intervals: { updatesMs: 60_000, stockMs: 300_000, returnsMs: 600_000 },
      limits: { api: { rate: 10, burst: 20 } },
    })
    expect(connection.webhooks).toBeUndefined()
    expect(shipstream({ ...options, webhookSecret: 's3cret' }).webhooks?.maxBytes).toBe(1_048_576)
  })

  it.each([
    ['https://acme.shipstream.app', 'https://acme.shipstream.app/api/jsonrpc'],
    ['https://acme.shipstream.app/', 'https://acme.shipstream.app/api/jsonrpc'],
    [
      'https://redstagfulfillment.com/backend/api/jsonrpc',
      'https://redstagfulfillment.com/backend/api/jsonrpc',
    ],
    [
      'https://redstagfulfillment.com/sandbox/api/jsonrpc/',
      'https://redstagfulfillment.com/sandbox/api/jsonrpc',
    ],
  ])('take the address %s', (endpoint, expected) => {
    expect(settings({ endpoint }).endpoint).toBe(expected)
  })

  it('name every secret, the one in the header too', () => {
    const secrets = shipstream({ ...options, webhookSecret: 's3cret' }).secrets()
    expect(secrets).toEqual(['k-4f1c09', btoa('pool:k-4f1c09'), 's3cret'])
  })

  it.each([
    ['endpoint', { endpoint: 'acme' }],
    ['endpoint', { endpoint: 'https://pool:k@acme.shipstream.app' }],
    ['username', { username: 'po:ol' }],
    ['apiKey', { apiKey: 'k-4f1 c09' }],
    ['apiKey', { apiKey: undefined }],
    ['auth', { auth: 'oauth' }],
    ['timeZone', { timeZone: 'Eastern' }],
    ['shippingMethods.two-day', { shippingMethods: { 'two-day': 'cheapest_ON_TIME' } }],
    ['backorderPolicy', { backorderPolicy: 'whenever' }],
    ['warehouses.0', { warehouses: ['east'] }],
    ['requestsPerSecond', { requestsPerSecond: 0 }],
    ['updatesSince', { updatesSince: '2026-01-01' }],
    ['intervals.stockMs', { intervals: { stockMs: 1 } }],
    ['token', { token: 'x' }],
  ])('refuse a wrong %s, by name and without its value', (field, more) => {
    const error = refusal(more)
    expect(error.field).toBe(field)
    expect(error.message).not.toContain('k-4f1c09')
  })
})
