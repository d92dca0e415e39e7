import { refuse, type SentBack } from '../../../src/simulator/index.ts'
import type { SimulatedDelivery, SimulatedWarehouse } from './types.ts'
import type { Warehouse } from './warehouse.ts'

export interface DeliveryInput {
  readonly type: SimulatedDelivery['type']
  readonly warehouse: SimulatedWarehouse
  readonly lines: readonly { readonly sku: string; readonly quantity: number }[]
  readonly orderRef: string | null
  readonly tracking: readonly string[]
}

/** What was found in the boxes of one SKU. */
export interface Found {
  readonly sku: string
  /** Units that arrived, the damaged ones among them. */
  readonly quantity: number
  readonly damaged?: number | undefined
}

/** Goods that come in: purchases (ASN) and returns (RMA). Nothing of them is stock before it is committed. */
export class Deliveries {
  readonly all: SimulatedDelivery[] = []
  readonly #warehouse: Warehouse

  constructor(warehouse: Warehouse) {
    this.#warehouse = warehouse
  }

  create({ type, warehouse, lines, orderRef, tracking }: DeliveryInput): SimulatedDelivery {
    const at = this.#warehouse.clock.now()
    const id = this.#warehouse.id()
    const delivery: SimulatedDelivery = {
      id,
      incrementId: String(1_000_000 + id),
      type,
      warehouse,
      orderRef,
      tracking,
      status: 'new',
      state: 'new',
      items: lines.map(({ sku, quantity }) => ({
        id: this.#warehouse.id(),
        sku,
        expected: quantity,
        received: 0,
        processed: 0,
        putaway: 0,
        committed: 0,
      })),
      exceptions: [],
      unreadable: false,
      createdAt: at,
      updatedAt: at,
    }
    this.all.push(delivery)
    this.#warehouse.news.delivery('delivery:created', delivery)
    return delivery
  }

  find(incrementId: string): SimulatedDelivery | undefined {
    return this.all.find((each) => each.incrementId === incrementId)
  }

  /** Uncommitted units of a SKU in a warehouse. */
  uncommitted(sku: string, place: number): { expected: number; processed: number; putaway: number } {
    const total = { expected: 0, processed: 0, putaway: 0 }
    for (const { warehouse, state, items } of this.all) {
      if (warehouse.id !== place || state === 'complete' || state === 'canceled') continue
      for (const item of items.filter((each) => each.sku === sku)) {
        total.expected += state === 'new' ? item.expected : 0
        total.processed += item.processed - item.putaway
        total.putaway += item.putaway - item.committed
      }
    }
    return total
  }

  #move(delivery: SimulatedDelivery, state: string, status: string, topic: string): void {
    delivery.state = state
    delivery.status = status
    delivery.updatedAt = this.#warehouse.clock.now()
    this.#warehouse.news.delivery(topic, delivery)
  }

  accept(delivery: SimulatedDelivery): void {
    this.#move(delivery, 'processing', 'ready_to_process', 'delivery:accepted')
  }

  /** Counts what came; what is short or damaged becomes an exception, approved at once. */
  process(delivery: SimulatedDelivery, found: readonly Found[] | null): void {
    for (const item of delivery.items) {
      const own =
        found === null ? { quantity: item.expected, damaged: 0 } : found.find(({ sku }) => sku === item.sku)
      const [quantity, damaged] = [own?.quantity ?? 0, own?.damaged ?? 0]
      item.received = quantity
      item.processed = quantity - damaged
      const missing = item.expected - quantity
      const add = (reason: string, sign: 1 | -1, units: number) => {
        if (units <= 0) return
        const id = this.#warehouse.id()
        delivery.exceptions.push({ id, item, reason, sign, quantity: units, status: 'approved' })
      }
      add('shortage_damaged', -1, damaged)
      add('shortage_missing', -1, missing)
      add('overage_counted', 1, -missing)
    }
    if (delivery.exceptions.length > 0)
      this.#move(delivery, 'processing', 'processing_exception', 'delivery:exception')
    this.#move(delivery, 'processing', 'processed', 'delivery:processed')
  }

  /** A return as it stands now, whatever it was before. What lies on the shelf is committed, though the rest is still to come. */
  stand(delivery: SimulatedDelivery, { lines, status, unreadable }: Omit<SentBack, 'return'>): void {
    delivery.exceptions.length = 0
    for (const { sku, received, restocked, word } of lines) {
      const item =
        delivery.items.find((each) => each.sku === sku) ??
        refuse(404, { error: 'not_found', message: `${sku} is not announced` })
      const rest = received - restocked
      const by = restocked - item.committed
      Object.assign(item, { received, processed: received, putaway: restocked, committed: restocked })
      if (by !== 0) this.#warehouse.put(sku, delivery.warehouse, by)
      if (word === null || rest <= 0) continue
      const id = this.#warehouse.id()
      delivery.exceptions.push({ id, item, reason: word, sign: -1, quantity: rest, status: 'approved' })
    }
    delivery.unreadable = unreadable
    const over = lines.every(({ quantity, received }) => received >= quantity)
    if (over) this.#move(delivery, 'complete', status ?? 'complete', 'delivery:committed')
    else if (lines.some(({ received }) => received > 0))
      this.#move(delivery, 'processing', status ?? 'processed', 'delivery:processed')
    else this.#move(delivery, 'new', status ?? 'new', 'delivery:accepted')
  }

  putAway(delivery: SimulatedDelivery): void {
    for (const item of delivery.items) item.putaway = item.processed
    this.#move(delivery, 'pending_commit', 'put_away', 'delivery:putaway')
  }

  /** The one step that makes stock of it. */
  commit(delivery: SimulatedDelivery): void {
    const added = new Map<string, number>()
    for (const item of delivery.items) {
      const units = item.putaway - item.committed
      item.committed = item.putaway
      this.#warehouse.put(item.sku, delivery.warehouse, units)
      added.set(item.sku, (added.get(item.sku) ?? 0) + units)
    }
    delivery.state = 'complete'
    delivery.status = 'complete'
    delivery.updatedAt = this.#warehouse.clock.now()
    this.#warehouse.news.delivery('delivery:committed', delivery, added)
  }

  cancel(delivery: SimulatedDelivery): void {
    this.#move(delivery, 'canceled', 'canceled', 'delivery:canceled')
  }
}
