import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/index.ts'
import { childrenOf, readXml, textAt, type XmlMembers, type XmlNode } from '../xml.ts'
import { type XmlError, xmlReply } from './answers.ts'
import type { Auth } from './auth.ts'
import type { Shelf, World } from './world.ts'

const fault = (ErrorCode: number, ShortMessage: string): XmlError => ({
  ErrorCode,
  SeverityCode: 'Error',
  ShortMessage,
})

type Call = (world: World, root: XmlNode, request: SimulatorRequest) => SimulatorReply

const calls: Readonly<Record<string, Call>> = {
  ReviseInventoryStatus: revise,
  GetItem: getItem,
  GetMyeBaySelling: getActiveList,
  GetUserPreferences: (world, root) =>
    xmlReply('GetUserPreferences', world.clock.now(), 'Success', [], {
      OutOfStockControlPreference:
        textAt(root, 'ShowOutOfStockControlPreference') === 'true' ? world.outOfStockControl : undefined,
    }),
  SetUserPreferences: (world, root) => {
    const wanted = textAt(root, 'OutOfStockControlPreference')
    if (wanted !== null) world.outOfStockControl = wanted === 'true'
    return xmlReply('SetUserPreferences', world.clock.now(), 'Success', [])
  },
  GeteBayOfficialTime: (world) => xmlReply('GeteBayOfficialTime', world.clock.now(), 'Success', []),
  GetUser: (world) =>
    xmlReply('GetUser', world.clock.now(), 'Success', [], {
      User: { UserID: 'simulated_seller', Status: 'Confirmed' },
    }),
}

/** The call's name, which faults and counters go by. */
export const callName = (request: Pick<SimulatorRequest, 'headers'>): string =>
  request.headers['x-ebay-api-call-name'] ?? 'unknown'

/** POST /ws/api.dll */
export function trading(world: World, auth: Auth, request: SimulatorRequest): SimulatorReply {
  const now = world.settle()
  const name = callName(request)
  const failed = (code: number, message: string) => xmlReply(name, now, 'Failure', [fault(code, message)])
  const why = auth.refusal(request, 'trading')
  if (why === 'missing') return failed(930, 'No XML <RequestPassword> or <RequestToken> was specified.')
  if (why === 'expired') return failed(21917053, 'IAF token supplied is expired.')
  if (why !== null) return failed(21916984, 'Invalid IAF token.')
  const root = readXml(request.raw.toString('utf8'))
  if (root?.name !== `${name}Request`) return failed(5, 'XML Parse error.')
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined
  return call ? call(world, root, request) : failed(2, 'Unsupported API call.')
}

interface Wanted {
  readonly shelf: Shelf | null
  readonly quantity: number
  readonly error: XmlError | null
}

function revise(world: World, root: XmlNode, request: SimulatorRequest): SimulatorReply {
  const now = world.clock.now()
  const nodes = childrenOf(root, 'InventoryStatus')
  if (nodes.length === 0 || nodes.length > 4)
    return xmlReply('ReviseInventoryStatus', now, 'Failure', [
      fault(21916799, 'At most 4 items can be revised with one call.'),
    ])
  const broken = request.fault('partial_failure') !== null
  const wanted = nodes.map((node, index): Wanted => {
    const read = wantedOf(world, node)
    return broken && index === 0
      ? { ...read, error: fault(10007, 'Internal error to the application.') }
      : read
  })
  const errors = wanted.flatMap(({ error }) => error ?? [])
  const warnings: XmlError[] = []
  const done = wanted.flatMap(({ shelf, quantity, error }) => {
    if (error || shelf === null) return []
    if (shelf.quantity === quantity) {
      warnings.push({
        ErrorCode: 21917091,
        SeverityCode: 'Warning',
        ShortMessage: 'Requested StartPrice and Quantity revision is redundant.',
      })
    } else if (world.revise(shelf)) shelf.quantity = quantity
    else {
      // eBay gives no number for it that could be found.
      errors.push(fault(21919188, 'You have exceeded the number of revisions of this listing today.'))
      return []
    }
    return [statusOf(shelf)]
  })
  const ack =
    errors.length === 0
      ? warnings.length > 0
        ? 'Warning'
        : 'Success'
      : done.length > 0
        ? 'PartialFailure'
        : 'Failure'
  return xmlReply('ReviseInventoryStatus', now, ack, [...errors, ...warnings], { InventoryStatus: done })
}

