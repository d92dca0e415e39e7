// Installs the packed package into an empty project and uses it as a stranger would: every door is imported, nothing
// happens at import, a small program is type-checked against it, and its command runs.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const [work = ''] = process.argv.slice(2)
const tarball = readdirSync(work).find((name) => name.endsWith('.tgz'))
if (!tarball) throw new Error(`no packed package in ${work}`)
const project = join(work, 'project')
const here = resolve('.')

function run(what, command, args) {
  const began = Date.now()
  const result = spawnSync(command, args, {
    cwd: project,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  })
  if (result.status !== 0) {
    console.error(`${what}: failed\n${result.stdout}${result.stderr}${result.error ?? ''}`)
    process.exit(1)
  }
  console.log(`${what}: ok, ${Date.now() - began} ms`)
  return result
}

mkdirSync(project)
writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'shop', private: true, type: 'module' }))
run('install', 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', join(work, tarball)])

const installed = join(project, 'node_modules', 'stockpool')
const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))
const doors = Object.keys(manifest.exports).filter((door) => door !== './package.json')

for (const door of doors) {
  const name = door.replace('.', 'stockpool')
  const target = manifest.exports[door]
  for (const file of [target.types, target.default]) {
    if (!existsSync(join(installed, file))) throw new Error(`${name}: ${file} is not in the package`)
  }
  const program = `
    const door = await import('${name}')
    if (Object.keys(door).length === 0) throw new Error('exports nothing')
    await new Promise((settled) => setTimeout(settled, 20))
    const active = process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap') // its own output
    if (active.length > 0) throw new Error('starts something at import: ' + active)`
  const { stdout, stderr } = run(`import ${name}`, process.execPath, ['--input-type=module', '-e', program])
  if (stdout || stderr) throw new Error(`${name} speaks at import: ${stdout}${stderr}`)
}
run('import the manifest', process.execPath, [
  '--input-type=module',
  '-e',
  "await import('stockpool/package.json', { with: { type: 'json' } })",
])

const built = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
for (const name of built.filter((file) => file.endsWith('.js'))) {
  const text = readFileSync(join(installed, 'dist', name), 'utf8')
  if (/\b(__require|require)\(\s*["']/.test(text)) throw new Error(`dist/${name} calls require`)
  if (/from ["']sqlite["']/.test(text)) throw new Error(`dist/${name} lost the node: of node:sqlite`)
}

writeFileSync(join(project, 'shop.ts'), readFileSync('test/package/consumer.ts', 'utf8'))
for (const [module, moduleResolution] of [
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
]) {
  const compilerOptions = {
    module,
    moduleResolution,
    target: 'es2023',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(here, 'node_modules/@types')],
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['shop.ts'] }))
  run(`types, ${moduleResolution}`, process.execPath, [
    join(here, 'node_modules/typescript/bin/tsc'),
    '-p',
    '.',
  ])
}

run('npx stockpool --help', 'npx', ['--no-install', 'stockpool', '--help'])
run('npx stockpool demo', 'npx', ['--no-install', 'stockpool', 'demo', '--json'])
