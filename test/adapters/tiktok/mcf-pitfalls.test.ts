import { describe, expect, it } from 'vitest'
import { tiktok } from '../../../adapters/tiktok/index.ts'
import { signTikTok } from '../../../adapters/tiktok/simulator/index.ts'
import type { FulfillmentRequest } from '../../../src/spec/index.ts'
import { webhookDelivery } from '../../../src/testing/index.ts'
import { asked, mcfStage } from './mcf-stage.ts'
import { options } from './stage.ts'

const units = (quantity: number) => ({ lines: [{ sku: 'MUG', title: 'Mug', quantity }] })

describe('what TikTok refuses', () => {
  it('more than 50 units are not even asked for', async () => {
    await using at = await mcfStage()
    await at.stock('MUG', 100)
    await expect(at.facet.submit(at.context, asked(units(51)))).rejects.toMatchObject({
      code: 'rejected',
      field: 'lines',
      message: 'TikTok ships 1 to 50 units an order, not 51',
    })
    expect(at.simulator.requests).toEqual([])
    expect(await at.facet.submit(at.context, asked(units(50)))).toMatchObject({ status: 'submitted' })
  })

  it.each([
    ['shipTo.phone', { shipTo: { ...asked().shipTo, phone: null } }],
    ['buyer.email', { buyer: null }],
    ['shipTo.city', { shipTo: { ...asked().shipTo, city: null } }],
    ['shipTo.country', { shipTo: { ...asked().shipTo, country: null } }],
    ['shipTo.line1', { shipTo: { ...asked().shipTo, line1: null, line2: null } }],
  ] as const)('an order without %s is refused by the field’s name, with a remedy', async (field, more) => {
    await using at = await mcfStage()
    await at.stock('MUG', 10)
    const error = await at.facet
      .submit(at.context, asked(more as Partial<FulfillmentRequest>))
      .catch((e) => e)
    expect(error).toMatchObject({ code: 'invalid_input', field, retryable: false })
    expect(error.remedy).toMatch(/^(Name one of yours|Put it right on the channel)/)
    expect(at.simulator.count('CreateFBTMCFOrder')).toBe(0)
  })

  it('the merchant’s own address stands in for what a channel hides', async () => {
    await using at = await mcfStage({}, {}, { email: 'orders@example.com', phone: '+1 217 555 0100' })
    await at.stock('MUG', 10)
    const hidden = { buyer: null, shipTo: { ...asked().shipTo, phone: null } }
    expect(await at.facet.submit(at.context, asked(hidden))).toMatchObject({ status: 'submitted' })
  })

  it.each([
    ['an address that it cannot verify', { line1: '1 Nowhere' }, 177001003],
    ['a country that it does not reach', { country: 'NO' }, 177001011],
  ] as const)('%s', async (_, more, code) => {
    await using at = await mcfStage()
    await at.stock('MUG', 10)
    const shipTo = { ...asked().shipTo, ...more }
    const error = await at.facet.submit(at.context, asked({ shipTo })).catch((e) => e)
    expect(error).toMatchObject({ code: 'rejected', details: { code } })
    expect(error.remedy).toMatch(/Check the address with the buyer/)
  })

  it('what does not lie there is another place’s to ship', async () => {
    await using at = await mcfStage()
    await at.stock('MUG', 2)
    await expect(at.facet.submit(at.context, asked())).rejects.toMatchObject({
      code: 'rejected',
      details: { code: 177001004 },
    })
  })

  it('an SKU that it has not, or has as several goods, is refused with the way out', async () => {
    await using at = await mcfStage()
    await expect(at.facet.submit(at.context, asked())).rejects.toMatchObject({
      code: 'rejected',
      field: 'lines',
      message: 'Fulfilled by TikTok has no goods of SKU MUG',
    })
    const [one, two] = [await at.stock('A', 5), await at.stock('B', 5)]
    const { fulfillment } = tiktok({
      ...at.simulator.options,
      mcf: true,
      fbtSkus: { [one]: 'MUG', [two]: 'MUG' },
    })
    await expect(fulfillment.submit(at.context, asked())).rejects.toMatchObject({
      code: 'rejected',
      message: expect.stringContaining('several goods'),
      remedy: expect.stringContaining('fbtSkus'),
    })
  })

  it('a shop that does not take part is told so, and how to', async () => {
    await using at = await mcfStage()
    await at.stock('MUG', 10)
    expect(await at.facet.locations(at.context)).toEqual([
      { id: 'fbt', name: 'Fulfilled by TikTok', country: 'US', postalCode: null },
    ])
    await at.simulator.control('mcf/enrol', { active: false })
    await expect(at.facet.locations(at.context)).rejects.toMatchObject({
      code: 'permission',
      field: 'mcf',
      remedy: expect.stringContaining('Enrol it'),
    })
    await expect(at.facet.submit(at.context, asked())).rejects.toMatchObject({
      code: 'permission',
      details: { code: 177001006 },
    })
  })
})

