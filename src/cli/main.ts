#!/usr/bin/env node
import { fileURLToPath } from 'node:url'
import { isStockpoolError } from '../error.ts'

const usage = `stockpool <command>

  demo [--seed N] [--json]     a hundred shoppers, two channels, one pool, a crash: about half a minute
  simulate [--port N]          start the simulators of all platforms and leave them running

With a module of yours that exports a hub (export const hub = createHub(…)):
  status  --hub ./hub.js                       connections and what of them ends, jobs, returns to answer
  explain --hub ./hub.js <sku> <connection>    every term of the number that is shown
  drift   --hub ./hub.js [connection]          where channels show something else, and why
  replay  --hub ./hub.js <job id>              try a dead job again
`

const commands: Readonly<Record<string, (args: string[]) => Promise<number>>> = {
  demo: async (args) => (await import('./demo/command.ts')).demo(args, fileURLToPath(import.meta.url)),
  'demo-hub': async () => (await import('./demo/hub-process.ts')).runHub(),
  simulate: async (args) => (await import('./simulate.ts')).simulate(args),
  status: async (args) => (await import('./operate.ts')).status(args),
  explain: async (args) => (await import('./operate.ts')).explain(args),
  drift: async (args) => (await import('./operate.ts')).drift(args),
  replay: async (args) => (await import('./operate.ts')).replay(args),
}

async function main([name = 'help', ...args]: string[]): Promise<number> {
  const command = commands[name]
  if (command) return command(args)
  const asked = name === 'help' || name === '--help' || name === '-h'
  ;(asked ? process.stdout : process.stderr).write(usage)
  return asked ? 0 : 2
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (thrown) {
  const remedy = isStockpoolError(thrown) && thrown.remedy ? `\n${thrown.remedy}` : ''
  process.stderr.write(`stockpool: ${thrown instanceof Error ? thrown.message : String(thrown)}${remedy}\n`)
  process.exitCode = 1
}
