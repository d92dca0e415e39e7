import { describe, expect, it } from 'vitest'
import { type BuyerTrail, metaSource } from '../../src/model/source.ts'

const shop = 'https://shop.example/cart'

describe('where a buyer came from', () => {
  it.each<[string, BuyerTrail, ReturnType<typeof metaSource>]>([
    ['cart_origin of the landing page', { landing: `${shop}?cart_origin=instagram` }, 'instagram'],
    ['cart_origin kept with the cart', { attributes: { cart_origin: 'facebook' } }, 'facebook'],
    ['Commerce Manager, which is neither', { landing: `${shop}?cart_origin=meta_shops` }, 'meta'],
    ['a relative landing page', { landing: '/cart?cart_origin=facebook' }, 'facebook'],
    ['a campaign by its word', { landing: `${shop}?utm_source=Instagram&utm_medium=paid` }, 'instagram'],
    ["Meta's site source in an ad", { utmSource: 'fb' }, 'facebook'],
    [
      'the mark on every way from a shop',
      { landing: `${shop}?utm_source=IGShopping&utm_medium=Social` },
      'meta',
    ],
    [
      'the page before, through its redirect',
      { landing: shop, referrer: 'https://l.instagram.com/' },
      'instagram',
    ],
    ['the page before, on a phone', { referrer: 'http://m.facebook.com/' }, 'facebook'],
    ['the app on Android', { referrer: 'android-app://com.instagram.android/' }, 'instagram'],
    ['a click that says only Meta', { landing: `${shop}?fbclid=PAZX` }, 'meta'],
    ['nothing known', {}, null],
    ['another page', { landing: `${shop}?utm_source=google`, referrer: 'https://www.google.com/' }, null],
    ['an address that is none', { landing: 'http://[', referrer: 'not a page' }, null],
    ['a page that only looks like it', { referrer: 'https://notinstagram.com.example/' }, null],
    ['a host that ends alike', { referrer: 'https://fakefacebook.com/' }, null],
    ['a word of the language', { utmSource: 'constructor', attributes: { cart_origin: '__proto__' } }, null],
    ['another word of cart_origin', { landing: `${shop}?cart_origin=whatsapp` }, null],
  ])('%s', (_, trail, expected) => {
    expect(metaSource(trail)).toBe(expected)
  })

  it('the surer sign wins, and one that names neither gives way to one that does', () => {
    expect(metaSource({ landing: `${shop}?cart_origin=instagram&utm_source=facebook` })).toBe('instagram')
    const landing = `${shop}?utm_source=IGShopping&fbclid=PA`
    expect(metaSource({ landing, referrer: 'https://l.facebook.com/' })).toBe('facebook')
  })
})
