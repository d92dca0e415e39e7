import { createHub } from '../../src/index.ts'
import { type VirtualClock, virtualClock } from '../../src/simulator/index.ts'
import type { Connection } from '../../src/spec/connection.ts'
import type { Store } from '../../src/store/database.ts'
import { fewestCalls, limitMs, type Platform } from './platforms.ts'

export interface PushOptions {
  readonly platform: Platform
  /** How many quantities change at once. */
  readonly quantities: number
  readonly store: Store
  /** What each call takes on its way, in simulated milliseconds. */
  readonly latencyMs: number
  /** How many SKUs sell out, one after the other, while the others are still being pushed. */
  readonly zeros: number
  /** Real milliseconds without anything to do after which the clock goes on. Default 15: enough on a busy machine. */
  readonly quietMs?: number
}

/** What pushing all of them came to. Times in simulated milliseconds, but for `realMs`. */
export interface Pushed {
  readonly limitMs: number
  /** Until the channel showed every number. */
  readonly shownMs: number
  readonly calls: number
  readonly fewest: number
  readonly refused: number
  readonly requests: number
  /** Until the channel showed 0 of each SKU that sold out on the way. */
  readonly zeroMs: readonly number[]
  readonly realMs: number
}

type Hub = ReturnType<typeof createHub>

const first = 10
const sku = (index: number) => `SKU-${String(index).padStart(6, '0')}`
/** Half of them rise and half fall. */
const changeOf = (index: number) => (index % 2 === 0 ? 3 : -3)

interface State {
  readonly listings: readonly { readonly sku: string; readonly quantity: number }[]
}

/**
 * A hub and a simulated channel on one virtual clock: links the listings, lets them come to rest, changes every quantity at
 * once, and counts calls and simulated time until the channel shows them all.
 */
export async function measurePush(options: PushOptions): Promise<Pushed> {
  const { platform, quantities, latencyMs } = options
  const clock = virtualClock(undefined, { autoAdvance: { quietMs: options.quietMs ?? 15 } })
  let refused = 0
  const { simulator, connection } = await platform.start({
    clock,
    observe: (_, reply) => {
      if (platform.refuses(reply)) refused += 1
    },
  })
  const hub = createHub({
    store: options.store,
    clock,
    connections: { channel: connection } as Record<string, Connection>,
  })
  const shows = (expected: (name: string) => number | undefined): boolean =>
    (simulator.state() as State).listings.every(({ sku: name, quantity }) => quantity === expected(name))
  try {
    const all = Array.from({ length: quantities }, (_, index) => index)
    await inParts(all, async (index) => {
      const name = sku(index)
      const { listing } = await simulator.control<{ listing: string }>('listings', {
        sku: name,
        quantity: first,
      })
      await hub.items.put({ sku: name })
      await hub.stock.receive(name, first, { location: 'main', key: `first-${name}` })
      await hub.listings.link({ sku: name, connection: 'channel', listing })
    })
    for (let found = 0; found < quantities; ) found += (await hub.sync()).channel?.listingsShown ?? 0
    if (latencyMs > 0)
      simulator.faults.arm({
        operation: '*',
        kind: 'delay',
        times: Number.MAX_SAFE_INTEGER,
        delayMs: latencyMs,
      })

    const callsNow = () =>
      [...new Set(platform.calls.map(({ operation }) => operation))].reduce(
        (sum, operation) => sum + simulator.count(operation),
        0,
      )
    // The buckets are full again.
    await clock.advance(3_600_000)
    simulator.log.clear()
    const before = { calls: callsNow(), requests: simulator.count(), refused, real: performance.now() }
    const change = (round: number) =>
      inParts(all, (index) =>
        hub.stock.adjust(sku(index), changeOf(index) * (round % 2 === 0 ? 1 : -1), {
          location: 'main',
          key: `change-${round}-${index}`,
        }),
      )
    await change(0)
    const [up, down] = [Math.ceil(quantities / 2), Math.floor(quantities / 2)]
    const least = limitMs(platform.calls, up, down)
    const began = clock.now()
    await hub.start()
    const expected = new Map(all.map((index) => [sku(index), first + changeOf(index)]))
    const shownMs = await untilShown(clock, began, least, () => shows((name) => expected.get(name)))
    // What was accepted is asked about a little later.
    await clock.sleep(2_000)
    await hub.stop()
    await untilChecked(clock, hub, callsNow)
    const calls = callsNow() - before.calls
    const requests = simulator.count() - before.requests

    await clock.advance(3_600_000)
    await change(1)
    await hub.start()
    const zeroMs = await zerosAmong(options, { clock, least, hub, shown: quantityOf(simulator) })
    return {
      limitMs: least,
      shownMs,
      calls,
      fewest: fewestCalls(platform.calls, up, down),
      refused: refused - before.refused,
      requests,
      zeroMs,
      realMs: performance.now() - before.real,
    }
  } finally {
    await hub.close()
    clock.stop()
    await simulator.close()
  }
}

const quantityOf = (simulator: { state(): unknown }) => (name: string) =>
  (simulator.state() as State).listings.find((each) => each.sku === name)?.quantity

/** Sells out one SKU after the other from the end of the queue, and waits for the channel to show it. */
async function zerosAmong(
  { quantities, zeros }: PushOptions,
  {
    clock,
    least,
    hub,
    shown,
  }: {
    clock: VirtualClock
    least: number
    hub: Pick<Hub, 'stock'>
    shown: (name: string) => number | undefined
  },
): Promise<number[]> {
  const times: number[] = []
  for (let turn = 0; turn < zeros; turn += 1) {
    // While at least a half of them still waits.
    await clock.sleep(Math.max(50, least / 2 / zeros))
    const name = sku(quantities - 1 - turn)
    const began = clock.now()
    await hub.stock.adjust(name, -first, { location: 'main', key: `sold-out-${turn}` })
    while (shown(name) !== 0 && clock.now() - began < 600_000) await clock.sleep(50)
    times.push(clock.now() - began)
  }
  return times
}

/** Looks seldom at first, and every thousandth of the time once it may be over. */
async function untilShown(
  clock: VirtualClock,
  began: number,
  least: number,
  done: () => boolean,
): Promise<number> {
  await clock.sleep(least * 0.98)
  while (!done()) {
    await clock.sleep(Math.max(50, least / 1000))
    if (clock.now() - began > 3 * least + 3_600_000) throw new Error('the channel never showed every number')
  }
  return clock.now() - began
}

/** Until accepted writes have been asked about, and nothing more is. */
async function untilChecked(clock: VirtualClock, hub: Pick<Hub, 'sync'>, calls: () => number): Promise<void> {
  for (let before = -1; before !== calls(); ) {
    before = calls()
    await clock.advance(130_000)
    await hub.sync()
  }
}

async function inParts<T>(list: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < list.length; from += 500) {
    await Promise.all(list.slice(from, from + 500).map(act))
  }
}
