import { describe, expect, it } from 'vitest'
import { sourceFiles } from './files.ts'

const product = sourceFiles('src', 'adapters', 'examples', 'bench')
const all = [...product, ...sourceFiles('test')].filter(({ path }) => !path.startsWith('test/architecture/'))
const isComment = (line: string) => /^\s*(\/\/|\/\*|\*)/.test(line)

const found = (files: typeof all, pattern: RegExp, skip: (line: string) => boolean = () => false) =>
  files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line, index) => ({ line, at: `${path}:${index + 1}` }))
      .filter(({ line }) => pattern.test(line) && !skip(line))
      .map(({ line, at }) => `${at} ${line.trim()}`),
  )

describe('the source', () => {
  it('leaves nothing for later', () => {
    expect(found(all, /\b(TODO|FIXME|HACK)\b|\b[Ff]or now\b/)).toEqual([])
  })

  it('does not step round the compiler', () => {
    expect(found(all, /:\s*any\b|\bas any\b|<any>|\bany\[\]/, isComment)).toEqual([])
    expect(found(all, /@ts-ignore|@ts-nocheck/)).toEqual([])
  })

  it('runs every test that it has', () => {
    expect(found(all, /\b(it|test|describe)\.(only|todo|skip)\(/)).toEqual([])
  })

  it('keeps files short enough to be read at one sitting', () => {
    const lengths = product.map(({ path, text }) => ({ path, lines: text.split('\n').length }))
    expect(lengths.filter(({ lines }) => lines > 350)).toEqual([])
  })

  it('writes to the console only in the command, the examples and the benchmarks', () => {
    const quiet = product.filter(({ path }) => !/^(src\/cli|examples|bench)\//.test(path))
    expect(found(quiet, /\bconsole\.(log|info|warn|error)\(/, isComment)).toEqual([])
  })
})
