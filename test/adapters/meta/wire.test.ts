import { createHmac } from 'node:crypto'
import nock from 'nock'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { meta } from '../../../adapters/meta/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { options, target } from './stage.ts'

let now = Date.UTC(2026, 10, 26, 12)
const slept: number[] = []
const clock = {
  now: () => now,
  sleep: (ms: number) => {
    slept.push(ms)
    now += ms
    return Promise.resolve()
  },
}
const connection = meta(options)
const contextOf = () => adapterContext(connection, { clock, random: () => 0 })
const proof = createHmac('sha256', options.appSecret).update(options.accessToken).digest('hex')
const catalog = `/v26.0/${options.catalogId}`

beforeAll(() => nock.disableNetConnect())
afterAll(() => {
  nock.enableNetConnect()
  nock.restore()
})
afterEach(() => {
  slept.length = 0
  const left = nock.pendingMocks()
  nock.cleanAll()
  expect(left).toEqual([])
})

const graph = () =>
  nock('https://graph.facebook.com', { reqheaders: { authorization: `Bearer ${options.accessToken}` } })

const row = (id: string, quantity: number, availability = quantity > 0 ? 'in stock' : 'out of stock') => ({
  method: 'UPDATE',
  data: { id, availability, quantity_to_sell_on_facebook: quantity },
})
const batch = (...requests: ReturnType<typeof row>[]) => ({
  item_type: 'PRODUCT_ITEM',
  allow_upsert: false,
  requests,
})

describe('items_batch', () => {
  it('sends word and number of every row, never makes an item, and proves the app', async () => {
    graph()
      .post(`${catalog}/items_batch`, batch(row('MUG-RED', 7), row('CUP', 0)))
      .query({ appsecret_proof: proof })
      .matchHeader('content-type', /^application\/json/)
      .reply(200, { handles: ['AczHandle-1_x'] })
    const results = await connection.listings.write(contextOf(), [target('MUG-RED', 7), target('CUP', 0)])
    const pending = { status: 'pending', handle: 'AczHandle-1_x', checkAfterMs: 15_000 }
    expect(results).toEqual([pending, pending])
  })

  it('calls an item by the word that the options give it, while there is some of it', async () => {
    const early = meta({ ...options, sellable: { 'MUG-NEW': 'preorder' } })
    graph()
      .post(`${catalog}/items_batch`, batch(row('MUG-NEW', 7, 'preorder'), row('MUG-NEW-2', 1)))
      .query(true)
      .reply(200, { handles: ['one'] })
    await early.listings.write(contextOf(), [target('MUG-NEW', 7), target('MUG-NEW-2', 1)])
    graph()
      .post(`${catalog}/items_batch`, batch(row('MUG-NEW', 0)))
      .query(true)
      .reply(200, { handles: ['two'] })
    await early.listings.write(contextOf(), [target('MUG-NEW', 0)])
  })

  it('fails the rows that Meta names at once, and sends the others again when it took none', async () => {
    const wrong = {
      handles: [],
      validation_status: [
        { retailer_id: 'BAD', errors: [{ message: 'The id is not allowed' }], warnings: [] },
        { retailer_id: 'FINE', errors: [], warnings: [{ message: 'no image' }] },
      ],
    }
    graph()
      .post(`${catalog}/items_batch`, batch(row('BAD', 1), row('FINE', 2)))
      .query(true)
      .reply(200, wrong)
    graph()
      .post(`${catalog}/items_batch`, batch(row('FINE', 2)))
      .query(true)
      .reply(200, { handles: ['h2'] })
    const [bad, fine] = await connection.listings.write(contextOf(), [target('BAD', 1), target('FINE', 2)])
    expect(bad).toMatchObject({ status: 'failed', error: { code: 'rejected', field: 'listing' } })
    expect(bad?.status === 'failed' && bad.error.message).toContain('The id is not allowed')
    expect(fine).toMatchObject({ status: 'pending', handle: 'h2' })
  })

  it('does not send the rest again when a handle came beside the named rows', async () => {
    const partly = {
      handles: ['h1'],
      validation_status: [{ retailer_id: 'BAD', errors: [{ message: 'no' }] }],
    }
    graph().post(`${catalog}/items_batch`).query(true).reply(200, partly)
    const results = await connection.listings.write(contextOf(), [target('BAD', 1), target('FINE', 2)])
    expect(results.map(({ status }) => status)).toEqual(['failed', 'pending'])
  })

  it('is no success without a handle', async () => {
    graph().post(`${catalog}/items_batch`).query(true).reply(200, {})
    const [result] = await connection.listings.write(contextOf(), [target('MUG', 1)])
    expect(result).toMatchObject({ status: 'failed', error: { code: 'unavailable', retryable: true } })
  })

  it('refuses a place by its row alone, and asks nothing for nothing', async () => {
    graph()
      .post(`${catalog}/items_batch`, batch(row('CUP', 2)))
      .query(true)
      .reply(200, { handles: ['h'] })
    const [placed, other] = await connection.listings.write(contextOf(), [
      target('MUG', 1, { place: 'Berlin' }),
      target('CUP', 2),
    ])
    expect(placed).toMatchObject({ status: 'failed', error: { code: 'invalid_input', field: 'place' } })
    expect(other?.status).toBe('pending')
    expect(
      await connection.listings.write(contextOf(), [target('MUG', 1, { place: 'Berlin' })]),
    ).toHaveLength(1)
  })

  it('is repeated after an outage: absolute numbers are safe to repeat', async () => {
    const body = batch(row('MUG', 3))
    const outage = { error: { message: 'Service temporarily unavailable', code: 2, is_transient: true } }
    graph().post(`${catalog}/items_batch`, body).query(true).reply(500, outage)
    graph()
      .post(`${catalog}/items_batch`, body)
      .query(true)
      .reply(200, { handles: ['h'] })
    expect(await connection.listings.write(contextOf(), [target('MUG', 3)])).toMatchObject([{ handle: 'h' }])
  })
})

