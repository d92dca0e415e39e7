import { z } from 'zod'

/** A carrier's canonical code in stockpool: lower case, such as `ups`, `royal-mail`; `other` with a name for the rest. */
export const CarrierCode = z
  .string()
  .regex(/^[a-z0-9-]{2,40}$/, 'carrier must be a canonical code such as "ups"')
export type CarrierCode = z.infer<typeof CarrierCode>

export interface Carrier {
  readonly code: string
  readonly name: string
  /** Other spellings that platforms and warehouses use; case, accents and punctuation do not matter. */
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
    aliases: [
      'united parcel service', 'upsn', 'ups ground', 'ups next day air', 'ups 2nd day air', 'ups 3 day select',
      'ups standard', 'ups worldwide express',
    ], // biome-ignore format: a list reads better packed
    trackingUrl: 'https://www.ups.com/track?tracknum={number}',
  },
  {
    code: 'usps',
    name: 'USPS',
    aliases: [
      'us postal service', 'united states postal service', 'stamps com', 'endicia', 'usps ground advantage',
      'usps priority mail', 'usps priority mail express', 'usps first class mail', 'usps media mail',
    ], // biome-ignore format: a list reads better packed
    trackingUrl: 'https://tools.usps.com/go/TrackConfirmAction?tLabels={number}',
  },
  {
    code: 'fedex',
    name: 'FedEx',
    aliases: [
      'federal express', 'fedex ground', 'fedex express', 'fedex home delivery', 'fdx', 'fedex 2day', 'fedex freight',
      'fedex express saver', 'fedex standard overnight', 'fedex priority overnight', 'fedex international',
    ], // biome-ignore format: a list reads better packed
    trackingUrl: 'https://www.fedex.com/fedextrack/?trknbr={number}',
  },
  {
    code: 'fedex-smartpost',
    name: 'FedEx Ground Economy',
    aliases: ['smartpost'],
    trackingUrl: 'https://www.fedex.com/fedextrack/?trknbr={number}',
  },
  {
    code: 'dhl-express',
    name: 'DHL Express',
    aliases: ['dhl', 'dhlexpress', 'dhl express worldwide', 'dhl international'],
    trackingUrl: 'https://www.dhl.com/en/express/tracking.html?AWB={number}',
  },
  {
    code: 'dhl-ecommerce',
    name: 'DHL eCommerce',
    aliases: [
      'dhl e commerce', 'dhl global mail', 'dhlecommerce', 'dhlglobalmail', 'dhl ecommerce us', 'dhl ecommerce solutions',
      'dhl smartmail',
    ], // biome-ignore format: a list reads better packed
    trackingUrl: 'https://webtrack.dhlecs.com/orders?trackingNumber={number}',
  },
  {
    code: 'dhl-de',
    name: 'DHL Paket',
    aliases: ['deutsche post dhl', 'dhl germany'],
    trackingUrl: 'https://www.dhl.de/de/privatkunden/dhl-sendungsverfolgung.html?piececode={number}',
  },
  {
    code: 'amazon',
    name: 'Amazon Shipping',
    aliases: ['amazon logistics', 'amzl', 'amzl us', 'amzn us', 'swa', 'amazon mcf'],
    trackingUrl: 'https://track.amazon.com/tracking/{number}',
  },
  {
    code: 'ontrac',
    name: 'OnTrac',
    aliases: ['lasership', 'on trac'],
    trackingUrl: 'https://www.ontrac.com/tracking/?number={number}',
  },
  { code: 'lso', name: 'Lone Star Overnight', aliases: ['lonestar'], trackingUrl: null },
  { code: 'uds', name: 'United Delivery Service', aliases: [], trackingUrl: null },
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
  {
    code: 'passport',
    name: 'Passport',
    aliases: ['passport global', 'passport shipping'],
    trackingUrl: null,
  },
  {
    code: 'asendia',
    name: 'Asendia',
    aliases: ['asendia usa'],
    trackingUrl: 'https://a1.asendiausa.com/tracking/?trackingnumber={number}',
  },
  {
    code: 'osm',
    name: 'OSM Worldwide',
    aliases: [],
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
    aliases: ['royalmail', 'royal mail tracked 24', 'royal mail tracked 48', 'royal mail special delivery'],
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
  {
    code: 'japan-post',
    name: 'Japan Post',
    aliases: ['jp post', 'yu pack', '日本郵便', 'ゆうパック'],
    trackingUrl: null,
  },
  {
    code: 'yamato',
    name: 'Yamato Transport',
    aliases: ['kuroneko', 'ヤマト運輸'],
    trackingUrl: null,
  },
  { code: 'sagawa', name: 'Sagawa Express', aliases: ['佐川急便'], trackingUrl: null },
  // Carriers whose tracking page is not on record keep the address that the shipper gives.
  {
    code: 'ups-mail-innovations',
    name: 'UPS Mail Innovations',
    aliases: ['ups mi', 'mail innovations', 'ups surepost', 'surepost', 'ups ground saver'],
    trackingUrl: 'https://www.ups.com/track?tracknum={number}',
  },
  {
    code: 'pitney-bowes',
    name: 'Pitney Bowes',
    aliases: ['newgistics', 'pitney bowes global'],
    trackingUrl: null,
  },
  { code: 'better-trucks', name: 'Better Trucks', aliases: ['bettertrucks'], trackingUrl: null },
  { code: 'jitsu', name: 'Jitsu', aliases: ['axlehire', 'axle hire'], trackingUrl: null },
  { code: 'gofo', name: 'GOFO', aliases: ['gofo express', 'cirro'], trackingUrl: null },
  { code: 'speedx', name: 'SpeedX', aliases: ['speed x'], trackingUrl: null },
  {
    code: 'cdl',
    name: 'CDL Last Mile',
    aliases: ['cdl last mile solutions', 'cdl delivers'],
    trackingUrl: null,
  },
  {
    code: 'tforce',
    name: 'TForce',
    aliases: ['tforce logistics', 'tforce freight', 'ups freight'],
    trackingUrl: null,
  },
  { code: 'apc', name: 'APC Postal Logistics', aliases: ['apc postal'], trackingUrl: null },
  { code: 'globegistics', name: 'Asendia Globegistics', aliases: ['globegistics inc'], trackingUrl: null },
  {
    code: 'canpar',
    name: 'Canpar',
    aliases: ['canpar express', 'canpar courier'],
    trackingUrl: 'https://www.canpar.com/en/tracking/delivery_options.htm?barcode={number}',
  },
  { code: 'intelcom', name: 'Intelcom', aliases: ['intelcom express', 'dragonfly'], trackingUrl: null },
  {
    code: 'parcelforce',
    name: 'Parcelforce',
    aliases: ['parcelforce worldwide', 'parcel force'],
    trackingUrl: 'https://www.parcelforce.com/track-trace?trackNumber={number}',
  },
  { code: 'apc-overnight', name: 'APC Overnight', aliases: [], trackingUrl: null },
  {
    code: 'an-post',
    name: 'An Post',
    aliases: ['anpost'],
    trackingUrl: 'https://www.anpost.com/Post-Parcels/Track/History?item={number}',
  },
  { code: 'deutsche-post', name: 'Deutsche Post', aliases: ['deutschepost'], trackingUrl: null },
  {
    code: 'hermes-de',
    name: 'Hermes Germany',
    aliases: ['hermes logistik', 'myhermes de'],
    trackingUrl: null,
  },
  {
    code: 'austrian-post',
    name: 'Austrian Post',
    aliases: ['österreichische post', 'post at'],
    trackingUrl: 'https://www.post.at/en/s/shipment-search?snr={number}',
  },
  {
    code: 'swiss-post',
    name: 'Swiss Post',
    aliases: ['die schweizerische post', 'post ch', 'la poste suisse'],
    trackingUrl: 'https://service.post.ch/ekp-web/ui/entry/search/{number}',
  },
  { code: 'colis-prive', name: 'Colis Privé', aliases: ['colisprive'], trackingUrl: null },
  { code: 'mondial-relay', name: 'Mondial Relay', aliases: ['mondialrelay'], trackingUrl: null },
  { code: 'seur', name: 'SEUR', aliases: [], trackingUrl: null },
  { code: 'mrw', name: 'MRW', aliases: [], trackingUrl: null },
  {
    code: 'brt',
    name: 'BRT',
    aliases: ['bartolini', 'brt bartolini', 'brt corriere espresso'],
    trackingUrl: null,
  },
  {
    code: 'inpost',
    name: 'InPost',
    aliases: ['inpost paczkomaty'],
    trackingUrl: 'https://inpost.pl/sledzenie-przesylek?number={number}',
  },
  { code: 'packeta', name: 'Packeta', aliases: ['zásilkovna'], trackingUrl: null },
  {
    code: 'postnord',
    name: 'PostNord',
    aliases: ['post nord'],
    trackingUrl: 'https://tracking.postnord.com/en/tracking?id={number}',
  },
  { code: 'bring', name: 'Bring', aliases: ['posten', 'posten bring', 'posten norge'], trackingUrl: null },
  { code: 'posti', name: 'Posti', aliases: ['itella'], trackingUrl: null },
  {
    code: 'tnt',
    name: 'TNT',
    aliases: ['tnt express'],
    trackingUrl: 'https://www.tnt.com/express/en_us/site/tracking.html?searchType=con&cons={number}',
  },
  { code: 'startrack', name: 'StarTrack', aliases: ['star track'], trackingUrl: null },
  {
    code: 'sendle',
    name: 'Sendle',
    aliases: [],
    trackingUrl: 'https://track.sendle.com/tracking?ref={number}',
  },
  {
    code: 'nz-post',
    name: 'NZ Post',
    aliases: ['new zealand post', 'nzpost', 'courierpost'],
    trackingUrl: 'https://www.nzpost.co.nz/tools/tracking?trackid={number}',
  },
  {
    code: 'aramex',
    name: 'Aramex',
    aliases: ['fastway'],
    trackingUrl: 'https://www.aramex.com/track/results?ShipmentNumber={number}',
  },
  {
    code: 'china-post',
    name: 'China Post',
    aliases: ['ems china', 'china ems', '中国邮政'],
    trackingUrl: null,
  },
  { code: 'sf-express', name: 'SF Express', aliases: ['sf', 'shunfeng', '顺丰速运'], trackingUrl: null },
  {
    code: 'yunexpress',
    name: 'YunExpress',
    aliases: ['yun express', 'yuntrack'],
    trackingUrl: 'https://www.yuntrack.com/parcelTracking?id={number}',
  },
  {
    code: '4px',
    name: '4PX',
    aliases: ['4px express'],
    trackingUrl: 'https://track.4px.com/#/result/0/{number}',
  },
  {
    code: 'cainiao',
    name: 'Cainiao',
    aliases: ['aliexpress standard shipping', '菜鸟'],
    trackingUrl: 'https://global.cainiao.com/newDetail.htm?mailNoList={number}',
  },
  { code: 'korea-post', name: 'Korea Post', aliases: ['우체국'], trackingUrl: null },
  { code: 'singpost', name: 'Singapore Post', aliases: ['singpost speedpost'], trackingUrl: null },
  { code: 'india-post', name: 'India Post', aliases: ['indiapost'], trackingUrl: null },
  {
    code: 'delhivery',
    name: 'Delhivery',
    aliases: [],
    trackingUrl: 'https://www.delhivery.com/track/package/{number}',
  },
  { code: 'blue-dart', name: 'Blue Dart', aliases: ['bluedart'], trackingUrl: null },
  { code: 'correios', name: 'Correios', aliases: ['correios brasil'], trackingUrl: null },
  { code: 'estafeta', name: 'Estafeta', aliases: [], trackingUrl: null },
]

const plain = (text: string) =>
  text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
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
