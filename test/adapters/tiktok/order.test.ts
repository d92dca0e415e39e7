import { describe, expect, it } from 'vitest'
import {
  fulfilledByOf,
  orderIdOf,
  serviceLevelOf,
  statusOf,
  toChannelOrder,
} from '../../../adapters/tiktok/order.ts'
import { toReturn } from '../../../adapters/tiktok/return-map.ts'

const item = (id: number, more: object = {}) => ({
  id: String(id),
  sku_id: '1729592969712207013',
  product_id: '1729592969712207008',
  seller_sku: 'MUG-RED',
  product_name: 'Mug',
  sku_name: 'Red',
  display_status: 'AWAITING_SHIPMENT',
  currency: 'USD',
  original_price: '12.50',
  sale_price: '11.00',
  seller_discount: '1.00',
  platform_discount: '0.50',
  ...more,
})
const order = (more: object = {}, items: object[] = [item(1)]) => ({
  id: '576461413038785752',
  status: 'AWAITING_SHIPMENT',
  create_time: 1_782_900_000,
  update_time: 1_782_900_600,
  paid_time: 1_782_900_010,
  fulfillment_type: 'FULFILLMENT_BY_SELLER',
  shipping_type: 'SELLER',
  payment: { currency: 'USD', total_amount: '13.20' },
  line_items: items,
  ...more,
})

describe('status', () => {
  it.each([
    ['UNPAID', 'pending'],
    ['ON_HOLD', 'on_hold'],
    ['AWAITING_SHIPMENT', 'open'],
    ['PARTIALLY_SHIPPING', 'partially_shipped'],
    ['AWAITING_COLLECTION', 'shipped'],
    ['IN_TRANSIT', 'shipped'],
    ['DELIVERED', 'delivered'],
    ['COMPLETED', 'delivered'],
    ['CANCELLED', 'cancelled'],
    ['SOMETHING_NEW', 'unknown'],
  ])('%s is %s', (raw, status) => {
    expect(statusOf(raw, 'SELLER')).toBe(status)
    expect(toChannelOrder(order({ status: raw })).rawStatus).toBe(raw)
  })

  it('a label of TikTok’s that waits for the carrier is no shipment, and keeps the order from the warehouse', () => {
    const waiting = toChannelOrder(
      order({ status: 'AWAITING_COLLECTION', shipping_type: 'TIKTOK' }, [
        item(1, { display_status: 'AWAITING_COLLECTION', package_id: '9', tracking_number: 'T1' }),
      ]),
    )
    expect(waiting.status).toBe('on_hold')
    expect(waiting.lines[0]).toMatchObject({ ordered: 1, shipped: 0 })
  })
})

describe('lines', () => {
  it('one item is one unit: items of a SKU are one line', () => {
    const { lines } = toChannelOrder(
      order({}, [item(1), item(2), item(3, { sku_id: '77', original_price: '3.00' }), item(4)]),
    )
    expect(lines.map(({ id, listing, ordered }) => ({ id, listing, ordered }))).toEqual([
      { id: '1729592969712207013', listing: '1729592969712207013', ordered: 3 },
      { id: '77', listing: '77', ordered: 1 },
    ])
    expect(lines[0]).toMatchObject({
      channelSku: 'MUG-RED',
      title: 'Mug, Red',
      price: { amount: 1250, currency: 'USD' },
      discount: { amount: 450, currency: 'USD' },
    })
  })

  it('units sold at several prices have no price of one unit', () => {
    const { lines } = toChannelOrder(order({}, [item(1), item(2, { is_gift: true, original_price: '0' })]))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatchObject({ ordered: 2, price: null })
  })

  it('counts what was cancelled and shipped item by item', () => {
    const { lines } = toChannelOrder(
      order({ status: 'PARTIALLY_SHIPPING' }, [
        item(1, { display_status: 'IN_TRANSIT' }),
        item(2, { display_status: 'CANCELLED' }),
        item(3),
        item(4, { display_status: '' }),
      ]),
    )
    expect(lines[0]).toMatchObject({ ordered: 4, cancelled: 1, shipped: 1 })
  })

  it('a cancelled order has every unit cancelled, but those that left', () => {
    const cancelled = toChannelOrder(
      order({ status: 'CANCELLED' }, [
        item(1, { display_status: 'CANCELLED' }),
        item(2, { display_status: null }),
      ]),
    )
    expect(cancelled.lines[0]).toMatchObject({ ordered: 2, cancelled: 2, shipped: 0 })
    expect(cancelled.payment).toBe('unknown')
  })

  it('taxes that TikTok collects are the platform’s', () => {
    const taxed = item(1, { item_tax: [{ tax_type: 'SALES_TAX', tax_amount: '0.87', tax_rate: '0.07' }] })
    expect(toChannelOrder(order({}, [taxed, taxed])).lines[0]?.taxes).toEqual([
      { amount: { amount: 174, currency: 'USD' }, collectedBy: 'platform', title: 'SALES_TAX' },
    ])
  })
})

