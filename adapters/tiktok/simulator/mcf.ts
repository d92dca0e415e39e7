import type { SimulatorReply, SimulatorRequest } from '../../../src/simulator/index.ts'
import { asObject, asStrings, keyFrom, no, ok, paged, seconds, wrong } from './answers.ts'
import type { Consign, Goods, McfOrder, World } from './world.ts'

const noPermission = () => no(177001006, 'The seller has no permission to create external orders.')
const bad = (what: string) => no(177001001, `Invalid parameter: ${what}`)

/** GET /fbt/202601/merchants/mcf_status */
export const mcfStatus = (world: World): SimulatorReply =>
  ok({ mcf_status: { is_mcf: world.mcfActive ? 1 : 0 } })

/** POST /fbt/202409/goods/search: several filters give what is in all of them. */
export function searchGoods(world: World, request: SimulatorRequest): SimulatorReply {
  const body = asObject(request.json())
  const [ids, codes] = [asStrings(body.goods_ids), asStrings(body.reference_codes)]
  if (ids.length > 100 || codes.length > 100) return wrong('at most 100 of each filter')
  const rows = [...world.goods.values()]
    .filter(({ id }) => ids.length === 0 || ids.includes(id))
    .filter(({ referenceCode }) => codes.length === 0 || codes.includes(referenceCode))
  const found = paged(rows, ({ id }) => keyFrom(0, id), request.query, { least: 1, most: 100, usual: 20 })
  if (found === null || !request.query.has('page_size')) return wrong('page_size or page_token is invalid')
  return ok({
    goods: found.page.map(({ id, referenceCode }) => ({
      id,
      name: referenceCode,
      reference_code: referenceCode,
      skus: [],
    })),
    next_page_token: found.next,
    total_count: rows.length,
  })
}

export const freeOf = (goods: Goods) => [...goods.numbers.values()].reduce((sum, each) => sum + each, 0)

/** POST /fbt/202601/mcf/goods/inventory/search */
export function goodsInventory(world: World, request: SimulatorRequest): SimulatorReply {
  settleMcf(world)
  const { goods } = asObject(request.json())
  const ids = Array.isArray(goods) ? goods.map((each) => asObject(each).goods_id) : []
  if (ids.length === 0 || ids.length > 50) return bad('goods')
  const known = ids.flatMap((id) => world.goods.get(String(id)) ?? [])
  return ok({
    goods_inventory_list: known.map((each) => ({
      goods_id: each.id,
      available_qty: Math.max(0, freeOf(each)),
    })),
  })
}

/** Units off what is free, or with a negative number back on it. */
export function hold(world: World, goods: ReadonlyMap<string, number>, sign: 1 | -1): void {
  for (const [id, quantity] of goods) {
    const each = world.goods.get(id)
    const [first] = each?.numbers ?? []
    if (!each || !first) continue
    each.committed += sign * quantity
    each.numbers.set(first[0], first[1] - sign * quantity)
  }
}

/** An order that is not over as a whole still has its reference. */
const isActive = ({ consigns }: McfOrder) =>
  consigns.length === 0 || consigns.some(({ status }) => status !== 'CLOSED' && status !== 'COMPLETED')

const needed = ['name', 'phone_number', 'email'] as const
const neededOfAddress = ['country_code', 'city', 'address_line_1'] as const

/** POST /fbt/202601/mcf_outbound_orders */
export function createMcf(world: World, request: SimulatorRequest): SimulatorReply {
  settleMcf(world)
  if (!world.mcfActive) return noPermission()
  const body = asObject(request.json())
  const reference = String(body.external_order_id ?? '')
  const consignee = asObject(body.consignee)
  const address = asObject(consignee.address)
  const missing = [
    ...needed.filter((name) => !consignee[name]),
    ...neededOfAddress.filter((name) => !address[name]),
  ]
  if (reference === '' || missing.length > 0) return bad(missing[0] ?? 'external_order_id')
  const goods = new Map<string, number>()
  for (const row of Array.isArray(body.goods) ? body.goods.map(asObject) : []) {
    const id = String(row.id)
    goods.set(id, (goods.get(id) ?? 0) + Number(row.quantity))
  }
  const units = [...goods.values()].reduce((sum, each) => sum + each, 0)
  if (!Number.isInteger(units) || units < 1 || units > 50) return bad('goods.quantity')
  const known = [...world.mcf.values()].find((each) => each.reference === reference && isActive(each))
  if (known) {
    const told = world.options.duplicates === 'named' ? { mcf_order: headOf(known) } : null
    return ok177(177001007, 'Duplicate order: external_order_id exists.', told)
  }
  for (const [id, quantity] of goods) {
    const each = world.goods.get(id)
    if (!each) return no(177001002, `Goods ${id} are not in FBT.`)
    if (freeOf(each) < quantity) return no(177001004, `Goods ${id} are out of stock.`)
  }
  if (address.country_code !== world.options.region) return no(177001011, 'The address is unreachable.')
  if (String(address.address_line_1).includes('Nowhere')) return no(177001003, 'Address verification failed.')
  const now = world.clock.now()
  const order: McfOrder = {
    id: world.newId('71361'),
    reference,
    createdAt: now,
    nextAt: now + world.options.mcfMs,
    goods,
    consigns: [],
  }
  hold(world, goods, 1)
  world.mcf.set(order.id, order)
  return ok({ mcf_order: headOf(order) })
}

const ok177 = (code: number, message: string, data: unknown): SimulatorReply => {
  const refusal = no(code, message)
  return { ...refusal, body: { ...asObject(refusal.body), data } }
}

const headOf = ({ id, reference, createdAt }: McfOrder) => ({
  mcf_order_id: id,
  external_order_id: reference,
  create_time: seconds(createdAt),
})

