import type { ConnectionMap } from './options.ts'

/**
 * The names of the connections that have a facet, with a method: `Can<C, 'orders', 'cancel'>`. Asking any other
 * connection for it does not compile. Of a hub whose connections are not known to the compiler, any name is taken.
 */
export type Can<
  Connections extends ConnectionMap,
  Facet extends string,
  Method extends string,
> = string extends keyof Connections
  ? string
  : {
      [Name in keyof Connections & string]: Connections[Name] extends {
        readonly [F in Facet]: { readonly [M in Method]: unknown }
      }
        ? Name
        : never
    }[keyof Connections & string]
