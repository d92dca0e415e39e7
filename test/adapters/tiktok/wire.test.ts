import { isDeepStrictEqual } from 'node:util'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { tiktok } from '../../../adapters/tiktok/index.ts'
import { signRequest } from '../../../adapters/tiktok/sign.ts'
import type { HttpEvent } from '../../../src/http/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { notice, options, target } from './stage.ts'

const api = 'https://open-api.tiktokglobalshop.com'
const now = Date.UTC(2026, 6, 1, 12)
// Time stands still, but a wait lets the test's own time limit strike.
const clock = { now: () => now, sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) }
const cipher = 'ROW_cipher+one'

const connection = tiktok({ ...options, ordersSince: '2026-06-01T00:00:00Z' })
const contextOf = (on?: (event: HttpEvent) => void) =>
  adapterContext(connection, { clock, random: () => 0, ...(on ? { on } : {}) })

beforeAll(() => nock.disableNetConnect())
afterAll(() => {
  nock.enableNetConnect()
  nock.restore()
})
afterEach(() => {
  const left = nock.pendingMocks()
  nock.cleanAll()
  expect(left).toEqual([])
})

const success = (data: unknown) => ({ code: 0, message: 'Success', request_id: 'R1', data })
const refusal = (code: number, message = 'no') => ({ code, message, request_id: 'R1', data: null })

const granted = (access = 'TTP_one', refresh = 'TTP_next', previous = options.refreshToken) =>
  nock('https://auth.tiktok-shops.com')
    .get('/api/v2/token/refresh')
    .query({
      app_key: options.appKey,
      app_secret: options.appSecret,
      refresh_token: previous,
      grant_type: 'refresh_token',
    })
    .reply(
      200,
      success({
        access_token: access,
        access_token_expire_in: now / 1000 + 604_800,
        refresh_token: refresh,
        refresh_token_expire_in: now / 1000 + 31_536_000,
      }),
    )

const shops = (...more: object[]) =>
  nock(api, { reqheaders: { 'x-tts-access-token': 'TTP_one' } })
    .get('/authorization/202309/shops')
    .query((query) => !('shop_cipher' in query))
    .reply(200, success({ shops: [{ id: options.shopId, cipher, region: 'US', name: 'Mine' }, ...more] }))

/** The parameters of a call, and that it is signed over itself. */
const signed =
  (path: string, wanted: Record<string, string>, body = '') =>
  (query: Record<string, unknown>) => {
    const { sign, ...rest } = query as Record<string, string>
    const all = { ...wanted, app_key: options.appKey, timestamp: String(now / 1000), shop_cipher: cipher }
    const expected = signRequest(options.appSecret, { path, query: Object.entries(all), body })
    return isDeepStrictEqual({ ...rest }, all) && sign === expected
  }

const post = (path: string, body: object, query: Record<string, string> = {}, token = 'TTP_one') =>
  nock(api, { reqheaders: { 'x-tts-access-token': token, 'content-type': 'application/json' } })
    .post(path, (sent: unknown) => JSON.stringify(sent) === JSON.stringify(body))
    .query(signed(path, query, JSON.stringify(body)))
const get = (path: string, query: Record<string, string> = {}, token = 'TTP_one') =>
  nock(api, { reqheaders: { 'x-tts-access-token': token, 'content-type': 'application/json' } })
    .get(path)
    .query(signed(path, query))

const id = '576461413038785752'
const sku = '1729592969712207013'
const product = '1729592969712207008'
const order = (more: object = {}, item: object = {}) => ({
  id,
  status: 'AWAITING_SHIPMENT',
  create_time: Date.UTC(2026, 4, 31) / 1000,
  update_time: now / 1000 - 1800,
  fulfillment_type: 'FULFILLMENT_BY_SELLER',
  shipping_type: 'SELLER',
  delivery_option_id: '7091146663229654785',
  line_items: [1, 2].map((number) => ({
    id: `57646141303878575${number}`,
    sku_id: sku,
    product_id: product,
    display_status: 'AWAITING_SHIPMENT',
    ...item,
  })),
  ...more,
})
const detail = (...orders: object[]) =>
  get('/order/202309/orders', { ids: id }).reply(200, success({ orders }))
const search = { page_size: '100', sort_field: 'update_time', sort_order: 'ASC' }