const status = (handle: string) =>
  graph()
    .get(`${catalog}/check_batch_request_status`)
    .query({ handle, load_ids_of_invalid_requests: 'true', appsecret_proof: proof })

const looked = (ids: readonly string[]) =>
  graph()
    .get(`${catalog}/products`)
    .query({
      fields: 'retailer_id,availability,quantity_to_sell_on_facebook,inventory',
      filter: JSON.stringify({ retailer_id: { is_any: ids } }),
      limit: '100',
      appsecret_proof: proof,
    })

const item = (retailer_id: string, availability: string, quantity?: number) => ({
  id: '1',
  retailer_id,
  availability,
  ...(quantity === undefined ? {} : { quantity_to_sell_on_facebook: quantity }),
})

const checked = (...rows: readonly (readonly [listing: string, quantity: number, handle: string])[]) =>
  connection.listings.check(
    contextOf(),
    rows.map(([listing, quantity, handle]) => ({ target: target(listing, quantity), handle })),
  )

describe('check_batch_request_status', () => {
  it('asks once for each handle, and not for items while a batch runs', async () => {
    status('h1').reply(200, { data: [{ status: 'started' }] })
    const results = await checked(['MUG', 1, 'h1'], ['CUP', 2, 'h1'])
    expect(results).toEqual(
      Array(2).fill({ status: 'pending', handle: 'h1', checkAfterMs: 15_000, observed: null }),
    )
  })

  it('believes a finished batch when the items show it, and maps invalid ids to their rows', async () => {
    status('h1').reply(200, {
      data: [
        {
          status: 'finished',
          errors_total_count: 2,
          errors: [{ line: 1, id: 'CUP', message: 'Price is missing' }],
          ids_of_invalid_requests: ['CUP', 'JUG'],
        },
      ],
    })
    looked(['MUG', 'CUP', 'JUG', 'POT']).reply(200, {
      data: [item('MUG', 'in stock', 1), item('CUP', 'out of stock', 0), item('JUG', 'in stock', 9)],
    })
    const [mug, cup, jug, pot] = await checked(
      ['MUG', 1, 'h1'],
      ['CUP', 2, 'h1'],
      ['JUG', 3, 'h1'],
      ['POT', 4, 'h1'],
    )
    expect(mug).toEqual({ status: 'done' })
    expect(cup).toMatchObject({ status: 'failed', error: { code: 'rejected' } })
    expect(cup?.status === 'failed' && cup.error.message).toContain('Price is missing')
    expect(jug).toMatchObject({ status: 'failed', error: { code: 'rejected' } })
    expect(pot).toMatchObject({ status: 'failed', error: { code: 'not_found', field: 'listing' } })
  })

  it('goes on waiting while the items still show the old number', async () => {
    status('h1').reply(200, { data: [{ status: 'finished' }] })
    looked(['MUG']).reply(200, { data: [item('MUG', 'in stock', 9)] })
    expect(await checked(['MUG', 1, 'h1'])).toMatchObject([{ status: 'pending', observed: 9 }])
  })

  it.each(['error', 'canceled', undefined])(
    'sends again what a batch that is %s did not show',
    async (word) => {
      status('h1').reply(200, { data: word === undefined ? [] : [{ status: word }] })
      looked(['MUG', 'CUP']).reply(200, { data: [item('MUG', 'in stock', 1), item('CUP', 'in stock', 5)] })
      const [shown, lost] = await checked(['MUG', 1, 'h1'], ['CUP', 2, 'h1'])
      expect(shown).toEqual({ status: 'done' })
      expect(lost).toMatchObject({ status: 'failed', error: { code: 'unavailable', retryable: true } })
    },
  )

  it('keeps and tells a state that it does not know', async () => {
    status('h1').reply(200, { data: [{ status: 'reticulating' }] })
    expect(await checked(['MUG', 1, 'h1'])).toMatchObject([{ status: 'pending' }])
  })

  it('of a handle that cannot be asked about says nothing of the write', async () => {
    status('h1').times(5).reply(503, 'upstream')
    status('h2').reply(200, { data: [{ status: 'started' }] })
    const [unknown, other] = await checked(['MUG', 1, 'h1'], ['CUP', 2, 'h2'])
    expect(unknown).toMatchObject({ status: 'pending', handle: 'h1' })
    expect(other).toMatchObject({ status: 'pending', handle: 'h2' })
  })
})

