import { StockpoolError, toStockpoolError } from '../../src/error.ts'
import type {
  AdapterContext,
  ListingReading,
  ListingRef,
  ListingsFacet,
  ListingTarget,
  WriteResult,
} from '../../src/spec/index.ts'
import { send } from './client.ts'
import { batchRow, type Looked, lookMany, readingOf, shows } from './items.ts'
import { limits } from './limits.ts'
import { list } from './listed.ts'
import type { Settings } from './options.ts'
import { BatchAnswer, type BatchBody, type BatchStatus, StatusAnswer } from './wire.ts'

export type MetaListings = ListingsFacet & Required<Pick<ListingsFacet, 'read' | 'check' | 'list'>>

const failed = (error: StockpoolError): WriteResult => ({ status: 'failed', error })

const placeRefused = (place: string) =>
  new StockpoolError('invalid_input', `Meta keeps one quantity per item, there is no place "${place}"`, {
    field: 'place',
    remedy: 'Link the listing without a place.',
  })

const noSuchItem = (listing: string) =>
  new StockpoolError('not_found', `the catalogue has no item ${listing}`, {
    field: 'listing',
    remedy:
      'Link the item by its content id, as Commerce Manager shows it. Items are made by your feed, never here.',
  })

const refused = (listing: string, said: string) =>
  new StockpoolError('rejected', `Meta refused ${listing}: ${said.slice(0, 300) || 'it does not say why'}`, {
    field: 'listing',
    remedy: 'Correct the item in Commerce Manager.',
  })

/** Selling less is urgent, nothing left most of all. */
function priorityOf(targets: readonly ListingTarget[]): number {
  if (targets.some(({ quantity }) => quantity === 0)) return 9
  return targets.some(({ quantity, expected }) => expected !== null && quantity < expected) ? 7 : 5
}

/** `allow_upsert` must be false: by default an id that the catalogue does not have becomes a broken new item. */
function batchBody(settings: Settings, targets: readonly ListingTarget[]): BatchBody {
  const requests = targets.map(({ listing, quantity }) => batchRow(settings, listing, quantity))
  return { item_type: 'PRODUCT_ITEM', allow_upsert: false, requests }
}

function submit(
  settings: Settings,
  context: AdapterContext,
  targets: readonly ListingTarget[],
): Promise<BatchAnswer> {
  return send(settings, context, {
    operation: 'items_batch',
    bucket: 'catalogBatch',
    // Absolute numbers: a repeat ends in the same state.
    effect: 'idempotent',
    method: 'POST',
    path: `${settings.catalogId}/items_batch`,
    json: batchBody(settings, targets),
    priority: priorityOf(targets),
    schema: BatchAnswer,
  })
}

/** What Meta said at once of single rows, by content id. */
function refusedAtOnce(answer: BatchAnswer): ReadonlyMap<string, string> {
  const named = (answer.validation_status ?? []).flatMap(({ retailer_id, errors }): [string, string][] =>
    retailer_id == null || !errors?.length
      ? []
      : [[retailer_id, errors.map(({ message }) => message).join('; ')]],
  )
  return new Map(named)
}

/** Rows of a call that Meta turned away whole are sent again without those that it named; so often at most. */
const mostRounds = 4

async function write(
  settings: Settings,
  context: AdapterContext,
  targets: readonly ListingTarget[],
): Promise<readonly WriteResult[]> {
  const results = new Map<ListingTarget, WriteResult>()
  for (const target of targets) {
    if (target.place !== '') results.set(target, failed(placeRefused(target.place)))
  }
  let open = targets.filter((target) => !results.has(target))
  for (let round = 1; open.length > 0; round += 1) {
    const answer = await submit(settings, context, open)
    const handle = (answer.handles ?? []).join(' ')
    const named = refusedAtOnce(answer)
    const again: ListingTarget[] = []
    for (const target of open) {
      const said = named.get(target.listing)
      if (said !== undefined) results.set(target, failed(refused(target.listing, said)))
      else if (handle !== '')
        results.set(target, { status: 'pending', handle, checkAfterMs: settings.checkAfterMs })
      else again.push(target)
    }
    if (again.length > 0 && (again.length === open.length || round === mostRounds)) {
      const error = new StockpoolError(
        'unavailable',
        'Meta took the batch and gave no handle to ask about it with',
      )
      for (const target of again) results.set(target, failed(error))
      break
    }
    open = again
  }
  return targets.map((target) => results.get(target) ?? failed(noResult()))
}

const noResult = () => new StockpoolError('internal', 'a row of the batch has no result')

/** Where a batch stands: `running`, `ended`, or `lost` when Meta does not know, or gave up in the middle. */
interface Standing {
  readonly state: 'running' | 'ended' | 'lost'
  /** Why single rows were not saved, by content id. */
  readonly refused: ReadonlyMap<string, string>
}

/** docs/marketing-api/catalog-batch/guides/get-batch-request; `in_progress` is what Meta sends in practice for `started`. */
const running: ReadonlySet<string> = new Set(['scheduled', 'dispatched', 'started', 'in_progress'])
const gaveUp: ReadonlySet<string> = new Set(['error', 'canceled'])

