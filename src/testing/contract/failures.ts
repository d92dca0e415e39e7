import assert from 'node:assert/strict'
import type { AdapterContext, Connection } from '../../spec/index.ts'
import {
  attempt,
  errorOf,
  type Group,
  html,
  hurried,
  operationsOf,
  pass,
  readFaults,
  type Stage,
  underFaults,
} from './stage.ts'
import { nobodys, nobodysOrders } from './warehouse.ts'

type Who = { readonly connection: Connection; readonly context: AdapterContext }

/** A call that every connection of some use has, and that changes nothing. */
function look(who: Who): Promise<unknown> {
  const { connection, context } = who
  if (connection.orders) return connection.orders.read(context, null)
  if (connection.fulfillment) return connection.fulfillment.updates(context, null, nobodysOrders)
  if (connection.returns) return connection.returns.read(context, null)
  if (connection.tracking) return connection.tracking.read(context, null)
  if (connection.listings?.read) return lookAtListing(who)
  return assert.fail('the connection has nothing to read')
}

/** A channel without orders is looked at by a listing. Its row may fail in place of the call. */
async function lookAtListing({ connection, context }: Who): Promise<unknown> {
  const { listings } = connection
  const [reading] = (await listings?.read?.(context, [{ listing: 'nobody-has-this', place: '' }])) ?? []
  if (reading?.status === 'failed') throw reading.error
  return reading
}

/** Every call that only reads, as far as the facets are there. */
function looks(who: Who): { readonly name: string; run(): Promise<unknown> }[] {
  const { connection, context } = who
  const { orders, fulfillment, tracking, returns } = connection
  const getReturn = returns?.get?.bind(returns)
  const sentBack = fulfillment?.returns?.bind(fulfillment)
  if (!orders && !fulfillment && !tracking && !returns) return [{ name: 'the look', run: () => look(who) }]
  return [
    ...(orders ? [{ name: 'orders.read', run: () => orders.read(context, null) }] : []),
    ...(orders ? [{ name: 'orders.get', run: () => orders.get(context, '999-9999999-9999999') }] : []),
    ...(returns ? [{ name: 'returns.read', run: () => returns.read(context, null) }] : []),
    ...(getReturn ? [{ name: 'returns.get', run: () => getReturn(context, '9999999999') }] : []),
    ...(fulfillment
      ? [
          { name: 'fulfillment.get', run: () => fulfillment.get(context, 'sp-nobody', nobodys('sp-nobody')) },
          { name: 'fulfillment.updates', run: () => fulfillment.updates(context, null, nobodysOrders) },
          { name: 'fulfillment.stock', run: () => fulfillment.stock(context, { skus: null, cursor: null }) },
          { name: 'fulfillment.locations', run: () => fulfillment.locations(context) },
        ]
      : []),
    ...(sentBack ? [{ name: 'fulfillment.returns', run: () => sentBack(context, null) }] : []),
    ...(tracking ? [{ name: 'tracking.read', run: () => tracking.read(context, null) }] : []),
  ]
}

/** The last operation of a look: the one whose answer matters, tokens being fetched before. */
async function lastOperation(stage: Stage): Promise<string> {
  await look(stage)
  const operations = await operationsOf(stage, () => look(stage))
  return operations.at(-1) ?? assert.fail('a look asked the platform nothing')
}

