import { z } from 'zod'
import { StockpoolError } from '../error.ts'
import { CarrierCode, carrierFrom, trackingUrl } from '../model/carrier.ts'
import { Instant, LocationId, PositiveQuantity } from '../model/ids.ts'
import type { Order } from '../model/order.ts'
import type { Shipment } from '../model/shipment.ts'
import type { CancelReason } from '../spec/orders.ts'
import { checked } from '../store/input.ts'
import { enqueue } from '../store/jobs.ts'
import { lockOrder } from '../store/locks.ts'
import {
  getOrder,
  listOrders,
  listParcels,
  type OrderQuery,
  type Person,
  readPayloads,
  readPerson,
  type StoredParcel,
  type TimelineEntry,
  timeline,
} from '../store/orders.ts'
import { shipFromOwn } from '../store/own-shipments.ts'
import { UserKey } from '../store/user-key.ts'
import { mustOffer } from './absent.ts'
import { AnswerCancelOptions, CancelOptions, ResumeOptions } from './inputs.ts'
import { confirmNewParcels } from './jobs-fulfillment.ts'
import { known, mustHave } from './order-lookup.ts'
import { react } from './reactions.ts'
import { nameOrders, resumeOrder, retryDropped } from './resume.ts'
import type { Runtime } from './runtime.ts'
import { followNewParcels } from './tracking-pass.ts'