describe('products', () => {
  const reading = async (...ids: readonly string[]) =>
    connection.listings.read(
      contextOf(),
      ids.map((listing) => ({ listing, place: '' })),
    )

  it('reads what buyers see: the word first, then the number', async () => {
    const ids = ['A', 'B', 'C', 'D', 'E', 'F', 'G']
    looked(ids).reply(200, {
      data: [
        item('A', 'in stock', 7),
        item('B', 'out of stock', 7),
        item('C', 'in stock', 0),
        item('D', 'preorder', 3),
        item('E', 'in stock'),
        { ...item('F', 'in stock'), inventory: 4 },
      ],
    })
    expect(
      (await reading(...ids)).map((one) => (one.status === 'shown' ? one.quantity : one.status)),
    ).toEqual([7, 0, 999_999, 3, 999_999, 4, 'missing'])
  })

  it('follows further pages by their cursor, never by the address in the answer', async () => {
    const page = { cursors: { after: 'QVFI' }, next: 'https://elsewhere.example/steal?access_token=x' }
    looked(['A', 'B']).reply(200, { data: [item('A', 'in stock', 1)], paging: page })
    graph()
      .get(`${catalog}/products`)
      .query((query) => query.after === 'QVFI' && query.limit === '100')
      .reply(200, { data: [item('B', 'in stock', 2)], paging: { cursors: { after: 'QVFJ' } } })
    expect(await reading('A', 'B')).toMatchObject([{ quantity: 1 }, { quantity: 2 }])
  })

  it('asks for a hundred at a time, and for fewer where their ids are long', async () => {
    const many = Array.from({ length: 150 }, (_, index) => `SKU-${index}`)
    const asked: string[] = []
    const noting = (query: { filter?: unknown }) => {
      asked.push(String(query.filter))
      return true
    }
    const sizesOf = () =>
      [...new Set(asked.splice(0))].map((filter): number => JSON.parse(filter).retailer_id.is_any.length)
    graph().get(`${catalog}/products`).query(noting).times(2).reply(200, { data: [] })
    await reading(...many)
    expect(sizesOf()).toEqual([100, 50])
    graph().get(`${catalog}/products`).query(noting).times(3).reply(200, { data: [] })
    await reading(...Array.from({ length: 12 }, (_, index) => `${index}`.padStart(2, '0') + 'Ö'.repeat(180)))
    expect(sizesOf()).toEqual([4, 4, 4])
  })

  it('an item that cannot be read fails alone', async () => {
    const broken = { retailer_id: 'A', availability: 7 }
    looked(['A', 'B']).reply(200, { data: [broken, item('B', 'in stock', 2)] })
    const [a, b] = await reading('A', 'B')
    expect(a).toMatchObject({ status: 'failed', error: { code: 'invalid_input', field: 'availability' } })
    expect(b).toMatchObject({ status: 'shown', quantity: 2 })
  })

  it('says that Meta served another version', async () => {
    const warned: string[] = []
    const log = { debug: () => {}, info: () => {}, warn: (message: string) => void warned.push(message) }
    const context = adapterContext(connection, { clock, log })
    looked(['A']).reply(200, { data: [] }, { 'facebook-api-version': 'v27.0' })
    await connection.listings.read(context, [{ listing: 'A', place: '' }])
    expect(warned).toEqual(['Meta served another version of the Graph API than asked for'])
  })
})

