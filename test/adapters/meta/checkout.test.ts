import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  attributeOrder,
  type CheckedCart,
  checkCart,
  checkoutHandler,
  parseCheckoutUrl,
  withTracking,
} from '../../../adapters/meta/index.ts'

const at = (query: string) => `https://shop.example/checkout?${query}`

describe('the checkout URL', () => {
  it('is read as Meta documents it', () => {
    const cart = parseCheckoutUrl(
      at(
        'products=12345%3A3%2C23456%3A1&coupon=SUMMERSALE20&cart_origin=instagram&fbclid=PA1&utm_medium=paid',
      ),
    )
    expect(cart).toEqual({
      lines: [
        { listing: '12345', quantity: 3 },
        { listing: '23456', quantity: 1 },
      ],
      malformed: [],
      coupon: 'SUMMERSALE20',
      source: 'instagram',
      tracking: [
        ['cart_origin', 'instagram'],
        ['fbclid', 'PA1'],
        ['utm_medium', 'paid'],
      ],
    })
  })

  it.each<[string, string, (readonly [string, number])[]]>([
    [
      'unescaped',
      'products=A:1,B:2',
      [
        ['A', 1],
        ['B', 2],
      ],
    ],
    ['ids as other shops have them', 'products=wc_post_id_123%3A2', [['wc_post_id_123', 2]]],
    ['a plus, which is a plus', 'products=MUG+LID%3A1', [['MUG+LID', 1]]],
    ['an escaped plus, slash and umlaut', 'products=MUG%2B1%2FGr%C3%B6%C3%9Fe%3A1', [['MUG+1/Größe', 1]]],
    ['an id that comes twice', 'products=A%3A1%2CA%3A2', [['A', 3]]],
    ['the same parameter twice: the first', 'products=A%3A1&products=B%3A1', [['A', 1]]],
    ['nothing', '', []],
    ['an empty list', 'products=', []],
    ['behind a hash', 'a=1#products=A%3A1', []],
  ])('%s', (_, query, expected) => {
    const { lines } = parseCheckoutUrl(at(query))
    expect(lines.map(({ listing, quantity }) => [listing, quantity])).toEqual(expected)
  })

  it.each([
    'A',
    'A%3A',
    'A%3A0',
    'A%3A-1',
    'A%3A1.5',
    'A%3A1e3',
    '%3A2',
    'A%3AB%3A2',
    'A%3A99999',
    `${'x'.repeat(101)}%3A1`,
  ])('sets %s aside, and goes on with the rest', (entry) => {
    const { lines, malformed } = parseCheckoutUrl(at(`products=${entry}%2CGOOD%3A1`))
    expect(lines).toEqual([{ listing: 'GOOD', quantity: 1 }])
    expect(malformed).toHaveLength(1)
  })

  it('never throws, and never grows, whatever a stranger asks', () => {
    const long = Array.from({ length: 5000 }, (_, index) => `S${index}:9999`).join(',')
    expect(parseCheckoutUrl(at(`products=${long}`)).lines.length).toBeLessThanOrEqual(100)
    expect(parseCheckoutUrl(at('products=%E0%A4%A%3A1&%=%&&=')).lines).toEqual([])
    expect(parseCheckoutUrl('').lines).toEqual([])
    expect(parseCheckoutUrl(at(Array(500).fill('utm_id=1').join('&'))).tracking.length).toBeLessThanOrEqual(
      40,
    )
  })

  it('reads whatever comes, and what Meta would send as it was meant', () => {
    const id = fc
      .string({ minLength: 1, maxLength: 100 })
      .filter((text) => text.trim() === text && !/[,:]/.test(text))
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { lines } = parseCheckoutUrl(at(text))
        return lines.every(({ quantity }) => Number.isInteger(quantity) && quantity > 0)
      }),
    )
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(id, fc.integer({ min: 1, max: 9999 })), { selector: ([one]) => one }),
        (cart) => {
          const products = encodeURIComponent(cart.map((pair) => pair.join(':')).join(','))
          const { lines } = parseCheckoutUrl(at(`products=${products}`))
          expect(lines.map(({ listing, quantity }) => [listing, quantity])).toEqual(cart)
        },
      ),
    )
  })

  it('may be given as text, URL or Request', () => {
    const text = at('products=A%3A1')
    const expected = parseCheckoutUrl(text)
    expect(parseCheckoutUrl(new URL(text))).toEqual(expected)
    expect(parseCheckoutUrl(new Request(text))).toEqual(expected)
  })
})

const stock = (numbers: Readonly<Record<string, number>>) => ({
  available: (sku: string) => numbers[sku] ?? null,
})

