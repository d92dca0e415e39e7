import { amazon } from '../../adapters/amazon/index.ts'
import { startAmazonSimulator } from '../../adapters/amazon/simulator/index.ts'
import { shipbob } from '../../adapters/shipbob/index.ts'
import { startShipBobSimulator } from '../../adapters/shipbob/simulator/index.ts'
import { shiphero } from '../../adapters/shiphero/index.ts'
import { startShipHeroSimulator } from '../../adapters/shiphero/simulator/index.ts'
import { shipstream } from '../../adapters/shipstream/index.ts'
import { startShipStreamSimulator } from '../../adapters/shipstream/simulator/index.ts'
import { tiktok } from '../../adapters/tiktok/index.ts'
import { startTikTokSimulator } from '../../adapters/tiktok/simulator/index.ts'
import { createHub, type Database, StockpoolError } from '../../src/index.ts'
import { type RunningSimulator, type VirtualClock, virtualClock } from '../../src/simulator/index.ts'
import type {
  Connection,
  FulfillmentFacet,
  FulfillmentOrder,
  FulfillmentRequest,
  OpenOrders,
} from '../../src/spec/index.ts'
import { adapterContext } from '../../src/testing/context.ts'
import { providerState } from '../../src/testing/contract/state.ts'
import { FakeShop } from '../hub/fakes.ts'
import { freshStore } from '../stores.ts'

type Provider = Connection & { readonly fulfillment: FulfillmentFacet }
type Extra = (simulator: RunningSimulator, reference: string) => Promise<unknown>

/** A provider to try: its simulator, the connection to it, and what its staff can do besides what all of them do. */
export interface ProviderSubject {
  readonly kind: string
  start(clock: VirtualClock): Promise<{ readonly simulator: RunningSimulator; readonly connection: Provider }>
  /** How its creating call is named, for faults. */
  readonly creates: string
  readonly extras: readonly Extra[]
}

/** Every provider that the property is run over. */
export const providers: readonly ProviderSubject[] = [
  {
    kind: 'shipbob',
    creates: 'createOrder',
    extras: [
      (simulator, reference) => simulator.control('exception', { reference, reason: 'InvalidAddress' }),
      (simulator, reference) => simulator.control('release', { reference }),
    ],
    async start(clock) {
      const simulator = await startShipBobSimulator({ clock })
      return { simulator, connection: shipbob(simulator.options) }
    },
  },
  {
    kind: 'shiphero',
    creates: 'CreateOrder',
    extras: [
      (simulator, reference) => simulator.control('void', { reference }),
      (simulator, reference) => simulator.control('deallocate', { reference }),
      (simulator, reference) => simulator.control('ship', { reference, boxes: 3, pickedUp: false }),
      (simulator, reference) => simulator.control('pickup', { reference }),
      (simulator, reference) => simulator.control('release', { reference }),
    ],
    async start(clock) {
      const simulator = await startShipHeroSimulator({ clock })
      return { simulator, connection: shiphero(simulator.options) }
    },
  },
  {
    kind: 'shipstream',
    creates: 'order.create',
    extras: [
      (simulator, reference) => simulator.control('release', { reference }),
      (simulator, reference) => simulator.control('revert', { reference }),
    ],
    async start(clock) {
      const simulator = await startShipStreamSimulator({ clock })
      return { simulator, connection: shipstream(simulator.options) }
    },
  },
  {
    kind: 'amazon-mcf',
    creates: 'createOrder',
    extras: [(simulator, reference) => simulator.control('release', { reference })],
    async start(clock) {
      const simulator = await startAmazonSimulator({ clock })
      const {
        orders: _orders,
        listings: _listings,
        shipments: _shipments,
        returns: _returns,
        ...provider
      } = amazon({ ...simulator.options, mcf: true })
      return { simulator, connection: provider }
    },
  },
  {
    kind: 'tiktok-mcf',
    creates: 'CreateFBTMCFOrder',
    extras: [
      (simulator, reference) => simulator.control('release', { reference }),
      (simulator, reference) => simulator.control('mcf/split', { reference }),
      (simulator, reference) => simulator.control('mcf/close', { reference, one: true }),
    ],
    async start(clock) {
      // A lost answer whose order's id no refusal names is had in a test of its own: provider-tiktok.test.ts.
      const simulator = await startTikTokSimulator({ clock, duplicates: 'named' })
      const contact = { email: 'orders@example.com', phone: '+12175550100' }
      const {
        orders: _orders,
        listings: _listings,
        shipments: _shipments,
        returns: _returns,
        labels: _labels,
        ...provider
      } = tiktok({ ...simulator.options, mcf: contact })
      return { simulator, connection: provider }
    },
  },
]

