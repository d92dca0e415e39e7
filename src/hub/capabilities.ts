import type { ConnectionMap } from './options.ts'

type FacetWith<Facet extends string, Method extends string> = {
  readonly [F in Facet]: { readonly [M in Method]: unknown }
}

/**
 * The names of the connections that have a facet, with a method: `Can<C, 'orders', 'cancel'>`. Asking any other
 * connection for it does not compile.
 */
export type Can<Connections extends ConnectionMap, Facet extends string, Method extends string> = {
  [Name in keyof Connections & string]: Connections[Name] extends FacetWith<Facet, Method> ? Name : never
}[keyof Connections & string]
