import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** What importing the package costs, beyond zod, in fresh processes. */

const runs = 9
const aims = { stockpool: 25, adapter: 5 }
const adapters = ['shopify', 'amazon', 'shipbob']
const root = fileURLToPath(new URL('..', import.meta.url))

const built = existsSync(`${root}dist/index.js`)

function door(name: string): string {
  if (built) return `${root}dist/${name}.js`
  return name === 'index' ? `${root}src/index.ts` : `${root}adapters/${name}/index.ts`
}

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

function medianMs(modules: readonly string[]): number {
  return median(Array.from({ length: runs }, () => once(modules)))
}

export async function run(): Promise<void> {
  const core = pathToFileURL(door('index')).href
  if (!existsSync(door('index'))) {
    console.log('imports: there is neither dist/index.js nor src/index.ts')
    return
  }
  once(['zod', core])
  const zodMs = medianMs(['zod'])
  const coreMs = medianMs(['zod', core])
  const rows: Record<string, Record<string, string>> = {
    zod: { 'ms more': zodMs.toFixed(1), ratio: '1.00', aim: '' },
    stockpool: {
      'ms more': coreMs.toFixed(1),
      ratio: (coreMs / zodMs).toFixed(2),
      aim: `at most ${aims.stockpool}`,
    },
  }
  for (const adapter of adapters) {
    if (!existsSync(door(adapter))) continue
    const ms = medianMs(['zod', core, pathToFileURL(door(adapter)).href])
    rows[`stockpool/${adapter}`] = {
      'ms more': ms.toFixed(1),
      ratio: (ms / zodMs).toFixed(2),
      aim: `at most ${aims.adapter}`,
    }
  }
  console.log(
    `Import time in a fresh process, each beyond the one above it that it needs, median of ${runs}` +
      (built
        ? ', of dist'
        : ', of src: types are stripped at each import, so a build is faster (npm run build)'),
  )
  console.table(rows)
}

export default run

if (process.argv[1] === fileURLToPath(import.meta.url)) await run()
