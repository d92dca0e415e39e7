import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/http/index.ts'
import { createHub } from '../../src/index.ts'
import { type PostgresOptions, postgres } from '../../src/store/postgres.ts'
import { FakeShop, FakeWarehouse } from '../hub/fakes.ts'
import { idleTransactionMs, leaseMs } from './paused-facts.ts'
import { endHelpers, Helper, type OwnDatabase, ownDatabase, pause, until } from './support.ts'

/** What a busy machine may add to what is promised. */
const slackMs = 20_000

let own: OwnDatabase
let world: World
beforeEach(async () => {
  own = await ownDatabase()
  world = await World.open(own)
})
afterEach(async () => {
  await endHelpers()
  await world.close()
  await own.drop()
})

type Calls = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>

/** A shop and a warehouse behind HTTP, which wait where they are told to, and a hub beside them that only reads and links. */
class World {
  readonly web = new FakeShop(systemClock)
  readonly east = new FakeWarehouse(systemClock)
  readonly hub: ReturnType<typeof createHub<{ web: ReturnType<FakeShop['connection']> }>>
  /** Waited for around the effect of each call. */
  around: (call: string, phase: 'before' | 'after') => Promise<void> = async () => undefined
  readonly #own: OwnDatabase
  readonly #server: Server
  readonly #schema = 'paused'

  private constructor(database: OwnDatabase) {
    this.#own = database
    const options: PostgresOptions = { schema: this.#schema }
    this.hub = createHub({
      store: postgres(database.pool(), options),
      connections: { web: this.web.connection() },
    })
    this.#server = createServer(async (request, response) => {
      const name = (request.url ?? '').slice(1)
      const args = JSON.parse(await textOf(request)) as unknown[]
      await this.around(name, 'before')
      const answer = JSON.stringify(await this.#call(name, args))
      await this.around(name, 'after')
      response.setHeader('content-type', 'application/json').end(answer)
    })
  }

