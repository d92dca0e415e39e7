import { type Args, type FieldType, refuse } from '../../../src/simulator/graphql/index.ts'
import type { LineInput } from './depot.ts'
import { holdNames, type Order } from './types.ts'
import type { World } from './world.ts'

type Mutation = FieldType<never, World>
type Data = Readonly<Record<string, unknown>>

/** ShipHero's number for what it does not find, and one for what it does not do: only the first is published. */
const missing = (what: string): never => refuse('5', `${what} not found`)
const refused = (message: string): never => refuse('3', message)

/** A mutation gives its own member beside the id of the request and its cost. */
function mutation(type: string, input: string, run: (world: World, data: Data) => Data): Mutation {
  return {
    type,
    args: { data: `${input}!` },
    resolve(_, args: Args, world) {
      const fault = world.fault('partial_failure')
      if (fault) {
        const { message = 'Unexpected Error', code = 1 } = (fault.detail ?? {}) as {
          message?: string
          code?: number
        }
        refuse(String(code), message)
      }
      return { request_id: world.requestId, complexity: world.cost, ...run(world, args.data as Data) }
    },
  }
}

function orderOf({ depot }: World, data: Data): Order {
  return depot.find(String(data.order_id)) ?? missing('Order')
}

const changed = (run: (world: World, order: Order, data: Data) => void) => (world: World, data: Data) => {
  const order = orderOf(world, data)
  run(world, order, data)
  return { order: world.views.order(order) }
}

const listOf = (value: unknown) => (value ?? []) as readonly Data[]

function create(world: World, data: Data): Data {
  const { depot, views } = world
  const lines = listOf(data.line_items) as unknown as readonly LineInput[]
  if (lines.length === 0) refused('line_items are required')
  for (const { quantity, warehouse_id: id } of lines) {
    if (quantity < 1) refused('quantity must be greater than 0')
    if (id != null && !depot.warehouse(id)) missing('Warehouse')
  }
  return { order: views.order(depot.create(data, lines)) }
}

function updateLines({ depot }: World, order: Order, data: Data): void {
  for (const change of listOf(data.line_items)) {
    const line = order.lines.find(({ id }) => id === change.id) ?? missing('Line item')
    if (typeof change.quantity === 'number') {
      if (change.quantity < line.shipped) refused('quantity is below what was shipped')
      const pending = Math.max(0, line.pending + change.quantity - line.quantity)
      line.quantity = change.quantity
      const problem = depot.setPending(order, line, pending)
      if (problem) refused(problem)
    }
    const { quantity_pending_fulfillment: pending } = change
    if (typeof pending !== 'number') continue
    const problem = depot.setPending(order, line, pending)
    if (problem) refused(problem)
  }
}

function removeLines({ depot }: World, order: Order, data: Data): void {
  const ids = (data.line_item_ids ?? []) as readonly string[]
  const gone = order.lines.filter(({ id }) => ids.includes(id))
  if (gone.some(({ shipped }) => shipped > 0)) refused('A line item was shipped already')
  order.lines.splice(0, order.lines.length, ...order.lines.filter((line) => !gone.includes(line)))
  depot.settle(order)
  depot.allocateAll()
}

function changeStock(change: (onHand: number, quantity: number) => number) {
  return (world: World, data: Data): Data => {
    const { depot, views } = world
    const sku = String(data.sku)
    const product = depot.products.get(sku) ?? missing('Product')
    const warehouse = depot.warehouse(String(data.warehouse_id)) ?? missing('Warehouse')
    const quantity = change(depot.onHand(sku, warehouse.id), Number(data.quantity))
    if (quantity < 0) refused('Not enough inventory to remove')
    depot.setOnHand(sku, warehouse.id, quantity)
    depot.tell('Inventory Update', { product })
    return { warehouse_product: views.warehouseProduct(product, warehouse) }
  }
}

