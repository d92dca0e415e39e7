import { describe, expect, it } from 'vitest'
import { fromWallClock } from '../../../adapters/shipstream/simulator/filters.ts'
import { startShipStreamSimulator } from '../../../adapters/shipstream/simulator/index.ts'
import { virtualClock } from '../../../src/simulator/index.ts'

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string } | null
}

/** Any JSON-RPC client can speak to it: here is one that knows nothing of the adapter. */
async function start(options: Parameters<typeof startShipStreamSimulator>[0] = {}) {
  const simulator = await startShipStreamSimulator({ clock: virtualClock(), ...options })
  const post = async (body: unknown, headers: Record<string, string> = {}): Promise<Answer> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(simulator.options.endpoint, { method: 'POST', headers, body: text })
    expect(response.status).toBe(200)
    return (await response.json()) as Answer
  }
  const basic = { authorization: `Basic ${btoa(`${simulator.username}:${simulator.apiKey}`)}` }
  const call = (path: string, ...args: unknown[]) =>
    post({ jsonrpc: '2.0', id: 1, method: 'call', params: [null, path, args] }, basic)
  const create = (uniqueId: string, items: unknown = { 'MUG-RED': 2 }, info: object = {}) =>
    call(
      'order.create',
      null,
      items,
      { firstname: 'Jane', lastname: 'Poe', street1: '12 Elm St', city: 'Springfield', country: 'US' },
      { unique_id: uniqueId, shipping_method: 'ups_03', ...info },
    )
  return { simulator, post, call, create, basic, [Symbol.asyncDispose]: () => simulator.close() }
}

const n = ({ error }: Answer) => (error ? -error.code - 32_000 : null)
const rows = ({ result }: Answer) => (result as { results: Record<string, unknown>[] }).results