/** How fresh one feed is in a pass: read now, as it was when it was last looked at, or not to be had. */
export type Feed = 'fresh' | 'old' | 'none'

export type Step =
  | { readonly do: 'sell'; readonly units: number }
  | {
      readonly do: 'unsell' | 'ship' | 'label' | 'hold' | 'stop' | 'extra'
      readonly order: number
      readonly units: number
    }
  | { readonly do: 'receive' | 'lose' | 'elsewhere'; readonly units: number }
  | { readonly do: 'look at updates' | 'look at stock' | 'lose an answer' | 'wait' }
  | { readonly do: 'pass'; readonly updates: Feed; readonly stock: Feed }

const sku = 'MUG'
const minuteMs = 60_000

/** What a broken adapter makes of an order; for trying the property itself. */
export type Plant = (order: FulfillmentOrder) => FulfillmentOrder

/** What the hub is given in place of the connection: its feeds come late, in the order that the steps say. */
class LateFeeds {
  readonly connection: Provider
  readonly #real: Provider
  updates: Feed = 'fresh'
  stock: Feed = 'fresh'
  /** What the hub gives a provider that keeps no list of changes. */
  #open: OpenOrders | undefined
  #updates: Awaited<ReturnType<FulfillmentFacet['updates']>>['orders'] | null = null
  #stock: Awaited<ReturnType<FulfillmentFacet['stock']>>['readings'] | null = null

  constructor(real: Provider, plant: Plant) {
    this.#real = real
    const facet = real.fulfillment
    const absent = () =>
      Promise.reject(new StockpoolError('unavailable', 'not to be had now', { retryable: true }))
    const fulfillment: FulfillmentFacet = {
      ...facet,
      submit: async (context, request) => plant(await facet.submit(context, request)),
      get: async (context, reference, asked) => {
        const order = await facet.get(context, reference, asked)
        return order && plant(order)
      },
      updates: async (context, cursor, open) => {
        if (open) this.#open = open
        if (this.updates === 'none') return absent()
        const old = this.updates === 'old' && cursor !== null ? this.#updates : null
        const page =
          old === null
            ? await facet.updates(context, cursor, open)
            : { orders: old, cursor: cursor ?? '', more: false }
        return { ...page, orders: page.orders.map(plant) }
      },
      stock: async (context, query) => {
        if (this.stock === 'none') return absent()
        const old = this.#stock
        if (this.stock === 'fresh' || old === null) return facet.stock(context, query)
        return { readings: old, cursor: null }
      },
    }
    this.connection = { ...real, fulfillment }
  }

  async lookAtUpdates(context: Parameters<FulfillmentFacet['updates']>[0]): Promise<void> {
    const orders = []
    let cursor: string | null = null
    for (;;) {
      const page: Awaited<ReturnType<FulfillmentFacet['updates']>> = await this.#real.fulfillment.updates(
        context,
        cursor,
        this.#open,
      )
      orders.push(...page.orders)
      if (!page.more) break
      cursor = page.cursor
    }
    this.#updates = orders
  }

  async lookAtStock(context: Parameters<FulfillmentFacet['stock']>[0]): Promise<void> {
    const readings = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<FulfillmentFacet['stock']>> = await this.#real.fulfillment.stock(
        context,
        {
          skus: null,
          cursor,
        },
      )
      readings.push(...page.readings)
      cursor = page.cursor
    } while (cursor !== null)
    this.#stock = readings
  }
}

