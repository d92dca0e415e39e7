import { carriers } from '../../src/model/carrier.ts'

/**
 * Amazon's own carrier codes by ours, spelled as the CarrierCode list of its amzn-base.xsd has them (quoted in
 * amzn/selling-partner-api-docs#712). Amazon compares exactly, case included; a code it does not know counts as
 * untracked (amzn/selling-partner-api-docs#2530, #772). What is not here goes as `Other` with the carrier's name.
 */
export const carrierCodes: Readonly<Record<string, string>> = {
  ups: 'UPS',
  usps: 'USPS',
  fedex: 'FedEx',
  'fedex-smartpost': 'FedEx SmartPost',
  'dhl-express': 'DHL',
  'dhl-de': 'DHL',
  'dhl-ecommerce': 'DHL Global Mail',
  ontrac: 'OnTrac',
  osm: 'OSM',
  'canada-post': 'Canada Post',
  'royal-mail': 'Royal Mail',
  dpd: 'DPD',
  gls: 'GLS',
  yodel: 'Yodel',
  colissimo: 'La Poste',
  chronopost: 'Chronopost',
  'poste-italiane': 'Poste Italiane',
  yamato: 'YAMATO',
  sagawa: 'SAGAWA',
}

/** What confirmShipment wants of a carrier: a code, and a name when the code is `Other`. */
export function carrierOf(
  code: string | null,
  name: string | null,
): { carrierCode: string; carrierName?: string } {
  const known = code === null ? undefined : carrierCodes[code]
  if (known !== undefined) return { carrierCode: known }
  const registered = carriers.find((carrier) => carrier.code === code)
  return { carrierCode: 'Other', carrierName: name ?? registered?.name ?? code ?? 'Other' }
}
