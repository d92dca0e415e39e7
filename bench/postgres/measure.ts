import type { ServerCpu } from './cpu.ts'

/** What callers got done in a stretch of time, and how long each call took, in milliseconds. */
export interface Sample {
  readonly count: number
  readonly seconds: number
  readonly latencies: readonly number[]
  /** Processor time of the server for all of them, in milliseconds; `null` where it cannot be told. */
  readonly serverMs?: number | null
}

/** Medians over the rounds. */
export interface Measured {
  readonly rate: number
  readonly p50: number
  readonly p99: number
  /** Processor time of the server for each call, in microseconds. */
  readonly serverUs: number
}

/** `STOCKPOOL_BENCH=short` runs it all in about a minute, to see that it works: its figures mean little. */
export const short = process.env.STOCKPOOL_BENCH === 'short'

/** So many callers, each of which calls again as soon as it has its answer. */
export async function callFor(
  callers: number,
  seconds: number,
  call: (name: string) => Promise<void>,
): Promise<Sample> {
  const latencies: number[] = []
  const start = performance.now()
  async function caller(name: number): Promise<void> {
    for (let turn = 0, at = performance.now(); at - start < seconds * 1000; turn += 1) {
      await call(`${name}-${turn}`)
      const now = performance.now()
      latencies.push(now - at)
      at = now
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, name) => caller(name)))
  return { count: latencies.length, seconds: (performance.now() - start) / 1000, latencies }
}

/** What several processes did at the same time. */
export function together(samples: readonly Sample[]): Sample {
  return {
    count: samples.reduce((sum, { count }) => sum + count, 0),
    seconds: Math.max(...samples.map(({ seconds }) => seconds)),
    latencies: samples.flatMap(({ latencies }) => latencies),
  }
}

export function measured(rounds: readonly Sample[]): Measured {
  const at = (share: number) => median(rounds.map(({ latencies }) => quantile(latencies, share)))
  return {
    rate: median(rounds.map(({ count, seconds }) => count / seconds)),
    p50: at(0.5),
    p99: at(0.99),
    serverUs: median(rounds.map(({ serverMs, count }) => ((serverMs ?? Number.NaN) / count) * 1000)),
  }
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const whole = (value: number): string => Math.round(value).toLocaleString('en')
export const times = (value: number): string => `${value.toFixed(value < 10 ? 2 : 1)} x`

/** An aim, and whether this run met it. Never a failure: others may use the machine. */
export function aim(what: string, value: number, met: boolean): void {
  console.log(`  aim ${what.padEnd(62)} ${times(value).padStart(8)}   ${met ? 'met' : 'NOT met'}`)
}

/** Adds what the server spent on it. */
export async function costed(cpu: ServerCpu, sample: () => Promise<Sample>): Promise<Sample> {
  const before = cpu()
  const taken = await sample()
  const after = cpu()
  return { ...taken, serverMs: before === null || after === null ? null : after - before }
}

/** `12 µs` of the server's processors; empty where that cannot be told. */
export const spent = (us: number): string => (Number.isNaN(us) ? '' : `server ${whole(us).padStart(5)} µs`)

export async function timed<T>(work: () => Promise<T>): Promise<{ seconds: number; value: T }> {
  const start = performance.now()
  const value = await work()
  return { seconds: (performance.now() - start) / 1000, value }
}
