import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { invalid } from './graph.ts'
import { type Batch, byNumber, type Item, type Row, type World, wrongWith } from './world.ts'

const mostRows = 5000

const Rows = z.array(
  z.object({
    method: z.enum(['CREATE', 'UPDATE', 'DELETE']),
    data: z.looseObject({ id: z.string() }),
  }),
)

/** Parameters may come in the address, in a form or in a JSON body; an object in a form is JSON text. */
function parametersOf(request: SimulatorRequest): Readonly<Record<string, unknown>> {
  const type = request.headers['content-type'] ?? ''
  if (request.raw.length === 0) return Object.fromEntries(request.query)
  if (/json/i.test(type)) {
    const body = z.record(z.string(), z.unknown()).safeParse(request.json())
    return { ...Object.fromEntries(request.query), ...body.data }
  }
  return { ...Object.fromEntries(request.query), ...Object.fromEntries(request.form()) }
}

/** A value that may have come as JSON text. */
function unpacked(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

/** POST {catalog}/items_batch */
export function itemsBatch(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const given = parametersOf(request)
  if (typeof given.item_type !== 'string') return invalid('The parameter item_type is required')
  const parsed = Rows.safeParse(unpacked(given.requests))
  if (!parsed.success)
    return invalid('The parameter requests is required and must be a list of method and data')
  if (parsed.data.length > mostRows) return invalid(`A batch takes at most ${mostRows} requests`)
  const rows: readonly Row[] = parsed.data
  const wrong = rows.flatMap(({ data }) => {
    const message = wrongWith(data)
    return message === null ? [] : [{ retailer_id: data.id, errors: [{ message }], warnings: [] }]
  })
  // A row that breaks the format turns the whole call away; nothing is taken in.
  if (wrong.length > 0) return reply(200, { handles: [], validation_status: wrong })
  const partial = request.fault('partial_failure')
  const chosen = z.object({ rows: z.array(z.int()) }).safeParse(partial?.detail).data?.rows
  const failing =
    partial === null ? [] : (chosen ?? rows.map((_, line) => line).filter((line) => line % 2 === 1))
  const lost = request.fault('accepted_not_applied')
  const gaveUp = z.object({ status: z.literal('error') }).safeParse(lost?.detail).success
  const batch: Batch = {
    handle: world.random.text(60, 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz0123456789_-'),
    rows,
    allowUpsert: unpacked(given.allow_upsert) !== false,
    takenAt: now,
    dueAt: now + world.options.processMs,
    outcome: 'open',
    failures: [],
    fate: lost === null ? 'apply' : gaveUp ? 'give_up' : 'lose',
    failing: new Set(failing),
  }
  world.batches.set(batch.handle, batch)
  return reply(200, { handles: [batch.handle] })
}

/** GET {catalog}/check_batch_request_status */
export function batchStatus(world: World, { query }: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const handle = query.get('handle')
  if (handle === null) return invalid('The parameter handle is required')
  const batch = world.batches.get(handle)
  // Meta answers an empty list for what it does not know, and no error.
  if (!batch) return reply(200, { data: [] })
  const half = (batch.takenAt + batch.dueAt) / 2
  const status = batch.outcome !== 'open' ? batch.outcome : now < half ? 'dispatched' : 'started'
  const over = batch.outcome !== 'open'
  return reply(200, {
    data: [
      {
        handle,
        status,
        errors_total_count: over ? batch.failures.length : 0,
        errors: over ? batch.failures.slice(0, 10) : [],
        warnings_total_count: 0,
        warnings: [],
        // Empty also when rows failed, unless it was asked for.
        ids_of_invalid_requests:
          over && query.get('load_ids_of_invalid_requests') === 'true'
            ? batch.failures.map(({ id }) => id)
            : [],
      },
    ],
  })
}

const Filter = z.object({
  retailer_id: z.union([z.object({ is_any: z.array(z.string()) }), z.object({ eq: z.string() })]),
})

const mostItems = 100

/** GET {catalog}/products */
export function products(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const { query } = request
  const wanted = wantedOf(query.get('filter'))
  if (wanted === undefined) return invalid('param filter must be a valid filter')
  const size = Number(query.get('limit') ?? 25)
  if (!Number.isInteger(size) || size < 1) return invalid('param limit must be a positive number')
  const after = query.get('after')
  const found =
    wanted === null ? world.sorted : [...wanted].flatMap((id) => world.items.get(id) ?? []).sort(byNumber)
  const from = after === null ? 0 : placeAfter(found, Buffer.from(after, 'base64url').toString('utf8'))
  const page = found.slice(from, from + Math.min(size, mostItems))
  const stale = request.fault('stale_read') !== null
  const fields = (query.get('fields') ?? 'id,name,retailer_id').split(',')
  return reply(200, {
    data: page.map((item) => onWire(item, fields, stale)),
    ...(page.length === 0 ? {} : { paging: pagingOf(request, page, found.length > from + page.length) }),
  })
}

/** Where the items after this number begin, in a list that is sorted by it. */
function placeAfter(items: readonly Item[], number: string): number {
  let [from, to] = [0, items.length]
  while (from < to) {
    const middle = Math.floor((from + to) / 2)
    if ((items[middle]?.id ?? '') > number) to = middle
    else from = middle + 1
  }
  return from
}

/** `null`: all; `undefined`: this is no filter. */
function wantedOf(text: string | null): ReadonlySet<string> | null | undefined {
  if (text === null) return null
  const filter = Filter.safeParse(unpacked(text)).data?.retailer_id
  if (!filter) return undefined
  return new Set('eq' in filter ? [filter.eq] : filter.is_any)
}

function pagingOf(request: SimulatorRequest, page: readonly Item[], more: boolean): unknown {
  const cursor = (item: Item | undefined) => Buffer.from(item?.id ?? '').toString('base64url')
  const cursors = { before: cursor(page[0]), after: cursor(page.at(-1)) }
  if (!more) return { cursors }
  const query = new URLSearchParams(request.query)
  query.set('after', cursors.after)
  return { cursors, next: `https://graph.facebook.com${request.path}?${query}` }
}

function onWire(item: Item, fields: readonly string[], stale: boolean): unknown {
  const { availability, quantity } = stale ? item.previous : item
  const members: Readonly<Record<string, unknown>> = {
    retailer_id: item.retailerId,
    name: item.title,
    ...(item.gtin === null ? {} : { gtin: item.gtin }),
    availability,
    // A member without a value is left out, as the Graph API does.
    ...(quantity === null ? {} : { quantity_to_sell_on_facebook: quantity, inventory: quantity }),
    visibility: item.visibility,
    review_status: item.reviewStatus,
    errors: [],
  }
  const chosen = Object.entries(members).filter(([name]) => fields.includes(name))
  return { ...Object.fromEntries(chosen), id: item.id }
}

/** GET debug_token */
export function debugToken(world: World, { query }: SimulatorRequest, token: string): SimulatorReply {
  const now = world.settle()
  if (query.get('input_token') === null) return invalid('The parameter input_token is required')
  const ended = world.tokenExpiresAt !== 0 && world.tokenExpiresAt * 1000 <= now
  const valid = query.get('input_token') === token && world.tokenValid && !ended
  return reply(200, {
    data: {
      app_id: '138483919580948',
      type: 'SYSTEM_USER',
      application: 'Simulated app',
      is_valid: valid,
      expires_at: world.tokenExpiresAt,
      data_access_expires_at: world.dataAccessExpiresAt,
      scopes: world.scopes,
      user_id: '122108412345678901',
    },
  })
}

/** GET {shop} */
export function shop(world: World, id: string): SimulatorReply {
  return reply(200, {
    id,
    shop_status: 'ACTIVE',
    fb_sales_channel: { status: world.channels.facebook, fb_page: { name: 'Simulated page' } },
    ig_sales_channel: { status: world.channels.instagram, ig_user: { username: 'simulated_shop' } },
  })
}