describe('tokens', () => {
  it('one token and one cipher serve many calls', async () => {
    granted()
    shops()
    detail(order())
    detail(order())
    const context = contextOf()
    await connection.orders.get(context, id)
    expect((await connection.orders.get(context, id))?.id).toBe(id)
  })

  it('a refused token is renewed once, with the refresh token that came last', async () => {
    granted()
    shops()
    get('/order/202309/orders', { ids: id }).reply(401, refusal(105002, 'Expired credentials'))
    granted('TTP_two', 'TTP_third', 'TTP_next')
    get('/order/202309/orders', { ids: id }, 'TTP_two').reply(200, success({ orders: [order()] }))
    expect((await connection.orders.get(contextOf(), id))?.id).toBe(id)
  })

  it('the newest refresh token is stored before the access token is used', async () => {
    const kept: string[] = []
    const context = contextOf()
    const { get: keep } = context.tokens
    const watching = {
      ...context,
      tokens: {
        ...context.tokens,
        get: async (name: string, refresh: Parameters<typeof keep>[1]) => {
          const value = await keep(name, refresh)
          kept.push(`${name.split('/')[0]} ${value}`)
          return value
        },
      },
    }
    granted()
    shops()
    detail(order())
    await connection.orders.get(watching, id)
    expect(kept.slice(0, 3)).toEqual([
      'refresh TTP_next',
      `authorisation-ends ${now + 31_536_000_000}`,
      'access TTP_one',
    ])
    expect(await connection.deadlines(context)).toEqual([
      expect.objectContaining({ id: 'authorisation', at: now + 31_536_000_000 }),
    ])
  })

  it('nobody knows when the authorisation ends before a token was renewed', async () => {
    expect(await connection.deadlines(contextOf())).toEqual([])
  })

  it('a refused refresh token is auth, said once, without the secret', async () => {
    nock('https://auth.tiktok-shops.com')
      .get('/api/v2/token/refresh')
      .query(true)
      .reply(200, refusal(36004005, `bad ${options.appSecret}`))
    const error = await connection.orders.get(contextOf(), id).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'auth', retryable: false })
    expect(String(error)).not.toContain(options.appSecret)
  })

  it('a missing scope is permission at once: no token is renewed for it', async () => {
    granted()
    shops()
    get('/order/202309/orders', { ids: id }).reply(403, refusal(105005, 'should apply auth pkg'))
    await expect(connection.orders.get(contextOf(), id)).rejects.toMatchObject({
      code: 'permission',
      message: expect.stringContaining('GetOrderDetail'),
    })
  })

  it('a refused cipher is read again once; then it is the shop’s to authorise', async () => {
    granted()
    shops()
    get('/order/202309/orders', { ids: id }).reply(400, refusal(106011, 'Invalid shop_cipher'))
    shops()
    get('/order/202309/orders', { ids: id }).reply(400, refusal(36009004, 'shop_id is invalid'))
    await expect(connection.orders.get(contextOf(), id)).rejects.toMatchObject({
      code: 'permission',
      remedy: expect.stringContaining('shopId'),
    })
  })

  it('of several shops the one named is taken, and none is guessed', async () => {
    const nameless = tiktok({ ...options, shopId: undefined } as typeof options)
    granted()
    shops({ id: '2', cipher: 'ROW_two', region: 'GB' })
    const context = adapterContext(nameless, { clock, random: () => 0 })
    await expect(nameless.orders.get(context, id)).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'shopId',
      message: expect.stringContaining(`${options.shopId}, 2`),
    })
  })
})