describe('a reference that is taken', () => {
  it('is an order that is there, though its id is not told; nothing is sent again', async () => {
    await using at = await mcfStage()
    await at.stock('MUG', 10)
    await at.facet.submit(at.context, asked())
    expect(await at.facet.submit(at.context, asked())).toMatchObject({
      id: '',
      reference: 'web-1001-1',
      status: 'submitted',
      allocated: false,
    })
  })

  it('is the order that the refusal names, if it names ours', async () => {
    await using at = await mcfStage({ duplicates: 'named' })
    await at.stock('MUG', 10)
    const { id } = await at.facet.submit(at.context, asked())
    expect((await at.facet.submit(at.context, asked())).id).toBe(id)
    const data = { mcf_order: { mcf_order_id: id, external_order_id: 'another' } }
    const body = JSON.stringify({ code: 177001007, message: 'Duplicate', data })
    at.simulator.faults.arm({ operation: 'CreateFBTMCFOrder', kind: 'status', status: 400, body })
    expect((await at.facet.submit(at.context, asked())).id).toBe('')
  })

  it('is there too when it was pushed to the warehouse already', async () => {
    await using at = await mcfStage()
    await at.stock('MUG', 10)
    const body = JSON.stringify({ code: 177001012, message: 'The order has been pushed.', data: null })
    at.simulator.faults.arm({ operation: 'CreateFBTMCFOrder', kind: 'status', status: 400, body })
    expect(await at.facet.submit(at.context, asked())).toMatchObject({ id: '', rawStatus: 'there already' })
  })

  it('cannot be looked up: asked without an id, it says so', async () => {
    await using at = await mcfStage()
    await expect(at.facet.get(at.context, 'web-1001-1')).rejects.toMatchObject({
      code: 'unknown_outcome',
      remedy: expect.stringContaining('hub.orders.resume'),
    })
  })
})

describe('cancelling', () => {
  const made = async () => {
    const at = await mcfStage()
    await at.stock('MUG', 10)
    return { at, order: await at.facet.submit(at.context, asked()) }
  }

  it('stops what is not in work yet, and again', async () => {
    const { at, order } = await made()
    await using _ = at
    expect(await at.facet.cancel(at.context, order)).toEqual({ outcome: 'stopped' })
    expect(await at.look(order)).toMatchObject({
      status: 'cancelled',
      attention: null,
      cancelled: [{ sku: 'MUG', quantity: 3 }],
    })
    expect(await at.facet.cancel(at.context, order)).toEqual({ outcome: 'stopped' })
  })

  it('stops the parts that have not left, and says of the rest that it ships', async () => {
    const { at, order } = await made()
    await using _ = at
    const { reference } = order
    await at.simulator.control('ship', { reference, lines: [{ sku: 'MUG', quantity: 1 }] })
    expect(await at.facet.cancel(at.context, order)).toEqual({ outcome: 'stopped' })
    expect(await at.look(order)).toMatchObject({
      status: 'shipped',
      cancelled: [{ sku: 'MUG', quantity: 2 }],
    })
  })

  it('is too late for what has left', async () => {
    const { at, order } = await made()
    await using _ = at
    await at.simulator.control('ship', {})
    expect(await at.facet.cancel(at.context, order)).toMatchObject({ outcome: 'too_late' })
  })

  it('trusts no word but the order’s own, where TikTok answered and nothing is closed', async () => {
    const { at, order } = await made()
    await using _ = at
    await at.clock.advance(60_000)
    at.simulator.faults.arm({ operation: 'CancelFBTMCFOrder', kind: 'accepted_not_applied' })
    expect(await at.facet.cancel(at.context, order)).toMatchObject({ outcome: 'unknown' })
  })

  it('tells what it refuses to stop as too late', async () => {
    const { at, order } = await made()
    await using _ = at
    const body = JSON.stringify({ code: 177001012, message: 'The order has been pushed.', data: null })
    at.simulator.faults.arm({ operation: 'CancelFBTMCFOrder', kind: 'status', status: 400, body })
    expect(await at.facet.cancel(at.context, order)).toMatchObject({
      outcome: 'too_late',
      detail: expect.stringContaining('pushed'),
    })
  })

  it('splits, stalls and losses come through as what they are', async () => {
    const { at, order } = await made()
    await using _ = at
    const { reference } = order
    await at.simulator.control('mcf/stall', { reference })
    expect(await at.look(order)).toMatchObject({ status: 'backordered', allocated: false })
    await at.simulator.control('release', { reference })
    await at.simulator.control('mcf/split', { reference })
    await at.simulator.control('ship', { reference })
    const shipped = await at.look(order)
    expect(shipped.parcels).toHaveLength(3)
    expect(new Set(shipped.parcels.map(({ trackingNumber }) => trackingNumber)).size).toBe(3)
    await at.simulator.control('mcf/move', { reference, to: 'LOST' })
    expect(await at.look(order)).toMatchObject({ status: 'needs_attention', rawStatus: 'LOST' })
  })
})

