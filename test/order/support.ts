import type { Events, EventType, StoredEvent } from '../../src/model/event.ts'
import { Item } from '../../src/model/item.ts'
import { Listing } from '../../src/model/listing.ts'
import { Location } from '../../src/model/location.ts'
import { ChannelOrder, type ChannelOrderInput, type Order } from '../../src/model/order.ts'
import { defaultRoute, type ProviderOrder, type Route } from '../../src/order/index.ts'
import { linkListing, putItem, putLocation } from '../../src/store/catalog.ts'
import type { Database, Transaction } from '../../src/store/database.ts'
import {
  applyOrder,
  applyProviderOrder,
  getOrder,
  type OrderResult,
  type ProviderResult,
} from '../../src/store/orders.ts'
import { applyReadings, type ReadingResult } from '../../src/store/readings.ts'
import { post } from '../../src/store/stock.ts'
import { addSubmission } from '../../src/store/submissions.ts'
import { freshStore } from '../stores.ts'

/** A minute of the day on which all tests happen. */
export function minute(n: number): string {
  return new Date(Date.UTC(2026, 6, 1, 9, n)).toISOString()
}

type LineInput = ChannelOrderInput['lines'][number]

/** A line of `L-<sku>`, as the channel lists it. */
export function line(id: string, ordered: number, rest: Partial<LineInput> = {}): LineInput {
  return { id, listing: 'L-MUG', ordered, ...rest }
}

/** A snapshot of order `1`, open and paid unless told otherwise; placed at minute 0. */
export function snapshot(
  lines: LineInput[],
  rest: Partial<Omit<ChannelOrderInput, 'lines'>> = {},
): ChannelOrder {
  return ChannelOrder.parse({
    id: '1',
    number: '#1001',
    status: 'open',
    rawStatus: 'OPEN',
    payment: 'paid',
    placedAt: minute(0),
    updatedAt: minute(1),
    raw: null,
    ...rest,
    lines,
  })
}

/** Two plain items, a kit of both (one mug, two bags), and their listings on the channel `web`; stock as given. */
export class Shop {
  readonly database: Database
  route: Route = defaultRoute
  countsFrom = '2026-01-01T00:00:00.000Z'
  #now = 0

  constructor(database: Database) {
    this.database = database
  }