/** `hub.orders` */
export const ordersApi = (run: Runtime) => ({
  /**
   * The order as the pool knows it; `null` when it was never read. `raw` is the channel's latest payload and names the buyer:
   * keep it out of logs. It is `null` once buyer data were erased.
   * @throws StockpoolError `not_found` for an unknown connection
   */
  async get(connection: string, order: string): Promise<Order | null> {
    const id = known(run, connection, order)
    return run.database.read(async (tx) => {
      const found = await getOrder(tx, connection, id)
      if (found === null) return null
      const person = await readPerson(tx, connection, id, run.vault.reveal)
      return { ...found, raw: person?.raw ?? null }
    })
  },
  /**
   * One page of orders without `raw`, oldest change first; give its `after` back for the next page, until it is `null`.
   * @throws StockpoolError `not_found` for an unknown connection, `invalid_input` naming the field
   * @example const { orders, after } = await hub.orders.list({ status: 'open', updatedAfter: '2026-07-01T00:00:00+02:00' })
   */
  async list(query: OrderQuery = {}): Promise<{ orders: Order[]; after: string | null }> {
    if (query?.connection !== undefined) mustOffer(run, query.connection, 'orders')
    return run.database.read((tx) => listOrders(tx, query))
  },
  /**
   * Buyer and delivery address; `null` when erased, or never shown to us. Keep it out of logs.
   * @throws StockpoolError `not_found` for an unknown connection; `database` when the encryption key is another one
   */
  async person(connection: string, order: string): Promise<Person | null> {
    const id = known(run, connection, order)
    return run.database.read((tx) => readPerson(tx, connection, id, run.vault.reveal))
  },
  /**
   * Everything that happened to an order, oldest first, without buyer data; empty when it was never read.
   * @throws StockpoolError `not_found` for an unknown connection
   */
  async timeline(connection: string, order: string): Promise<TimelineEntry[]> {
    const id = known(run, connection, order)
    return run.database.read((tx) => timeline(tx, connection, id))
  },

  /**
   * Asks the channel to cancel whatever of the order has not shipped; repeating it does no harm. It answers once that is
   * stored, not once it is done. When the channel has stopped the order, its news free the stock, and a provider that holds
   * the order is asked to stop as well. When it is too late, nothing is stopped: the timeline says so and
   * `order.attention` is told. While the channel has not decided, it is asked again.
   * @throws StockpoolError `unsupported` when the channel cannot cancel orders, `not_found` for an unknown connection or
   * order, `invalid_input` for an unknown reason
   * @example await hub.orders.cancel('web', 'o1', { reason: 'out_of_stock' })
   */
  async cancel(connection: string, order: string, options: { reason?: CancelReason } = {}): Promise<void> {
    const { reason } = checked(CancelOptions, options, 'options')
    if (!mustOffer(run, connection, 'orders').orders?.cancel) {
      throw new StockpoolError('unsupported', `${connection} cannot cancel orders`, {
        field: 'connection',
        remedy: 'Cancel it on the platform itself; the news will be read.',
      })
    }
    await run.database.transaction(async (tx) => {
      await mustHave(run, tx, connection, order)
      await enqueue(tx, {
        connection,
        kind: 'order.cancel',
        key: `${connection}/${order}`,
        payload: { order, reason },
        at: run.at(),
      })
    })
  },

  /**
   * Answers a buyer's request to cancel (`order.cancel_requested`). Accepted: the channel cancels the order, its news free the
   * stock, and a provider that holds the order is asked to stop. Refused: the order goes on. It answers once that is stored;
   * until the channel was told, the latest answer counts. What the channel makes of it is in the timeline.
   * @throws StockpoolError `unsupported` when the channel takes no answers, `not_found` for an unknown connection or order
   * @example await hub.orders.answerCancel('web', 'o1', { accept: false })
   */
  async answerCancel(connection: string, order: string, options: { accept: boolean }): Promise<void> {
    const { accept } = checked(AnswerCancelOptions, options, 'options')
    if (!mustOffer(run, connection, 'orders').orders?.answerCancelRequest) {
      throw new StockpoolError('unsupported', `${connection} takes no answer to a request to cancel`, {
        field: 'connection',
        remedy: 'Answer it on the platform itself; the news will be read.',
      })
    }
    await run.database.transaction(async (tx) => {
      await mustHave(run, tx, connection, order)
      await enqueue(tx, {
        connection,
        kind: 'order.answer_cancel',
        key: `${connection}/${order}`,
        payload: { order, answer: accept ? 'accept' : 'refuse' },
        at: run.at(),
      })
    })
  },

  /**
   * Goes on with an order that waits for a person: counts lines whose listings are linked by now, and asks providers anew
   * for what they gave up or refused. What was asked for anew is not asked for again by repeating it.
   *
   * With `provider` and `id` it only says under which id of its own a provider has an order that it took without telling, as an
   * `order.attention` asks; it is read there before it is believed. `null`: it has no
   * such order; what was to be stopped is stopped then, and what was to be sent is sent.
   * @throws StockpoolError `not_found` for an unknown connection or order, or when nothing waits for such an id
   * @example
   * await hub.orders.resume('web', 'o1')
   * await hub.orders.resume('web', 'o1', { provider: 'tiktokUs', id: '7136104329798256386' })
   */
  async resume(
    connection: string,
    order: string,
    options: { provider?: string; id?: string | null } = {},
  ): Promise<Order> {
    const { provider, id } = checked(ResumeOptions, options, 'options')
    return run.database.transaction(async (tx) => {
      await mustHave(run, tx, connection, order)
      if (provider !== undefined && id !== undefined) {
        if ((await nameOrders(run, tx, { connection, id: order }, { provider, id })) > 0)
          return mustHave(run, tx, connection, order)
        throw new StockpoolError('not_found', `nothing of order ${order} waits for an id of ${provider}'s`, {
          field: 'provider',
          remedy: 'See hub.orders.timeline for who ships it, and what was asked.',
        })
      }
      await retryDropped(run, tx, connection, order)
      await resumeOrder(run, tx, connection, order)
      const resumed = await mustHave(run, tx, connection, order)
      await react(run, tx, resumed)
      return resumed
    })
  },
})

const OwnShipment = z.object({
  connection: z.string().min(1),
  order: z.string().min(1),
  key: UserKey,
  location: LocationId.optional(),
  carrier: z.string().min(1).max(100),
  trackingNumber: z.string().min(1).max(100),
  service: z.string().max(100).nullable().default(null),
  shippedAt: Instant.optional(),
  lines: z
    .array(z.object({ line: z.string().min(1), quantity: PositiveQuantity }))
    .min(1)
    .readonly()
    .optional(),
})

