import type { SimulatorReply, SimulatorRequest } from './types.ts'

/** The named segments of a path, percent-decoded. */
export type RouteParams = Readonly<Record<string, string>>

export interface Route {
  /** The platform's name of the operation, also the name under which faults are armed. */
  readonly operation: string
  readonly method: string
  /** `{name}` stands for one segment or a part of it: `/orders/{order}`, `/v1/{id}.json`. */
  readonly path: string
  handle(request: SimulatorRequest, params: RouteParams): SimulatorReply | Promise<SimulatorReply>
}

const compiled = new Map<string, { regex: RegExp; names: string[] }>()

function compile(pattern: string): { regex: RegExp; names: string[] } {
  const known = compiled.get(pattern)
  if (known) return known
  const names: string[] = []
  const source = pattern
    .split(/(\{[^}]+\})/)
    .map((part) => {
      if (!part.startsWith('{')) return part.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
      names.push(part.slice(1, -1))
      return '([^/]+?)'
    })
    .join('')
  const made = { regex: new RegExp(`^${source}/?$`), names }
  compiled.set(pattern, made)
  return made
}

/**
 * Matches a path as it was sent (still percent-encoded) against a pattern; each segment is decoded on its own, so
 * that `%2F` in a SKU does not split it. `null` when it does not match, or is not valid percent-encoding.
 * @example matchPath('/items/{seller}/{sku}', '/items/A1/MUG%2FRED') // { seller: 'A1', sku: 'MUG/RED' }
 */
export function matchPath(pattern: string, path: string): RouteParams | null {
  const { regex, names } = compile(pattern)
  const match = regex.exec(path)
  if (!match) return null
  try {
    return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]))
  } catch {
    return null
  }
}

/** The `operationOf` and `handle` of a definition, made from a list of routes. The first match wins. */
export function router(
  routes: readonly Route[],
  missing: (request: SimulatorRequest) => SimulatorReply = () => ({
    status: 404,
    body: { error: 'not_found' },
  }),
): {
  operationOf(request: SimulatorRequest): string
  handle(request: SimulatorRequest): SimulatorReply | Promise<SimulatorReply>
} {
  const find = (request: SimulatorRequest) => {
    for (const route of routes) {
      const params = route.method === request.method ? matchPath(route.path, request.path) : null
      if (params) return { route, params }
    }
    return null
  }
  return {
    operationOf: (request) => find(request)?.route.operation ?? 'unknown',
    handle: (request) => {
      const found = find(request)
      return found ? found.route.handle(request, found.params) : missing(request)
    },
  }
}
