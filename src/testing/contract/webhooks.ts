import assert from 'node:assert/strict'
import { isStockpoolError } from '../../error.ts'
import type { WebhookDelivery, WebhookEvent } from '../../spec/index.ts'
import { arrived, happen, until, withDeliveries } from './deliveries.ts'
import {
  attempt,
  type Check,
  errorOf,
  type Group,
  need,
  type Outcome,
  operationsOf,
  persist,
  type Stage,
} from './stage.ts'

const facet = (stage: Stage) => need(stage.connection.webhooks, 'webhooks')

/** Awaited whether or not the platform needs to fetch a key for it. */
const verify = async (
  stage: Stage,
  delivery: WebhookDelivery,
  now = stage.simulator.clock.now(),
): Promise<WebhookEvent> => facet(stage).verify(delivery, now, [], stage.context)

const tried = (stage: Stage, delivery: WebhookDelivery, now: number): Promise<Outcome<WebhookEvent>> =>
  attempt(() => verify(stage, delivery, now))

const withBody = (delivery: WebhookDelivery, body: Uint8Array): WebhookDelivery => ({ ...delivery, body })

const withHeader = (delivery: WebhookDelivery, name: string, value: string | undefined): WebhookDelivery => ({
  ...delivery,
  headers: { ...delivery.headers, [name]: value },
})

function flipped(body: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(body)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

/** The headers without which the delivery is refused: the signature and what is signed with it. */
async function guarding(stage: Stage, delivery: WebhookDelivery, genuine: WebhookEvent): Promise<string[]> {
  const names: string[] = []
  for (const name of Object.keys(delivery.headers)) {
    const outcome = await attempt(() => verify(stage, withHeader(delivery, name, undefined)))
    if (outcome.ok) {
      assert.equal(outcome.value.id, genuine.id, `without ${name} the event has another id`)
      continue
    }
    assert.ok(
      ['signature', 'invalid_input'].includes(outcome.error.code),
      `without ${name}: ${outcome.error.code}`,
    )
    if (outcome.error.code === 'signature') names.push(name)
  }
  return names
}

function assertHints(event: WebhookEvent, subject: string): void {
  assert.ok(event.id !== '' && event.topic !== '')
  assert.ok(event.hints.length > 0, 'an event hints at something, if only that it is ignored')
  for (const hint of event.hints) {
    if (hint.kind === 'order') assert.equal(hint.order, subject)
    if (hint.kind === 'fulfillment' && hint.reference !== null) assert.equal(hint.reference, subject)
  }
}

const checks: readonly Check[] = [
  {
    name: 'a genuine delivery verifies and hints at what happened',
    async run(stage) {
      await withDeliveries(stage, {}, 1, async (_, subject, { deliveries }) => {
        // One happening may be told under several topics, in any order: of the goods, of the order.
        const kinds = async () => {
          const events = await Promise.all(deliveries.map((delivery) => verify(stage, delivery)))
          return events.flatMap(({ hints }) => hints.map(({ kind }) => kind))
        }
        const { orders, fulfillment } = stage.connection
        const any = orders === undefined && fulfillment === undefined
        await until(
          stage,
          async () => `only ${(await kinds()).join(', ')}`,
          async () => (await kinds()).some((kind) => any || kind === 'order' || kind === 'fulfillment'),
        )
        for (const delivery of deliveries) {
          assert.ok(delivery.body.length <= facet(stage).maxBytes)
          const event = await verify(stage, delivery)
          assertHints(event, subject)
          if (event.occurredAt !== null) assert.ok(event.occurredAt <= stage.simulator.clock.now() + 1_000)
        }
      })
    },
  },
  {
    name: 'a body changed by one bit, by a space or cut short is refused',
    async run(stage) {
      await withDeliveries(stage, {}, 1, async ([delivery]) => {
        assert.ok(delivery)
        const { body } = delivery
        const changed = [
          ...[0, Math.floor(body.length / 2), body.length - 1].map((at) => flipped(body, at)),
          Buffer.concat([body, Buffer.from(' ')]),
          Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body).toString('utf8')), null, 1)),
          body.subarray(0, body.length - 1),
          new Uint8Array(0),
        ]
        for (const each of changed) {
          assert.equal((await errorOf(() => verify(stage, withBody(delivery, each)))).code, 'signature')
        }
      })
    },
  },
  {
    name: 'a wrong, empty or missing signature is refused',
    async run(stage) {
      await withDeliveries(stage, {}, 1, async ([delivery]) => {
        assert.ok(delivery)
        const names = await guarding(stage, delivery, await verify(stage, delivery))
        assert.ok(names.length > 0, 'no header guards the delivery: it verifies without a signature')
        for (const name of names) {
          const value = delivery.headers[name] ?? ''
          const wrong = ['', 'x', value.slice(0, -3), value.replace(/[a-zA-Z0-9]/g, 'A'), `${value}${value}`]
          for (const each of wrong) {
            if (each === value) continue
            const { code } = await errorOf(() => verify(stage, withHeader(delivery, name, each)))
            assert.ok(code === 'signature' || code === 'invalid_input', `${name}: ${code}`)
          }
        }
      })
    },
  },
  {
    name: 'an old delivery is refused where the platform signs its time, and else is the same event',
    async run(stage) {
      await withDeliveries(stage, {}, 1, async ([delivery]) => {
        assert.ok(delivery)
        const { id } = await verify(stage, delivery)
        const dayMs = 86_400_000
        for (const now of [stage.simulator.clock.now() + dayMs, stage.simulator.clock.now() - dayMs]) {
          const outcome = await tried(stage, delivery, now)
          if (!outcome.ok) assert.equal(outcome.error.code, 'signature')
          else {
            assert.ok(!stage.signsTimestamp, 'a delivery of another day was taken')
            assert.equal(outcome.value.id, id)
          }
        }
      })
    },
  },
  {
    name: 'the same event delivered again has the same id, another event another one',
    async run(stage) {
      await withDeliveries(stage, { duplicate: 2 }, 3, async (deliveries, _, receiver) => {
        const idsOf = async (some: readonly WebhookDelivery[]) =>
          (await Promise.all(some.map((delivery) => verify(stage, delivery)))).map(({ id }) => id)
        const ids = await idsOf(deliveries)
        const times = new Map<string, number>()
        for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1)
        assert.ok(
          [...times.values()].some((count) => count >= 3),
          'three deliveries of one event have several ids',
        )
        const before = new Set(ids)
        const count = receiver.deliveries.length
        await happen(stage)
        const later = (await arrived(stage, receiver, count + 3)).slice(count)
        const laterIds = await idsOf(later)
        assert.ok(
          laterIds.some((id) => !before.has(id)),
          'two events share an id',
        )
      })
    },
  },
  {
    name: 'a forged copy is refused and the genuine one is taken',
    async run(stage) {
      await withDeliveries(stage, { forge: true }, 2, async (_, __, { deliveries }) => {
        const verified = async (delivery: WebhookDelivery) => {
          try {
            return (await verify(stage, delivery)).id
          } catch (error) {
            return isStockpoolError(error, 'signature') ? 'forged' : 'failed'
          }
        }
        const wanted = ['forged', 'taken'] as const
        const outcomes = async () => {
          const ids = await Promise.all(deliveries.map(verified))
          return new Set(ids.map((id) => (id === 'forged' || id === 'failed' ? id : 'taken')))
        }
        await until(
          stage,
          async () => `only ${[...(await outcomes())].join(', ')}`,
          async () => {
            const seen = await outcomes()
            return wanted.every((each) => seen.has(each))
          },
        )
        assert.ok(!(await outcomes()).has('failed'))
      })
    },
  },
  {
    name: 'garbage is invalid input or a wrong signature, signed or not, and nothing else is ever thrown',
    async run(stage) {
      await withDeliveries(stage, {}, 1, async ([delivery], _, receiver) => {
        assert.ok(delivery)
        // The sender records an attempt once it has its answer.
        await stage.simulator.webhooks.idle()
        const { topic } = need(stage.simulator.webhooks.attempts[0], 'record of the delivery')
        const bodies = [
          '',
          'not json',
          '[]',
          'null',
          '{}',
          '"text"',
          '{"id":',
          '12',
          '{"__proto__":null}',
          '\u0000\u0001',
        ]
        for (const body of bodies) {
          const unsigned = await errorOf(() =>
            verify(stage, { method: 'POST', url: delivery.url, headers: {}, body: Buffer.from(body) }),
          )
          assert.ok(
            ['signature', 'invalid_input'].includes(unsigned.code),
            `unsigned ${body}: ${unsigned.code}`,
          )
          const count = receiver.deliveries.length
          stage.simulator.webhooks.send({ topic, body: Buffer.from(body) })
          for (const signed of (await arrived(stage, receiver, count + 1)).slice(count)) {
            const outcome = await attempt(() => verify(stage, signed))
            if (!outcome.ok)
              assert.ok(
                ['signature', 'invalid_input'].includes(outcome.error.code),
                `signed ${body}: ${outcome.error.code}`,
              )
          }
        }
      })
    },
  },
]