export const failures: Group = {
  name: 'failures',
  when: (connection) =>
    connection.orders !== undefined ||
    connection.fulfillment !== undefined ||
    connection.returns !== undefined ||
    connection.tracking !== undefined ||
    connection.listings?.read !== undefined,
  checks: [
    {
      name: 'a read survives 429, 5xx, an HTML page in place of JSON, and a broken connection',
      async run(stage) {
        for (const { run } of looks(stage)) {
          await underFaults(stage, readFaults, async () => null, run)
        }
      },
    },
    {
      name: "obeys the server's word on when to come back",
      async run(stage) {
        const operation = await lastOperation(stage)
        stage.simulator.log.clear()
        stage.simulator.faults.arm({
          operation,
          kind: 'status',
          status: 429,
          headers: { 'retry-after': '120', 'x-retry-after': '120' },
        })
        await look(stage)
        const [refused, repeated] = stage.simulator.requests.filter((each) => each.operation === operation)
        assert.ok(refused && repeated, 'the call was not repeated')
        assert.equal(refused.status, 429)
        const waited = repeated.at - refused.at
        assert.ok(waited >= 110_000, `came back after ${Math.round(waited)} ms, asked for 120,000`)
      },
    },
    {
      name: 'gives up on an endless 503 with an error that may be retried later',
      async run(stage) {
        const operation = await lastOperation(stage)
        stage.simulator.log.clear()
        stage.simulator.faults.arm({ operation, kind: 'status', status: 503, times: 1_000 })
        const error = await errorOf(() => look(stage))
        stage.simulator.faults.clear()
        assert.equal(error.code, 'unavailable')
        assert.ok(error.retryable)
        const tries = stage.simulator.count(operation)
        assert.ok(tries >= 2 && tries <= 20, `${tries} tries`)
      },
    },
    {
      name: 'a refused credential is `auth`, and not hammered',
      async run(stage) {
        const operation = await lastOperation(stage)
        stage.simulator.log.clear()
        stage.simulator.faults.arm({ operation, kind: 'status', status: 401, times: 1_000 })
        const error = await errorOf(() => look(stage))
        stage.simulator.faults.clear()
        assert.equal(error.code, 'auth')
        assert.ok(!error.retryable)
        const tries = stage.simulator.count(operation)
        assert.ok(tries <= 3, `${tries} tries with a credential that was refused`)
      },
    },
    {
      name: 'a token that the platform no longer takes is renewed once, unseen by the caller',
      async run(stage) {
        const operation = await lastOperation(stage)
        const operations = await operationsOf(stage, () => look(stage.again()))
        // Platforms with a fixed token have nothing to renew.
        if (operations.every((each) => each === operation)) return
        stage.simulator.faults.arm({ operation, kind: 'status', status: 401 })
        await look(stage)
      },
    },
    {
      name: 'a wrong credential is `auth` in every reading call',
      async run(stage) {
        const who = stage.refused()
        if (!who) return
        for (const { name, run } of looks(who)) {
          const error = await errorOf(run)
          assert.equal(error.code, 'auth', `${name}: ${error.message}`)
        }
      },
    },
    {
      name: 'an answer that is no JSON, or another document, is an error with a code',
      async run(stage) {
        const operation = await lastOperation(stage)
        for (const body of [html, '', '[]', '{"unexpected":true}', 'null']) {
          stage.simulator.faults.arm({ operation, kind: 'status', status: 400, body })
          const error = await errorOf(() => look(stage))
          assert.ok(!error.retryable, `a 400 with ${body || 'nothing'} is ${error.code}, which is retried`)
          stage.simulator.faults.clear()
        }
      },
    },
    {
      name: 'a cursor that it never gave is an error with a code, or a fresh start',
      async run({ connection: { orders, fulfillment, returns }, context }) {
        const sentBack = fulfillment?.returns?.bind(fulfillment)
        for (const cursor of ['', 'garbage', '{}', 'null', '[1]', '2026-13-45', 'eyJhIjoxfQ==', '-1']) {
          const reads = [
            ...(orders ? [() => orders.read(context, cursor)] : []),
            ...(fulfillment ? [() => fulfillment.updates(context, cursor, nobodysOrders)] : []),
            ...(returns ? [() => returns.read(context, cursor)] : []),
            ...(sentBack ? [() => sentBack(context, cursor)] : []),
          ]
          for (const read of reads) {
            const outcome = await attempt<unknown>(read)
            if (!outcome.ok)
              assert.ok(!outcome.error.retryable, `cursor ${cursor}: ${outcome.error.code} is retried`)
          }
        }
      },
    },
    {
      name: 'a read that is not answered gives up by itself and is repeated',
      async run(given) {
        const stage = hurried(given)
        const operation = await lastOperation(stage)
        stage.simulator.log.clear()
        stage.simulator.faults.arm({ operation, kind: 'hang_before' })
        await look(stage)
        assert.ok(stage.simulator.count(operation) >= 2)
      },
    },
    {
      name: 'a call whose signal was aborted is `aborted` and asks nothing',
      async run(stage) {
        const aborted = stage.again({ signal: AbortSignal.abort() })
        stage.simulator.log.clear()
        assert.equal((await errorOf(() => look(aborted))).code, 'aborted')
        assert.equal(stage.simulator.count(), 0)
      },
    },
    {
      name: 'an abort while the platform does not answer ends the call',
      async run(stage) {
        const operation = await lastOperation(stage)
        const ending = new AbortController()
        const who = stage.again({ signal: ending.signal })
        await look(who)
        stage.simulator.faults.arm({ operation, kind: 'hang_before' })
        const call = errorOf(() => look(who))
        setTimeout(() => ending.abort(), 50)
        assert.equal((await call).code, 'aborted')
        stage.simulator.faults.clear()
        await pass(stage, 1)
      },
    },
  ],
}
