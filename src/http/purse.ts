import type { Clock, Limit, ThrottleReading } from '../spec/context.ts'
import {
  type BudgetNews,
  filledBy,
  type SharedBudget,
  type SharedState,
  sharedShape,
  sharedWaitMs,
  spreadOf,
  type Wanted,
} from './budget.ts'
import type { Ending } from './limiter.ts'

/** Drawn, and to be spent in time. */
interface Lot {
  amount: number
  readonly until: number
}

/** What the call was that the platform answered. */
interface Heard {
  /** Tokens drawn for it. */
  readonly cost: number
  readonly tookMs: number
}

interface Asking {
  readonly cost: number
  /** Cost of those behind, who could go as well. */
  readonly more: number
  readonly resolve: (waitMs: number) => void
  readonly reject: (error: unknown) => void
}

const tolerance = 1e-9
/** So often in a row the database may be late before the spread is widened for it. */
const mostLate = 3

/**
 * What this process has drawn of one shared bucket and not spent. It draws for all who wait at once, in one statement, but
 * no more than a quarter of the bucket: what is not spent in time is lost. It asks nobody when it knows that there is
 * nothing: others only make it less.
 */
export class Purse {
  readonly #budget: SharedBudget
  readonly #bucket: string
  readonly #declared: Limit
  readonly #clock: Clock
  /** The platform's own rate and burst, as last told. */
  #limit: Pick<Limit, 'rate' | 'burst'>
  #state: SharedState | null = null
  #opened = false
  /** Nobody else can spend of it. */
  #alone = false
  #lots: Lot[] = []
  #asking: Asking[] = []
  #serving = false
  /** How often in a row what was drawn came too late to be spent. */
  #late = 0
  #telling: Promise<void> = Promise.resolve()

  constructor(budget: SharedBudget, bucket: string, declared: Limit, clock: Clock) {
    this.#budget = budget
    this.#bucket = bucket
    this.#declared = declared
    this.#limit = declared
    this.#clock = clock
  }

