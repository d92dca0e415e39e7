import { objectType, refuse, type Schema } from '../../../src/simulator/graphql/index.ts'
import { type BulkOperation, fileUrl } from './bulk.ts'
import { connectionTypes, paging, slice } from './connection.ts'
import { enums, inputs } from './inputs.ts'
import { mutationFields, mutationTypes } from './mutations.ts'
import { orderTypes } from './order-types.ts'
import { returnLineInterface, returnQueries, returnTypes } from './return-types.ts'
import { fulfillmentOrderFilter, orderFilter, sortValue, sortValueOfPart } from './search.ts'
import { type FulfillmentOrder, type Item, iso, type Job, type Level, type Place } from './shop.ts'
import { invalidId, type Subscription, type World } from './world.ts'

/** How long a stale look at the orders lags behind. */
const staleMs = 60_000

const quantityNames = [
  'available',
  'committed',
  'on_hand',
  'incoming',
  'reserved',
  'damaged',
  'safety_stock',
  'quality_control',
]

function quantityOf(level: Level, name: string): number {
  if (name === 'available') return level.available
  if (name === 'committed') return level.committed
  if (name === 'on_hand') return level.available + level.committed
  if (quantityNames.includes(name)) return 0
  return refuse('INVALID_FIELD_ARGUMENTS', `${name} is not a quantity name`)
}

const types: readonly (readonly [string, (world: World, id: string) => unknown])[] = [
  ['Order', ({ shop }, id) => shop.orders.get(id)],
  ['InventoryItem', ({ shop }, id) => live(shop.items.get(id))],
  ['Location', ({ shop }, id) => shop.locations.find((place) => place.id === id)],
  ['ProductVariant', ({ shop }, id) => live([...shop.items.values()].find((item) => item.variantId === id))],
  ['FulfillmentOrder', (world, id) => fulfillmentOrders(world).find((one) => one.id === id)],
  ['Fulfillment', (world, id) => fulfillments(world).find((one) => one.id === id)],
  [
    'Refund',
    ({ shop }, id) =>
      [...shop.orders.values()].flatMap((order) => order.refunds).find((one) => one.id === id),
  ],
  ['WebhookSubscription', ({ subscriptions }, id) => subscriptions.get(id)],
]

const live = (item: Item | undefined) => (item && !item.deleted ? item : undefined)

const fulfillmentOrders = ({ shop }: World) =>
  [...shop.orders.values()].flatMap((order) => order.fulfillmentOrders)
const fulfillments = ({ shop }: World) => [...shop.orders.values()].flatMap((order) => order.fulfillments)

/** Any object by its gid. @throws Refusal when it is no gid */
function node(world: World, id: unknown): unknown {
  const match = /^gid:\/\/shopify\/(\w+)\/[^/]+$/.exec(String(id))
  if (!match) return invalidId(id)
  const found = types.find(([type]) => type === match[1])
  const value = found?.[1](world, String(id))
  return typeof value === 'object' && value !== null ? { ...value, __typename: match[1] } : null
}

const typed = (world: World, type: string, id: unknown): unknown =>
  world.typed(type, id, () => types.find(([name]) => name === type)?.[1](world, String(id)))

function listedOrders(world: World, args: Readonly<Record<string, unknown>>) {
  const filter = orderFilter(args.query)
  const until = world.fault('stale_read') ? world.shop.now() - staleMs : Number.POSITIVE_INFINITY
  const found = [...world.shop.orders.values()].filter((order) => order.updatedAt <= until && filter(order))
  const keyed = found.map((order) => ({ order, key: sortValue(order, args.sortKey) }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : 1))
  if (args.reverse === true) refuse('BAD_REQUEST', 'This simulator lists orders forwards only')
  const page = slice(keyed, ({ key }) => key, args)
  return { ...page, rows: page.rows.map(({ cursor, node: { order } }) => ({ cursor, node: order })) }
}

function listedParts(world: World, args: Readonly<Record<string, unknown>>) {
  const filter = fulfillmentOrderFilter(args.query)
  const found = fulfillmentOrders(world).filter(
    (one) => (args.includeClosed === true || one.status !== 'CLOSED') && filter(one),
  )
  const key = (one: FulfillmentOrder) => sortValueOfPart(one, args.sortKey)
  found.sort((a, b) => (key(a) < key(b) ? -1 : 1))
  return slice(found, key, args)
}

const byId = ({ id }: { readonly id: string }) => id.replace(/\d+$/, (digits) => digits.padStart(16, '0'))

