import { createHub, postgresOf } from './storm-hub.ts'
import { endOf, linesOfOrder, shopNames, skus } from './storm-shops.ts'
import { Helper, type OwnDatabase, pause } from './support.ts'

const schema = 'storm'

export interface StormResult {
  readonly seconds: number
  /** Whatever any process complained of. */
  readonly warnings: readonly string[]
  /** Everything that is not exact, in words. */
  readonly faults: readonly string[]
  readonly deadlocks: number
  /** Seconds of processor time of all processes together, without the server's. */
  readonly cpuSeconds: number
  readonly transactions: number
}

/** Delivers each of so many orders three times by webhook and twice by poll, to several processes at once. */
export async function runStorm(own: OwnDatabase, orders: number, processes = 4): Promise<StormResult> {
  const warnings: string[] = []
  const pool = own.pool({ max: 10 })
  const hub = createHub(postgresOf(pool, schema), orders, (warning) => warnings.push(warning))
  for (const sku of skus) {
    await hub.items.put({ sku })
    await hub.stock.receive(sku, 1_000_000, { key: `start ${sku}` })
    for (const connection of shopNames) await hub.listings.link({ sku, connection, listing: sku })
  }
  const helpers = Array.from(
    { length: processes },
    (_, index) =>
      new Helper('storm-process.ts', [own.url, schema, String(index), String(processes), String(orders)]),
  )
  await Promise.all(helpers.map((helper) => helper.said(1)))
  const began = performance.now()
  const committed = async () => {
    const { rows } = await pool.query<{ n: string }>(
      'SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()',
    )
    return Number(rows[0]?.n)
  }
  const before = await committed()
  for (const helper of helpers) helper.tell('go')
  await Promise.all(helpers.map((helper) => helper.said(2)))
  while (!(await isDone())) await pause(100)
  const seconds = (performance.now() - began) / 1000
  for (const helper of helpers) helper.tell('close')
  const codes = await Promise.all(helpers.map((helper) => helper.ended()))
  const transactions = (await committed()) - before
  const faults = [...(await notExact()), ...codes.filter((code) => code !== 0).map((code) => `exit ${code}`)]
  await hub.close()
  const said = helpers.flatMap(({ lines }) => lines as { warning?: string; cpuMs?: number }[])
  warnings.push(...said.flatMap(({ warning }) => warning ?? []))
  const cpuSeconds = said.reduce((sum, { cpuMs = 0 }) => sum + cpuMs, 0) / 1000
  return { seconds, warnings, faults, deadlocks: await own.deadlocks(), cpuSeconds, transactions }

  /** Tables are named after an `@`. */
  async function count(sql: string): Promise<number> {
    const { rows } = await pool.query<{ n: string }>(sql.replaceAll('@', `${schema}.`))
    return Number(rows[0]?.n)
  }

  /** Every webhook was taken, every list read to its end, and nothing waits. */
  async function isDone(): Promise<boolean> {
    if ((await count('SELECT COUNT(*) AS n FROM @job')) > 0) return false
    for (const name of shopNames) {
      const ends = `FROM @cursor WHERE connection = '${name}' AND duty = 'orders' AND value = '${endOf(name, orders)}'`
      if ((await count(`SELECT COUNT(*) AS n ${ends}`)) === 0) return false
    }
    return true
  }

  async function notExact(): Promise<string[]> {
    const found: string[] = []
    const expect = async (what: string, wanted: number, sql: string) => {
      const is = await count(sql)
      if (is !== wanted) found.push(`${what}: ${is}, not ${wanted}`)
    }
    await expect('orders', orders, 'SELECT COUNT(*) AS n FROM @orders')
    await expect('webhook events', 2 * orders, 'SELECT COUNT(*) AS n FROM @inbox')
    const reserved = `FROM @movement WHERE to_bucket = 'reserved'`
    await expect('units reserved', linesOfOrder * orders, `SELECT SUM(quantity) AS n ${reserved}`)
    await expect('movements', linesOfOrder * orders, `SELECT COUNT(*) AS n ${reserved}`)
    await expect('keys of them', orders, `SELECT COUNT(DISTINCT key) AS n ${reserved}`)
    await expect(
      'events of placed orders',
      orders,
      `SELECT COUNT(*) AS n FROM @event WHERE type = 'order.placed'`,
    )
    const { ok, differences } = await hub.stock.verify()
    if (!ok) found.push(`the ledger does not refold: ${JSON.stringify(differences[0])}`)
    return found
  }
}
