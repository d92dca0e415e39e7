import { afterEach, describe, expect, it } from 'vitest'
import { appSecretProof } from '../../../adapters/meta/client.ts'
import { type MetaSimulator, startMetaSimulator } from '../../../adapters/meta/simulator/index.ts'
import { type VirtualClock, virtualClock } from '../../../src/simulator/index.ts'
import type { ListingPage } from '../../../src/spec/index.ts'
import { stage } from './stage.ts'

const running: MetaSimulator[] = []
afterEach(async () => {
  for (const simulator of running.splice(0)) await simulator.close()
})

/** What the tests read of any answer. */
interface Told {
  readonly handles: readonly string[]
  readonly validation_status: readonly { readonly retailer_id: string }[]
  readonly data: readonly (Readonly<Record<string, unknown>> & { readonly retailer_id?: string })[]
  readonly paging: { readonly cursors: { readonly after: string }; readonly next?: string }
  readonly error: { readonly code: number; readonly message: string }
}

const answered = async (response: Response) => ({
  status: response.status,
  headers: response.headers,
  body: (await response.json()) as Told,
})

async function start(options: Parameters<typeof startMetaSimulator>[0] = {}) {
  const clock: VirtualClock = virtualClock()
  const simulator = await startMetaSimulator({ clock, requireProof: false, ...options })
  running.push(simulator)
  const { catalogId, accessToken } = simulator.options
  /** As a client of another language does: the token in the address, parameters in a form. */
  const get = async (path: string, query: Record<string, string> = {}) => {
    const response = await fetch(
      `${simulator.url}/${path}?${new URLSearchParams({ access_token: accessToken, ...query })}`,
    )
    return answered(response)
  }
  const post = async (path: string, form: Record<string, string>) => {
    const response = await fetch(`${simulator.url}/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${accessToken}` },
      body: new URLSearchParams(form),
    })
    return answered(response)
  }
  const batch = (requests: unknown, more: Record<string, string> = {}) =>
    post(`v26.0/${catalogId}/items_batch`, {
      item_type: 'PRODUCT_ITEM',
      requests: JSON.stringify(requests),
      ...more,
    })
  const states = simulator.state() as {
    listings: { listing: string; availability: string; number: number | null }[]
  }
  return { simulator, clock, get, post, batch, catalogId, states }
}

const update = (id: string, data: object) => ({ method: 'UPDATE', data: { id, ...data } })
const listed = (simulator: MetaSimulator) =>
  (simulator.state() as { listings: { listing: string; number: number | null }[] }).listings.map(
    ({ listing, number }) => [listing, number],
  )

