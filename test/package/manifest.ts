import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../architecture/files.ts'

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly type: string
  readonly sideEffects: boolean
  readonly engines: { readonly node: string }
  readonly files: readonly string[]
  readonly bin: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>
  readonly scripts: Readonly<Record<string, string>>
  readonly allowScripts: Readonly<Record<string, boolean>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>
}

export const read = (path: string): string => readFileSync(join(root, path), 'utf8')
export const manifest: Manifest = JSON.parse(read('package.json'))