describe('what can be bought now', () => {
  it('is asked of the pool for each SKU once', async () => {
    const asked: string[] = []
    const cart = parseCheckoutUrl(at('products=A%3A3%2CB%3A1%2CC%3A1'))
    const answer = await checkCart(cart, {
      available: async (sku) => {
        asked.push(sku)
        return { A: 2, B: 5 }[sku] ?? null
      },
    })
    expect(asked).toEqual(['A', 'B', 'C'])
    expect(answer.checked).toEqual([
      { listing: 'A', sku: 'A', wanted: 3, buyable: 2 },
      { listing: 'B', sku: 'B', wanted: 1, buyable: 1 },
    ])
    expect(answer).toMatchObject({ unknown: ['C'], complete: false })
  })

  it('is shared by the items of one SKU, in the order of the cart', async () => {
    const items: Readonly<Record<string, { sku: string; units: number }>> = {
      SIXPACK: { sku: 'CUP', units: 6 },
      SINGLE: { sku: 'CUP', units: 1 },
    }
    const { checked } = await checkCart(parseCheckoutUrl(at('products=SIXPACK%3A2%2CSINGLE%3A5')), {
      ...stock({ CUP: 14 }),
      item: (listing) => items[listing] ?? null,
    })
    expect(checked.map(({ buyable }) => buyable)).toEqual([2, 2])
  })

  it('is nothing while the pool is below zero', async () => {
    const { checked } = await checkCart(parseCheckoutUrl(at('products=A%3A1')), stock({ A: -4 }))
    expect(checked).toMatchObject([{ buyable: 0 }])
  })

  it('is complete only when all that was asked for can be bought', async () => {
    const whole = async (query: string) =>
      (await checkCart(parseCheckoutUrl(at(query)), stock({ A: 2 }))).complete
    expect(await whole('products=A%3A2')).toBe(true)
    expect(await whole('products=A%3A3')).toBe(false)
    expect(await whole('products=A%3A1%2CB%3A1')).toBe(false)
    expect(await whole('products=A%3A1%2Cbroken')).toBe(false)
    expect(await whole('')).toBe(false)
  })
})

describe('the endpoint', () => {
  const seen: CheckedCart[] = []
  const handle = checkoutHandler({
    stock: stock({ A: 2 }),
    redirect: (cart) => {
      seen.push(cart)
      return cart.complete
        ? 'https://shop.example/cart/1:2?ref=meta&utm_source=ours'
        : 'https://shop.example/sold-out'
    },
  })

  it('sends the buyer on with what Meta wants passed along, and what is there already stays', async () => {
    const answer = await handle(
      new Request(at('products=A%3A2&cart_origin=facebook&utm_source=fb&fbclid=PA')),
    )
    expect(answer.status).toBe(302)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('location')).toBe(
      'https://shop.example/cart/1:2?ref=meta&utm_source=ours&cart_origin=facebook&fbclid=PA',
    )
    expect(seen.at(-1)).toMatchObject({ source: 'facebook', complete: true })
  })

  it('goes only where the merchant says, whatever the address asks', async () => {
    const evil = at('products=B%3A1&location=https://evil.example&url=//evil.example')
    const location = (await handle(new Request(evil))).headers.get('location') ?? ''
    expect(new URL(location).origin).toBe('https://shop.example')
    expect(location).not.toMatch(/[\r\n]/)
    const split = await handle(new Request(at('products=B%3A1&x=%0D%0ASet-Cookie%3A%20a%3D1')))
    expect(split.headers.get('set-cookie')).toBeNull()
  })

  it('passes on nothing that a checkout could take for its own', async () => {
    const crafted = at(
      'products=A%3A2&discount=ALL-FREE&return_to=//evil.example&checkout[email]=a&utm_source=ig',
    )
    const location = new URL((await handle(new Request(crafted))).headers.get('location') ?? '')
    expect([...location.searchParams.keys()].sort()).toEqual(['ref', 'utm_source'])
  })

  it('takes no other method', async () => {
    const answer = await handle(new Request(at('products=A%3A1'), { method: 'POST' }))
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect((await handle(new Request(at('products=A%3A1'), { method: 'HEAD' }))).status).toBe(302)
  })

  it('lets what the pool throws through, so that nobody is sent on unchecked', async () => {
    const broken = checkoutHandler({
      stock: { available: () => Promise.reject(new Error('the pool is away')) },
      redirect: () => 'https://shop.example/',
    })
    await expect(broken(new Request(at('products=A%3A1')))).rejects.toThrow('the pool is away')
  })
})

it('tracking is added to an address without touching it', () => {
  const address = new URL('https://shop.example/cart')
  const cart = parseCheckoutUrl(at('products=A%3A1&cart_origin=instagram&utm_campaign=a%20b'))
  expect(withTracking(address, cart).href).toBe(
    'https://shop.example/cart?cart_origin=instagram&utm_campaign=a+b',
  )
  expect(address.href).toBe('https://shop.example/cart')
})

it('an order of any web shop is attributed by what the shop kept of the visit', () => {
  expect(attributeOrder({ landing: at('cart_origin=instagram') })).toBe('instagram')
})
