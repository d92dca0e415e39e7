import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ProviderOrder } from '../../src/order/index.ts'
import { beginTelling } from '../../src/store/telling-parcels.ts'
import { line, minute, parcel, report, Shop, snapshot } from '../order/support.ts'
import { dialect, runs } from '../stores.ts'

const seed = process.env.SEED ? { seed: Number(process.env.SEED) } : {}

// A provider's warehouse with 20 mugs and a channel that sells them, on one clock. News of either reaches us late and
// in any order; what the merchant's hub does of itself (submitting, asking back) happens in between.
const kinds = [
  'grow', 'submit', 'submit', 'submit', 'accept', 'accept', 'accept', 'accept', 'ship', 'ship', 'ship', 'deliver',
  'drop', 'wait', 'deallocate', 'deallocate', 'channel cancel', 'channel cancel', 'ask back', 'ask back', 'stop', 'stop', 'stop', 'look', 'look',
  'news', 'news', 'news', 'news', 'news', 'news', 'restock',
] as const // biome-ignore format: a table reads better packed

interface Step {
  readonly do: (typeof kinds)[number]
  readonly order: number
  readonly units: number
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ do: fc.constantFrom(...kinds), order: fc.nat(1), units: fc.integer({ min: 1, max: 4 }) }),
  { maxLength: 60, size: 'max' },
)

/** One request to the provider to ship. */
interface Asked {
  readonly reference: string
  readonly quantity: number
  accepted: string | null
  /** When it last took the order's units off what it has free; they may be back there. */
  since: string | null
  back: boolean
  stopped: number
  ended: boolean
  parcels: { id: string; quantity: number; at: string }[]
}

interface Sale {
  readonly id: string
  ordered: number
  cancelled: number
  delivered: number
  readonly asked: Asked[]
}

type News = (shop: Shop) => Promise<unknown>

class World {
  readonly shop: Shop
  readonly sales = new Map<number, Sale>()
  onHand = 20
  clock = 0
  /** What was said and has not reached us yet. */
  waiting: News[] = []
  readonly #last = new Map<string, News>()

  constructor(shop: Shop) {
    this.shop = shop
  }

  get at(): string {
    return minute(this.clock)
  }

  static async open(): Promise<World> {
    const shop = await Shop.open({})
    const world = new World(shop)
    await shop.reading('MUG', 20, minute(0))
    shop.route = ({ lines }) => lines.map((one) => ({ ...one, location: 'east' }))
    for (const [index, ordered] of [5, 3].entries()) {
      const sale: Sale = { id: `${index + 1}`, ordered, cancelled: 0, delivered: 0, asked: [] }
      world.sales.set(index, sale)
      await shop.apply(world.channelSnapshot(sale))
      await world.sell('submit', sale, 0)
    }
    return world
  }

  get free(): number {
    return this.onHand - [...this.sales.values()].reduce((sum, sale) => sum + bookedOf(sale), 0)
  }

  tell(key: string, news: News): void {
    this.waiting.push(news)
    this.#last.set(key, news)
  }

  channelSnapshot({ id, ordered, cancelled, delivered }: Sale) {
    return snapshot([line('a', ordered, { cancelled, shipped: delivered })], {
      id,
      updatedAt: this.at,
      status: cancelled >= ordered ? 'cancelled' : 'open',
    })
  }

  tellChannel(sale: Sale): void {
    const order = this.channelSnapshot(sale)
    this.tell(`channel ${sale.id}`, (shop) => shop.apply(order))
  }

  tellProvider(asked: Asked): void {
    if (asked.since === null) return
    const { reference, stopped } = asked
    const order: ProviderOrder = {
      id: `P-${reference}`,
      reference,
      status: asked.ended ? 'cancelled' : 'picking',
      rawStatus: '',
      attention: null,
      acceptedAt: Date.parse(asked.since),
      allocated: asked.accepted !== null,
      updatedAt: Date.parse(this.at),
      cancelled: stopped > 0 ? [{ sku: 'MUG', quantity: stopped }] : [],
      parcels: asked.parcels.map(({ id, quantity, at }) =>
        parcel(id, [{ sku: 'MUG', quantity }], { handedOverAt: at }),
      ),
      raw: null,
    }
    this.tell(`provider ${reference}`, (shop) => shop.provider(order))
  }

  look(): void {
    const { free, at } = this
    this.tell('reading', (shop) => shop.reading('MUG', free, at))
  }

  async step({ do: what, order, units }: Step): Promise<void> {
    this.clock += 1
    const sale = this.sales.get(order)
    if (what === 'look') {
      this.look()
    } else if (what === 'restock') {
      this.onHand += units
    } else if (what === 'news') {
      const [news] = this.waiting.splice((order * 7 + units) % Math.max(1, this.waiting.length), 1)
      await news?.(this.shop)
    } else if (sale !== undefined) {
      await this.sell(what, sale, units)
    }
  }

