import { shiphero } from '../../../adapters/shiphero/index.ts'
import { startShipHeroSimulator } from '../../../adapters/shiphero/simulator/index.ts'
import { acceleratedClock, type SimulatorOptions } from '../../../src/simulator/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import { request } from './fixtures.ts'

/** Uses everything that the adapter can do, paging included, with the refusals that it handles. */
export async function everyCall(observe: NonNullable<SimulatorOptions['observe']>): Promise<void> {
  const clock = acceleratedClock(600)
  await using simulator = await startShipHeroSimulator({ clock, observe })
  const connection = shiphero(simulator.options)
  const context = adapterContext(connection, { clock })
  const { fulfillment: facet, webhooks } = connection
  const control = (name: string, body: unknown) => simulator.control<{ return?: string }>(name, body)
  const skus = Array.from({ length: 30 }, (_, index) => `SKU-${index}`)
  for (const sku of skus) await control('stock', { sku, quantity: 400 })
  const lines = (count: number, quantity = 3) =>
    skus.slice(0, count).map((sku) => ({ sku, title: sku, quantity }))
  const make = (reference: string, count = 1, more: Parameters<typeof request>[0] = {}) =>
    facet.submit(context, request({ reference, lines: lines(count), ...more }))

  await facet.locations(context)
  await facet.stock(context, { skus: ['SKU-1'], cursor: null })

  // Orders of every state: many lines, split boxes, voided, held, owed, flagged, made twice.
  await make('many', 30, { serviceLevel: 'two-day', shipBy: Date.parse('2026-03-05T00:00:00Z') })
  await control('ship', { reference: 'many', boxes: 3 })
  await control('deliver', { reference: 'many' })
  await make('void', 2)
  await control('ship', { reference: 'void', pickedUp: false })
  await control('void', { reference: 'void' })
  await make('held')
  await control('hold', { reference: 'held', reason: 'address' })
  await make('owed', 1, { lines: [{ sku: 'SKU-3', title: '', quantity: 900 }] })
  await control('flag', { reference: 'held' })
  for (let index = 0; index < 25; index += 1) await make(`plain-${index}`)
  await Promise.all([make('twice'), make('twice')])
  let cursor: string | null = null
  for (;;) {
    const page = await facet.updates(context, cursor)
    cursor = page.cursor
    if (!page.more) break
  }
  const many = await facet.get(context, 'many')
  if (many === null) throw new Error('no order')

  // Cancelled whole, in part, too late, and asked for.
  const whole = await make('whole', 2)
  await facet.cancel(context, whole)
  const part = await make('part', 2)
  await control('ship', { reference: 'part', lines: [{ sku: 'SKU-0', quantity: 1 }] })
  await facet.keep(context, part, [{ sku: 'SKU-0', quantity: 2 }])
  await facet.cancel(context, part)
  await facet.cancel(context, many)
  const late = await make('late')
  await control('ship', { reference: 'late', labelOnly: true })
  await facet.cancel(context, late)

  const opened = await control('returns/open', { reference: 'many', lines: [{ sku: 'SKU-0', quantity: 2 }] })
  const processed = {
    return: opened.return,
    lines: [{ sku: 'SKU-0', quantity: 2, restock: 1, condition: 'Damaged' }],
  }
  await control('returns/process', processed)
  await facet.returns(context, null)

  const address = 'https://stockpool.example/webhooks/west'
  await webhooks.ensure(context, address)
  await control('webhooks/health', { health: 'UNHEALTHY' })
  await webhooks.ensure(context, address)
  // Another process, whose store has lost the secrets.
  await webhooks.ensure(adapterContext(connection, { clock }), address)
}
