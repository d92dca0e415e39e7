import type Bottleneck from 'bottleneck'
import { StockpoolError } from '../error.ts'
import type { Clock, Limits, ThrottleReading } from '../spec/context.ts'
import { type Ticket, TokenBucket } from './bucket.ts'
import type { SharedBudget } from './budget.ts'
import { Purse } from './purse.ts'

export interface LimiterOptions {
  readonly limits: Limits
  readonly clock: Clock
  /** Most requests under way at once, over all buckets. */
  readonly concurrency: number
  /** A wait that would be longer ends at once, with `rate_limited` and the time. */
  readonly maxWaitMs: number
  /** Where several processes keep the limits that they share. A request goes when this process's own bucket allows it too. */
  readonly budget?: SharedBudget
}

export interface Turn {
  /** Named by the adapter on purpose: it must be one of the limits. */
  readonly bucket: string | undefined
  /** The bucket when none is named, and no limit at all when there is no such bucket. */
  readonly operation: string
  readonly cost: number
  /** 0 to 9; higher goes first. */
  readonly priority: number
  readonly signal: AbortSignal
}

/** How a request let go has ended. */
export type Ending = 'answered' | 'refused' | 'unsent'

export interface Grant {
  /** To be called exactly once. */
  end(ending: Ending, reading: ThrottleReading | null): void
}

export interface Limiter {
  /** @throws StockpoolError `rate_limited` for a wait beyond `maxWaitMs`, `invalid_input`, `aborted`. */
  acquire(turn: Turn): Promise<Grant>
}

/** One bucket and who waits for it. */
interface Line {
  readonly bucket: TokenBucket | null
  /** What this process has drawn of the bucket that it shares with others. */
  readonly purse: Purse | null
  waiting: number
  waitingCost: number
  gate: Bottleneck | null
  /** Ends the sleep of the one at the head, when it may have become too long. */
  poke: (() => void) | null
}

/**
 * Decides when each request may go. The exact bucket says when; bottleneck keeps those who must wait in order of
 * priority, and lets the first of them to the head, where it waits for tokens and for a free place. bottleneck costs
 * about 2.4 ms a job, so a request that nobody stands before passes it by.
 *
 * The one at the head is not overtaken: a higher priority goes before all who wait, but after that one.
 */