/** One channel, one provider over HTTP, and a real hub between them. */
export class ProviderWorld {
  readonly clock: VirtualClock
  readonly simulator: RunningSimulator
  readonly feeds: LateFeeds
  readonly shop: FakeShop
  readonly hub: ReturnType<ProviderWorld['open']>
  /** Units that left the shelf, or were promised there, without the hub being told: only a reading shows them. */
  unseen = 0
  readonly #subject: ProviderSubject
  readonly #real: Provider
  readonly #sold: string[] = []
  #database: Database | null = null
  #elsewhere = 0

  private constructor(
    subject: ProviderSubject,
    clock: VirtualClock,
    started: Awaited<ReturnType<ProviderSubject['start']>>,
    plant: Plant,
  ) {
    this.#subject = subject
    this.clock = clock
    this.simulator = started.simulator
    this.#real = started.connection
    this.feeds = new LateFeeds(started.connection, plant)
    this.shop = new FakeShop(clock)
    this.hub = this.open()
  }

  static async start(subject: ProviderSubject, plant: Plant = (order) => order): Promise<ProviderWorld> {
    // Moves on by itself when somebody waits for a limit.
    const clock = virtualClock(Date.UTC(2026, 6, 1, 9), { autoAdvance: true })
    const world = new ProviderWorld(subject, clock, await subject.start(clock), plant)
    await world.simulator.control('stock', { sku, quantity: 12 })
    world.shop.shown.set('mug', 0)
    await world.hub.items.put({ sku })
    await world.hub.listings.link({ sku, connection: 'web', listing: 'mug' })
    await world.pass('fresh', 'fresh')
    return world
  }

  open() {
    const store = freshStore()
    return createHub({
      store: {
        ...store,
        open: async () => {
          this.#database = await store.open()
          return this.#database
        },
      },
      clock: this.clock,
      connections: { web: this.shop.connection(), east: this.feeds.connection },
    })
  }

  async close(): Promise<void> {
    this.clock.stop()
    await this.hub.close()
    await this.simulator.close()
  }

  /** Time goes on a little with whatever happens. */
  async step(step: Step): Promise<void> {
    await this.clock.advance(1_000)
    await this.#act(step)
    await this.clock.advance(1_000)
  }

  async #act(step: Step): Promise<void> {
    switch (step.do) {
      case 'sell':
        // A channel that shows too many sells them all the same.
        this.shop.shown.set('mug', Math.max(step.units, this.shop.shown.get('mug') ?? 0))
        this.#sold.push(this.shop.sell([{ listing: 'mug', quantity: step.units }]) ?? '')
        return
      case 'receive':
        await this.#setShelf(step.units)
        return
      case 'lose':
        await this.#setShelf(-step.units)
        return
      case 'elsewhere':
        await this.#sellElsewhere(step.units)
        return
      case 'look at updates':
        return this.feeds.lookAtUpdates(this.#context())
      case 'look at stock':
        return this.feeds.lookAtStock(this.#context())
      case 'lose an answer':
        this.simulator.faults.arm({ operation: this.#subject.creates, kind: 'drop_after' })
        return
      case 'wait':
        await this.clock.advance(10 * minuteMs)
        return
      case 'pass':
        return this.pass(step.updates, step.stock)
      default:
        await this.#handle(step.do, step.order, step.units)
    }
  }

  async #handle(what: string, index: number, units: number): Promise<void> {
    if (what === 'unsell') {
      const id = this.#sold[index % Math.max(1, this.#sold.length)]
      const order = this.shop.orders.get(id ?? '')
      if (id && order?.status === 'open') this.shop.cancel(id)
      return
    }
    const references = (await this.submissions()).map(({ reference }) => reference)
    const known = providerState(this.simulator).orders.filter((one) => references.includes(one.reference))
    const order = known[index % Math.max(1, known.length)]
    if (!order) return
    const { reference, id } = order
    if (what === 'ship') await this.#tried('ship', { reference, lines: [{ sku, quantity: units }] })
    if (what === 'label') await this.#tried('ship', { reference, labelOnly: true })
    if (what === 'hold') await this.#tried('hold', { reference })
    if (what === 'stop')
      await this.#real.fulfillment.cancel?.(this.#context(), { id, reference }).catch(() => null)
    if (what === 'extra') {
      const { extras } = this.#subject
      await extras[units % Math.max(1, extras.length)]?.(this.simulator, reference).catch(() => null)
    }
  }

  /** Staff who find nothing to do leave it. */
  async #tried(control: string, body: object): Promise<void> {
    await this.simulator.control(control, body).catch(() => null)
  }

  #shelf() {
    const [first] = providerState(this.simulator).stock.filter((row) => row.sku === sku && row.onHand > 0)
    return first ?? providerState(this.simulator).stock.find((row) => row.sku === sku)
  }

