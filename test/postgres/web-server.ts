/**
 * A web server beside the workers: its hub is never started, adds stock and reads. `web-server.ts <url> <schema> <times>`
 */
import { Pool } from 'pg'
import { systemClock } from '../../src/http/index.ts'
import { createHub } from '../../src/index.ts'
import { postgres } from '../../src/store/postgres.ts'
import { FakeShop } from '../hub/fakes.ts'

const [url = '', schema = '', times = ''] = process.argv.slice(2)
const web = new FakeShop(systemClock)
const store = postgres(new Pool({ connectionString: url }), { schema, endPool: true })
const hub = createHub({ store, connections: { web: web.connection() } })
const say = (line: unknown) => process.stdout.write(`${JSON.stringify(line)}\n`)

for (let n = 0; n < Number(times); n++) {
  const { status } = await hub.stock.receive('MUG', 1, { key: `delivery ${n}` })
  const { available, reserved } = await hub.stock.get('MUG')
  const { orders } = await hub.orders.list({ connection: 'web' })
  const [shown] = await hub.explain('MUG', 'web')
  say({ status, onHand: available + reserved, orders: orders.length, offer: shown?.offer })
}
// What of the platforms it called by itself: nothing.
say({ calls: web.calls })
await hub.close()
