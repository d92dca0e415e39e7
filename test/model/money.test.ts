import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isStockpoolError } from '../../src/error.ts'
import { Currency, currencyExponent, Money, moneyFromDecimal, moneyToDecimal } from '../../src/model/money.ts'

const seeded = { seed: process.env.SEED ? Number(process.env.SEED) : undefined }

describe('exponents', () => {
  it.each([
    ['USD', 2], ['EUR', 2], ['GBP', 2], ['JPY', 0], ['KRW', 0], ['CLP', 0], ['ISK', 0], ['VND', 0],
    ['KWD', 3], ['BHD', 3], ['TND', 3], ['CLF', 4], ['XYZ', 2],
  ])('%s has %i', (currency, exponent) => {
    expect(currencyExponent(currency)).toBe(exponent)
  }) // biome-ignore format: a table reads better packed

  it('names of Object.prototype are no currencies with an exponent', () => {
    expect(currencyExponent('constructor')).toBe(2)
    expect(currencyExponent('__proto__')).toBe(2)
  })
})

describe('reading a decimal', () => {
  it.each([
    ['12.5', 'USD', 1250],
    ['12.50', 'USD', 1250],
    ['0', 'USD', 0],
    ['-0', 'USD', 0],
    ['-0.00', 'USD', 0],
    ['+3', 'USD', 300],
    ['-12.34', 'USD', -1234],
    [' 7.1 ', 'USD', 710],
    ['1250', 'JPY', 1250],
    ['1250.4', 'JPY', 1250],
    ['1250.5', 'JPY', 1251],
    ['1.25', 'KWD', 1250],
    ['1.2345', 'KWD', 1235],
    ['0.0001', 'CLF', 1],
    ['00012.00', 'USD', 1200],
  ])('%s %s is %i', (text, currency, amount) => {
    const money = moneyFromDecimal(text, currency)
    expect(money).toEqual({ amount, currency })
    expect(Object.is(money.amount, -0)).toBe(false)
  })

  it.each([
    ['0.005', 1], ['0.0049', 0], ['0.00499999999999999999', 0], ['0.015', 2], ['1.005', 101], ['2.675', 268],
    ['-0.005', -1], ['-1.005', -101], ['0.994', 99], ['0.995', 100], ['99.995', 10_000], ['-99.995', -10_000],
  ])('%s USD rounds half away from zero, to %i', (text, amount) => {
    expect(moneyFromDecimal(text, 'USD').amount).toBe(amount)
  }) // biome-ignore format: a table reads better packed

  it('never passes through floating point', () => {
    expect(moneyFromDecimal('90071992547409.91', 'USD').amount).toBe(9_007_199_254_740_991)
    expect(moneyFromDecimal('0.1', 'USD').amount + moneyFromDecimal('0.2', 'USD').amount).toBe(30)
    expect(moneyFromDecimal('4503599627370.497', 'KWD').amount).toBe(4_503_599_627_370_497)
  })

  it.each(['90071992547409.92', '-90071992547409.92', '99999999999999999999', '90071992547409.915'])(
    '%s USD is too large',
    (text) => {
      expect(() => moneyFromDecimal(text, 'USD')).toThrow(/too large/)
    },
  )

  it.each([
    '', ' ', '.', '-', '+', '.5', '5.', '1,5', '1,234.50', '1.234,50', '1e3', '0x10', 'NaN', 'Infinity', '--1', '1 2', '$5',
    '٣', '1.2.3', 'twelve', '1_000', '−5',
  ])('%j is no amount', (text) => {
    try {
      moneyFromDecimal(text, 'USD')
      expect.unreachable()
    } catch (error) {
      expect(isStockpoolError(error, 'invalid_input')).toBe(true)
      expect(error).toMatchObject({ field: 'amount' })
    }
  }) // biome-ignore format: a table reads better packed

  it('says little of a malformed text, however long', () => {
    expect(() => moneyFromDecimal('x'.repeat(100_000), 'USD')).toThrow(/^.{1,120}$/s)
  })

  it.each(['usd', 'US', 'USDT', '', '$', 'U$D'])('%j is no currency', (currency) => {
    expect(Currency.safeParse(currency).success).toBe(false)
    expect(() => moneyFromDecimal('1', currency)).toThrow()
  })
})

describe('writing a decimal', () => {
  it.each([
    [1250, 'USD', '12.50'],
    [5, 'USD', '0.05'],
    [-5, 'USD', '-0.05'],
    [0, 'USD', '0.00'],
    [1250, 'JPY', '1250'],
    [-1, 'JPY', '-1'],
    [1250, 'KWD', '1.250'],
    [1, 'KWD', '0.001'],
    [1, 'CLF', '0.0001'],
    [Number.MAX_SAFE_INTEGER, 'USD', '90071992547409.91'],
  ])('%i %s is %s', (amount, currency, text) => {
    expect(moneyToDecimal({ amount, currency })).toBe(text)
  })

  it('is undone by reading, for every amount and currency', () => {
    const currency = fc.constantFrom('USD', 'JPY', 'KWD', 'CLF', 'EUR')
    fc.assert(
      fc.property(fc.maxSafeInteger(), currency, (amount, code) => {
        const money = { amount: amount === 0 ? 0 : amount, currency: code }
        expect(moneyFromDecimal(moneyToDecimal(money), code)).toEqual(money)
      }),
      seeded,
    )
  })
})

describe('the schema', () => {
  it.each([1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', null])(
    'refuses %s as an amount',
    (amount) => {
      expect(Money.safeParse({ amount, currency: 'USD' }).success).toBe(false)
    },
  )
  it('takes a refund', () => {
    expect(Money.parse({ amount: -1, currency: 'USD' })).toEqual({ amount: -1, currency: 'USD' })
  })
})