function switchWebhook(health: 'HEALTHY' | 'UNHEALTHY') {
  return ({ hooks, views, depot }: World, data: Data): Data => {
    const webhook = hooks.all.get(String(data.webhook_id)) ?? missing('Webhook')
    hooks.set(webhook, health, depot.clock.now())
    return { webhook: views.webhook(webhook) }
  }
}

const shopName = (data: Data) => (data.shop_name as string | null | undefined) ?? null

export const mutations: Record<string, Mutation> = {
  order_create: mutation('OrderMutationOutput', 'CreateOrderInput', create),
  order_update: mutation(
    'OrderMutationOutput',
    'UpdateOrderInput',
    changed(({ depot }, order, data) => {
      if (typeof data.partner_order_id === 'string') order.reference = data.partner_order_id
      if (typeof data.fulfillment_status === 'string') order.status = data.fulfillment_status
      depot.touch(order)
    }),
  ),
  order_cancel: mutation(
    'OrderMutationOutput',
    'CancelOrderInput',
    changed(({ depot, fault }, order, data) => {
      if (fault('accepted_not_applied')) return
      const problem = depot.cancel(order, data.force === true)
      if (problem) refused(problem)
    }),
  ),
  order_update_line_items: mutation('OrderMutationOutput', 'UpdateLineItemsInput', changed(updateLines)),
  order_remove_line_items: mutation('OrderMutationOutput', 'RemoveLineItemsInput', changed(removeLines)),
  order_update_holds: mutation(
    'OrderMutationOutput',
    'UpdateOrderHoldsInput',
    changed(({ depot }, order, data) => {
      for (const name of holdNames) if (typeof data[name] === 'boolean') order.holds[name] = data[name]
      depot.touch(order)
    }),
  ),
  order_add_history_entry: mutation(
    'OrderMutationOutput',
    'AddHistoryInput',
    changed(({ depot }, order, data) => {
      const entry = (data.history_entry ?? {}) as { message?: string }
      order.history.push({ message: entry.message ?? '', at: depot.now() })
    }),
  ),
  inventory_add: mutation(
    'UpdateInventoryOutput',
    'UpdateInventoryInput',
    changeStock((onHand, quantity) => onHand + quantity),
  ),
  inventory_remove: mutation(
    'UpdateInventoryOutput',
    'UpdateInventoryInput',
    changeStock((onHand, quantity) => onHand - quantity),
  ),
  inventory_replace: mutation(
    'UpdateInventoryOutput',
    'ReplaceInventoryInput',
    changeStock((_, quantity) => quantity),
  ),
  warehouse_product_update: mutation(
    'WarehouseProductMutationOutput',
    'UpdateWarehouseProductInput',
    ({ depot, views }, data) => {
      const sku = String(data.sku)
      const product = depot.products.get(sku) ?? missing('Product')
      const warehouse = depot.warehouse(String(data.warehouse_id)) ?? missing('Warehouse')
      if (typeof data.reserve_inventory === 'number') {
        depot.shelf(sku, warehouse.id).reserve = data.reserve_inventory
      }
      if (typeof data.on_hand === 'number') depot.setOnHand(sku, warehouse.id, data.on_hand)
      return { warehouse_product: views.warehouseProduct(product, warehouse) }
    },
  ),
  webhook_create: mutation('CreateWebhookOutput', 'CreateWebhookInput', ({ hooks, views, depot }, data) => {
    const made = hooks.create(
      String(data.name),
      String(data.url),
      shopName(data),
      depot.next(),
      depot.clock.now(),
    )
    return made ? { webhook: views.webhook(made, made.secret) } : refused('The webhook is registered already')
  }),
  webhook_delete: mutation('MutationOutput', 'DeleteWebhookInput', ({ hooks }, data) => {
    hooks.delete(hooks.named(String(data.name), shopName(data)) ?? missing('Webhook'))
    return {}
  }),
  webhook_enable: mutation('EnableWebhookOutput', 'EnableWebhookInput', switchWebhook('HEALTHY')),
  webhook_disable: mutation('DisableWebhookOutput', 'DisableWebhookInput', switchWebhook('UNHEALTHY')),
}