describe('a catalogue as a whole', () => {
  const page = (after: string | null, body: object) =>
    graph()
      .get(`${catalog}/products`)
      .query({
        fields: 'retailer_id,name,gtin,availability,quantity_to_sell_on_facebook,inventory',
        limit: '100',
        ...(after === null ? {} : { after }),
        appsecret_proof: proof,
      })
      .reply(200, body)
  const next = 'https://elsewhere.example/steal?access_token=x'

  it('is told page by page, each item with what it shows, and no number where nobody said one', async () => {
    const { listings } = connection
    page(null, {
      data: [
        { ...item('MUG', 'in stock', 7), name: 'A mug', gtin: '4006381333931' },
        { ...item('CUP', 'out of stock', 7), name: 'A cup', gtin: '' },
      ],
      paging: { cursors: { after: 'QVFI' }, next },
    })
    const first = await listings.list(contextOf(), null)
    const common = { place: '', fulfilledBy: 'merchant' }
    expect(first).toEqual({
      listings: [
        { ...common, listing: 'MUG', sku: 'MUG', title: 'A mug', barcode: '4006381333931', quantity: 7 },
        { ...common, listing: 'CUP', sku: 'CUP', title: 'A cup', barcode: null, quantity: 0 },
      ],
      unreadable: [],
      cursor: 'QVFI',
    })
    page('QVFI', {
      data: [
        item('POT', 'in stock'),
        item('PAN', 'in stock', 0),
        { ...item('JAR', 'preorder'), inventory: 4 },
      ],
      paging: { cursors: { after: 'QVFJ' } },
    })
    const last = await listings.list(contextOf(), first.cursor)
    expect(last.listings.map(({ quantity }) => quantity)).toEqual([null, null, 4])
    expect(last.cursor).toBeNull()
  })

  it('goes on past an item that cannot be read, and names it', async () => {
    const broken = [
      { retailer_id: 'A', availability: 7 },
      { name: 'Nameless' },
      { retailer_id: 'x'.repeat(201) },
    ]
    page(null, { data: [...broken, item('B', 'in stock', 2)] })
    const { listings, unreadable, cursor } = await connection.listings.list(contextOf(), null)
    expect(listings.map(({ listing }) => listing)).toEqual(['B'])
    expect(unreadable?.map(({ id, error }) => [id?.slice(0, 3), error.code, error.field])).toEqual([
      ['A', 'invalid_input', 'availability'],
      [undefined, 'invalid_input', 'retailer_id'],
      ['xxx', 'invalid_input', ''],
    ])
    expect(cursor).toBeNull()
  })

  it('with more to come and no word where does not end as if that were all', async () => {
    page(null, { data: [item('B', 'in stock', 2)], paging: { next } })
    await expect(connection.listings.list(contextOf(), null)).rejects.toMatchObject({
      code: 'invalid_input',
      field: 'paging.cursors.after',
    })
  })
})

