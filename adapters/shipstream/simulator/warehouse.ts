import type { Clock } from '../../../src/spec/index.ts'
import {
  allocatedOf,
  backorderedOf,
  type Hold,
  isLive,
  type News,
  type OrderInput,
  type OrderItem,
  type SimulatedOrder,
  type SimulatedShipment,
  type SimulatedWarehouse,
  statusOf,
  sum,
} from './types.ts'

const take = (map: Map<number, number>, key: number, by: number) => map.set(key, (map.get(key) ?? 0) + by)

/** The stock and the orders of one merchant, and the rules by which ShipStream allocates. Knows nothing of HTTP. */
export class Warehouse {
  readonly places: readonly SimulatedWarehouse[]
  readonly orders: SimulatedOrder[] = []
  /** Everything in the building that is committed to the inventory, by SKU and warehouse. */
  readonly onHand = new Map<string, Map<number, number>>()
  readonly clock: Clock
  readonly news: News
  readonly #byUniqueId = new Map<string, SimulatedOrder>()
  #nextId = 1000

  constructor(clock: Clock, places: readonly SimulatedWarehouse[], news: News) {
    this.clock = clock
    this.places = places
    this.news = news
  }

  id(): number {
    this.#nextId += 1
    return this.#nextId
  }

  // Stock

  place(id: number | string | null | undefined): SimulatedWarehouse | undefined {
    return id === null || id === undefined
      ? this.places[0]
      : this.places.find((each) => String(each.id) === String(id))
  }

  held(sku: string, place: number): number {
    return this.onHand.get(sku)?.get(place) ?? 0
  }

  committed(sku: string, place: number): number {
    const ofOrders = this.orders.flatMap(({ items }) =>
      items.filter((item) => item.sku === sku).map((item) => item.allocated.get(place) ?? 0),
    )
    return sum(ofOrders) + this.inShipments(sku, place)
  }

  /** Units in shipments that have not left. */
  inShipments(sku: string, place: number): number {
    return sum(
      this.orders
        .flatMap(({ shipments }) => shipments)
        .filter((each) => isLive(each) && each.status !== 'shipped' && each.warehouse.id === place)
        .flatMap(({ lines }) => lines.filter(({ item }) => item.sku === sku).map(({ quantity }) => quantity)),
    )
  }

  available(sku: string, place: number): number {
    return Math.max(0, this.held(sku, place) - this.committed(sku, place))
  }

  /** Sets what lies there, and gives what is free to the orders that wait for it, oldest first. */
  stock(sku: string, quantity: number, place: SimulatedWarehouse): void {
    const by = quantity - this.held(sku, place.id)
    this.put(sku, place, by)
    this.news.stock(new Map([[sku, by]]))
  }

  put(sku: string, place: SimulatedWarehouse, by: number): void {
    const places = this.onHand.get(sku) ?? new Map<number, number>()
    this.onHand.set(sku, places)
    take(places, place.id, by)
    for (const order of this.orders) this.allocate(order)
  }

  // Orders

  find(uniqueId: string): SimulatedOrder | undefined {
    return this.#byUniqueId.get(uniqueId)
  }

  /** SKUs that an order wants more of than there is. */
  short(input: OrderInput): string[] {
    const wanted = new Map<string, number>()
    for (const { sku, quantity } of input.items) wanted.set(sku, (wanted.get(sku) ?? 0) + quantity)
    const free = (sku: string) => sum(this.places.map(({ id }) => this.available(sku, id)))
    return [...wanted].filter(([sku, quantity]) => free(sku) < quantity).map(([sku]) => sku)
  }

  create(input: OrderInput, hold: Hold | null): SimulatedOrder {
    const at = this.clock.now()
    const order: SimulatedOrder = {
      id: this.id(),
      input,
      items: input.items.map(({ sku, quantity }) => ({
        id: this.id(),
        sku,
        ordered: quantity,
        cancelled: 0,
        allocated: new Map(),
      })),
      shipments: [],
      hold,
      createdAt: at,
      updatedAt: at,
      completedAt: null,
      shippedAt: null,
      deliveredAt: null,
    }
    this.orders.push(order)
    this.#byUniqueId.set(input.uniqueId, order)
    this.allocate(order)
    order.updatedAt = at
    const taken = new Map(order.items.map((item) => [item.sku, -allocatedOf(item)]))
    this.news.order('order:created', order, taken)
    return order
  }

  /** From where units would come, by warehouse: one that has everything, else from each in turn. What is nowhere is in none. */
  sharesOf(
    wanted: readonly { readonly sku: string; readonly units: number }[],
  ): readonly Map<number, number>[] {
    const whole = this.places.filter(({ id }) =>
      wanted.every(({ sku, units }) => this.available(sku, id) >= units),
    )
    const spent = new Map<string, Map<number, number>>()
    return wanted.map(({ sku, units }) => {
      const shares = new Map<number, number>()
      const before = spent.get(sku) ?? new Map<number, number>()
      spent.set(sku, before)
      let left = units
      for (const { id } of whole.length > 0 ? whole : this.places) {
        const part = Math.min(left, this.available(sku, id) - (before.get(id) ?? 0))
        if (part <= 0) continue
        take(shares, id, part)
        take(before, id, part)
        left -= part
      }
      return shares
    })
  }

