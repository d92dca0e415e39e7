import assert from 'node:assert/strict'
import { TrackingStatus } from '../../model/tracking.ts'
import type { TrackingNews } from '../../spec/index.ts'
import {
  attempt,
  effectFaults,
  eventually,
  type Group,
  hurried,
  need,
  persist,
  type Stage,
  underFaults,
} from './stage.ts'

const facetOf = (stage: Stage) => need(stage.connection.tracking, 'tracking')

let parcels = 0
const fresh = () => {
  parcels += 1
  return {
    trackingNumber: `1ZCONTRACT${String(parcels).padStart(8, '0')}`,
    carrier: 'ups',
    key: `p-${parcels}`,
  }
}

async function followed(stage: Stage, parcel = fresh()): Promise<string> {
  const [result] = await persist(stage, () => facetOf(stage).follow(stage.context, [parcel]))
  assert.equal(result?.status, 'done', 'the parcel is not followed')
  return result?.status === 'done' ? result.id : ''
}

const scan = (stage: Stage, trackingNumber: string, status: string, at = stage.simulator.clock.now()) =>
  stage.simulator.control('scan', { trackingNumber, status, at })

/** All news of one pass from a cursor. */
async function readAll(stage: Stage, cursor: string | null) {
  const news: TrackingNews[] = []
  let next = cursor
  for (let pages = 0; pages < 200; pages += 1) {
    const page = await persist(stage, () => facetOf(stage).read(stage.context, next))
    news.push(...page.news)
    assert.ok(!page.more || page.cursor !== next, 'the cursor does not move')
    next = page.cursor
    if (!page.more) return { news, cursor: next }
  }
  return assert.fail('the pages do not end')
}

function assertSound(news: TrackingNews): void {
  assert.ok(TrackingStatus.safeParse(news.status).success, `status ${news.status}`)
  assert.ok(news.id !== '' && news.trackingNumber !== '' && news.rawStatus !== '')
  assert.ok(Number.isFinite(news.at) && news.at > 0, 'news without a time')
}

/** The simulator's control is `scan`: `{ trackingNumber, status, at }`, in EasyPost's words or the platform's own. */
export const tracking: Group = {
  name: 'tracking',
  when: (connection) => connection.tracking !== undefined,
  checks: [
    {
      name: 'followed twice, also after a lost answer, is followed once',
      async run(given) {
        const stage = hurried(given)
        await underFaults(
          stage,
          effectFaults,
          async () => fresh(),
          async (parcel) => {
            const [one, two] = [await followed(stage, parcel), await followed(stage, parcel)]
            assert.equal(one, two)
          },
        )
      },
    },
    {
      name: 'tells where a parcel is, by get and by read, with the time of the scan',
      async run(stage) {
        const parcel = fresh()
        const id = await followed(stage, parcel)
        const at = stage.simulator.clock.now() - 3_600_000
        await scan(stage, parcel.trackingNumber, 'out_for_delivery', at)
        const news = await eventually(stage, 'the scan is seen', async () => {
          const now = await facetOf(stage).get(stage.context, id)
          return now?.status === 'out_for_delivery' ? now : null
        })
        assertSound(news)
        assert.equal(Math.floor(news.at / 1000), Math.floor(at / 1000), 'not the time of the scan')
        const listed = (await readAll(stage, null)).news.find((one) => one.id === id)
        assert.deepEqual(listed, news)
      },
    },
    {
      name: 'gives every parcel that moved since the cursor, through all pages',
      async run(stage) {
        const many = Array.from({ length: stage.many }, fresh)
        for (let from = 0; from < many.length; from += facetOf(stage).batch) {
          const some = many.slice(from, from + facetOf(stage).batch)
          const results = await persist(stage, () => facetOf(stage).follow(stage.context, some))
          assert.equal(results.length, some.length)
        }
        const { cursor } = await readAll(stage, null)
        for (const { trackingNumber } of many) await scan(stage, trackingNumber, 'delivered')
        const { news } = await readAll(stage, cursor)
        for (const one of news) assertSound(one)
        const delivered = new Set(
          news.filter(({ status }) => status === 'delivered').map(({ trackingNumber }) => trackingNumber),
        )
        for (const { trackingNumber } of many)
          assert.ok(delivered.has(trackingNumber), `${trackingNumber} is lost`)
      },
    },
    {
      name: 'keeps a word that it does not know, as unknown',
      async run(stage) {
        const parcel = fresh()
        const id = await followed(stage, parcel)
        await scan(stage, parcel.trackingNumber, 'teleported')
        const news = await eventually(stage, 'the scan is seen', async () => {
          const now = await facetOf(stage).get(stage.context, id)
          return now?.rawStatus.includes('teleported') ? now : null
        })
        assert.equal(news.status, 'unknown')
      },
    },
    {
      name: 'a parcel that nobody follows is null or a clear error',
      async run(stage) {
        const outcome = await attempt(() => facetOf(stage).get(stage.context, 'trk_nobody'))
        if (outcome.ok) assert.equal(outcome.value, null)
        else assert.ok(!outcome.error.retryable)
      },
    },
  ],
}
