import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { countryOf } from '../regions.ts'
import { failed, instant, invalidInput, listOf } from './answers.ts'
import type { World } from './world.ts'

/** What lies in Amazon's warehouses of one SKU. */
export interface Shelf {
  readonly sku: string
  name: string
  onHand: number
  /** Of these, promised to orders that are planned. */
  committed: number
  updatedAt: number
}

/** Puts an absolute number on the shelf, or makes it. */
export function putShelf(world: World, sku: string, onHand: number, name = sku): Shelf {
  const known = world.shelves.get(sku)
  const shelf = known ?? { sku, name, onHand, committed: 0, updatedAt: 0 }
  shelf.onHand = onHand
  shelf.updatedAt = world.clock.now()
  world.shelves.set(sku, shelf)
  return shelf
}

/** GET /sellers/v1/marketplaceParticipations */
export function getMarketplaceParticipations(world: World): SimulatorReply {
  const payload = world.options.marketplaceIds.map((id) => ({
    marketplace: {
      id,
      name: `Amazon ${countryOf(id) ?? id}`,
      countryCode: countryOf(id) ?? 'US',
      defaultCurrencyCode: 'USD',
      defaultLanguageCode: 'en_US',
      domainName: 'www.amazon.example',
    },
    participation: { isParticipating: true, hasSuspendedListings: false },
    storeName: 'Simulated Store',
  }))
  return reply(200, { payload })
}

const pageSize = 50
/** https://developer-docs.amazon.com/sp-api: a token of the inventory ends after 30 seconds. */
const tokenLifeMs = 30_000

const Token = z.object({ from: z.int(), at: z.number() })

/** GET /fba/inventory/v1/summaries */
export function getInventorySummaries(world: World, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const { query } = request
  const marketplaces = listOf(query, 'marketplaceIds')
  if (query.get('granularityType') !== 'Marketplace') return invalidInput('granularityType')
  if (marketplaces?.length !== 1 || query.get('granularityId') !== marketplaces[0])
    return invalidInput('marketplaceIds takes one id, the same as granularityId')
  const [marketplaceId = ''] = marketplaces
  if (!world.options.marketplaceIds.includes(marketplaceId)) return invalidInput('marketplaceIds')
  if (!world.options.fba) return invalidInput('The seller is not enrolled in FBA.')
  const one = query.get('sellerSku')
  const skus = one === null ? listOf(query, 'sellerSkus') : [one]
  if (skus !== null && skus.length > 50) return invalidInput('sellerSkus: at most 50')
  const from = readToken(query.get('nextToken'), now)
  if (from === null) return invalidInput('nextToken is invalid or has expired')
  const found = [...world.shelves.values()]
    .filter(({ sku }) => skus?.includes(sku) ?? true)
    .sort((first, second) => first.sku.localeCompare(second.sku))
  const page = found.slice(from, from + pageSize)
  const more = from + pageSize < found.length
  const details = query.get('details') === 'true'
  return reply(200, {
    payload: {
      granularity: { granularityType: 'Marketplace', granularityId: marketplaceId },
      inventorySummaries: page.map((shelf) => onWire(shelf, details)),
    },
    ...(more ? { pagination: { nextToken: makeToken(from + pageSize, now) } } : {}),
  })
}

const makeToken = (from: number, at: number) =>
  Buffer.from(JSON.stringify({ from, at })).toString('base64url')

function readToken(text: string | null, now: number): number | null {
  if (text === null) return 0
  try {
    const { from, at } = Token.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
    return now - at < tokenLifeMs ? from : null
  } catch {
    return null
  }
}

function onWire(shelf: Shelf, details: boolean): unknown {
  return {
    fnSku: `X00${shelf.sku}`,
    sellerSku: shelf.sku,
    condition: 'NewItem',
    ...(details
      ? {
          inventoryDetails: {
            fulfillableQuantity: shelf.onHand - shelf.committed,
            inboundWorkingQuantity: 0,
            inboundShippedQuantity: 0,
            inboundReceivingQuantity: 0,
            reservedQuantity: {
              totalReservedQuantity: shelf.committed,
              pendingCustomerOrderQuantity: shelf.committed,
              pendingTransshipmentQuantity: 0,
              fcProcessingQuantity: 0,
            },
          },
        }
      : {}),
    lastUpdatedTime: instant(shelf.updatedAt),
    productName: shelf.name,
    totalQuantity: shelf.onHand,
  }
}

// Amazon's own controls of its sandbox.

const CreateItem = z.object({ sellerSku: z.string(), marketplaceId: z.string(), productName: z.string() })

/** POST /fba/inventory/v1/items, a sandbox-only operation. */
export function createInventoryItem(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const parsed = CreateItem.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  if (!world.shelves.has(parsed.data.sellerSku))
    putShelf(world, parsed.data.sellerSku, 0, parsed.data.productName)
  return reply(200, {})
}

const AddInventory = z.object({
  inventoryItems: z.array(
    z.object({ sellerSku: z.string(), marketplaceId: z.string(), quantity: z.int().min(0) }),
  ),
})

/** POST /fba/inventory/v1/items/inventory, a sandbox-only operation; once for each idempotency token. */
export function addInventory(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const token = request.headers['x-amzn-idempotency-token']
  if (token === undefined) return invalidInput('x-amzn-idempotency-token')
  const parsed = AddInventory.safeParse(request.json())
  if (!parsed.success) return invalidInput(parsed.error.issues[0]?.path.join('.') ?? '')
  if (world.addedBy.has(token)) return reply(200, {})
  for (const { sellerSku, quantity } of parsed.data.inventoryItems) {
    const shelf = world.shelves.get(sellerSku)
    if (!shelf) return failed(404, 'NotFound', `There is no item ${sellerSku}.`)
    putShelf(world, sellerSku, shelf.onHand + quantity)
  }
  world.addedBy.add(token)
  return reply(200, {})
}

/** DELETE /fba/inventory/v1/items/{sellerSku}, a sandbox-only operation. */
export function deleteInventoryItem(world: World, sku: string): SimulatorReply {
  world.settle()
  return world.shelves.delete(sku) ? reply(200, {}) : failed(404, 'NotFound', `There is no item ${sku}.`)
}
