/** One of several processes: opens the store, says so, and then reserves whenever it is told to. */
import { type Load, openStore, reserveFor, stockOf } from './ours.ts'

const [url = '', schema = ''] = process.argv.slice(2)
const database = await openStore(url, schema)
const stock = stockOf(database)

process.on('message', async (load: Load) => process.send?.(await reserveFor(stock, load)))
process.once('disconnect', () => database.close())
process.send?.('ready')
