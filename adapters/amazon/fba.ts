import { z } from 'zod'
import { isStockpoolError, StockpoolError } from '../../src/error.ts'
import { serverMoment } from '../../src/http/index.ts'
import type {
  AdapterContext,
  HttpResponse,
  PlatformStockFacet,
  ProviderLocation,
  StockPage,
  StockReading,
} from '../../src/spec/index.ts'
import { ask, send } from './client.ts'
import { limits } from './limits.ts'
import type { Settings } from './options.ts'
import { countryOf } from './regions.ts'

/** What lies in Amazon's warehouses, read-only: Amazon sells it by itself. */
export type AmazonPlatformStock = PlatformStockFacet

const WireSummary = z.object({
  sellerSku: z.string().min(1),
  inventoryDetails: z.object({ fulfillableQuantity: z.int().min(0).nullish() }).nullish(),
})
export const SummariesAnswer = z.object({
  payload: z.object({ inventorySummaries: z.array(WireSummary).nullish() }).nullish(),
  pagination: z.object({ nextToken: z.string().nullish() }).nullish(),
})

const Cursor = z.object({
  /** Which of the marketplaces. */
  marketplace: z.int().min(0),
  /** How many of the SKUs asked for are done. */
  skus: z.int().min(0),
  token: z.string().nullable(),
  /** Times this marketplace was begun again, its page token having ended. */
  restarts: z.int(),
})
type Cursor = z.infer<typeof Cursor>

const start: Cursor = { marketplace: 0, skus: 0, token: null, restarts: 0 }
const mostRestarts = 3

export const fbaLocation = (marketplaceId: string) => `fba-${marketplaceId}`

export const fbaMarketplaces = (settings: Settings): readonly string[] =>
  settings.fbaMarketplaces ?? settings.marketplaceIds.slice(0, 1)

/** Amazon's SKU of one of ours, and back. */
export const amazonSku = (settings: Settings, sku: string): string => settings.fbaSkus[sku] ?? sku
export function ownSku(settings: Settings, sku: string): string {
  return Object.entries(settings.fbaSkus).find(([, amazons]) => amazons === sku)?.[0] ?? sku
}

export const ParticipationsAnswer = z.object({
  payload: z
    .array(
      z.object({
        marketplace: z.object({
          id: z.string(),
          name: z.string().nullish(),
          countryCode: z.string().nullish(),
        }),
      }),
    )
    .nullish(),
})

/**
 * One place for each marketplace whose FBA stock is counted: in which warehouse a unit lies, Amazon decides and does not tell.
 * @throws StockpoolError `invalid_input` when the seller does not sell in one of them.
 */
export async function fbaLocations(
  context: AdapterContext,
  settings: Settings,
): Promise<readonly ProviderLocation[]> {
  const { payload } = await ask(context, settings, {
    operation: 'getMarketplaceParticipations',
    effect: 'read',
    method: 'GET',
    path: '/sellers/v1/marketplaceParticipations',
    schema: ParticipationsAnswer,
  })
  return fbaMarketplaces(settings).map((id) => {
    const found = payload?.find(({ marketplace }) => marketplace.id === id)?.marketplace
    if (!found) {
      throw new StockpoolError('invalid_input', `the seller does not sell in marketplace ${id}`, {
        field: settings.fbaMarketplaces === undefined ? 'marketplaceIds' : 'fbaMarketplaces',
        remedy: 'Name a marketplace of the seller, or have it opened in Seller Central.',
      })
    }
    const country = countryOf(id) ?? found.countryCode ?? null
    return { id: fbaLocation(id), name: `FBA ${found.name ?? country ?? id}`, country, postalCode: null }
  })
}

function readCursor(text: string | null): Cursor {
  if (text === null) return start
  try {
    return Cursor.parse(JSON.parse(text))
  } catch {
    throw new StockpoolError('invalid_input', 'this is no cursor of the FBA inventory', { field: 'cursor' })
  }
}

/** The SKUs of one call: fifty at most, and one with a comma, which breaks the list, by itself (amzn/selling-partner-api-models#421). */
export function skusOf(skus: readonly string[], from: number): readonly string[] {
  const [first] = skus.slice(from)
  if (first === undefined || first.includes(',')) return first === undefined ? [] : [first]
  const some = skus.slice(from, from + limits.getInventorySummaries.batch)
  const comma = some.findIndex((sku) => sku.includes(','))
  return comma === -1 ? some : some.slice(0, comma)
}

