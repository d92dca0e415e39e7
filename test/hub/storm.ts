import { StockpoolError } from '../../src/error.ts'
import { createHub, type Database, type Store } from '../../src/index.ts'
import { type SeededRandom, seededRandom } from '../../src/simulator/random.ts'
import { pushRows } from '../../src/store/pushes.ts'
import { storeAt } from '../stores.ts'
import { FakeShop, FakeWarehouse, ManualClock, type ShopOptions } from './fakes.ts'

export interface StormOptions {
  readonly seed: number
  readonly rounds: number
  /** The chance that a call to a platform fails, before or after its effect. */
  readonly failing: number
  /** How many times the process dies, each time at some await. */
  readonly deaths: number
  readonly web?: ShopOptions
  readonly market?: ShopOptions
}

const skus = ['A', 'B', 'C'] as const
const kit = [
  { sku: 'A', quantity: 2 },
  { sku: 'B', quantity: 1 },
]
const sold = [...skus, 'KIT'] as const
/** Calls that leave somebody in doubt when their answer is lost; a look is simply repeated. */
const changing: ReadonlySet<string> = new Set([
  'listings.write',
  'orders.cancel',
  'shipments.confirm',
  'shipments.correct',
  'submit',
  'cancel',
  'keep',
])

/** One life of the hub's process: at a chosen await it ends, and nothing of it does anything any more. */
class Life {
  dead = false
  #left: number

  constructor(awaits: number) {
    this.#left = awaits
  }

  /** Called at every await that touches the outside. */
  step(): void {
    if (!this.dead && --this.#left <= 0) this.dead = true
    if (this.dead) throw new StockpoolError('database', 'the process is gone')
  }

  store(store: Store): Store {
    return {
      ...store,
      open: async (): Promise<Database> => {
        const database = await store.open()
        return {
          dialect: database.dialect,
          transaction: async (work, options) => {
            this.step()
            const result = await database.transaction(work, options)
            this.step()
            return result
          },
          read: async (work) => {
            this.step()
            return database.read(work)
          },
          close: () => database.close(),
        }
      },
    }
  }
}

/** Two channels, a warehouse, and one database file that outlives the hub's processes. */
export class Storm {
  readonly clock = new ManualClock()
  readonly random: SeededRandom
  readonly web: FakeShop
  readonly market: FakeShop
  readonly east: FakeWarehouse
  readonly #file: string
  readonly #options: StormOptions
  #life = new Life(Number.POSITIVE_INFINITY)
  #calm = true
  #hub: ReturnType<Storm['open']>
  /** What came in at the merchant's own place, of a SKU that lies there alone. */
  readonly #receipts: { key: string; quantity: number }[] = []
  lives = 1
  sales = 0

  constructor(file: string, options: StormOptions) {
    this.#file = file
    this.#options = options
    this.random = seededRandom(options.seed)
    this.web = new FakeShop(this.clock, options.web)
    this.market = new FakeShop(this.clock, options.market)
    this.east = new FakeWarehouse(this.clock)
    for (const platform of [this.web, this.market, this.east])
      platform.fault = (call, phase) => this.#weather(call, phase)
    this.#hub = this.open(Number.POSITIVE_INFINITY)
  }

  get hub() {
    return this.#hub
  }

  open(awaits: number) {
    this.#life = new Life(awaits)
    return createHub({
      store: this.#life.store(storeAt(this.#file)),
      connections: {
        web: this.web.connection(),
        market: this.market.connection(),
        east: this.east.connection(),
      },
      clock: this.clock,
      leaseMs: 1000,
    })
  }

  /** What happens around a call to a platform: it fails, the process dies, or the world moves on meanwhile. */
  #weather(call: string, phase: 'before' | 'after'): void {
    this.#life.step()
    if (this.#calm) return
    // Stock moves between what was read and what is stored of a write.
    if (call === 'listings.write' && this.random.next() < 0.3) this.#receive()
    if (this.random.next() < 0.3) this.#act()
    if (this.random.next() < this.#options.failing / 2) {
      throw phase === 'after' && changing.has(call)
        ? new StockpoolError('unknown_outcome', 'the answer was lost')
        : new StockpoolError('unavailable', 'the platform is down')
    }
  }