  /** What the channel, and the hub, do about an order. */
  async sell(what: Step['do'], sale: Sale, units: number): Promise<void> {
    if (what === 'grow') {
      sale.ordered += units
      this.tellChannel(sale)
    } else if (what === 'channel cancel' && sale.cancelled + sale.delivered < sale.ordered) {
      sale.cancelled = Math.min(sale.ordered - sale.delivered, sale.cancelled + units)
      this.tellChannel(sale)
    } else if (what === 'deliver') {
      // The channel knows of a parcel some time after it left.
      sale.delivered = Math.max(sale.delivered, Math.min(sentOf(sale), sale.ordered - sale.cancelled))
      this.tellChannel(sale)
    } else if (what === 'submit') {
      const quantity = await this.uncovered(sale)
      if (quantity <= 0) return
      const reference = `R${sale.id}-${sale.asked.length + 1}`
      sale.asked.push({
        reference,
        quantity,
        accepted: null,
        since: null,
        back: false,
        stopped: 0,
        ended: false,
        parcels: [],
      })
      await this.shop.submit(reference, [{ sku: 'MUG', quantity }], 'east', sale.id)
    } else {
      const asked = sale.asked[units % Math.max(1, sale.asked.length)]
      if (asked !== undefined) await this.handle(what, asked, units)
    }
  }

  /** What the provider does about one request, and the hub when it wants it back. */
  async handle(what: Step['do'], asked: Asked, units: number): Promise<void> {
    if (what === 'accept' && asked.accepted === null) {
      if (asked.ended) return
      asked.since = this.at
      asked.accepted = this.at
      this.tellProvider(asked)
    } else if (what === 'wait' && asked.since === null && !asked.ended) {
      // It has the order, and has nothing free for it yet.
      asked.since = this.at
      this.tellProvider(asked)
    } else if (what === 'deallocate' && booked(asked) > 0) {
      // It keeps the order, and has its units free for others meanwhile.
      asked.accepted = null
      this.tellProvider(asked)
    } else if (what === 'ship' && booked(asked) > 0) {
      const quantity = Math.min(units, booked(asked))
      asked.parcels.push({ id: `${asked.reference}-${asked.parcels.length}`, quantity, at: this.at })
      this.onHand -= quantity
      this.tellProvider(asked)
    } else if (what === 'ask back' && asked.stopped === 0) {
      asked.back = true
      const sql = `UPDATE submission SET state = 'cancelling' WHERE reference = ?`
      await this.shop.write((tx) => tx.run(sql, [asked.reference]))
    } else if ((what === 'stop' && asked.back) || (what === 'drop' && !asked.back)) {
      if (heldBy(asked) === 0) return
      asked.stopped += heldBy(asked)
      asked.ended = true
      this.tellProvider(asked)
    }
  }

  /** Open units of an order that no request covers, as far as we know. */
  async uncovered(sale: Sale): Promise<number> {
    const rows = await this.shop.read((tx) =>
      tx.all<{ lines: string; status: string | null; shipped_lines: string | null }>(
        'SELECT lines, status, shipped_lines FROM submission WHERE order_id = ?',
        [sale.id],
      ),
    )
    const units = (text: string | null) =>
      (JSON.parse(text ?? '[]') as { quantity: number }[]).reduce((sum, row) => sum + row.quantity, 0)
    const covered = rows
      .filter(({ status }) => status !== 'cancelled')
      .reduce((sum, row) => sum + units(row.lines) - units(row.shipped_lines), 0)
    return (await openOf(this.shop, sale)) - covered
  }

  /** Everything said reaches us, some of it twice. */
  async hearAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const [news] = this.waiting.splice((this.waiting.length * 5) % this.waiting.length, 1)
      await news?.(this.shop)
    }
    for (const news of this.#last.values()) await news(this.shop)
  }

  /**
   * What the provider has free, less what it has not taken off of what our orders still want, or of what it keeps to send: what
   * was cancelled on the channel alone it sends all the same, once it has the goods.
   */
  async truth(): Promise<number> {
    let truth = this.free
    for (const sale of this.sales.values()) {
      const wanted = Math.max(await openOf(this.shop, sale), sum(sale.asked.map(heldBy)))
      truth -= Math.max(0, wanted - bookedOf(sale))
    }
    return truth
  }

  async mugs(): Promise<{ available: number; reserved: number }> {
    const [row] = await this.shop.balances()
    return { available: row?.available ?? 0, reserved: row?.reserved ?? 0 }
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)
const sent = (asked: Asked) => sum(asked.parcels.map(({ quantity }) => quantity))
/** What it has and has not sent or stopped, off its stock or not. */
const heldBy = (asked: Asked) => (asked.since === null ? 0 : asked.quantity - asked.stopped - sent(asked))
const booked = (asked: Asked) => (asked.accepted === null ? 0 : heldBy(asked))
const sentOf = (sale: Sale) => sum(sale.asked.map(sent))
const bookedOf = (sale: Sale) => sum(sale.asked.map(booked))

