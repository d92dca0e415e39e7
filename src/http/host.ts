import { StockpoolError } from '../error.ts'

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

export function isLoopback(hostname: string): boolean {
  return loopback.test(hostname)
}

/** Names without a dot never leave the local network (a compose service, say). */
function mayBePlain(hostname: string): boolean {
  return isLoopback(hostname) || /^[a-z0-9-]+$/i.test(hostname)
}

/**
 * Refuses every URL whose host the connection did not name, so that no answer and no setting can lead a credential
 * elsewhere. An entry without a port stands for the scheme's own port; `*.name` for every name below it, by https.
 *
 * @throws StockpoolError `invalid_input`
 */
export function assertHost(url: string, hosts: readonly string[]): URL {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw new StockpoolError('invalid_input', 'the request has no absolute URL', {
      field: 'url',
      remedy: 'give an absolute https URL as endpoint',
    })
  }
  // `host` leaves out the scheme's own port, as does an entry of `hosts`.
  const { host, hostname, protocol } = parsed
  const known = hosts.some((name) => {
    const wanted = name.toLowerCase()
    if (wanted.startsWith('*.')) return protocol === 'https:' && host.endsWith(wanted.slice(1))
    return wanted === host || (wanted === `${host}:443` && protocol === 'https:')
  })
  if (!known) {
    throw new StockpoolError('invalid_input', `${host} is none of this connection's hosts`, {
      field: 'url',
      remedy: `calls may go to ${hosts.join(', ') || 'no host at all'}`,
    })
  }
  if (protocol !== 'https:' && !(protocol === 'http:' && mayBePlain(hostname))) {
    throw new StockpoolError('invalid_input', `${host} must be called by https`, {
      field: 'url',
      remedy: 'give an endpoint that starts with https://',
    })
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw new StockpoolError('invalid_input', 'a URL must not carry a user or a password', {
      field: 'url',
      remedy: 'give credentials by the options made for them',
    })
  }
  return parsed
}
