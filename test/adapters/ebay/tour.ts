import type { EbaySimulatorOptions } from '../../../adapters/ebay/simulator/index.ts'
import { startReceiver } from '../../../src/testing/contract/receiver.ts'
import { buy, list, notice, type Stage, stage, target } from './stage.ts'

const address = 'https://shop.example/webhooks/ebay'

async function numbers(it: Stage): Promise<void> {
  const { listings } = it.connection
  await list(it, 'MUG', 50, { offers: ['EBAY_US', 'EBAY_GB'] })
  await list(it, 'CUP', 50)
  const old = await list(it, 'OLD', 50, { api: 'trading' })
  const refs = ['MUG', 'NOBODY', old.listing].map((listing) => ({ listing, place: '' }))
  await listings.read(it.context, refs)
  await listings.list(it.context, null)
  await listings.write(it.context, [
    target('MUG', 40),
    target('CUP', 0),
    target('NOBODY', 1),
    target(old.listing, 30),
  ])
  it.simulator.faults.arm({ operation: 'bulkUpdatePriceQuantity', kind: 'partial_failure' })
  await listings.write(it.context, [target('MUG', 39), target('CUP', 20)])
}

async function selling(it: Stage): Promise<void> {
  const { orders, shipments } = it.connection
  const first = await buy(it, [
    { sku: 'MUG', quantity: 2 },
    { sku: 'CUP', quantity: 1 },
  ])
  const linesOf = async (order: string) => (await orders.get(it.context, order))?.lines ?? []
  const [line] = await linesOf(first)
  await shipments.confirm(it.context, [notice(first, [{ line: line?.id ?? '', quantity: 1 }])])
  await shipments.confirm(it.context, [
    notice(first, [{ line: line?.id ?? '', quantity: 9 }], { trackingNumber: null }),
  ])
  await orders.get(it.context, '99-99999-99999')
  await orders.get(it.context, 'no-order')
  const asked = await buy(it, [{ sku: 'MUG', quantity: 1 }])
  await it.simulator.control('orders/request-cancel', { order: asked })
  await orders.answerCancelRequest(it.context, asked, false)
  await it.simulator.control('orders/request-cancel', { order: asked })
  await it.clock.advance(60_000)
  for (let cursor: string | null = null, more = true; more; )
    ({ cursor, more } = await orders.read(it.context, cursor))
  await orders.answerCancelRequest(it.context, asked, true)
  const cancelled = await buy(it, [{ sku: 'CUP', quantity: 1 }])
  await orders.cancel(it.context, { order: cancelled, reason: 'out_of_stock', key: 'k' })
}

async function afterwards(it: Stage): Promise<void> {
  const { returns } = it.connection
  const order = await buy(it, [{ sku: 'MUG', quantity: 2 }])
  const line = (await it.connection.orders.get(it.context, order))?.lines[0]?.id ?? ''
  const paying = {
    order,
    return: null,
    lines: [{ line, quantity: 1 }],
    shipping: false,
    amount: null,
    reason: 'lost',
    key: 'k',
  }
  await returns.refund(it.context, paying)
  await returns.refund(it.context, paying).catch(() => undefined)
  const open = async () => {
    const made = await it.simulator.control<{ return: string }>('returns', { order })
    return { return: made.return, order, key: 'k' }
  }
  const [kept, back] = [await open(), await open()]
  await it.clock.advance(60_000)
  await returns.read(it.context, null)
  await returns.decline(it.context, { ...kept, reason: 'other', note: 'worn' })
  await returns.approve(it.context, back)
  await returns.receive(it.context, { ...back, lines: [{ line, quantity: 1, disposition: 'restocked' }] })
  await returns.refund(it.context, { ...paying, return: back.return })
  await returns.get(it.context, '5999999999')
}

async function notified(it: Stage): Promise<void> {
  const { webhooks } = it.connection
  await webhooks.ensure(it.context, address)
  await it.simulator.control('notifications/mark-down')
  await webhooks.ensure(it.context, address)
  const receiver = await startReceiver()
  await it.simulator.control('webhooks', { url: receiver.url })
  await it.simulator.control('account/delete', { username: 'ada_1' })
  await it.simulator.webhooks.idle()
  for (const delivery of receiver.deliveries) await webhooks.verify(delivery, it.clock.now(), [], it.context)
  await receiver.close()
  await it.connection.deadlines(it.context)
}

