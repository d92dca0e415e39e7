import { fileURLToPath } from 'node:url'
import Bottleneck from 'bottleneck'
import { systemClock } from '../src/http/clock.ts'
import { createLimiter } from '../src/http/limiter.ts'

/** The share of a strict token bucket's capacity that a limiter uses in ten seconds, and how often it is refused. */

const spanMs = 10_000
const aimShare = 97
const workers = 40
const buckets = [
  { rate: 5, burst: 10 },
  { rate: 50, burst: 50 },
  { rate: 20, burst: 40 },
  { rate: 100, burst: 10 },
] as const

type Bucket = (typeof buckets)[number]

/** Refuses whatever its bucket does not hold at the moment of arrival. */
class StrictServer {
  granted = 0
  refused = 0
  readonly #bucket: Bucket
  #tokens: number
  #at: number | undefined

  constructor(bucket: Bucket) {
    this.#bucket = bucket
    this.#tokens = bucket.burst
  }

  arrive(counts: boolean): boolean {
    const { rate, burst } = this.#bucket
    const now = performance.now()
    this.#tokens = Math.min(burst, this.#tokens + ((now - (this.#at ?? now)) * rate) / 1000)
    this.#at = now
    const fits = this.#tokens >= 1
    if (fits) this.#tokens -= 1
    if (counts) this[fits ? 'granted' : 'refused'] += 1
    return fits
  }
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const halfWayMs = () => 2.5 + Math.random() * 5

/** One request to the server: there and back, 5 to 15 ms. Arrivals after the span are not counted. */
async function travel(server: StrictServer, endsAt: number): Promise<boolean> {
  await sleep(halfWayMs())
  const fits = server.arrive(performance.now() < endsAt)
  await sleep(halfWayMs())
  return fits
}

/** Runs `send` by many workers until the span is over. */
async function saturate(send: () => Promise<unknown>, endsAt: number, stopped: AbortSignal): Promise<void> {
  const worker = async () => {
    while (performance.now() < endsAt && !stopped.aborted) await send().catch(() => {})
  }
  await Promise.all(Array.from({ length: workers }, worker))
}

async function own(bucket: Bucket): Promise<StrictServer> {
  const server = new StrictServer(bucket)
  const limiter = createLimiter({
    limits: { bucket },
    clock: systemClock,
    concurrency: 1000,
    maxWaitMs: 60_000,
  })
  const endsAt = performance.now() + spanMs
  const signal = AbortSignal.timeout(spanMs)
  const turn = { bucket: 'bucket', operation: 'bench', cost: 1, priority: 5, signal }
  const send = async () => {
    const grant = await limiter.acquire(turn)
    grant.end((await travel(server, endsAt)) ? 'answered' : 'refused', null)
  }
  await saturate(send, endsAt, signal)
  return server
}

async function bottleneck(bucket: Bucket, options: Bottleneck.ConstructorOptions): Promise<StrictServer> {
  const server = new StrictServer(bucket)
  const limiter = new Bottleneck(options)
  const endsAt = performance.now() + spanMs
  const signal = AbortSignal.timeout(spanMs)
  signal.addEventListener('abort', () => void limiter.stop({ dropWaitingJobs: true }).catch(() => {}))
  await saturate(() => limiter.schedule(() => travel(server, endsAt)), endsAt, signal)
  return server
}

/** At its best: its heartbeat is 250 ms, so the shortest multiple of that which brings a whole number of tokens. */
function reservoir({ rate, burst }: Bucket): Bottleneck.ConstructorOptions {
  const heartbeats = [1, 2, 4].find((count) => Number.isInteger((rate * count) / 4)) ?? 4
  return {
    reservoir: burst,
    reservoirIncreaseAmount: (rate * heartbeats) / 4,
    reservoirIncreaseInterval: heartbeats * 250,
    reservoirIncreaseMaximum: burst,
  }
}

const contenders: Readonly<Record<string, (bucket: Bucket) => Promise<StrictServer>>> = {
  stockpool: own,
  'bottleneck reservoir': (bucket) => bottleneck(bucket, reservoir(bucket)),
  'bottleneck minTime': (bucket) => bottleneck(bucket, { minTime: 1000 / bucket.rate }),
}

export async function run(): Promise<void> {
  const rows = await Promise.all(
    Object.entries(contenders).flatMap(([name, contender]) =>
      buckets.map(async (bucket) => ({ name, bucket, server: await contender(bucket) })),
    ),
  )
  console.log(
    `Limiter: share of a strict bucket's capacity used in ${spanMs / 1000} s, requests taking 5 to 15 ms`,
  )
  const granted = (name: string, bucket: Bucket) =>
    rows.find((row) => row.name === name && row.bucket === bucket)?.server.granted ?? Number.NaN
  console.table(
    rows.map(({ name, bucket, server }) => ({
      limiter: name,
      'rate/s': bucket.rate,
      burst: bucket.burst,
      'used %': ((server.granted / (bucket.burst + (bucket.rate * spanMs) / 1000)) * 100).toFixed(1),
      ratio: (server.granted / granted('stockpool', bucket)).toFixed(2),
      refused: server.refused,
      aim: name === 'stockpool' ? `at least ${aimShare} %, 0 refused` : '',
    })),
  )
}

export default run

if (process.argv[1] === fileURLToPath(import.meta.url)) await run()
