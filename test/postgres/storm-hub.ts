import type { Pool } from 'pg'
import { createHub as create, type Store } from '../../src/index.ts'
import { postgres } from '../../src/store/postgres.ts'
import { shop } from './storm-shops.ts'

export const postgresOf = (pool: Pool, schema: string): Store =>
  postgres(pool, { schema, maxConnections: 10 })

/** The hub of each process of a storm; whatever it complains of is heard. */
export function createHub(store: Store, orders: number, warn: (warning: string) => void) {
  const quiet = () => undefined
  return create({
    store,
    connections: {
      shop0: shop('shop0', orders),
      shop1: shop('shop1', orders),
      shop2: shop('shop2', orders),
      shop3: shop('shop3', orders),
    },
    logger: {
      debug: quiet,
      info: quiet,
      warn: (message, facts) => warn(`${message} ${JSON.stringify(facts ?? {})}`),
    },
  })
}
