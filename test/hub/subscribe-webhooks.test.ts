import { describe, expect, it } from 'vitest'
import { createHub, StockpoolError } from '../../src/index.ts'
import type { Connection } from '../../src/spec/connection.ts'
import { contentsOf, storeAt } from '../stores.ts'
import { ManualClock } from './fakes.ts'
import { newFile } from './kit.ts'

const day = 24 * 3_600_000

/** A connection that can subscribe, and one that only takes webhooks. */
function shops(clock: ManualClock, file: string) {
  const asked: string[] = []
  const platform = { refuses: null as StockpoolError | null }
  const base = {
    specVersion: 1,
    kind: 'toy',
    hosts: [],
    limits: {},
    secrets: () => [],
    intervals: {},
  } as const
  const takes = { maxBytes: 100, verify: () => ({ id: '1', topic: '', occurredAt: null, hints: [] }) }
  const web: Connection = {
    ...base,
    webhooks: {
      ...takes,
      ensure: async (_context, address) => {
        asked.push(address)
        if (platform.refuses) throw platform.refuses
      },
    },
  }
  const logs: string[] = []
  const note = (message: string, facts?: unknown) => logs.push(`${message} ${JSON.stringify(facts)}`)
  const open = (publicUrl?: string) =>
    createHub({
      store: storeAt(file),
      clock,
      connections: { web, deaf: base, quiet: { ...base, webhooks: takes } },
      logger: { debug: note, info: note, warn: note },
      ...(publicUrl === undefined ? {} : { publicUrl }),
    })
  return { asked, platform, open, logs }
}

const address = 'https://shop.example/webhooks'

describe('a hub with a public address', () => {
  it('subscribes the webhooks of those that can, when it begins and daily', async () => {
    const clock = new ManualClock()
    const { asked, open } = shops(clock, await newFile())
    const hub = open(`${address}/`)
    for (const report of [await hub.sync(), await hub.sync()]) expect(report.web.errors).toEqual([])
    expect(asked).toEqual([`${address}/web`])
    clock.advance(day)
    await hub.sync()
    expect(asked).toHaveLength(2)
    await hub.close()
    const moved = open('https://new.example/hooks')
    await moved.sync()
    expect(asked.at(-1)).toBe('https://new.example/hooks/web')
    await moved.close()
  })

  it('does so while it works, too', async () => {
    const clock = new ManualClock()
    const { asked, open } = shops(clock, await newFile())
    const hub = open(address)
    await hub.start()
    await expect.poll(() => asked).toEqual([`${address}/web`])
    await hub.close()
  })

  it('reports what fails, tries again, and goes on', async () => {
    const clock = new ManualClock()
    const { asked, platform, open, logs } = shops(clock, await newFile())
    const hub = open(address)
    platform.refuses = new StockpoolError('permission', 'the scope for webhooks is missing')
    expect((await hub.sync()).web).toMatchObject({
      errors: [{ doing: 'webhooks', code: 'permission', message: 'the scope for webhooks is missing' }],
      skipped: null,
    })
    expect(logs.join()).toContain('the scope for webhooks is missing')
    platform.refuses = null
    expect((await hub.sync()).web.errors).toEqual([])
    await hub.sync()
    expect(asked).toHaveLength(2)
    await hub.close()
  })

  it('keeps the secrets that a subscription gives, encrypted, and verifies with them', async () => {
    const file = await newFile()
    const seen: (readonly string[] | undefined)[] = []
    const web: Connection = {
      specVersion: 1,
      kind: 'toy',
      hosts: [],
      limits: {},
      secrets: () => [],
      intervals: {},
      webhooks: {
        maxBytes: 100,
        secretNames: ['webhook shipped', 'webhook returned'],
        verify(_delivery, _now, secrets) {
          seen.push(secrets)
          return { id: `${seen.length}`, topic: 'shipped', occurredAt: null, hints: [] }
        },
        async ensure({ tokens }) {
          await tokens.get('webhook shipped', async () => ({ value: 'given-once-b41f', expiresAt: null }))
        },
      },
    }
    const hub = createHub({
      store: storeAt(file),
      clock: new ManualClock(),
      connections: { web },
      publicUrl: address,
      encryptionKey: 'a key of some length',
    })
    const deliver = () => hub.webhook(new Request(`${address}/web`, { method: 'POST', body: '{}' }))
    await deliver()
    await hub.sync()
    await deliver()
    expect(seen).toEqual([[], ['given-once-b41f']])
    await hub.close()
    expect(await contentsOf(file)).not.toContain('given-once-b41f')
  })

  it('asks nobody without one', async () => {
    const { asked, open } = shops(new ManualClock(), await newFile())
    const hub = open()
    await hub.sync()
    expect(asked).toEqual([])
    await hub.close()
  })

  it.each(['shop.example/webhooks', 'ftp://shop.example', 'https://shop.example/?a=1', 3, ''])(
    'refuses %j as one',
    async (publicUrl) => {
      const { open } = shops(new ManualClock(), ':memory:')
      expect(() => open(publicUrl as string)).toThrow(
        expect.objectContaining({ code: 'invalid_input', field: 'publicUrl', remedy: expect.any(String) }),
      )
    },
  )
})
