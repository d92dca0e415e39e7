import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createTokens } from '../../src/hub/tokens.ts'
import { createVault } from '../../src/hub/vault.ts'
import { createHub } from '../../src/index.ts'
import type { Connection } from '../../src/spec/connection.ts'
import type { AdapterContext, Clock, Token } from '../../src/spec/context.ts'
import { contentsOf, freshStore, storeAt } from '../stores.ts'
import { ManualClock } from './fakes.ts'
import { newFile, pass, query, setUp, stocked } from './kit.ts'

const key = '0123456789abcdef0123456789abcdef'

/** A hub whose one adapter gives its context out, in a call that lasts until the hub is closed. */
async function tokens(file: string, clock: Clock = new ManualClock(), encryptionKey?: string) {
  const { promise: given, resolve: give } = Promise.withResolvers<AdapterContext>()
  const connection: Connection = {
    specVersion: 1,
    kind: 'toy',
    hosts: [],
    limits: {},
    secrets: () => [],
    intervals: {},
    orders: {
      read: (context) => {
        give(context)
        return new Promise((_, reject) => {
          context.signal.addEventListener('abort', () => reject(context.signal.reason))
        })
      },
      get: async () => null,
    },
  }
  const logs: string[] = []
  const note = (message: string, facts?: unknown) => logs.push(`${message} ${JSON.stringify(facts)}`)
  const hub = createHub({
    store: storeAt(file),
    clock,
    connections: { toy: connection },
    leaseMs: 24 * 3_600_000,
    logger: { debug: note, info: note, warn: note },
    ...(encryptionKey === undefined ? {} : { encryptionKey }),
  })
  hub.sync().catch(() => undefined)
  const { tokens, log } = await given
  return { hub, tokens, log, logs, clock }
}