export function createLimiter({ limits, clock, concurrency, maxWaitMs, budget }: LimiterOptions): Limiter {
  const lines = new Map<string, Line>()
  const unlimited: Line = { bucket: null, purse: null, waiting: 0, waitingCost: 0, gate: null, poke: null }
  let underWay = 0
  let placeSeekers: (() => void)[] = []

  function lineOf({ bucket, operation }: Turn): Line {
    const name = bucket ?? operation
    const known = lines.get(name)
    if (known) return known
    const limit = Object.hasOwn(limits, name) ? limits[name] : undefined
    if (limit === undefined) {
      if (bucket === undefined) return unlimited
      throw new StockpoolError('internal', `there is no limit named ${bucket}`, {
        field: 'bucket',
        remedy: "name the bucket in the connection's limits",
      })
    }
    const purse = budget === undefined ? null : new Purse(budget, name, limit, clock)
    const line: Line = { ...unlimited, bucket: new TokenBucket(limit, clock.now()), purse }
    lines.set(name, line)
    return line
  }

  function grantFrom(line: Line, cost: number): Grant {
    const began = clock.now()
    const ticket: Ticket | null = line.bucket?.take(cost, began) ?? null
    underWay += 1
    return {
      end(ending, reading) {
        underWay -= 1
        if (ticket !== null) line.bucket?.[ending](ticket, clock.now(), reading)
        if (ending !== 'unsent') line.purse?.heard(ending, reading, { cost, tookMs: clock.now() - began })
        line.poke?.()
        const seekers = placeSeekers
        placeSeekers = []
        for (const seek of seekers) seek()
      },
    }
  }

  /** A place and a token of this process's own bucket, and then of the shared one; `null`: that one has too little. */
  async function grantOfBoth(line: Line, purse: Purse, cost: number): Promise<Grant | null> {
    const more = alsoWaiting(line, cost)
    const grant = grantFrom(line, cost)
    try {
      if ((await purse.draw(cost, more)) === 0) return grant
    } catch (error) {
      grant.end('unsent', null)
      throw error
    }
    grant.end('unsent', null)
    return null
  }

  /** Cost of those behind who could go at once as well: for them too is drawn. */
  function alsoWaiting({ bucket, waitingCost }: Line, cost: number): number {
    const more = Math.min(waitingCost - cost, (concurrency - underWay - 1) * cost)
    return more > 0 && bucket?.waitMs(cost + more, clock.now()) === 0 ? more : 0
  }

  async function atHead(line: Line, { cost, signal }: Turn): Promise<Grant> {
    for (;;) {
      signal.throwIfAborted()
      const ownMs = line.bucket?.waitMs(cost, clock.now()) ?? 0
      const waitMs = Math.max(ownMs, line.purse?.waitMs(cost, alsoWaiting(line, cost)) ?? 0)
      if (waitMs > maxWaitMs) throw tooLong(waitMs)
      if (waitMs > 0) await sleepUnlessPoked(line, waitMs, signal)
      else if (underWay >= concurrency) await new Promise<void>((resolve) => placeSeekers.push(resolve))
      else if (line.purse === null) return grantFrom(line, cost)
      else {
        const grant = await grantOfBoth(line, line.purse, cost)
        if (grant !== null) return grant
      }
    }
  }

  async function sleepUnlessPoked(line: Line, waitMs: number, signal: AbortSignal): Promise<void> {
    const sleep = new AbortController()
    const wake = () => sleep.abort()
    line.poke = wake
    signal.addEventListener('abort', wake, { once: true })
    try {
      await clock.sleep(Math.ceil(waitMs), sleep.signal)
    } catch (error) {
      if (!sleep.signal.aborted) throw error
    } finally {
      line.poke = null
      signal.removeEventListener('abort', wake)
    }
  }

  async function wait(line: Line, turn: Turn): Promise<Grant> {
    const { signal, cost } = turn
    line.waiting += 1
    line.waitingCost += cost
    try {
      const gate = await gateOf(line)
      return await new Promise<Grant>((resolve, reject) => {
        const leave = () => reject(signal.reason)
        signal.addEventListener('abort', leave, { once: true })
        // The caller goes on from within the job: bottleneck's own answer comes some milliseconds later.
        const job = async () => {
          try {
            const grant = await atHead(line, turn)
            // Whoever left in this very moment must not keep the place.
            if (signal.aborted) grant.end('unsent', null)
            else resolve(grant)
          } catch (error) {
            reject(error)
          } finally {
            signal.removeEventListener('abort', leave)
          }
        }
        // bottleneck's 0 goes first.
        gate
          .schedule({ priority: 9 - Math.min(9, Math.max(0, Math.round(turn.priority))) }, job)
          .catch(reject)
      })
    } finally {
      line.waiting -= 1
      line.waitingCost -= cost
    }
  }

  return {
    async acquire(turn) {
      const { cost, signal } = turn
      if (!(cost > 0) || !Number.isFinite(cost)) {
        throw new StockpoolError('invalid_input', `a request cannot cost ${cost}`, { field: 'cost' })
      }
      if (signal.aborted) throw new StockpoolError('aborted', 'stopped by the caller')
      const line = lineOf(turn)
      const waitMs = line.bucket?.waitMs(cost, clock.now()) ?? 0
      if (line.waiting === 0 && waitMs === 0 && underWay < concurrency) {
        if (line.purse === null) return grantFrom(line, cost)
        const grant = await grantOfBoth(line, line.purse, cost)
        if (grant !== null && !signal.aborted) return grant
        grant?.end('unsent', null)
        if (signal.aborted) throw new StockpoolError('aborted', 'stopped by the caller')
      }
      // All who wait already go first, as near as can be told.
      const ahead = line.waitingCost + cost
      const ownMs = line.bucket?.queueMs(ahead, clock.now()) ?? 0
      const longest = Math.max(ownMs, line.purse?.queueMs(ahead) ?? 0)
      if (longest > maxWaitMs) throw tooLong(longest)
      try {
        return await wait(line, turn)
      } catch (error) {
        if (signal.aborted) throw new StockpoolError('aborted', 'stopped by the caller')
        throw error
      }
    },
  }
}

function tooLong(waitMs: number): StockpoolError {
  const seconds = Math.ceil(waitMs / 1000)
  return new StockpoolError('rate_limited', `the platform's limit leaves no room for ${seconds} s`, {
    retryAfterMs: Math.ceil(waitMs),
    remedy: 'repeat it after that time, or raise maxWaitMs',
    details: { sent: false },
  })
}

let loading: Promise<typeof Bottleneck> | undefined

/** Loaded by the first one that has to wait. */
async function gateOf(line: Line): Promise<Bottleneck> {
  loading ??= import('bottleneck').then((module) => module.default)
  const Gate = await loading
  line.gate ??= new Gate({ maxConcurrent: 1 })
  return line.gate
}
