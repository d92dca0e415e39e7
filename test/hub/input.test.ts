import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createHub, sqlite } from '../../src/index.ts'
import { storeAt } from '../stores.ts'
import { FakeShop, ManualClock } from './fakes.ts'
import { newFile, query, setUp, stocked } from './kit.ts'

const shop = () => new FakeShop(new ManualClock()).connection()

describe('createHub with', () => {
  const good = { store: sqlite(':memory:'), connections: {} }
  it.each([
    ['nothing', undefined, 'options'],
    ['no store', { ...good, store: undefined }, 'store'],
    ['a path as store', { ...good, store: 'shop.db' }, 'store'],
    ['no connections', { ...good, connections: undefined }, 'connections'],
    ['a name that cannot be one', { ...good, connections: { 'my shop': shop() } }, 'connections.my shop'],
    ['something that is no connection', { ...good, connections: { web: {} } }, 'connections.web'],
    ['nothing for a connection', { ...good, connections: { web: undefined } }, 'connections.web'],
    [
      'a connection of a later spec',
      { ...good, connections: { web: { ...shop(), specVersion: 2 } } },
      'connections.web',
    ],
    ['a lease of no time', { ...good, leaseMs: 0 }, 'leaseMs'],
    ['a lease in words', { ...good, leaseMs: '30s' }, 'leaseMs'],
    ['half an attempt', { ...good, maxAttempts: 0.5 }, 'maxAttempts'],
    ['less than no time for buyer data', { ...good, keepBuyerDataMs: -1 }, 'keepBuyerDataMs'],
    ['no time for a request', { ...good, requestTimeoutMs: Number.NaN }, 'requestTimeoutMs'],
    ['an offer that is no function', { ...good, offer: 3 }, 'offer'],
    ['a route that is no function', { ...good, route: 'nearest' }, 'route'],
    ['a short key', { ...good, encryptionKey: 'secret' }, 'encryptionKey'],
  ])('%s names the option', (_what, options, field) => {
    expect(() => createHub(options as never)).toThrow(
      expect.objectContaining({ code: 'invalid_input', field, remedy: expect.any(String) }),
    )
  })

  it('does nothing until it is used', async () => {
    const file = await newFile()
    const hub = createHub({ store: storeAt(file), connections: { web: shop() } })
    await hub.close()
    await expect(writeFile(file, '', { flag: 'wx' })).resolves.toBeUndefined()
  })
})

describe('a store', () => {
  it('that is no database is a clear error, and is left as it is', async () => {
    const file = await newFile()
    await writeFile(file, 'Dear diary, this is no database at all. '.repeat(50))
    const hub = createHub({ store: sqlite(file), connections: { web: shop() } })
    for (const use of [() => hub.sync(), () => hub.start(), () => hub.items.put({ sku: 'MUG' })])
      await expect(use()).rejects.toMatchObject({ code: 'database', remedy: expect.any(String) })
    expect((await import('node:fs')).readFileSync(file, 'utf8')).toContain('Dear diary')
    await hub.close()
  })

  it('in a folder that is not there is a clear error', async () => {
    const hub = createHub({ store: sqlite('/nowhere/at/all/shop.db'), connections: {} })
    await expect(hub.items.list()).rejects.toMatchObject({ code: 'database' })
    await hub.close()
  })

  it('from the future is a clear error, and is left as it is', async () => {
    const file = await newFile()
    const kit = setUp({ file })
    await stocked(kit, { own: 3 })
    await kit.hub.close()
    const database = await storeAt(file).open()
    await database.transaction((tx) => tx.run('INSERT INTO schema_version (version) VALUES (999)'))
    await database.close()
    const hub = kit.open()
    for (const use of [() => hub.sync(), () => hub.stock.get('MUG'), () => hub.start()])
      await expect(use()).rejects.toMatchObject({
        code: 'database_too_new',
        remedy: expect.stringContaining('Upgrade'),
        details: { version: 999 },
      })
  })
})

