import { describe, expect, it } from 'vitest'
import { SimulatorRefusal } from '../../../src/simulator/index.ts'
import { type Stage, stage, target } from './stage.ts'

interface State {
  readonly listings: readonly { readonly sku: string; readonly quantity: number }[]
  readonly orders: readonly {
    readonly id: string
    readonly status: string
    readonly lines: readonly object[]
  }[]
}
const stateOf = (on: Stage) => on.simulator.state() as State
const quantityOf = (on: Stage, sku: string) => stateOf(on).listings.find((each) => each.sku === sku)?.quantity
const list = (on: Stage, sku: string, quantity: number) => on.simulator.control('listings', { sku, quantity })
const buy = async (on: Stage, sku: string, quantity: number, more: object = {}) =>
  (await on.simulator.control<{ order: string }>('orders', { lines: [{ sku, quantity }], ...more })).order

/** A plain client of any language: a token, then calls. */
async function client(on: Stage) {
  const { options, url } = on.simulator
  const form = (more: Record<string, string> = {}) =>
    fetch(options.tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'refresh_token',
        client_id: options.clientId,
        client_secret: options.clientSecret,
        refresh_token: options.refreshToken,
        ...more,
      }),
    })
  const token = ((await (await form()).json()) as { access_token: string }).access_token
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, { headers: { 'x-amz-access-token': token, ...headers } })
  return { form, get }
}
const errorOf = async (response: Response) => {
  const body = (await response.json()) as { errors: { code: string; details: string }[] }
  return { status: response.status, ...body.errors[0] }
}
const search = '/orders/2026-01-01/orders?lastUpdatedAfter=2026-01-01T00:00:00Z'

describe('shoppers', () => {
  it('can buy only what is shown, unless forced; a sale lowers the number', async () => {
    await using on = await stage()
    await list(on, 'MUG', 3)
    await buy(on, 'MUG', 2)
    expect(quantityOf(on, 'MUG')).toBe(1)
    const refused = buy(on, 'MUG', 2)
    await expect(refused).rejects.toBeInstanceOf(SimulatorRefusal)
    await expect(refused).rejects.toMatchObject({ status: 409, body: { error: 'sold_out', sku: 'MUG' } })
    await expect(buy(on, 'NONE', 1)).rejects.toMatchObject({ status: 404 })
    await buy(on, 'MUG', 2, { force: true })
    expect(quantityOf(on, 'MUG')).toBe(0)
  })

  it('one order of one SKU in two lines is counted as one', async () => {
    await using on = await stage()
    await list(on, 'MUG', 3)
    const lines = [1, 2, 1].map((quantity) => ({ sku: 'MUG', quantity }))
    await expect(on.simulator.control('orders', { lines })).rejects.toMatchObject({ status: 409 })
  })

  it('orders begin PENDING, and one that is not paid stays so until it is', async () => {
    await using on = await stage()
    await list(on, 'MUG', 9)
    const [paid, unpaid] = [await buy(on, 'MUG', 1), await buy(on, 'MUG', 1, { paid: false })]
    const statuses = () => Object.fromEntries(stateOf(on).orders.map(({ id, status }) => [id, status]))
    expect(statuses()).toEqual({ [paid]: 'PENDING', [unpaid]: 'PENDING' })
    await on.clock.advance(2_000)
    expect(statuses()).toEqual({ [paid]: 'UNSHIPPED', [unpaid]: 'PENDING' })
    await on.simulator.control('orders/pay', { order: unpaid })
    expect(statuses()).toEqual({ [paid]: 'UNSHIPPED', [unpaid]: 'UNSHIPPED' })
  })

  it.each(['kept', 'lowered'] as const)(
    'Amazon cancels a line or all, with what was ordered %s',
    async (cancelled) => {
      await using on = await stage({ cancelled, pendingMs: 0 })
      await list(on, 'MUG', 9)
      const order = await buy(on, 'MUG', 3)
      await on.simulator.control('orders/cancel', { order, lines: [{ sku: 'MUG', quantity: 1 }] })
      expect(await on.connection.orders.get(on.context, order)).toMatchObject({
        status: 'open',
        lines: [{ willShip: 2 }],
      })
      await on.simulator.control('orders/cancel', { order })
      expect(await on.connection.orders.get(on.context, order)).toMatchObject({
        status: 'cancelled',
        lines: [{ willShip: 0 }],
      })
      // Amazon does not put the units back on sale.
      expect(quantityOf(on, 'MUG')).toBe(6)
    },
  )

  it('a buyer asks to cancel; nobody can add to an order', async () => {
    await using on = await stage({ pendingMs: 0 })
    await list(on, 'MUG', 9)
    const order = await buy(on, 'MUG', 3)
    await on.simulator.control('orders/request-cancel', { order, reason: 'Found it cheaper' })
    const read = await on.connection.orders.get(on.context, order)
    expect(read).toMatchObject({ status: 'open', cancelRequested: { reason: 'Found it cheaper' } })
    await expect(
      on.simulator.control('orders/edit', { order, add: [{ sku: 'MUG', quantity: 1 }] }),
    ).rejects.toMatchObject({ status: 501 })
    await on.simulator.control('orders/edit', { order, remove: [{ sku: 'MUG', quantity: 1 }] })
    expect(await on.connection.orders.get(on.context, order)).toMatchObject({
      lines: [{ ordered: 3, cancelled: 1 }],
    })
  })

  it('the same seed gives the same orders', async () => {
    const ids: string[][] = []
    for (let run = 0; run < 2; run += 1) {
      await using on = await stage({ seed: 7 })
      await list(on, 'MUG', 9)
      ids.push([await buy(on, 'MUG', 1), await buy(on, 'MUG', 1)])
    }
    expect(ids[0]).toEqual(ids[1])
  })
})

