import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'

/** Sends one webhook and gives the status; 0 and a reason when no answer came in time. Never throws. */
export function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  timeoutMs: number,
  stop: AbortSignal,
): Promise<{ status: number; error: string | null }> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)])
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve({ status: 0, error: error.message })
    const request = send(
      url,
      // A connection of its own for each, so that closing the receiver is never held up by an idle socket.
      {
        method: 'POST',
        agent: false,
        signal,
        headers: { ...headers, 'content-length': String(body.length) },
      },
      (response) => {
        response.on('error', failed)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, error: null }))
        response.resume()
      },
    )
    request.on('error', failed)
    request.end(body)
  })
}
