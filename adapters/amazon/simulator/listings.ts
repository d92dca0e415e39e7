import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { badRequest, denied, failed, instant, listOf } from './answers.ts'
import { type Availability, type Issue, type Listing, shownBy, type World } from './world.ts'

const datasets = [
  'summaries', 'attributes', 'issues', 'offers', 'fulfillmentAvailability', 'procurement', 'relationships', 'productTypes',
] // biome-ignore format: a list reads better packed

/** GET /listings/2021-08-01/items/{sellerId}/{sku} */
export function getListing(
  world: World,
  request: SimulatorRequest,
  seller: string,
  sku: string,
): SimulatorReply {
  world.settle()
  const refusal = refuse(world, request, seller)
  if (refusal) return refusal
  const listing = world.listings.get(sku)
  if (!listing) return failed(404, 'NOT_FOUND', `SKU '${sku}' not found in marketplace`)
  return reply(200, onWire(listing, included(request), request.fault('stale_read') !== null))
}

/** GET /listings/2021-08-01/items/{sellerId} */
export function searchListings(world: World, request: SimulatorRequest, seller: string): SimulatorReply {
  world.settle()
  const refusal = refuse(world, request, seller)
  if (refusal) return refusal
  const { query } = request
  const identifiers = listOf(query, 'identifiers')
  const type = query.get('identifiersType')
  if ((identifiers === null) !== (type === null))
    return badRequest('identifiers and identifiersType go together')
  if (identifiers !== null && identifiers.length > 20) return badRequest('at most 20 identifiers')
  const size = Number(query.get('pageSize') ?? 10)
  if (!Number.isInteger(size) || size < 1 || size > 20) return badRequest('pageSize must be 1 to 20')
  const wanted = identifiers === null ? null : new Set(identifiers)
  const idOf = (listing: Listing) => (type === 'ASIN' ? listing.asin : listing.sku)
  const found = [...world.listings.values()]
    .filter((listing) => wanted === null || wanted.has(idOf(listing)))
    .sort((one, other) => other.updatedAt - one.updatedAt || one.sku.localeCompare(other.sku))
    .slice(0, 1000)
  const from = Number(query.get('pageToken') ?? 0)
  if (!Number.isInteger(from) || from < 0) return badRequest('pageToken is invalid')
  const page = found.slice(from, from + size)
  const next = from + size < found.length ? { pagination: { nextToken: String(from + size) } } : {}
  const stale = request.fault('stale_read') !== null
  return reply(200, {
    numberOfResults: found.length,
    ...next,
    items: page.map((listing) => onWire(listing, included(request), stale)),
  })
}

function refuse(world: World, request: SimulatorRequest, seller: string): SimulatorReply | null {
  const marketplaces = listOf(request.query, 'marketplaceIds')
  if (marketplaces === null || marketplaces.includes('')) return badRequest('marketplaceIds is required')
  const unknown = marketplaces.find((id) => !world.options.marketplaceIds.includes(id))
  if (unknown !== undefined) return denied(`The marketplaces '${unknown}' are not valid for this seller.`)
  if (seller !== world.options.sellerId) return denied()
  const wrong = included(request).find((name) => !datasets.includes(name))
  return wrong === undefined ? null : badRequest(`includedData: ${wrong}`)
}

const included = (request: SimulatorRequest) => listOf(request.query, 'includedData') ?? ['summaries']

function onWire(listing: Listing, names: readonly string[], stale: boolean): unknown {
  const availability = stale ? listing.previous : listing.availability
  const parts: Record<string, unknown> = {
    summaries: [summaryOf(listing)],
    attributes: { fulfillment_availability: availability },
    issues: listing.issues,
    offers: listing.price
      ? [{ marketplaceId: listing.marketplaceId, offerType: 'B2C', price: listing.price }]
      : [],
    fulfillmentAvailability: availability.map(({ fulfillment_channel_code, quantity }) => ({
      fulfillmentChannelCode: fulfillment_channel_code,
      ...(quantity === undefined ? {} : { quantity }),
    })),
    productTypes: [{ marketplaceId: listing.marketplaceId, productType: listing.productType }],
  }
  const chosen = names.filter((name) => name in parts).map((name) => [name, parts[name]])
  return { sku: listing.sku, ...Object.fromEntries(chosen) }
}

function summaryOf(listing: Listing): unknown {
  const buyable = shownBy(listing.availability) > 0
  return {
    marketplaceId: listing.marketplaceId,
    asin: listing.asin,
    productType: listing.productType,
    conditionType: 'new_new',
    status: buyable ? ['BUYABLE', 'DISCOVERABLE'] : ['DISCOVERABLE'],
    itemName: listing.title,
    createdDate: instant(listing.createdAt),
    lastUpdatedDate: instant(listing.updatedAt),
  }
}