  /** Somebody does something that the hub is not told of. */
  #act(): void {
    const { random } = this
    const shop = random.pick([this.web, this.market])
    const prefix = shop === this.web ? 'web' : 'market'
    const orders = [...shop.orders.values()]
    const what = random.int(0, 9)
    if (what < 6) {
      const lines = [...new Set([random.pick(sold), random.pick(sold)])].map((sku) => ({
        listing: `${prefix}-${sku}`,
        quantity: random.int(1, 2),
      }))
      const id = shop.sell(lines)
      if (id === null) return
      this.sales++
      // A buyer who thinks better of it before anybody has read the order.
      if (random.next() < 0.15) shop.cancel(id, random.next() < 0.5)
    } else if (what === 6 && orders.length > 0) {
      const order = random.pick(orders)
      if (order.status !== 'open') return
      // For no kit, whose halves may be in two parcels: that is told once it is whole.
      if (random.next() < 0.4) shop.swap(order.id, `${prefix}-${random.pick(skus)}`)
      else shop.cancel(order.id, random.next() < 0.5)
    } else if (what === 7 && this.east.orders.size > 0) {
      this.east.ship(random.pick([...this.east.orders.keys()]))
    } else if (what === 8) {
      const sku = random.pick(skus)
      this.east.onHand.set(sku, (this.east.onHand.get(sku) ?? 0) + random.int(1, 3))
    } else this.clock.advance(random.int(1, 5000))
  }

