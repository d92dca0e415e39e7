import { StockpoolError } from '../error.ts'
import {
  createHttpClient,
  createRedactor,
  redactingLogger,
  silentLogger,
  systemClock,
} from '../http/index.ts'
import type { EventType } from '../model/event.ts'
import { Sku } from '../model/ids.ts'
import { defaultRoute } from '../order/index.ts'
import type { Connection } from '../spec/connection.ts'
import type { AdapterContext } from '../spec/context.ts'
import { checked } from '../store/input.ts'
import { createStock } from '../store/pool.ts'
import { connectionsApi, itemsApi, jobsApi, listingsApi, locationsApi, mustKnow } from './api-catalog.ts'
import { holdsApi } from './api-holds.ts'
import { labelsApi } from './api-labels.ts'
import { ordersApi, shipmentsApi } from './api-orders.ts'
import { returnsApi } from './api-returns.ts'
import { checkConnections, checkOptions, trackerAmong } from './check-options.ts'
import { checkListener, checkSubscriber } from './check-subscriber.ts'
import { findDrift } from './drift.ts'
import { elsewhere } from './elsewhere-pass.ts'
import { EventStream } from './events.ts'
import { explainListings } from './explain.ts'
import { importConnection } from './import.ts'
import { DriftInput, StartInput, SyncInput } from './inputs.ts'
import { hubClosed, LazyDatabase, withCommitHook } from './lazy-database.ts'
import { nodeListener } from './listener.ts'
import { createMemory } from './memory.ts'
import type { ConnectionMap, HubOptions } from './options.ts'
import { takeMessage } from './queue-pass.ts'
import { allDone, emptyReport, type PassReport, type Runtime } from './runtime.ts'
import { sharedLimits } from './shared-limits.ts'
import { createTokens } from './tokens.ts'
import type { Hub, StartOptions, SyncOptions } from './types.ts'
import { keepHouse } from './upkeep.ts'
import { createVault } from './vault.ts'
import { WakeUp } from './wake-up.ts'
import { receiveWebhook } from './webhooks.ts'
import { lookAgain } from './webhooks-pass.ts'
import { ConnectionWorker } from './worker.ts'

const thirtyDaysMs = 30 * 24 * 3_600_000

/**
 * Joins connections and a store into one hub. Nothing is opened and nothing is sent until the hub is used.
 *
 * @throws StockpoolError `invalid_input` when an option is wrong; the error names it.
 * @example
 * const hub = createHub({ store: sqlite('shop.db'), connections: { web: shopify({ … }), east: shipbob({ … }) } })
 * await hub.items.put({ sku: 'MUG-RED', title: 'Red mug' })
 * await hub.stock.receive('MUG-RED', 40, { location: 'main', key: 'po-1001' })
 * await hub.sync()
 */
