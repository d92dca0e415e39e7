import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { handleOf, routed } from '../../../adapters/amazon/bulk.ts'
import { piecesOf } from '../../../adapters/amazon/documents.ts'
import { eventOf } from '../../../adapters/amazon/notifications.ts'
import { parseOptions } from '../../../adapters/amazon/options.ts'
import { refundLines } from '../../../adapters/amazon/refund.ts'
import { rowsIn } from '../../../adapters/amazon/reports.ts'
import { xml } from '../../../adapters/amazon/xml.ts'
import { isStockpoolError } from '../../../src/error.ts'
import { ChannelOrder } from '../../../src/model/order.ts'
import { options, target } from './stage.ts'

const settings = parseOptions(options)

const row = fc
  .record({
    sku: fc.integer({ min: 0, max: 30 }),
    quantity: fc.integer({ min: 0, max: 5 }),
    expected: fc.option(fc.integer({ min: 0, max: 5 })),
    underway: fc.constantFrom(null, 'f1c', 'feed:7:1'),
  })
  .map(({ sku, quantity, expected, underway }) => target(`S-${sku}`, quantity, { expected, underway }))

describe('which way a row goes', () => {
  it('every row goes one way, and no SKU goes both', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (rows, bulkFrom) => {
        const { calls, feed } = routed(rows, { bulkFrom, feedMs: 0 })
        expect([...calls, ...feed].sort((one, other) => one - other)).toEqual(rows.map((_, index) => index))
        const called = new Set(calls.map((index) => rows[index]?.listing))
        for (const index of feed) {
          expect(called.has(rows[index]?.listing)).toBe(false)
          expect(handleOf(rows[index]?.underway ?? '').feed).toBeNull()
        }
        if (rows.length <= bulkFrom) expect(feed).toEqual([])
        // What sells nothing any more waits only behind what does the same.
        const waits = feed.some((index) => rows[index]?.quantity === 0)
        if (waits) expect(calls.length).toBeGreaterThanOrEqual(bulkFrom)
      }),
    )
  })
})

describe('messages', () => {
  it('whatever is handed in is an event or invalid input', () => {
    const message = fc.oneof(
      fc.anything(),
      fc.json(),
      fc.json().map((body) => ({ Body: body })),
    )
    fc.assert(
      fc.property(message, (given) => {
        try {
          expect(eventOf(settings, given).hints.length).toBeGreaterThan(0)
        } catch (error) {
          expect(isStockpoolError(error, 'invalid_input'), String(error)).toBe(true)
        }
      }),
    )
  })
})

describe('refunds', () => {
  const money = (amount: number) => ({ amount, currency: 'USD' })

  it('an amount over lines adds up to itself, and no part is below nothing', () => {
    const prices = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(prices, fc.integer({ min: 1, max: 1_000_000 }), (given, amount) => {
        const order = ChannelOrder.parse({
          id: '1',
          status: 'shipped',
          placedAt: '2026-01-01T00:00:00Z',
          updatedAt: '2026-01-01T00:00:00Z',
          raw: {},
          lines: given.map((price, index) => ({
            id: `L${index}`,
            listing: 'A',
            ordered: 2,
            price: money(price),
          })),
        })
        const lines = order.lines.map(({ id }) => ({ line: id, quantity: 1 }))
        const made = refundLines(order, {
          order: '1',
          return: null,
          lines,
          shipping: false,
          amount: money(amount),
          reason: null,
          key: 'k',
        })
        const parts = made.flatMap((each) => each.parts.map((part) => part.amount.amount))
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(amount)
        expect(Math.min(...parts)).toBeGreaterThan(0)
      }),
    )
  })

  it('refunding a line unit by unit never differs from refunding it whole by more than a cent a unit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9_999 }), (ordered, price) => {
        const order = ChannelOrder.parse({
          id: '1',
          status: 'shipped',
          placedAt: '2026-01-01T00:00:00Z',
          updatedAt: '2026-01-01T00:00:00Z',
          raw: {},
          lines: [
            { id: 'L', listing: 'A', ordered, price: money(price), discount: money(Math.floor(price / 3)) },
          ],
        })
        const of = (quantity: number) => {
          const lines = [{ line: 'L', quantity }]
          const request = {
            order: '1',
            return: null,
            lines,
            shipping: false,
            amount: null,
            reason: null,
            key: 'k',
          }
          return refundLines(order, request)[0]?.parts[0]?.amount.amount ?? 0
        }
        expect(of(ordered)).toBe(price * ordered - Math.floor(price / 3))
        expect(Math.abs(of(1) * ordered - of(ordered))).toBeLessThanOrEqual(ordered)
      }),
    )
  })
})

describe('documents', () => {
  it('any text comes through XML as it was, but for what XML cannot write', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (given) => {
        const { text } = xml('A', given)
        const inner = text.slice('<A>'.length, -'</A>'.length)
        expect(inner).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|apos);)/)
        const back = inner
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&quot;', '"')
          .replaceAll('&apos;', "'")
          .replaceAll('&amp;', '&')
        expect(back).toBe([...given].filter((one) => one >= ' ' || '\t\n\r'.includes(one)).join(''))
      }),
    )
  })

  const collect = async <T>(from: AsyncIterable<T>): Promise<T[]> => {
    const all: T[] = []
    for await (const one of from) all.push(one)
    return all
  }
  const document = (packed: boolean) => ({
    url: 'https://documents.example',
    compressionAlgorithm: packed ? 'GZIP' : null,
  })

  it('a flat file of any text is read the same, row by row, wherever its pieces end', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', '\t', '\n', '\r\n', ' ', 'é', '𝄞', '\uFEFF') })
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (given, size) => {
        const cut = async function* () {
          for (let start = 0; start < given.length; start += size) yield given.slice(start, start + size)
        }
        const whole = async function* () {
          yield given
        }
        const rows = await collect(rowsIn(cut()))
        expect(rows).toEqual(await collect(rowsIn(whole())))
        for (const cells of rows) for (const value of Object.values(cells)) expect(value).not.toBe('')
        expect(rows.length).toBe(Math.max(0, given.split('\n').filter((line) => line.trim()).length - 1))
      }),
    )
  })

  it.each([true, false])('a large report is held a piece at a time (packed: %s)', async (packed) => {
    const line = `SKU-é𝄞\t${'A mug. '.repeat(200)}\n`
    const plain = Buffer.from(line.repeat(2_000))
    const bytes = packed ? gzipSync(plain) : plain
    const pieces = await collect(piecesOf(document(packed), bytes, 'text/plain; charset=utf-8'))
    expect(pieces.join('') === plain.toString()).toBe(true)
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(65_536)
  })

  it('a report that is not packed as Amazon says is an error that may be tried again', async () => {
    const cut = gzipSync(Buffer.from('sku\nA\n'.repeat(100))).subarray(0, 30)
    for (const bytes of [Buffer.from('plain'), cut])
      await expect(collect(piecesOf(document(true), bytes, ''))).rejects.toMatchObject({
        code: 'invalid_input',
        retryable: true,
      })
  })
})
