import type { Demand } from './allocation.ts'
import { countersOf, type LineCounters, type LineSeen, type ProviderSeen } from './counters.ts'

/** Units that are counted nowhere, in units of the listing. */
export type Ignored = Pick<LineCounters, 'released' | 'shipped'>

/** A line of an order, with what it takes from the pool. */
export interface CountedLine {
  readonly line: string
  readonly state: 'counted' | 'unlinked' | 'platform'
  readonly seen: LineSeen
  readonly provider: ProviderSeen
  /** Cancelled and shipped before the merchant's count. */
  readonly ignored: Ignored
  readonly components: readonly { readonly sku: string; readonly quantity: number }[] | null
}

/** What has happened already to one SKU of a line, in units of the SKU. */
export interface Done {
  readonly taken: number
  readonly released: number
  readonly shipped: number
}

/** What providers say of one SKU of a line, by location, in units of the SKU. */
export interface ProviderFacts {
  readonly shippedFrom: ReadonlyMap<string, number>
  readonly releasedFrom: ReadonlyMap<string, number>
}

/**
 * What a line asks of each of its SKUs. Goods that left before the merchant counted are not in the count, so they move
 * nothing. A provider may ship one component of a kit before the other: then that component has left, though the kit
 * has not. A line that turns out to be the platform's gives back what is open.
 */
export function demandsOf(
  line: CountedLine,
  done: (sku: string) => Done,
  facts: (sku: string) => ProviderFacts,
): Demand[] {
  if (line.components === null || line.state === 'unlinked') return []
  const counters = countersOf(line.seen, line.provider)
  const { ignored } = line
  const released = Math.max(0, counters.released - ignored.released)
  const shipped = Math.max(0, counters.shipped - ignored.shipped)
  const taken = Math.max(0, counters.taken - ignored.released - ignored.shipped)
  return line.components.map(({ sku, quantity }) => {
    const before = done(sku)
    const { shippedFrom, releasedFrom } = facts(sku)
    const where = { line: line.line, sku, shippedFrom, releasedFrom }
    if (line.state === 'platform') return { ...where, ...before, released: before.taken - before.shipped }
    const left = Math.max(shipped * quantity, total(shippedFrom), before.shipped)
    const back = Math.max(released * quantity, before.released)
    return {
      ...where,
      taken: Math.max(taken * quantity, left + back, before.taken),
      released: back,
      shipped: left,
    }
  })
}

function total(quantities: ReadonlyMap<string, number>): number {
  let sum = 0
  for (const quantity of quantities.values()) sum += quantity
  return sum
}
