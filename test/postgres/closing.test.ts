import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/http/index.ts'
import { createHub } from '../../src/index.ts'
import { postgres } from '../../src/store/postgres.ts'
import { FakeShop } from '../hub/fakes.ts'
import { Breaking } from './breaking.ts'
import { type OwnDatabase, ownDatabase, until } from './support.ts'

let own: OwnDatabase
beforeEach(async () => {
  own = await ownDatabase()
})
afterEach(() => own.drop())

describe('a hub whose server has gone away', () => {
  it.each([
    ['a while ago', true],
    ['this moment', false],
  ])('%s can be closed, and ends its pool', async (_, waits) => {
    const pool = own.pool()
    const breaking = new Breaking(pool)
    const web = new FakeShop(systemClock)
    const warnings: string[] = []
    const quiet = () => undefined
    const hub = createHub({
      store: postgres(breaking.pool, { retryMs: 200, endPool: true }),
      connections: { web: { ...web.connection(), intervals: { ordersMs: 20 } } },
      logger: { debug: quiet, info: quiet, warn: (message) => void warnings.push(message) },
    })
    await hub.subscribe('all', 'order.placed', quiet)
    await hub.start()
    await until(() => web.calls.length > 3)
    breaking.unreachable = () => true
    if (waits) await until(() => warnings.length > 0)
    await hub.close()
    expect(pool.ended).toBe(true)
  })
})
