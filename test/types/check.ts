import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../architecture/files.ts'

/** One TypeScript example of a page, with the line it begins at. */
export interface Example {
  readonly page: string
  readonly line: number
  readonly code: string
}

/**
 * The ```ts blocks of a page. A block marked ```ts continues goes on where the block before it ended, and is checked
 * together with it.
 */
export function examplesOf(page: string): Example[] {
  const text = readFileSync(join(root, page), 'utf8')
  const examples: Example[] = []
  for (const match of text.matchAll(/^```ts( continues)?\n([\s\S]*?)^```$/gm)) {
    const before = match[1] ? examples.at(-1)?.code : undefined
    if (match[1] && before === undefined) throw new Error(`${page}: nothing to continue`)
    const line = text.slice(0, match.index).split('\n').length + 1
    examples.push({ page, line, code: before === undefined ? (match[2] ?? '') : `${before}${match[2]}` })
  }
  return examples
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const parsed = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
  return { ...parsed.options, noUnusedLocals: false, noUnusedParameters: false }
}

/** Type-checks examples as modules of this package, with its doors under their published names. One message per error. */
export function typeErrors(examples: readonly Example[]): string[] {
  const sources = new Map(examples.map((example, index) => [join(root, `example-${index}.ts`), example]))
  const options = compilerOptions()
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.fileExists = (path) => sources.has(path) || fileExists(path)
  host.readFile = (path) => sources.get(path)?.code ?? readFile(path)
  host.getSourceFile = (path, language, ...rest) => {
    const example = sources.get(path)
    return example
      ? ts.createSourceFile(path, example.code, language, true)
      : getSourceFile(path, language, ...rest)
  }
  const program = ts.createProgram([...sources.keys()], options, host)
  return [...sources].flatMap(([path, { page, line }]) => {
    const file = program.getSourceFile(path)
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return found.map(({ start = 0, messageText }) => {
      const at = file?.getLineAndCharacterOfPosition(start).line ?? 0
      return `${page}, example at line ${line}, its line ${at + 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
    })
  })
}
