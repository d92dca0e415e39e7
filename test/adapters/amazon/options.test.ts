import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type AmazonConnection, type AmazonOptions, amazon } from '../../../adapters/amazon/index.ts'
import { parseOptions } from '../../../adapters/amazon/options.ts'
import { countryOf, regionOf } from '../../../adapters/amazon/regions.ts'
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
    [{ bulkFrom: 0 }, 'bulkFrom'],
    [{ bulkFrom: 25_001 }, 'bulkFrom'],
    [{ returnsDays: 61 }, 'returnsDays'],
    [{ mcf: false }, 'mcf'],
    [{ mcf: { blankbox: true } }, 'blankbox'],
    [{ mcf: { channels: { tiktok: { blankBox: 'yes' } } } }, 'mcf.channels.tiktok.blankBox'],
    [{ labels: { format: 'GIF' } }, 'labels.format'],
    [
      { notifications: { eventBridge: { accountId: '12', region: 'us-east-1' } } },
      'notifications.eventBridge.accountId',
    ],
    [
      { notifications: { eventBridge: { accountId: '123456789012', region: 'moon' } } },
      'notifications.eventBridge.region',
    ],
    [{ notifications: { sqsArn: 'https://sqs.us-east-1.amazonaws.com/1/q' } }, 'notifications.sqsArn'],
    [{ fbaMarketplaces: [] }, 'fbaMarketplaces'],
    [{ clientSecretSince: 'yesterday' }, 'clientSecretSince'],
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

describe('deadlines', () => {
  const since = '2026-01-01T00:00:00Z'
  const dayMs = 86_400_000

  it('are told ahead: the client secret after 180 days, the consent after 365', async () => {
    const { deadlines } = amazon({ ...options, clientSecretSince: since, consentSince: new Date(since) })
    const found = await deadlines?.({} as never)
    expect(found?.map(({ what, at }) => [what, (at - Date.parse(since)) / dayMs])).toEqual([
      ['the client secret of the Amazon application', 180],
      ["the seller's consent to the Amazon application", 365],
    ])
    for (const { remedy } of found ?? []) expect(remedy).toMatch(/clientSecretSince|consentSince/)
  })

  it('a secret that was rotated is another deadline, told anew', async () => {
    const idOf = async (clientSecretSince: string) => {
      const [found] = (await amazon({ ...options, clientSecretSince }).deadlines?.({} as never)) ?? []
      return found?.id
    }
    expect(await idOf(since)).toBe(await idOf(since))
    expect(await idOf(since)).not.toBe(await idOf('2026-06-01T00:00:00Z'))
  })
})

it('its documents lie in S3, in the sandbox at CloudFront, and nowhere else', () => {
  const endpoint = 'https://sandbox.sellingpartnerapi-na.amazon.com'
  expect(amazon({ ...options, endpoint }).hosts).toEqual([
    'sandbox.sellingpartnerapi-na.amazon.com',
    '*.amazonaws.com',
    '*.cloudfront.net',
    'api.amazon.com',
  ])
})

it.each([
  ['ATVPDKIKX0DER', 'na', 'US'],
  ['A1F83G8C2ARO7P', 'eu', 'GB'],
  ['A1VC38T7YXB528', 'fe', 'JP'],
  ['ABRANDNEWPLACE', null, null],
  ['toString', null, null],
])('marketplace %s is in region %s, country %s', (id, region, country) => {
  expect([regionOf(id), countryOf(id)]).toEqual([region, country])
})

// Asking for what Amazon cannot do is an error of types: these lines fail to compile if it ceases to be one.
const neverRun = (connection: AmazonConnection) => {
  // @ts-expect-error only with notifications
  amazon({ ...plain }).queue.parse
  amazon({ ...plain, notifications: {} }).queue.parse
  // @ts-expect-error it depends on the options
  connection.queue.parse
  // @ts-expect-error only with mcf
  amazon({ ...plain }).fulfillment.submit
  amazon({ ...plain, mcf: true }).fulfillment.submit
  // @ts-expect-error only with fbaStock
  amazon({ ...plain, fbaStock: false }).platformStock.stock
  amazon({ ...plain, fbaStock: true }).platformStock.stock
  // @ts-expect-error only with labels
  amazon({ ...plain }).labels.rates
  amazon({ ...plain, labels: { format: 'ZPL' } }).labels.rates
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
