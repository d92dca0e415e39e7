import assert from 'node:assert/strict'
import type { WebhookDelivery } from '../../spec/index.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import { buy, stockShop } from './shop.ts'
import { pass, type Stage } from './stage.ts'
import { requestOf, stockShelves, submit } from './warehouse.ts'

/** Lets something happen on the platform; gives the order id, or our reference, that it is about. */
export async function happen(stage: Stage): Promise<string> {
  if (stage.connection.orders) {
    const [item] = await stockShop(stage, 1, 1_000)
    assert.ok(item)
    return await buy(stage, [{ sku: item.sku, quantity: 1 }])
  }
  if (stage.connection.tracking) {
    const trackingNumber = `1ZHOOK${stage.simulator.clock.now()}`
    const parcel = { trackingNumber, carrier: 'ups', key: trackingNumber }
    const [result] = await stage.connection.tracking.follow(stage.context, [parcel])
    return result?.status === 'done' ? result.id : assert.fail('the parcel is not followed')
  }
  if (!stage.connection.fulfillment) {
    // A channel without orders tells what it likes.
    const { subject } = await stage.simulator.control<{ subject: string }>('happen')
    return subject
  }
  const [sku = ''] = await stockShelves(stage, 1, 1_000)
  const { reference } = await submit(stage, requestOf(stage, [{ sku, quantity: 1 }]))
  await stage.simulator.control('ship', { reference })
  return reference
}

const realPatienceMs = 10_000

/** Waits in real time, for webhooks travel by real HTTP; lets simulated time pass meanwhile. */
export async function until(
  stage: Stage,
  what: () => string | Promise<string>,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const startedAt = performance.now()
  while (!(await holds())) {
    if (performance.now() - startedAt > realPatienceMs) assert.fail(await what())
    await pass(stage, 1_000)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export async function arrived(
  stage: Stage,
  receiver: Receiver,
  count: number,
): Promise<readonly WebhookDelivery[]> {
  const { deliveries } = receiver
  await until(
    stage,
    () => `${deliveries.length} of ${count} webhooks came`,
    () => deliveries.length >= count,
  )
  return deliveries
}

/** Runs with deliveries of one event; `chaos` as the simulator's control takes it. */
export async function withDeliveries(
  stage: Stage,
  chaos: Readonly<Record<string, unknown>>,
  count: number,
  run: (deliveries: readonly WebhookDelivery[], subject: string, receiver: Receiver) => Promise<void>,
): Promise<void> {
  const receiver = await startReceiver()
  try {
    await stage.simulator.control('webhooks', { url: receiver.url, chaos })
    const subject = await happen(stage)
    await run(await arrived(stage, receiver, count), subject, receiver)
  } finally {
    await receiver.close()
  }
}