describe('GetOrderList', () => {
  const path = '/order/202309/orders/search'
  const from = Date.UTC(2026, 5, 1) / 1000

  it('begins at ordersSince, goes on from the latest time seen, and looks back at the next pass', async () => {
    granted()
    shops()
    const late = order({ id: '2', update_time: from + 900 })
    post(path, { update_time_ge: from }, search).reply(
      200,
      success({ orders: [late, order({ update_time: from + 10 })], next_page_token: 't1', total_count: 3 }),
    )
    post(path, { update_time_ge: from + 900 }, search).reply(
      200,
      success({ orders: [late], next_page_token: '' }),
    )
    const context = contextOf()
    const first = await connection.orders.read(context, null)
    expect(first.orders.map((each) => each.id)).toEqual([id, '2'])
    expect(first).toMatchObject({ more: true, completeUntil: from * 1000 })
    const last = await connection.orders.read(context, first.cursor)
    expect(last).toMatchObject({ more: false, completeUntil: now - 60_000 })
    post(path, { update_time_ge: (now - 60_000 - 300_000) / 1000 }, search).reply(200, success({}))
    expect((await connection.orders.read(context, last.cursor)).orders).toEqual([])
  })

  it('pages by the token within one second, and begins again once when the token is refused', async () => {
    granted()
    shops()
    const page = (token: string) =>
      success({ orders: [order({ update_time: from })], next_page_token: token })
    post(path, { update_time_ge: from }, search).reply(200, page('t1'))
    post(path, { update_time_ge: from }, { ...search, page_token: 't1' }).reply(
      200,
      refusal(36009004, 'page_token'),
    )
    post(path, { update_time_ge: from }, search).reply(200, page('t2'))
    post(path, { update_time_ge: from }, { ...search, page_token: 't2' }).reply(200, success({ orders: [] }))
    const context = contextOf()
    let cursor: string | null = null
    const mores: boolean[] = []
    for (let step = 0; step < 4; step += 1) {
      const read = await connection.orders.read(context, cursor)
      cursor = read.cursor
      mores.push(read.more)
    }
    expect(mores).toEqual([true, true, true, false])
  })

  it('one order that cannot be read stops no other', async () => {
    granted()
    shops()
    post(path, { update_time_ge: from }, search).reply(
      200,
      success({ orders: [order(), order({ id: '3', line_items: 'gone' }), order({ id: '4' })] }),
    )
    const page = await connection.orders.read(contextOf(), null)
    expect(page.orders.map((each) => each.id)).toEqual([id, '4'])
    expect(page.unreadable).toMatchObject([
      { id: '3', error: { code: 'invalid_input', field: 'line_items' } },
    ])
  })

  it('asks for the wishes to cancel of all orders of a page together', async () => {
    granted()
    shops()
    const asking = order({ is_buyer_request_cancel: true })
    post(path, { update_time_ge: from }, search).reply(200, success({ orders: [asking, order({ id: '4' })] }))
    post(
      '/return_refund/202309/cancellations/search',
      {
        order_ids: [id],
        cancel_types: ['BUYER_CANCEL'],
        cancel_status: ['CANCELLATION_REQUEST_PENDING'],
      },
      { page_size: '50', sort_field: 'update_time', sort_order: 'DESC' },
    ).reply(
      200,
      success({
        cancellations: [
          {
            cancel_id: '4035',
            order_id: id,
            cancel_reason_text: 'No longer needed',
            seller_next_action_response: [{ action: 'SELLER_RESPOND_CANCEL', deadline: now / 1000 + 86_400 }],
          },
        ],
      }),
    )
    const { orders } = await connection.orders.read(contextOf(), null)
    expect(orders[0]?.cancelRequested).toMatchObject({
      reason: 'No longer needed',
      respondBy: '2026-07-02T12:00:00.000Z',
    })
  })
})

