import { describe, expect, it } from 'vitest'
import { CarrierCode, carrierFrom, carriers, trackingUrl } from '../../src/model/carrier.ts'

/** As the registry compares names: without case, accents and punctuation. */
const plain = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

describe('the registry of carriers', () => {
  it('has codes that are valid and unique', () => {
    const codes = carriers.map(({ code }) => code)
    for (const code of codes) expect(CarrierCode.safeParse(code).success, code).toBe(true)
    expect(new Set(codes).size).toBe(codes.length)
  })

  it('has no two carriers that share a name, in any spelling', () => {
    const owners = new Map<string, string>()
    const clashes: string[] = []
    for (const { code, name, aliases } of carriers) {
      for (const spelling of new Set([code, name, ...aliases].map(plain))) {
        const owner = owners.get(spelling)
        if (owner !== undefined) clashes.push(`"${spelling}" is ${owner} and ${code}`)
        owners.set(spelling, code)
      }
    }
    expect(clashes).toEqual([])
  })

  it('lists no alias that says nothing new', () => {
    const idle = carriers.flatMap(({ code, name, aliases }) => {
      const own = [plain(code), plain(name)]
      const spelt = aliases.map(plain)
      return spelt
        .filter((each, index) => own.includes(each) || spelt.indexOf(each) !== index)
        .map((each) => `${code}: ${each}`)
    })
    expect(idle).toEqual([])
  })

  it('finds every carrier by its code, name and aliases', () => {
    for (const { code, name, aliases } of carriers) {
      for (const words of [code, name, ...aliases, name.toUpperCase(), ` ${name}. `]) {
        expect(carrierFrom(words)?.code, words).toBe(code)
      }
    }
  })

  it.each([
    ['FedEx Ground', 'fedex'],
    ['FEDEX-GROUND', 'fedex'],
    ['FedEx SmartPost®', 'fedex-smartpost'],
    ['U.S. Postal Service', undefined],
    ['US Postal Service', 'usps'],
    ['USPS Ground Advantage', 'usps'],
    ['DHL', 'dhl-express'],
    ['DhlGlobalMail', 'dhl-ecommerce'],
    ['UPS SurePost', 'ups-mail-innovations'],
    ['OnTrac', 'ontrac'],
    ['LaserShip', 'ontrac'],
    ['Colis Prive', 'colis-prive'],
    ['Österreichische Post', 'austrian-post'],
    ['ヤマト運輸', 'yamato'],
    ['Pigeon Post', undefined],
    ['', undefined],
    ['---', undefined],
  ])('takes %j for %s', (words, code) => {
    expect(carrierFrom(words)?.code).toBe(code)
  })
})

describe('tracking pages', () => {
  it('are https addresses with one place for the number', () => {
    for (const { code, trackingUrl: page } of carriers) {
      if (page === null) continue
      expect(page.split('{number}'), code).toHaveLength(2)
      expect(new URL(page.replace('{number}', '1')).protocol, code).toBe('https:')
    }
  })

  it('carry the number, whatever it holds, and nothing but it', () => {
    expect(trackingUrl('ups', '1Z999AA10123456784')).toBe(
      'https://www.ups.com/track?tracknum=1Z999AA10123456784',
    )
    for (const { code, trackingUrl: page } of carriers) {
      const url = trackingUrl(code, 'A B&c=d/e#f$&')
      if (page === null) expect(url).toBeNull()
      else expect(url, code).toBe(page.split('{number}').join('A%20B%26c%3Dd%2Fe%23f%24%26'))
    }
  })

  it('are none without a carrier, or for one nobody knows', () => {
    expect(trackingUrl(null, '1')).toBeNull()
    expect(trackingUrl('pigeon', '1')).toBeNull()
  })
})
