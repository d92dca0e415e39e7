import { describe, expect, it } from 'vitest'
import { parseOptions as amazonSettings } from '../../adapters/amazon/options.ts'
import { amazonOrders } from '../../adapters/amazon/orders.ts'
import { easypost } from '../../adapters/easypost/index.ts'
import { settingsFrom as shipbobSettings } from '../../adapters/shipbob/options.ts'
import { readReturns as shipbobReturns } from '../../adapters/shipbob/returns.ts'
import { readReturns as shipheroReturns } from '../../adapters/shiphero/returns.ts'
import { readUpdates as shipheroUpdates } from '../../adapters/shiphero/updates.ts'
import { shopifyOrders } from '../../adapters/shopify/orders.ts'
import { readReturns as shopifyReturns } from '../../adapters/shopify/read-returns.ts'
import { readFeed } from '../../adapters/tiktok/feed.ts'
import { parseOptions as tiktokSettings } from '../../adapters/tiktok/options.ts'
import { StockpoolError } from '../../src/error.ts'
import type { AdapterContext, HttpRequest } from '../../src/spec/index.ts'
import { options as amazonOptions } from './amazon/stage.ts'
import { options as shipbobOptions } from './shipbob/fixtures.ts'
import { page as shipheroPage, settings as shipheroSettings } from './shiphero/fixtures.ts'
import { shop, page as shopifyPage } from './shopify/fixtures.ts'
import { options as tiktokOptions } from './tiktok/stage.ts'

const now = Date.UTC(2026, 6, 10, 12)
const since = Date.UTC(2026, 6, 1)
const token = 'of-last-week'

/** A platform that refuses the old token, and has no more rows; what it took is kept. */
function platform(body: unknown) {
  const taken: string[] = []
  const http = {
    async request<T>(request: HttpRequest<T>) {
      const asked = JSON.stringify([request.query, (request.json as { variables?: object })?.variables])
      if (asked.includes(token)) throw new StockpoolError('rejected', 'what page is that?')
      taken.push(asked)
      return { data: request.schema.parse(body), body, status: 200, headers: {} }
    },
  }
  const context = {
    clock: { now: () => now },
    log: { debug() {}, info() {}, warn() {} },
    tokens: { get: async () => 'token', invalidate: async () => {} },
    http,
  } as unknown as AdapterContext
  return { taken, context }
}

type Read = (context: AdapterContext, cursor: string) => Promise<{ cursor: string; more: boolean }>
interface Case {
  readonly read: Read
  /** The cursor in the midst of a pass. */
  readonly cursor: object
  /** The answer without rows. */
  readonly body: unknown
  /** From when it asks after it has begun again. */
  readonly from: string
}

const shopifyAt = { v: 1, seen: since, from: since - 3_600_000, began: now - 86_400_000, after: token }
const fromSeen = new Date(since - shop.overlapMs).toISOString().slice(0, 19)
const feed = (context: AdapterContext) => ({
  what: 'a list',
  list: async (query: object) => {
    const request = { query, schema: { parse: () => ({ rows: [], next: null }) } }
    return (await context.http.request(request as never)).data as { rows: unknown[]; next: null }
  },
  read: (raw: unknown) => raw,
  idOf: () => null,
  updatedAt: () => '',
})

const cases: Readonly<Record<string, Case>> = {
  'ShipBob’s returns': {
    read: (context, cursor) => shipbobReturns(context, shipbobSettings(shipbobOptions), cursor),
    cursor: { since, began: since + 1, sweep: 'completed', page: `Cursor=${token}` },
    body: { items: [], next: null },
    from: 'AwaitingArrival',
  },
  'ShipHero’s orders': {
    read: (context, cursor) => shipheroUpdates(context, shipheroSettings(), cursor),
    cursor: { since, began: since + 1, after: token },
    body: { data: { orders: { complexity: 1, data: shipheroPage([]) } } },
    from: '2026-07-01T00:00:00',
  },
  'ShipHero’s returns': {
    read: (context, cursor) => shipheroReturns(context, shipheroSettings(), cursor),
    cursor: { since, began: since + 1, after: token, open: null },
    body: { data: { returns: { complexity: 1, data: shipheroPage([]) } } },
    from: '2026-07-01T00:00:00',
  },
  'Shopify’s orders': {
    read: (context, cursor) => shopifyOrders(shop).read(context, cursor),
    cursor: shopifyAt,
    body: { data: { orders: shopifyPage() } },
    from: fromSeen,
  },
  'Shopify’s returns': {
    read: (context, cursor) => shopifyReturns(shop, context, cursor),
    cursor: shopifyAt,
    body: { data: { orders: shopifyPage() } },
    from: fromSeen,
  },
  'EasyPost’s trackers': {
    read: (context, cursor) => easypost({ apiKey: 'EZAK-1', followDays: 10 }).tracking.read(context, cursor),
    cursor: { before: token, since: new Date(since).toISOString() },
    body: { trackers: [], has_more: false },
    from: '2026-06-30T12:00:00',
  },
  'TikTok’s lists': {
    read: (context, cursor) => readFeed(context, tiktokSettings(tiktokOptions), feed(context), cursor),
    cursor: { watermark: since, pass: { began: now, from: since / 1000, token } },
    body: null,
    from: String(since / 1000),
  },
  'Amazon’s orders': {
    read: (context, cursor) => amazonOrders(amazonSettings(amazonOptions)).read(context, cursor),
    cursor: { watermark: since, page: { token, after: 'x', until: now, issued: now - 3_600_000, seen: [] } },
    body: { orders: [], pagination: null },
    from: '2026-06-30T23',
  },
}

describe.each(Object.entries(cases))('%s', (_, { read, cursor, body, from }) => {
  it('begin again, from where the pass began, when the kept page is refused', async () => {
    const { taken, context } = platform(body)
    let page = await read(context, JSON.stringify(cursor))
    expect(page.more).toBe(true)
    expect(taken).toEqual([])
    for (let pages = 0; page.more && pages < 5; pages += 1) page = await read(context, page.cursor)
    expect(page.more).toBe(false)
    expect(taken[0]).toContain(from)
  })

  it('tell of a refusal soon after that, and begin again once an hour is over', async () => {
    const { context } = platform(body)
    const { cursor: begun } = await read(context, JSON.stringify(cursor))
    const again = (restartedAt: number) => {
      const text = JSON.stringify(cursor).replace('{', `{"restartedAt":${restartedAt},`)
      const inPass = JSON.stringify(cursor).replace('"pass":{', `"pass":{"restartedAt":${restartedAt},`)
      return read(context, 'pass' in cursor ? inPass : text)
    }
    expect(begun).toContain(`"restartedAt":${now}`)
    await expect(again(now - 60_000)).rejects.toMatchObject({ code: 'rejected' })
    expect((await again(now - 3_600_000)).more).toBe(true)
  })
})