describe('numbers', () => {
  const searchPath = '/product/202309/inventory/search'
  const updatePath = `/product/202309/products/${product}/inventory/update`
  const stock = (...numbers: (readonly [string, number])[]) =>
    success({
      inventory: [
        {
          product_id: product,
          skus: [
            {
              id: sku,
              warehouse_inventory: numbers.map(([warehouse_id, available_quantity]) => ({
                warehouse_id,
                available_quantity,
                committed_quantity: 3,
              })),
            },
          ],
        },
      ],
    })
  const update = (...numbers: (readonly [string, number])[]) => ({
    skus: [{ id: sku, inventory: numbers.map(([warehouse_id, quantity]) => ({ warehouse_id, quantity })) }],
  })

  it('are written with every warehouse of the SKU, and read back', async () => {
    granted()
    shops()
    post(searchPath, { sku_ids: [sku] }).reply(200, stock(['70', 4], ['71', 9]))
    post(updatePath, update(['70', 12], ['71', 9])).reply(200, success({}))
    post(searchPath, { sku_ids: [sku] }).reply(200, stock(['70', 12], ['71', 9]))
    const results = await connection.listings.write(contextOf(), [target(sku, 12, { place: '70' })])
    expect(results).toEqual([{ status: 'done' }])
  })

  it('that TikTok takes and does not show are pending, and checked', async () => {
    granted()
    shops()
    post(searchPath, { sku_ids: [sku] }).reply(200, stock(['70', 4]))
    post(updatePath, update(['70', 12])).reply(200, success({}))
    post(searchPath, { sku_ids: [sku] }).reply(200, stock(['70', 4]))
    const context = contextOf()
    const row = target(sku, 12)
    const [result] = await connection.listings.write(context, [row])
    expect(result).toEqual({ status: 'pending', handle: `${sku}/12`, checkAfterMs: 15_000, observed: 4 })
    post(searchPath, { sku_ids: [sku] }).reply(200, stock(['70', 12]))
    const rows = [{ target: row, handle: `${sku}/12` }]
    expect(await connection.listings.check(context, rows)).toEqual([{ status: 'done' }])
    post(searchPath, { sku_ids: [sku] }).reply(200, refusal(36009004, 'sku_ids'))
    expect(await connection.listings.check(context, rows)).toMatchObject([
      { status: 'pending', observed: null },
    ])
  })

  it('refused inside a success fail by row', async () => {
    granted()
    shops()
    post(searchPath, { sku_ids: [sku] }).reply(200, stock(['70', 4]))
    const errors = [
      {
        code: 12052037,
        message: 'Cannot update inventory',
        detail: { sku_id: sku, extra_errors: [{ code: 1, message: 'wrong', warehouse_id: '70' }] },
      },
    ]
    post(updatePath, update(['70', 12])).reply(200, success({ errors }))
    post(searchPath, { sku_ids: [sku] }).reply(200, stock(['70', 4]))
    const [result] = await connection.listings.write(contextOf(), [target(sku, 12)])
    expect(result).toMatchObject({
      status: 'failed',
      error: {
        code: 'rejected',
        message: expect.stringContaining('(warehouse 70): Cannot update inventory: wrong'),
      },
    })
  })

  it('of a product that TikTok does not put on sale again fail by its word, although they were taken', async () => {
    const { listings } = tiktok({ ...options, deactivateAtZero: true })
    const products = '/product/202502/products/search'
    const hidden = success({ products: [{ id: product, status: 'SELLER_DEACTIVATED', skus: [{ id: sku }] }] })
    const errors = [
      { code: 12052045, message: 'The product failed the audit', detail: { product_id: product } },
    ]
    granted()
    shops()
    post(searchPath, { sku_ids: [sku] }).reply(200, stock(['70', 4]))
    post(updatePath, update(['70', 12])).reply(200, success({}))
    post('/product/202309/products/activate', { product_ids: [product] }).reply(200, success({ errors }))
    post(searchPath, { sku_ids: [sku] }).reply(200, stock(['70', 12]))
    for (let look = 0; look < 2; look += 1)
      post(products, { sku_ids: [sku], status: 'ALL' }, { page_size: '100' }).reply(200, hidden)
    expect(await listings.write(contextOf(), [target(sku, 12)])).toMatchObject([
      {
        status: 'failed',
        error: { code: 'rejected', message: expect.stringContaining('failed the audit') },
      },
    ])
  })

  it('a SKU in several warehouses needs a place, and names them', async () => {
    granted()
    shops()
    post(searchPath, { sku_ids: [sku] }).reply(200, stock(['70', 4], ['71', 9]))
    const refs = [
      { listing: sku, place: '' },
      { listing: sku, place: '71' },
      { listing: sku, place: '72' },
    ]
    expect(await connection.listings.read(contextOf(), refs)).toMatchObject([
      { status: 'failed', error: { field: 'place', message: expect.stringContaining('70, 71') } },
      { status: 'shown', quantity: 9 },
      { status: 'missing' },
    ])
  })
})

describe('SearchProducts', () => {
  it('gives what is sold; a product that cannot be read stops no other', async () => {
    granted()
    shops()
    const path = '/product/202502/products/search'
    post(path, { status: 'ALL' }, { page_size: '100' }).reply(
      200,
      success({
        products: [
          { id: product, title: 'Mug', status: 'ACTIVATE', skus: [{ id: sku, seller_sku: '' }] },
          { id: '7', title: 7 },
          { title: 'nameless' },
          { id: '8', title: 'Draft', status: 'DRAFT', skus: [{ id: '81', seller_sku: 'X' }] },
        ],
        next_page_token: '',
      }),
    )
    post('/product/202309/inventory/search', { product_ids: [product] }).reply(200, success({}))
    const page = await connection.listings.list(contextOf(), null)
    expect(page).toMatchObject({
      listings: [{ listing: sku, place: '', sku: null, title: 'Mug', quantity: null }],
      unreadable: [
        { id: '7', error: { code: 'invalid_input', field: 'title' } },
        { id: null, error: { field: 'id' } },
      ],
      cursor: null,
    })
  })
})

