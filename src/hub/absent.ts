import { StockpoolError } from '../error.ts'
import type { Connection } from '../spec/connection.ts'
import { mustKnow } from './api-catalog.ts'
import type { Runtime } from './runtime.ts'

/**
 * The connection of this name, unless it says of itself why it has not what it is asked for.
 * @throws StockpoolError `not_found` for an unknown connection; `unsupported` with the day, the reason and the way round
 */
export function mustOffer(
  run: Runtime,
  name: string,
  facet: keyof NonNullable<Connection['absent']>,
): Connection {
  const connection = mustKnow(run, name)
  const absence = connection.absent?.[facet]
  if (!absence) return connection
  const { since, why, instead } = absence
  throw new StockpoolError(
    'unsupported',
    `${name} (${connection.kind}) has no ${facet} since ${since}: ${why}`,
    {
      field: 'connection',
      remedy: instead,
      details: { since },
    },
  )
}
