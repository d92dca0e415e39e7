import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { entry } from '../../tsup.config.ts'
import { root } from '../architecture/files.ts'

const { 'cli/main': _, ...doors } = entry

/** Imports one door in a process of its own and tells what was running and loaded after it. */
function importOf(path: string) {
  const program = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ resolve(specifier, context, next) { loaded.push(specifier); return next(specifier, context) } })
    await import(${JSON.stringify(pathToFileURL(join(root, path)).href)})
    await new Promise((settled) => setTimeout(settled, 20))
    const active = process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap') // its own output
    process.stdout.write(JSON.stringify({ active, loaded }))`
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
  })
  const told: { active: string[]; loaded: string[] } = JSON.parse(child.stdout)
  return { ...told, status: child.status, stderr: child.stderr }
}

describe.each(Object.entries(doors))('importing %s', (name, path) => {
  it('starts nothing, says nothing and ends by itself', () => {
    const { active, status, stderr } = importOf(path)
    expect({ active, status, stderr }).toEqual({ active: [], status: 0, stderr: '' })
  })

  const light = name !== 'simulator' && name !== 'testing'
  if (!light) return
  it('loads neither the HTTP client nor a simulator', () => {
    const { loaded } = importOf(path)
    expect(loaded.filter((specifier) => /axios|bottleneck|p-retry|simulator/.test(specifier))).toEqual([])
  })
})