describe('the ShipStream simulator', () => {
  it('takes HTTP Basic, or a session that ends after a day', async () => {
    await using at = await start()
    expect(
      n(await at.post({ jsonrpc: 2.0, id: 7, method: 'call', params: [null, 'warehouse.list', []] })),
    ).toBe(2)
    expect(n(await at.post({ jsonrpc: '2.0', id: 7, method: 'login', params: ['stockpool', 'wrong'] }))).toBe(
      2,
    )
    expect(n(await at.post({ jsonrpc: '2.0', id: 7, method: 'login', params: ['stockpool'] }))).toBe(6)
    // The documents' own examples send the version as a number.
    const { result: session } = await at.post({
      jsonrpc: 2.0,
      id: 7,
      method: 'login',
      params: ['stockpool', at.simulator.apiKey],
    })
    expect(session).toMatch(/^[0-9a-f]{32}$/)
    const list = { jsonrpc: 2.0, id: 7, method: 'call', params: [session, 'warehouse.list'] }
    expect(await at.post(list)).toMatchObject({
      id: 7,
      error: null,
      result: [{ warehouse_id: 1 }, { warehouse_id: 2 }],
    })
    await (at.simulator.clock as ReturnType<typeof virtualClock>).advance(24 * 3_600_000)
    expect(n(await at.post(list))).toBe(5)
  })

  it('answers in the numbers of JSON-RPC and of its documents', async () => {
    await using at = await start({ denied: ['rate.quote'] })
    expect(n(await at.post('{'))).toBe(700)
    expect(n(await at.post({ id: 1 }))).toBe(600)
    expect(n(await at.post({ jsonrpc: '2.0', id: 1, method: 'list', params: [] }))).toBe(601)
    expect(n(await at.call('warehouse'))).toBe(3)
    expect(n(await at.call('warehouse.burn'))).toBe(4)
    expect(n(await at.call('rate.quote', {}, [], {}))).toBe(2)
    expect(n(await at.call('order.info', 'nobody'))).toBe(100)
    expect(n(await at.call('order.search', { status: { almost: 'new' } }))).toBeNull()
  })

  it('quotes from a warehouse that has the goods, and says when it takes more than one', async () => {
    await using at = await start()
    const stock = (sku: string, quantity: number, location: number) =>
      at.simulator.control('stock', { sku, quantity, location })
    await stock('MUG-RED', 3, 2)
    await stock('CAP', 1, 1)
    await stock('CAP', 1, 2)
    const quote = async (...items: [string, number][]) => {
      const lines = items.map(([sku, qty]) => ({ sku, qty }))
      const { result } = await at.call('rate.quote', {}, lines, { methods: ['ups_03'] })
      return (result as { rates: unknown[] }).rates[0]
    }
    const from = (...shares: [number, string][]) => shares.map(([id, qty]) => ({ warehouse_id: id, qty }))
    expect(await quote(['MUG-RED', 2], ['CAP', 1])).toMatchObject({
      multiple_warehouses: false,
      allocation: [{ 'MUG-RED': from([2, '2.000']) }, { CAP: from([2, '1.000']) }],
    })
    expect(await quote(['CAP', 2])).toMatchObject({
      multiple_warehouses: true,
      allocation: [{ CAP: from([1, '1.000'], [2, '1.000']) }],
    })
    // It reckons, and looks for no more than there is: what is nowhere is as if it came to the first warehouse.
    expect(await quote(['MUG-RED', 4])).toMatchObject({
      allocation: [{ 'MUG-RED': from([2, '3.000'], [1, '1.000']) }],
    })
  })

  it('keeps ids unique, knows its products, and says what is wrong with an order', async () => {
    await using at = await start({ backorders: false })
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 5 })
    expect(n(await at.create('a'))).toBeNull()
    expect(n(await at.create('a'))).toBe(104)
    expect(n(await at.create('b', { CUP: 1 }))).toBe(107)
    expect(n(await at.create('b', { 'MUG-RED': 9 }))).toBe(102)
    expect(n(await at.create('b', { 'MUG-RED': 9 }, { backorder_policy: 'all_or_nothing' }))).toBeNull()
    expect(n(await at.create('c', [{ sku: 'MUG-RED', qty: 0 }]))).toBe(102)
    expect(n(await at.create('c', [{ sku: 'MUG-RED', qty: 1 }], { shipping_method: '' }))).toBe(102)
  })

  it('gives the fields that are asked for, and pages whose last one is repeated', async () => {
    await using at = await start()
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 50 })
    for (const id of ['a', 'b', 'c'])
      await at.create(id, [{ sku: 'MUG-RED', qty: 1 }], { order_ref: `#${id}` })
    const find = (filters: unknown, ...rest: unknown[]) =>
      at.call('order.search', filters, ...rest).then(rows)
    expect(Object.keys((await find(null))[0] ?? {}).sort()).toEqual(['order_id', 'order_ref', 'unique_id'])
    expect(Object.keys((await find(null, null, ['items']))[0] ?? {})).toContain('items')
    expect(Object.keys((await find(null, null, '*'))[0] ?? {})).not.toContain('items')
    const ids = (found: Record<string, unknown>[]) => found.map((each) => each.unique_id)
    expect(ids(await find({ order_ref: '#b' }))).toEqual(['b'])
    expect(
      ids(await find({ unique_id: { in: ['a', 'c'] } }, { sort_field: 'order_id', sort_dir: 'desc' })),
    ).toEqual(['c', 'a'])
    expect(ids(await find({ unique_id: { neq: 'a' }, order_ref: { starts: '#' } }))).toEqual(['b', 'c'])
    for (const page of [2, 3]) expect(ids(await find(null, { page, limit: 2 }))).toEqual(['c'])
    expect(n(await at.call('order.search', { colour: { eq: 'red' } }))).toBe(101)
  })

  it('searches by the merchant’s clock, in summer, in winter and between', () => {
    const utc = (text: string, zone: string) => new Date(fromWallClock(text, zone)).toISOString()
    expect(utc('2026-07-01 08:00:00', 'America/New_York')).toBe('2026-07-01T12:00:00.000Z')
    expect(utc('2026-01-01 08:00:00', 'America/New_York')).toBe('2026-01-01T13:00:00.000Z')
    expect(utc('2026-11-01 01:30:00', 'America/New_York')).toBe('2026-11-01T06:30:00.000Z')
    expect(utc('2026-07-01 08:00:00', 'Asia/Tokyo')).toBe('2026-06-30T23:00:00.000Z')
    expect(() => utc('soon', 'UTC')).toThrow(/no date/)
  })

  it('allocates to one warehouse where it can, else to both, and backorders the rest until stock comes', async () => {
    await using at = await start()
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 3 })
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 4, location: 2 })
    await at.create('whole', [{ sku: 'MUG-RED', qty: 4 }])
    await at.create('short', [{ sku: 'MUG-RED', qty: 5 }])
    const item = async (id: string) => {
      const { result } = await at.call('order.info', id, ['items', 'state', 'status'])
      const { items, state, status } = result as {
        items: Record<string, unknown>[]
        state: string
        status: string
      }
      return [state, status, items[0]?.allocation_data, items[0]?.qty_backordered]
    }
    expect(await item('whole')).toEqual([
      'new',
      'new',
      [{ warehouse_id: '2', qty_allocated: '4.0000' }],
      '0.0000',
    ])
    expect(await item('short')).toEqual([
      'new',
      'partial_backorder',
      [{ warehouse_id: '1', qty_allocated: '3.0000' }],
      '2.0000',
    ])
    const { result } = await at.call('inventory.list', 'MUG-RED')
    expect(result).toMatchObject([
      { qty_available: '0.0000', qty_allocated: '7.0000', qty_backordered: '2.0000', qty_on_hand: '7.0000' },
    ])
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 6 })
    expect((await item('short'))[1]).toBe('new')
    expect(await at.call('inventory.list', null, 1)).toMatchObject({ result: [{ qty_available: '1.0000' }] })
  })

  it('follows an order from picking to the door, through revert and void', async () => {
    await using at = await start()
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 9 })
    await at.create('a', { 'MUG-RED': 3 })
    const status = async () => {
      const { result } = await at.call('order.info', 'a', ['state', 'status', 'shipments', 'packages'])
      const { state, shipments, packages } = result as Record<string, Record<string, unknown>[]>
      return [state, shipments?.map((each) => each.status), packages?.map((each) => each.status)]
    }
    const reference = { reference: 'a' }
    await at.simulator.control('pick', reference)
    expect(await status()).toEqual(['processing', ['picking'], []])
    await at.simulator.control('ship', { ...reference, labelOnly: true, boxes: 2 })
    expect(await status()).toEqual(['complete', ['packed'], ['packed', 'packed']])
    await at.simulator.control('labels/void', reference)
    expect(await status()).toEqual(['processing', ['picked'], ['packed', 'packed']])
    await at.simulator.control('ship', { ...reference, labelOnly: true })
    await at.simulator.control('revert', reference)
    expect(await status()).toEqual(['new', ['voided'], []])
    await at.simulator.control('ship', reference)
    await at.simulator.control('deliver', {})
    expect(await status()).toEqual(['complete', ['voided', 'shipped'], ['delivered']])
    expect(n(await at.call('order.hold', 'a'))).toBe(103)
    const packages = rows(
      await at.call('package.search', { order_unique_id: { eq: 'a' } }, null, ['package_status']),
    )
    expect(packages).toMatchObject([{ package_status: 'delivered', order_unique_id: 'a' }])
    const [id] = rows(await at.call('shipment.search', { status: { eq: 'voided' } })).map(
      (each) => each.shipment_id,
    )
    // One bare value in place of the arguments, as the documents' own example.
    const info = { jsonrpc: '2.0', id: 1, method: 'call', params: [null, 'shipment.info', id] }
    expect(await at.post(info, at.basic)).toMatchObject({ result: { shipment_id: id, status: 'voided' } })
  })

  it('cancels by option, and warns where staff must be asked', async () => {
    await using at = await start()
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 2 })
    await at.create('a', { 'MUG-RED': 3 })
    const cancel = async (...options: string[]) => {
      const answer = await at.call(
        'order.cancel',
        'a',
        Object.fromEntries(options.map((each) => [each, true])),
      )
      return n(answer) ?? (answer.result as { success: boolean; warnings: string[] })
    }
    expect(await cancel()).toBe(102)
    expect(await cancel('backordered_items')).toEqual({
      success: true,
      warnings: [],
      order: expect.anything(),
    })
    await at.simulator.control('ship', { reference: 'a', labelOnly: true })
    expect(await cancel('all_items')).toMatchObject({
      success: false,
      warnings: [expect.stringContaining('cancellation_request')],
    })
    expect(await cancel('all_items', 'cancellation_request')).toMatchObject({ success: true })
    await at.simulator.control('cancel-requests', { reference: 'a', accept: true })
    expect(await cancel('all_items')).toBe(103)
  })

  it('ships by itself when told to, and explains a control that has nothing to do', async () => {
    await using at = await start({ shipAfterMs: 60_000 })
    await at.simulator.control('stock', { sku: 'MUG-RED', quantity: 2 })
    await at.create('a')
    await (at.simulator.clock as ReturnType<typeof virtualClock>).advance(60_000)
    expect(at.simulator.state()).toMatchObject({ orders: [{ status: 'complete', lines: [{ shipped: 2 }] }] })
    await expect(at.simulator.control('ship', { reference: 'a' })).rejects.toThrow(
      /nothing to ship: it is complete/,
    )
    await expect(at.simulator.control('stock', { sku: 'X', quantity: 1, location: 9 })).rejects.toThrow(
      /no warehouse 9/,
    )
    await expect(at.simulator.control('ship', { reference: 'z' })).rejects.toThrow(/no order z/)
  })
})
