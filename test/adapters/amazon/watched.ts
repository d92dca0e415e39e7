import { type AmazonOptions, amazon } from '../../../adapters/amazon/index.ts'
import {
  type AmazonSimulatorOptions,
  startAmazonSimulator,
} from '../../../adapters/amazon/simulator/index.ts'
import { type SimulatorReply, type SimulatorRequest, virtualClock } from '../../../src/simulator/index.ts'
import { adapterContext } from '../../../src/testing/context.ts'
import type { Exchange, Models } from './models.ts'

/** Not of the Selling Partner API: Login with Amazon, and the store of documents. */
const others = ['lwaToken', 'document']

/** A simulator whose every exchange is checked against the models, both ways. */
export async function watched(
  models: Models | null,
  simulated: AmazonSimulatorOptions = {},
  options: (url: string) => Partial<AmazonOptions> = () => ({}),
) {
  const wrong: string[] = []
  const seen = new Set<string>()
  const documents: string[] = []
  const observe = (request: SimulatorRequest, reply: SimulatorReply) => {
    if (request.operation === 'document' && request.method === 'PUT') documents.push(request.raw.toString())
    if (!models || others.includes(request.operation)) return
    const exchange: Exchange = {
      method: request.method,
      path: request.path,
      query: request.query,
      body: request.raw.length === 0 ? undefined : request.json(),
    }
    seen.add(`${request.operation} ${reply.status}`)
    if (request.headers['x-test'] !== 'bad') wrong.push(...models.request(exchange))
    const body = reply.body === undefined ? undefined : JSON.parse(JSON.stringify(reply.body))
    wrong.push(...models.answer(exchange, reply.status, body, Object.keys(reply.headers ?? {})))
  }
  const clock = virtualClock(undefined, { autoAdvance: { quietMs: 5 } })
  const simulator = await startAmazonSimulator({ clock, observe, ...simulated })
  const connection = amazon({ ...simulator.options, ...options(simulator.url) })
  const context = adapterContext(connection, { clock })
  const close = async () => {
    clock.stop()
    await simulator.close()
  }
  return { simulator, connection, context, clock, wrong, seen, documents, close }
}