  #receive(): void {
    const receipt = { key: `receipt ${this.#receipts.length}`, quantity: this.random.int(1, 3) }
    this.#receipts.push(receipt)
    // When the process dies over it, it is repeated with the same key in the end.
    this.#store(receipt).catch(() => undefined)
  }

  #store({ key, quantity }: { key: string; quantity: number }): Promise<unknown> {
    return this.hub.stock.receive('OWN', quantity, { location: 'main', key })
  }

  async begin(): Promise<void> {
    for (const sku of skus) {
      this.east.onHand.set(sku, 15)
      await this.hub.items.put({ sku })
    }
    await this.hub.items.put({ sku: 'KIT', kit })
    await this.hub.items.put({ sku: 'OWN' })
    for (const sku of [...sold, 'OWN']) {
      this.web.shown.set(`web-${sku}`, 0)
      this.market.shown.set(`market-${sku}`, 0)
      await this.hub.listings.link({ sku, connection: 'web', listing: `web-${sku}` })
      await this.hub.listings.link({ sku, connection: 'market', listing: `market-${sku}` })
    }
    await this.rest()
  }

  /** Rounds of trade and passes; some lives end in the middle. */
  async rage(): Promise<void> {
    const { rounds, deaths } = this.#options
    this.#calm = false
    for (let round = 0; round < rounds; round++) {
      for (let n = this.random.int(0, 3); n > 0; n--) this.#act()
      this.clock.advance(this.random.int(1, 20_000))
      if (this.lives <= deaths && this.random.next() < 0.7) await this.#rebirth(this.random.int(1, 150))
      await this.hub.sync().catch(() => undefined)
      if (this.#life.dead) await this.#rebirth(Number.POSITIVE_INFINITY)
    }
    await this.#rebirth(Number.POSITIVE_INFINITY)
  }

  async #rebirth(awaits: number): Promise<void> {
    const old = this.#hub
    this.#life.dead = true
    await old.close().catch(() => undefined)
    this.lives++
    this.#hub = this.open(awaits)
    // The dead one's leases run out.
    this.clock.advance(1001)
  }

  /** The sun comes out: everything in doubt is resolved within some passes. */
  async rest(): Promise<void> {
    this.#calm = true
    for (const receipt of this.#receipts) await this.#store(receipt)
    for (let pass = 0; pass < 12; pass++) {
      this.clock.advance(pass < 6 ? 60_000 : 3_600_000)
      await this.hub.sync()
    }
  }

  /** Everything that is not exact, in words. */
  async faults(): Promise<string[]> {
    const faults: string[] = []
    const free = (sku: string) => {
      if (sku === 'OWN') return this.#receipts.reduce((sum, { quantity }) => sum + quantity, 0)
      return sku === 'KIT'
        ? Math.min(...kit.map((part) => Math.floor(this.east.free(part.sku) / part.quantity)))
        : this.east.free(sku)
    }
    for (const sku of [...sold, 'OWN']) {
      const truth = free(sku)
      const level = await this.hub.stock.get(sku)
      if (sku !== 'KIT' && level.available !== truth)
        faults.push(`the pool has ${level.available} of ${sku}, the warehouse ${truth}`)
      for (const [name, shop] of [
        ['web', this.web],
        ['market', this.market],
      ] as const) {
        const shown = shop.shown.get(`${name}-${sku}`)
        if (shown !== Math.max(0, truth))
          faults.push(
            `${name} shows ${shown} of ${sku} instead of ${Math.max(0, truth)}: ${await this.#explained(name, sku)}`,
          )
      }
    }
    for (const [name, shop] of [
      ['web', this.web],
      ['market', this.market],
    ] as const) {
      for (const order of shop.orders.values()) {
        const known = await this.hub.orders.get(name, order.id)
        for (const line of order.lines) {
          const counted = known?.lines.find(({ id }) => id === line.id)
          if (counted === undefined) faults.push(`${name} ${order.id}: missing`)
          else if (
            counted.taken - counted.released !==
            line.ordered - line.cancelled + Math.max(0, counted.shipped + line.cancelled - line.ordered)
          ) {
            faults.push(
              `${name} ${order.id} ${line.id}: ${counted.taken} taken, ${counted.released} released, of ${line.ordered} ordered, ${line.cancelled} cancelled`,
            )
          }
        }
      }
    }
    const { ok, differences } = await this.hub.stock.verify()
    if (!ok) faults.push(`the ledger does not refold: ${JSON.stringify(differences[0])}`)
    for (const { kind, key, state, error } of await this.hub.jobs.list())
      faults.push(`job ${kind} ${key} is ${state}: ${JSON.stringify(error)}`)
    for (const sku of skus) {
      const [wanted, asked] = [this.#wanted(sku), this.#asked(sku)]
      if (wanted !== asked)
        faults.push(`orders want ${wanted} of ${sku}, the warehouse was asked for ${asked}`)
    }
    for (const reference of this.east.repeated) faults.push(`the warehouse was asked twice for ${reference}`)
    const shipped = [...this.east.orders.values()]
      .filter(({ status }) => status === 'shipped')
      .flatMap(({ parcels }) => parcels)
    const untold = await this.#parcelsOfCancelled()
    for (const { id } of shipped) {
      if (!this.web.parcels.has(id) && !this.market.parcels.has(id) && !untold.has(id)) {
        faults.push(`no channel knows parcel ${id}`)
      }
    }
    return faults
  }

  /** What the hub makes of a number, and the row behind it. */
  async #explained(connection: 'web' | 'market', sku: string): Promise<string> {
    const database = await storeAt(this.#file).open()
    try {
      const rows = await database.read((tx) => pushRows(tx, { connection, sku, after: 0, limit: 10 }))
      return JSON.stringify({ explained: await this.hub.explain(sku, connection), rows })
    } finally {
      await database.close()
    }
  }

  /** Units that open orders of the channels still want. */
  #wanted(sku: string): number {
    const lines = [this.web, this.market].flatMap((shop) =>
      [...shop.orders.values()].flatMap((order) => order.lines),
    )
    return lines.reduce((sum, { listing, ordered, cancelled, shipped }) => {
      const name = listing.slice(listing.indexOf('-') + 1)
      const each =
        name === 'KIT' ? (kit.find((part) => part.sku === sku)?.quantity ?? 0) : Number(name === sku)
      return sum + Math.max(0, ordered - cancelled - shipped) * each
    }, 0)
  }

  /** Units that the warehouse means to ship. */
  #asked(sku: string): number {
    return [...this.east.orders.values()]
      .filter(({ status }) => status === 'accepted')
      .flatMap(({ request }) => request.lines)
      .reduce((sum, line) => sum + (line.sku === sku ? line.quantity : 0), 0)
  }

  /** Parcels that left before their cancelled order could be stopped: their channel takes no tracking. */
  async #parcelsOfCancelled(): Promise<Set<string>> {
    const parcels = new Set<string>()
    for (const [name, shop] of [
      ['web', this.web],
      ['market', this.market],
    ] as const) {
      for (const { id, status } of shop.orders.values()) {
        if (status !== 'cancelled') continue
        for (const shipment of await this.hub.shipments.list(name, id)) {
          for (const parcel of shipment.parcels) parcels.add(parcel.id)
        }
      }
    }
    return parcels
  }
}