describe('the order', () => {
  it('has its times, its money and its programs', () => {
    const full = toChannelOrder(
      order({
        order_type: 'PRE_ORDER',
        is_sample_order: true,
        is_cod: true,
        fast_delivery_program: '3_DAY_DELIVERY',
        rts_sla_time: 1_783_000_000,
        tts_sla_time: 1_783_100_000,
        delivery_sla_time: 1_783_500_000,
        delivery_option_name: 'Standard Shipping',
      }),
    )
    expect(full).toMatchObject({
      placedAt: '2026-07-01T10:00:00.000Z',
      updatedAt: '2026-07-01T10:10:00.000Z',
      shipBy: '2026-07-02T13:46:40.000Z',
      deliverBy: '2026-07-08T08:40:00.000Z',
      payment: 'paid',
      currency: 'USD',
      total: { amount: 1320, currency: 'USD' },
      serviceLevel: 'standard',
      programs: ['PRE_ORDER', '3_DAY_DELIVERY', 'SAMPLE', 'COD'],
    })
  })

  it.each([
    [{ status: 'UNPAID', paid_time: 0 }, 'pending'],
    [{ paid_time: null, is_cod: true }, 'authorized'],
    [{ paid_time: null }, 'unknown'],
    [{}, 'paid'],
  ])('payment of %j is %s', (more, payment) => {
    expect(toChannelOrder(order(more)).payment).toBe(payment)
  })

  it('what TikTok fulfils is not the merchant’s, whatever it is called', () => {
    expect(fulfilledByOf('FULFILLMENT_BY_SELLER')).toBe('merchant')
    expect(fulfilledByOf(undefined)).toBe('merchant')
    for (const type of ['FULFILLMENT_BY_TIKTOK', 'FULFILLMENT_BY_DILAYANI_TOKOPEDIA', 'FULFILLMENT_BY_NEW'])
      expect(fulfilledByOf(type)).toBe('platform')
    const fbt = toChannelOrder(order({ fulfillment_type: 'FULFILLMENT_BY_TIKTOK' }))
    expect([fbt.fulfilledBy, fbt.lines[0]?.fulfilledBy]).toEqual(['platform', 'platform'])
  })

  it('"Express" promises no day', () => {
    expect(serviceLevelOf('Express Shipping')).toBeNull()
    expect(serviceLevelOf('Economy Shipping')).toBe('economy')
  })

  it('masked and missing parts of a buyer are none', () => {
    const recipient_address = {
      name: 'J*** D**',
      phone_number: '(+1)213*****38',
      address_line1: '1 M***** St',
      address_line2: '',
      postal_code: '90001',
      region_code: 'us',
      district_info: [
        { address_level: 'L1', address_level_name: 'State', address_name: 'California' },
        { address_level: 'L2', address_level_name: 'County', address_name: 'Los Angeles County' },
        { address_level: 'L3', address_level_name: 'City', address_name: 'Los Angeles' },
      ],
    }
    const masked = toChannelOrder(
      order({ recipient_address, user_id: '7494', buyer_email: 'x@scs.tiktok.com' }),
    )
    expect(masked.shipTo).toMatchObject({
      name: null,
      phone: null,
      line1: null,
      city: 'Los Angeles',
      region: 'California',
      postalCode: '90001',
      country: 'US',
    })
    expect(masked.buyer).toEqual({ id: '7494', name: null, email: 'x@scs.tiktok.com', phone: null })
    // Not before the hold has ended.
    expect(toChannelOrder(order()).shipTo).toBeNull()
  })

  it('a buyer’s wish to cancel has its reason and its deadline, until the order is cancelled', () => {
    const asking = { is_buyer_request_cancel: true, request_cancel_time: 1_782_900_300 }
    const wish = { reason: 'Better price', respondBy: Date.UTC(2026, 6, 2) }
    expect(toChannelOrder(order(asking), wish).cancelRequested).toEqual({
      at: '2026-07-01T10:05:00.000Z',
      reason: 'Better price',
      respondBy: '2026-07-02T00:00:00.000Z',
    })
    expect(toChannelOrder(order(asking)).cancelRequested).toMatchObject({ reason: null, respondBy: null })
    expect(toChannelOrder(order({ ...asking, status: 'CANCELLED' })).cancelRequested).toBeNull()
  })

  it('ids stay texts: a number would lose their last digits', () => {
    expect(toChannelOrder(order()).id).toBe('576461413038785752')
    expect(() => toChannelOrder(order({ id: Number('576461413038785752') }))).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'id', retryable: true }),
    )
  })

  it.each([
    ['status', { status: undefined }],
    ['create_time', { create_time: 'yesterday' }],
    ['line_items.0.sku_id', { line_items: [item(1, { sku_id: null })] }],
  ])(
    'without a readable %s it is refused by that name, and the error tells nothing of the buyer',
    (field, more) => {
      const bad = order({ ...more, recipient_address: { name: 'Sam Shopper' } })
      const thrown = (() => {
        try {
          return toChannelOrder(bad)
        } catch (error) {
          return error as Error & { field: string }
        }
      })()
      expect(thrown).toMatchObject({ code: 'invalid_input', field, details: { order: '576461413038785752' } })
      expect(JSON.stringify(thrown)).not.toContain('Sam')
      expect(orderIdOf(bad)).toBe('576461413038785752')
    },
  )

  it('a window or an amount that cannot be read costs nothing else', () => {
    const odd = toChannelOrder(
      order({ rts_sla_time: -5, payment: { currency: 'USD', total_amount: 'free' } }),
    )
    expect(odd).toMatchObject({ shipBy: null, total: null, currency: 'USD' })
  })
})

