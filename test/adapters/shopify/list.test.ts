import { describe, expect, it } from 'vitest'
import { shopify } from '../../../adapters/shopify/index.ts'
import { startShopifySimulator } from '../../../adapters/shopify/simulator/index.ts'
import type { ListedListing } from '../../../src/index.ts'
import { acceleratedClock } from '../../../src/simulator/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'

async function shop(count: number) {
  const clock = acceleratedClock(600)
  const simulator = await startShopifySimulator({ clock })
  for (let n = 0; n < count; n++)
    await simulator.control('listings', { sku: `SKU-${n}`, title: `Thing ${n}`, quantity: n })
  const list = async (bulkFrom: number, from: string | null = null) => {
    const { listings } = shopify({ ...simulator.options, bulkFrom })
    const context = adapterContext(shopify({ ...simulator.options, bulkFrom }), { clock })
    const found: ListedListing[] = []
    const cursors: (string | null)[] = []
    for (let cursor = from; ; ) {
      const page = await listings.list(context, cursor)
      found.push(...page.listings)
      cursors.push(page.cursor)
      cursor = page.cursor
      if (cursor === null) return { found, cursors }
    }
  }
  return { simulator, list }
}

describe('what a shop sells', () => {
  it('is listed page by page with SKU, title and the number at the adapter’s location', async () => {
    const { simulator, list } = await shop(155)
    const { found, cursors } = await list(Number.POSITIVE_INFINITY)
    expect(found).toHaveLength(155)
    expect(found[7]).toMatchObject({
      listing: expect.stringMatching(/^gid:\/\/shopify\/InventoryItem\//),
      place: '',
      sku: 'SKU-7',
      title: 'Thing 7',
      quantity: 7,
      fulfilledBy: 'merchant',
    })
    expect(cursors).toEqual([expect.stringMatching(/^page/), null])
    expect(simulator.count('BulkOperationRun')).toBe(0)
    await simulator.close()
  })

  it('comes in one file where it is much, the same, also to another process that goes on with a cursor', async () => {
    const { simulator, list } = await shop(60)
    const paged = await list(Number.POSITIVE_INFINITY)
    const filed = await list(10)
    expect(filed.found).toEqual(paged.found)
    expect(simulator.count('BulkOperationRun')).toBe(1)
    expect(simulator.count('ProductVariants')).toBe(1)
    await simulator.close()
  })

  it('is listed by pages when the file came to nothing', async () => {
    const { simulator, list } = await shop(60)
    simulator.faults.arm({ operation: 'BulkOperationRun', kind: 'accepted_not_applied' })
    expect((await list(10)).found).toHaveLength(60)
    await simulator.close()
  })

  it('refuses a cursor that it never gave', async () => {
    const { simulator, list } = await shop(1)
    await expect(list(10, 'elsewhere')).rejects.toMatchObject({ code: 'invalid_input', field: 'cursor' })
    await simulator.close()
  })
})