describe('news of an MCF order (type 58)', () => {
  const at = Date.UTC(2026, 6, 1, 12)
  const body = (more: object = {}) => ({
    type: 58,
    tts_notification_id: '7327112393057371910',
    timestamp: at / 1000,
    data: { mcf_order: { external_order_id: 'web-1001-1', mcf_order_id: '7136104329798256386', ...more } },
  })
  const delivery = (sent: unknown, secret = options.appSecret) =>
    webhookDelivery({ sign: signTikTok(options.appKey, secret), topic: 'x', body: sent })
  const { webhooks } = tiktok({ ...options, mcf: true })

  it.each([
    ['no parts', {}],
    ['its parts as a list', { consign_orders: [{ id: 'OBF1', status: 'PENDING' }] }],
    [
      'its part as an object, as in the documents’ example',
      { consign_orders: { id: 'OBF1', goods: { id: '1' } } },
    ],
  ])('hints at the order by our reference and by TikTok’s id: %s', (_, more) => {
    expect(webhooks.verify(delivery(body(more)), at)).toMatchObject({
      topic: 'FBT_MCF_ORDER_STATUS',
      hints: [{ kind: 'fulfillment', reference: 'web-1001-1', id: '7136104329798256386' }],
    })
  })

  it('is a hint to look at all where it names no order, and none for a shop that ships nothing for others', () => {
    expect(webhooks.verify(delivery({ ...body(), data: {} }), at).hints).toEqual([
      { kind: 'fulfillment', reference: null, id: null },
    ])
    expect(tiktok(options).webhooks.verify(delivery(body()), at).hints).toEqual([
      { kind: 'ignored', topic: 'FBT_MCF_ORDER_STATUS' },
    ])
  })

  it('forged or played back it is refused', () => {
    const refused = (run: () => unknown) =>
      expect(run).toThrow(expect.objectContaining({ code: 'signature' }))
    refused(() => webhooks.verify(delivery(body(), 'guessed'), at))
    refused(() => webhooks.verify({ ...delivery(body()), body: Buffer.from('{}') }, at))
    refused(() => webhooks.verify(delivery(body()), at + 24 * 3_600_000))
  })

  it('is subscribed with the others; where TikTok does not take it, they are all the same', async () => {
    await using stage = await mcfStage()
    await stage.connection.webhooks.ensure(stage.context, 'https://hub.test/webhooks/tik')
    expect(stage.simulator.count('UpdateShopWebhook')).toBe(9)
    const body = JSON.stringify({ code: 36009004, message: 'event_type is unknown', data: null })
    const { webhooks } = stage.connection
    await webhooks.ensure(stage.context, 'https://hub.test/webhooks/tik')
    expect(stage.warnings).toEqual([])
    // The ninth is the one that TikTok's list of topics does not name.
    stage.simulator.faults.arm({ operation: 'UpdateShopWebhook', kind: 'status', status: 400, body, skip: 8 })
    await webhooks.ensure(stage.context, 'https://hub.test/moved')
    expect(stage.warnings.join()).toMatch(/FBT_MCF_ORDER_STATUS: set it in Partner Center/)
    stage.simulator.faults.arm({ operation: 'UpdateShopWebhook', kind: 'status', status: 400, body })
    await expect(webhooks.ensure(stage.context, 'https://hub.test/again')).rejects.toMatchObject({
      code: 'rejected',
    })
  })
})
