/**
 * Runs the benchmarks of this folder, each in a process of its own so that none warms up another:
 * `npm run bench` runs all, `npm run bench -- reserve limiter` those named. A benchmark is a module that measures and
 * prints by its default export, or by its exports named `bench…`.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => basename(file, '.ts'))
  .sort()

const [flag, one, ...rest] = process.argv.slice(2)
if (flag === '--one' && one !== undefined) {
  const module: Record<string, unknown> = await import(pathToFileURL(`${folder}${one}.ts`).href)
  const named = Object.entries(module).filter(([name]) => name.startsWith('bench'))
  const measures = module.default === undefined ? named.map(([, value]) => value) : [module.default]
  for (const measure of measures) if (typeof measure === 'function') await measure()
} else {
  const asked = [flag, one, ...rest].filter((name) => name !== undefined)
  const unknown = asked.filter((name) => !known.includes(name))
  if (unknown.length > 0) {
    console.error(`No benchmark ${unknown.join(', ')}. There are: ${known.join(', ') || 'none'}.`)
    process.exit(1)
  }
  const failed = (asked.length > 0 ? asked : known).filter((name) => {
    console.log(`\n${name}`)
    const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--one', name], {
      stdio: 'inherit',
    })
    return child.status !== 0
  })
  if (failed.length > 0) {
    console.error(`\nfailed: ${failed.join(', ')}`)
    process.exit(1)
  }
}
