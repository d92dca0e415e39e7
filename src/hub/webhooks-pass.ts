import { callDuty, writeCursor } from '../store/connections.ts'
import type { Transaction } from '../store/database.ts'
import { commit, type Pass, type Runtime } from './runtime.ts'

/** Whether the platform can be told where its webhooks go: the hub has a public address, and the adapter can subscribe. */
export const subscribes = (run: Runtime, name: string): boolean =>
  run.publicUrl !== null && run.connections.get(name)?.webhooks?.ensure !== undefined

/**
 * Sees to it that the connection's webhooks are subscribed: platforms delete or disable a subscription whose deliveries
 * failed for a while. When this fails nothing is lost, since everything is polled.
 */
export async function ensureWebhooks(pass: Pass): Promise<void> {
  const { run, name, connection, context } = pass
  const address = `${run.publicUrl}/${name}`
  await connection.webhooks?.ensure?.(context, address)
  const cursor = { value: address, completeUntil: null, ranAt: run.at() }
  await commit(pass, (tx) => writeCursor(tx, name, 'webhooks', cursor))
}

/**
 * Each process looks once when it begins: its public address, or the queue that its options name, may be another than that of
 * the one before.
 */
export async function lookAgain(run: Runtime, tx: Transaction): Promise<void> {
  for (const [name, { queue }] of run.connections) {
    if (subscribes(run, name)) await callDuty(tx, name, 'webhooks')
    if (queue?.ensure) await callDuty(tx, name, 'queue-setup')
  }
}
