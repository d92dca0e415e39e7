import { StockpoolError } from '../error.ts'
import type { HttpRequest } from '../spec/context.ts'
import { assertHost } from './host.ts'
import type { Prepared, RawAnswer } from './transport.ts'

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
  } else if (request.text !== undefined) {
    body = request.text.content
    headers['content-type'] = request.text.type
  }
  addHeaders(headers, request.headers)
  const { method, effect, answer } = request
  return { method, url, headers, body, effect, bytes: answer === 'bytes' }
}

function addHeaders(headers: Record<string, string>, more: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries(more)) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\x20-\x7e\x80-\xff]/.test(value))
      throw strayCharacter(name)
    headers[name.toLowerCase()] = value
  }
}

/** The request with what its signature adds, signed for this very moment. @throws StockpoolError `invalid_input` */
export function signed(prepared: Prepared, sign: HttpRequest<unknown>['sign'], at: number): Prepared {
  if (sign === undefined) return prepared
  const { method, headers, body = '' } = prepared
  const added = sign({ method, url: new URL(prepared.url), headers, body, at })
  const url = new URL(prepared.url)
  const query = encodeQuery(added.query ?? {})
  if (query !== '') url.search = url.search === '' ? query : `${url.search.slice(1)}&${query}`
  const all = { ...headers }
  addHeaders(all, added.headers)
  return { ...prepared, url, headers: all }
}

/** Bytes stay bytes when the request asked for them and succeeded; else parsed when it is JSON, else the text. */
export function bodyOf({ status, headers, body }: RawAnswer): unknown {
  if (typeof body !== 'string' && status >= 200 && status < 300) return body
  const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
  return readBody(text, headers['content-type'])
}

function readBody(text: string, contentType: string | undefined): unknown {
  if (text === '') return text
  const declared = contentType !== undefined && /[/+]json\b/i.test(contentType)
  if (!declared && !/^\s*[[{]/.test(text)) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