async function openOf(shop: Shop, sale: Sale): Promise<number> {
  const { lines } = await shop.order(sale.id)
  return sum(lines.map(({ taken, released, shipped }) => taken - released - shipped))
}

async function play(all: readonly Step[], plant: News | null = null): Promise<void> {
  const world = await World.open()
  try {
    for (const step of all) await world.step(step)
    await world.hearAll()
    await plant?.(world.shop)
    const open = await openUnits(world)
    expect((await world.mugs()).reserved).toBe(open)
    // A reading from before goods came in is too low, never too high.
    expect((await world.mugs()).available).toBeLessThanOrEqual(await world.truth())
    world.clock += 1
    world.look()
    await world.hearAll()
    expect(await world.mugs()).toEqual({ available: await world.truth(), reserved: open })
    for (const sale of world.sales.values()) {
      const [one] = (await world.shop.order(sale.id)).lines
      expect(one?.shipped).toBe(sentOf(sale))
    }
  } finally {
    await world.shop.close()
  }
}

async function openUnits(world: World): Promise<number> {
  let open = 0
  for (const sale of world.sales.values()) open += await openOf(world.shop, sale)
  return open
}

describe('a provider whose news come late and in any order', () => {
  it('once all is heard is never believed to have more than it has, and after its next reading exactly that', async () => {
    await fc.assert(
      fc.asyncProperty(steps, (all) => play(all)),
      { numRuns: runs(150), ...seed },
    )
  })

  if (dialect === 'sqlite')
    it('is a property that catches a reservation that counts after the provider took the order on', async () => {
      const forget: News = (shop) =>
        shop.write((tx) => tx.run('UPDATE allocation SET accepted = 0, settled = 0'))
      const result = await fc.check(
        fc.asyncProperty(steps, (all) => play(all, forget)),
        { numRuns: 150, seed: 5, endOnFailure: true },
      )
      expect(result.failed).toBe(true)
    })
})

describe('a parcel that the channel was told of, and that was withdrawn', () => {
  it('ends alike in any order of the news: what a channel calls shipped by our own word is no evidence', async () => {
    const mugs = [{ sku: 'MUG', quantity: 3 }]
    const tell = (n: number, parcels: ProviderOrder['parcels'], more: Partial<ProviderOrder> = {}): News => {
      const news = report({ updatedAt: Date.parse(minute(n)), parcels, ...more })
      return (shop) => shop.provider(news)
    }
    const first = parcel('p', mugs)
    const withdrawn = { ...first, withdrawn: true }
    const show = (n: number, shipped: number, status: 'open' | 'shipped'): News => {
      // Two of the five are sent by hand, and told to the channel alone.
      const order = snapshot([line('a', 5, { shipped })], { updatedAt: minute(n), status })
      return (shop) => shop.apply(order)
    }
    const news: News[] = [
      show(5, 2, 'open'),
      show(6, 5, 'shipped'),
      tell(7, [withdrawn]),
      tell(8, [withdrawn, parcel('q', mugs, { trackingNumber: null })]),
    ]
    const last = tell(9, [withdrawn, parcel('q', mugs, { handedOverAt: minute(9) })], { status: 'shipped' })
    const play = async (order: readonly News[]) => {
      const shop = await Shop.open({ MUG: { east: 10 } })
      try {
        await shop.apply(snapshot([line('a', 5)]))
        await shop.submit('R1', mugs)
        await tell(4, [first])(shop)
        const told = { connection: 'web', order: '1', id: 'p' }
        expect(await shop.write((tx) => beginTelling(tx, told, true))).toEqual({ how: 'anew' })
        for (const one of order) await one(shop)
        const counted = (await shop.order()).lines.map(({ taken, shipped }) => [taken, shipped])
        expect([counted, await shop.balance('MUG', 'east')]).toEqual([[[5, 2]], '5/3'])
        await last(shop)
        for (const one of order) await one(shop)
        const after = (await shop.order()).lines.map(({ taken, shipped }) => [taken, shipped])
        expect([after, await shop.balance('MUG', 'east')]).toEqual([[[5, 5]], '5/0'])
      } finally {
        await shop.close()
      }
    }
    const orders = fc.array(fc.constantFrom(...news), { maxLength: 8 }).map((some) => [...some, ...news])
    const shuffled = orders.chain((all) => fc.shuffledSubarray(all, { minLength: all.length }))
    await fc.assert(fc.asyncProperty(shuffled, play), { numRuns: runs(60), ...seed })
  })
})