const statusOf = (shelf: Shelf): XmlMembers => ({
  ItemID: shelf.itemId,
  SKU: shelf.sku ?? undefined,
  StartPrice: (shelf.price.amount / 100).toFixed(2),
  Quantity: shelf.quantity,
})

function wantedOf(world: World, node: XmlNode): Wanted {
  const item = textAt(node, 'ItemID')
  const sku = textAt(node, 'SKU')
  const quantity = Number(textAt(node, 'Quantity'))
  const shelves = [...world.shelves.values()].filter(({ itemId }) => itemId === item)
  const shelf = shelves.find((each) => each.variationId === null || each.sku === sku) ?? null
  const error = () => {
    if (shelves.length === 0) return fault(17, 'Item cannot be accessed.')
    if (shelf === null) return fault(21916664, 'The variation SKU is missing or unknown.')
    if (shelf.api === 'inventory')
      return fault(21916635, 'Inventory-based listing cannot be revised through this API.')
    if (!Number.isInteger(quantity) || quantity < 0)
      return fault(515, 'The quantity must be a valid number greater than 0.')
    if (quantity === 0 && !world.outOfStockControl)
      return fault(515, 'The quantity must be a valid number greater than 0.')
    return null
  }
  return { shelf, quantity, error: error() }
}

function getItem(world: World, root: XmlNode): SimulatorReply {
  const now = world.clock.now()
  const item = textAt(root, 'ItemID')
  const shelves = [...world.shelves.values()].filter(({ itemId }) => itemId === item)
  const [first] = shelves
  if (!first) return xmlReply('GetItem', now, 'Failure', [fault(17, 'Item cannot be accessed.')])
  const { sold, left, members } = itemOf(shelves, first)
  return xmlReply('GetItem', now, 'Success', [], {
    Item: {
      ...members,
      Quantity: left + sold,
      SellingStatus: { QuantitySold: sold, ListingStatus: 'Active' },
      ProductListingDetails: first.variationId === null ? codesOf(first) : undefined,
    },
  })
}

function itemOf(shelves: readonly Shelf[], first: Shelf) {
  const varied = first.variationId !== null
  return {
    sold: shelves.reduce((sum, each) => sum + each.sold, 0),
    left: shelves.reduce((sum, each) => sum + each.quantity, 0),
    members: {
      ItemID: first.itemId,
      ListingType: 'FixedPriceItem',
      Title: first.title,
      SKU: varied ? undefined : (first.sku ?? undefined),
      Variations: varied ? { Variation: shelves.map(variationOf) } : undefined,
    } satisfies XmlMembers,
  }
}

/** Every active listing, whichever API made it, up to 200 a page. */
function getActiveList(world: World, root: XmlNode): SimulatorReply {
  const perPage = Math.min(200, Number(textAt(root, 'ActiveList', 'Pagination', 'EntriesPerPage') ?? 25))
  const page = Number(textAt(root, 'ActiveList', 'Pagination', 'PageNumber') ?? 1)
  const items = Map.groupBy(world.shelves.values(), ({ itemId }) => itemId)
  const rows = [...items.values()].flatMap((shelves): XmlMembers[] => {
    const [first] = shelves
    if (!first) return []
    const { sold, left, members } = itemOf(shelves, first)
    return [{ ...members, Quantity: left + sold, QuantityAvailable: left }]
  })
  return xmlReply('GetMyeBaySelling', world.clock.now(), 'Success', [], {
    ActiveList: {
      ItemArray: { Item: rows.slice((page - 1) * perPage, page * perPage) },
      PaginationResult: {
        TotalNumberOfPages: Math.ceil(rows.length / perPage),
        TotalNumberOfEntries: rows.length,
      },
    },
  })
}

const codesOf = ({ barcode }: Shelf): XmlMembers | undefined =>
  barcode === null ? undefined : { EAN: barcode }

const variationOf = (shelf: Shelf): XmlMembers => ({
  SKU: shelf.sku ?? undefined,
  StartPrice: (shelf.price.amount / 100).toFixed(2),
  Quantity: shelf.quantity + shelf.sold,
  SellingStatus: { QuantitySold: shelf.sold },
  VariationProductListingDetails: codesOf(shelf),
})
