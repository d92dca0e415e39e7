import assert from 'node:assert/strict'
import { ServiceLevel } from '../../model/service-level.ts'
import type { FulfillmentOrder, Quote } from '../../spec/index.ts'
import { attempt, type Check, eventually, type Group, need, persist, type Stage } from './stage.ts'
import { providerOrders, providerState } from './state.ts'
import { fulfillmentOf, provider, stockShelves, submitted, unitsBySku } from './warehouse.ts'

type Lines = readonly { readonly sku: string; readonly quantity: number }[]

/** `refused`: the provider cannot stop just these units, and the engine cancels the whole order instead. */
async function keep(stage: Stage, { id, reference }: FulfillmentOrder, lines: Lines): Promise<string> {
  const facet = provider(stage)
  const method = need(facet.keep?.bind(facet), 'fulfillment.keep')
  const order = { id, reference }
  const outcome = await attempt(() => persist(stage, () => method(stage.context, order, lines)))
  if (outcome.ok) {
    const said: readonly string[] = ['stopped', 'too_late', 'unknown']
    assert.ok(said.includes(outcome.value.outcome), `outcome ${outcome.value.outcome}`)
    return outcome.value.outcome
  }
  assert.ok(['rejected', 'unsupported'].includes(outcome.error.code), outcome.error.code)
  return 'refused'
}

/** What the provider itself has stopped of an order. */
const stoppedOf = (stage: Stage, reference: string): Record<string, number> =>
  unitsBySku(
    providerOrders(stage.simulator, reference)
      .flatMap(({ lines }) => lines)
      .map(({ sku, cancelled }) => ({ sku, quantity: cancelled }))
      .filter(({ quantity }) => quantity > 0),
  )

const keeping: readonly Check[] = [
  {
    name: 'stops what is more than shall be left, and no more when it is repeated; or refuses, and stops nothing',
    async run(stage) {
      const { order, lines } = await submitted(stage, [5, 2])
      const [one, two] = lines
      assert.ok(one && two)
      const left = [{ ...one, quantity: 3 }, two]
      const first = await keep(stage, order, left)
      assert.notEqual(first, 'too_late')
      if (first === 'refused') return assert.deepEqual(stoppedOf(stage, order.reference), {})
      const wanted = unitsBySku([{ sku: one.sku, quantity: 2 }])
      if (first === 'stopped') assert.deepEqual(stoppedOf(stage, order.reference), wanted)
      await eventually(stage, 'the order says what was stopped', async () => {
        const got = await fulfillmentOf(stage, order.reference)
        return JSON.stringify(unitsBySku(got.cancelled)) === JSON.stringify(wanted) ? true : null
      })
      for (const who of [stage, { ...stage, ...stage.again() }])
        assert.notEqual(await keep(who, order, left), 'too_late', 'a repeat of what succeeded')
      assert.deepEqual(stoppedOf(stage, order.reference), wanted)
    },
  },
  {
    name: 'a SKU that shall not be left is stopped whole, or nothing is',
    async run(stage) {
      const { order, lines } = await submitted(stage, [2, 1])
      const [one, two] = lines
      assert.ok(one && two)
      const said = await keep(stage, order, [one])
      const wanted = said === 'refused' ? {} : unitsBySku([two])
      if (said !== 'unknown') assert.deepEqual(stoppedOf(stage, order.reference), wanted)
    },
  },
  {
    name: 'stops nothing of what has shipped',
    async run(stage) {
      const { order, lines } = await submitted(stage, [4])
      await stage.simulator.control('ship', { reference: order.reference })
      const less = lines.map((line) => ({ ...line, quantity: 1 }))
      const said = await keep(stage, order, less)
      assert.ok(said === 'too_late' || said === 'refused', `outcome ${said}`)
      assert.deepEqual((await fulfillmentOf(stage, order.reference)).cancelled, [])
    },
  },
]

const dayMs = 86_400_000
const shipTo = { country: 'US', postalCode: '62701', city: 'Springfield', region: 'IL' }

function ask(stage: Stage, lines: Lines): Promise<readonly Quote[]> {
  const facet = provider(stage)
  const method = need(facet.quote?.bind(facet), 'fulfillment.quote')
  return persist(stage, () => method(stage.context, { lines, shipTo, serviceLevel: null }))
}

const quoting: readonly Check[] = [
  {
    name: 'quotes with places and money that are known, dates that are to come, and changes nothing',
    async run(stage) {
      const skus = await stockShelves(stage, 2, 40)
      const lines = skus.map((sku, index) => ({ sku, quantity: index + 1 }))
      const places = (await provider(stage).locations(stage.context)).map(({ id }) => id)
      const before = JSON.stringify(providerState(stage.simulator))
      const quotes = await ask(stage, lines)
      assert.ok(quotes.length > 0, 'nothing is quoted for what lies on the shelves')
      for (const { location, service, serviceLevel, cost, shipBy, deliverBy, cannotShip } of quotes) {
        assert.ok(
          location === null || places.includes(location),
          `a quote from ${location}, which is no location`,
        )
        assert.notEqual(service, '')
        assert.ok(
          serviceLevel === null || ServiceLevel.options.includes(serviceLevel),
          `service level ${serviceLevel}`,
        )
        if (cost !== null) {
          assert.ok(Number.isSafeInteger(cost.amount) && cost.amount >= 0, `cost ${cost.amount}`)
          assert.match(cost.currency, /^[A-Z]{3}$/)
        }
        for (const at of [shipBy, deliverBy])
          assert.ok(at === null || at > stage.simulator.clock.now() - dayMs, 'a date that has passed')
        assert.deepEqual(cannotShip, [])
      }
      assert.equal(JSON.stringify(providerState(stage.simulator)), before, 'a quote changed something')
    },
  },
  {
    name: 'says of what is not there that it cannot ship it, quotes nothing, or refuses',
    async run(stage) {
      const [sku = ''] = await stockShelves(stage, 1, 40)
      const outcome = await attempt(() => ask(stage, [{ sku, quantity: 41 }]))
      if (!outcome.ok)
        return assert.ok(['rejected', 'invalid_input'].includes(outcome.error.code), outcome.error.code)
      for (const { cannotShip } of outcome.value)
        assert.deepEqual([...new Set(cannotShip.map((each) => each.sku))], [sku])
    },
  },
]

export const fulfillmentKeep: Group = {
  name: 'fulfillment.keep',
  when: (connection) => connection.fulfillment?.keep !== undefined,
  checks: keeping,
}

export const fulfillmentQuote: Group = {
  name: 'fulfillment.quote',
  when: (connection) => connection.fulfillment?.quote !== undefined,
  checks: quoting,
}