/** An order as the status call and the webhook show it. */
export const wireOf = (order: McfOrder) => ({
  ...headOf(order),
  consign_orders: order.consigns.map((each) => ({
    id: each.id,
    goods: [...each.goods].map(([id, quantity]) => ({ id, quantity })),
    status: each.status,
    ...(each.tracking === '' ? {} : { tracking_number: each.tracking }),
    ...(each.carrier === ''
      ? {}
      : { carrier: each.carrier, shipping_provider: { id: '7117859084333745966', name: each.carrier } }),
    ...(each.issue === '' ? {} : { issue: each.issue }),
    is_platform_closed: each.platformClosed,
  })),
})

const noOrder = () => no(177001010, 'The mcf_order_id does not exist.')

/** GET /fbt/202601/mcf_outbound_orders */
export function getMcf(world: World, request: SimulatorRequest): SimulatorReply {
  settleMcf(world)
  const order = world.mcf.get(request.query.get('mcf_order_id') ?? '')
  return order ? ok({ mcf_order: wireOf(order) }) : noOrder()
}

/** POST /fbt/202601/mcf_outbound_orders/cancel: each part that has not left; what has is left as it is. */
export function cancelMcf(world: World, request: SimulatorRequest): SimulatorReply {
  settleMcf(world)
  const { mcf_order_id, consign_orders } = asObject(request.json())
  const order = world.mcf.get(String(mcf_order_id))
  if (!order) return noOrder()
  const named = Array.isArray(consign_orders) ? consign_orders.map((each) => asObject(each).id) : null
  if (named === null) consignRest(world, order)
  const chosen = order.consigns.filter(({ id }) => named === null || named.includes(id))
  const lost = request.fault('accepted_not_applied') !== null
  if (!lost && chosen.filter((each) => close(world, each, false)).length > 0) world.mcfChanged(order)
  return ok({
    mcf_order: {
      mcf_order_id: order.id,
      external_order_id: order.reference,
      consign_orders: chosen.map(({ id, status }) => ({ id, status })),
    },
  })
}

const hasLeft = ({ status }: Consign) =>
  ['SHIPPED', 'HANDOVER', 'COMPLETED', 'LOST', 'DAMAGE'].includes(status)
export const isOpen = (each: Consign) => each.status !== 'CLOSED' && !hasLeft(each)

/** `true` when there was anything to close. */
export function close(world: World, each: Consign, byPlatform: boolean, issue = ''): boolean {
  if (!isOpen(each)) return false
  if (each.held) hold(world, each.goods, -1)
  Object.assign(each, {
    status: 'CLOSED',
    held: false,
    platformClosed: byPlatform,
    issue: issue || each.issue,
  })
  return true
}

export function consign(
  world: World,
  order: McfOrder,
  goods: ReadonlyMap<string, number>,
  status: string,
): Consign {
  const made: Consign = {
    id: `OBF${world.newId('71362')}`,
    goods: new Map(goods),
    status,
    held: true,
    tracking: '',
    carrier: '',
    issue: '',
    platformClosed: false,
  }
  order.consigns.push(made)
  return made
}

/** What of the order is in no part yet becomes one. */
export function consignRest(world: World, order: McfOrder, status = 'PENDING'): void {
  const rest = new Map(order.goods)
  for (const each of order.consigns)
    for (const [id, quantity] of each.goods) rest.set(id, (rest.get(id) ?? 0) - quantity)
  const goods = new Map([...rest].filter(([, quantity]) => quantity > 0))
  if (goods.size > 0) consign(world, order, goods, status)
}

/** Time passes by looking: an order gets its part, and then that is worked on. */
export function settleMcf(world: World): void {
  const now = world.clock.now()
  for (const order of world.mcf.values()) {
    while (order.nextAt <= now) {
      if (order.consigns.length === 0) {
        consignRest(world, order)
        order.nextAt += world.options.mcfMs
      } else {
        order.nextAt = Number.POSITIVE_INFINITY
        for (const each of order.consigns)
          if (each.status === 'PENDING' && each.issue === '') each.status = 'HANDLE_BY_WAREHOUSE'
      }
      world.mcfChanged(order)
    }
  }
}

const skuOf = (world: World, id: string) => world.goods.get(id)?.referenceCode || id

/** The shelves, in the form that the contract suite reads of providers. */
export const mcfStock = (world: World) =>
  [...world.goods.values()].map((goods) => ({
    sku: skuOf(world, goods.id),
    location: 'fbt',
    onHand: freeOf(goods) + goods.committed,
    committed: goods.committed,
    fulfillable: Math.max(0, freeOf(goods)),
  }))

/** The orders, in the same form. */
export const mcfOrders = (world: World) =>
  [...world.mcf.values()].map((order) => {
    const units = (id: string, which: (each: Consign) => boolean) =>
      order.consigns.filter(which).reduce((sum, { goods }) => sum + (goods.get(id) ?? 0), 0)
    const linesOf = (goods: ReadonlyMap<string, number>) =>
      [...goods].map(([id, quantity]) => ({ id, sku: skuOf(world, id), quantity }))
    return {
      id: order.id,
      number: order.reference,
      reference: order.reference,
      status: order.consigns.map(({ status }) => status).join(', '),
      lines: linesOf(order.goods).map((line) => ({
        ...line,
        shipped: units(line.id, hasLeft),
        cancelled: units(line.id, ({ status }) => status === 'CLOSED'),
      })),
      shipments: order.consigns.filter(hasLeft).map((each) => ({
        id: each.id,
        trackingNumber: each.tracking || null,
        carrier: each.carrier || null,
        lines: linesOf(each.goods),
      })),
    }
  })