describe('searchOrders', () => {
  it('shows a change only after a while', async () => {
    await using on = await stage({ settlingMs: 60_000, seed: 3 })
    await list(on, 'MUG', 9)
    const order = await buy(on, 'MUG', 1)
    const { get } = await client(on)
    const seen = async () =>
      ((await (await get(search)).json()) as { orders: { orderId: string }[] }).orders.length
    expect(await seen()).toBe(0)
    await on.clock.advance(120_000)
    expect(await seen()).toBe(1)
    expect((await on.connection.orders.get(on.context, order))?.id).toBe(order)
  })

  it('honours includedData: without FULFILLMENT there is no status', async () => {
    await using on = await stage({ pendingMs: 0, settlingMs: 0 })
    await list(on, 'MUG', 9)
    await buy(on, 'MUG', 1)
    const { get } = await client(on)
    const keys = async (more: string) => {
      const { orders } = (await (await get(`${search}${more}`)).json()) as { orders: object[] }
      return Object.keys(orders[0] ?? {})
    }
    expect(await keys('')).toEqual([
      'orderId',
      'createdTime',
      'lastUpdatedTime',
      'programs',
      'salesChannel',
      'orderItems',
    ])
    expect(await keys('&includedData=FULFILLMENT,BUYER')).toEqual(
      expect.arrayContaining(['fulfillment', 'buyer']),
    )
  })

  it('airbytehq/airbyte#52592: the end of the window must be two minutes ago; without an end there is no such rule', async () => {
    await using on = await stage()
    const { get } = await client(on)
    const until = (ago: number) => `&lastUpdatedBefore=${new Date(on.clock.now() - ago).toISOString()}`
    expect((await get(search + until(60_000))).status).toBe(400)
    expect((await get(`${search}&lastUpdatedBefore=2025-12-31T00:00:00Z`)).status).toBe(400)
    expect((await get(search + until(121_000))).status).toBe(200)
    expect((await get(search)).status).toBe(200)
  })

  it.each([
    ['/orders/2026-01-01/orders', 'neither'],
    [`${search}&createdAfter=2026-01-01T00:00:00Z`, 'both'],
    ['/orders/2026-01-01/orders?lastUpdatedAfter=yesterday', 'no date'],
    [
      '/orders/2026-01-01/orders?createdAfter=2026-01-01T00:00:00Z&lastUpdatedBefore=2026-01-01T01:00:00Z',
      'mixed',
    ],
    [`${search}&maxResultsPerPage=101`, 'page size'],
    [`${search}&paginationToken=nonsense`, 'token'],
    [
      `${search}&marketplaceIds=${Array.from({ length: 51 }, (_, index) => `M${index}`).join(',')}`,
      'marketplaces',
    ],
  ])('refuses %s (%s)', async (path) => {
    await using on = await stage()
    const { get } = await client(on)
    expect(await errorOf(await get(path))).toMatchObject({ status: 400, code: 'InvalidInput' })
  })

  it('a page token holds for the same filters, whatever the datasets', async () => {
    await using on = await stage({ settlingMs: 0, pendingMs: 0 })
    await list(on, 'MUG', 9)
    for (let index = 0; index < 3; index += 1) await buy(on, 'MUG', 1)
    const { get } = await client(on)
    const first = (await (await get(`${search}&maxResultsPerPage=2`)).json()) as {
      pagination: { nextToken: string }
    }
    const token = `&paginationToken=${first.pagination.nextToken}`
    const next = await get(`${search}${token}&includedData=FULFILLMENT`)
    expect(((await next.json()) as { orders: object[] }).orders).toHaveLength(1)
    expect((await get(`${search}&fulfilledBy=MERCHANT${token}`)).status).toBe(400)
    await on.clock.advance(3_599_000)
    expect((await get(search + token)).status).toBe(200)
  })
})

