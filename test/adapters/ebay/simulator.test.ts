import { describe, expect, it } from 'vitest'
import { buy, list, type Stage, stage, stateOf } from './stage.ts'

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Nothing of it where the answer is no JSON. */
  readonly body: Body
}

interface Body {
  readonly access_token?: string
  readonly error?: string
  readonly errors?: readonly { readonly errorId: number }[]
  readonly errorMessage?: { readonly error: readonly object[] }
  readonly total?: number
  readonly orders?: readonly Body[]
  readonly cancelStatus?: { readonly cancelRequests: readonly object[] }
}

/** A plain client of any language: a token, then calls. */
async function client({ simulator }: Stage) {
  const { clientId, clientSecret, refreshToken } = simulator.options
  const token = async (form: Record<string, string>, basic = `${clientId}:${clientSecret}`) =>
    answerOf(
      await fetch(`${simulator.url}/identity/v1/oauth2/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(basic)}` },
        body: new URLSearchParams(form),
      }),
    )
  const renew = async () =>
    (await token({ grant_type: 'refresh_token', refresh_token: refreshToken })).body.access_token
  const user = await renew()
  const call = async (
    method: string,
    path: string,
    { auth = `Bearer ${user}`, json }: { auth?: string; json?: unknown } = {},
  ) =>
    answerOf(
      await fetch(`${simulator.url}${path}`, {
        method,
        headers: { authorization: auth, 'content-type': 'application/json' },
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
      }),
    )
  const get = (path: string, auth?: string) => call('GET', path, auth === undefined ? {} : { auth })
  const trading = async (name: string, inner: string, headers: Record<string, string> = {}) =>
    answerOf(
      await fetch(`${simulator.url}/ws/api.dll`, {
        method: 'POST',
        headers: { 'x-ebay-api-call-name': name, 'x-ebay-api-iaf-token': user ?? '', ...headers },
        body: `<${name}Request xmlns="urn:ebay:apis:eBLBaseComponents">${inner}</${name}Request>`,
      }),
    )
  return { token, user, call, get, trading }
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') ?? false
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (json ? JSON.parse(text) : {}) as Body,
  }
}

const orders = '/sell/fulfillment/v1/order'
const filtered = (filter: string) => `${orders}?filter=${encodeURIComponent(filter)}`
const errorOf = ({ status, body }: Answer) => [status, body.errors?.[0]?.errorId]

describe('tokens', () => {
  it('of the token endpoint are told from each other by `error`, and the status is 400 for nearly all', async () => {
    const it = await stage()
    const { token } = await client(it)
    expect(await token({ grant_type: 'client_credentials' }, 'a:b')).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    })
    expect(await token({ grant_type: 'refresh_token', refresh_token: 'x' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    })
    expect(await token({ grant_type: 'password' })).toMatchObject({
      status: 400,
      body: { error: 'unsupported_grant_type' },
    })
    const { code } = await it.simulator.control<{ code: string }>('auth/consent', { consented: true })
    const exchange = { grant_type: 'authorization_code', code, redirect_uri: 'Acme-Acme-Prd' }
    expect((await token(exchange)).body).toMatchObject({
      expires_in: 7200,
      refresh_token_expires_in: 47_304_000,
      token_type: 'User Access Token',
    })
    expect((await token(exchange)).body.error).toBe('invalid_grant')
  })

  it('that have ended are 401, and 403 at the Inventory API; Post-Order wants a scheme of its own', async () => {
    const it = await stage()
    await list(it, 'MUG', 3)
    const { get, user } = await client(it)
    const search = '/post-order/v2/return/search'
    expect((await get(search, `IAF ${user}`)).status).toBe(200)
    expect((await get(search)).body.errorMessage?.error).toMatchObject([{ httpStatusCode: '401' }])
    expect(errorOf(await get(orders, `IAF ${user}`))).toEqual([401, 1001])
    expect(errorOf(await get('/developer/analytics/v1_beta/rate_limit/'))).toEqual([403, 1100])
    await it.clock.advance(7_200_000)
    expect(errorOf(await get(orders))).toEqual([401, 1001])
    expect(errorOf(await get('/sell/inventory/v1/offer?sku=MUG'))).toEqual([403, 1100])
  })
})

describe('the list of orders', () => {
  it.each([
    ['limit=201', 31100],
    ['limit=0', 31100],
    ['offset=-1', 31000],
    [`orderIds=${Array.from({ length: 51 }, () => '11-11111-11111').join(',')}`, 30900],
    ['filter=color:{RED}', 30700],
    ['filter=orderfulfillmentstatus:NOT_STARTED', 30800],
    ['filter=lastmodifieddate:[2026-06-01T00:00:00Z..]', 30810],
    ['filter=lastmodifieddate:[..2026-06-01T00:00:00.000Z]', 30820],
    ['filter=lastmodifieddate:[2024-06-01T00:00:00.000Z..]', 30830],
    ['filter=lastmodifieddate:[2026-06-02T00:00:00.000Z..2026-06-01T00:00:00.000Z]', 30840],
    ['filter=lastmodifieddate:[2026-06-02T00:00:00.000Z..2026-09-01T00:00:00.000Z]', 30850],
  ])('refuses %s with %d', async (query, id) => {
    const { get } = await client(await stage())
    expect(errorOf(await get(`${orders}?${query}`))).toEqual([400, id])
  })

  it('heeds the creation date alone when both dates are given', async () => {
    const it = await stage()
    await list(it, 'MUG', 9)
    const order = await buy(it, [{ sku: 'MUG', quantity: 1 }])
    await it.clock.advance(3_600_000)
    await it.simulator.control('orders/request-cancel', { order })
    await it.clock.advance(1_000)
    const { get } = await client(it)
    const late = '[2026-07-01T09:30:00.000Z..]'
    expect((await get(filtered(`lastmodifieddate:${late}`))).body.total).toBe(1)
    expect((await get(filtered(`lastmodifieddate:${late},creationdate:${late}`))).body.total).toBe(0)
  })

  it('shows no request to cancel, which only the order itself does', async () => {
    const it = await stage()
    await list(it, 'MUG', 9)
    const order = await buy(it, [{ sku: 'MUG', quantity: 1 }])
    await it.simulator.control('orders/request-cancel', { order })
    const { get } = await client(it)
    const requests = ({ cancelStatus }: Body) => cancelStatus?.cancelRequests.length
    expect((await get(`${orders}?orderIds=${order}`)).body.orders?.map(requests)).toEqual([0])
    expect(requests((await get(`${orders}/${order}`)).body)).toBe(1)
  })
})

