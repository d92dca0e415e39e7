import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { StockpoolError } from '../error.ts'
import type { Hub } from '../hub/types.ts'
import type { Connection } from '../spec/connection.ts'
import type { ListingsFacet } from '../spec/listings.ts'

type AnyHub = Hub<
  Readonly<
    Record<
      string,
      Required<Connection> & { listings: ListingsFacet & Required<Pick<ListingsFacet, 'read' | 'check'>> }
    >
  >
>

const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)

/** Loads the user's own hub; the command neither starts it nor closes what the module keeps open. */
async function withHub(
  args: string[],
  use: (hub: AnyHub, rest: string[]) => Promise<number>,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { hub: { type: 'string' } },
    allowPositionals: true,
  })
  if (!values.hub)
    throw new StockpoolError('invalid_input', '--hub is missing', {
      field: 'hub',
      remedy: 'Name a module that exports `hub`: --hub ./hub.js',
    })
  const module: { hub?: AnyHub; default?: AnyHub } = await import(pathToFileURL(resolve(values.hub)).href)
  const hub = module.hub ?? module.default
  if (typeof hub?.explain !== 'function') {
    throw new StockpoolError('invalid_input', `${values.hub} exports no hub`, {
      field: 'hub',
      remedy: 'Write: export const hub = createHub({ … })',
    })
  }
  try {
    return await use(hub, positionals)
  } finally {
    await hub.close()
  }
}

const need = (value: string | undefined, what: string): string => {
  if (value) return value
  throw new StockpoolError('invalid_input', `${what} is missing`, {
    field: what,
    remedy: 'See: stockpool help',
  })
}

export const status = (args: string[]): Promise<number> =>
  withHub(args, async (hub) => {
    const [connections, dead, waiting, { returns }] = await Promise.all([
      hub.connections.list(),
      hub.jobs.list({ state: 'dead' }),
      hub.jobs.list({ state: 'waiting' }),
      hub.returns.list({ status: 'requested' }),
    ])
    say({ connections, dead, waiting, returns })
    return dead.length === 0 && connections.every(({ pausedAt }) => pausedAt === null) ? 0 : 1
  })

export const explain = (args: string[]): Promise<number> =>
  withHub(args, async (hub, [sku, connection]) => {
    say(await hub.explain(need(sku, 'sku'), need(connection, 'connection')))
    return 0
  })

export const drift = (args: string[]): Promise<number> =>
  withHub(args, async (hub, [connection]) => {
    const report = await hub.drift(connection)
    say(report)
    return report.differences.length === 0 ? 0 : 1
  })

export const replay = (args: string[]): Promise<number> =>
  withHub(args, async (hub, [id]) => {
    await hub.jobs.replay(Number(need(id, 'id')))
    return 0
  })
