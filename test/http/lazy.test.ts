import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** Everything that importing a file loads, followed through its static imports. */
function loadedBy(file: URL, seen = new Set<string>()): Set<string> {
  if (seen.has(file.href)) return seen
  seen.add(file.href)
  const source = readFileSync(fileURLToPath(file), 'utf8')
  const imports = source.matchAll(/^(?:import|export)\s+(?!type\b)[^'"]*?from '([^']+)'|^import '([^']+)'/gm)
  for (const [, from, bare] of imports) {
    const name = from ?? bare ?? ''
    if (name.startsWith('.')) loadedBy(new URL(name, file), seen)
    else seen.add(name)
  }
  return seen
}

describe('importing the HTTP room', () => {
  const loaded = loadedBy(new URL('../../src/http/index.ts', import.meta.url))

  it('follows imports at all', () => {
    expect([...loaded].some((name) => name.endsWith('/src/http/limiter.ts'))).toBe(true)
    expect(loaded).toContain('node:crypto')
  })

  it.each(['axios', 'bottleneck', 'p-retry', 'node:http', 'node:https'])('does not load %s', (name) => {
    expect(loaded).not.toContain(name)
  })
})
