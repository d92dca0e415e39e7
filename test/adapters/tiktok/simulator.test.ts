import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { signRequest } from '../../../adapters/tiktok/sign.ts'
import {
  startTikTokSimulator,
  type TikTokSimulator,
  type TikTokSimulatorOptions,
} from '../../../adapters/tiktok/simulator/index.ts'
import { type VirtualClock, virtualClock } from '../../../src/simulator/index.ts'
import { stage } from './stage.ts'

/** The simulator as a stranger meets it, without the adapter. */

interface Answer {
  readonly status: number
  readonly code: number
  readonly message: string
  readonly request_id: string
  readonly data: Record<string, never> | null
}

interface Over {
  readonly query?: Record<string, string>
  readonly token?: string | null
  readonly secret?: string
  readonly cipher?: string | null
  readonly timestamp?: number
  readonly sign?: (sign: string) => string
  readonly method?: string
}

let clock: VirtualClock
let simulator: TikTokSimulator

async function start(options: TikTokSimulatorOptions = {}) {
  clock = virtualClock(Date.UTC(2026, 6, 1))
  simulator = await startTikTokSimulator({ clock, settlingMs: 0, ...options })
}
beforeEach(() => start())
afterEach(async () => {
  expect(simulator.errors).toEqual([])
  await simulator.close()
})

async function grant(refreshToken = simulator.options.refreshToken, over: Record<string, string> = {}) {
  const { appKey, appSecret, authEndpoint } = simulator.options
  const query = new URLSearchParams({
    app_key: appKey,
    app_secret: appSecret,
    refresh_token: refreshToken,
    grant_type: 'refresh_token',
    ...over,
  })
  const response = await fetch(`${authEndpoint}/api/v2/token/refresh?${query}`)
  return (await response.json()) as { code: number; data: Record<string, string & number> | null }
}

async function tokenOf() {
  return (await grant()).data?.access_token ?? ''
}

async function ask(path: string, body: unknown, token: string, over: Over = {}): Promise<Answer> {
  const { appKey, appSecret, endpoint } = simulator.options
  const cipher = over.cipher === undefined ? await cipherOf(token) : over.cipher
  const text = body === undefined ? '' : JSON.stringify(body)
  const query: Record<string, string> = {
    app_key: appKey,
    timestamp: String(over.timestamp ?? Math.floor(clock.now() / 1000)),
    ...(cipher === null ? {} : { shop_cipher: cipher }),
    ...over.query,
  }
  const sign = signRequest(over.secret ?? appSecret, { path, query: Object.entries(query), body: text })
  const all = new URLSearchParams({ ...query, sign: over.sign?.(sign) ?? sign })
  const response = await fetch(`${endpoint}${path}?${all}`, {
    method: over.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      'content-type': 'application/json',
      ...(over.token === null ? {} : { 'x-tts-access-token': over.token ?? token }),
    },
    ...(body === undefined ? {} : { body: text }),
  })
  return { status: response.status, ...((await response.json()) as Omit<Answer, 'status'>) }
}

let known: { of: TikTokSimulator; cipher: string } | null = null

async function cipherOf(token: string): Promise<string> {
  if (known?.of !== simulator) {
    const { data } = await ask(shops, undefined, token, { cipher: null })
    known = { of: simulator, cipher: (data as unknown as { shops: [{ cipher: string }] }).shops[0].cipher }
  }
  return known.cipher
}

const search = '/order/202309/orders/search'
const shops = '/authorization/202309/shops'

