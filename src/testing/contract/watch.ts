import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { isStockpoolError } from '../../error.ts'
import type { AdapterContext, Connection } from '../../spec/index.ts'

/** Looks at everything a connection gives, throws or logs, for secrets and buyer data. */
export interface Watch {
  readonly connection: Connection
  readonly context: AdapterContext
  /** Fails when something was seen that must not be. */
  verify(): void
}

// Shorter values (a page size, a country) would be found everywhere by chance.
const shortest = 6

export function printed(value: unknown): string {
  // Both: JSON for what is stored and sent, `inspect` for what a console shows, causes and hidden members included.
  return `${safeJson(value)} ${inspect(value, { depth: 12, maxStringLength: null, maxArrayLength: null })}`
}

function safeJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}

/** The texts of a buyer and an address that would tell who someone is. */
function personal(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, child]) => {
    if (key === 'buyer' || key === 'shipTo') return identifying(child)
    return key === 'raw' ? [] : personal(child)
  })
}

function identifying(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const named = value as Record<string, unknown>
  return ['name', 'email', 'phone', 'line1']
    .map((key) => named[key])
    .filter((each) => typeof each === 'string')
}

/** `logged` is what the context's logger wrote, after the redaction point. */
export function watch(connection: Connection, context: AdapterContext, logged: readonly string[]): Watch {
  const secrets = new Set(connection.secrets())
  const people = new Set<string>()
  const complaints: string[] = []

  const leaks = (text: string, values: Iterable<string>) =>
    [...values].some((value) => value.length >= shortest && text.includes(value))

  const given = (where: string, value: unknown) => {
    for (const text of personal(value)) people.add(text)
    if (leaks(printed(value), secrets)) complaints.push(`${where} gave a value that holds a secret`)
  }
  const thrown = (where: string, error: unknown) => {
    if (!isStockpoolError(error))
      complaints.push(`${where} threw something else than a StockpoolError: ${inspect(error)}`)
    const text = printed(error)
    if (leaks(text, secrets)) complaints.push(`${where} threw an error that holds a secret`)
    if (leaks(text, people)) complaints.push(`${where} threw an error that holds buyer data`)
  }

  const watched = <Facet extends object>(facet: Facet | undefined, name: string): Facet | undefined => {
    if (!facet) return undefined
    return new Proxy({} as Facet, {
      has: (_, key) => key in facet,
      get(_, key) {
        const member: unknown = Reflect.get(facet, key, facet)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => observe(`${name}.${String(key)}`, () => member.apply(facet, args))
      },
    })
  }
  const observe = (where: string, call: () => unknown): unknown => {
    const fail = (error: unknown): never => {
      thrown(where, error)
      throw error
    }
    try {
      const result = call()
      if (!(result instanceof Promise)) {
        given(where, result)
        return result
      }
      return result.then((value: unknown) => {
        given(where, value)
        return value
      }, fail)
    } catch (error) {
      return fail(error)
    }
  }
  const facets = {
    orders: watched(connection.orders, 'orders'),
    listings: watched(connection.listings, 'listings'),
    shipments: watched(connection.shipments, 'shipments'),
    returns: watched(connection.returns, 'returns'),
    fulfillment: watched(connection.fulfillment, 'fulfillment'),
    tracking: watched(connection.tracking, 'tracking'),
    webhooks: watched(connection.webhooks, 'webhooks'),
    queue: watched(connection.queue, 'queue'),
  }
  const present = Object.fromEntries(Object.entries(facets).filter(([, facet]) => facet !== undefined))
  const { specVersion, kind, hosts, limits, intervals, absent } = connection
  return {
    connection: {
      specVersion,
      kind,
      hosts,
      limits,
      intervals,
      secrets: () => connection.secrets(),
      ...(absent ? { absent } : {}),
      ...present,
    },
    context: {
      http: context.http,
      clock: context.clock,
      memory: context.memory,
      signal: context.signal,
      log: context.log,
      tokens: {
        async get(name, refresh) {
          const value = await context.tokens.get(name, refresh)
          secrets.add(value)
          return value
        },
        invalidate: (name, value) => context.tokens.invalidate(name, value),
      },
    },
    verify() {
      const text = logged.join('\n')
      if (leaks(text, secrets)) complaints.push('a secret was logged')
      if (leaks(text, people)) complaints.push('buyer data was logged')
      assert.deepEqual(complaints, [])
    },
  }
}
