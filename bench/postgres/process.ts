/** One of several processes: opens the store, says so, and then reserves whenever it is told to. */
import { Pool } from 'pg'
import { postgres } from '../../src/store/postgres.ts'
import { type Load, reserveFor, stockOf } from './ours.ts'

const [url, schema] = process.argv.slice(2)
const database = await postgres(new Pool({ connectionString: url, pipeline: true }), {
  schema,
  endPool: true,
}).open()
const stock = stockOf(database)

process.on('message', async (load: Load) => process.send?.(await reserveFor(stock, load)))
process.once('disconnect', () => database.close())
process.send?.('ready')