export function createHub<const Connections extends ConnectionMap>(
  options: HubOptions<Connections>,
): Hub<Connections> {
  checkOptions(options)
  const connections = checkConnections(options.connections)
  const clock = options.clock ?? systemClock
  const wakeUp = new WakeUp()
  const redact = createRedactor(
    ...[...connections.values()].flatMap((connection) => [...connection.secrets()]),
  )
  const log = redactingLogger(options.logger ?? silentLogger, redact)
  const owner = crypto.randomUUID()
  const leaseMs = options.leaseMs ?? 30_000
  const events: EventStream = new EventStream({ database: () => lazy.open(), clock, log, owner, leaseMs })
  const lazy: LazyDatabase = new LazyDatabase(options.store, async (database) => {
    await events.begin(database)
    await database.transaction((tx) => lookAgain(run, tx))
  })
  const closing = new AbortController()

  const vault = createVault(options.encryptionKey)
  const httpClients = new Map(
    [...connections].map(([name, connection]) => [name, clientOf(name, connection)] as const),
  )
  function clientOf(name: string, connection: Connection) {
    return createHttpClient({
      connection: name,
      hosts: connection.hosts,
      limits: connection.limits,
      clock,
      log,
      redact,
      signal: closing.signal,
      ...(options.shareLimits === false
        ? {}
        : { budget: sharedLimits({ database: lazy, clock, connection: name }) }),
      ...(options.requestTimeoutMs === undefined ? {} : { timeoutMs: options.requestTimeoutMs }),
    })
  }
  const tokens = new Map(
    [...connections.keys()].map((connection) => [
      connection,
      createTokens({ database: lazy, vault, clock, connection, secret: (value) => redact.add(value) }),
    ]),
  )

  const run: Runtime = {
    database: lazy,
    clock,
    log,
    vault,
    route: options.route ?? defaultRoute,
    offer: options.offer ?? null,
    reroute: options.reroute ?? true,
    quoteWithinMs: options.quoteWithinMs ?? null,
    owner,
    leaseMs,
    maxAttempts: options.maxAttempts ?? 12,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    keepBuyerDataMs: options.keepBuyerDataMs ?? thirtyDaysMs,
    publicUrl: options.publicUrl?.replace(/\/+$/, '') ?? null,
    connections,
    tracker: options.tracker ?? trackerAmong(connections),
    at: () => new Date(clock.now()).toISOString(),
    context(name, signal, beforeSending): AdapterContext {
      const http = httpClients.get(name)
      const own = tokens.get(name)
      if (!http || !own)
        throw new StockpoolError('not_found', `there is no connection ${name}`, { field: 'connection' })
      return {
        http: http.withSignal(signal, beforeSending),
        clock,
        signal,
        tokens: own.withSignal(signal),
        memory: createMemory({ database: lazy, clock, connection: name }),
        log,
      }
    },
    wake: () => wakeUp.ring(),
  }

  // What users do through the hub's own methods calls the workers and gives out events at once.
  const committed = () => {
    wakeUp.ring()
    if (!closing.signal.aborted) void events.deliver().catch(() => undefined)
  }
  const database = withCommitHook(lazy, committed)
  const used: Runtime = { ...run, database }
  const workers = new Map(
    [...connections].map(([name, connection]) => [name, new ConnectionWorker(run, name, connection)]),
  )

  let working: { stop: AbortController; done: Promise<unknown> } | null = null
  let passes: Promise<unknown> = Promise.resolve()

  // Passes of one hub follow one another: a second one that ran beside the first would find its leases and locks held.
  const sync = async (syncOptions: SyncOptions = {}) => {
    const given = checked(SyncInput, syncOptions, 'options')
    const signal = AbortSignal.any([closing.signal, ...(given.signal ? [given.signal] : [])])
    const turn = passes.then(() => pass(signal, given.audit === true))
    passes = turn.catch(() => undefined)
    const reports = await turn
    // A subscriber may take long; whoever asked for the pass need not wait for it.
    await unless(signal, events.deliver())
    return reports
  }

  const pass = async (signal: AbortSignal, audit: boolean) => {
    signal.throwIfAborted()
    await lazy.open()
    // The store's own upkeep belongs to no connection, so every report tells what of it failed.
    const failures = await keepHouse(run)
    const reports = new Map<string, PassReport>(
      [...connections.keys()].map((name) => [name, { ...emptyReport(), errors: [...failures] }]),
    )
    // Facts first, everywhere; then what follows from them, until nothing more follows.
    const rounds = [
      { work: ['queue'] },
      { work: ['locations', 'orders'] },
      { work: ['updates', 'stock', 'returns', 'provider-returns', 'platform-stock', 'tracking'] },
      { work: ['jobs'] },
      { work: ['updates', 'jobs'] },
      { work: ['audit'], whenDue: !audit },
      { work: ['jobs', 'listings'] },
      { work: ['webhooks', 'queue-setup', 'deadlines'], whenDue: true },
    ]
    try {
      for (const { work, whenDue } of rounds) {
        await allDone(
          [...workers].map(async ([name, worker]) =>
            merge(reports.get(name), await worker.sync(signal, work, whenDue)),
          ),
        )
        signal.throwIfAborted()
      }
    } finally {
      if (working === null) await releaseAll()
    }
    return Object.fromEntries(reports) as Record<keyof Connections & string, PassReport>
  }

  const releaseAll = () =>
    Promise.all([...workers.values()].map((worker) => worker.release().catch(() => undefined)))

  const stop = async (): Promise<void> => {
    const was = working
    if (was === null) return
    was.stop.abort(new StockpoolError('aborted', 'the hub was stopped'))
    wakeUp.ring()
    await was.done
    if (working === was) working = null
    // A pass that was asked for may have ended meanwhile, and left its leases to the workers.
    if (working === null) await releaseAll()
    // What cannot be given out now is given out by the next start; a database that is gone must not keep the hub from ending.
    await events.deliver().catch(notGivenOut)
  }

  const notGivenOut = (error: unknown) => log.warn('giving out events failed', { message: String(error) })

  const start = async (startOptions: StartOptions = {}): Promise<void> => {
    const { signal } = checked(StartInput, startOptions, 'options')
    if (working?.stop.signal.aborted) await stop()
    if (working !== null) return
    if (closing.signal.aborted) throw hubClosed()
    signal?.throwIfAborted()
    const stopping = new AbortController()
    const { promise: done, resolve: ended } = Promise.withResolvers<void>()
    const started = { stop: stopping, done }
    working = started
    try {
      await lazy.open()
    } catch (error) {
      working = null
      ended()
      throw error
    }
    const all = [...workers.values()].map((worker) => worker.work(stopping.signal, () => wakeUp.next()))
    const house = keepHouseRegularly(stopping.signal)
    void giveOut(stopping.signal)
    void Promise.allSettled([...all, house]).then(() => ended())
    const stopped = () =>
      stop().catch((error: unknown) => log.warn('stopping failed', { message: String(error) }))
    if (signal?.aborted) await stopped()
    else signal?.addEventListener('abort', stopped, { once: true, signal: stopping.signal })
  }

  async function keepHouseRegularly(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await keepHouse(run).catch((error: unknown) => log.warn('upkeep failed', { message: String(error) }))
      await clock.sleep(10_000, signal).catch(() => undefined)
    }
  }

  async function giveOut(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await events.deliver().catch(notGivenOut)
      const pause = new AbortController()
      await Promise.race([
        clock.sleep(1000, AbortSignal.any([signal, pause.signal])).catch(() => undefined),
        wakeUp.next(),
      ])
      pause.abort()
    }
  }

  const webhook = async (request: Request): Promise<Response> => receiveWebhook(used, request)

  return {
    items: itemsApi(used),
    locations: locationsApi(used),
    listings: listingsApi(used),
    stock: { ...createStock({ database, now: run.at }), elsewhere: (sku) => elsewhere(run, sku) },
    orders: { ...ordersApi(used), ...holdsApi(used) },
    shipments: shipmentsApi(used),
    returns: returnsApi(used),
    labels: labelsApi(used, closing.signal),
    jobs: jobsApi(used),
    connections: connectionsApi(used),
    on(type, listener) {
      checkListener(type, listener)
      return events.on(type, listener)
    },
    async subscribe(name, type, handler) {
      checkSubscriber(name, type, handler)
      const end = await events.subscribe(name, type as EventType, handler as never)
      void events.deliver().catch(() => undefined)
      return { stop: end }
    },
    sync,
    start,
    stop,
    webhook,
    notify: (connection, message) => takeMessage(used, connection, message),
    listener: () => nodeListener(webhook, log),
    async import(connection, importOptions = {}) {
      mustKnow(run, connection)
      await lazy.open()
      return importConnection(run, workers, connection, importOptions, closing.signal)
    },
    explain: async (sku, connection) => explainListings(run, checked(Sku, sku, 'sku'), connection),
    async drift(connection, driftOptions = {}) {
      const { signal } = checked(DriftInput, driftOptions, 'options')
      return findDrift(run, connection ?? null, signal ?? closing.signal)
    },
    async close() {
      closing.abort(hubClosed())
      await stop()
      await passes
      await events.idle()
      await releaseAll()
      for (const client of httpClients.values()) client.close()
      await lazy.close()
    },
  }
}

/** Adds one round's report to the whole pass's. */
function merge(whole: PassReport | undefined, round: PassReport): void {
  if (!whole) return
  const { errors, skipped, ...counts } = round
  for (const [name, count] of Object.entries(counts)) whole[name as keyof typeof counts] += count
  whole.errors.push(...errors)
  // That it is paused says more: nothing was done from then on.
  whole.skipped = skipped === 'paused' ? skipped : (whole.skipped ?? skipped)
}

/** The promise, or the signal's reason when it aborts first. */
async function unless<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', abort))
}
