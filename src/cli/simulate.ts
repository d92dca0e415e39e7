import { parseArgs } from 'node:util'
import {
  startAmazonSimulator,
  startMetaSimulator,
  startShipBobSimulator,
  startShopifySimulator,
  startTikTokSimulator,
} from '../../adapters/simulators.ts'

/** `stockpool simulate`: every platform on a port of its own, until it is interrupted. */
export async function simulate(args: string[]): Promise<number> {
  const { values } = parseArgs({ args, options: { port: { type: 'string', default: '8701' } } })
  const first = Number(values.port)
  if (!Number.isInteger(first) || first < 1 || first > 65_000) {
    process.stderr.write(`stockpool: --port must be a port number, not ${values.port}\n`)
    return 2
  }
  const shopify = await startShopifySimulator({ port: first })
  const amazon = await startAmazonSimulator({ port: first + 1 })
  const shipbob = await startShipBobSimulator({ port: first + 2 })
  const meta = await startMetaSimulator({ port: first + 3 })
  const tiktok = await startTikTokSimulator({ port: first + 4 })
  process.stdout.write(`Simulators are running; their data is gone when you press Ctrl+C.

shopify  ${shopify.url}
${fields(shopify.options)}
amazon   ${amazon.url}
${fields(amazon.options)}
shipbob  ${shipbob.url}
${fields({ endpoint: shipbob.url, token: shipbob.token, channelId: shipbob.channelId, webhookSecret: shipbob.webhookSecret })}
meta     ${meta.url}
${fields(meta.options)}
tiktok   ${tiktok.url}
${fields(tiktok.options)}
Each has controls, for shoppers, staff and faults. For example:
  curl -s ${shopify.url}/_simulator/state
  curl -s -X POST ${shopify.url}/_simulator/listings -d '{"sku":"MUG-RED","quantity":5}'
  curl -s -X POST ${shopify.url}/_simulator/orders -d '{"lines":[{"sku":"MUG-RED","quantity":1}]}'
`)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await Promise.all([shopify.close(), amazon.close(), shipbob.close(), meta.close(), tiktok.close()])
  return 0
}

/** What an adapter's function takes to reach the simulator, one option a line. None of it is secret. */
const fields = (options: object) =>
  Object.entries(options)
    .map(([name, value]) => `  ${name}: ${JSON.stringify(value)}\n`)
    .join('')
