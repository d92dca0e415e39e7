// @ts-check
// Acme Depot itself, as far as its adapter needs it: what a provider's own documents say, acted out over HTTP.
import { refuse, reply, router, ServerBucket, startSimulator } from 'stockpool/simulator'

export const key = 'acme-key-of-the-simulator'

/**
 * @typedef {{ sku: string, quantity: number }} Line
 * @typedef {{ id: string, carrier: string, tracking: string, labelledAt: string, leftAt: string | null, lines: Line[] }} Parcel
 * @typedef {{ id: string, reference: string, state: string, hold: string | null, createdAt: string, changedAt: string, sequence: number, lines: (Line & { cancelled: number, sent: number })[], parcels: Parcel[] }} Job
 */

/** @param {import('stockpool/simulator').SimulatorOptions} [options] */
export function startAcme(options = {}) {
  return startSimulator(({ clock }) => {
    /** @type {Job[]} */
    const jobs = []
    /** @type {Map<string, number>} */
    const shelf = new Map()
    const bucket = new ServerBucket(clock, { rate: 10, burst: 20 })
    let sequence = 0
    const now = () => new Date(clock.now()).toISOString()

    /** @param {Job} job */
    const changed = (job) => {
      sequence += 1
      Object.assign(job, { sequence, changedAt: now() })
      const open = job.lines.some(({ quantity, sent, cancelled }) => sent + cancelled < quantity)
      const sent = job.parcels.some(({ leftAt }) => leftAt !== null)
      if (job.lines.every(({ quantity, cancelled }) => cancelled === quantity)) job.state = 'cancelled'
      else if (sent) job.state = open ? 'partly_sent' : 'sent'
      else job.state = job.hold !== null ? 'held' : job.parcels.length > 0 ? 'packed' : 'new'
      return job
    }
    /** @param {string} sku */
    const committed = (sku) =>
      jobs
        .flatMap(({ lines }) => lines)
        .reduce((sum, line) => sum + (line.sku === sku ? line.quantity - line.sent - line.cancelled : 0), 0)
    /** @param {Job} job @param {Parcel} parcel */
    const leaves = (job, parcel) => {
      parcel.leftAt = now()
      for (const { sku, quantity } of parcel.lines) {
        const line = job.lines.find((each) => each.sku === sku)
        if (line) line.sent += quantity
        shelf.set(sku, (shelf.get(sku) ?? 0) - quantity)
      }
    }
    /** @param {Job} job @param {Line[] | undefined} some @param {boolean} labelOnly */
    const ship = (job, some, labelOnly) => {
      const packed = job.parcels.find(({ leftAt }) => leftAt === null)
      if (packed) {
        if (labelOnly) return
        leaves(job, packed)
      } else {
        const open = job.lines.map(({ sku, quantity, sent, cancelled }) => ({
          sku,
          quantity: quantity - sent - cancelled,
        }))
        const lines = (some ?? open).filter(({ quantity }) => quantity > 0)
        if (lines.length === 0) return
        const id = `${job.id}-${job.parcels.length + 1}`
        const parcel = { id, carrier: 'UPS', tracking: `1Z${id}`, labelledAt: now(), leftAt: null, lines }
        job.parcels.push(parcel)
        if (!labelOnly) leaves(job, /** @type {Parcel} */ (job.parcels.at(-1)))
      }
      changed(job)
    }

    /**
     * @param {string} operation
     * @param {string} method
     * @param {string} path
     * @param {(request: import('stockpool/simulator').SimulatorRequest, params: import('stockpool/simulator').RouteParams) => unknown} answer
     */
    const route = (operation, method, path, answer) => ({
      operation,
      method,
      path,
      /** @param {import('stockpool/simulator').SimulatorRequest} request @param {import('stockpool/simulator').RouteParams} params */
      handle(request, params) {
        if (request.headers['acme-key'] !== key) refuse(401, { error: 'key' })
        if (!bucket.take().ok) refuse(429, { error: 'slow down' })
        return reply(200, answer(request, params))
      },
    })
    const size = 20
    const routes = router(
      [
        route('createJob', 'POST', '/jobs', (request) => {
          const { reference, lines } = /** @type {{ reference: string, lines: Line[] }} */ (request.json())
          if (jobs.some((job) => job.reference === reference)) refuse(409, { error: 'reference' })
          const fresh = {
            state: 'new',
            hold: null,
            createdAt: now(),
            changedAt: now(),
            sequence: 0,
            parcels: [],
          }
          const job = {
            id: `J${jobs.length + 1}`,
            reference,
            ...fresh,
            lines: lines.map((line) => ({ ...line, cancelled: 0, sent: 0 })),
          }
          jobs.push(job)
          return changed(job)
        }),
        // By reference, or all that changed after a number: oldest change first.
        route('listJobs', 'GET', '/jobs', ({ query }) => {
          const reference = query.get('reference')
          if (reference !== null)
            return { jobs: jobs.filter((job) => job.reference === reference), next: '0', more: false }
          const after = Number(query.get('after'))
          if (!Number.isInteger(after)) refuse(400, { error: 'after' })
          const waiting = jobs.filter((job) => job.sequence > after).sort((a, b) => a.sequence - b.sequence)
          const page = waiting.slice(0, size)
          return { jobs: page, next: String(page.at(-1)?.sequence ?? after), more: waiting.length > size }
        }),
        route('cancelJob', 'POST', '/jobs/{id}/cancel', (_, { id }) => {
          const job = jobs.find((each) => each.id === id) ?? refuse(404, { error: 'no such job' })
          for (const line of job.lines) line.cancelled = line.quantity - line.sent
          return changed(job)
        }),
        route('listStock', 'GET', '/stock', ({ query }) => {
          const page = Number(query.get('page') ?? 0)
          const rows = [...shelf].slice(page * size, (page + 1) * size)
          const next = (page + 1) * size < shelf.size ? String(page + 1) : null
          return {
            rows: rows.map(([sku, onHand]) => ({ sku, place: 'D1', quantity: onHand - committed(sku) })),
            next,
          }
        }),
        route('listPlaces', 'GET', '/places', () => [
          { id: 'D1', name: 'Depot 1', country: 'US', zip: '60804' },
        ]),
      ],
      () => reply(404, { error: 'no such path' }),
    )
    return {
      kind: 'acme',
      ...routes,
      // What staff do. testConnection asks for these three by name.
      controls: {
        stock: (body) => {
          const { sku, quantity } = /** @type {Line} */ (body)
          shelf.set(sku, quantity)
          return {}
        },
        ship: (body) => {
          const {
            reference,
            lines,
            labelOnly = false,
          } = /** @type {{ reference?: string, lines?: Line[], labelOnly?: boolean }} */ (body)
          for (const job of jobs)
            if (reference === undefined || job.reference === reference) ship(job, lines, labelOnly)
          return {}
        },
        hold: (body) => {
          const { reference, reason } = /** @type {{ reference: string, reason: string }} */ (body)
          const job =
            jobs.find((each) => each.reference === reference) ?? refuse(404, { error: 'no such job' })
          job.hold = reason
          changed(job)
          return {}
        },
      },
      state: () => ({
        stock: [...shelf].map(([sku, onHand]) => ({
          sku,
          location: 'D1',
          onHand,
          committed: committed(sku),
          fulfillable: onHand - committed(sku),
        })),
        orders: jobs.map(({ id, reference, state, lines, parcels }) => ({
          id,
          reference,
          status: state,
          lines: lines.map(({ sku, quantity, sent, cancelled }) => ({
            sku,
            quantity,
            shipped: sent,
            cancelled,
          })),
          shipments: parcels.map((parcel) => ({
            id: parcel.id,
            trackingNumber: parcel.tracking,
            lines: parcel.lines,
          })),
        })),
      }),
      faultReply: (_, status) => reply(status, { error: `simulated ${status}` }),
      malformed: () => reply(400, { error: 'not JSON' }),
    }
  }, options)
}