  async #setShelf(change: number): Promise<void> {
    const shelf = this.#shelf()
    if (!shelf) return
    const quantity = Math.max(0, shelf.onHand + change)
    if (quantity < shelf.onHand) this.unseen += shelf.onHand - quantity
    await this.simulator.control('stock', { sku, quantity, location: shelf.location })
  }

  /** Another system of the merchant's gives the provider an order. */
  async #sellElsewhere(units: number): Promise<void> {
    this.#elsewhere += 1
    this.unseen += units
    const request: FulfillmentRequest = {
      reference: `elsewhere-${this.#elsewhere}`,
      number: `E${this.#elsewhere}`,
      location: this.#shelf()?.location ?? null,
      channel: 'elsewhere',
      placedAt: this.clock.now(),
      shipTo: {
        name: 'Otto Other',
        company: null,
        line1: '2 Side Street',
        line2: null,
        line3: null,
        city: 'Springfield',
        region: 'IL',
        postalCode: '62701',
        country: 'US',
        phone: null,
      },
      buyer: null,
      serviceLevel: null,
      rawServiceLevel: null,
      shipBy: null,
      lines: [{ sku, title: 'Mug', quantity: units }],
    }
    await this.#real.fulfillment.submit(this.#context(), request).catch(() => null)
  }

  #context() {
    return adapterContext(this.#real, { clock: this.clock })
  }

  async pass(updates: Feed, stock: Feed): Promise<void> {
    Object.assign(this.feeds, { updates, stock })
    await this.hub.sync()
  }

  /** Everything the provider has to say of orders is heard, and everything that follows from it is done. */
  async settle(stock: Feed): Promise<void> {
    this.simulator.faults.clear()
    for (let round = 0; round < 6; round += 1) {
      await this.clock.advance(2 * minuteMs)
      await this.pass('fresh', stock)
    }
  }

  async submissions(): Promise<{ order_id: string; reference: string }[]> {
    const rows = await this.#database?.read((tx) =>
      tx.all<{ order_id: string; reference: string }>('SELECT order_id, reference FROM submission'),
    )
    return rows ?? []
  }

  /**
   * What is there to sell in truth: what lies on the shelves, less what is promised. An order is promised what its channel still
   * wants of it, or what the provider means to ship of it, whichever is more.
   */
  async truth(): Promise<{ available: number; reserved: number }> {
    const { stock, orders } = providerState(this.simulator)
    const submissions = await this.submissions()
    const held = new Map<string, number>()
    for (const { reference, lines } of orders) {
      const id = submissions.find((one) => one.reference === reference)?.order_id ?? reference
      const open = lines.reduce((sum, line) => sum + line.quantity - line.shipped - line.cancelled, 0)
      held.set(id, (held.get(id) ?? 0) + open)
    }
    let reserved = 0
    for (const { id, lines } of (await this.hub.orders.list({ connection: 'web', limit: 200 })).orders) {
      const open = lines.reduce((sum, line) => sum + line.taken - line.released - line.shipped, 0)
      reserved += open
      held.set(id, Math.max(open, held.get(id) ?? 0))
    }
    const onHand = stock.filter((row) => row.sku === sku).reduce((sum, row) => sum + row.onHand, 0)
    return { available: onHand - [...held.values()].reduce((sum, units) => sum + units, 0), reserved }
  }

  async pool(): Promise<{ available: number; reserved: number }> {
    const { available, reserved } = await this.hub.stock.get(sku)
    return { available, reserved }
  }
}
