import { StockpoolError } from '../../../src/error.ts'
import type { ReturnStatus } from '../../../src/model/return.ts'
import type {
  AdapterContext,
  ProviderReturn,
  ProviderReturnPage,
  UnreadableOrder,
} from '../../../src/spec/index.ts'
import type { Bug } from './bugs.ts'
import type { Toy } from './connection.ts'
import type { GoodsBack } from './depot-returns.ts'

type Lines = NonNullable<GoodsBack['lines']>

const statuses: Readonly<Record<string, ReturnStatus>> = {
  announced: 'approved',
  counting: 'received',
  done: 'processed',
}

function dispositionsOf(
  { received, restocked, word }: Lines[number],
  bug: Bug | undefined,
): ProviderReturn['lines'][number]['dispositions'] {
  const back = bug === 'return always restocked' ? received : restocked
  const kind = bug === 'unknown fate guessed' && word !== null ? ('damaged' as const) : ('unknown' as const)
  const note = bug === 'word of a fate lost' ? null : word
  return [
    { kind: 'restocked' as const, quantity: back, note: null },
    { kind, quantity: word === null ? 0 : received - back, note },
  ].filter(({ quantity }) => quantity > 0)
}

function returnOf(row: GoodsBack, lines: Lines, now: number, bug: Bug | undefined): ProviderReturn {
  const status = statuses[row.status] ?? (bug === 'unknown return status guessed' ? 'received' : 'unknown')
  const times: Partial<Record<Bug, number>> = {
    'return of 1970': 1,
    'return time of reading': now,
    'return news never newer': row.at,
  }
  const ids: Partial<Record<Bug, string>> = {
    'return id by reading': `${row.id}-${now}`,
    'return news is another return': `${row.id}-${row.sequence}`,
  }
  return {
    id: (bug && ids[bug]) ?? row.id,
    reference: bug === 'return without its order' ? null : row.reference,
    status,
    rawStatus: bug === 'word of a return lost' ? status : row.status,
    location: 'D1',
    updatedAt: (bug && times[bug]) ?? row.updatedAt,
    trackingNumber: null,
    lines: lines.map((line) => ({
      sku: line.sku,
      expected: line.quantity,
      received: bug === 'announced is arrived' ? line.quantity : line.received,
      wanted: null,
      dispositions: dispositionsOf(line, bug),
      pictures: [],
    })),
    raw: row,
  }
}

const unreadable = ({ id }: GoodsBack): UnreadableOrder => ({
  id,
  error: new StockpoolError('invalid_input', 'the return has no lines', { field: 'lines' }),
})

/** What came back to the toy depot, right but for one planted bug. */
export async function toyGoodsBack(
  toy: Toy,
  context: AdapterContext,
  cursor: string | null,
): Promise<ProviderReturnPage> {
  const { bug } = toy
  const after = cursor ?? '0'
  const { rows, next, more } = await toy.call<{ rows: GoodsBack[]; next: number; more: boolean }>(
    context,
    'listGoodsBack',
    'GET',
    '/goods-back',
    { query: { after }, ...(bug === 'a read of returns is not repeated' ? { effect: 'once' } : {}) },
  )
  const told = bug === 'return never told again' ? rows.filter(({ at, updatedAt }) => at === updatedAt) : rows
  const bad = told.filter(({ lines }) => lines === null)
  if (bad[0] && bug === 'unreadable return stops others') throw unreadable(bad[0]).error
  const now = context.clock.now()
  const returns = told.flatMap((row) => (row.lines === null ? [] : [returnOf(row, row.lines, now, bug)]))
  return {
    returns:
      bug === 'return told twice' ? returns.flatMap((one) => [one, { ...one, id: `${one.id}b` }]) : returns,
    unreadable: bug === 'unreadable return not told' ? [] : bad.map(unreadable),
    cursor: String(bug === 'last return of a pass skipped' && !more ? next + 1 : next),
    more: more && !(bug === 'returns stop early' && next > 10),
  }
}
