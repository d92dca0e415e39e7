import type { Depot } from './depot.ts'
import type { Label, Line, Order, Product, Return, Shipment, Warehouse, Webhook } from './types.ts'
import { idOf } from './types.ts'

/** Times as ShipHero shows them: UTC, whole seconds, no zone. */
export const time = (at: number | null): string | null =>
  at === null ? null : new Date(at).toISOString().slice(0, 19)

export const accountId = idOf('Account', 6334)

/** Objects of the schema, in the names of its fields; lists that are paged are plain arrays. */
export class Views {
  readonly #depot: Depot

  constructor(depot: Depot) {
    this.#depot = depot
  }

  warehouse({ id, number, identifier, name, country, zip }: Warehouse) {
    const address = { name, address1: '1 Depot Road', city: name, state: null, country, zip, phone: null }
    return {
      id,
      legacy_id: number,
      account_id: accountId,
      identifier,
      profile: identifier,
      company_name: name,
      address,
    }
  }

  line(order: Order, line: Line) {
    return {
      id: line.id,
      legacy_id: line.number,
      order_id: order.id,
      sku: line.sku,
      partner_line_item_id: line.partnerId,
      product_name: line.name,
      price: line.price,
      quantity: line.quantity,
      quantity_allocated: line.allocated,
      quantity_pending_fulfillment: line.pending,
      quantity_shipped: line.shipped,
      backorder_quantity: line.backorder,
      fulfillment_status: line.pending === 0 ? (line.shipped > 0 ? 'fulfilled' : 'canceled') : 'pending',
      warehouse_id: line.warehouse,
      created_at: time(line.createdAt),
      updated_at: time(line.updatedAt),
    }
  }

  label(order: Order, shipment: Shipment, label: Label) {
    const lines = shipment.lines.filter((each) => each.label === label.id)
    return {
      id: label.id,
      legacy_id: label.number,
      account_id: accountId,
      order_id: order.id,
      order_number: this.#number(order),
      shipment_id: shipment.id,
      warehouse_id: shipment.warehouse,
      carrier: label.carrier,
      shipping_method: label.method,
      shipping_name: label.method,
      tracking_number: label.tracking,
      tracking_url: `https://www.ups.com/track?tracknum=${label.tracking}`,
      status: label.status,
      created_date: time(label.createdAt),
      picked_up: label.pickedUp,
      delivered: label.delivered,
      refunded: false,
      needs_refund: label.status === 'void',
      package_number: label.box,
      cost: '0.00',
      shipment_line_items: lines.map((each) => this.shipmentLine(order, shipment, each)),
    }
  }

  shipmentLine(order: Order, shipment: Shipment, each: Shipment['lines'][number]) {
    const line = order.lines.find(({ id }) => id === each.line)
    return {
      id: each.id,
      shipment_id: shipment.id,
      line_item_id: each.line,
      shipping_label_id: each.label,
      quantity: each.quantity,
      line_item: line ? this.line(order, line) : null,
    }
  }

  shipment(order: Order, shipment: Shipment) {
    const { labels } = shipment
    return {
      id: shipment.id,
      legacy_id: shipment.number,
      order_id: order.id,
      warehouse_id: shipment.warehouse,
      created_date: time(shipment.createdAt),
      completed: shipment.completed,
      picked_up: labels.length > 0 && labels.every((label) => label.pickedUp),
      delivered: labels.length > 0 && labels.every((label) => label.delivered),
      dropshipment: false,
      shipped_off_shiphero: false,
      total_packages: labels.length,
      shipping_labels: labels.map((label) => this.label(order, shipment, label)),
      line_items: shipment.lines.map((each) => this.shipmentLine(order, shipment, each)),
    }
  }

