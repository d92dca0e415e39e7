import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'tsup'
import config, { type entry } from '../tsup.config.ts'

/** What importing the package costs, beyond zod, in fresh processes, built as it is published. */

const runs = 9
const aims = { stockpool: 25, adapter: 5 }
const zodThenMs = 37
const adapters = [
  'shopify',
  'amazon',
  'shipbob',
  'tiktok',
  'ebay',
] as const satisfies readonly (keyof typeof entry)[]
const root = fileURLToPath(new URL('..', import.meta.url))
// Below node_modules, so that the dependencies are found from there.
const outDir = `${root}node_modules/.cache/stockpool-bench`
const door = (name: keyof typeof entry) => pathToFileURL(`${outDir}/${name}.js`).href

/** Imports one after the other in a new process; the milliseconds that the last took. */
function once(modules: readonly string[]): number {
  const script = `
    let ms = 0
    for (const module of ${JSON.stringify(modules)}) {
      const startedAt = performance.now()
      await import(module)
      ms = performance.now() - startedAt
    }
    console.log(ms)
  `
  const options = { cwd: root, encoding: 'utf8' } as const
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], options))
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export async function run(): Promise<void> {
  await build({ ...config, config: false, dts: false, silent: true, outDir })
  mkdirSync(outDir, { recursive: true })
  // As in the published package: without it Node would have to find out what kind of module each file is.
  writeFileSync(`${outDir}/package.json`, '{ "type": "module" }')
  const core = ['zod', door('index')]
  const contenders = [
    { name: 'zod', modules: ['zod'], aim: '' },
    { name: 'stockpool', modules: core, aim: `at most ${aims.stockpool}` },
    ...adapters.map((name) => ({
      name: `stockpool/${name}`,
      modules: [...core, door(name)],
      aim: `at most ${aims.adapter}`,
    })),
  ].map((contender) => ({ ...contender, ms: [] as number[] }))
  // In turns, so that a busy moment falls on all; the first turn only warms the file cache.
  for (let turn = 0; turn <= runs; turn += 1) {
    for (const { modules, ms } of contenders) {
      const taken = once(modules)
      if (turn > 0) ms.push(taken)
    }
  }
  const zodMs = median(contenders[0]?.ms ?? [])
  console.log(
    `Import in a fresh process: zod, then stockpool beyond it, then each adapter beyond both; ${runs} runs. ` +
      `The aims were set where zod takes ${zodThenMs} ms: on a slower machine compare the ratios.`,
  )
  console.table(
    contenders.map(({ name, ms, aim }) => ({
      import: name,
      'ms more': median(ms).toFixed(1),
      'least ms': Math.min(...ms).toFixed(1),
      ratio: (median(ms) / zodMs).toFixed(2),
      aim,
      'aim as ratio':
        name === 'zod' ? '' : ((name === 'stockpool' ? aims.stockpool : aims.adapter) / zodThenMs).toFixed(2),
    })),
  )
}

export default run

if (process.argv[1] === fileURLToPath(import.meta.url)) await run()