describe('numbers', () => {
  it('are written entry by entry: 207 when one of them fails, and no more than 25', async () => {
    const it = await stage()
    await list(it, 'MUG', 3)
    const { call } = await client(it)
    const update = (requests: unknown[]) =>
      call('POST', '/sell/inventory/v1/bulk_update_price_quantity', { json: { requests } })
    const entry = (sku: string, quantity: number) => ({ sku, shipToLocationAvailability: { quantity } })
    const mixed = await update([entry('MUG', 8), entry('NOBODY', 1)])
    expect(mixed).toMatchObject({
      status: 207,
      body: {
        responses: [
          { sku: 'MUG', statusCode: 200 },
          { sku: 'NOBODY', statusCode: 400, errors: [{ errorId: 25710 }] },
        ],
      },
    })
    // The offer still holds three: the lower of the two is on sale.
    expect(stateOf(it).listings[0]).toMatchObject({ quantity: 3, item: 8 })
    expect(errorOf(await update(Array.from({ length: 26 }, () => entry('MUG', 1))))).toEqual([400, 25002])
  })

  it('can be revised 250 times a day and listing', async () => {
    const it = await stage()
    const { itemId } = await list(it, 'OLD', 3, { api: 'trading' })
    let { trading } = await client(it)
    const revise = (quantity: number) =>
      trading(
        'ReviseInventoryStatus',
        `<InventoryStatus><ItemID>${itemId}</ItemID><Quantity>${quantity}</Quantity></InventoryStatus>`,
      )
    for (let turn = 0; turn < 250; turn += 1) await revise(10 + (turn % 2))
    expect((await revise(20)).text).toContain('<Ack>Failure</Ack>')
    // What is there already is redundant, and no revision.
    expect((await revise(11)).text).toContain('<Ack>Warning</Ack>')
    await it.clock.advance(86_400_000)
    trading = (await client(it)).trading
    expect((await revise(20)).text).toContain('<Ack>Success</Ack>')
  })

  it('of the Trading API are answered with 200 whatever became of them', async () => {
    const it = await stage({ simulator: { outOfStockControl: false } })
    const { itemId } = await list(it, 'OLD', 3, { api: 'trading' })
    const { trading } = await client(it)
    const cases = [
      await trading('GetItem', '<ItemID>110000000000</ItemID>'),
      await trading('GetItem', `<ItemID>${itemId}</ItemID>`, { 'x-ebay-api-iaf-token': 'x' }),
      await trading('AddItem', ''),
      await trading(
        'ReviseInventoryStatus',
        `<InventoryStatus><ItemID>${itemId}</ItemID><Quantity>0</Quantity></InventoryStatus>`,
      ),
    ]
    expect(cases.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    expect(cases.map(({ text }) => /<ErrorCode>(\d+)/.exec(text)?.[1])).toEqual([
      '17',
      '21916984',
      '2',
      '515',
    ])
  })
})

describe('quotas', () => {
  it('end with a 429 that says nothing of when to come back, and begin anew at midnight', async () => {
    const it = await stage({ simulator: { quotas: { fulfillment: 2 } } })
    const { get } = await client(it)
    expect([(await get(orders)).status, (await get(orders)).status]).toEqual([200, 200])
    const refused = await get(orders)
    expect(errorOf(refused)).toEqual([429, 2001])
    expect(refused.headers.get('retry-after')).toBeNull()
    await it.clock.advance(15 * 3_600_000)
    const { get: again } = await client(it)
    expect((await again(orders)).status).toBe(200)
  })
})

describe('notifications', () => {
  it('want an alert email before a destination, and an address that answers the challenge', async () => {
    const it = await stage({ simulator: { validateDestinations: true } })
    const { token, call } = await client(it)
    const auth = `Bearer ${(await token({ grant_type: 'client_credentials' })).body.access_token}`
    const root = '/commerce/notification/v1'
    const json = {
      name: 'shop',
      status: 'ENABLED',
      deliveryConfig: {
        endpoint: 'http://127.0.0.1:9/webhooks/ebay',
        verificationToken: 'a_token_of_thirty_two_characters_',
      },
    }
    expect(errorOf(await call('POST', `${root}/destination`, { auth, json }))).toEqual([409, 195003])
    await call('PUT', `${root}/config`, { auth, json: { alertEmail: 'ops@shop.example' } })
    expect(errorOf(await call('POST', `${root}/destination`, { auth, json }))).toEqual([409, 195020])
    const relative = { ...json, deliveryConfig: { ...json.deliveryConfig, endpoint: '/webhooks/ebay' } }
    expect(errorOf(await call('POST', `${root}/destination`, { auth, json: relative }))).toEqual([
      400, 195017,
    ])
    expect(errorOf(await call('POST', `${root}/subscription`, { auth, json: {} }))[0]).toBe(400)
  })
})
