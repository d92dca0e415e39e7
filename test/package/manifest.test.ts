import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entry } from '../../tsup.config.ts'
import { root, sourceFiles } from '../architecture/files.ts'
import { importsOf } from '../architecture/imports.ts'
import { manifest, read } from './manifest.ts'

const doors = Object.entries(manifest.exports).filter(([door]) => door !== './package.json')

const lock: {
  packages: Record<string, { hasInstallScript?: boolean; optionalDependencies?: Record<string, string> }>
} = JSON.parse(read('package-lock.json'))

describe('the package', () => {
  it('has one build entry for each door and for the command, and no other', () => {
    const built = doors.map(([, target]) => target)
    const expected = Object.keys(entry).filter((name) => name !== 'cli/main')
    expect(built).toEqual(
      expected.map((name) => ({ types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` })),
    )
    expect(manifest.bin).toEqual({ stockpool: 'dist/cli/main.js' })
    expect(doors.map(([door]) => door)).toEqual(
      expected.map((name) => (name === 'index' ? '.' : `./${name}`)),
    )
  })

  it('has the source of every entry', () => {
    expect(Object.values(entry).filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  it('has a door for every adapter', () => {
    const kinds = new Set(sourceFiles('adapters').map(({ path }) => path.split('/')[1]))
    kinds.delete('simulators.ts')
    expect([...kinds].filter((kind) => !(`./${kind}` in manifest.exports))).toEqual([])
  })

  it('is ESM without side effects, for Node 22.13 and later', () => {
    const { type, sideEffects, engines } = manifest
    expect({ type, sideEffects, node: engines.node }).toEqual({
      type: 'module',
      sideEffects: false,
      node: '>=22.13',
    })
  })

  it('has a command that a shell can start', () => {
    expect(read(entry['cli/main']).split('\n')[0]).toBe('#!/usr/bin/env node')
  })

  it('names everything that its doors export', () => {
    const starred = Object.values(entry)
      .filter((path) => path !== entry['cli/main'])
      .filter((path) => /^export (type )?\*/m.test(read(path)))
    expect(starred).toEqual([])
  })

  it('depends on what its source imports, and on nothing else', () => {
    const used = sourceFiles('src', 'adapters')
      .flatMap(({ text }) => importsOf(text))
      .map(({ specifier }) => specifier)
      .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    const peers = Object.keys(manifest.peerDependencies)
    expect([...new Set(used)].filter((name) => !peers.includes(name)).sort()).toEqual(
      Object.keys(manifest.dependencies).sort(),
    )
  })

  it('loads a database driver of the user’s only when a command is asked for it, and works without', () => {
    const peers = Object.keys(manifest.peerDependencies)
    expect(manifest.peerDependenciesMeta).toEqual(
      Object.fromEntries(peers.map((name) => [name, { optional: true }])),
    )
    const loading = sourceFiles('src', 'adapters').flatMap(({ path, text }) =>
      importsOf(text)
        .filter(({ specifier }) => peers.includes(specifier))
        .map(({ specifier }) => ({
          path,
          only: text.split(`'${specifier}'`).length === 2,
          dynamic: text.includes(`import('${specifier}')`),
        })),
    )
    expect(loading).toEqual([{ path: 'src/cli/demo/database.ts', only: true, dynamic: true }])
  })

  it('locks its tools for every system, without which `npm ci` refuses', () => {
    const missing = Object.values(lock.packages)
      .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
      .filter((name) => !(`node_modules/${name}` in lock.packages))
    expect(missing).toEqual([])
    expect(read('package-lock.json')).not.toContain('"resolved"')
  })

  it('lets the install scripts of its tools run without a question', () => {
    const asking = Object.entries(lock.packages)
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => path.replace(/^.*node_modules\//, ''))
      // Optional, and for another system.
      .filter((name) => name !== 'fsevents')
    expect(Object.keys(manifest.allowScripts).sort()).toEqual(asking.sort())
  })

  it('has change notes that can be read', () => {
    const notes = readdirSync(join(root, '.changeset')).filter((name) => name.endsWith('.md'))
    const broken = notes.filter(
      (name) => !/^---\n'stockpool': (major|minor|patch)\n---\n\n\S/.test(read(`.changeset/${name}`)),
    )
    expect(broken).toEqual([])
  })

  it('holds what it needs to run and be understood, and nothing more', () => {
    const { stdout } = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    })
    const [packed]: [{ files: { path: string }[] }] = JSON.parse(stdout)
    const paths = packed.files.map(({ path }) => path)
    expect(paths).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
    expect(
      paths.filter((path) => !/^(dist\/[\w./-]+\.(js|d\.ts)|LICENSE|README\.md|package\.json)$/.test(path)),
    ).toEqual([])
  })
})
