import { describe, expect, it } from 'vitest'
import {
  Instant,
  Key,
  ListingId,
  LocationId,
  maxQuantity,
  PositiveQuantity,
  Quantity,
  Sku,
} from '../../src/model/ids.ts'
import { Parcel } from '../../src/model/shipment.ts'
import { TrackingStatus } from '../../src/model/tracking.ts'

const ok = (schema: { safeParse(value: unknown): { success: boolean } }, value: unknown) =>
  schema.safeParse(value).success

describe('ids', () => {
  const kinds = [
    ['sku', Sku, 100],
    ['listing', ListingId, 200],
    ['location', LocationId, 100],
    ['key', Key, 200],
  ] as const

  it.each(kinds)('a %s is 1 to its longest many characters', (what, schema, longest) => {
    expect(ok(schema, 'A')).toBe(true)
    expect(ok(schema, 'A'.repeat(longest))).toBe(true)
    expect(ok(schema, 'A'.repeat(longest + 1))).toBe(false)
    expect(ok(schema, '')).toBe(false)
    expect(schema.safeParse('').error?.issues[0]?.message).toMatch(new RegExp(what))
  })

  it.each(kinds)('a %s has no spaces around it and no control characters, and is a text', (_, schema) => {
    for (const bad of [
      ' A',
      'A ',
      '\tA',
      'A\n',
      'A\u0000B',
      'A\u001bB',
      'A\u0085B',
      7,
      null,
      undefined,
      {},
      ['A'],
    ]) {
      expect(ok(schema, bad), JSON.stringify(bad)).toBe(false)
    }
    for (const good of [
      'MUG-RED',
      'a b',
      'mug/red?#&=%',
      'gid://shopify/InventoryItem/44871',
      'TASSE-Ä',
      '赤いマグ',
      '🫖',
    ]) {
      expect(ok(schema, good), good).toBe(true)
    }
  })

  it('keeps case and inner spaces', () => {
    expect(Sku.parse('Mug  Red')).toBe('Mug  Red')
    expect(Sku.parse('mug')).not.toBe(Sku.parse('MUG'))
  })
})

describe('quantities', () => {
  it.each([1, 2, maxQuantity])('%i is one', (value) => {
    expect(ok(Quantity, value) && ok(PositiveQuantity, value)).toBe(true)
  })
  it.each([
    -1,
    0.5,
    1.000_000_1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    maxQuantity + 1,
    2 ** 53,
    '1',
    1n,
    null,
    true,
  ])('%s is none', (value) => {
    expect(ok(Quantity, value)).toBe(false)
    expect(ok(PositiveQuantity, value)).toBe(false)
  })
  it('0 is a quantity, and no positive one', () => {
    expect(ok(Quantity, 0)).toBe(true)
    expect(ok(PositiveQuantity, 0)).toBe(false)
  })
  it('the message says what is wrong', () => {
    expect(Quantity.safeParse(-1).error?.issues[0]?.message).toBe('quantity must not be negative')
    expect(Quantity.safeParse(1.5).error?.issues[0]?.message).toBe('quantity must be a whole number')
  })
})

describe('instants', () => {
  it.each([
    ['2026-07-01T09:30:00Z', '2026-07-01T09:30:00.000Z'],
    ['2026-07-01T09:30:00.5Z', '2026-07-01T09:30:00.500Z'],
    ['2026-07-01T09:30:00+05:30', '2026-07-01T04:00:00.000Z'],
    ['2026-07-01T00:30:00+08:00', '2026-06-30T16:30:00.000Z'],
    ['2026-06-30T20:30:00-07:00', '2026-07-01T03:30:00.000Z'],
    ['2026-07-01T09:30:00.1234567+00:00', '2026-07-01T09:30:00.123Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
  ])('%s is %s', (given, kept) => {
    expect(Instant.parse(given)).toBe(kept)
  })

  // frappe/erpnext_shopify#190, efeone/eseller_suite#69: local times taken for UTC lost orders.
  it.each([
    '2026-07-01T09:30:00', '2026-07-01 09:30:00Z', '2026-07-01', '2026-02-30T00:00:00Z', '2025-02-29T00:00:00Z',
    '2026-07-01T25:00:00Z', '2026-07-01T09:30:00+5', 'yesterday', '', 1_782_898_200_000, null,
  ])('%s is none', (given) => {
    expect(ok(Instant, given)).toBe(false)
  }) // biome-ignore format: a list reads better packed

  it('texts of instants sort as the instants do', () => {
    const given = ['2026-07-01T09:30:00+05:30', '2026-07-01T03:59:59.999Z', '2026-07-01T04:00:00.001Z']
    const kept = given.map((each) => Instant.parse(each))
    expect([...kept].sort()).toEqual([kept[1], kept[0], kept[2]])
  })
})

describe('tracking', () => {
  it('has twelve states', () => {
    expect(TrackingStatus.options).toHaveLength(12)
    expect(new Set(TrackingStatus.options).size).toBe(12)
    expect(ok(TrackingStatus, 'shipped')).toBe(false)
  })

  it('of a parcel begins unknown, with nothing labelled or handed over', () => {
    expect(Parcel.parse({ id: 'p1', lines: [{ line: '1', quantity: 1 }] })).toEqual({
      id: 'p1',
      carrier: null,
      carrierName: null,
      service: null,
      trackingNumber: null,
      trackingUrl: null,
      labelledAt: null,
      handedOverAt: null,
      deliveredAt: null,
      status: 'unknown',
      rawStatus: null,
      withdrawn: false,
      lines: [{ line: '1', quantity: 1 }],
    })
    expect(ok(Parcel, { id: 'p1', carrier: 'Royal Mail', lines: [] })).toBe(false)
    expect(ok(Parcel, { id: 'p1', lines: [{ line: '1', quantity: 0 }] })).toBe(false)
  })
})
