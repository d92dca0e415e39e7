// @ts-check
// A whole adapter of a fulfilment provider, Acme Depot: docs/your-own-adapter.md goes through it.
import { carrierFrom, isStockpoolError, Parcel, StockpoolError } from 'stockpool'
import { z } from 'zod'

/** @import { AdapterContext, Connection, FulfillmentOrder, HttpAnswer, HttpRequest } from 'stockpool' */

// What is read of Acme's answers, and no more: members that are not named here may come and go.
const Line = z.object({ sku: z.string(), quantity: z.int() })
const Job = z.object({
  id: z.string(),
  reference: z.string(),
  state: z.string(),
  hold: z.string().nullable(),
  createdAt: z.string(),
  changedAt: z.string(),
  lines: z.array(Line.extend({ cancelled: z.int() })),
  parcels: z.array(
    z.object({
      id: z.string(),
      carrier: z.string(),
      tracking: z.string(),
      labelledAt: z.string(),
      leftAt: z.string().nullable(),
      lines: z.array(Line),
    }),
  ),
})
const Jobs = z.object({ jobs: z.array(z.unknown()), next: z.string(), more: z.boolean() })
const Stock = z.object({ rows: z.array(Line.extend({ place: z.string() })), next: z.string().nullable() })
const Places = z.array(z.object({ id: z.string(), name: z.string(), country: z.string(), zip: z.string() }))

// Acme's words for an order. One that is not here is `unknown`, and the word is kept.
/** @type {Readonly<Record<string, FulfillmentOrder['status']>>} */
const states = { new: 'accepted', held: 'on_hold', packed: 'labelled', partly_sent: 'partially_shipped', sent: 'shipped', cancelled: 'cancelled' } // biome-ignore format: a table

/** @type {Readonly<Record<number, [code: ConstructorParameters<typeof StockpoolError>[0], message: string]>>} */
const errors = {
  401: ['auth', 'Acme refused the key: make a new one in Acme, and give it as `key`'],
  404: ['not_found', 'Acme does not have it'],
  409: ['conflict', 'Acme has this reference already'],
  429: ['rate_limited', 'Acme asks for fewer calls'],
}

/** @param {HttpAnswer} answer */
function classify({ status }) {
  if (status < 400) return null
  const [code, message] = errors[status] ?? [
    status < 500 ? 'rejected' : 'unavailable',
    `Acme answered ${status}`,
  ]
  return new StockpoolError(code, message)
}

/** @param {unknown} raw @returns {FulfillmentOrder} */
function orderFrom(raw) {
  const { id, reference, state, hold, createdAt, changedAt, lines, parcels } = Job.parse(raw)
  return {
    id,
    reference,
    status: states[state] ?? 'unknown',
    rawStatus: state,
    attention: hold === null ? null : `Acme holds it: ${hold}`,
    acceptedAt: Date.parse(createdAt),
    updatedAt: Date.parse(changedAt),
    cancelled: lines.flatMap(({ sku, cancelled: n }) => (n > 0 ? [{ sku, quantity: n }] : [])),
    // A label is not a shipment: `labelledAt` and `handedOverAt` are two facts.
    parcels: parcels.map(({ id: parcel, carrier, tracking, labelledAt, leftAt, lines: inside }) => ({
      ...Parcel.parse({ id: parcel, carrierName: carrier, trackingNumber: tracking, labelledAt, lines: [] }),
      carrier: carrierFrom(carrier)?.code ?? null,
      handedOverAt: leftAt,
      lines: inside,
    })),
    raw,
  }
}

/**
 * Connects Acme Depot.
 * @param {{ endpoint: string, key: string}} options
 */
export function acme({ endpoint, key }) {
  /**
   * The one place that speaks to Acme.
   * @template T
   * @param {AdapterContext} context
   * @param {HttpRequest<T>['method']} method
   * @param {string} path
   * @param {Pick<HttpRequest<T>, 'operation' | 'schema' | 'query' | 'json'>} call
   */
  async function send(context, method, path, call) {
    /** @type {HttpRequest<T>['effect']} */
    const effect = method === 'GET' ? 'read' : 'idempotent'
    const request = { method, effect, bucket: 'acme', url: endpoint + path, headers: { 'acme-key': key }, classify } // biome-ignore format: one line
    return (await context.http.request({ ...request, ...call })).data
  }
  /** @param {AdapterContext} context @param {string} reference */
  async function find(context, reference) {
    const { jobs } = await send(context, 'GET', '/jobs', { operation: 'findJob', query: { reference }, schema: Jobs }) // biome-ignore format: one line
    return jobs[0] === undefined ? null : orderFrom(jobs[0])
  }

  return /** @satisfies {Connection} */ ({
    specVersion: /** @type {const} */ (1),
    kind: 'acme',
    hosts: [new URL(endpoint).host],
    limits: { acme: { rate: 10, burst: 20 } },
    secrets: () => [key],
    intervals: { updatesMs: 60_000, stockMs: 300_000 },
    fulfillment: {
      // Creates, or fetches what exists under the reference, which Acme keeps unique: safe to repeat.
      async submit(context, { reference, lines, shipTo, location }) {
        const wanted = lines.map(({ sku, quantity }) => ({ sku, quantity }))
        const json = { reference, place: location, to: shipTo, lines: wanted }
        try {
          return orderFrom(await send(context, 'POST', '/jobs', { operation: 'createJob', json, schema: z.unknown() })) // biome-ignore format: one line
        } catch (error) {
          const known = isStockpoolError(error, 'conflict') ? await find(context, reference) : null
          const has = Job.safeParse(known?.raw).data?.lines.map(({ sku, quantity }) => ({ sku, quantity }))
          if (known === null || JSON.stringify(has) !== JSON.stringify(wanted)) throw error
          return known
        }
      },
      get: find,
      async cancel(context, { id }) {
        const path = `/jobs/${encodeURIComponent(id)}/cancel`
        const job = await send(context, 'POST', path, { operation: 'cancelJob', schema: z.unknown() })
        return { outcome: orderFrom(job).cancelled.length > 0 ? 'stopped' : 'too_late' }
      },
      async updates(context, cursor) {
        const query = { after: cursor ?? '0' }
        const page = await send(context, 'GET', '/jobs', { operation: 'listJobs', query, schema: Jobs })
        return { orders: page.jobs.map(orderFrom), cursor: page.next, more: page.more }
      },
      async stock(context, { skus, cursor }) {
        // The numbers were true when they were asked for, not when the answer came.
        const asOf = context.clock.now()
        const query = { page: cursor ?? undefined }
        const { rows, next } = await send(context, 'GET', '/stock', { operation: 'listStock', query, schema: Stock }) // biome-ignore format: one line
        const readings = rows.map(({ place, ...row }) => ({ ...row, location: place, basis: /** @type {const} */ ('available'), asOf })) // biome-ignore format: one line
        return { readings: readings.filter(({ sku }) => skus?.includes(sku) ?? true), cursor: next }
      },
      async locations(context) {
        const places = await send(context, 'GET', '/places', { operation: 'listPlaces', schema: Places })
        return places.map(({ zip, ...place }) => ({ ...place, postalCode: zip }))
      },
    },
  })
}
