import { describe, expect, it } from 'vitest'
import { pass, setUp } from './kit.ts'

const hour = 3_600_000

/** What is known here of the warehouse's place, after it was asked again. */
async function readAgain(kit: ReturnType<typeof setUp>) {
  kit.clock.advance(hour)
  await pass(kit)
  return kit.hub.locations.get('east/w1')
}

describe('a place of a provider', () => {
  it('that moves, or is named anew, is so here too', async () => {
    const kit = setUp()
    kit.east.place = { name: 'East', country: 'US', postalCode: '10001' }
    await pass(kit)
    kit.east.place = { name: 'East, new hall', country: 'CA', postalCode: 'M5V' }
    expect(await readAgain(kit)).toMatchObject({
      name: 'East, new hall',
      country: 'CA',
      postalCode: 'M5V',
      priority: 100,
    })
  })

  it('keeps what the merchant has set by hand, and follows the provider in the rest', async () => {
    const kit = setUp()
    kit.east.place = { country: 'US', postalCode: '10001' }
    await pass(kit)
    const location = await kit.hub.locations.get('east/w1')
    if (location === null) throw new Error('no such place')
    await kit.hub.locations.put({ ...location, name: 'Ours', priority: 7, serviceLevels: ['standard'] })
    kit.east.place = { name: 'Annex', country: 'US', postalCode: '20002' }
    const expected = { name: 'Ours', country: 'US', postalCode: '20002', priority: 7 }
    expect(await readAgain(kit)).toMatchObject({ ...expected, serviceLevels: ['standard'] })
    kit.east.place = { name: 'Annex 2', country: 'US', postalCode: '20003' }
    expect(await readAgain(kit)).toMatchObject({ ...expected, postalCode: '20003' })
  })

  it('keeps what the provider no longer tells, and then what it tells anew', async () => {
    const kit = setUp()
    kit.east.place = { country: 'US', postalCode: '10001' }
    await pass(kit)
    kit.east.place = { country: null, postalCode: null }
    expect(await readAgain(kit)).toMatchObject({ country: 'US', postalCode: '10001' })
    kit.east.place = { country: 'US', postalCode: '20002' }
    expect(await readAgain(kit)).toMatchObject({ country: 'US', postalCode: '20002' })
  })

  it('that the merchant made before it was ever read stays as it was made', async () => {
    const kit = setUp()
    kit.east.place = { country: 'US', postalCode: '10001' }
    const made = { id: 'hall', connection: 'east', externalId: 'w1', name: 'Hall', postalCode: '99999' }
    await kit.hub.locations.put(made)
    await pass(kit)
    kit.east.place = { country: 'US', postalCode: '20002' }
    expect(await readAgain(kit)).toBeNull()
    expect(await kit.hub.locations.get('hall')).toMatchObject(made)
  })
})
