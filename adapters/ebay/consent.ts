/** What stockpool asks a seller for. `sell.finances` is for refunds, the bare one for the application's own token. */
export const ebayScopes: readonly string[] = [
  'https://api.ebay.com/oauth/api_scope',
  'https://api.ebay.com/oauth/api_scope/sell.fulfillment',
  'https://api.ebay.com/oauth/api_scope/sell.inventory',
  'https://api.ebay.com/oauth/api_scope/sell.finances',
  'https://api.ebay.com/oauth/api_scope/commerce.notification.subscription',
]

export interface EbayConsent {
  /** The keyset's App ID. */
  readonly clientId: string
  /** The RuName of the keyset, which is no address: eBay has the address that belongs to it. */
  readonly ruName: string
  /** Default: `ebayScopes`. */
  readonly scopes?: readonly string[]
  /** Comes back beside the code: make it up anew each time, and compare it. */
  readonly state?: string
  readonly sandbox?: boolean
}

/**
 * Where to send a seller to consent, or to consent again. eBay then calls the address of the RuName with a `code`, good for
 * five minutes, which the token endpoint exchanges for a refresh token (docs/ebay.md).
 * @example ebayConsentUrl({ clientId, ruName: 'Acme-Acme-PRD-a1b2c3d4e', state })
 */
export function ebayConsentUrl({
  clientId,
  ruName,
  scopes = ebayScopes,
  state,
  sandbox,
}: EbayConsent): string {
  const query: readonly (readonly [string, string])[] = [
    ['client_id', clientId],
    ['response_type', 'code'],
    ['redirect_uri', ruName],
    // Spaces as %20: whether eBay reads a `+` here is nowhere said.
    ['scope', scopes.join(' ')],
    ...(state === undefined ? [] : ([['state', state]] as const)),
  ]
  const encoded = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  return `https://auth${sandbox ? '.sandbox' : ''}.ebay.com/oauth2/authorize?${encoded}`
}
