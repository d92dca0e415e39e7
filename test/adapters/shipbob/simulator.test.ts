import { describe, expect, it } from 'vitest'
import { startShipBobSimulator } from '../../../adapters/shipbob/simulator/index.ts'
import { virtualClock } from '../../../src/simulator/index.ts'

/** Any HTTP client can speak to it: here is one that knows nothing of the adapter. */
async function start(options: Parameters<typeof startShipBobSimulator>[0] = {}) {
  const simulator = await startShipBobSimulator({ clock: virtualClock(), ...options })
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${simulator.url}/2026-01${path}`, {
      method,
      headers: {
        authorization: `Bearer ${simulator.token}`,
        shipbob_channel_id: String(simulator.channelId),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? null : JSON.parse(text) }
  }
  const order = (reference: string, more: Record<string, unknown> = {}) => ({
    reference_id: reference,
    shipping_method: 'Standard',
    type: 'DTC',
    recipient: { name: 'Jane Poe', address: { address1: '12 Elm St', city: 'Springfield', country: 'US' } },
    products: [{ reference_id: 'MUG-RED', name: 'Red mug', quantity: 1 }],
    ...more,
  })
  return { simulator, call, order, [Symbol.asyncDispose]: () => simulator.close() }
}

interface Seen {
  readonly reference_id: string
  readonly status: string
  readonly shipments: readonly { readonly id: number; readonly status: string }[]
}
const references = (body: readonly Seen[]) => body.map((each) => each.reference_id)

describe('the ShipBob simulator', () => {
  it('lets 150 calls into any 60 seconds, and says how many remain and when to come back', async () => {
    await using shop = await start()
    const clock = shop.simulator.clock as ReturnType<typeof virtualClock>
    for (let made = 1; made <= 150; made += 1) {
      const answer = await shop.call('GET', '/location')
      expect(answer.headers.get('x-remaining-calls')).toBe(String(150 - made))
      if (made === 50) await clock.advance(20_000)
    }
    const refused = await shop.call('GET', '/location')
    expect(refused).toMatchObject({
      status: 429,
      body: { statusCode: 429, message: 'Rate limit is exceeded. Try again in 40 seconds.' },
    })
    expect(refused.headers.get('x-retry-after')).toBe('40')
    expect(refused.headers.get('x-remaining-calls')).toBe('0')
    await clock.advance(40_000)
    expect((await shop.call('GET', '/location')).status).toBe(200)
  })

  it.each([
    ['no token', { authorization: '' }, 401],
    ['another token', { authorization: 'Bearer other' }, 401],
    ['the token without Bearer', { authorization: 'shipbob-test-token' }, 401],
    ['a channel of somebody else', { shipbob_channel_id: '1' }, 403],
  ])('refuses %s', async (_, headers, status) => {
    await using shop = await start()
    expect(
      (await shop.call('POST', '/order', shop.order('a'), headers as Record<string, string>)).status,
    ).toBe(status)
  })

  it.each([
    [{ reference_id: '' }, 'ReferenceId'],
    [{ products: [] }, 'Products'],
    [{ products: [{ reference_id: 'A', quantity: 0 }] }, 'Products[0].Quantity'],
    [{ type: 'Gift' }, 'Type'],
    [{ recipient: { name: 'A', address: { address1: 'B', country: 'US' } } }, 'Recipient.Address.City'],
  ])('names what is wrong with %j', async (more, field) => {
    await using shop = await start()
    const { status, body } = await shop.call('POST', '/order', shop.order('a', more))
    expect(status).toBe(400)
    expect(Object.keys(body)).toEqual([field])
    expect(body[field]).toEqual([expect.any(String)])
  })

  it('takes no body that is no JSON, no place that is none, and no path that is not there', async () => {
    await using shop = await start()
    expect((await shop.call('POST', '/order', 'nonsense')).status).toBe(400)
    expect((await shop.call('POST', '/order', shop.order('a', { location_id: 99 }))).status).toBe(422)
    expect((await shop.call('GET', '/orders')).status).toBe(404)
    expect(shop.simulator.errors).toEqual([])
  })

  it('keeps references unique in a channel, also of orders that were cancelled', async () => {
    await using shop = await start()
    const { body } = await shop.call('POST', '/order', shop.order('a'))
    await shop.call('POST', `/order/${body.id}:cancel`)
    const again = await shop.call('POST', '/order', shop.order('a'))
    expect(again).toMatchObject({
      status: 422,
      body: { ReferenceId: [expect.stringMatching(/already exists/)] },
    })
  })

  it('filters by all filters at once, oldest or newest first, by pages', async () => {
    await using shop = await start()
    const clock = shop.simulator.clock as ReturnType<typeof virtualClock>
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 10 })
    for (const reference of ['a', 'b', 'c', 'd', 'e']) {
      await shop.call('POST', '/order', shop.order(reference))
      await clock.advance(1_000)
    }
    const middle = encodeURIComponent(new Date(clock.now()).toISOString())
    await clock.advance(1_000)
    await shop.simulator.control('ship', { reference: 'b' })
    const list = async (query: string) => references((await shop.call('GET', `/order?${query}`)).body)
    expect(await list('SortOrder=Oldest')).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await list('SortOrder=Newest&Limit=2')).toEqual(['e', 'd'])
    expect(await list('SortOrder=Oldest&Limit=2&Page=3')).toEqual(['e'])
    expect(await list('Page=2')).toEqual([])
    expect(await list('ReferenceIds=c,a,x')).toEqual(['a', 'c'])
    expect(await list(`LastUpdateStartDate=${middle}`)).toEqual(['b'])
    expect(await list(`LastUpdateStartDate=${middle}&ReferenceIds=a`)).toEqual([])
    expect(await list('HasTracking=true')).toEqual(['b'])
    expect(await list(`LastTrackingUpdateStartDate=${middle}`)).toEqual(['b'])
  })

  it('ships by itself when told to, on its own clock', async () => {
    await using shop = await start()
    const clock = shop.simulator.clock as ReturnType<typeof virtualClock>
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 10 })
    await shop.simulator.control('auto', { shipAfterMs: 60_000 })
    await shop.call('POST', '/order', shop.order('a'))
    await clock.advance(59_000)
    expect((await shop.call('GET', '/order')).body[0].status).toBe('Processing')
    await clock.advance(2_000)
    expect((await shop.call('GET', '/order')).body[0].status).toBe('Fulfilled')
    await shop.simulator.control('auto', { shipAfterMs: null })
    await shop.call('POST', '/order', shop.order('b'))
    await clock.advance(600_000)
    expect((await shop.call('GET', '/order?ReferenceIds=b')).body[0].status).toBe('Processing')
  })

  it('never commits or ships more than lies there, whoever asks in whatever order', async () => {
    await using shop = await start({ limit: { limit: 1e6, windowMs: 60_000 }, seed: 7 })
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 5 })
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 4, location: 8 })
    await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        shop.call(
          'POST',
          '/order',
          shop.order(`r-${index}`, { products: [{ reference_id: 'MUG-RED', quantity: 1 }] }),
        ),
      ),
    )
    const before = shop.simulator.state() as {
      stock: { onHand: number; committed: number; fulfillable: number }[]
      orders: { status: string }[]
    }
    expect(before.stock.map(({ committed }) => committed)).toEqual([5, 4])
    expect(before.orders.filter(({ status }) => status === 'Exception')).toHaveLength(3)
    await shop.simulator.control('ship')
    const after = shop.simulator.state() as typeof before
    expect(after.stock).toMatchObject([
      { onHand: 0, committed: 0 },
      { onHand: 0, committed: 0 },
    ])
    await shop.simulator.control('stock', { sku: 'MUG-RED', quantity: 2 })
    await shop.simulator.control('ship')
    expect(
      (shop.simulator.state() as typeof before).orders.filter(({ status }) => status === 'Fulfilled'),
    ).toHaveLength(11)
  })

  it.each([
    ['ship', { reference: 'nobody' }, 404],
    ['stock', { sku: 'A', quantity: -1 }, 400],
    ['stock', { sku: 'A', quantity: 1, location: 'mars' }, 404],
    ['hold', {}, 400],
    ['auto', { shipAfterMs: 'soon' }, 400],
  ])('the control %s refuses %j', async (name, body, status) => {
    await using shop = await start()
    await expect(shop.simulator.control(name, body)).rejects.toMatchObject({ status })
  })

  it('a control that has nothing to do says so', async () => {
    await using shop = await start()
    await shop.call('POST', '/order', shop.order('a'))
    await expect(shop.simulator.control('ship', { reference: 'a' })).rejects.toMatchObject({ status: 409 })
    await expect(shop.simulator.control('ship')).resolves.toEqual({ shipments: 0 })
  })
})
