import type { Connection } from '../../src/spec/connection.ts'
import type { Clock } from '../../src/spec/context.ts'
import type {
  FulfillmentFacet,
  FulfillmentOrder,
  FulfillmentRequest,
  Quote,
} from '../../src/spec/fulfillment.ts'

type Held = FulfillmentOrder & { request: FulfillmentRequest }

/** What of an order the warehouse still means to ship. */
function openLines({ request, cancelled }: Held): { sku: string; quantity: number }[] {
  return request.lines
    .map(({ sku, quantity }) => ({
      sku,
      quantity:
        quantity - cancelled.filter((one) => one.sku === sku).reduce((sum, one) => sum + one.quantity, 0),
    }))
    .filter(({ quantity }) => quantity > 0)
}

/** A warehouse in memory. Its figure is what is free: accepted orders are taken off at once. */
export class FakeWarehouse {
  readonly onHand = new Map<string, number>()
  readonly orders = new Map<string, Held>()
  readonly calls: string[] = []
  fault: (call: string, phase: 'before' | 'after') => void = () => {}
  /** References that were asked for again though their order was made: a warehouse less careful would ship twice. */
  readonly repeated: string[] = []
  /** What a wish to cancel is answered, when not by what can be done. */
  cancelAnswers: 'unknown' | null = null
  /** What it would charge; `null`: it has not said. */
  quotes: readonly Quote[] | null = null
  place: { name?: string; country?: string | null; postalCode?: string | null } = {}
  /** Its lists lag: it shows no order, whatever it holds. */
  lags = false
  readonly #clock: Clock
  readonly #keeps: boolean
  #created = 0

  /** @param keeps whether it can stop a part of an order and go on with the rest. */
  constructor(clock: Clock, { keeps = false }: { keeps?: boolean } = {}) {
    this.#clock = clock
    this.#keeps = keeps
  }

  free(sku: string): number {
    let free = this.onHand.get(sku) ?? 0
    for (const order of this.orders.values()) {
      if (order.status === 'cancelled' || order.status === 'shipped') continue
      for (const line of openLines(order)) if (line.sku === sku) free -= line.quantity
    }
    return free
  }

  /** The warehouse gives an order up by itself. */
  drop(reference: string): void {
    const order = this.orders.get(reference)
    if (order?.status !== 'accepted') return
    const updatedAt = this.#clock.now()
    this.orders.set(reference, { ...order, status: 'cancelled', rawStatus: 'cancelled', updatedAt })
  }

  /** It gives up so many units of an order, and will ship the rest. */
  giveUp(reference: string, sku: string, quantity: number): void {
    const order = this.orders.get(reference)
    if (order?.status !== 'accepted') return
    const cancelled = [...order.cancelled, { sku, quantity }]
    this.orders.set(reference, { ...order, cancelled, updatedAt: this.#clock.now() })
  }

  /** It tells something else of an order from now on. */
  tell(reference: string, news: Partial<FulfillmentOrder>): void {
    const order = this.orders.get(reference)
    if (order) this.orders.set(reference, { ...order, updatedAt: this.#clock.now(), ...news })
  }

  /** Staff pick, pack and hand over everything that waits. */
  ship(reference: string): void {
    const order = this.orders.get(reference)
    if (order?.status !== 'accepted') return
    for (const { sku, quantity } of openLines(order))
      this.onHand.set(sku, (this.onHand.get(sku) ?? 0) - quantity)
    const at = new Date(this.#clock.now()).toISOString()
    this.orders.set(reference, {
      ...order,
      status: 'shipped',
      rawStatus: 'shipped',
      updatedAt: this.#clock.now(),
      parcels: [
        {
          id: `${order.id}-1`,
          carrier: 'ups',
          carrierName: 'UPS',
          service: null,
          trackingNumber: `1Z${order.id}`,
          trackingUrl: null,
          labelledAt: at,
          handedOverAt: at,
          deliveredAt: null,
          status: 'in_transit',
          rawStatus: 'in_transit',
          withdrawn: false,
          lines: openLines(order),
        },
      ],
    })
  }

  #call<T>(name: string, effect: () => T): T {
    this.calls.push(name)
    this.fault(name, 'before')
    const result = effect()
    this.fault(name, 'after')
    return result
  }

  readonly #keep: NonNullable<FulfillmentFacet['keep']> = async (_context, { reference }, lines) =>
    this.#call('keep', () => {
      const order = this.orders.get(reference)
      if (order?.status !== 'accepted') return { outcome: 'too_late' as const }
      if (this.cancelAnswers !== null) return { outcome: this.cancelAnswers }
      const cancelled = order.request.lines.flatMap(({ sku, quantity }) => {
        const left = lines.find((line) => line.sku === sku)?.quantity ?? 0
        return left < quantity ? [{ sku, quantity: quantity - left }] : []
      })
      this.orders.set(reference, { ...order, cancelled, updatedAt: this.#clock.now() })
      return { outcome: 'stopped' as const }
    })

  connection() {
    return {
      specVersion: 1,
      kind: 'fake-warehouse',
      hosts: [],
      limits: {},
      secrets: () => [],
      intervals: {},
      fulfillment: {
        submit: async (_context, request) =>
          this.#call('submit', () => {
            const known = this.orders.get(request.reference)
            if (known) {
              this.repeated.push(request.reference)
              return known
            }
            this.#created++
            const order = {
              id: `f${this.#created}`,
              reference: request.reference,
              status: 'accepted' as const,
              rawStatus: 'accepted',
              attention: null,
              acceptedAt: this.#clock.now(),
              updatedAt: this.#clock.now(),
              cancelled: [],
              parcels: [],
              raw: {},
              request,
            }
            this.orders.set(request.reference, order)
            return order
          }),
        get: async (_context, reference) =>
          this.#call('get', () => (this.lags ? null : (this.orders.get(reference) ?? null))),
        cancel: async (_context, { reference }) =>
          this.#call('cancel', () => {
            const order = this.orders.get(reference)
            if (!order || order.status === 'shipped') return { outcome: 'too_late' as const }
            if (this.cancelAnswers !== null) return { outcome: this.cancelAnswers }
            this.orders.set(reference, {
              ...order,
              status: 'cancelled',
              rawStatus: 'cancelled',
              updatedAt: this.#clock.now(),
            })
            return { outcome: 'stopped' as const }
          }),
        ...(this.#keeps ? { keep: this.#keep } : {}),
        updates: async (_context, _cursor) =>
          this.#call('updates', () => ({
            orders: this.lags ? [] : [...this.orders.values()],
            cursor: 'all',
            more: false,
          })),
        stock: async () =>
          this.#call('stock', () => ({
            readings: [...this.onHand.keys()].map((sku) => ({
              sku,
              location: 'w1',
              quantity: this.free(sku),
              basis: 'available' as const,
              asOf: this.#clock.now(),
            })),
            cursor: null,
          })),
        ...(this.quotes === null ? {} : { quote: async () => this.#call('quote', () => this.quotes ?? []) }),
        locations: async () =>
          this.#call('locations', () => [
            { id: 'w1', name: 'East', country: 'US', postalCode: null, ...this.place },
          ]),
      },
    } satisfies Connection
  }
}
