import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root, sourceFiles } from '../architecture/files.ts'
import { examplesOf, typeErrors } from './check.ts'

const textOf = (page: string) => readFileSync(join(root, page), 'utf8')
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

describe('the examples of README and docs', () => {
  it('compile', () => {
    const examples = pages.flatMap(examplesOf)
    expect(examples.some(({ page }) => page === 'README.md')).toBe(true)
    expect(typeErrors(examples)).toEqual([])
  }, 120_000)

  it('would be caught if they did not', () => {
    const wrong = {
      page: 'planted',
      line: 1,
      code: "import { createHub } from 'stockpool'\ncreateHub({ stroe: 1 })\n",
    }
    expect(typeErrors([wrong])).not.toEqual([])
  }, 120_000)

  it('README opens with a quick start of about 25 lines and the two commands', () => {
    const [quickStart] = examplesOf('README.md')
    const lines = quickStart?.code.trim().split('\n').length ?? 0
    expect(lines).toBeGreaterThan(15)
    expect(lines).toBeLessThanOrEqual(30)
    const readme = textOf('README.md')
    expect(readme).toContain('npm install && npm run demo')
    expect(readme).toContain('npm install && npm test')
  })

  it('lead only to pages that exist', () => {
    const broken = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target = '']) => join(root, page, '..', target))
        .filter((path) => !existsSync(path))
        .map((path) => `${page}: ${path}`),
    )
    expect(broken).toEqual([])
  })

  it('are where the source says they are', () => {
    const broken = sourceFiles('src', 'adapters', 'examples').flatMap(({ path, text }) =>
      (text.match(/\bdocs\/[\w-]+\.md\b/g) ?? [])
        .filter((page) => !pages.includes(page))
        .map((page) => `${path}: ${page}`),
    )
    expect(broken).toEqual([])
  })
})
