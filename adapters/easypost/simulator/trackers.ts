import type { Clock } from '../../../src/spec/index.ts'

export interface Hook {
  readonly id: string
  readonly url: string
  readonly secret: string | null
  readonly disabledAt: number | null
}

interface Scanned {
  readonly status: string
  readonly detail: string
  readonly at: number
}

export interface Tracker {
  readonly id: string
  readonly code: string
  readonly carrier: string
  readonly createdAt: number
  /** Moves with every look at the carrier. */
  readonly updatedAt: number
  readonly scans: readonly Scanned[]
}

/** Where EasyPost's test codes always are (docs.easypost.com/guides/tracking-guide). */
const testCodes: Readonly<Record<string, string>> = {
  EZ1000000001: 'pre_transit',
  EZ2000000002: 'in_transit',
  EZ3000000003: 'out_for_delivery',
  EZ4000000004: 'delivered',
  EZ5000000005: 'return_to_sender',
  EZ6000000006: 'failure',
  EZ7000000007: 'unknown',
}

const threeMonthsMs = 92 * 86_400_000

/** The parcels that are followed, and what carriers have said of parcels that nobody follows yet. */
export class Trackers {
  readonly all: Tracker[] = []
  readonly #scans = new Map<string, Scanned[]>()
  readonly #clock: Clock
  #events = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  nextEvent(): string {
    this.#events += 1
    return String(this.#events).padStart(8, '0')
  }

  byId(id: string): Tracker | null {
    return this.all.find((tracker) => tracker.id === id) ?? null
  }

  /** The tracker of a code and carrier, for three months; then the code counts as another parcel's. */
  create(code: string, carrier: string | null): { tracker: Tracker; made: boolean } {
    const now = this.#clock.now()
    const name = carrier ?? (code.startsWith('1Z') ? 'UPS' : 'USPS')
    const known = this.all.findLast((one) => one.code === code && one.carrier === name)
    if (known !== undefined && now - known.createdAt < threeMonthsMs) return { tracker: known, made: false }
    const test = testCodes[code]
    const scans = test ? [{ status: test, detail: 'unknown', at: now }] : (this.#scans.get(code) ?? [])
    const id = `trk_${String(this.all.length + 1).padStart(8, '0')}`
    const tracker = { id, code, carrier: name, createdAt: now, updatedAt: now, scans }
    this.all.push(tracker)
    return { tracker, made: true }
  }

  scan(code: string, status: string, detail: string, at: number): Tracker | null {
    const scan = { status, detail, at }
    this.#scans.set(code, [...(this.#scans.get(code) ?? []), scan])
    const index = this.all.findLastIndex((one) => one.code === code)
    const known = this.all[index]
    if (known === undefined) return null
    const tracker = { ...known, updatedAt: this.#clock.now(), scans: [...known.scans, scan] }
    this.all[index] = tracker
    return tracker
  }

  /** Newest first, as EasyPost lists. */
  list({ size, before, since }: { size: number; before: string | null; since: number }) {
    const recent = this.all.filter(({ createdAt }) => createdAt >= since).reverse()
    const from = before === null ? 0 : recent.findIndex(({ id }) => id === before) + 1
    return { page: recent.slice(from, from + size), more: recent.length > from + size }
  }
}

const iso = (at: number) => new Date(at).toISOString()

/** A tracker as EasyPost shows it. */
export function trackerView({ id, code, carrier, createdAt, updatedAt, scans }: Tracker) {
  const latest = [...scans].sort((a, b) => a.at - b.at).at(-1)
  return {
    id,
    object: 'Tracker',
    mode: 'production',
    tracking_code: code,
    status: latest?.status ?? 'unknown',
    status_detail: latest?.detail ?? 'unknown',
    created_at: iso(createdAt),
    updated_at: iso(updatedAt),
    signed_by: null,
    weight: null,
    est_delivery_date: null,
    shipment_id: null,
    carrier,
    tracking_details: scans.map(({ status, detail, at }) => ({
      object: 'TrackingDetail',
      message: status,
      description: null,
      status,
      status_detail: detail,
      datetime: iso(at),
      source: carrier,
      carrier_code: null,
      tracking_location: { object: 'TrackingLocation', city: null, state: null, country: null, zip: null },
    })),
    carrier_detail: null,
    finalized: latest?.status === 'delivered',
    is_return: false,
    public_url: `https://track.easypost.com/${id}`,
    fees: [],
  }
}
