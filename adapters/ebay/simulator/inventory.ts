import { z } from 'zod'
import { reply, type SimulatorReply, type SimulatorRequest } from '../../../src/simulator/index.ts'
import { amount, type ErrorShape, inventoryError } from './answers.ts'
import { type Offer, type Shelf, shownBy, type World } from './world.ts'

const batch = 25

const error = (errorId: number, message: string): ErrorShape => ({
  errorId,
  domain: 'API_INVENTORY',
  category: errorId === 25001 ? 'APPLICATION' : 'REQUEST',
  message,
  longMessage: message,
})

const Update = z.object({
  requests: z
    .array(
      z.object({
        sku: z.string().optional(),
        shipToLocationAvailability: z.object({ quantity: z.int().min(0) }).optional(),
        offers: z
          .array(z.object({ offerId: z.string(), availableQuantity: z.int().min(0).optional() }))
          .optional(),
      }),
    )
    .min(1),
})
type Entry = z.infer<typeof Update>['requests'][number]

interface Row {
  readonly sku: string
  readonly offerId?: string
  readonly statusCode: number
  readonly errors?: readonly ErrorShape[]
}

const shelfBySku = (world: World, sku: string): Shelf | undefined => {
  const shelf = world.shelves.get(sku)
  return shelf?.api === 'inventory' ? shelf : undefined
}

/** POST /sell/inventory/v1/bulk_update_price_quantity */
export function bulkUpdate(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const parsed = Update.safeParse(request.json())
  if (!parsed.success) return inventoryError(400, 25709, 'Invalid value for requests.')
  const { requests } = parsed.data
  if (requests.length > batch) return inventoryError(400, 25002, 'Any User error. At most 25 requests.')
  const broken = request.fault('partial_failure') !== null
  const rows = requests.flatMap((entry, index) => {
    const failing = broken && index === 0 ? error(25001, 'A system error has occurred.') : null
    return failing ? rowsOf(entry, 500, failing) : update(world, entry)
  })
  return reply(rows.every(({ statusCode }) => statusCode === 200) ? 200 : 207, { responses: rows })
}

function rowsOf({ sku = '', offers = [] }: Entry, statusCode: number, failure?: ErrorShape): Row[] {
  const rest = { sku, statusCode, ...(failure ? { errors: [failure] } : {}) }
  return offers.length === 0 ? [rest] : offers.map(({ offerId }) => ({ offerId, ...rest }))
}

function update(world: World, entry: Entry): Row[] {
  const { sku = '', offers = [], shipToLocationAvailability: item } = entry
  const shelf = shelfBySku(world, sku)
  const wrong = wrongWith(world, shelf, entry)
  if (wrong || !shelf)
    return rowsOf(entry, 400, wrong ?? error(25710, 'We did not find the resource you are looking for.'))
  if (!world.revise(shelf))
    return rowsOf(entry, 400, error(25002, 'Any User error. The listing was revised too often today.'))
  if (item) shelf.quantity = item.quantity
  for (const { offerId, availableQuantity } of offers) {
    const offer = shelf.offers.find(({ id }) => id === offerId)
    if (offer && availableQuantity !== undefined) offer.available = availableQuantity
  }
  return rowsOf(entry, 200)
}

function wrongWith(
  world: World,
  shelf: Shelf | undefined,
  { offers = [], shipToLocationAvailability }: Entry,
): ErrorShape | null {
  if (!shelf) return error(25710, 'We did not find the resource you are looking for.')
  const ids = offers.map(({ offerId }) => offerId)
  if (new Set(ids).size < ids.length) return error(25709, 'Invalid value for offerId. Duplicate offer.')
  const own = ids.map((id) => shelf.offers.find((offer) => offer.id === id))
  if (own.some((offer) => offer?.status !== 'PUBLISHED')) return error(25713, 'This Offer is not available.')
  const zero =
    shipToLocationAvailability?.quantity === 0 ||
    offers.some(({ availableQuantity }) => availableQuantity === 0)
  if (zero && !world.outOfStockControl)
    return error(
      25002,
      'Any User error. The quantity must be greater than 0 unless out-of-stock control is on.',
    )
  return null
}

