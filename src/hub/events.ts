import { AsyncLocalStorage } from 'node:async_hooks'
import { isStockpoolError, StockpoolError, toStockpoolError } from '../error.ts'
import type { Events, EventType, StoredEvent } from '../model/event.ts'
import type { Clock, Logger } from '../spec/context.ts'
import type { Database } from '../store/database.ts'
import { acquireLease, assertLease, type Lease, releaseLease } from '../store/leases.ts'
import {
  advanceSubscriber,
  delaySubscriber,
  ensureSubscriber,
  hasNewEvents,
  lastEventId,
  numberEvents,
  readEvents,
  subscriberState,
} from '../store/subscribers.ts'
import { backoffMs, later } from './backoff.ts'
import { type Coalesced, coalesce } from './coalesce.ts'
import { allDone } from './runtime.ts'

export type Listener<Type extends EventType> = (data: Events[Type], event: StoredEvent<Type>) => void
export type Subscriber<Type extends EventType> = (
  data: Events[Type],
  event: StoredEvent<Type>,
) => void | Promise<void>

interface Durable {
  readonly name: string
  readonly type: EventType
  readonly handle: Subscriber<EventType>
  readonly turn: Coalesced
}

const pageSize = 200

export interface EventsOptions {
  readonly database: () => Promise<Database>
  readonly clock: Clock
  readonly log: Logger
  readonly owner: string
  readonly leaseMs: number
}

/**
 * Gives out what the store holds. Listeners of this process hear every event committed since they were added, in
 * order, once. Subscribers hear every event since they were first named, at least once, in order, in one process at a time.
 */
export class EventStream {
  readonly #options: EventsOptions
  readonly #listeners = new Map<EventType, Set<Listener<EventType>>>()
  readonly #durables = new Map<string, Durable>()
  #position: number | null = null
  readonly #telling = coalesce(() => this.#deliverToListeners())
  /** Set while a subscriber's handler runs, for what the handler calls. */
  readonly #inHandler = new AsyncLocalStorage<boolean>()

  constructor(options: EventsOptions) {
    this.#options = options
  }

  on<Type extends EventType>(type: Type, listener: Listener<Type>): () => void {
    const listeners = this.#listeners.get(type) ?? new Set()
    listeners.add(listener as Listener<EventType>)
    this.#listeners.set(type, listeners)
    return () => listeners.delete(listener as Listener<EventType>)
  }

