import { objectType, refuse, type Schema } from '../../../src/simulator/graphql/index.ts'
import { connectionTypes, paging, slice } from './connection.ts'
import { mutationFields, mutationTypes } from './mutations.ts'
import { orderTypes } from './order-types.ts'
import { orderFilter, sortValue } from './search.ts'
import { type Item, iso, type Job, type Level, type Place } from './shop.ts'
import type { Subscription, World } from './world.ts'

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

function invalidId(id: unknown): never {
  const explanation = `Invalid global id '${String(id)}'`
  return refuse('INVALID_VARIABLE', 'Variable $id of type ID! was provided invalid value', {
    value: id,
    problems: [{ path: [], explanation, message: explanation }],
  })
}

/** Any object by its gid. @throws Refusal when it is no gid */
function node(world: World, id: unknown): unknown {
  const match = /^gid:\/\/shopify\/(\w+)\/[^/]+$/.exec(String(id))
  if (!match) return invalidId(id)
  const found = types.find(([type]) => type === match[1])
  const value = found?.[1](world, String(id))
  return typeof value === 'object' && value !== null ? { ...value, __typename: match[1] } : null
}

function typed(world: World, type: string, id: unknown): unknown {
  // Another type's gid is nobody's, and a text that is no gid is refused.
  const given = /^gid:\/\/shopify\/(\w+)\/\d+$/.exec(String(id))
  if (!given) return invalidId(id)
  return given[1] === type ? (types.find(([name]) => name === type)?.[1](world, String(id)) ?? null) : null
}

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

const byId = ({ id }: { readonly id: string }) => id.replace(/\d+$/, (digits) => digits.padStart(16, '0'))

export const schema: Schema<World> = {
  query: 'QueryRoot',
  mutation: 'Mutation',
  objects: {
    ...orderTypes,
    ...mutationTypes,
    ...connectionTypes<World>('WebhookSubscription'),
    ...connectionTypes<World>('Location'),
    ...connectionTypes<World>('InventoryItem'),
    ...connectionTypes<World>('InventoryLevel'),
    QueryRoot: objectType<unknown, World>({
      orders: {
        type: 'OrderConnection!',
        args: { ...paging, sortKey: 'OrderSortKeys', query: 'String', reverse: 'Boolean' },
        resolve: (_, args, world) => listedOrders(world, args),
      },
      order: { type: 'Order', args: { id: 'ID!' }, resolve: (_, { id }, world) => typed(world, 'Order', id) },
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
    Job: objectType<Job, World>({ id: 'ID!', done: 'Boolean!' }),
    WebhookSubscription: objectType<Subscription, World>(
      {
        id: 'ID!',
        topic: 'WebhookSubscriptionTopic!',
        uri: 'String!',
        format: { type: 'WebhookSubscriptionFormat!', resolve: () => 'JSON' },
        createdAt: { type: 'DateTime!', resolve: ({ createdAt }) => iso(createdAt) },
      },
      'Node',
    ),
  },
  interfaces: { Node: { id: 'ID!' }, DisplayableError: { field: '[String!]', message: 'String!' } },
  inputs: {
    InventorySetQuantitiesInput: {
      name: 'String!',
      reason: 'String!',
      referenceDocumentUri: 'String',
      quantities: '[InventoryQuantityInput!]!',
    },
    InventoryQuantityInput: {
      inventoryItemId: 'ID!',
      locationId: 'ID!',
      quantity: 'Int!',
      changeFromQuantity: 'Int',
    },
    FulfillmentInput: {
      lineItemsByFulfillmentOrder: '[FulfillmentOrderLineItemsInput!]!',
      notifyCustomer: 'Boolean',
      trackingInfo: 'FulfillmentTrackingInput',
    },
    FulfillmentOrderLineItemsInput: {
      fulfillmentOrderId: 'ID!',
      fulfillmentOrderLineItems: '[FulfillmentOrderLineItemInput!]',
    },
    FulfillmentOrderLineItemInput: { id: 'ID!', quantity: 'Int!' },
    FulfillmentTrackingInput: {
      company: 'String',
      number: 'String',
      numbers: '[String!]',
      url: 'URL',
      urls: '[URL!]',
    },
    OrderCancelRefundMethodInput: { originalPaymentMethodsRefund: 'Boolean' },
    WebhookSubscriptionInput: {
      uri: 'String',
      format: 'WebhookSubscriptionFormat',
      includeFields: '[String!]',
      filter: 'String',
    },
  },
  // Arrays of input are cut at 250 by every mutation and query.
  longestInput: 250,
  enums: {
    OrderSortKeys: ['CREATED_AT', 'ID', 'PROCESSED_AT', 'UPDATED_AT'],
    OrderCancelReason: ['CUSTOMER', 'DECLINED', 'FRAUD', 'INVENTORY', 'OTHER', 'STAFF'],
    WebhookSubscriptionFormat: ['JSON', 'XML'],
    WebhookSubscriptionTopic: [
      'APP_UNINSTALLED',
      'FULFILLMENTS_CREATE',
      'FULFILLMENTS_UPDATE',
      'INVENTORY_LEVELS_UPDATE',
      'ORDERS_CANCELLED',
      'ORDERS_CREATE',
      'ORDERS_EDITED',
      'ORDERS_FULFILLED',
      'ORDERS_PAID',
      'ORDERS_PARTIALLY_FULFILLED',
      'ORDERS_UPDATED',
      'REFUNDS_CREATE',
    ],
  },
}