/** What the simulator has beside what the adapter uses, for other clients. */
async function others(it: Stage): Promise<void> {
  const token = (form: Record<string, string>) => {
    const { clientId, clientSecret } = it.simulator.options
    const authorization = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`
    return fetch(`${it.simulator.url}/identity/v1/oauth2/token`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form),
    }).then(async (answer) => ((await answer.json()) as { access_token: string }).access_token)
  }
  const user = await token({ grant_type: 'refresh_token', refresh_token: it.simulator.options.refreshToken })
  const own = await token({ grant_type: 'client_credentials' })
  const call = (path: string, authorization = `Bearer ${user}`, body?: unknown) =>
    fetch(it.simulator.url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const { orders, listings } = it.simulator.state() as {
    orders: { id: string; shipments: { reference: string }[] }[]
    listings: { offers: { id: string }[] }[]
  }
  const shipped = orders.find(({ shipments }) => shipments.length > 0)
  await call('/sell/inventory/v1/inventory_item?limit=1&offset=1')
  await call('/sell/inventory/v1/inventory_item/MUG')
  await call(`/sell/inventory/v1/offer/${listings[0]?.offers[0]?.id}`)
  await call(
    `/sell/fulfillment/v1/order/${shipped?.id}/shipping_fulfillment/${shipped?.shipments[0]?.reference}`,
  )
  await call('/post-order/v2/cancellation/search', `IAF ${user}`)
  await call('/post-order/v2/cancellation/1', `IAF ${user}`)
  await call('/post-order/v2/cancellation/check_eligibility', `IAF ${user}`, { legacyOrderId: shipped?.id })
  await call('/developer/key_management/v1/signing_key', `Bearer ${own}`, { signingKeyCipher: 'ED25519' })
  const order = '/sell/fulfillment/v1/order'
  const notification = '/commerce/notification/v1'
  const filtered = (filter: string) => `${order}?filter=${encodeURIComponent(filter)}`
  for (const refused of [
    `${order}?limit=201`,
    `${order}?offset=-1`,
    filtered('color:{RED}'),
    filtered('orderfulfillmentstatus:NOT_STARTED'),
    filtered('lastmodifieddate:[2026-06-01T00:00:00Z..]'),
    filtered('lastmodifieddate:[..2026-06-01T00:00:00.000Z]'),
    filtered('lastmodifieddate:[2024-06-01T00:00:00.000Z..]'),
    filtered('lastmodifieddate:[2026-06-02T00:00:00.000Z..2026-06-01T00:00:00.000Z]'),
    filtered('lastmodifieddate:[2026-06-02T00:00:00.000Z..2027-01-01T00:00:00.000Z]'),
    '/sell/inventory/v1/inventory_item?limit=201',
    '/sell/inventory/v1/offer',
  ])
    await call(refused)
  await call(`${order}/${shipped?.id}/shipping_fulfillment`, `Bearer ${user}`, {})
  await call(`${notification}/public_key/0`, `Bearer ${own}`)
  await call(`${notification}/destination`, `Bearer ${own}`, { name: 'shop' })
  const deliveryConfig = { endpoint: address, verificationToken: 'simulated_verification_token_0123456789' }
  await call(`${notification}/destination`, `Bearer ${own}`, { name: 'a', status: 'ENABLED', deliveryConfig })
  await call(`${notification}/subscription`, `Bearer ${own}`, { topicId: 'X', status: 'ON' })
  await call(`${notification}/subscription/0/enable`, `Bearer ${own}`, {})
}

/** Everything that the adapter can do, and what else the simulator has, once. */
export async function everyCall(observe: NonNullable<EbaySimulatorOptions['observe']>): Promise<Stage> {
  const it = await stage({
    simulator: { observe, mustSign: true },
    options: (simulator) => ({ signature: simulator.signingKey() }),
  })
  await numbers(it)
  await selling(it)
  await afterwards(it)
  await notified(it)
  await others(it)
  return it
}