describe('batches', () => {
  it('are taken in from a form, run for a while, and are then over', async () => {
    const { simulator, clock, get, batch, catalogId } = await start({ processMs: 2000 })
    await simulator.control('listings', { sku: 'MUG', quantity: 1 })
    const { body } = await batch([
      update('MUG', { quantity_to_sell_on_facebook: 5, availability: 'in stock' }),
    ])
    const [handle = ''] = body.handles
    const status = async () =>
      (await get(`v26.0/${catalogId}/check_batch_request_status`, { handle })).body.data[0]?.status
    const seen = [await status()]
    await clock.advance(1000)
    seen.push(await status())
    expect(listed(simulator)).toEqual([['MUG', 1]])
    await clock.advance(1000)
    seen.push(await status())
    expect(seen).toEqual(['dispatched', 'started', 'finished'])
    expect(listed(simulator)).toEqual([['MUG', 5]])
  })

  it('make a new item of an unknown id, unless they are told not to', async () => {
    const { simulator, clock, get, batch, catalogId } = await start()
    const row = update('TYPO', { quantity_to_sell_on_facebook: 5 })
    const refused = await batch([row], { allow_upsert: 'false' })
    await clock.advance(5000)
    const asked = { handle: refused.body.handles[0] ?? '' }
    const status = (await get(`v26.0/${catalogId}/check_batch_request_status`, asked)).body.data[0]
    expect(status).toMatchObject({ status: 'finished', errors_total_count: 1, ids_of_invalid_requests: [] })
    const more = { ...asked, load_ids_of_invalid_requests: 'true' }
    const told = (await get(`v26.0/${catalogId}/check_batch_request_status`, more)).body.data[0]
    expect(told?.ids_of_invalid_requests).toEqual(['TYPO'])
    expect(listed(simulator)).toEqual([])
    await batch([row])
    await clock.advance(5000)
    expect(listed(simulator)).toEqual([['TYPO', 5]])
  })

  it('that break the format are turned away whole, with 200', async () => {
    const { batch } = await start()
    const { status, body } = await batch([
      update('A', { availability: 'plenty' }),
      update('B', { quantity_to_sell_on_facebook: -1 }),
    ])
    expect(status).toBe(200)
    expect(body.handles).toEqual([])
    expect(body.validation_status.map(({ retailer_id }: { retailer_id: string }) => retailer_id)).toEqual([
      'A',
      'B',
    ])
  })

  it('take 5,000 requests and no more', async () => {
    const { batch } = await start()
    const rows = Array.from({ length: 5001 }, (_, index) => update(`S${index}`, { availability: 'in stock' }))
    expect((await batch(rows)).status).toBe(400)
    expect((await batch(rows.slice(1))).status).toBe(200)
  })

  it('of a forgotten handle are an empty list', async () => {
    const { get, catalogId } = await start()
    const { status, body } = await get(`v26.0/${catalogId}/check_batch_request_status`, { handle: 'nobody' })
    expect([status, body]).toEqual([200, { data: [] }])
  })
})

describe('reading', () => {
  it('goes by filter, fields and pages, with the token in no link when it came in a header', async () => {
    const { simulator, get, catalogId } = await start()
    for (const sku of ['A', 'B', 'C']) await simulator.control('listings', { sku, quantity: 1 })
    const filter = JSON.stringify({ retailer_id: { is_any: ['A', 'C', 'D'] } })
    const fields = 'retailer_id,availability'
    const first = (await get(`v26.0/${catalogId}/products`, { filter, fields, limit: '1' })).body
    expect(first.data).toHaveLength(1)
    const after = first.paging.cursors.after
    const second = (await get(`v26.0/${catalogId}/products`, { filter, fields, limit: '1', after })).body
    expect(second.paging.next).toBeUndefined()
    const ids = [...first.data, ...second.data].map(({ retailer_id }) => retailer_id)
    expect(ids.sort()).toEqual(['A', 'C'])
    expect(Object.keys(first.data[0] ?? {}).sort()).toEqual(['availability', 'id', 'retailer_id'])
  })

  it('gives a whole catalogue page by page, each item once, whatever is deleted meanwhile', async () => {
    await using it = await stage()
    const skus = Array.from({ length: 230 }, (_, index) => `SKU-${index}`)
    for (const sku of skus) await it.simulator.control('listings', { sku, quantity: 1 })
    const pages: string[][] = []
    for (let cursor: string | null = null; ; ) {
      const page: ListingPage = await it.connection.listings.list(it.context, cursor)
      pages.push(page.listings.map(({ listing }) => listing))
      cursor = page.cursor
      if (cursor === null) break
      if (pages.length === 1) await it.simulator.control('listings/delete', { sku: pages[0]?.at(-1) })
    }
    expect(pages.map(({ length }) => length)).toEqual([100, 100, 30])
    expect(pages.flat().sort()).toEqual(skus.sort())
  })

  it('leaves out a number that was never set', async () => {
    const { simulator, get, catalogId } = await start()
    await simulator.control('listings', { sku: 'A', quantity: null, availability: 'in stock' })
    const fields = 'retailer_id,quantity_to_sell_on_facebook'
    const [item] = (await get(`v26.0/${catalogId}/products`, { fields })).body.data
    expect(item).not.toHaveProperty('quantity_to_sell_on_facebook')
  })
})