// Lists, both of them: an object in their place is a 400 (jlevers/selling-partner-api#240).
export const Patches = z
  .array(
    z.object({
      op: z.enum(['add', 'replace', 'merge', 'delete']),
      path: z.string(),
      value: z.array(z.record(z.string(), z.unknown())).optional(),
    }),
  )
  .min(1)
export type PatchOperation = z.infer<typeof Patches>[number]
const Patch = z.object({ productType: z.string(), patches: Patches })

const path = '/attributes/fulfillment_availability'

/** PATCH /listings/2021-08-01/items/{sellerId}/{sku} */
export function patchListing(
  world: World,
  request: SimulatorRequest,
  seller: string,
  sku: string,
): SimulatorReply {
  const now = world.settle()
  const marketplaces = listOf(request.query, 'marketplaceIds')
  if (marketplaces === null) return badRequest('marketplaceIds is required')
  if (seller !== world.options.sellerId) return denied()
  const unknown = marketplaces.find((id) => !world.options.marketplaceIds.includes(id))
  if (unknown !== undefined) return denied(`The marketplaces '${unknown}' are not valid for this seller.`)
  const parsed = Patch.safeParse(request.json())
  if (!parsed.success) return badRequest('Invalid input')
  const issues = problemsOf(world, sku, parsed.data.patches)
  const id = world.random.uuid()
  const answer = (status: string) => reply(200, { sku, status, submissionId: id, issues })
  if (issues.length > 0 || request.fault('partial_failure')) return answer('INVALID')
  if (request.query.get('mode') === 'VALIDATION_PREVIEW') return answer('VALID')
  const lost = request.fault('accepted_not_applied')
  world.submissions.push({
    id,
    sku,
    dueAt: now + world.options.applyMs,
    apply: (target) => {
      if (lost) {
        const told = (lost.detail as { issue?: boolean } | undefined)?.issue ?? false
        if (told) target.issues = [...target.issues, issue('90220', 'The quantity could not be applied.')]
        return
      }
      applyPatches(world, target, parsed.data.patches)
    },
  })
  return answer('ACCEPTED')
}

/** Why patches of a SKU are refused; empty: they are taken. */
export function problemsOf(world: World, sku: string, patches: readonly PatchOperation[]): readonly Issue[] {
  if (world.listings.has(sku)) return patches.flatMap(issuesOf)
  return [
    issue('13013', 'This SKU does not exist in the Amazon catalog. Your inventory data was not processed.'),
  ]
}

export function applyPatches(world: World, listing: Listing, patches: readonly PatchOperation[]): void {
  listing.issues = listing.issues.filter(
    ({ attributeNames }) => !attributeNames.includes('fulfillment_availability'),
  )
  for (const operation of patches) {
    world.setAvailability(listing, applied(listing.availability, operation))
  }
}

function issue(code: string, message: string): Issue {
  return {
    code,
    message,
    severity: 'ERROR',
    attributeNames: ['fulfillment_availability'],
    categories: ['INVALID_ATTRIBUTE'],
  }
}

/** Why a patch is INVALID, inside a 200. */
function issuesOf(operation: PatchOperation): readonly Issue[] {
  if (operation.path !== path) {
    // Camel case, or a nested path (jlevers/selling-partner-api#861).
    const name = operation.path.replace('/attributes/', '')
    return [
      {
        ...issue('4000001', `The provided path ${operation.path} is not supported.`),
        attributeNames: [name],
      },
    ]
  }
  return (operation.value ?? []).flatMap((value) => {
    const code = value.fulfillment_channel_code
    // amzn/selling-partner-api-models#4554
    if (typeof code !== 'string')
      return [issue('90220', "'fulfillment_channel_code' is required but not supplied.")]
    if (!('quantity' in value)) return []
    if (code !== 'DEFAULT') return [issue('4000003', `A quantity cannot be set for ${code}.`)]
    const { quantity } = value
    const good = typeof quantity === 'number' && Number.isInteger(quantity) && quantity >= 0
    return good ? [] : [issue('4000001', "'quantity' must be a whole number of 0 or more.")]
  })
}

/** `merge` keeps what it does not name; `replace` drops the handling time and the restock date (amzn/selling-partner-api-models#4406). */
function applied(before: readonly Availability[], operation: PatchOperation): readonly Availability[] {
  const values = (operation.value ?? []) as unknown as readonly Availability[]
  const codes = values.map((value) => value.fulfillment_channel_code)
  const others = before.filter((entry) => !codes.includes(entry.fulfillment_channel_code))
  if (operation.op === 'delete') return others
  if (operation.op === 'replace' || operation.op === 'add') return values
  const merged = values.map((value) => ({
    ...before.find((entry) => entry.fulfillment_channel_code === value.fulfillment_channel_code),
    ...value,
  }))
  return [...others, ...merged]
}
