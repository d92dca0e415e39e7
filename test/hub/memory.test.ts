import { describe, expect, it } from 'vitest'
import { createMemory } from '../../src/hub/memory.ts'
import { pruneMemory } from '../../src/store/memory.ts'
import { freshStore } from '../stores.ts'
import { ManualClock } from './fakes.ts'

async function setUp() {
  const clock = new ManualClock()
  const database = await freshStore().open()
  const of = (connection: string) => createMemory({ database, clock, connection })
  return { clock, database, web: of('web'), market: of('market') }
}

describe('what an adapter remembers', () => {
  it('is kept by connection, with when it was learned, until it is learned anew or forgotten', async () => {
    const { clock, database, web, market } = await setUp()
    const first = clock.now()
    await web.remember(new Map(Array.from({ length: 70 }, (_, i) => [`offers/${i}`, `["${i}"]`])))
    await market.remember(new Map([['offers/0', 'another']]))
    clock.advance(1_000)
    await web.remember(
      new Map([
        ['offers/1', '["new"]'],
        ['offers/2', null],
        ['offers/none', null],
      ]),
    )
    expect(await web.recall(['offers/0', 'offers/1', 'offers/2', 'offers/69', 'offers/70'])).toEqual(
      new Map([
        ['offers/0', { value: '["0"]', at: first }],
        ['offers/1', { value: '["new"]', at: first + 1_000 }],
        ['offers/69', { value: '["69"]', at: first }],
      ]),
    )
    expect(await web.recall([])).toEqual(new Map())
    expect((await market.recall(['offers/0'])).get('offers/0')?.value).toBe('another')
    await database.close()
  })

  it('is let go when it is old', async () => {
    const { clock, database, web } = await setUp()
    await web.remember(new Map([['old', '1']]))
    clock.advance(1_000)
    const since = new Date(clock.now()).toISOString()
    await web.remember(new Map([['new', '2']]))
    expect(await database.transaction((tx) => pruneMemory(tx, since))).toBe(1)
    expect([...(await web.recall(['old', 'new'])).keys()]).toEqual(['new'])
    await database.close()
  })
})