describe('limits, access and faults', () => {
  it('enforces the documented bucket, states the rate, and answers as documented', async () => {
    await using on = await stage()
    const { get } = await client(on)
    const statuses: number[] = []
    for (let call = 0; call < 22; call += 1) {
      const response = await get(search)
      statuses.push(response.status)
      if (call === 0) expect(response.headers.get('x-amzn-ratelimit-limit')).toBe('0.0056')
      if (response.status === 429) {
        expect(await response.json()).toEqual({
          errors: [
            {
              code: 'QuotaExceeded',
              message: 'You exceeded your quota for the requested resource.',
              details: '',
            },
          ],
        })
      }
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(2)
    await on.clock.advance(178_572)
    expect((await get(search)).status).toBe(200)
  })

  it('wants a token, and tells an ended one from a wrong one', async () => {
    await using on = await stage()
    const { get } = await client(on)
    expect(await errorOf(await fetch(on.simulator.url + search))).toMatchObject({
      status: 403,
      code: 'MissingAuthenticationToken',
    })
    expect(await errorOf(await get(search, { 'x-amz-access-token': 'x' }))).toMatchObject({
      details: expect.stringContaining('revoked'),
    })
    await on.clock.advance(3_600_000)
    expect(await errorOf(await get(search))).toMatchObject({ details: expect.stringContaining('expired') })
  })

  it('Login with Amazon refuses as it does', async () => {
    await using on = await stage()
    const { form } = await client(on)
    const refusal = async (more: Record<string, string>) => {
      const response = await form(more)
      return [response.status, ((await response.json()) as { error: string }).error]
    }
    expect(await refusal({ client_secret: 'x' })).toEqual([401, 'invalid_client'])
    expect(await refusal({ refresh_token: 'x' })).toEqual([400, 'invalid_grant'])
    expect(await refusal({ grant_type: 'password' })).toEqual([400, 'unsupported_grant_type'])
  })

  it('a User-Agent of more than 500 characters is refused; a SKU with a bare slash reads like a missing role', async () => {
    await using on = await stage()
    const { get } = await client(on)
    expect((await get(search, { 'user-agent': 'x'.repeat(501) })).status).toBe(400)
    const item = `/listings/2021-08-01/items/${on.simulator.options.sellerId}/A/B?marketplaceIds=ATVPDKIKX0DER`
    expect(await errorOf(await get(item))).toMatchObject({ status: 403, code: 'Unauthorized' })
  })

  it('a stale read shows the number before the last change', async () => {
    await using on = await stage()
    await list(on, 'MUG', 5)
    await buy(on, 'MUG', 2)
    on.simulator.faults.arm({ operation: 'getListingsItem', kind: 'stale_read' })
    const read = () => on.connection.listings.read(on.context, [{ listing: 'MUG', place: '' }])
    expect(await read()).toEqual([{ status: 'shown', quantity: 5 }])
    expect(await read()).toEqual([{ status: 'shown', quantity: 3 }])
  })

  it('of two quantities the later accepted is the one that stays, whatever was sold between', async () => {
    await using on = await stage({ applyMs: 10_000 })
    await list(on, 'MUG', 5)
    await on.connection.listings.write(on.context, [target('MUG', 4)])
    await on.clock.advance(1_000)
    await on.connection.listings.write(on.context, [target('MUG', 3)])
    await buy(on, 'MUG', 2)
    expect(quantityOf(on, 'MUG')).toBe(3)
    await on.clock.advance(20_000)
    expect(quantityOf(on, 'MUG')).toBe(3)
  })
})