/**
 * A parcel that the merchant's own warehouse sent.
 * @example
 * const parcel: OwnShipmentInput = { connection: 'web', order: 'o1', key: 'parcel-1', carrier: 'UPS', trackingNumber: '1Z…' }
 */
export interface OwnShipmentInput {
  /** The channel that the order is of. */
  readonly connection: string
  /** The channel's id of the order. */
  readonly order: string
  /** The idempotency key, one for each parcel of the order: 1 to 200 characters. */
  readonly key: string
  /** Where it was sent from. Default: the merchant's one place that holds something open for the order. */
  readonly location?: string | undefined
  /** A carrier's code or name: 1 to 100 characters. */
  readonly carrier: string
  /** 1 to 100 characters. */
  readonly trackingNumber: string
  /** The carrier's service in words, at most 100 characters. */
  readonly service?: string | null | undefined
  /** ISO 8601 with an offset. Default: now. */
  readonly shippedAt?: string | undefined
  /** By the channel's order line, in units of the listing. Default: everything open at the location. */
  readonly lines?: readonly { readonly line: string; readonly quantity: number }[] | undefined
}

/** `hub.shipments` */
export const shipmentsApi = (run: Runtime) => ({
  /**
   * All parcels of an order, by who ships them. `raw` is a list of the provider's latest payloads, one for each time it was
   * asked to ship; they name the buyer: keep them out of logs. It is `null` once buyer data were erased.
   * @throws StockpoolError `not_found` for an unknown connection
   */
  async list(connection: string, id: string): Promise<Shipment[]> {
    const order = known(run, connection, id)
    return run.database.read(async (tx) => {
      const raws = await readPayloads(tx, connection, order, run.vault.reveal)
      return shipmentsOf(connection, order, await listParcels(tx, connection, order)).map((shipment) => {
        return { ...shipment, raw: raws.get(shipment.provider ?? '') ?? null }
      })
    })
  },

  /**
   * Reports a parcel of the merchant's own warehouse: its units leave the pool, and the channel is told. The same key again
   * changes nothing; with another parcel it is refused.
   * @throws StockpoolError `insufficient` when fewer units are open there, `conflict` when the key is another parcel's,
   * `not_found` for an unknown connection, order, line or location
   * @example
   * await hub.shipments.add({ connection: 'web', order: 'o1', key: 'parcel-1', carrier: 'ups', trackingNumber: '1Z…' })
   */
  async add(input: OwnShipmentInput): Promise<void> {
    const { carrier: words, ...parcel } = checked(OwnShipment, input, 'parcel')
    const known = carrierFrom(words)
    const carrier = known?.code ?? (CarrierCode.safeParse(words).success ? words : null)
    await run.database.transaction(async (tx) => {
      const at = run.at()
      await lockOrder(tx, parcel.connection, parcel.order)
      await mustHave(run, tx, parcel.connection, parcel.order)
      await shipFromOwn(tx, {
        ...parcel,
        location: parcel.location ?? null,
        lines: parcel.lines ?? null,
        shippedAt: parcel.shippedAt ?? at,
        carrier: known ? carrier : null,
        carrierName: known?.name ?? words,
        trackingUrl: trackingUrl(known?.code ?? null, parcel.trackingNumber),
        at,
      })
      const order = await mustHave(run, tx, parcel.connection, parcel.order)
      await confirmNewParcels({ run }, tx, order)
      await followNewParcels(run, tx, order)
      await react(run, tx, order)
    })
  },
})

/** One shipment for each shipper; its id is the shipper's connection, or `own`. */
function shipmentsOf(connection: string, order: string, parcels: readonly StoredParcel[]): Shipment[] {
  const byShipper = new Map<string | null, StoredParcel[]>()
  for (const parcel of parcels)
    byShipper.set(parcel.provider, [...(byShipper.get(parcel.provider) ?? []), parcel])
  return [...byShipper].map(([provider, own]) => ({
    id: provider ?? 'own',
    connection,
    order,
    provider,
    parcels: own,
    raw: null,
  }))
}
