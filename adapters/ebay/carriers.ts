import type { ShipmentNotice } from '../../src/spec/index.ts'

/**
 * eBay's own carrier codes by ours: ShippingCarrierCodeType of the Trading API's WSDL, which the Fulfillment API shares.
 * Anything else goes as `Other`, eBay's word for "any carrier not listed here": a code that it does not know it refuses (32300).
 */
export const carrierCodes: Readonly<Record<string, string>> = {
  ups: 'UPS',
  'ups-mail-innovations': 'UPSMailInnovations',
  usps: 'USPS',
  fedex: 'FedEx',
  'fedex-smartpost': 'FedExSmartPost',
  'dhl-express': 'DHLEXPRESS',
  'dhl-ecommerce': 'DHLGlobalMail',
  'dhl-de': 'DHL',
  'deutsche-post': 'DeutschePost',
  'hermes-de': 'Hermes',
  ontrac: 'ONTRACK',
  apc: 'APC',
  canpar: 'CanPar',
  'canada-post': 'CPC',
  'royal-mail': 'RoyalMail',
  parcelforce: 'Parcelforce',
  evri: 'Hermes',
  yodel: 'Yodel',
  dpd: 'DPD',
  gls: 'GLS',
  tnt: 'TNT',
  postnl: 'PostNL',
  bpost: 'BPost',
  'an-post': 'AnPost',
  colissimo: 'Colissimo',
  chronopost: 'Chronopost',
  'mondial-relay': 'MondialRelay',
  correos: 'Correos',
  seur: 'Seur',
  mrw: 'MRW',
  'poste-italiane': 'PosteItaliane',
  brt: 'Bartolini',
  'swiss-post': 'SwissPost',
  'austrian-post': 'OsterreichischePostAG',
  'australia-post': 'AustraliaPost',
  startrack: 'StarTrack',
  'japan-post': 'JapanPost',
  'china-post': 'ChinaPost',
  '4px': 'FourPX',
  'korea-post': 'KoreaPost',
  singpost: 'SINGAPOREPOST',
  'india-post': 'IndiaPost',
  aramex: 'ARAMEX',
}

export const carrierOf = ({ carrier }: Pick<ShipmentNotice, 'carrier'>): string =>
  (carrier === null ? undefined : carrierCodes[carrier]) ?? 'Other'