const Get = z.object({ requests: z.array(z.object({ sku: z.string() })).min(1) })

/** POST /sell/inventory/v1/bulk_get_inventory_item */
export function bulkGet(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const parsed = Get.safeParse(request.json())
  if (!parsed.success || parsed.data.requests.length > batch)
    return inventoryError(400, 25709, 'Invalid value for requests.')
  const responses = parsed.data.requests.map(({ sku }) => {
    const shelf = shelfBySku(world, sku)
    return shelf
      ? { sku, statusCode: 200, inventoryItem: itemOnWire(shelf) }
      : { sku, statusCode: 404, errors: [error(25710, 'We did not find the resource you are looking for.')] }
  })
  return reply(responses.every(({ statusCode }) => statusCode === 200) ? 200 : 207, { responses })
}

const itemOnWire = (shelf: Shelf) => ({
  sku: shelf.sku,
  locale: 'en_US',
  condition: 'NEW',
  product: { title: shelf.title, ...(shelf.barcode === null ? {} : { ean: [shelf.barcode] }) },
  availability: { shipToLocationAvailability: { quantity: shelf.quantity } },
  ...(shelf.variationId === null ? {} : { inventoryItemGroupKeys: [`group-${shelf.itemId}`] }),
})

/** GET /sell/inventory/v1/inventory_item/{sku} */
export function getItem(world: World, sku: string): SimulatorReply {
  const shelf = shelfBySku(world, sku)
  return shelf
    ? reply(200, itemOnWire(shelf))
    : inventoryError(404, 25710, 'We did not find the resource you are looking for.')
}

/** GET /sell/inventory/v1/inventory_item: here, and only here, `offset` counts pages. */
export function getItems(world: World, request: SimulatorRequest): SimulatorReply {
  const limit = Number(request.query.get('limit') ?? 25)
  const page = Number(request.query.get('offset') ?? 0)
  if (!(limit >= 1 && limit <= 200) || !(page >= 0)) return inventoryError(400, 25706, 'Invalid pagination.')
  const all = [...world.shelves.values()].filter(({ api }) => api === 'inventory')
  const inventoryItems = all.slice(page * limit, (page + 1) * limit).map(itemOnWire)
  return reply(200, { total: all.length, size: inventoryItems.length, limit, inventoryItems })
}

const offerOnWire = (shelf: Shelf, offer: Offer) => ({
  offerId: offer.id,
  sku: shelf.sku,
  marketplaceId: offer.marketplaceId,
  format: 'FIXED_PRICE',
  availableQuantity: offer.available,
  pricingSummary: { price: amount(shelf.price) },
  status: offer.status,
  ...(offer.status === 'PUBLISHED'
    ? {
        listing: {
          listingId: shelf.itemId,
          listingStatus: shownBy(shelf) > 0 ? 'ACTIVE' : 'OUT_OF_STOCK',
          soldQuantity: shelf.sold,
        },
      }
    : {}),
})

/** GET /sell/inventory/v1/offer: of one SKU, there is no list of all. */
export function getOffers(world: World, request: SimulatorRequest): SimulatorReply {
  world.settle()
  const sku = request.query.get('sku')
  if (sku === null) return inventoryError(400, 25709, 'Invalid value for sku.')
  const shelf = shelfBySku(world, sku)
  if (!shelf || shelf.offers.length === 0) return inventoryError(404, 25713, 'This Offer is not available.')
  const offers = shelf.offers.map((offer) => offerOnWire(shelf, offer))
  return reply(200, { total: offers.length, size: offers.length, limit: 100, offers })
}

/** GET /sell/inventory/v1/offer/{offerId} */
export function getOffer(world: World, id: string): SimulatorReply {
  for (const shelf of world.shelves.values()) {
    const offer = shelf.offers.find((each) => each.id === id)
    if (offer) return reply(200, offerOnWire(shelf, offer))
  }
  return inventoryError(404, 25713, 'This Offer is not available.')
}
