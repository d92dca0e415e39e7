import { carrierFrom, carriers } from '../../src/model/carrier.ts'

/**
 * Shopify's own names of carriers, to the letter: only these get a tracking link and delivery news (FulfillmentTrackingInfo,
 * "Supported tracking companies"). Keyed by stockpool's canonical code.
 */
export const shopifyCarriers: Readonly<Record<string, string>> = {
  ups: 'UPS',
  usps: 'USPS',
  fedex: 'FedEx',
  'fedex-smartpost': 'FedEx',
  'dhl-express': 'DHL Express',
  'dhl-ecommerce': 'DHL eCommerce',
  'dhl-de': 'DHL',
  amazon: 'Amazon',
  ontrac: 'OnTrac',
  lso: 'Lone Star Overnight',
  uds: 'United Delivery Service',
  asendia: 'Asendia USA',
  'canada-post': 'Canada Post',
  purolator: 'Purolator',
  'royal-mail': 'Royal Mail',
  evri: 'Evri',
  dpd: 'DPD',
  gls: 'GLS',
  yodel: 'Yodel',
  postnl: 'PostNL',
  bpost: 'BPost',
  colissimo: 'Colissimo',
  chronopost: 'Chronopost',
  correos: 'Correos',
  'poste-italiane': 'Poste Italiane',
  'australia-post': 'Australia Post',
  'japan-post': 'Japan Post (EN)',
  yamato: 'Yamato (EN)',
  sagawa: 'Sagawa (EN)',
}

/** What to write as `trackingInfo.company`; `null` when nobody named the carrier. */
export function companyOf(carrier: string | null, words: string | null): string | null {
  const code = carrier ?? (words === null ? null : (carrierFrom(words)?.code ?? null))
  if (code === null) return words
  return shopifyCarriers[code] ?? words ?? carriers.find((known) => known.code === code)?.name ?? code
}
