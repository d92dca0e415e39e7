import { amazon } from '../../adapters/amazon/index.ts'
import { startAmazonSimulator } from '../../adapters/amazon/simulator/index.ts'
import { ebay } from '../../adapters/ebay/index.ts'
import { startEbaySimulator } from '../../adapters/ebay/simulator/index.ts'
import { meta } from '../../adapters/meta/index.ts'
import { startMetaSimulator } from '../../adapters/meta/simulator/index.ts'
import { shopify } from '../../adapters/shopify/index.ts'
import { startShopifySimulator } from '../../adapters/shopify/simulator/index.ts'
import { tiktok } from '../../adapters/tiktok/index.ts'
import { startTikTokSimulator } from '../../adapters/tiktok/simulator/index.ts'
import type { RunningSimulator, SimulatorOptions } from '../../src/simulator/index.ts'
import type { Connection } from '../../src/spec/connection.ts'

/** A simulator, and what a connection in another process is made of: plain JSON. */
type Started<Options> = RunningSimulator & { readonly options: Options }

/** A channel that is imported from. One more platform is one more of these in `platforms`. */
export interface Platform {
  readonly name: string
  start(options: Pick<SimulatorOptions, 'clock'>): Promise<Started<unknown>>
  connect(options: unknown): Connection
}

/** The options cross between two processes, and come out as they went in. */
const platform = <Options>(
  name: string,
  start: (options: Pick<SimulatorOptions, 'clock'>) => Promise<Started<Options>>,
  connect: (options: Options) => Connection,
): Platform => ({ name, start, connect: (options) => connect(options as Options) })

export const platforms: readonly Platform[] = [
  platform('Shopify', startShopifySimulator, shopify),
  platform('Amazon', (options) => startAmazonSimulator({ ...options, pendingMs: 0, settlingMs: 0 }), amazon),
  platform('eBay', startEbaySimulator, ebay),
  platform('Meta', startMetaSimulator, meta),
  platform('TikTok', startTikTokSimulator, tiktok),
]

export function platformNamed(name: string | undefined): Platform {
  const found = platforms.find((each) => each.name === name)
  if (found === undefined) throw new Error(`there is no platform ${name}`)
  return found
}