export function standingOf(status: BatchStatus | undefined): Standing & { readonly unknown?: string } {
  const refused = new Map<string, string>()
  for (const id of status?.ids_of_invalid_requests ?? []) refused.set(id, '')
  for (const { id, message } of status?.errors ?? []) if (id != null) refused.set(id, message ?? '')
  // An empty list: Meta has forgotten the handle.
  const word = (status?.status ?? '').toLowerCase()
  if (word === 'finished') return { state: 'ended', refused }
  if (word === '' || gaveUp.has(word)) return { state: 'lost', refused }
  return { state: 'running', refused, ...(running.has(word) ? {} : { unknown: word }) }
}

async function standing(settings: Settings, context: AdapterContext, handle: string): Promise<Standing> {
  const { data } = await send(settings, context, {
    operation: 'check_batch_request_status',
    bucket: 'catalogManagement',
    effect: 'read',
    method: 'GET',
    path: `${settings.catalogId}/check_batch_request_status`,
    // Without it the list of failed ids is always empty, also when rows failed.
    query: { handle, load_ids_of_invalid_requests: true },
    schema: StatusAnswer,
  })
  const { unknown, ...known } = standingOf(data[0])
  if (unknown !== undefined)
    context.log.warn('Meta tells a state of a batch that is not known', { state: unknown })
  return known
}

type Asked = Standing | { readonly error: StockpoolError }

/** All batches of a handle of ours together: running while one of them is. */
function together(parts: readonly Asked[]): Asked {
  const broken = parts.find((part) => 'error' in part)
  if (broken) return broken
  const standings = parts as readonly Standing[]
  const state = (['running', 'lost', 'ended'] as const).find((each) =>
    standings.some((part) => part.state === each),
  )
  return { state: state ?? 'lost', refused: new Map(standings.flatMap((part) => [...part.refused])) }
}

type Row = { readonly target: ListingTarget; readonly handle: string }

/**
 * What became of rows that were taken in. A finished batch is not believed by itself: users of other tools saw numbers that
 * were never applied (facebook/facebook-for-woocommerce#2097), so the items are read back.
 */
async function check(
  settings: Settings,
  context: AdapterContext,
  rows: readonly Row[],
): Promise<readonly WriteResult[]> {
  const single = [...new Set(rows.flatMap(({ handle }) => handle.split(' ')))]
  const asked = new Map<string, Asked>()
  await Promise.all(
    single.map(async (handle) => {
      const answer = standing(settings, context, handle)
      asked.set(handle, await answer.catch((thrown: unknown) => ({ error: toStockpoolError(thrown) })))
    }),
  )
  const standings = rows.map(({ handle }) =>
    together(handle.split(' ').map((one) => asked.get(one) ?? { error: noResult() })),
  )
  const over = rows.filter((_, index) => isOver(standings[index]))
  const looked = await lookMany(
    context,
    settings,
    over.map(({ target }) => target.listing),
  )
  return rows.map((row, index) => {
    const is = standings[index] ?? { error: noResult() }
    if ('error' in is) return unlooked(settings, row, is.error)
    if (is.state === 'running') return pending(settings, row)
    return decide(settings, row, is, looked.get(row.target.listing) ?? { item: null })
  })
}

const isOver = (asked: Asked | undefined) =>
  asked !== undefined && 'state' in asked && asked.state !== 'running'

function pending(settings: Settings, { handle }: Row, observed: number | null = null): WriteResult {
  return { status: 'pending', handle, checkAfterMs: settings.checkAfterMs, observed }
}

/** Not being able to look says nothing of the write: ask again. */
function unlooked(settings: Settings, row: Row, error: StockpoolError): WriteResult {
  if (!error.retryable) return failed(error)
  return { status: 'pending', handle: row.handle, checkAfterMs: error.retryAfterMs ?? settings.checkAfterMs }
}

function decide(
  settings: Settings,
  row: Row,
  { state, refused: named }: Standing,
  looked: Looked,
): WriteResult {
  const { listing, quantity } = row.target
  if ('error' in looked) return unlooked(settings, row, looked.error)
  if (looked.item === null) return failed(noSuchItem(listing))
  if (shows(looked.item, batchRow(settings, listing, quantity))) return { status: 'done' }
  const said = named.get(listing)
  if (said !== undefined) return failed(refused(listing, said))
  if (state === 'lost') {
    return failed(
      new StockpoolError('unavailable', 'Meta did not finish the batch; the number is sent again'),
    )
  }
  const reading = readingOf(looked.item)
  return pending(settings, row, reading.status === 'shown' ? reading.quantity : null)
}

async function read(
  settings: Settings,
  context: AdapterContext,
  refs: readonly ListingRef[],
): Promise<readonly ListingReading[]> {
  const placeless = refs.filter(({ place }) => place === '')
  const looked = await lookMany(
    context,
    settings,
    placeless.map(({ listing }) => listing),
  )
  return refs.map(({ listing, place }): ListingReading => {
    if (place !== '') return { status: 'failed', error: placeRefused(place) }
    const found = looked.get(listing) ?? { item: null }
    return 'error' in found ? { status: 'failed', error: found.error } : readingOf(found.item)
  })
}

/** The items of a catalogue, by their content ids (`retailer_id`). */
export function metaListings(settings: Settings): MetaListings {
  return {
    batch: limits.catalogBatch.batch,
    // Meta sells nothing by itself, so its number never falls behind our back; and it cannot compare.
    compareAndSet: false,
    write: (context, targets) => write(settings, context, targets),
    read: (context, refs) => read(settings, context, refs),
    list: (context, cursor) => list(settings, context, cursor),
    check: (context, rows) => check(settings, context, rows),
  }
}