describe('a token', () => {
  it('is refreshed once for many callers, and for two processes on one file', async () => {
    const file = await newFile()
    const clock: Clock = {
      now: () => Date.now(),
      sleep: (ms, signal) => sleep(Math.min(ms, 10), undefined, { signal }),
    }
    const two = [await storeAt(file).open(), await storeAt(file).open()]
    const own = two.map((database) =>
      createTokens({ database, vault: createVault(undefined), clock, connection: 'toy', secret: () => {} }),
    )
    try {
      let refreshes = 0
      const refresh = async (): Promise<Token> => {
        refreshes++
        await sleep(30)
        return { value: `token-value-${refreshes}`, expiresAt: Date.now() + 3_600_000 }
      }
      const values = await Promise.all(
        Array.from({ length: 20 }, (_, i) => own[i % 2]?.get('access', refresh)),
      )
      expect(new Set(values)).toEqual(new Set(['token-value-1']))
      expect(refreshes).toBe(1)
    } finally {
      for (const database of two) await database.close()
    }
  })

  it('is stored before it is used, renewed a minute ahead of its end, with what was known', async () => {
    const file = await newFile()
    const clock = new ManualClock()
    const { hub, tokens: own } = await tokens(file, clock)
    try {
      const asked: (string | null)[] = []
      const refresh = async (previous: Token | null): Promise<Token> => {
        asked.push(previous?.value ?? null)
        return { value: `rotated-${asked.length}`, expiresAt: clock.now() + 3_600_000 }
      }
      const value = await own.get('access', refresh)
      expect(await query(file, 'SELECT value FROM token')).toEqual([{ value: `plain:${value}` }])
      clock.advance(3_539_000)
      expect(await own.get('access', refresh)).toBe('rotated-1')
      clock.advance(2000)
      expect(await own.get('access', refresh)).toBe('rotated-2')
      expect(asked).toEqual([null, 'rotated-1'])
    } finally {
      await hub.close()
    }
  })

  it('that was refused is forgotten once, not again when it was renewed meanwhile', async () => {
    const { hub, tokens: own } = await tokens(':memory:')
    try {
      let n = 0
      const refresh = async (): Promise<Token> => ({ value: `value-${++n}`, expiresAt: null })
      const old = await own.get('access', refresh)
      await own.invalidate('access', old)
      expect(await own.get('access', refresh)).toBe('value-2')
      await own.invalidate('access', old)
      expect(await own.get('access', refresh)).toBe('value-2')
    } finally {
      await hub.close()
    }
  })

  it('whose refresh fails is tried again by the next caller', async () => {
    const { hub, tokens: own } = await tokens(':memory:')
    try {
      const fails = async (): Promise<Token> => {
        throw new Error('the token host is down')
      }
      const all = await Promise.allSettled([own.get('access', fails), own.get('access', fails)])
      expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
      expect(await own.get('access', async () => ({ value: 'at last', expiresAt: null }))).toBe('at last')
    } finally {
      await hub.close()
    }
  })

  it('of a refresh that outlasts its lease never replaces a newer one', async () => {
    const database = await freshStore().open()
    const clock = new ManualClock()
    const make = () =>
      createTokens({ database, vault: createVault(undefined), clock, connection: 'toy', secret: () => {} })
    try {
      const [slow, quick] = [make(), make()]
      const answer = Promise.withResolvers<Token>()
      const late = slow.get('access', () => answer.promise)
      await sleep(20)
      clock.advance(61_000)
      const expiresAt = clock.now() + 3_600_000
      expect(await quick.get('access', async () => ({ value: 'second', expiresAt }))).toBe('second')
      answer.resolve({ value: 'first', expiresAt })
      expect(await late).toBe('second')
      expect(await quick.get('access', () => Promise.reject(new Error('not again')))).toBe('second')
    } finally {
      await database.close()
    }
  })

  it('keeps its lease while its refresh takes long', async () => {
    const database = await freshStore().open()
    const clock = new ManualClock()
    const make = () =>
      createTokens({ database, vault: createVault(undefined), clock, connection: 'toy', secret: () => {} })
    try {
      const [slow, other] = [make(), make()]
      const answer = Promise.withResolvers<Token>()
      const first = slow.get('access', () => answer.promise)
      for (let i = 0; i < 4; i++) {
        await sleep(20)
        clock.advance(25_000)
      }
      await sleep(20)
      const second = other.get('access', () => Promise.reject(new Error('two refreshed at once')))
      await sleep(20)
      answer.resolve({ value: 'only one', expiresAt: clock.now() + 3_600_000 })
      expect(await first).toBe('only one')
      clock.advance(200)
      expect(await second).toBe('only one')
    } finally {
      await database.close()
    }
  })

  it('is refreshed by the next caller when the first one is called off, and waited for no longer than asked', async () => {
    const database = await freshStore().open()
    const clock = new ManualClock()
    const tokens = createTokens({
      database,
      vault: createVault(undefined),
      clock,
      connection: 'toy',
      secret: () => {},
    })
    try {
      const [first, second, third] = [new AbortController(), new AbortController(), new AbortController()]
      const hanging = Promise.withResolvers<Token>()
      // On a busy machine nobody may have asked for it yet.
      hanging.promise.catch(() => undefined)
      first.signal.addEventListener('abort', () => hanging.reject(first.signal.reason))
      const one = tokens.withSignal(first.signal).get('access', () => hanging.promise)
      await sleep(20)
      const two = tokens
        .withSignal(second.signal)
        .get('access', async () => ({ value: 'of the second', expiresAt: null }))
      const three = tokens
        .withSignal(third.signal)
        .get('access', () => Promise.reject(new Error('not asked')))
      third.abort(new Error('no longer wanted'))
      await expect(three).rejects.toThrow('no longer wanted')
      first.abort(new Error('called off'))
      await expect(one).rejects.toThrow('called off')
      expect(await two).toBe('of the second')
    } finally {
      await database.close()
    }
  })

  it('never reaches a log', async () => {
    const { hub, tokens: own, log, logs } = await tokens(':memory:')
    try {
      const value = await own.get('access', async () => ({ value: 'a-very-secret-token', expiresAt: null }))
      log.warn(`the answer was: bad token ${value}`, { header: `Bearer ${value}`, list: [value] })
      expect(logs).toHaveLength(1)
      expect(logs[0]).not.toContain('a-very-secret-token')
    } finally {
      await hub.close()
    }
  })
})

