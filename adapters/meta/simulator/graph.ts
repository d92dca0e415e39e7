import { reply, type SimulatorReply } from '../../../src/simulator/index.ts'

/** The Graph API's error envelope. */
export function refused(
  status: number,
  code: number,
  message: string,
  more: { readonly subcode?: number; readonly type?: string; readonly transient?: boolean } = {},
): SimulatorReply {
  return reply(status, {
    error: {
      message,
      type: more.type ?? 'OAuthException',
      code,
      ...(more.subcode === undefined ? {} : { error_subcode: more.subcode }),
      ...(more.transient === undefined ? {} : { is_transient: more.transient }),
      fbtrace_id: 'Asimulated0trace',
    },
  })
}

export const invalid = (message: string) => refused(400, 100, `(#100) ${message}`)

export const badToken = () => refused(400, 190, 'Invalid OAuth access token - Cannot parse access token')

export const endedToken = () =>
  refused(400, 190, 'Error validating access token: Session has expired.', { subcode: 463 })

export const badProof = () =>
  refused(400, 100, 'Invalid appsecret_proof provided in the API argument', { type: 'GraphMethodException' })

/** Nothing there, or nothing that this token may see: the same words. */
export const nothing = (method: string, id: string) =>
  refused(
    400,
    100,
    `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation.`,
    { subcode: 33, type: 'GraphMethodException' },
  )

export const removed = (edge: string) =>
  refused(
    400,
    12,
    `(#12) ${edge} is deprecated: the Commerce Order Management API was removed on October 27, 2026.`,
  )

export const tooMany = (code: 80009 | 80014) =>
  refused(
    400,
    code,
    code === 80014
      ? '(#80014) There have been too many calls for the batch uploads to this catalog account. Wait a bit and try again.'
      : '(#80009) There have been too many calls to this Catalog account. Wait a bit and try again.',
  )

/** What a fault of this status looks like. */
export function documented(status: number): SimulatorReply {
  if (status === 401) return { ...badToken(), status }
  if (status === 403) return refused(403, 200, '(#200) Permissions error')
  if (status === 404) return { ...nothing('GET', '0'), status }
  if (status === 429)
    return { ...refused(429, 4, '(#4) Application request limit reached', { transient: true }) }
  if (status >= 500) return refused(status, 2, 'Service temporarily unavailable', { transient: true })
  return invalid('Invalid parameter')
}
