import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type AmazonConnection, type AmazonOptions, amazon } from '../../../adapters/amazon/index.ts'
import { parseOptions } from '../../../adapters/amazon/options.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { options } from './stage.ts'

function refusal(more: object): { field: string | undefined; message: string } {
  try {
    amazon({ ...options, ...more } as AmazonOptions)
  } catch (error) {
    if (isStockpoolError(error, 'invalid_input')) return { field: error.field, message: error.message }
  }
  return expect.unreachable('it was taken')
}

describe('amazon()', () => {
  it.each([
    [{ region: 'us' }, 'region'],
    [{ sellerId: ' ' }, 'sellerId'],
    [{ marketplaceIds: [] }, 'marketplaceIds'],
    [{ marketplaceIds: Array.from({ length: 51 }, (_, index) => `A${index}`) }, 'marketplaceIds'],
    [{ clientId: undefined }, 'clientId'],
    [{ clientSecret: '' }, 'clientSecret'],
    [{ refreshToken: 42 }, 'refreshToken'],
    [{ ordersSince: '2026-07-01' }, 'ordersSince'],
    [{ ordersSince: new Date('nonsense') }, 'ordersSince'],
    [{ overlapMs: -1 }, 'overlapMs'],
    [{ endpoint: 'sellingpartnerapi-na.amazon.com' }, 'endpoint'],
    [{ tokenEndpoint: 'ftp://api.amazon.com' }, 'tokenEndpoint'],
    [{ userAgent: 'x'.repeat(501) }, 'userAgent'],
    [{ userAgent: 'a\nb' }, 'userAgent'],
    [{ clientSecrte: 'x' }, 'clientSecrte'],
  ])('refuses %o, naming the option', (more, field) => expect(refusal(more).field).toBe(field))

  it('refuses a marketplace of another region: one connection per region', () => {
    expect(refusal({ marketplaceIds: ['ATVPDKIKX0DER', 'A1PA6795UKMFR9'] }).message).toContain('region eu')
    expect(refusal({ listingMarketplaces: { MUG: 'A1VC38T7YXB528' } }).message).toContain('region fe')
  })

  it('takes a marketplace that Amazon opened later', () => {
    expect(amazon({ ...options, marketplaceIds: ['ABRANDNEWPLACE'] }).kind).toBe('amazon')
  })

  it('an error never shows a credential', () => {
    const { message } = refusal({ clientSecret: 'amzn1.oa2-cs.v1.secret', region: 'moon' })
    expect(message).not.toContain('secret')
  })

  it.each([
    ['na', 'ATVPDKIKX0DER', 'sellingpartnerapi-na.amazon.com'],
    ['eu', 'A1F83G8C2ARO7P', 'sellingpartnerapi-eu.amazon.com'],
    ['fe', 'A1VC38T7YXB528', 'sellingpartnerapi-fe.amazon.com'],
  ] as const)('%s goes to its own host, and to Login with Amazon', (region, marketplace, host) => {
    const { hosts } = amazon({ ...options, region, marketplaceIds: [marketplace] })
    expect(hosts).toEqual([host, '*.amazonaws.com', 'api.amazon.com'])
  })

  it('another endpoint replaces the host', () => {
    const made = amazon({
      ...options,
      endpoint: 'http://127.0.0.1:4100/',
      tokenEndpoint: 'http://127.0.0.1:4100/auth/o2/token',
    })
    expect(made.hosts).toEqual(['127.0.0.1:4100'])
  })

  it('states the read interval under the hourly refill of searchOrders', () => {
    const { intervals, limits } = amazon(options)
    expect(intervals.ordersMs).toBe(300_000)
    expect(3_600_000 / 300_000).toBeLessThan((limits.searchOrders?.rate ?? 0) * 3600)
  })

  it('shows no secret when printed', () => {
    const text = inspect(amazon(options), { depth: 10 }) + JSON.stringify(amazon(options))
    expect(text).not.toContain(options.clientSecret)
    expect(text).not.toContain(options.refreshToken)
  })

  it('sends a User-Agent of the form that Amazon asks for', () => {
    expect(parseOptions(options).userAgent).toMatch(/^[\w.-]+\/[\w.]+ \(Language=.+; Platform=.+\)$/)
  })
})

const plain = {
  region: 'na',
  sellerId: 'A1EXAMPLESELLER',
  marketplaceIds: ['ATVPDKIKX0DER'],
  clientId: 'amzn1.application-oa2-client.test',
  clientSecret: 'amzn1.oa2-cs.v1.test-secret',
  refreshToken: 'Atzr|test-refresh-token',
} as const

// Asking for what Amazon cannot do is an error of types: these lines fail to compile if it ceases to be one.
const neverRun = (connection: AmazonConnection) => {
  // @ts-expect-error only with notifications
  amazon({ ...plain }).queue.parse
  amazon({ ...plain, notifications: {} }).queue.parse
  // @ts-expect-error it depends on the options
  connection.queue.parse
  // @ts-expect-error there is no such option
  amazon({ ...plain, clientSecrte: 'x' })
  // @ts-expect-error Amazon sends no webhooks over HTTP
  connection.webhooks.verify
  // @ts-expect-error there is no such region
  amazon({ ...options, region: 'us' })
}
it('has what its options ask for, and no more', () => {
  expect(neverRun).toBeTypeOf('function')
  expect('acknowledge' in amazon(options).orders).toBe(false)
  expect('acknowledge' in amazon({ ...options, acknowledgeOrders: true }).orders).toBe(true)
  for (const facet of ['queue', 'fulfillment', 'platformStock', 'labels', 'deadlines'])
    expect(facet in amazon(options)).toBe(false)
})
