import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect } from 'vitest'
import { StockpoolError } from '../../src/error.ts'
import { createHub, type EventType, type HubOptions, type StoredEvent } from '../../src/index.ts'
import type { Logger } from '../../src/spec/context.ts'
import type { Transaction } from '../../src/store/database.ts'
import { freshStore, storeAt } from '../stores.ts'
import { FakeShop, FakeWarehouse, ManualClock, type ShopOptions } from './fakes.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((hub) => hub.close()))
})

/** Closes a hub that a test has opened by itself, after the test. */
export const closeLater = (hub: { close(): Promise<void> }): number => opened.push(hub)

let directory: string | null = null
let files = 0
/** The path of a database file that is deleted after the tests of this file. */
export async function newFile(): Promise<string> {
  directory ??= await mkdtemp(join(tmpdir(), 'stockpool-hub-'))
  return join(directory, `${++files}.db`)
}
afterAll(async () => {
  if (directory !== null) await rm(directory, { recursive: true, force: true })
})

export interface SetUp {
  readonly web?: ShopOptions
  readonly market?: ShopOptions
  readonly east?: { keeps?: boolean }
  readonly file?: string
  readonly options?: Partial<Omit<HubOptions<never>, 'connections' | 'store' | 'tracker'>>
}

/** Two channels and a warehouse in memory, and a hub over them. */
export function setUp({
  web: webOptions,
  market: marketOptions,
  east: eastOptions,
  file,
  options,
}: SetUp = {}) {
  const clock = new ManualClock()
  const web = new FakeShop(clock, webOptions)
  const market = new FakeShop(clock, marketOptions)
  const east = new FakeWarehouse(clock, eastOptions)
  const logs: string[] = []
  const note = (message: string, facts?: unknown) => logs.push(`${message} ${JSON.stringify(facts ?? {})}`)
  const logger: Logger = { debug: note, info: note, warn: note }
  const open = (more: SetUp['options'] = {}) => {
    const hub = createHub({
      store: file === undefined ? freshStore() : storeAt(file),
      connections: { web: web.connection(), market: market.connection(), east: east.connection() },
      clock,
      logger,
      ...options,
      ...more,
    })
    opened.push(hub)
    return hub
  }
  return { clock, web, market, east, logs, open, hub: open() }
}

export type Kit = ReturnType<typeof setUp>

/** Sells MUG on web (as `mug`), out of so many at the merchant's own place or at the warehouse. */
export async function stocked(
  kit: Kit,
  { own = 0, east = 0, policy = {} }: { own?: number; east?: number; policy?: { buffer?: number } } = {},
): Promise<void> {
  const { hub, web } = kit
  await hub.items.put({ sku: 'MUG' })
  if (own > 0) await hub.stock.receive('MUG', own, { location: 'main', key: 'first' })
  if (east > 0) kit.east.onHand.set('MUG', east)
  web.shown.set('mug', 0)
  await hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'mug', ...policy })
  await pass(kit)
}

/** A second passes, then one whole pass. */
export async function pass(kit: Kit, ms = 1000) {
  kit.clock.advance(ms)
  const report = await kit.hub.sync()
  kit.clock.advance(1)
  return report
}

/** Everything of these types that the hub tells from now on. */
export function heard<Type extends EventType>(hub: Kit['hub'], ...types: Type[]): StoredEvent<Type>[] {
  const events: StoredEvent<Type>[] = []
  for (const type of types) hub.on(type, (_data, event) => events.push(event))
  return events
}

/** Fails the named call so many times, before or after its effect. */
export function failing(
  platform: { fault: FakeShop['fault'] },
  call: string,
  error: StockpoolError,
  { times = 1, phase = 'before' }: { times?: number; phase?: 'before' | 'after' } = {},
): void {
  let left = times
  platform.fault = (made, when) => {
    if (made === call && when === phase && left-- > 0) throw error
  }
}

export const down = () => new StockpoolError('unavailable', 'the platform is down')
export const lostAnswer = () => new StockpoolError('unknown_outcome', 'the answer was lost')
export const refused = () => new StockpoolError('auth', 'the credential was refused')

/** Runs a statement on the file behind a hub, from outside. */
export async function query<Row>(file: string, sql: string): Promise<Row[]> {
  const database = await storeAt(file).open()
  try {
    return await database.read((tx: Transaction) => tx.all<Row>(sql))
  } finally {
    await database.close()
  }
}

/** The pool of MUG, the ledger behind it, and what web shows. */
export async function expectStock(
  { hub, web }: Kit,
  { available, reserved, shown }: { available: number; reserved: number; shown?: number },
): Promise<void> {
  expect(await hub.stock.get('MUG')).toMatchObject({ available, reserved })
  if (shown !== undefined) expect(web.shown.get('mug')).toBe(shown)
  expect(await hub.stock.verify()).toMatchObject({ ok: true })
}

/** What was written, in order, as [listing, quantity]. */
export const written = (shop: FakeShop) =>
  shop.writes.splice(0).map(({ listing, quantity }) => [listing, quantity])

export const letters = ['A', 'B', 'C', 'D', 'E', 'F']

/** Six SKUs with 10 each on web, in batches of a given size. */
export async function six(batch: number, more: SetUp = {}) {
  const kit = setUp({ ...more, web: { batch, ...more.web } })
  for (const sku of letters) {
    kit.web.shown.set(sku, 0)
    await kit.hub.items.put({ sku })
    await kit.hub.stock.receive(sku, 10, { location: 'main', key: `first ${sku}` })
    await kit.hub.listings.link({ sku, connection: 'web', listing: sku })
  }
  await pass(kit)
  written(kit.web)
  return kit
}
