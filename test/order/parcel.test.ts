import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TrackingStatus } from '../../src/model/tracking.ts'
import {
  isConfirmable,
  joinParcels,
  joinTracking,
  parcelFrom,
  shippedAt,
  type TrackingState,
  toParcel,
  trackingFrom,
  trackingNow,
} from '../../src/order/index.ts'
import { minute, parcel } from './support.ts'

type ParcelReport = ReturnType<typeof parcel>

const now = (...reports: [string, TrackingStatus][]) =>
  trackingNow(
    reports
      .map(([at, status]): TrackingState => trackingFrom({ status, rawStatus: null, at }))
      .reduce(joinTracking),
  ).status

describe('tracking', () => {
  it.each<[string, [number, TrackingStatus][], TrackingStatus]>([
    ['goes forward', [[1, 'info_received'], [2, 'in_transit']], 'in_transit'],
    ['is not set back by a late scan', [[2, 'out_for_delivery'], [1, 'in_transit']], 'out_for_delivery'],
    ['is not set back by a newer lower scan either', [[1, 'out_for_delivery'], [2, 'in_transit']], 'out_for_delivery'],
    ['moves among the last three', [[1, 'attempt_failed'], [2, 'pickup_ready']], 'pickup_ready'],
    ['ends with the delivery', [[1, 'delivered'], [2, 'in_transit'], [3, 'exception'], [4, 'returning']], 'delivered'],
    ['lets a return follow the delivery', [[1, 'delivered'], [2, 'returned']], 'returned'],
    ['shows an exception', [[1, 'in_transit'], [2, 'exception']], 'exception'],
    ['leaves the exception behind', [[1, 'in_transit'], [2, 'exception'], [3, 'in_transit']], 'in_transit'],
    ['shows that it comes back', [[1, 'attempt_failed'], [2, 'returning']], 'returning'],
    ['knows a label that was voided', [[1, 'info_received'], [2, 'cancelled']], 'cancelled'],
  ])('%s', (_name, reports, expected) => {
    expect(now(...reports.map(([at, status]): [string, TrackingStatus] => [minute(at), status]))).toBe(expected)
  }) // biome-ignore format: one case a line

  it('ends alike in any order, whatever is reported', () => {
    const some = fc
      .record({
        status: fc.constantFrom(...TrackingStatus.options),
        at: fc.nat(4).map(minute),
        rawStatus: fc.constantFrom(null, 'X', 'Y'),
      })
      .map(trackingFrom)
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        expect(joinTracking(a, b)).toEqual(joinTracking(b, a))
        expect(joinTracking(joinTracking(a, b), c)).toEqual(joinTracking(a, joinTracking(b, c)))
        expect(joinTracking(a, a)).toEqual(a)
      }),
    )
  })
})

describe('a parcel', () => {
  const at = minute(5)
  const from = (rest: Partial<ParcelReport> = {}, calledShipped = false, when = at) =>
    parcelFrom(parcel('p', [{ sku: 'MUG', quantity: 1 }], rest), when, calledShipped)

  it('has not left because it is labelled', () => {
    expect(shippedAt(from())).toBeNull()
  })

  it.each<[string, Partial<ParcelReport>, boolean, string]>([
    ['it was handed over', { handedOverAt: minute(4) }, false, minute(4)],
    ['a carrier scanned it', { status: 'in_transit' }, false, at],
    ['it was delivered', { deliveredAt: minute(3) }, false, minute(3)],
    ['its shipper calls the order shipped', {}, true, at],
  ])('has left when %s', (_name, rest, called, expected) => {
    expect(shippedAt(from(rest, called))).toBe(expected)
  })

  it('has not left on the word “shipped” alone, without a tracking number', () => {
    expect(shippedAt(from({ trackingNumber: null }, true))).toBeNull()
  })

  it('is for the channel once it has a number, and no more once it is withdrawn', () => {
    expect(isConfirmable(from())).toBe(true)
    expect(isConfirmable(from({ trackingNumber: null }))).toBe(false)
    const withdrawn = joinParcels(from({ handedOverAt: minute(4) }), from({ withdrawn: true }))
    expect(isConfirmable(withdrawn)).toBe(false)
    expect(shippedAt(withdrawn)).toBeNull()
    expect(joinParcels(withdrawn, from()).withdrawn).toBe(true)
  })

  it('keeps carrier and number of one label together, and its number when a later report has none', () => {
    const ups = from({ carrier: 'ups', trackingNumber: 'A' }, false, minute(1))
    const bare = from({ carrier: null, trackingNumber: null }, false, minute(3))
    const usps = from({ carrier: 'usps', trackingNumber: 'B' }, false, minute(2))
    for (const order of [
      [ups, bare, usps],
      [usps, ups, bare],
      [bare, usps, ups],
    ]) {
      expect(toParcel(order.reduce(joinParcels), [])).toMatchObject({ carrier: 'usps', trackingNumber: 'B' })
    }
  })

  it('ends alike in any order of its reports', () => {
    const instant = fc.option(fc.nat(3).map(minute), { nil: null })
    const some = fc
      .record({
        trackingNumber: fc.constantFrom(null, 'A', 'B'),
        carrier: fc.constantFrom('ups', 'usps'),
        labelledAt: instant,
        handedOverAt: instant,
        deliveredAt: instant,
        status: fc.constantFrom(...TrackingStatus.options),
        withdrawn: fc.boolean(),
        units: fc.nat(3),
        at: fc.nat(3).map(minute),
        called: fc.boolean(),
      })
      .map(({ units, at: when, called, ...rest }) =>
        parcelFrom(parcel('p', [{ sku: 'MUG', quantity: units }], rest), when, called),
      )
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        expect(joinParcels(a, b)).toEqual(joinParcels(b, a))
        expect(joinParcels(joinParcels(a, b), c)).toEqual(joinParcels(a, joinParcels(b, c)))
        expect(joinParcels(a, a)).toEqual(a)
      }),
    )
  })
})