  #number(order: Order): string {
    return String(order.input.order_number ?? order.number)
  }

  order(order: Order): Readonly<Record<string, unknown>> {
    const { input } = order
    const text = (name: string) => (input[name] as string | null | undefined) ?? null
    const allocated = order.lines.filter((line) => line.allocated > 0)
    return {
      id: order.id,
      legacy_id: order.number,
      account_id: accountId,
      order_number: this.#number(order),
      partner_order_id: order.reference,
      shop_name: text('shop_name'),
      fulfillment_status: order.status,
      order_date: text('order_date') ?? time(order.createdAt),
      updated_at: time(order.updatedAt),
      hold_until_date: text('hold_until_date'),
      required_ship_date: text('required_ship_date'),
      email: text('email'),
      flagged: order.flagged,
      ready_to_ship: order.status === 'pending' && allocated.length > 0,
      tags: (input.tags as string[] | undefined) ?? [],
      holds: { ...order.holds, shipping_method_hold: false },
      shipping_address: input.shipping_address ?? null,
      shipping_lines: input.shipping_lines ?? null,
      allocations: this.#allocations(order, allocated),
      line_items: order.lines.map((line) => this.line(order, line)),
      shipments: order.shipments.map((shipment) => this.shipment(order, shipment)),
      order_history: order.history.map(({ message, at }, index) => ({
        id: idOf('OrderHistory', index + 1),
        order_id: order.id,
        information: message,
        created_at: time(at),
      })),
      returns: this.#depot.returns
        .filter((each) => each.order === order)
        .map((each) => this.return(each, false)),
    }
  }

  #allocations(order: Order, lines: readonly Line[]) {
    return [...new Set(lines.map(({ warehouse }) => warehouse))].map((warehouse) => ({
      order_id: order.id,
      warehouse_id: warehouse,
      allocated_at: time(order.allocatedAt),
      allocation_reference: null,
      line_items: lines
        .filter((line) => line.warehouse === warehouse)
        .map((line) => ({
          line_item_id: line.id,
          order_id: order.id,
          sku: line.sku,
          warehouse_id: warehouse,
          quantity_allocated: line.allocated,
          allocated_at: time(order.allocatedAt),
          is_kit_component: false,
        })),
    }))
  }

  warehouseProduct(product: Product, warehouse: Warehouse) {
    const { sku } = product
    const shelf = product.shelves.get(warehouse.id)
    const allocated = this.#depot.allocated(sku, warehouse.id)
    const onHand = shelf?.onHand ?? 0
    return {
      id: idOf('WarehouseProduct', product.number * 100 + warehouse.number),
      legacy_id: product.number,
      account_id: accountId,
      sku,
      warehouse_id: warehouse.id,
      warehouse_identifier: warehouse.identifier,
      active: true,
      on_hand: onHand,
      allocated,
      available: onHand - allocated,
      backorder: this.#depot.backorder(sku, warehouse.id),
      reserve_inventory: shelf?.reserve ?? 0,
      sell_ahead: 0,
      non_sellable_quantity: 0,
      created_at: time(product.createdAt),
      updated_at: time(shelf?.updatedAt ?? product.createdAt),
    }
  }

  product(product: Product) {
    return {
      id: product.id,
      legacy_id: product.number,
      account_id: accountId,
      sku: product.sku,
      name: product.name,
      active: true,
      kit: false,
      created_at: time(product.createdAt),
      updated_at: time(product.createdAt),
      warehouse_products: this.#depot.warehouses
        .filter(({ id }) => product.shelves.has(id))
        .map((warehouse) => this.warehouseProduct(product, warehouse)),
    }
  }

  return(returned: Return, withOrder = true): Readonly<Record<string, unknown>> {
    const sum = (count: (line: Return['lines'][number]) => number) =>
      returned.lines.reduce((total, line) => total + count(line), 0)
    return {
      id: returned.id,
      legacy_id: returned.number,
      account_id: accountId,
      order_id: returned.order.id,
      partner_id: null,
      reason: returned.lines[0]?.reason ?? '',
      status: returned.status,
      created_at: time(returned.createdAt),
      total_items_expected: sum((line) => line.quantity),
      total_items_received: sum((line) => line.received),
      total_items_restocked: sum((line) => line.restocked),
      labels: [
        { id: idOf('RmaLabel', returned.number), status: 'valid', tracking_number: returned.tracking },
      ],
      order: withOrder ? this.order(returned.order) : null,
      line_items: returned.lines.map((item) => ({
        id: item.id,
        legacy_id: item.number,
        account_id: accountId,
        return_id: returned.id,
        line_item_id: item.line.id,
        warehouse_id: returned.warehouse,
        quantity: item.quantity,
        quantity_received: item.received,
        restock: item.restocked,
        condition: item.condition,
        reason: item.reason,
        is_component: false,
        type: null,
        created_at: time(returned.createdAt),
        updated_at: returned.unreadable ? 'soon' : time(item.updatedAt),
        line_item: this.line(returned.order, item.line),
      })),
    }
  }

  /** The secret is shown when the webhook is made, and never again. */
  webhook(webhook: Webhook, secret: string | null = null) {
    return {
      id: webhook.id,
      legacy_id: webhook.number,
      account_id: accountId,
      name: webhook.name,
      url: webhook.url,
      shop_name: webhook.shopName,
      source: 'api',
      enabled: webhook.enabled,
      health: webhook.health,
      created_at: time(webhook.createdAt),
      updated_at: time(webhook.changedAt),
      last_enabled_change: time(webhook.changedAt),
      shared_signature_secret: secret,
    }
  }
}