describe('the gate', () => {
  it('lets a signed call with a token and the shop’s cipher pass, and names every answer', async () => {
    const answer = await ask(search, {}, await tokenOf())
    expect(answer).toMatchObject({
      status: 200,
      code: 0,
      data: { orders: [], next_page_token: '', total_count: 0 },
    })
    expect(answer.request_id).toMatch(/^2026/)
  })

  it.each([
    ['another app_key', { query: { app_key: 'other' } }, 36009004, 'app_key'],
    ['a time of long ago', { timestamp: Date.UTC(2026, 6, 1) / 1000 - 302 }, 36009004, 'timestamp'],
    ['a time to come', { timestamp: Date.UTC(2026, 6, 1) / 1000 + 40 }, 36009004, 'timestamp'],
    ['another secret', { secret: 'other' }, 106001, 'Signature'],
    ['an upper-case signature', { sign: (sign: string) => sign.toUpperCase() }, 106001, 'Signature'],
    ['no token', { token: null }, 36009004, 'x-tts-access-token'],
    ['a token that nobody gave', { token: 'TTP_x' }, 105002, 'x-tts-access-token'],
    ['no cipher', { cipher: null }, 106013, 'shop_cipher'],
    ['the cipher of another shop', { cipher: 'ROW_x' }, 106011, 'shop_cipher'],
    ['a method that the path has not', { method: 'PUT' }, 36009009, 'path'],
  ] as const)('refuses %s', async (_, over, code, word) => {
    const answer = await ask(search, {}, await tokenOf(), over)
    expect(answer.code).toBe(code)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.message.toLowerCase()).toContain(word.toLowerCase())
  })

  it('refuses a cipher where no shop is named', async () => {
    const token = await tokenOf()
    const cipher = await cipherOf(token)
    expect((await ask(shops, undefined, token)).code).toBe(36009004)
    expect(await ask(shops, undefined, token, { cipher: null })).toMatchObject({
      code: 0,
      data: { shops: [{ cipher, region: 'US' }] },
    })
  })

  it('takes one scope away and leaves the others', async () => {
    await simulator.control('auth/deny', { operation: 'GetOrderList' })
    const token = await tokenOf()
    expect(await ask(search, {}, token)).toMatchObject({ status: 403, code: 105005 })
    expect(await ask('/product/202309/inventory/search', { sku_ids: ['1'] }, token)).toMatchObject({
      code: 0,
    })
  })

  it('gives each endpoint its own share of calls', async () => {
    await simulator.close()
    await start({ limit: { rate: 1, burst: 2 } })
    const token = await tokenOf()
    const codes = [] as number[]
    for (let call = 0; call < 3; call += 1) codes.push((await ask(search, {}, token)).status)
    expect(codes).toEqual([200, 200, 429])
    expect((await ask(shops, undefined, token, { cipher: null })).status).toBe(200)
    await clock.advance(1_000)
    expect((await ask(search, {}, token)).status).toBe(200)
  })
})

describe('tokens', () => {
  it('end at a time, not after a while', async () => {
    const { data } = await grant()
    expect(data?.access_token_expire_in).toBe(clock.now() / 1000 + 7 * 86_400)
    const token = data?.access_token ?? ''
    await clock.advance(7 * 86_400_000)
    expect((await ask(search, {}, token, { cipher: null })).code).toBe(105002)
  })

  it('are not given for a wrong secret, grant or refresh token: HTTP 200 all the same', async () => {
    expect((await grant(undefined, { app_secret: 'other' })).code).toBe(36004003)
    expect((await grant(undefined, { grant_type: 'authorized_code' })).code).toBe(36004002)
    expect((await grant('TTP_other')).code).toBe(36004005)
  })

  it('rotate strictly when told to: the adapter keeps the newest', async () => {
    await using at = await stage({ strictRotation: true })
    await at.list('MUG', 5)
    const order = await at.buy('MUG')
    for (let round = 0; round < 3; round += 1) {
      expect((await at.connection.orders.get(at.context, order))?.id).toBe(order)
      await at.simulator.control('auth/revoke-tokens')
    }
    expect((await at.connection.orders.get(at.context, order))?.id).toBe(order)
    expect(at.simulator.count('RefreshToken')).toBe(4)
    expect(await at.connection.deadlines(at.context)).toMatchObject([
      { id: 'authorisation', at: at.clock.now() + 365 * 86_400_000 },
    ])
  })

  it('are all void once the seller withdraws', async () => {
    await using at = await stage()
    await at.connection.orders.read(at.context, null)
    await at.simulator.control('auth/revoke-all')
    await expect(at.connection.orders.read(at.context, null)).rejects.toMatchObject({ code: 'auth' })
  })
})

describe('the order list', () => {
  it('is paged by a token, and refuses one that it never gave', async () => {
    await simulator.control('listings', { sku: 'MUG', quantity: 9 })
    for (let each = 0; each < 3; each += 1)
      await simulator.control('orders', { lines: [{ sku: 'MUG', quantity: 1 }] })
    const token = await tokenOf()
    const first = await ask(search, {}, token, { query: { page_size: '2' } })
    expect(first.data).toMatchObject({ orders: [{}, {}], total_count: 3 })
    const next = String(first.data?.next_page_token)
    const rest = await ask(search, {}, token, { query: { page_size: '2', page_token: next } })
    expect(rest.data).toMatchObject({ orders: [{}], next_page_token: '' })
    for (const [name, value] of [
      ['page_token', 'x'],
      ['page_size', '0'],
      ['page_size', '101'],
    ] as const)
      expect((await ask(search, {}, token, { query: { [name]: value } })).code).toBe(36009004)
  })

  it('shows a change late, as long as it is told to', async () => {
    await simulator.close()
    await start({ settlingMs: 2_000 })
    await simulator.control('listings', { sku: 'MUG', quantity: 9 })
    await simulator.control('orders', { lines: [{ sku: 'MUG', quantity: 1 }] })
    const token = await tokenOf()
    expect((await ask(search, {}, token)).data?.total_count).toBe(0)
    await clock.advance(2_000)
    expect((await ask(search, {}, token)).data?.total_count).toBe(1)
  })
})