export const schema: Schema<World> = {
  query: 'QueryRoot',
  mutation: 'Mutation',
  objects: {
    ...orderTypes,
    ...returnTypes,
    ...mutationTypes,
    ...connectionTypes<World>('WebhookSubscription'),
    ...connectionTypes<World>('Location'),
    ...connectionTypes<World>('InventoryItem'),
    ...connectionTypes<World>('InventoryLevel'),
    ...connectionTypes<World>('ProductVariant'),
    QueryRoot: objectType<unknown, World>({
      orders: {
        type: 'OrderConnection!',
        args: { ...paging, sortKey: 'OrderSortKeys', query: 'String', reverse: 'Boolean' },
        resolve: (_, args, world) => listedOrders(world, args),
      },
      order: { type: 'Order', args: { id: 'ID!' }, resolve: (_, { id }, world) => typed(world, 'Order', id) },
      ordersCount: {
        type: 'Count',
        args: { query: 'String', limit: 'Int' },
        resolve: (_, { query, limit }, { shop }) => {
          const filter = orderFilter(query)
          const count = [...shop.orders.values()].filter(filter).length
          const most = typeof limit === 'number' ? limit : 10_000
          return { count: Math.min(count, most), precision: count > most ? 'AT_LEAST' : 'EXACT' }
        },
      },
      fulfillmentOrders: {
        type: 'FulfillmentOrderConnection!',
        args: { ...paging, sortKey: 'FulfillmentOrderSortKeys', query: 'String', includeClosed: 'Boolean' },
        resolve: (_, args, world) => listedParts(world, args),
      },
      bulkOperation: {
        type: 'BulkOperation',
        args: { id: 'ID!' },
        resolve: (_, { id }, world) => world.typed('BulkOperation', id, ({ bulk }) => bulk.find(String(id))),
      },
      fulfillmentOrder: {
        type: 'FulfillmentOrder',
        args: { id: 'ID!' },
        resolve: (_, { id }, world) => typed(world, 'FulfillmentOrder', id),
      },
      fulfillment: {
        type: 'Fulfillment',
        args: { id: 'ID!' },
        resolve: (_, { id }, world) => typed(world, 'Fulfillment', id),
      },
      refund: {
        type: 'Refund',
        args: { id: 'ID!' },
        resolve: (_, { id }, world) => typed(world, 'Refund', id),
      },
      inventoryItem: {
        type: 'InventoryItem',
        args: { id: 'ID!' },
        resolve: (_, { id }, world) => typed(world, 'InventoryItem', id),
      },
      inventoryItems: {
        type: 'InventoryItemConnection!',
        args: { ...paging, query: 'String' },
        resolve: (_, args, { shop }) => {
          const sku = /^sku:'?([^']*)'?$/.exec(String(args.query ?? ''))?.[1]
          const items = [...shop.items.values()].filter(
            (item) => !item.deleted && (sku === undefined || item.sku === sku),
          )
          return slice(items, byId, args)
        },
      },
      productVariants: {
        type: 'ProductVariantConnection!',
        args: paging,
        resolve: (_, args, { shop }) =>
          slice(
            [...shop.items.values()].filter(({ deleted }) => !deleted),
            byId,
            args,
          ),
      },
      productVariantsCount: {
        type: 'Count',
        args: { limit: 'Int' },
        resolve: (_, { limit }, { shop }) => {
          const count = [...shop.items.values()].filter(({ deleted }) => !deleted).length
          // The schema's own default; `null` asks for no limit.
          const most = limit === null ? count : Number(limit ?? 10_000)
          return { count: Math.min(count, most), precision: count > most ? 'AT_LEAST' : 'EXACT' }
        },
      },
      location: {
        type: 'Location',
        args: { id: 'ID' },
        resolve: (_, { id }, world) =>
          id == null ? (world.shop.locations[0] ?? null) : typed(world, 'Location', id),
      },
      locations: {
        type: 'LocationConnection!',
        args: paging,
        resolve: (_, args, { shop }) => slice(shop.locations, byId, args),
      },
      node: { type: 'Node', args: { id: 'ID!' }, resolve: (_, { id }, world) => node(world, id) },
      nodes: {
        type: '[Node]!',
        args: { ids: '[ID!]!' },
        resolve: (_, { ids }, world) => (ids as readonly string[]).map((id) => node(world, id)),
      },
      job: {
        type: 'Job',
        args: { id: 'ID!' },
        resolve: (_, { id }, { shop }) => shop.jobs.get(String(id)) ?? null,
      },
      webhookSubscriptions: {
        type: 'WebhookSubscriptionConnection!',
        args: paging,
        resolve: (_, args, { subscriptions }) => slice([...subscriptions.values()], byId, args),
      },
      ...returnQueries,
      shop: { type: 'Shop!', resolve: (_, __, { shop }) => shop },
    }),
    Mutation: objectType<unknown, World>(mutationFields),
    Shop: objectType<World['shop'], World>({
      name: { type: 'String!', resolve: () => 'Simulated shop' },
      currencyCode: { type: 'CurrencyCode!', resolve: ({ currency }) => currency },
    }),
    PageInfo: objectType<never, World>({
      hasNextPage: 'Boolean!',
      hasPreviousPage: 'Boolean!',
      startCursor: 'String',
      endCursor: 'String',
    }),
    InventoryItem: objectType<Item, World>(
      {
        id: 'ID!',
        sku: 'String',
        tracked: 'Boolean!',
        requiresShipping: 'Boolean!',
        inventoryLevel: {
          type: 'InventoryLevel',
          args: { locationId: 'ID!' },
          resolve: ({ id }, { locationId }, { shop }) => shop.level(id, String(locationId)) ?? null,
        },
        inventoryLevels: {
          type: 'InventoryLevelConnection!',
          args: paging,
          resolve: ({ id }, args, { shop }) =>
            slice(shop.levelsOf(id), ({ location }) => byId({ id: location }), args),
        },
      },
      'Node',
    ),
    InventoryLevel: objectType<Level, World>(
      {
        id: {
          type: 'ID!',
          resolve: ({ item, location }) =>
            `gid://shopify/InventoryLevel/${location.split('/').at(-1)}?inventory_item_id=${item.id.split('/').at(-1)}`,
        },
        isActive: { type: 'Boolean!', resolve: () => true },
        item: 'InventoryItem!',
        location: { type: 'Location!', resolve: ({ location }, _, world) => world.place(location) },
        quantities: {
          type: '[InventoryQuantity!]!',
          args: { names: '[String!]!' },
          resolve: (level, { names }) =>
            (names as readonly string[]).map((name) => ({ name, quantity: quantityOf(level, name) })),
        },
      },
      'Node',
    ),
    InventoryQuantity: objectType<never, World>({ name: 'String!', quantity: 'Int!' }),
    Location: objectType<Place, World>(
      { id: 'ID!', name: 'String!', isActive: { type: 'Boolean!', resolve: () => true } },
      'Node',
    ),
    BulkOperation: objectType<BulkOperation, World>(
      {
        id: 'ID!',
        status: 'BulkOperationStatus!',
        type: { type: 'BulkOperationType!', resolve: () => 'QUERY' },
        errorCode: 'BulkOperationErrorCode',
        query: 'String!',
        createdAt: { type: 'DateTime!', resolve: ({ createdAt }) => iso(createdAt) },
        completedAt: {
          type: 'DateTime',
          resolve: ({ completedAt }) => (completedAt === null ? null : iso(completedAt)),
        },
        objectCount: { type: 'UnsignedInt64!', resolve: ({ objects }) => String(objects) },
        fileSize: {
          type: 'UnsignedInt64',
          resolve: ({ file }) => (file === null ? null : String(file.length)),
        },
        url: { type: 'URL', resolve: (operation) => fileUrl(operation, operation.file) },
        partialDataUrl: { type: 'URL', resolve: (operation) => fileUrl(operation, operation.partial) },
      },
      'Node',
    ),
    Job: objectType<Job, World>({ id: 'ID!', done: 'Boolean!' }),
    WebhookSubscription: objectType<Subscription, World>(
      {
        id: 'ID!',
        topic: 'WebhookSubscriptionTopic!',
        uri: 'String!',
        format: 'WebhookSubscriptionFormat!',
        filter: 'String',
        includeFields: '[String!]!',
        createdAt: { type: 'DateTime!', resolve: ({ createdAt }) => iso(createdAt) },
      },
      'Node',
    ),
  },
  interfaces: {
    Node: { id: 'ID!' },
    DisplayableError: { field: '[String!]', message: 'String!' },
    ReturnLineItemType: returnLineInterface,
    // Unions: nothing may be asked of them but what their members have.
    ReverseDeliveryDeliverable: {},
    ReturnOutcomeFinancialTransfer: {},
  },
  inputs,
  // Arrays of input are cut at 250 by every mutation and query.
  longestInput: 250,
  enums,
}
