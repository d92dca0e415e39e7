/** What TikTok says around every answer. */
export interface Said {
  readonly code: number
  readonly message: string
  readonly requestId: string | null
}

/** TikTok's own code in a body; `null` when it is no answer of TikTok's. */
export function codeOf(body: unknown): number | null {
  const code = (body as { readonly code?: unknown } | null | undefined)?.code
  return typeof code === 'number' && Number.isInteger(code) ? code : null
}

/** `{ code, message, request_id }` of a body; `null` when it is no answer of TikTok's. */
export function saidBy(body: unknown): Said | null {
  const code = codeOf(body)
  if (code === null) return null
  const { message, request_id } = body as { readonly message?: unknown; readonly request_id?: unknown }
  return {
    code,
    message: typeof message === 'string' ? message.slice(0, 500) : '',
    requestId: typeof request_id === 'string' ? request_id.slice(0, 100) : null,
  }
}
