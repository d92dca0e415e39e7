import { type ShopifyConnection, shopify } from '../../../adapters/shopify/index.ts'
import { startShopifySimulator } from '../../../adapters/shopify/simulator/index.ts'
import { acceleratedClock, type SimulatorOptions } from '../../../src/simulator/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { noticeOf } from './fixtures.ts'

/** Uses everything that the adapter can do, paging included, with every kind of refusal that it handles. */
export async function everyCall(
  version: string,
  observe: NonNullable<SimulatorOptions['observe']>,
): Promise<void> {
  const clock = acceleratedClock(600)
  const locations = ['Shop location', 'Back room']
  await using simulator = await startShopifySimulator({
    clock,
    observe,
    locations,
    behaviour: { taxRate: 0.08 },
  })
  const connection = shopify({ ...simulator.options, version, serviceLevels: { Courier: 'same-day' } })
  const context = adapterContext(connection, { clock })
  const control = <T>(name: string, body: unknown) => simulator.control<T>(name, body)
  const listings: { listing: string; place: string }[] = []
  for (let index = 0; index < 60; index += 1) {
    listings.push(await control('listings', { sku: `SKU-${index}`, quantity: 100 }))
  }
  const skus = (count: number, quantity: number) =>
    Array.from({ length: count }, (_, index) => ({ sku: `SKU-${index}`, quantity }))
  const buy = async (count: number, quantity = 1, more = {}) =>
    (await control<{ order: string }>('orders', { lines: skus(count, quantity), ...more })).order

  // Stock: done, stale, not stocked, unknown; read with one that is missing.
  const [first, second, third] = listings
  if (!first || !second || !third) throw new Error('no listings')
  const elsewhere = { ...third, place: 'gid://shopify/Location/7002' }
  const target = (ref: typeof first, expected: number | null, key: string) => ({
    ...ref,
    quantity: 50,
    expected,
    key,
  })
  const unknown = { ...first, listing: 'gid://shopify/InventoryItem/999' }
  await connection.listings.write(context, [
    target(first, null, 'a'),
    target(second, 7, 'b'),
    target(elsewhere, null, 'c'),
    target(unknown, null, 'd'),
  ])
  await connection.listings.read(context, [...listings, unknown, elsewhere])
  await connection.listings.list(context, null)

  // Orders: many pages, many lines, every state.
  const large = await buy(60, 2, { serviceLevel: 'Courier' })
  for (let index = 0; index < 12; index += 1) await buy(2)
  const unpaid = await buy(1, 1, { paid: false })
  const held = await buy(1)
  await control('orders/hold', { order: held })
  const returned = await buy(6, 3)
  await control('orders/fulfill', { order: returned, trackingNumber: 'RETURNED-1', company: 'UPS' })
  await control('orders/return', { order: returned, lines: skus(6, 1) })
  await control('orders/edit', { order: held, add: skus(1, 1), remove: [{ sku: 'SKU-0', quantity: 1 }] })
  let cursor: string | null = null
  for (;;) {
    const page = await connection.orders.read(context, cursor)
    cursor = page.cursor
    if (!page.more) break
  }
  await connection.orders.get(context, returned)

  // Shipments: all lines in pages, a repeat, a correction, two locations.
  const order = await connection.orders.get(context, large)
  if (!order) throw new Error('no order')
  const whole = noticeOf(order, { trackingNumber: '1Z-LARGE' })
  const [confirmed] = await connection.shipments.confirm(context, [whole])
  await connection.shipments.confirm(context, [whole])
  const reference = confirmed?.status === 'done' ? (confirmed.reference ?? null) : null
  await connection.shipments.correct(context, { ...whole, trackingNumber: '1Z-BETTER' }, reference)
  const scattered = await scatter(simulator)
  const apart = await connection.orders.get(context, scattered)
  if (!apart) throw new Error('no order')
  await connection.shipments.confirm(context, [noticeOf(apart, { trackingNumber: '1Z-APART' })])
  await connection.shipments.confirm(context, [noticeOf(order, { trackingNumber: '1Z-TOO-LATE' })])

  // Held, held again, released; moved whole, in part, and not at all.
  const kept = await buy(2, 2)
  const [one, other] = (await connection.orders.get(context, kept))?.lines ?? []
  await connection.orders.hold(context, { order: kept, reason: 'address' })
  await connection.orders.hold(context, { order: kept, reason: 'address' })
  await connection.orders.release(context, kept)
  await control('listings', { sku: 'SKU-0', quantity: 100, location: 'gid://shopify/Location/7002' })
  const away = { quantity: 1, place: 'gid://shopify/Location/7002' }
  await connection.orders.assign(context, {
    order: kept,
    lines: [
      { ...away, line: one?.id ?? '' },
      { ...away, line: other?.id ?? '' },
    ],
  })

  // Cancelling: stopped, repeated, too late.
  await connection.orders.cancel(context, { order: unpaid, reason: 'out_of_stock', key: 'cancel-1' })
  await connection.orders.cancel(context, { order: unpaid, reason: 'out_of_stock', key: 'cancel-1' })
  await connection.orders.cancel(context, { order: large, reason: 'customer', key: 'cancel-2' })

  await connection.orders.get(context, unpaid)

  const address = 'https://hub.example/webhooks/web'
  await connection.webhooks.ensure(context, address)
  await control('webhooks/filter', { topic: 'ORDERS_CREATE', filter: 'total_price:>100' })
  await connection.webhooks.ensure(context, address)

  // Held orders: by the parts that changed, and by a part's id.
  await connection.orders.read(context, cursor)
  await connection.orders.get(context, 'gid://shopify/FulfillmentOrder/1001')

  await everyReturn(connection, context, control, buy)
  // One large import, and one large look at the numbers, by files.
  const bulk = shopify({ ...simulator.options, version, bulkFrom: 1 })
  for (let at: string | null = null, more = true; more; )
    ({ cursor: at, more } = await bulk.orders.read(context, at))
  if (simulator.errors.length > 0) throw new AggregateError(simulator.errors, 'the simulator has a bug')
}

