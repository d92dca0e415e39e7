import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { startReceiver } from '../../src/testing/contract/receiver.ts'
import { stage } from '../adapters/ebay/stage.ts'
import { readYaml } from './yaml.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const specs = process.env.STOCKPOOL_SPECS ?? `${root}../shared/specs`
const file = `${specs}/ebay/market-account-deletion-asyncapi.yml`
const present = existsSync(file)
if (!present)
  console.warn(`eBay's account-deletion notice is not checked: ${file} is absent. Set STOCKPOOL_SPECS.`)

type Schema = { readonly properties?: Record<string, Schema> } & Record<string, unknown>

/** Nothing but what the document names, and all of it. */
function strict(schema: Schema): Schema {
  if (schema.properties === undefined) return schema
  const properties = Object.fromEntries(
    Object.entries(schema.properties).map(([name, one]) => [name, strict(one)]),
  )
  return { ...schema, properties, required: Object.keys(properties), additionalProperties: false }
}

describe.skipIf(!present)('a notice that an account was deleted', () => {
  it('has the members of eBay’s document, and the connection reads both names of the buyer', async () => {
    const document = readYaml(readFileSync(file, 'utf8')) as {
      components: {
        messages: { message: { headers: Schema; payload: Schema } }
        schemas: Record<string, Schema>
      }
    }
    const { messages, schemas } = document.components
    const it = await stage()
    const receiver = await startReceiver()
    try {
      await it.simulator.control('webhooks', { url: receiver.url })
      await it.simulator.control('account/delete', { username: 'ada_1', userId: 'ma8vp1jySJC' })
      await it.simulator.webhooks.idle()
      const [delivery] = receiver.deliveries
      if (!delivery) throw new Error('nothing came')
      const ajv = new Ajv({ strict: false, allErrors: true })
      for (const [name, schema] of Object.entries(schemas))
        ajv.addSchema(strict(schema), `#/components/schemas/${name}`)
      const check = ajv.compile(strict(messages.message.payload))
      const notice = JSON.parse(Buffer.from(delivery.body).toString('utf8'))
      expect(check(notice), ajv.errorsText(check.errors)).toBe(true)
      expect(check({ ...notice, metadata: { ...notice.metadata, more: 1 } })).toBe(false)
      const { username: _, ...data } = notice.notification.data
      expect(check({ ...notice, notification: { ...notice.notification, data } })).toBe(false)
      for (const header of Object.keys(messages.message.headers.properties ?? {}))
        expect(delivery.headers).toHaveProperty(header.toLowerCase())
      const { hints } = await it.connection.webhooks.verify(delivery, it.clock.now(), [], it.context)
      expect(hints).toEqual([{ kind: 'erasure', orders: [], buyers: ['ada_1', 'ma8vp1jySJC'] }])
    } finally {
      await receiver.close()
    }
  })
})
