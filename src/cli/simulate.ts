import { parseArgs } from 'node:util'
import {
  startAmazonSimulator,
  startEasyPostSimulator,
  startEbaySimulator,
  startMetaSimulator,
  startShipBobSimulator,
  startShipHeroSimulator,
  startShipStreamSimulator,
  startShopifySimulator,
  startTikTokSimulator,
} from '../../adapters/simulators.ts'

/** Each platform, in the order of the ports, with what its adapter takes to reach it. */
const platforms = {
  shopify: async (port: number) => running(await startShopifySimulator({ port })),
  amazon: async (port: number) => running(await startAmazonSimulator({ port })),
  shipbob: async (port: number) => {
    const simulator = await startShipBobSimulator({ port })
    return { simulator, options: { ...simulator.options, webhookSecret: simulator.webhookSecret } }
  },
  meta: async (port: number) => running(await startMetaSimulator({ port })),
  shiphero: async (port: number) => {
    const simulator = await startShipHeroSimulator({ port })
    return { simulator, options: { ...simulator.options, webhookSecrets: [simulator.webhookSecret] } }
  },
  shipstream: async (port: number) => {
    const simulator = await startShipStreamSimulator({ port })
    return { simulator, options: { ...simulator.options, webhookSecret: simulator.webhookSecret } }
  },
  easypost: async (port: number) => running(await startEasyPostSimulator({ port })),
  ebay: async (port: number) => running(await startEbaySimulator({ port })),
  tiktok: async (port: number) => running(await startTikTokSimulator({ port })),
}

const running = <Simulator extends { readonly options: object }>(simulator: Simulator) => ({
  simulator,
  options: simulator.options,
})

/** `stockpool simulate`: every platform on a port of its own, until it is interrupted. */
export async function simulate(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { port: { type: 'string', default: '8701' } } })
  const first = Number(values.port)
  if (!Number.isInteger(first) || first < 1 || first > 65_000) {
    process.stderr.write(`stockpool: --port must be a port number, not ${values.port}\n`)
    return 2
  }
  const started = []
  for (const [index, [name, start]] of Object.entries(platforms).entries())
    started.push({ name, ...(await start(first + index)) })
  const [shop] = started
  const list = started.map(
    ({ name, simulator, options }) => `${name.padEnd(10)} ${simulator.url}\n${fields(options)}`,
  )
  process.stdout.write(`Simulators are running; their data is gone when you press Ctrl+C.

${list.join('\n')}
Each has controls, for shoppers, staff and faults. For example:
  curl -s ${shop?.simulator.url}/_simulator/state
  curl -s -X POST ${shop?.simulator.url}/_simulator/listings -d '{"sku":"MUG-RED","quantity":5}'
  curl -s -X POST ${shop?.simulator.url}/_simulator/orders -d '{"lines":[{"sku":"MUG-RED","quantity":1}]}'
`)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await Promise.all(started.map(({ simulator }) => simulator.close()))
  return 0
}

/** What an adapter's function takes to reach the simulator, one option a line. None of it is secret. */
const fields = (options: object) =>
  Object.entries(options)
    .map(([name, value]) => `  ${name}: ${JSON.stringify(value)}\n`)
    .join('')