describe('returns', () => {
  const each = (more: object = {}) => ({
    return_id: '4035319218955782461',
    order_id: '576461413038785752',
    return_type: 'RETURN_AND_REFUND',
    return_status: 'RETURN_OR_REFUND_REQUEST_PENDING',
    return_reason_text: 'Item does not fit',
    update_time: 1_782_900_600,
    return_line_items: [
      { order_line_item_id: '1', sku_id: '77' },
      { order_line_item_id: '2', sku_id: '77' },
      { order_line_item_id: '3', sku_id: '78' },
    ],
    seller_next_action_response: [
      { action: 'SELLER_RESPOND_RETURN', deadline: 1_783_000_000 },
      { action: 'LATER', deadline: 1_783_900_000 },
    ],
    ...more,
  })

  it('have lines by SKU, a deadline, and what the buyer wants', () => {
    expect(toReturn(each())).toMatchObject({
      id: '4035319218955782461',
      order: '576461413038785752',
      status: 'requested',
      wants: 'refund',
      respondBy: '2026-07-02T13:46:40.000Z',
      lines: [
        { line: '77', expected: 2, received: 0, reason: 'Item does not fit' },
        { line: '78', expected: 1 },
      ],
    })
    expect(toReturn(each({ return_type: 'REPLACEMENT' })).wants).toBe('replacement')
    expect(toReturn(each({ return_type: 'NEW' })).wants).toBe('unknown')
  })

  it('for money alone, or goods that the buyer keeps, nothing comes back', () => {
    for (const more of [{ return_type: 'REFUND' }, { can_buyer_keep_item: true }])
      expect(toReturn(each(more)).lines.map(({ expected }) => expected)).toEqual([0, 0])
  })

  it.each([
    ['AWAITING_BUYER_SHIP', 'approved'],
    ['BUYER_SHIPPED_ITEM', 'in_transit'],
    ['REJECT_RECEIVE_PACKAGE', 'received'],
    ['RETURN_OR_REFUND_REQUEST_COMPLETE', 'processed'],
    ['RETURN_OR_REFUND_REQUEST_CANCEL', 'cancelled'],
    ['REPLACEMENT_REQUEST_REJECT', 'declined'],
    ['SOMETHING_NEW', 'unknown'],
  ])('%s is %s', (raw, status) => {
    expect(toReturn(each({ return_status: raw }))).toMatchObject({ status, rawStatus: raw })
  })
})