  static async open(
    stock: Record<string, Record<string, number>> = { MUG: { main: 10 }, BAG: { main: 10 } },
  ): Promise<Shop> {
    const shop = new Shop(await freshStore().open())
    await shop.write(async (tx) => {
      await putItem(tx, Item.parse({ sku: 'MUG' }), minute(0))
      await putItem(tx, Item.parse({ sku: 'BAG' }), minute(0))
      await putItem(
        tx,
        Item.parse({
          sku: 'SET',
          kit: [
            { sku: 'MUG', quantity: 1 },
            { sku: 'BAG', quantity: 2 },
          ],
        }),
        minute(0),
      )
      await putLocation(
        tx,
        Location.parse({ id: 'east', priority: 200, connection: 'shipper', externalId: 'E' }),
      )
      for (const sku of ['MUG', 'BAG', 'SET']) {
        await linkListing(tx, Listing.parse({ connection: 'web', listing: `L-${sku}`, sku }), minute(0))
      }
      await linkListing(
        tx,
        Listing.parse({ connection: 'web', listing: 'L-SIX', sku: 'MUG', units: 6 }),
        minute(0),
      )
      const moves = Object.entries(stock).flatMap(([sku, places]) =>
        Object.entries(places).map(([location, quantity]) => ({
          sku,
          from: { bucket: 'supplier', location: null } as const,
          to: { bucket: 'available', location } as const,
          quantity,
        })),
      )
      if (moves.length > 0) {
        await post(tx, {
          key: 'start',
          body: null,
          at: minute(0),
          reason: 'received',
          cause: null,
          moves,
          guard: 'guarded',
        })
      }
    })
    return shop
  }

  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction(work)
  }

  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.read(work)
  }

  /** A moment later than all before. */
  now(): string {
    this.#now += 1
    return new Date(Date.UTC(2026, 6, 1, 12, 0, this.#now)).toISOString()
  }

  apply(order: ChannelOrder, connection = 'web'): Promise<OrderResult> {
    const at = this.now()
    return this.write((tx) =>
      applyOrder(tx, {
        connection,
        order,
        at,
        countsFrom: this.countsFrom,
        route: this.route,
        eraseAt: null,
        protect: (text) => `sealed:${Buffer.from(text).toString('base64')}`,
      }),
    )
  }

  submit(
    reference: string,
    lines: { sku: string; quantity: number }[],
    location = 'east',
    order = '1',
  ): Promise<void> {
    const at = this.now()
    return this.write((tx) =>
      addSubmission(tx, {
        provider: 'shipper',
        reference,
        connection: 'web',
        order,
        location,
        lines,
        at,
      }),
    )
  }

  provider(order: ProviderOrder): Promise<ProviderResult> {
    const at = this.now()
    return this.write((tx) => applyProviderOrder(tx, { provider: 'shipper', order, at }))
  }

  reading(
    sku: string,
    quantity: number,
    asOf: string,
    basis: 'available' | 'on-hand' = 'available',
    location = 'east',
  ): Promise<ReadingResult> {
    const at = this.now()
    const news = { sku, location, quantity, basis, asOf, at }
    return this.write(async (tx) => {
      const [result] = await applyReadings(tx, [news])
      if (result === undefined) throw new Error('no result')
      return result
    })
  }

  /** Order `1` as the pool knows it. */
  async order(id = '1'): Promise<Order> {
    const order = await this.read((tx) => getOrder(tx, 'web', id))
    if (order === null) throw new Error(`no order ${id}`)
    return order
  }

  /** `available/reserved` of a SKU at a location. */
  async balance(sku: string, location = 'main'): Promise<string> {
    const row = await this.read((tx) =>
      tx.get<{ available: number; reserved: number }>(
        'SELECT available, reserved FROM balance WHERE sku = ? AND location = ?',
        [sku, location],
      ),
    )
    return row === undefined ? '0/0' : `${row.available}/${row.reserved}`
  }

  /** Every balance row that is not all zero. */
  balances(): Promise<{ sku: string; location: string; available: number; reserved: number }[]> {
    return this.read((tx) =>
      tx.all(
        `SELECT sku, location, available, reserved FROM balance WHERE available <> 0 OR reserved <> 0
         ORDER BY sku, location`,
      ),
    )
  }

  async events<Type extends EventType>(type: Type): Promise<Events[Type][]> {
    const rows = await this.read((tx) =>
      tx.all<{ data: string }>('SELECT data FROM event WHERE type = ? ORDER BY id', [type]),
    )
    return rows.map(({ data }) => JSON.parse(data) as StoredEvent<Type>['data'])
  }

  /** Counts of all event types, apart from those of stock. */
  async eventTypes(): Promise<string[]> {
    const rows = await this.read((tx) =>
      tx.all<{ type: string }>(`SELECT type FROM event WHERE type NOT LIKE 'stock.%' ORDER BY id`),
    )
    return rows.map(({ type }) => type)
  }

  close(): Promise<void> {
    return this.database.close()
  }
}

/** A provider's report, accepted at minute 2 and updated at minute 3. */
export function report(rest: Partial<ProviderOrder> = {}): ProviderOrder {
  return {
    id: 'P1',
    reference: 'R1',
    status: 'accepted',
    rawStatus: 'Processing',
    attention: null,
    acceptedAt: Date.parse(minute(2)),
    updatedAt: Date.parse(minute(3)),
    cancelled: [],
    parcels: [],
    raw: null,
    ...rest,
  }
}

/** A parcel with a label and a tracking number, not handed over. */
export function parcel(
  id: string,
  lines: { sku: string; quantity: number }[],
  rest: Partial<ProviderOrder['parcels'][number]> = {},
): ProviderOrder['parcels'][number] {
  return {
    id,
    carrier: 'ups',
    carrierName: 'UPS',
    service: null,
    trackingNumber: `1Z${id}`,
    trackingUrl: null,
    labelledAt: minute(4),
    handedOverAt: null,
    deliveredAt: null,
    status: 'info_received',
    rawStatus: null,
    withdrawn: false,
    lines,
    ...rest,
  }
}