  /** The same for a quote, which does not look whether there is enough: what is nowhere comes from the first warehouse. */
  quotedShares(
    wanted: readonly { readonly sku: string; readonly units: number }[],
  ): readonly Map<number, number>[] {
    const shares = this.sharesOf(wanted)
    const [first] = this.places
    for (const [index, { units }] of wanted.entries()) {
      const share = shares[index] ?? new Map<number, number>()
      const missing = units - sum([...share.values()])
      if (first && missing > 0) take(share, first.id, missing)
    }
    return shares
  }

  /** Gives an order what there is of what it lacks; the rest is backordered. */
  allocate(order: SimulatedOrder): void {
    const lacking = order.items.map((item) => ({ item, units: backorderedOf(order, item) }))
    if (lacking.every(({ units }) => units === 0)) return
    const shares = this.sharesOf(lacking.map(({ item, units }) => ({ sku: item.sku, units })))
    for (const [index, { item }] of lacking.entries())
      for (const [id, part] of shares[index] ?? []) take(item.allocated, id, part)
    if (shares.some(({ size }) => size > 0)) this.touch(order)
  }

  /** The order changed; `order:status_changed` when its status did. */
  touch(order: SimulatedOrder, before: string | null = null): void {
    order.updatedAt = this.clock.now()
    const [state, status] = statusOf(order)
    if (status === 'complete') order.completedAt ??= order.updatedAt
    if (before !== null && before !== `${state}/${status}`) this.news.order('order:status_changed', order)
  }

  hold(order: SimulatedOrder, hold: Hold | null): boolean {
    const [state] = statusOf(order)
    const left = order.shipments.some(({ status }) => status === 'shipped')
    if (state === 'canceled' || left || (hold === null) === (order.hold === null)) return false
    order.hold = hold
    this.touch(order)
    if (hold === 'invalid_address') this.news.order('order:address_validation_failed', order)
    this.news.order(hold === null ? 'order:status_changed' : 'order:holded', order)
    return true
  }

  // Cancelling

  /** Stops units that are in no shipment. `backorderedOnly`: of them, those that wait for stock. Gives how many. */
  cancelUnfulfilled(order: SimulatedOrder, backorderedOnly: boolean): number {
    let stopped = 0
    const freed = new Map<string, number>()
    for (const item of order.items) {
      const units = backorderedOf(order, item)
      const allocated = backorderedOnly ? 0 : allocatedOf(item)
      if (!backorderedOnly) item.allocated.clear()
      item.cancelled += units + allocated
      stopped += units + allocated
      freed.set(item.sku, (freed.get(item.sku) ?? 0) + allocated)
    }
    if (stopped > 0) this.#cancelled(order, freed)
    return stopped
  }

  /** Stops shipments that have not left. Gives how many units. */
  cancelShipments(order: SimulatedOrder, some: (shipment: SimulatedShipment) => boolean): number {
    const freed = new Map<string, number>()
    let stopped = 0
    for (const shipment of order.shipments.filter(
      (each) => isLive(each) && each.status !== 'shipped' && some(each),
    )) {
      for (const line of shipment.lines) {
        line.item.cancelled += line.quantity
        line.cancelRequested = 0
        stopped += line.quantity
        freed.set(line.item.sku, (freed.get(line.item.sku) ?? 0) + line.quantity)
      }
      shipment.status = 'canceled'
      shipment.updatedAt = this.clock.now()
    }
    if (stopped > 0) this.#cancelled(order, freed)
    return stopped
  }

  #cancelled(order: SimulatedOrder, freed: ReadonlyMap<string, number>): void {
    this.touch(order)
    const [state] = statusOf(order)
    this.news.order(state === 'canceled' ? 'order:canceled' : 'order:items_updated', order, freed)
    for (const other of this.orders) this.allocate(other)
  }

  /** Asks the staff to stop what is picked or packed. Gives how many units were not asked for before. */
  requestCancellation(order: SimulatedOrder): number {
    let asked = 0
    for (const shipment of order.shipments.filter((each) => isLive(each) && each.status !== 'shipped')) {
      for (const line of shipment.lines) {
        asked += line.quantity - line.cancelRequested
        line.cancelRequested = line.quantity
      }
      shipment.updatedAt = this.clock.now()
    }
    return asked
  }

  /** What the staff decide on a request. Gives how many shipments it was about. */
  decide(order: SimulatedOrder, accept: boolean): number {
    const asked = order.shipments.filter(
      (each) =>
        isLive(each) && each.status !== 'shipped' && each.lines.some((line) => line.cancelRequested > 0),
    )
    if (accept) this.cancelShipments(order, (each) => asked.includes(each))
    for (const shipment of asked) {
      for (const line of shipment.lines) line.cancelRequested = 0
      shipment.updatedAt = this.clock.now()
    }
    return asked.length
  }

  /** Moves allocated units of an item to a shipment. */
  static moveOut(item: OrderItem, place: number, units: number): void {
    take(item.allocated, place, -units)
    if (item.allocated.get(place) === 0) item.allocated.delete(place)
  }
}