type Connection = Pick<ShopifyConnection, 'orders' | 'returns'>

/** Returns with more lines, parcels and answers than fit a page, and refunds. */
async function everyReturn(
  { orders, returns }: Connection,
  context: ReturnType<typeof adapterContext>,
  control: <T>(name: string, body: unknown) => Promise<T>,
  buy: (count: number, quantity?: number, more?: object) => Promise<string>,
): Promise<void> {
  const ref = (id: string, order: string, key: string) => ({ return: id, order, key })
  const wide = await buy(60, 1, { shipping: { amount: 500, currency: 'USD' } })
  await control('orders/fulfill', { order: wide })
  const lines = (await orders.get(context, wide))?.lines.map(({ id }) => ({
    line: id,
    quantity: 1,
    reason: null,
  }))
  if (!lines) throw new Error('no order')
  const opening = { order: wide, lines, note: 'does not fit', key: 'open-1' }
  const { return: opened = '' } = await returns.open(context, opening)
  await returns.open(context, opening)
  const arrived = lines.map(({ line }) => ({ line, quantity: 1, disposition: 'restocked' as const }))
  await returns.receive(context, { ...ref(opened, wide, 'receive-1'), lines: arrived })
  await returns.close(context, ref(opened, wide, 'close-1'))
  await returns.get(context, opened)

  const parcels = await buy(1, 8)
  for (let parcel = 0; parcel < 8; parcel += 1)
    await control('orders/fulfill', { order: parcels, lines: [{ sku: 'SKU-0', quantity: 1 }] })
  const [line] = (await orders.get(context, parcels))?.lines ?? []
  if (!line) throw new Error('no line')
  const asked = { order: parcels, lines: [{ id: line.id, quantity: 6 }], reason: 'defective', note: 'broken' }
  const { return: approved } = await control<{ return: string }>('returns', asked)
  await returns.approve(context, ref(approved, parcels, 'approve-1'))
  await control('returns/ship', { return: approved, trackingNumber: '1Z-BACK' })
  const { return: declined } = await control<{ return: string }>('returns', {
    ...asked,
    lines: [{ id: line.id, quantity: 1 }],
  })
  await returns.decline(context, {
    ...ref(declined, parcels, 'no'),
    reason: 'too_late',
    note: 'after 30 days',
  })
  // Refused: it was declined.
  await returns.approve(context, ref(declined, parcels, 'approve-2'))
  for (let cursor: string | null = null, more = true; more; )
    ({ cursor, more } = await returns.read(context, cursor))

  const refund = {
    order: wide,
    return: opened,
    lines: [],
    shipping: true,
    amount: null,
    reason: null,
    key: 'refund-1',
  }
  await returns.refund(context, refund)
  await returns.refund(context, refund)
  const part = { ...refund, order: parcels, shipping: false, amount: { amount: 150, currency: 'USD' } }
  await returns.refund(context, { ...part, lines: [{ line: line.id, quantity: 1 }], key: 'refund-2' })
  // More than eleven returns of one order.
  for (let count = 0; count < 11; count += 1) {
    const { return: id } = await control<{ return: string }>('returns', {
      ...asked,
      lines: [{ id: line.id, quantity: 1 }],
    })
    await control('returns/cancel', { return: id })
  }
  await returns.read(context, null)
}

/** An order over both locations, with six fulfilment orders at one of them. */
async function scatter(simulator: Awaited<ReturnType<typeof startShopifySimulator>>): Promise<string> {
  const place = 'gid://shopify/Location/7002'
  await simulator.control('listings', { sku: 'BACK', quantity: 100, location: place })
  const lines = [
    { sku: 'SKU-0', quantity: 1 },
    { sku: 'BACK', quantity: 1 },
  ]
  const { order } = await simulator.control<{ order: string }>('orders', { lines })
  // A fulfilment order that is on hold takes no new lines, so each edit makes another one.
  for (let edit = 0; edit < 6; edit += 1) {
    await simulator.control('orders/hold', { order })
    await simulator.control('orders/edit', { order, add: lines.slice(0, 1) })
  }
  await simulator.control('orders/hold', { order, hold: false })
  return order
}