describe('a parcel', () => {
  const providers = '/logistics/202309/delivery_options/7091146663229654785/shipping_providers'
  const packages = `/fulfillment/202309/orders/${id}/packages`
  const known = () =>
    get(providers).reply(
      200,
      success({
        shipping_providers: [
          { id: '70', name: 'USPS' },
          { id: '71', name: 'UPS' },
        ],
      }),
    )
  const body = {
    order_line_item_ids: ['576461413038785751'],
    tracking_number: '1Z999AA10123456784',
    shipping_provider_id: '71',
  }
  const one = (more: object = {}) => notice({ order: id, lines: [{ line: sku, quantity: 1 }], ...more })

  it('is told by as many items as it holds units, with TikTok’s id of the carrier', async () => {
    granted()
    shops()
    detail(order())
    known()
    post(packages, body).reply(200, success({ package_id: '1153' }))
    expect(await connection.shipments.confirm(contextOf(), [one()])).toEqual([
      { status: 'done', reference: '1153' },
    ])
  })

  it('that TikTok has already is not told again', async () => {
    granted()
    shops()
    const shipped = {
      package_id: '1153',
      tracking_number: '1z999aa1 0123456784',
      display_status: 'IN_TRANSIT',
    }
    detail(order({ status: 'IN_TRANSIT' }, shipped))
    expect(await connection.shipments.confirm(contextOf(), [one()])).toEqual([
      { status: 'done', reference: '1153' },
    ])
  })

  it('of another parcel of the same number is another one', async () => {
    granted()
    shops()
    const [first, second] = order().line_items
    const items = [
      { ...first, package_id: '1153', tracking_number: body.tracking_number, display_status: 'IN_TRANSIT' },
      second,
    ]
    detail(order({ status: 'PARTIALLY_SHIPPING', line_items: items }))
    known()
    post(packages, { ...body, order_line_item_ids: ['576461413038785752'] }).reply(
      200,
      success({ package_id: '1154' }),
    )
    expect(await connection.shipments.confirm(contextOf(), [one({ others: ['1153'] })])).toEqual([
      { status: 'done', reference: '1154' },
    ])
  })

  it('whose answer was lost is in doubt, and is sent once', async () => {
    granted()
    shops()
    detail(order())
    known()
    post(packages, body).reply(500, refusal(36009003))
    expect(await connection.shipments.confirm(contextOf(), [one()])).toMatchObject([
      { status: 'failed', error: { code: 'unknown_outcome' } },
    ])
  })

  it('of a carrier that the order does not offer names those that it does', async () => {
    granted()
    shops()
    detail(order())
    known()
    const notices = [one({ carrier: 'dhl-de', carrierName: 'DHL' })]
    expect(await connection.shipments.confirm(contextOf(), notices)).toMatchObject([
      { status: 'failed', error: { field: 'carrier', message: expect.stringContaining('USPS, UPS') } },
    ])
  })

  it('takes the carrier from the options first, and the delivery option of the warehouse where the order names none', async () => {
    const chosen = tiktok({ ...options, carriers: { 'dhl-de': '99' } })
    granted()
    shops()
    detail(order({ delivery_option_id: null, warehouse_id: '7000' }))
    detail(order({ delivery_option_id: null, warehouse_id: '7000' }))
    post(packages, { ...body, shipping_provider_id: '99' }).reply(200, success({ package_id: '1' }))
    get('/logistics/202309/warehouses/7000/delivery_options').reply(
      200,
      success({
        delivery_options: [
          { id: '1', type: 'STANDARD' },
          { id: '2', type: 'SEND_BY_SELLER' },
        ],
      }),
    )
    get('/logistics/202309/delivery_options/2/shipping_providers').reply(
      200,
      success({ shipping_providers: [{ id: '71', name: 'UPS' }] }),
    )
    post(packages, body).reply(200, success({ package_id: '2' }))
    const context = adapterContext(chosen, { clock, random: () => 0 })
    expect(await chosen.shipments.confirm(context, [one({ carrier: 'dhl-de' }), one()])).toEqual([
      { status: 'done', reference: '1' },
      { status: 'done', reference: '2' },
    ])
  })
})

describe('labels', () => {
  it('of a host that nobody named are bought all the same, without the document', async () => {
    granted()
    shops()
    get('/fulfillment/202309/packages/1153').reply(
      200,
      success({ package_id: '1153', shipping_provider_name: 'USPS', tracking_number: 'T1' }),
    )
    get('/fulfillment/202309/packages/1153/shipping_documents', { document_type: 'SHIPPING_LABEL' }).reply(
      200,
      success({ doc_url: 'https://files.elsewhere.example/label.pdf', tracking_number: 'T1' }),
    )
    const warnings: unknown[] = []
    const log = { debug() {}, info() {}, warn: (...told: unknown[]) => void warnings.push(told) }
    const context = adapterContext(connection, { clock, random: () => 0, log })
    expect(await connection.labels.get(context, '1153')).toEqual({
      id: '1153',
      carrier: 'usps',
      carrierName: 'USPS',
      price: null,
      packages: [{ trackingNumber: 'T1', format: 'PDF', document: null }],
    })
    expect(JSON.stringify(warnings)).toContain('files.elsewhere.example')
  })
})
