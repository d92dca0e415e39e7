import { z } from 'zod'

/** A carrier's canonical code in stockpool: lower case, such as `ups`, `royal-mail`; `other` with a name for the rest. */
export const CarrierCode = z
  .string()
  .regex(/^[a-z0-9-]{2,40}$/, 'carrier must be a canonical code such as "ups"')
export type CarrierCode = z.infer<typeof CarrierCode>

export interface Carrier {
  readonly code: string
  readonly name: string
  /** Other spellings that platforms and warehouses use, in lower case without punctuation. */
  readonly aliases: readonly string[]
  /** The public tracking page; `{number}` stands for the tracking number. */
  readonly trackingUrl: string | null
}

/**
 * The one registry. A platform's own code for a carrier is data of its adapter, keyed by `code`; what a platform
 * or a warehouse calls a carrier is found here by `carrierFrom`.
 */
export const carriers: readonly Carrier[] = [
  {
    code: 'ups',
    name: 'UPS',
    aliases: ['united parcel service', 'upsn'],
    trackingUrl: 'https://www.ups.com/track?tracknum={number}',
  },
  {
    code: 'usps',
    name: 'USPS',
    aliases: ['us postal service', 'united states postal service', 'stamps com', 'endicia'],
    trackingUrl: 'https://tools.usps.com/go/TrackConfirmAction?tLabels={number}',
  },
  {
    code: 'fedex',
    name: 'FedEx',
    aliases: ['federal express', 'fedex ground', 'fedex express', 'fedex home delivery', 'fdx'],
    trackingUrl: 'https://www.fedex.com/fedextrack/?trknbr={number}',
  },
  {
    code: 'fedex-smartpost',
    name: 'FedEx Ground Economy',
    aliases: ['fedex smartpost', 'smartpost', 'fedex ground economy'],
    trackingUrl: 'https://www.fedex.com/fedextrack/?trknbr={number}',
  },
  {
    code: 'dhl-express',
    name: 'DHL Express',
    aliases: ['dhl', 'dhlexpress'],
    trackingUrl: 'https://www.dhl.com/en/express/tracking.html?AWB={number}',
  },
  {
    code: 'dhl-ecommerce',
    name: 'DHL eCommerce',
    aliases: ['dhl e commerce', 'dhl global mail', 'dhlecommerce', 'dhlglobalmail'],
    trackingUrl: 'https://webtrack.dhlecs.com/orders?trackingNumber={number}',
  },
  {
    code: 'dhl-de',
    name: 'DHL Paket',
    aliases: ['deutsche post dhl', 'dhl paket', 'dhl germany'],
    trackingUrl: 'https://www.dhl.de/de/privatkunden/dhl-sendungsverfolgung.html?piececode={number}',
  },
  {
    code: 'amazon',
    name: 'Amazon Shipping',
    aliases: ['amazon logistics', 'amzl', 'amzl us', 'amzn us', 'swa'],
    trackingUrl: 'https://track.amazon.com/tracking/{number}',
  },
  {
    code: 'ontrac',
    name: 'OnTrac',
    aliases: ['lasership', 'on trac'],
    trackingUrl: 'https://www.ontrac.com/tracking/?number={number}',
  },
  { code: 'lso', name: 'Lone Star Overnight', aliases: ['lonestar'], trackingUrl: null },
  { code: 'uds', name: 'United Delivery Service', aliases: ['united delivery service'], trackingUrl: null },
  {
    code: 'veho',
    name: 'Veho',
    aliases: [],
    trackingUrl: 'https://track.shipveho.com/#/trackingId/{number}',
  },
  {
    code: 'uniuni',
    name: 'UniUni',
    aliases: ['uni uni'],
    trackingUrl: 'https://www.uniuni.com/tracking/#tracking-detail?no={number}',
  },
  { code: 'passport', name: 'Passport', aliases: ['passport global'], trackingUrl: null },
  {
    code: 'asendia',
    name: 'Asendia',
    aliases: ['asendia usa'],
    trackingUrl: 'https://a1.asendiausa.com/tracking/?trackingnumber={number}',
  },
  {
    code: 'osm',
    name: 'OSM Worldwide',
    aliases: ['osm'],
    trackingUrl: 'https://www.osmworldwide.com/tracking/?trackingNumbers={number}',
  },
  {
    code: 'canada-post',
    name: 'Canada Post',
    aliases: ['postes canada'],
    trackingUrl: 'https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={number}',
  },
  {
    code: 'purolator',
    name: 'Purolator',
    aliases: [],
    trackingUrl: 'https://www.purolator.com/en/shipping/tracker?pin={number}',
  },
  {
    code: 'royal-mail',
    name: 'Royal Mail',
    aliases: ['royalmail'],
    trackingUrl: 'https://www.royalmail.com/track-your-item#/tracking-results/{number}',
  },
  {
    code: 'evri',
    name: 'Evri',
    aliases: ['hermes', 'hermes uk', 'myhermes'],
    trackingUrl: 'https://www.evri.com/track/parcel/{number}',
  },
  {
    code: 'dpd',
    name: 'DPD',
    aliases: ['dpd group', 'dpd uk', 'dpd de'],
    trackingUrl: 'https://tracking.dpd.de/status/en_US/parcel/{number}',
  },
  {
    code: 'gls',
    name: 'GLS',
    aliases: ['general logistics systems'],
    trackingUrl: 'https://gls-group.eu/track/{number}',
  },
  { code: 'yodel', name: 'Yodel', aliases: [], trackingUrl: 'https://www.yodel.co.uk/tracking/{number}' },
  { code: 'postnl', name: 'PostNL', aliases: ['post nl'], trackingUrl: null },
  {
    code: 'bpost',
    name: 'bpost',
    aliases: ['landmark global'],
    trackingUrl: 'https://track.bpost.cloud/btr/web/#/search?itemCode={number}',
  },
  {
    code: 'colissimo',
    name: 'Colissimo',
    aliases: ['la poste'],
    trackingUrl: 'https://www.laposte.fr/outils/suivre-vos-envois?code={number}',
  },
  { code: 'chronopost', name: 'Chronopost', aliases: [], trackingUrl: null },
  { code: 'correos', name: 'Correos', aliases: [], trackingUrl: null },
  {
    code: 'poste-italiane',
    name: 'Poste Italiane',
    aliases: ['sda', 'poste italiane sda'],
    trackingUrl: null,
  },
  {
    code: 'australia-post',
    name: 'Australia Post',
    aliases: ['auspost', 'aus post'],
    trackingUrl: 'https://auspost.com.au/mypost/track/#/details/{number}',
  },
  { code: 'japan-post', name: 'Japan Post', aliases: ['jp post', 'yu pack'], trackingUrl: null },
  { code: 'yamato', name: 'Yamato Transport', aliases: ['kuroneko', 'yamato transport'], trackingUrl: null },
  { code: 'sagawa', name: 'Sagawa Express', aliases: ['sagawa express'], trackingUrl: null },
]

const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()

const byName = new Map(
  carriers.flatMap((carrier) =>
    [carrier.code, carrier.name, ...carrier.aliases].map((name) => [plain(name), carrier] as const),
  ),
)

/**
 * Finds the carrier that a platform or a warehouse named in its own words; `null` when it is not in the registry
 * (then keep the words: a parcel's `carrierName`).
 * @example carrierFrom('FedEx Ground')?.code // 'fedex'
 */
export function carrierFrom(words: string): Carrier | null {
  return byName.get(plain(words)) ?? null
}

/** The public tracking page of a parcel, or `null` when the carrier has none on record. */
export function trackingUrl(carrier: string | null, number: string): string | null {
  const found = carrier === null ? undefined : carriers.find(({ code }) => code === carrier)
  return found?.trackingUrl?.replace('{number}', encodeURIComponent(number)) ?? null
}
