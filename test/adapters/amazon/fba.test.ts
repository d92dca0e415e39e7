import { describe, expect, it } from 'vitest'
import { skusOf } from '../../../adapters/amazon/fba.ts'
import { type AmazonOptions, amazon } from '../../../adapters/amazon/index.ts'
import {
  type AmazonSimulatorOptions,
  startAmazonSimulator,
} from '../../../adapters/amazon/simulator/index.ts'
import { virtualClock } from '../../../src/simulator/index.ts'
import type { StockReading } from '../../../src/spec/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

async function warehouse(simulated: AmazonSimulatorOptions = {}, more: Partial<AmazonOptions> = {}) {
  const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
  const simulator = await startAmazonSimulator({ clock, ...simulated })
  const connection = amazon({ ...simulator.options, ...more, fbaStock: true, mcf: undefined })
  const warnings: string[] = []
  const log = { debug: () => {}, info: () => {}, warn: (message: string) => void warnings.push(message) }
  const context = adapterContext(connection, { clock, log, random: () => 0, fetchTimeoutMs: 500 })
  const put = (sku: string, quantity: number) => simulator.control('stock', { sku, quantity })
  return {
    simulator,
    stock: connection.platformStock,
    context,
    clock,
    warnings,
    put,
    async [Symbol.asyncDispose]() {
      clock.stop()
      await simulator.close()
    },
  }
}
type Warehouse = Awaited<ReturnType<typeof warehouse>>

async function sweep(
  on: Warehouse,
  skus: readonly string[] | null,
  between: () => Promise<void> = async () => {},
): Promise<StockReading[]> {
  const readings: StockReading[] = []
  for (let cursor: string | null = null; ; ) {
    const page = await on.stock.stock(on.context, { skus, cursor })
    readings.push(...page.readings)
    if (page.cursor === null) return readings
    cursor = page.cursor
    await between()
  }
}

describe('FBA stock', () => {
  it('is what can be picked, at a place of its own, with the time', async () => {
    await using on = await warehouse()
    await on.put('MUG-RED', 7)
    expect(await sweep(on, null)).toEqual([
      {
        sku: 'MUG-RED',
        location: 'fba-ATVPDKIKX0DER',
        quantity: 7,
        basis: 'available',
        asOf: expect.any(Number),
      },
    ])
    expect(await on.stock.locations(on.context)).toEqual([
      { id: 'fba-ATVPDKIKX0DER', name: 'FBA Amazon US', country: 'US', postalCode: null },
    ])
  })

  it("was true at a moment of Amazon's clock, whatever ours says", async () => {
    await using on = await warehouse()
    await on.put('MUG-RED', 7)
    const ahead = { ...on.clock, now: () => on.clock.now() + 3_600_000 }
    const context = { ...on.context, clock: ahead }
    const { readings } = await on.stock.stock(context, { skus: null, cursor: null })
    expect(readings[0]?.asOf).toBeLessThanOrEqual(on.clock.now())
    expect(readings[0]?.asOf).toBeGreaterThan(on.clock.now() - 60_000)
  })

  it("goes by the merchant's own SKUs where Amazon's differ", async () => {
    await using on = await warehouse({}, { fbaSkus: { 'MUG-RED': 'MUG-RED-FBA' } })
    await on.put('MUG-RED-FBA', 7)
    await on.put('OTHER', 1)
    expect((await sweep(on, ['MUG-RED'])).map(({ sku, quantity }) => [sku, quantity])).toEqual([
      ['MUG-RED', 7],
    ])
    expect((await sweep(on, null)).map(({ sku }) => sku).sort()).toEqual(['MUG-RED', 'OTHER'])
  })

  it('amzn/selling-partner-api-models#2947, docs#2312, jrl84/amazon-sp-api#21: a page token that has ended begins the sweep again, and nothing is missed', async () => {
    await using on = await warehouse()
    for (let index = 0; index < 120; index += 1) await on.put(`S-${String(index).padStart(3, '0')}`, index)
    let waits = 1
    const readings = await sweep(on, null, async () => {
      if (waits-- > 0) await on.clock.advance(31_000)
    })
    expect(new Set(readings.map(({ sku }) => sku)).size).toBe(120)
    expect(on.simulator.count('getInventorySummaries', 400)).toBe(1)
  })

  it('a token that ends each time is an error in the end, not an endless sweep', async () => {
    await using on = await warehouse()
    for (let index = 0; index < 60; index += 1) await on.put(`S-${index}`, index)
    const slow = sweep(on, null, async () => on.clock.advance(31_000))
    await expect(slow).rejects.toMatchObject({ code: 'rejected' })
  })

  it('docs#2374, amzn/selling-partner-api-models#421: a SKU with a comma is asked for by itself', async () => {
    expect(skusOf(['a', 'b,c', 'd'], 0)).toEqual(['a'])
    expect(skusOf(['a', 'b,c', 'd'], 1)).toEqual(['b,c'])
    expect(skusOf([], 0)).toEqual([])
    await using on = await warehouse()
    for (const sku of ['a', 'b,c', 'd', 'b']) await on.put(sku, 1)
    expect((await sweep(on, ['a', 'b,c', 'd'])).map(({ sku }) => sku)).toEqual(['a', 'b,c', 'd'])
  })

  it('more SKUs than fifty are asked for fifty at a time', async () => {
    await using on = await warehouse()
    const skus = Array.from({ length: 120 }, (_, index) => `S-${index}`)
    for (const sku of skus) await on.put(sku, 1)
    expect(await sweep(on, skus)).toHaveLength(120)
    expect(on.simulator.count('getInventorySummaries')).toBe(3)
  })

  it('several marketplaces are several places', async () => {
    const marketplaceIds = ['ATVPDKIKX0DER', 'A2EUQ1WTGCTBG2']
    await using on = await warehouse({ marketplaceIds }, { fbaMarketplaces: marketplaceIds })
    await on.put('MUG-RED', 7)
    expect((await sweep(on, null)).map(({ location }) => location)).toEqual(
      marketplaceIds.map((id) => `fba-${id}`),
    )
    expect((await on.stock.locations(on.context)).map(({ country }) => country)).toEqual(['US', 'CA'])
  })

  it('ericcj/amz_sp_api#28: a seller without FBA has none', async () => {
    await using on = await warehouse({ fba: false })
    expect(await sweep(on, null)).toEqual([])
    expect(on.warnings).toEqual([expect.stringContaining('FBA')])
  })

  it('a marketplace in which the seller does not sell is told', async () => {
    await using on = await warehouse({}, { fbaMarketplaces: ['A2EUQ1WTGCTBG2'] })
    await expect(on.stock.locations(on.context)).rejects.toMatchObject({ field: 'fbaMarketplaces' })
  })

  it('is not beside MCF, which has it as its own', () => {
    const make = () =>
      amazon({
        region: 'na',
        sellerId: 'A1',
        marketplaceIds: ['ATVPDKIKX0DER'],
        clientId: 'a',
        clientSecret: 'b',
        refreshToken: 'c',
        fbaStock: true,
        mcf: true,
      })
    expect(make).toThrow(expect.objectContaining({ field: 'fbaStock' }))
  })
})
