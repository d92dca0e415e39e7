import { shopify } from '../../../adapters/shopify/index.ts'
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

  // Cancelling: stopped, repeated, too late.
  await connection.orders.cancel(context, { order: unpaid, reason: 'out_of_stock', key: 'cancel-1' })
  await connection.orders.cancel(context, { order: unpaid, reason: 'out_of_stock', key: 'cancel-1' })
  await connection.orders.cancel(context, { order: large, reason: 'customer', key: 'cancel-2' })

  await connection.orders.get(context, unpaid)

  const address = 'https://hub.example/webhooks/web'
  await connection.webhooks.ensure(context, address)
  await connection.webhooks.ensure(context, address)
  if (simulator.errors.length > 0) throw new AggregateError(simulator.errors, 'the simulator has a bug')
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
