/**
 * A hub in a process of its own, whose platforms are in another process: `paused-hub.ts <url> <schema> <platforms>`. It
 * tells in lines of JSON what its database refused it, and holds a transaction open where it is told to.
 */
import { createInterface } from 'node:readline'
import { Pool } from 'pg'
import { z } from 'zod'
import { isStockpoolError } from '../../src/error.ts'
import { createHub, type Database, type Store } from '../../src/index.ts'
import type { Connection } from '../../src/spec/connection.ts'
import type { AdapterContext } from '../../src/spec/context.ts'
import type { Transaction } from '../../src/store/database.ts'
import { postgres } from '../../src/store/postgres.ts'
import { idleTransactionMs, leaseMs, writeLimit } from './paused-facts.ts'

const [url = '', schema = '', platforms = ''] = process.argv.slice(2)
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)

/** The statement at which the transaction is held open, and what ends that. */
let holdAt: string | null = null
const goOn = Promise.withResolvers<void>()

const held = (tx: Transaction): Transaction => ({
  dialect: tx.dialect,
  all: (sql, parameters) => tx.all(sql, parameters),
  get: (sql, parameters) => tx.get(sql, parameters),
  async run(sql, parameters) {
    const rows = await tx.run(sql, parameters)
    if (holdAt !== null && sql.includes(holdAt)) {
      holdAt = null
      say({ holding: sql.slice(0, 40) })
      await goOn.promise
    }
    return rows
  },
  finish: (sql, parameters) => tx.finish(sql, parameters),
})

function watched(store: Store): Store {
  return {
    ...store,
    async open(): Promise<Database> {
      const database = await store.open()
      return {
        dialect: database.dialect,
        async transaction(work, options) {
          try {
            return await database.transaction((tx) => work(held(tx)), options)
          } catch (thrown) {
            say({ refused: isStockpoolError(thrown) ? thrown.code : String(thrown) })
            throw thrown
          }
        },
        read: (work) => database.read(work),
        close: () => database.close(),
      }
    },
  }
}

async function call<T>(context: AdapterContext, name: string, ...args: unknown[]): Promise<T> {
  const { data } = await context.http.request({
    operation: name.split('.').at(-1) ?? name,
    effect: 'idempotent',
    method: 'POST',
    url: `${platforms}/${name}`,
    json: args,
    schema: z.unknown(),
  })
  return data as T
}

const base = {
  specVersion: 1 as const,
  hosts: [new URL(platforms).host],
  secrets: () => [],
}
const web = {
  ...base,
  kind: 'remote-shop',
  limits: { write: writeLimit },
  intervals: { ordersMs: 100 },
  orders: {
    read: (context, cursor) => call(context, 'web.orders.read', cursor),
    get: (context, id) => call(context, 'web.orders.get', id),
  },
  listings: {
    batch: 10,
    compareAndSet: false,
    write: (context, targets) => call(context, 'web.listings.write', targets),
    read: (context, refs) => call(context, 'web.listings.read', refs),
  },
  shipments: { confirm: (context, notices) => call(context, 'web.shipments.confirm', notices) },
} satisfies Connection
const east = {
  ...base,
  kind: 'remote-warehouse',
  limits: {},
  intervals: { updatesMs: 200, stockMs: 200 },
  fulfillment: {
    submit: (context, request) => call(context, 'east.fulfillment.submit', request),
    get: (context, reference) => call(context, 'east.fulfillment.get', reference),
    updates: (context, cursor) => call(context, 'east.fulfillment.updates', cursor),
    stock: (context) => call(context, 'east.fulfillment.stock'),
    locations: (context) => call(context, 'east.fulfillment.locations'),
  },
} satisfies Connection

const pool = new Pool({ connectionString: url, max: 10 })
const hub = createHub({
  store: watched(postgres(pool, { schema, maxConnections: 10, idleTransactionMs, endPool: true })),
  connections: { web, east },
  leaseMs,
})
for await (const line of createInterface({ input: process.stdin })) {
  const [word = '', rest = ''] = line.split(/ (.*)/)
  if (word === 'start') await hub.start()
  else if (word === 'hold') holdAt = rest
  else if (word === 'go') goOn.resolve()
  else if (word === 'close') break
  if (word !== 'go') say({ did: word })
}
await hub.close()
process.exit(0)
