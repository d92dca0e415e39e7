import { StockpoolError } from '../error.ts'
import type { HttpRequest } from '../spec/context.ts'
import { assertHost } from './host.ts'
import type { Prepared } from './transport.ts'

/** `undefined` members are left out; an array becomes a repeated parameter. Spaces are `%20`, which every server reads. */
export function encodeQuery(query: NonNullable<HttpRequest<unknown>['query']>): string {
  const parts: string[] = []
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) {
      parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(String(one))}`)
    }
  }
  return parts.join('&')
}

function serialise(json: unknown): string {
  try {
    return JSON.stringify(json)
  } catch (cause) {
    throw new StockpoolError('invalid_input', 'the body cannot be written as JSON', { field: 'json', cause })
  }
}

/** axios would quietly drop the characters and send what is left, which a platform then calls a wrong credential. */
function strayCharacter(name: string): StockpoolError {
  return new StockpoolError(
    'invalid_input',
    'a header holds a line break or another character that cannot be sent',
    {
      field: `headers.${name.replace(/[^\w-]/g, '?')}`,
      remedy: 'check the credentials for stray characters, such as a line break at the end',
    },
  )
}

/** Decides everything about a request but when it goes. @throws StockpoolError `invalid_input` */
export function prepare(
  request: HttpRequest<unknown>,
  hosts: readonly string[],
  userAgent: string,
): Prepared {
  const url = assertHost(request.url, hosts)
  if (request.query !== undefined) {
    const query = encodeQuery(request.query)
    if (query !== '') url.search = url.search === '' ? query : `${url.search.slice(1)}&${query}`
  }
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': userAgent }
  let body: string | undefined
  if (request.json !== undefined) {
    body = serialise(request.json)
    headers['content-type'] = 'application/json'
  } else if (request.form !== undefined) {
    body = new URLSearchParams(request.form).toString()
    headers['content-type'] = 'application/x-www-form-urlencoded'
  }
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw strayCharacter(name)
    headers[name.toLowerCase()] = value
  }
  return { method: request.method, url, headers, body, effect: request.effect }
}

/** Parsed when it is JSON, else the text. */
export function readBody(text: string, contentType: string | undefined): unknown {
  if (text === '') return text
  const declared = contentType !== undefined && /[/+]json\b/i.test(contentType)
  if (!declared && !/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