/**
 * One page. `quantity` is what can be picked now: orders that Amazon accepted are off it already. A page token lives 30
 * seconds: when it has ended, the marketplace is begun again (amzn/selling-partner-api-models#2947).
 */
export async function fbaStock(
  context: AdapterContext,
  settings: Settings,
  query: { readonly skus: readonly string[] | null; readonly cursor: string | null },
): Promise<StockPage> {
  const cursor = readCursor(query.cursor)
  const marketplaceId = fbaMarketplaces(settings)[cursor.marketplace]
  const wanted = query.skus?.map((sku) => amazonSku(settings, sku)) ?? null
  const some = wanted === null ? null : skusOf(wanted, cursor.skus)
  if (marketplaceId === undefined || some?.length === 0) return { readings: [], cursor: null }
  const startedAt = Math.floor(context.clock.now())
  let answer: HttpResponse<z.infer<typeof SummariesAnswer>>
  try {
    answer = await send(context, settings, summariesRequest(marketplaceId, some, cursor.token))
  } catch (error) {
    const ended = isStockpoolError(error, 'rejected') && cursor.token !== null
    if (!ended || cursor.restarts >= mostRestarts) throw error
    return { readings: [], cursor: JSON.stringify({ ...cursor, token: null, restarts: cursor.restarts + 1 }) }
  }
  const asOf = serverMoment({ startedAt, endedAt: context.clock.now() }, answer.headers)
  const { payload, pagination } = answer.data
  const summaries = payload?.inventorySummaries ?? []
  const readings = summaries.map(
    ({ sellerSku, inventoryDetails }): StockReading => ({
      sku: ownSku(settings, sellerSku),
      location: fbaLocation(marketplaceId),
      quantity: inventoryDetails?.fulfillableQuantity ?? 0,
      basis: 'available',
      asOf,
    }),
  )
  return { readings, cursor: nextCursor(settings, cursor, pagination?.nextToken, wanted, some) }
}

function summariesRequest(marketplaceId: string, skus: readonly string[] | null, nextToken: string | null) {
  const [only = ''] = skus ?? []
  const named = only.includes(',') ? { sellerSku: only } : { sellerSkus: skus ?? undefined }
  return {
    operation: 'getInventorySummaries',
    effect: 'read',
    method: 'GET',
    path: '/fba/inventory/v1/summaries',
    query: {
      details: 'true',
      granularityType: 'Marketplace',
      granularityId: marketplaceId,
      marketplaceIds: [marketplaceId],
      ...named,
      nextToken: nextToken ?? undefined,
    },
    schema: SummariesAnswer,
  } as const
}

function nextCursor(
  settings: Settings,
  cursor: Cursor,
  token: string | null | undefined,
  wanted: readonly string[] | null,
  some: readonly string[] | null,
): string | null {
  if (token) return JSON.stringify({ ...cursor, token } satisfies Cursor)
  const skus = cursor.skus + (some?.length ?? 0)
  if (wanted !== null && skus < wanted.length)
    return JSON.stringify({ ...cursor, skus, token: null } satisfies Cursor)
  const marketplace = cursor.marketplace + 1
  if (marketplace >= fbaMarketplaces(settings).length) return null
  return JSON.stringify({ ...start, marketplace } satisfies Cursor)
}

/** A seller without FBA is answered as a bad request (ericcj/amz_sp_api#28): such a seller has nothing there. */
async function stockOrNone(
  context: AdapterContext,
  settings: Settings,
  query: { readonly skus: readonly string[] | null; readonly cursor: string | null },
): Promise<StockPage> {
  try {
    return await fbaStock(context, settings, query)
  } catch (error) {
    if (!isStockpoolError(error, 'rejected') || error.details?.status !== 400 || query.cursor !== null)
      throw error
    context.log.warn('Amazon refuses to tell the FBA stock; a seller without FBA has none', {
      requestId: error.details.requestId,
    })
    return { readings: [], cursor: null }
  }
}

export function amazonPlatformStock(settings: Settings): AmazonPlatformStock {
  return {
    stock: (context, query) => stockOrNone(context, settings, query),
    locations: (context) => fbaLocations(context, settings),
  }
}