describe('the hourly limits', () => {
  const usage = (facts: object) => ({ 'x-business-use-case-usage': JSON.stringify({ '1': [facts] }) })
  const tooMany = { error: { message: '(#80014) too many calls', type: 'OAuthException', code: 80014 } }

  it('wait for as long as Meta says that access is gone', async () => {
    const facts = { type: 'catalog_batch', call_count: 100, estimated_time_to_regain_access: 3 }
    graph().post(`${catalog}/items_batch`).query(true).reply(400, tooMany, usage(facts))
    graph()
      .post(`${catalog}/items_batch`)
      .query(true)
      .reply(200, { handles: ['h'] })
    await connection.listings.write(contextOf(), [target('MUG', 1)])
    expect(Math.max(...slept)).toBeGreaterThanOrEqual(180_000)
  })

  it('wait a minute when a refusal says nothing', async () => {
    graph().post(`${catalog}/items_batch`).query(true).reply(400, tooMany)
    graph()
      .post(`${catalog}/items_batch`)
      .query(true)
      .reply(200, { handles: ['h'] })
    await connection.listings.write(contextOf(), [target('MUG', 1)])
    expect(Math.max(...slept)).toBeGreaterThanOrEqual(60_000)
  })
})

describe('without the secret of the app', () => {
  it('calls are unsigned, and there are no webhooks', async () => {
    const { appSecret: _, verifyToken: __, ...rest } = options
    const plain = meta(rest)
    nock('https://graph.facebook.com')
      .post(`${catalog}/items_batch`)
      .query((query) => !('appsecret_proof' in query))
      .reply(200, { handles: ['h'] })
    await plain.listings.write(contextOf(), [target('MUG', 1)])
    expect('webhooks' in plain).toBe(false)
  })
})

describe('debug_token', () => {
  const told = (data: object) =>
    graph()
      .get('/v26.0/debug_token')
      .query({ input_token: options.accessToken, appsecret_proof: proof })
      .reply(200, { data: { is_valid: true, scopes: ['catalog_management'], ...data } })

  it('tells when the token and its right to data end', async () => {
    told({ expires_at: 1_800_000_000, data_access_expires_at: 1_790_000_000 })
    expect(await connection.deadlines(contextOf())).toMatchObject([
      { id: 'access-token', at: 1_800_000_000_000 },
      { id: 'data-access', at: 1_790_000_000_000 },
    ])
  })

  it('has nothing to tell of a token that stays', async () => {
    told({ expires_at: 0, data_access_expires_at: 0 })
    expect(await connection.deadlines(contextOf())).toEqual([])
  })

  it('is an error of the credential when the token is no longer valid, without the token', async () => {
    told({ is_valid: false, expires_at: 1 })
    const error = await connection.deadlines(contextOf()).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'auth', field: 'accessToken' })
    expect(JSON.stringify(error)).not.toContain(options.accessToken)
  })
})
