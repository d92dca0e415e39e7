import { isStockpoolError, StockpoolError } from '../../../src/error.ts'
import type {
  AdapterContext,
  Connection,
  FulfillmentOrder,
  FulfillmentStatus,
} from '../../../src/spec/index.ts'
import type { Bug } from './bugs.ts'
import { type JobPage, Toy, type ToyOptions } from './connection.ts'
import type { Job } from './depot.ts'
import { toyGoodsBack } from './depot-returns-connection.ts'

const iso = (at: number) => new Date(at).toISOString()

function orderOf(job: Job, bug: Bug | undefined): FulfillmentOrder {
  const attention = job.hold
  const hidden = bug === 'hold unseen' && job.status === 'on_hold'
  return {
    id: job.id,
    reference: job.reference,
    status: (hidden ? 'accepted' : job.status) as FulfillmentStatus,
    rawStatus: bug === 'raw word lost' ? '' : job.status,
    attention,
    acceptedAt: bug === 'off before it was' ? 0 : job.at,
    ...(bug === 'never off' ? { allocated: false } : {}),
    updatedAt: bug === 'news never newer' ? job.at : job.updatedAt,
    cancelled: job.lines
      .filter(({ cancelled }) => cancelled > 0)
      .map(({ sku, cancelled }) => ({ sku, quantity: cancelled })),
    parcels: job.shipments.map(({ id, status, trackingNumber, carrier, at, lines }) => ({
      id,
      carrier,
      carrierName: carrier,
      service: null,
      trackingNumber: bug === 'tracking lost' ? null : trackingNumber,
      trackingUrl: null,
      labelledAt: iso(at),
      handedOverAt: status === 'shipped' || bug === 'label is a shipment' ? iso(at) : null,
      deliveredAt: null,
      status: 'unknown',
      rawStatus: status,
      withdrawn: false,
      lines: bug === 'parcel without lines' ? [] : lines,
    })),
    raw: job,
  }
}

export function toyDepot(options: ToyOptions): Connection {
  const toy = new Toy(options)
  const { bug } = toy
  const look = async (context: AdapterContext, reference: string) => {
    const { jobs } = await toy.call<JobPage>(context, 'listJobs', 'GET', '/jobs', { query: { reference } })
    return jobs[0] ?? null
  }
  const same = (job: Job, lines: readonly { sku: string; quantity: number }[]) =>
    JSON.stringify(job.lines.map(({ sku, quantity }) => [sku, quantity])) ===
    JSON.stringify(lines.map(({ sku, quantity }) => [sku, quantity]))
  return {
    ...toy.base(),
    fulfillment: {
      async submit(context, { reference, lines }) {
        const json = {
          reference,
          lines: lines.map(({ sku, quantity }) => ({ sku, quantity })),
          unique: bug !== 'two orders',
        }
        try {
          return orderOf(
            await toy.call<Job>(context, 'createJob', 'POST', '/jobs', { json, effect: 'idempotent' }),
            bug,
          )
        } catch (error) {
          if (!isStockpoolError(error, 'conflict') || bug === 'reference not looked up') throw error
          const job = await look(context, reference)
          if (job && (same(job, lines) || bug === 'conflict unseen')) return orderOf(job, bug)
          throw new StockpoolError('conflict', 'the reference exists with other lines', {
            field: 'reference',
          })
        }
      },
      async get(context, reference, asked) {
        if (bug === 'nothing without an id' && asked?.id === null) return null
        const job = await look(context, reference)
        return job && orderOf(job, bug)
      },
      async cancel(context, { id, reference }) {
        const { stopped } = await toy.call<{ stopped: number }>(
          context,
          'cancelJob',
          'POST',
          `/jobs/${id}/cancel`,
        )
        const job = await look(context, reference)
        const cancelled = job?.lines.some((line) => line.cancelled > 0) ?? false
        return { outcome: stopped > 0 || cancelled || bug === 'cancel always stops' ? 'stopped' : 'too_late' }
      },
      async keep(context, { id, reference }, lines) {
        const before = await look(context, reference)
        const more = bug === 'keep takes off again' && before?.lines.some(({ cancelled }) => cancelled > 0)
        const json = (bug === 'keep forgets a line' ? (before?.lines ?? []) : lines).map(
          ({ sku, quantity }) => ({
            sku,
            quantity: more ? quantity - 1 : quantity,
          }),
        )
        if (bug !== 'keep stops nothing')
          await toy.call<Job>(context, 'keepJob', 'POST', `/jobs/${id}/keep`, { json, effect: 'idempotent' })
        const over = before?.lines.every(
          ({ quantity, shipped, cancelled }) => shipped + cancelled === quantity,
        )
        return { outcome: over && before?.status === 'shipped' ? 'too_late' : 'stopped' }
      },
      async quote(context, { lines }) {
        if (bug === 'quote makes an order') {
          const json = { reference: `quote-${lines[0]?.sku}`, lines, unique: false }
          await toy.call<Job>(context, 'createJob', 'POST', '/jobs', { json })
        }
        const { readings } = await this.stock(context, { skus: lines.map(({ sku }) => sku), cursor: null })
        const free = (sku: string) => readings.find((one) => one.sku === sku)?.quantity ?? 0
        return [
          {
            location: bug === 'quote from nowhere' ? 'D9' : 'D1',
            service: 'ground',
            serviceLevel: 'standard',
            cost: { amount: 450, currency: 'USD' },
            shipBy: null,
            deliverBy: context.clock.now() + 259_200_000,
            cannotShip: lines
              .filter(({ sku, quantity }) => quantity > free(sku) && bug !== 'quote for what is not there')
              .map(({ sku }) => ({ sku, reason: 'too little' })),
          },
        ]
      },
      returns: (context, cursor) => toyGoodsBack(toy, context, cursor),
      async updates(context, cursor) {
        const { jobs, next, more } = await toy.call<JobPage>(context, 'listJobs', 'GET', '/jobs', {
          query: { after: cursor ?? '0' },
        })
        return {
          orders: jobs.map((job) => orderOf(job, bug)),
          cursor: String(next),
          more: more && bug !== 'updates stop early',
        }
      },
      async stock(context, { skus, cursor }) {
        const page = Number(cursor ?? 0)
        type Row = { sku: string; location: string; onHand: number; fulfillable: number }
        const rows = await toy.call<Row[]>(context, 'listStock', 'GET', '/stock', { query: { page } })
        const basis = bug === 'basis wrong' ? 'on-hand' : 'available'
        const asOf = context.clock.now()
        return {
          readings: rows
            .filter(({ sku }) => skus === null || skus.includes(sku))
            .map(({ sku, location, fulfillable }) => ({ sku, location, quantity: fulfillable, basis, asOf })),
          cursor: rows.length < 10 || bug === 'first page of stock' ? null : String(page + 1),
        }
      },
      async locations(context) {
        const places = await toy.call<{ id: string; name: string }[]>(context, 'listPlaces', 'GET', '/places')
        return places.map((place) => ({ ...place, country: 'US', postalCode: null }))
      },
    },
  }
}
