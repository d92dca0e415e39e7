import { z } from 'zod'
import type { AdapterContext, Deadline } from '../../src/spec/index.ts'
import { send } from './client.ts'
import type { Settings } from './options.ts'

const SigningKeysAnswer = z.object({
  signingKeys: z
    .array(z.object({ jwe: z.string().nullish(), expirationTime: z.number().nullish() }))
    .nullish(),
})

/** When the key that signs ends: three years after it was made. `null`: eBay does not know the key, or does not say. */
async function signingKeyEnd(
  context: AdapterContext,
  settings: Settings,
  jwe: string,
): Promise<number | null> {
  const { data } = await send(context, settings, {
    operation: 'getSigningKeys',
    bucket: 'keys',
    effect: 'read',
    method: 'GET',
    path: '/developer/key_management/v1/signing_key',
    auth: 'application',
    schema: SigningKeysAnswer,
  })
  const seconds = data.signingKeys?.find((key) => key.jwe === jwe)?.expirationTime
  return seconds == null ? null : seconds * 1000
}

/** What ends: the seller's consent, as far as the options tell, and the signing key, which eBay tells. */
export async function deadlinesOf(context: AdapterContext, settings: Settings): Promise<readonly Deadline[]> {
  const { refreshTokenExpiresAt: consent, signature } = settings
  const key = signature === null ? null : await signingKeyEnd(context, settings, signature.jwe)
  return [
    ...(consent === null
      ? []
      : [
          {
            id: 'consent',
            what: "the seller's consent",
            at: consent,
            remedy:
              'Let the seller consent again (ebayConsentUrl), exchange the code, and give the new refreshToken and refreshTokenExpiresAt.',
          },
        ]),
    ...(key === null
      ? []
      : [
          {
            id: 'signing-key',
            what: 'the key that signs refunds and cancellations',
            at: key,
            remedy: 'Make a new one with createSigningKey, and give its jwe and privateKey as signature.',
          },
        ]),
  ]
}
