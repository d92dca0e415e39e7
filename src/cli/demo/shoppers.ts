import type { SeededRandom } from '../../simulator/index.ts'
import type { World } from './world.ts'

export interface Trade {
  placed: number
  /** Shoppers who found what they wanted sold out. */
  turnedAway: number
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A hundred shoppers, on both channels at once, over some seconds; each buys one to three things over HTTP. */
export async function shop(
  world: World,
  random: SeededRandom,
  count: number,
  overMs: number,
  trade: Trade,
): Promise<void> {
  const skus = world.config.items.map(({ sku }) => sku)
  const visits = Array.from({ length: count }, () => ({
    after: random.next() * overMs,
    url: (random.int(0, 1) === 0 ? world.web : world.amazonUs).url,
    lines: basket(random, skus),
  }))
  await Promise.all(
    visits.map(async ({ after, url, lines }) => {
      await pause(after)
      const answer = await fetch(`${url}/_simulator/orders`, {
        method: 'POST',
        body: JSON.stringify({ lines }),
      })
      if (answer.ok) trade.placed++
      else if (answer.status === 409) trade.turnedAway++
      else throw new Error(`the simulator refused a shopper: ${answer.status} ${await answer.text()}`)
    }),
  )
}

function basket(random: SeededRandom, skus: readonly string[]): { sku: string; quantity: number }[] {
  const size = random.int(1, 3)
  const wanted = new Map<string, number>()
  while (wanted.size < size) wanted.set(random.pick(skus), random.int(1, 2))
  return [...wanted].map(([sku, quantity]) => ({ sku, quantity }))
}