const address = 'https://stockpool.example/webhooks/web'

const ensuring: readonly Check[] = [
  {
    name: 'ensure subscribes once, however often, for each address, and through lost answers',
    when: (connection) => connection.webhooks?.ensure !== undefined,
    async run(stage) {
      const webhooks = facet(stage)
      const ensure = need(webhooks.ensure?.bind(webhooks), 'webhooks.ensure')
      const topics = (url: string) =>
        stage.simulator.webhooks.subscriptions.filter((each) => each.url === url).map((each) => each.topics)
      await ensure(stage.context, address)
      const first = topics(address)
      assert.ok(first.length > 0, 'nothing is subscribed')
      await ensure(stage.context, address)
      await ensure(stage.again().context, address)
      assert.deepEqual(topics(address), first, 'a repeat changed the subscriptions')
      const operations = await operationsOf(stage, () => ensure(stage.context, `${address}-2`))
      assert.equal(topics(`${address}-2`).length, first.length)
      for (const [index, operation] of operations.entries()) {
        const other = `${address}-lost-${index}`
        stage.simulator.faults.arm({ operation, kind: 'drop_after' })
        await persist(stage, () => ensure(stage.context, other))
        stage.simulator.faults.clear()
        // A platform whose subscriptions are not unique may have taken a repeat as another one: the next look mends it.
        await ensure(stage.context, other)
        assert.equal(topics(other).length, first.length, `after a lost answer of ${operation}`)
      }
    },
  },
]

export const webhooks: Group = {
  name: 'webhooks',
  when: (connection) =>
    connection.webhooks !== undefined &&
    [connection.orders, connection.fulfillment, connection.listings].some((facet) => facet !== undefined),
  checks: [...checks, ...ensuring],
}
