import { isStockpoolError, StockpoolError } from '../error.ts'
import { Address, Buyer } from '../model/address.ts'
import type { Order } from '../model/order.ts'
import type { FulfillmentRequest } from '../spec/fulfillment.ts'
import { getItem, getLocation } from '../store/catalog.ts'
import type { Transaction } from '../store/database.ts'
import { getOrder, type Person, readPerson } from '../store/orders.ts'
import type { Submission } from '../store/submissions.ts'
import { gone } from './jobs-pass.ts'
import type { Pass } from './runtime.ts'

/**
 * What a provider is sent for a submission, read when it is sent.
 * @throws StockpoolError `rejected` without an address, `invalid_input` when the address needs another encryption key
 */
export async function requestFor(
  pass: Pass,
  tx: Transaction,
  submission: Submission,
): Promise<FulfillmentRequest> {
  const order = await getOrder(tx, submission.connection, submission.order)
  if (order === null) throw gone(`order ${submission.order}`)
  const person = await personOf(tx, pass, order)
  if (person?.shipTo == null) {
    throw new StockpoolError('rejected', `order ${order.number || order.id} has no delivery address`, {
      field: 'shipTo',
      remedy: 'Grant the connection the role or scope that shows addresses, then replay the job.',
    })
  }
  const location = await getLocation(tx, submission.location)
  const lines = []
  for (const { sku, quantity } of submission.lines) {
    lines.push({ sku, quantity, title: (await getItem(tx, sku))?.title || sku })
  }
  return {
    reference: submission.reference,
    number: order.number || order.id,
    location: location?.externalId ?? null,
    channel: pass.run.connections.get(order.connection)?.kind ?? order.connection,
    placedAt: Date.parse(order.placedAt),
    shipTo: Address.parse(person.shipTo),
    buyer: person.buyer ? Buyer.parse(person.buyer) : null,
    serviceLevel: order.serviceLevel,
    rawServiceLevel: order.rawServiceLevel,
    shipBy: order.shipBy === null ? null : Date.parse(order.shipBy),
    lines,
  }
}

/** An address that another key protects stops this one job, not the store that it is read from. */
async function personOf(tx: Transaction, pass: Pass, { connection, id }: Order): Promise<Person | null> {
  try {
    return await readPerson(tx, connection, id, pass.run.vault.reveal)
  } catch (error) {
    if (!isStockpoolError(error) || error.field !== 'encryptionKey') throw error
    const { message, field } = error
    const remedy = `${error.remedy} Then replay the job.`
    throw new StockpoolError('invalid_input', message, { field, remedy })
  }
}