  async subscribe<Type extends EventType>(
    name: string,
    type: Type,
    handle: Subscriber<Type>,
  ): Promise<() => void> {
    const database = await this.#options.database()
    await database.transaction((tx) => ensureSubscriber(tx, name, type))
    const durable: Durable = {
      name,
      type,
      handle: handle as Subscriber<EventType>,
      turn: coalesce(() => this.#deliverTo(durable)),
    }
    this.#durables.set(name, durable)
    return () => {
      if (this.#durables.get(name) === durable) this.#durables.delete(name)
    }
  }

  /** Starts from what is committed now; called once, before the hub does anything. */
  async begin(database: Database): Promise<void> {
    await this.#number(database)
    this.#position ??= await database.read(lastEventId)
  }

  async #number(database: Database): Promise<void> {
    if (database.dialect === 'sqlite' || !(await database.read(hasNewEvents))) return
    await database.transaction(numberEvents)
  }

  /**
   * Gives out everything that waits: listeners wait for no subscriber, and no subscriber for another. A call from within a
   * subscriber's own handler does not wait, since it would wait for itself.
   */
  async deliver(): Promise<void> {
    const given = allDone([
      this.#telling.run(),
      ...[...this.#durables.values()].map(({ turn }) => turn.run()),
    ])
    if (this.#inHandler.getStore()) given.catch(() => undefined)
    else await given
  }

  /** Resolves when nothing is being given out; at once when asked from within a subscriber's handler. */
  async idle(): Promise<void> {
    if (this.#inHandler.getStore()) return
    await Promise.allSettled([
      this.#telling.idle(),
      ...[...this.#durables.values()].map(({ turn }) => turn.idle()),
    ])
  }

  async #deliverToListeners(): Promise<void> {
    const database = await this.#options.database()
    await this.#number(database)
    for (;;) {
      const after = this.#position ?? (await database.read(lastEventId))
      const events = await database.read((tx) => readEvents(tx, { after, limit: pageSize }))
      for (const event of events) {
        this.#position = event.id
        for (const listener of this.#listeners.get(event.type) ?? []) this.#tell(listener, event)
      }
      if (events.length < pageSize) return
    }
  }

  #tell(listener: Listener<EventType>, event: StoredEvent): void {
    try {
      listener(event.data, event)
    } catch (thrown) {
      this.#options.log.warn('an event listener threw', {
        type: event.type,
        message: toStockpoolError(thrown).message,
      })
    }
  }

  /** One subscriber's turn, under its lease: another process may have the same one. */
  async #deliverTo(durable: Durable): Promise<void> {
    const database = await this.#options.database()
    const lease = await this.#lease(database, durable.name)
    if (lease === null) return
    try {
      while (await this.#deliverPage(database, durable, lease));
    } catch (thrown) {
      // Another process went on in its place.
      if (!isStockpoolError(thrown, 'lease_lost')) throw thrown
    } finally {
      await database.transaction((tx) => releaseLease(tx, lease))
    }
  }

  /** `true` when there may be more. */
  async #deliverPage(database: Database, durable: Durable, lease: Lease): Promise<boolean> {
    const { name, type } = durable
    await this.#number(database)
    const state = await database.read((tx) => subscriberState(tx, name))
    if (state.retryAt !== null && state.retryAt > this.#now()) return false
    const events = await database.read((tx) =>
      readEvents(tx, { after: state.position, type, limit: pageSize }),
    )
    for (const [i, event] of events.entries()) {
      // Ended meanwhile by its own handler.
      if (this.#durables.get(name) !== durable) return false
      const error = await this.#handle(database, durable, event, lease)
      if (error !== null) {
        const retryAt = later(this.#now(), backoffMs(i === 0 ? state.attempts : 0, error))
        await database.transaction(async (tx) => {
          await assertLease(tx, lease)
          await delaySubscriber(tx, name, retryAt, error.message)
        })
        return false
      }
      await database.transaction(async (tx) => {
        await assertLease(tx, lease)
        await advanceSubscriber(tx, name, event.id)
      })
    }
    return events.length === pageSize
  }

  /** Calls the handler, and keeps the lease while it works. Answers what it threw. */
  async #handle(
    database: Database,
    { name, handle }: Durable,
    event: StoredEvent,
    lease: Lease,
  ): Promise<StockpoolError | null> {
    const { clock, leaseMs, log } = this.#options
    const held = await this.#lease(database, name)
    if (held?.fence !== lease.fence) throw new StockpoolError('lease_lost', `another process has ${name}`)
    const done = new AbortController()
    const keeping = (async () => {
      while (!done.signal.aborted) {
        await clock.sleep(leaseMs / 3, done.signal).catch(() => undefined)
        if (!done.signal.aborted) await this.#lease(database, name).catch(() => null)
      }
    })()
    try {
      await this.#inHandler.run(true, async () => handle(event.data, event))
      return null
    } catch (thrown) {
      const error = toStockpoolError(thrown)
      log.warn('a subscriber failed; it is called again', { name, event: event.id, message: error.message })
      return error
    } finally {
      done.abort(new StockpoolError('aborted', 'the handler has ended'))
      await keeping
    }
  }

  #lease(database: Database, name: string): Promise<Lease | null> {
    const { owner, leaseMs } = this.#options
    const at = this.#now()
    return database.transaction((tx) =>
      acquireLease(tx, { name: `subscriber/${name}`, owner, at, until: later(at, leaseMs) }),
    )
  }

  #now(): string {
    return new Date(this.#options.clock.now()).toISOString()
  }
}