  /** Draws `cost`. Answers 0 when it may go, else in how many milliseconds to ask again. */
  draw(cost: number, more: number): Promise<number> {
    if (this.#alone) return Promise.resolve(0)
    if (this.#asking.length === 0) {
      if (this.#spend(cost, this.#clock.now())) return Promise.resolve(0)
      const waitMs = this.waitMs(cost, more)
      if (waitMs > 0) return Promise.resolve(waitMs)
    }
    return new Promise((resolve, reject) => {
      this.#asking.push({ cost, more, resolve, reject })
      if (!this.#serving) void this.#serve()
    })
  }

  /**
   * Milliseconds until it is of use to draw, as far as is known. Who must wait anyway waits for a handful, if that takes not
   * much longer.
   */
  waitMs(cost: number, more: number): number {
    const [now, state] = [this.#clock.now(), this.#state]
    if (state === null || this.#alone) return 0
    const credit = this.#credit(now)
    const waitMs = credit + tolerance >= cost ? 0 : sharedWaitMs(state, cost - credit, now)
    if (waitMs === 0) return 0
    return Math.max(waitMs, Math.min(sharedWaitMs(state, handful(state, cost, more), now), state.keepMs / 2))
  }

  /** Milliseconds until all of `cost` may have gone, as far as is known. */
  queueMs(cost: number): number {
    const [now, state] = [this.#clock.now(), this.#state]
    if (state === null || this.#alone) return 0
    const missing = cost - Math.min(state.burst, filledBy(state, now))
    return Math.max(0, state.blockedUntil - now, (missing / state.rate) * 1000)
  }

  /** Takes the platform's word to the shared bucket, where it contradicts what is known of it. */
  heard(ending: Ending, reading: ThrottleReading | null, { cost, tookMs }: Heard): void {
    const state = this.#state
    if (state === null || this.#alone) return
    const news = this.#newsOf(state, ending, reading, { cost, tookMs })
    if (news === null) return
    // In order, and before the next draw. What cannot be told now is told by the next answer like it.
    this.#telling = this.#telling
      .then(() => this.#budget.tell(this.#bucket, news))
      .then((told) => {
        if (told !== null) this.#state = told
      })
      .catch(() => undefined)
  }

  #newsOf(
    state: SharedState,
    ending: Ending,
    reading: ThrottleReading | null,
    { cost, tookMs }: Heard,
  ): BudgetNews | null {
    const { rate, burst, remaining, spent, retryAfterMs } = reading ?? {}
    const now = this.#clock.now()
    const told = { rate: above0(rate) ?? this.#limit.rate, burst: above0(burst) ?? this.#limit.burst }
    const learned = told.rate !== this.#limit.rate || told.burst !== this.#limit.burst
    this.#limit = told
    // What the platform holds beyond the shared bucket is for what is on its way.
    const margin = state.ceiling - state.burst
    const left = remaining !== undefined && remaining >= 0 ? Math.max(0, remaining - margin) : undefined
    const news: BudgetNews = {
      ...(learned ? { shape: sharedShape(told) } : {}),
      ...(above0(retryAfterMs) === undefined ? {} : { blockedUntil: now + (retryAfterMs ?? 0) }),
      ...lowering(state, ending, left, { now, tookMs }),
      ...givingBack(state, ending, cost, spent),
    }
    return Object.keys(news).length === 0 ? null : news
  }

  async #serve(): Promise<void> {
    this.#serving = true
    try {
      for (;;) {
        // Those who ask in the same moment are drawn for together.
        await this.#telling
        const [first] = this.#asking
        if (first === undefined) return
        if (!this.#opened) await this.#open()
        const waitMs = this.waitMs(first.cost, first.more)
        if (this.#alone || waitMs > 0) this.#answerAll(waitMs)
        else await this.#drawFor(first)
      }
    } catch (error) {
      for (const { reject } of this.#asking.splice(0)) reject(error)
    } finally {
      this.#serving = false
    }
  }

  async #open(): Promise<void> {
    this.#alone = !(await this.#budget.open(this.#bucket, this.#declared, sharedShape(this.#declared)))
    this.#opened = true
  }

  async #drawFor(first: Asking): Promise<void> {
    const answer = await this.#budget.draw(this.#bucket, this.#wanted(first))
    this.#opened = answer !== null
    if (answer === null) return
    const { drawn, state } = answer
    this.#state = state
    if (drawn === 0) {
      // It may be there by now; then it is drawn, not taken.
      const waitMs = this.waitMs(first.cost, first.more)
      if (waitMs > 0) this.#answerAll(waitMs)
      return
    }
    const now = this.#clock.now()
    if (now > state.at + state.keepMs) return this.#cameLate(state)
    this.#late = 0
    // Another machine's clock may have brought the bucket ahead of ours: by that, nothing is kept longer.
    this.#lots.push({ amount: drawn, until: Math.min(state.at, now) + state.keepMs })
    for (
      let next = this.#asking[0];
      next !== undefined && this.#spend(next.cost, now);
      next = this.#asking[0]
    ) {
      this.#asking.shift()
      next.resolve(0)
    }
  }

  /** Too old to be sure that it is within the platform's bucket: it is lost, and drawn anew. */
  async #cameLate(state: SharedState): Promise<void> {
    this.#late += 1
    if (this.#late < mostLate) return
    this.#late = 0
    const shape = sharedShape(this.#limit, 2 * spreadOf(state))
    const told = await this.#budget.tell(this.#bucket, { shape })
    if (told !== null) this.#state = told
  }

  #wanted(first: Asking): Wanted {
    const credit = this.#credit(this.#clock.now())
    const others = this.#asking.slice(1).reduce((sum, { cost }) => sum + cost, 0)
    const most = this.#state === null ? first.cost : handful(this.#state, first.cost, first.more + others)
    const needed = first.cost - credit
    return { most: most - credit, middle: (first.cost + most) / 2 - credit, needed }
  }

  #answerAll(waitMs: number): void {
    for (const { resolve } of this.#asking.splice(0)) resolve(waitMs)
  }

  #credit(now: number): number {
    if (this.#lots.some(({ until }) => until <= now))
      this.#lots = this.#lots.filter(({ until }) => until > now)
    return this.#lots.reduce((sum, { amount }) => sum + amount, 0)
  }

  /** Spends the oldest first. `false`: there is too little. */
  #spend(cost: number, now: number): boolean {
    if (this.#credit(now) + tolerance < cost) return false
    let left = cost
    for (const lot of this.#lots) {
      const part = Math.min(lot.amount, left)
      lot.amount -= part
      left -= part
    }
    this.#lots = this.#lots.filter(({ amount }) => amount > tolerance)
    return true
  }
}

/** What is drawn at once at most. */
const handful = (state: SharedState, cost: number, more: number): number =>
  Math.max(cost, Math.min(cost + more, state.burst / 4))

function lowering(
  state: SharedState,
  ending: Ending,
  left: number | undefined,
  { now, tookMs }: { now: number; tookMs: number },
): Pick<BudgetNews, 'lower'> {
  if (ending === 'refused') return { lower: { above: left ?? 0, left: left ?? 0 } }
  if (ending === 'unsent' || left === undefined) return {}
  // The platform shows whole tokens, and its bucket has filled since.
  const above = left + 1 + (tookMs * state.rate) / 1000
  const believed = Math.min(state.burst, filledBy(state, now))
  return believed > above + state.burst / 10 ? { lower: { above, left } } : {}
}

/** By the time of its answer the platform's own bucket has it back. A little is not worth a write. */
function givingBack(
  { burst }: SharedState,
  ending: Ending,
  cost: number,
  spent: number | undefined,
): Pick<BudgetNews, 'give'> {
  const rest = ending === 'answered' && spent !== undefined && spent >= 0 ? cost - spent : 0
  return rest >= burst / 20 ? { give: rest } : {}
}

const above0 = (value: number | undefined): number | undefined =>
  value !== undefined && Number.isFinite(value) && value > 0 ? value : undefined