  static async open(database: OwnDatabase): Promise<World> {
    const made = new World(database)
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve))
    await made.hub.items.put({ sku: 'MUG' })
    made.web.shown.set('mug', 0)
    return made
  }

  /** A hub's process; it works when it has said `start`. */
  async worker(): Promise<Helper> {
    const { port } = this.#server.address() as AddressInfo
    const helper = new Helper('paused-hub.ts', [this.#own.url, this.#schema, `http://127.0.0.1:${port}`])
    await tell(helper, 'start')
    return helper
  }

  /** Sells ten that are there; all is quiet when it resolves. */
  async stocked(at: 'main' | 'east'): Promise<void> {
    if (at === 'main') await this.hub.stock.receive('MUG', 10, { key: 'first' })
    else this.east.onHand.set('MUG', 10)
    await this.hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug' })
    await until(() => this.web.shown.get('mug') === 10)
  }

  sell(): void {
    if (this.web.sell([{ listing: 'mug', quantity: 1 }]) === null) throw new Error('sold out')
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.hub.close()
  }

  async #call(name: string, args: unknown[]): Promise<unknown> {
    const [connection, facet = '', method = ''] = name.split('.')
    const facets = (connection === 'web' ? this.web : this.east).connection() as unknown as Record<
      string,
      Calls
    >
    const found = facets[facet]?.[method]
    if (!found) throw new Error(`no ${name}`)
    return (await found({}, ...args)) ?? null
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

async function tell(helper: Helper, line: string): Promise<void> {
  const [word] = line.split(' ')
  helper.tell(line)
  await heard(helper, { did: word })
}

async function heard(helper: Helper, line: Readonly<Record<string, unknown>>): Promise<void> {
  const [[key, value]] = Object.entries(line) as [[string, unknown]]
  await until(() => {
    if (helper.child.exitCode !== null) throw new Error(`it ended with ${helper.child.exitCode}`)
    return helper.lines.some((one) => {
      const said = (one as Record<string, unknown>)[key]
      return value === true ? said !== undefined : said === value
    })
  })
}

/** Resolves at the first call of this name in this phase, and keeps its caller waiting until `go`. */
function catching(name: string, phase: 'before' | 'after'): { caught: Promise<void>; go: () => void } {
  const caught = Promise.withResolvers<void>()
  const going = Promise.withResolvers<void>()
  let first = true
  world.around = async (call, when) => {
    if (call !== name || when !== phase || !first) return
    first = false
    caught.resolve()
    await going.promise
  }
  return { caught: caught.promise, go: going.resolve }
}

/** Runs on until it shows this number and every balance agrees. */
async function expectQuiet(shown: number): Promise<void> {
  await until(async () => {
    const { available } = await world.hub.stock.get('MUG')
    return available === shown && world.web.shown.get('mug') === shown
  })
  expect(await world.hub.stock.verify()).toEqual({ ok: true, differences: [] })
}

async function closeAll(...helpers: Helper[]): Promise<void> {
  for (const helper of helpers) helper.tell('close')
  expect(await Promise.all(helpers.map((helper) => helper.ended()))).toEqual(helpers.map(() => 0))
}

describe('a worker that stands still past its lease, and wakes', () => {
  it('after the warehouse took an order, before its answer: the order is sent once, and its late write is refused', async () => {
    const first = await world.worker()
    await world.stocked('east')
    const { caught, go } = catching('east.fulfillment.submit', 'after')
    world.sell()
    await caught
    first.signal('SIGSTOP')
    go()
    const second = await world.worker()
    const began = Date.now()
    await until(async () => (await world.hub.jobs.list()).length === 0)
    expect(Date.now() - began).toBeLessThan(leaseMs + slackMs)
    const shipped = [...world.east.orders.keys()]
    expect(shipped).toHaveLength(1)
    first.signal('SIGCONT')
    await heard(first, { refused: 'lease_lost' })
    await expectQuiet(9)
    expect(world.east.calls.filter((call) => call === 'submit')).toHaveLength(1)
    expect([...world.east.orders.keys()]).toEqual(shipped)
    await closeAll(first, second)
  })

  it('before the warehouse has the order: asked twice under one reference, it makes one', async () => {
    const first = await world.worker()
    await world.stocked('east')
    const { caught, go } = catching('east.fulfillment.submit', 'before')
    world.sell()
    await caught
    first.signal('SIGSTOP')
    const second = await world.worker()
    await until(async () => (await world.hub.jobs.list()).length === 0)
    go()
    first.signal('SIGCONT')
    await heard(first, { refused: 'lease_lost' })
    await expectQuiet(9)
    expect(world.east.orders.size).toBe(1)
    expect(world.east.repeated).toEqual([...world.east.orders.keys()])
    await closeAll(first, second)
  })

  it('in the middle of a transaction: the server frees what it locked, and what it wrote is not there', async () => {
    const first = await world.worker()
    await world.stocked('main')
    await tell(first, 'hold INSERT INTO movement')
    world.sell()
    await heard(first, { holding: true })
    first.signal('SIGSTOP')
    const stoppedAt = Date.now()
    // It holds the lease, the order, the balance and the marks; whoever wants one of them waits.
    const adjusting = world.hub.stock.adjust('MUG', -2, { key: 'broken' })
    expect(await adjusting).toMatchObject({ status: 'posted' })
    expect(Date.now() - stoppedAt).toBeGreaterThan(idleTransactionMs * 0.5)
    expect(Date.now() - stoppedAt).toBeLessThan(idleTransactionMs + slackMs)
    const second = await world.worker()
    const began = Date.now()
    await until(async () => (await world.hub.orders.list()).orders.length === 1)
    expect(Date.now() - began).toBeLessThan(leaseMs + idleTransactionMs + slackMs)
    first.tell('go')
    first.signal('SIGCONT')
    await heard(first, { refused: 'lease_lost' })
    await expectQuiet(7)
    expect(await world.hub.stock.get('MUG')).toMatchObject({ reserved: 1 })
    await closeAll(first, second)
  })

  it(
    'while a number waits for its turn at the channel: the old number is not sent over a newer one',
    wakesLate,
  )
})

/** The database takes a while to answer it, as it may at any time: else it is chance which of the two is first. */
async function wakesLate(): Promise<void> {
  const first = await world.worker()
  await world.stocked('main')
  await world.hub.stock.adjust('MUG', -3, { key: 'three' })
  // It means to send 7, and waits for the channel's limit.
  const client = await own.pool({ max: 1 }).connect()
  await until(async () => {
    const { rows } = await client.query<{ sent: string }>('SELECT sent FROM paused.push_state')
    return Number(rows[0]?.sent) === 7
  })
  first.signal('SIGSTOP')
  const stoppedAt = Date.now()
  await world.hub.stock.adjust('MUG', -2, { key: 'two' })
  const second = await world.worker()
  await until(() => world.web.shown.get('mug') === 5)
  // Its turn comes while it stands still.
  await pause(stoppedAt + 6000 - Date.now())
  await client.query('BEGIN; SELECT * FROM paused.lease FOR UPDATE')
  first.signal('SIGCONT')
  for (let waited = 0; waited < 5000 && world.web.shown.get('mug') === 5; waited += 100) await pause(100)
  await client.query('ROLLBACK')
  client.release()
  expect(world.web.writes.map(({ quantity }) => quantity)).toEqual([10, 5])
  await expectQuiet(5)
  await closeAll(first, second)
}