describe('a call with', () => {
  const at = { location: 'main', key: 'k' }
  type Hub = ReturnType<typeof setUp>['hub']
  const bad: [string, (hub: Hub) => Promise<unknown>, string, string][] = [
    ['an unknown SKU', (hub) => hub.stock.receive('CUP', 1, at), 'not_found', 'sku'],
    [
      'an unknown location',
      (hub) => hub.stock.receive('MUG', 1, { location: 'attic', key: 'k' }),
      'not_found',
      'location',
    ],
    ['a negative quantity', (hub) => hub.stock.receive('MUG', -1, at), 'invalid_input', 'quantity'],
    ['a fraction', (hub) => hub.stock.receive('MUG', 1.5, at), 'invalid_input', 'quantity'],
    ['an enormous quantity', (hub) => hub.stock.receive('MUG', 1e15, at), 'invalid_input', 'quantity'],
    ['NaN', (hub) => hub.stock.receive('MUG', Number.NaN, at), 'invalid_input', 'quantity'],
    [
      'words for a quantity',
      (hub) => hub.stock.receive('MUG', '5' as never, at),
      'invalid_input',
      'quantity',
    ],
    ['no key', (hub) => hub.stock.receive('MUG', 1, { location: 'main', key: '' }), 'invalid_input', 'key'],
    [
      'a key of another body',
      (hub) => hub.stock.receive('MUG', 1, { location: 'main', key: 'first' }),
      'conflict',
      'key',
    ],
    ['nothing to count', (hub) => hub.stock.count('MUG', -3, at), 'invalid_input', 'counted'],
    [
      'a transfer of too much',
      (hub) => hub.stock.transfer('MUG', 99, { from: 'main', to: 'east/w1', key: 'k' }),
      'insufficient',
      'quantity',
    ],
    [
      'a listing of an unknown SKU',
      (hub) => hub.listings.link({ sku: 'CUP', connection: 'web', listing: 'cup' }),
      'not_found',
      'sku',
    ],
    [
      'a listing on an unknown connection',
      (hub) => hub.listings.link({ sku: 'MUG', connection: 'nowhere' as 'web', listing: 'cup' }),
      'not_found',
      'connection',
    ],
    [
      'a listing on a warehouse',
      (hub) => hub.listings.link({ sku: 'MUG', connection: 'east' as 'web', listing: 'cup' }),
      'unsupported',
      'connection',
    ],
    [
      'a listing without a name',
      (hub) => hub.listings.link({ sku: 'MUG', connection: 'web', listing: '' }),
      'invalid_input',
      'listing',
    ],
    [
      'a negative buffer',
      (hub) => hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'cup', buffer: -1 }),
      'invalid_input',
      'buffer',
    ],
    [
      'half a unit a listing',
      (hub) => hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'cup', units: 0.5 }),
      'invalid_input',
      'units',
    ],
    [
      'a listing at an unknown location',
      (hub) => hub.listings.link({ sku: 'MUG', connection: 'web', listing: 'cup', locations: ['attic'] }),
      'not_found',
      'locations.0',
    ],
    ['an item without an SKU', (hub) => hub.items.put({ sku: '' }), 'invalid_input', 'sku'],
    [
      'a kit of an unknown part',
      (hub) => hub.items.put({ sku: 'SET', kit: [{ sku: 'CUP', quantity: 1 }] }),
      'not_found',
      'kit',
    ],
    [
      'a kit of itself',
      (hub) => hub.items.put({ sku: 'SET', kit: [{ sku: 'SET', quantity: 1 }] }),
      'invalid_input',
      'kit',
    ],
    [
      'a kit of no units',
      (hub) => hub.items.put({ sku: 'SET', kit: [{ sku: 'MUG', quantity: 0 }] }),
      'invalid_input',
      'kit.0.quantity',
    ],
    [
      'a location of an unknown connection',
      (hub) => hub.locations.put({ id: 'attic', name: 'Attic', connection: 'nowhere', externalId: '1' }),
      'not_found',
      'connection',
    ],
    ['an unknown order to resume', (hub) => hub.orders.resume('web', 'o9'), 'not_found', 'order'],
    ['a page of orders from nowhere', (hub) => hub.orders.list({ after: 'x' }), 'invalid_input', 'after'],
    ['a dead job that is none', (hub) => hub.jobs.replay(1), 'not_found', 'id'],
    ['a negative page of jobs', (hub) => hub.jobs.list({ limit: -1 }), 'invalid_input', 'limit'],
    [
      'a subscriber without a name',
      (hub) => hub.subscribe('', 'order.placed', () => {}),
      'invalid_input',
      'name',
    ],
    [
      'an event that is none',
      (hub) => hub.subscribe('list', 'order.teleported' as 'order.placed', () => {}),
      'invalid_input',
      'type',
    ],
    [
      'a handler that is none',
      (hub) => hub.subscribe('list', 'order.placed', undefined as never),
      'invalid_input',
      'handler',
    ],
  ]

  it.each(bad)(
    '%s is refused by code, field and remedy, and writes nothing',
    async (_what, call, code, field) => {
      const file = await newFile()
      const kit = setUp({ file })
      await stocked(kit, { own: 3 })
      const tables = [
        'item',
        'kit_component',
        'location',
        'balance',
        'posting',
        'movement',
        'listing',
        'listing_sku',
        'push',
        'job',
        'event',
        'subscriber',
      ]
      const everything = () => Promise.all(tables.map((table) => query(file, `SELECT * FROM ${table}`)))
      const before = await everything()
      const error = await call(kit.hub).then(
        () => null,
        (thrown: { toJSON(): object }) => thrown.toJSON(),
      )
      expect(error).toMatchObject({ code, field: expect.stringContaining(field), remedy: expect.any(String) })
      expect(await everything()).toEqual(before)
    },
  )
})
