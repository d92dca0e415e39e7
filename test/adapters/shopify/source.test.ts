import { describe, expect, it } from 'vitest'
import { sourceOf } from '../../../adapters/shopify/source.ts'
import { WireOrder } from '../../../adapters/shopify/wire.ts'
import { wireOrder } from './fixtures.ts'

const visit = (landingPage: string | null, referrerUrl: string | null = null, source?: string) => ({
  customerJourneySummary: {
    lastVisit: { landingPage, referrerUrl, utmParameters: source === undefined ? null : { source } },
  },
})

describe('the source of an order', () => {
  it.each<[string, Parameters<typeof sourceOf>[0], string | null]>([
    ['of the shop itself is none', { sourceName: 'web' }, null],
    ['of nobody is none', {}, null],
    ['of the sales channel is its name', { sourceName: 'facebook' }, 'facebook'],
    ['of the sales channel, spelled otherwise', { sourceName: 'Instagram' }, 'instagram'],
    ['of another channel keeps its word', { sourceName: 'tiktok-shop' }, 'tiktok-shop'],
    [
      'of the till is the till, whatever the visit',
      { sourceName: 'pos', ...visit('/?cart_origin=instagram') },
      'pos',
    ],
    ['of an app keeps its number', { sourceName: '2329312' }, '2329312'],
    [
      'of an app whose buyer came from Instagram',
      { sourceName: '2329312', ...visit('https://shop.example/?cart_origin=instagram') },
      'instagram',
    ],
    [
      'by the attributes of the cart',
      { sourceName: 'web', customAttributes: [{ key: 'cart_origin', value: 'facebook' }] },
      'facebook',
    ],
    [
      'by the last visit',
      { sourceName: 'web', ...visit('https://shop.example/?cart_origin=instagram') },
      'instagram',
    ],
    [
      'by the page before',
      { sourceName: 'web', ...visit('https://shop.example/', 'https://l.facebook.com/') },
      'facebook',
    ],
    ['by the campaign', { sourceName: 'web', ...visit('https://shop.example/', null, 'ig') }, 'instagram'],
    ['of a visit that says nothing is none', { sourceName: 'web', ...visit('https://shop.example/') }, null],
  ])('%s', (_, order, expected) => {
    expect(sourceOf(order)).toBe(expected)
  })

  it('never makes an order unreadable', () => {
    const odd = { ...wireOrder(), customAttributes: 'x', customerJourneySummary: { lastVisit: 7 } }
    expect(WireOrder.parse(odd)).toMatchObject({ customAttributes: null, customerJourneySummary: null })
  })
})