describe('tokens and proofs', () => {
  it('are asked for, and a proof must be right where one comes', async () => {
    const { simulator, get, catalogId } = await start()
    const path = `v26.0/${catalogId}/products`
    expect((await get(path, { access_token: 'another' })).body.error).toMatchObject({ code: 190 })
    expect((await get(path, { appsecret_proof: 'f'.repeat(64) })).body.error.message).toContain(
      'appsecret_proof',
    )
    const proof = appSecretProof(simulator.accessToken, simulator.appSecret)
    expect((await get(path, { appsecret_proof: proof })).status).toBe(200)
  })

  it('a proof is required where the app says so', async () => {
    const { get, catalogId } = await start({ requireProof: true })
    expect((await get(`v26.0/${catalogId}/products`)).body.error.message).toContain('appsecret_proof')
  })

  it('a token ends at its time', async () => {
    const { simulator, clock, get, catalogId } = await start()
    await simulator.control('token', { expiresAt: clock.now() + 60_000 })
    expect((await get(`v26.0/${catalogId}/products`)).status).toBe(200)
    await clock.advance(61_000)
    const { body } = await get(`v26.0/${catalogId}/products`)
    expect(body.error).toMatchObject({ code: 190, error_subcode: 463 })
  })

  it('another catalogue is not there', async () => {
    const { get } = await start()
    expect((await get('v26.0/42/products')).body.error).toMatchObject({ code: 100, error_subcode: 33 })
  })
})

describe('the hour', () => {
  it('is told in percent, ends in code 80014, and comes back', async () => {
    const { batch, clock } = await start({ limits: { batches: 4 } })
    const rows = [update('A', { availability: 'in stock' })]
    const usageOf = ({ headers }: { headers: Headers }) =>
      JSON.parse(headers.get('x-business-use-case-usage') ?? '')['506914307656634'][0]
    const used: number[] = []
    for (let call = 0; call < 4; call += 1) used.push(usageOf(await batch(rows)).call_count)
    expect(used).toEqual([25, 50, 75, 100])
    const refused = await batch(rows)
    expect(refused.body.error.code).toBe(80_014)
    expect(usageOf(refused).estimated_time_to_regain_access).toBe(60)
    await clock.advance(3_600_000)
    expect((await batch(rows)).status).toBe(200)
  })
})

describe('the order API', () => {
  it.each(['commerce_orders', 'commerce_returns', 'shipments', 'refunds', 'cancellations'])(
    '%s is gone',
    async (edge) => {
      const { get } = await start()
      const { status, body } = await get(`v26.0/208477394013/${edge}`)
      expect(status).toBe(400)
      expect(body.error.message).toContain('October 27, 2026')
    },
  )
})

describe('shoppers', () => {
  it('are sent to the checkout URL with their cart, and not with what is sold out', async () => {
    const { simulator } = await start()
    await simulator.control('listings', { sku: 'MUG+LID', quantity: 2 })
    await simulator.control('listings', { sku: 'GONE', quantity: 0 })
    const { url } = await simulator.control<{ url: string }>('checkout', {
      lines: [{ sku: 'MUG+LID', quantity: 2 }],
      coupon: 'SUMMER',
      from: 'facebook',
      url: 'https://shop.example/checkout?clear=true',
    })
    expect(url).toMatch(
      /^https:\/\/shop\.example\/checkout\?clear=true&products=MUG%2BLID%3A2&coupon=SUMMER&cart_origin=facebook&fbclid=PA/,
    )
    const soldOut = { lines: [{ sku: 'GONE', quantity: 1 }] }
    await expect(simulator.control('checkout', soldOut)).rejects.toMatchObject({ status: 409 })
    await expect(simulator.control('checkout', { ...soldOut, force: true })).resolves.toBeTruthy()
  })
})
