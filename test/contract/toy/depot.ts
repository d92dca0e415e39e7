import { z } from 'zod'
import { refuse } from '../../../src/simulator/index.ts'

const Lines = z.array(z.object({ sku: z.string(), quantity: z.int().min(1) }))

export interface Job {
  id: string
  reference: string
  sequence: number
  at: number
  updatedAt: number
  status: string
  hold: string | null
  lines: { sku: string; quantity: number; shipped: number; cancelled: number }[]
  shipments: {
    id: string
    status: 'labelled' | 'shipped'
    trackingNumber: string
    carrier: string
    at: number
    lines: { sku: string; quantity: number }[]
  }[]
}

/** The shipping half of the toy platform. */
export class Depot {
  readonly stock = new Map<string, number>()
  readonly jobs: Job[] = []
  readonly #now: () => number
  readonly #tell: (topic: string, body: unknown) => void
  #sequence = 0

  constructor(now: () => number, tell: (topic: string, body: unknown) => void) {
    this.#now = now
    this.#tell = tell
  }

  #touch(job: Job): void {
    this.#sequence += 1
    job.sequence = this.#sequence
    job.updatedAt = this.#now()
    const shipped = job.shipments.some(({ status }) => status === 'shipped')
    const open = job.lines.some(({ quantity, shipped, cancelled }) => shipped + cancelled < quantity)
    const gone = job.lines.every(({ quantity, cancelled }) => cancelled === quantity)
    if (gone) job.status = 'cancelled'
    else if (shipped) job.status = open ? 'partially_shipped' : 'shipped'
    else if (job.hold !== null) job.status = 'on_hold'
    else job.status = job.shipments.length > 0 ? 'labelled' : 'accepted'
    this.#tell('job', { reference: job.reference, at: job.updatedAt })
  }

  find = (reference: string) => this.jobs.find((job) => job.reference === reference)

  create(reference: string, lines: z.infer<typeof Lines>, unique: boolean): Job {
    if (unique && this.find(reference)) refuse(409, { error: 'duplicate reference' })
    const made = lines.map((line) => ({ ...line, shipped: 0, cancelled: 0 }))
    const at = this.#now()
    const fresh = {
      sequence: 0,
      at,
      updatedAt: at,
      status: 'accepted',
      hold: null,
      lines: made,
      shipments: [],
    }
    const job: Job = { id: `J-${this.jobs.length + 1}`, reference, ...fresh }
    this.jobs.push(job)
    this.#touch(job)
    return job
  }

  cancel(id: string): { stopped: number } {
    const job = this.jobs.find((each) => each.id === id) ?? refuse(404, { error: 'no such job' })
    let stopped = 0
    for (const line of job.lines) {
      stopped += line.quantity - line.shipped
      line.cancelled = line.quantity - line.shipped
    }
    if (stopped > 0) this.#touch(job)
    return { stopped }
  }

  /** Leaves so many units by SKU of what has not shipped. */
  keep(id: string, lines: z.infer<typeof Lines>): Job {
    const job = this.jobs.find((each) => each.id === id) ?? refuse(404, { error: 'no such job' })
    for (const line of job.lines) {
      const left = lines.find(({ sku }) => sku === line.sku)?.quantity ?? 0
      line.cancelled = Math.max(line.cancelled, line.quantity - Math.max(left, line.shipped))
    }
    this.#touch(job)
    return job
  }

  page(after: number, limit: number): { jobs: Job[]; next: number; more: boolean } {
    const waiting = this.jobs
      .filter(({ sequence }) => sequence > after)
      .sort((a, b) => a.sequence - b.sequence)
    const jobs = waiting.slice(0, limit)
    return { jobs, next: jobs.at(-1)?.sequence ?? after, more: waiting.length > jobs.length }
  }

  committed(sku: string): number {
    const lines = this.jobs.flatMap((job) => job.lines).filter((line) => line.sku === sku)
    return lines.reduce((sum, { quantity, shipped, cancelled }) => sum + quantity - shipped - cancelled, 0)
  }

  rows() {
    return [...this.stock].map(([sku, onHand]) => {
      const committed = this.committed(sku)
      return { sku, location: 'D1', onHand, committed, fulfillable: onHand - committed }
    })
  }

  #ship(job: Job, wanted: z.infer<typeof Lines> | undefined, labelOnly: boolean): void {
    const labelled = job.shipments.find(({ status }) => status === 'labelled')
    if (labelled) {
      if (!labelOnly) this.#handOver(job, labelled)
      return
    }
    const open = job.lines.map(({ sku, quantity, shipped, cancelled }) => ({
      sku,
      quantity: quantity - shipped - cancelled,
    }))
    const lines = (wanted ?? open).filter(({ quantity }) => quantity > 0)
    if (lines.length === 0) return
    const id = `${job.id}-${job.shipments.length + 1}`
    const shipment = { id, trackingNumber: `TRACK${id}`, carrier: 'ups', at: this.#now(), lines }
    job.shipments.push({ ...shipment, status: 'labelled' })
    const made = job.shipments.at(-1)
    if (made && !labelOnly) this.#handOver(job, made)
    else this.#touch(job)
  }

  #handOver(job: Job, shipment: Job['shipments'][number]): void {
    shipment.status = 'shipped'
    for (const { sku, quantity } of shipment.lines) {
      const line = job.lines.find((each) => each.sku === sku)
      if (line) line.shipped += quantity
      this.stock.set(sku, (this.stock.get(sku) ?? 0) - quantity)
    }
    this.#touch(job)
  }

  readonly controls: Record<string, (body: unknown) => unknown> = {
    stock: (body) => {
      const { sku, quantity } = z.object({ sku: z.string(), quantity: z.int() }).parse(body)
      this.stock.set(sku, quantity)
    },
    ship: (body) => {
      const { reference, lines, labelOnly } = z
        .object({
          reference: z.string().optional(),
          lines: Lines.optional(),
          labelOnly: z.boolean().default(false),
        })
        .parse(body)
      for (const job of this.jobs) {
        if (reference === undefined || job.reference === reference) this.#ship(job, lines, labelOnly)
      }
    },
    hold: (body) => {
      const { reference, reason } = z.object({ reference: z.string(), reason: z.string() }).parse(body)
      const job = this.find(reference) ?? refuse(404, { error: 'no such job' })
      job.hold = reason
      this.#touch(job)
    },
  }
}
