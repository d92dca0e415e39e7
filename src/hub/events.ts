import { toStockpoolError } from '../error.ts'
import type { Events, EventType, StoredEvent } from '../model/event.ts'
import type { Clock, Logger } from '../spec/context.ts'
import type { Database } from '../store/database.ts'
import { acquireLease, assertLease, releaseLease } from '../store/leases.ts'
import {
  advanceSubscriber,
  delaySubscriber,
  ensureSubscriber,
  lastEventId,
  readEvents,
  subscriberState,
} from '../store/subscribers.ts'
import { backoffMs, later } from './backoff.ts'

export type Listener<Type extends EventType> = (data: Events[Type], event: StoredEvent<Type>) => void
export type Subscriber<Type extends EventType> = (
  data: Events[Type],
  event: StoredEvent<Type>,
) => void | Promise<void>

interface Durable {
  readonly name: string
  readonly type: EventType
  readonly handle: Subscriber<EventType>
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
  #running: Promise<void> | null = null
  #again = false

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
    this.#durables.set(name, { name, type, handle: handle as Subscriber<EventType> })
    return () => this.#durables.delete(name)
  }

  /** Starts from what is committed now; called once, before the hub does anything. */
  async begin(database: Database): Promise<void> {
    this.#position ??= await database.read(lastEventId)
  }

  /** Gives out everything that waits. Calls that come meanwhile share one more round. */
  deliver(): Promise<void> {
    if (this.#running) {
      this.#again = true
      return this.#running
    }
    this.#running = this.#rounds().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #rounds(): Promise<void> {
    const database = await this.#options.database()
    do {
      this.#again = false
      await this.#deliverToListeners(database)
      for (const durable of this.#durables.values()) await this.#deliverTo(database, durable)
    } while (this.#again)
  }

  async #deliverToListeners(database: Database): Promise<void> {
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
  async #deliverTo(database: Database, { name, type, handle }: Durable): Promise<void> {
    const { clock, owner, leaseMs, log } = this.#options
    const now = () => new Date(clock.now()).toISOString()
    const take = () =>
      database.transaction((tx) =>
        acquireLease(tx, { name: `subscriber/${name}`, owner, at: now(), until: later(now(), leaseMs) }),
      )
    let lease = await take()
    if (lease === null) return
    for (;;) {
      const state = await database.read((tx) => subscriberState(tx, name))
      if (state.retryAt !== null && state.retryAt > now()) break
      const events = await database.read((tx) =>
        readEvents(tx, { after: state.position, type, limit: pageSize }),
      )
      if (events.length === 0) break
      for (const event of events) {
        const held = await take()
        if (held?.fence !== lease.fence) return
        lease = held
        try {
          await handle(event.data, event)
        } catch (thrown) {
          const error = toStockpoolError(thrown)
          log.warn('a subscriber failed; it is called again', {
            name,
            event: event.id,
            message: error.message,
          })
          const retryAt = later(now(), backoffMs(state.attempts, error))
          await database.transaction((tx) => delaySubscriber(tx, name, retryAt, error.message))
          await database.transaction((tx) => releaseLease(tx, held))
          return
        }
        await database.transaction(async (tx) => {
          await assertLease(tx, held)
          await advanceSubscriber(tx, name, event.id)
        })
      }
    }
    const last = lease
    await database.transaction((tx) => releaseLease(tx, last))
  }
}
