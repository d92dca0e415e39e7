import { createHub, type Database } from '../../src/index.ts'
import { type RunningSimulator, type VirtualClock, virtualClock } from '../../src/simulator/index.ts'
import type { FulfillmentRequest } from '../../src/spec/index.ts'
import { adapterContext } from '../../src/testing/context.ts'
import { providerState } from '../../src/testing/contract/state.ts'
import { FakeShop } from '../hub/fakes.ts'
import { freshStore } from '../stores.ts'
import { type Feed, LateFeeds, type Plant } from './late-feeds.ts'
import type { Provider, ProviderSubject } from './provider-subjects.ts'

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

/** Units of one order: by the hub, still to ship and gone; at the provider, gone and still to ship. */
interface Count {
  readonly open: number
  readonly shipped: number
  readonly left: number
  readonly held: number
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

  /** Carriers take whatever waits for them, and it is heard. */
  async collect(): Promise<void> {
    const { collect } = this.#subject
    if (collect === undefined) return
    for (const { reference } of await this.submissions())
      await collect(this.simulator, reference).catch(() => null)
    await this.clock.advance(2 * minuteMs)
    await this.pass('fresh', 'fresh')
  }

  /** By order of the channel: what the hub counts, and what the provider has made of all that it was asked for. */
  async counts(): Promise<readonly Count[]> {
    const orders = providerState(this.simulator).orders
    const submissions = await this.submissions()
    const units = (lines: readonly { shipped: number; quantity: number; cancelled: number }[]) => ({
      left: lines.reduce((sum, line) => sum + line.shipped, 0),
      held: lines.reduce((sum, line) => sum + line.quantity - line.shipped - line.cancelled, 0),
    })
    return (await this.hub.orders.list({ connection: 'web', limit: 200 })).orders.map(({ id, lines }) => {
      const asked = submissions.filter((one) => one.order_id === id).map(({ reference }) => reference)
      const own = units(
        orders.filter(({ reference }) => asked.includes(reference)).flatMap((one) => one.lines),
      )
      const open = lines.reduce((sum, line) => sum + line.taken - line.released - line.shipped, 0)
      const shipped = lines.reduce((sum, line) => sum + line.shipped, 0)
      return { open, shipped, ...own }
    })
  }

  /**
   * What is there to sell in truth: what lies on the shelves, less what is promised. An order is promised what its channel still
   * wants of it, or what the provider means to ship of it, whichever is more. What is packed and waits for its carrier lies on no
   * shelf any more, and is promised until it leaves.
   */
  async truth(): Promise<{ available: number; reserved: number }> {
    const { stock, orders } = providerState(this.simulator)
    const counts = await this.counts()
    const ours = (await this.submissions()).map(({ reference }) => reference)
    const elsewhere = orders
      .filter(({ reference }) => !ours.includes(reference))
      .flatMap(({ lines }) => lines)
      .reduce((sum, line) => sum + line.quantity - line.shipped - line.cancelled, 0)
    const promised = counts.reduce((sum, { open, shipped, left, held }) => {
      const packed = Math.max(0, left - shipped)
      return sum + Math.max(open - packed, held)
    }, elsewhere)
    const onHand = stock.filter((row) => row.sku === sku).reduce((sum, row) => sum + row.onHand, 0)
    return { available: onHand - promised, reserved: counts.reduce((sum, { open }) => sum + open, 0) }
  }

  async pool(): Promise<{ available: number; reserved: number }> {
    const { available, reserved } = await this.hub.stock.get(sku)
    return { available, reserved }
  }
}