describe('the encryption key', () => {
  it('keeps tokens and buyer data out of the file, and gives them back', async () => {
    for (const encryptionKey of [undefined, key]) {
      const file = await newFile()
      const kit = setUp({ file, options: encryptionKey === undefined ? {} : { encryptionKey } })
      await stocked(kit, { east: 10 })
      kit.clock.advance(1000)
      kit.web.sell([{ listing: 'mug', quantity: 1 }])
      await pass(kit)
      const { hub, tokens: own } = await tokens(file, kit.clock, encryptionKey)
      await own.get('access', async () => ({ value: 'a-very-secret-token', expiresAt: null }))
      expect(await kit.hub.orders.person('web', 'o1')).toMatchObject({ shipTo: { city: 'Springfield' } })
      const stored = await contentsOf(file)
      for (const text of ['Ada Buyer', 'ada@example.com', 'Long Lane', 'a-very-secret-token'])
        expect(stored.includes(text), text).toBe(encryptionKey === undefined)
      await hub.close()
    }
  })

  it('that is wrong, or missing, is a clear error', async () => {
    const file = await newFile()
    const kit = setUp({ file, options: { encryptionKey: key } })
    await stocked(kit, { east: 10 })
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    await pass(kit)
    for (const options of [
      { encryptionKey: 'another key of 16 bytes' },
      { encryptionKey: undefined as never },
    ]) {
      const other = kit.open(options)
      await expect(other.orders.person('web', 'o1')).rejects.toMatchObject({
        code: 'database',
        field: 'encryptionKey',
        remedy: expect.stringContaining('encryptionKey'),
      })
      // What is not protected can be read all the same.
      expect(await other.orders.list()).toMatchObject({ orders: [{ id: 'o1' }] })
    }
  })

  it('that is too short is refused at once', () => {
    expect(() => createHub({ store: freshStore(), connections: {}, encryptionKey: 'short' })).toThrow(
      expect.objectContaining({ code: 'invalid_input', field: 'encryptionKey' }),
    )
  })

  it('makes another text of the same each time, and refuses one that was tampered with', () => {
    const vault = createVault(key)
    const [a, b] = [vault.protect('Ada'), vault.protect('Ada')]
    expect(a).not.toBe(b)
    expect([vault.reveal(a), vault.reveal(b)]).toEqual(['Ada', 'Ada'])
    const other = a.at(40) === 'A' ? 'B' : 'A'
    expect(() => vault.reveal(a.slice(0, 40) + other + a.slice(41))).toThrow(
      expect.objectContaining({ code: 'database' }),
    )
    // What was written before there was a key stays readable.
    expect(vault.reveal(createVault(undefined).protect('Ada'))).toBe('Ada')
  })
})

describe('buyer data', () => {
  it('are kept until the order is finished and keepBuyerDataMs are over, then erased', async () => {
    const day = 24 * 3_600_000
    const file = await newFile()
    const kit = setUp({ file, options: { keepBuyerDataMs: 2 * day } })
    await stocked(kit, { east: 10 })
    kit.clock.advance(1000)
    kit.web.sell([{ listing: 'mug', quantity: 1 }])
    await pass(kit)
    for (const reference of kit.east.orders.keys()) kit.east.ship(reference)
    for (let i = 0; i < 3; i++) await pass(kit)
    await pass(kit, day)
    expect(await kit.hub.orders.person('web', 'o1')).toMatchObject({ buyer: { name: 'Ada Buyer' } })
    await pass(kit, day)
    await pass(kit, day)
    expect(await kit.hub.orders.person('web', 'o1')).toBe(null)
    expect(await query(file, 'SELECT * FROM person')).toEqual([])
    expect(await kit.hub.orders.get('web', 'o1')).toMatchObject({ status: 'shipped' })
  })
})