describe('numbers', () => {
  it('fail row by row inside a success: a warehouse too few, one too many, too much', async () => {
    await simulator.close()
    await start({ warehouses: 2 })
    const { warehouses } = simulator.state() as { warehouses: string[] }
    const [one = '', two = ''] = warehouses
    const { listing, product } = await simulator.control<{ listing: string; product: string }>('listings', {
      sku: 'MUG',
      quantity: 0,
      warehouses: { [one]: 1, [two]: 2 },
    })
    const token = await tokenOf()
    const write = (inventory: object[]) =>
      ask(
        `/product/202309/products/${product}/inventory/update`,
        { skus: [{ id: listing, inventory }] },
        token,
      )
    const row = (warehouse_id: string, quantity: number) => ({ warehouse_id, quantity })
    for (const inventory of [
      [row(one, 1)],
      [row(one, 1), row(two, 1), row('7', 1)],
      [row(one, 1), row(two, 100_000)],
    ])
      expect(await write(inventory)).toMatchObject({
        status: 200,
        code: 0,
        data: { errors: [{ detail: { sku_id: listing } }] },
      })
    expect(await write([row(one, 4), row(two, 5)])).toMatchObject({ code: 0, data: {} })
    const shown = await ask('/product/202309/inventory/search', { sku_ids: [listing] }, token)
    expect(JSON.stringify(shown.data)).toContain('"total_available_quantity":9')
  })
})

describe('for other clients', () => {
  it('warehouses are listed, and a webhook is taken back, also one that nobody set', async () => {
    const token = await tokenOf()
    const { warehouses } = simulator.state() as { warehouses: string[] }
    expect((await ask('/logistics/202309/warehouses', undefined, token)).data).toMatchObject({
      warehouses: warehouses.map((id) => ({ id, is_default: true })),
    })
    const hooks = '/event/202309/webhooks'
    const topic = { event_type: 'ORDER_STATUS_CHANGE' }
    await ask(hooks, { ...topic, address: 'https://shop.example/hooks' }, token, { method: 'PUT' })
    expect((await ask(hooks, undefined, token)).data).toMatchObject({ total_count: 1 })
    for (let again = 0; again < 2; again += 1)
      expect((await ask(hooks, topic, token, { method: 'DELETE' })).code).toBe(0)
    expect((await ask(hooks, undefined, token)).data).toMatchObject({ total_count: 0 })
    expect((await ask(hooks, {}, token, { method: 'DELETE' })).code).toBe(36009004)
  })
})

describe('controls', () => {
  it('sell what there is, and more only when forced', async () => {
    await simulator.control('listings', { sku: 'MUG', quantity: 1 })
    const lines = [{ sku: 'MUG', quantity: 2 }]
    await expect(simulator.control('orders', { lines })).rejects.toThrow('409')
    await expect(simulator.control('orders', { lines: [{ sku: 'CUP', quantity: 1 }] })).rejects.toThrow('404')
    await simulator.control('orders', { lines, force: true })
    expect(simulator.state()).toMatchObject({ listings: expect.arrayContaining([]) })
  })

  it('refuse what no TikTok shop can: adding to an order, sending back what was not approved', async () => {
    await simulator.control('listings', { sku: 'MUG', quantity: 1 })
    const { order } = await simulator.control<{ order: string }>('orders', {
      lines: [{ sku: 'MUG', quantity: 1 }],
    })
    await expect(simulator.control('orders/edit', { order, add: [{}] })).rejects.toThrow('501')
    await expect(simulator.control('returns/ship', { return: '9' })).rejects.toThrow('404')
    const opened = await simulator.control<{ return: string }>('returns', { order })
    await expect(simulator.control('returns/ship', { return: opened.return })).rejects.toThrow('409')
  })
})
