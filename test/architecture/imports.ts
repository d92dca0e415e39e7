import { posix } from 'node:path'
import { roomOf, rooms } from './rooms.ts'

export interface ImportLine {
  readonly specifier: string
  readonly typeOnly: boolean
}

/** Comments hold examples, which import freely. */
const withoutComments = (source: string) =>
  source
    .split('\n')
    .filter((line) => !/^\s*(\/\/|\/\*|\*)/.test(line))
    .join('\n')

/** Every static import, re-export and dynamic import of a source text. */
export function importsOf(source: string): ImportLine[] {
  const text = withoutComments(source)
  const statics = text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)
  const dynamics = text.matchAll(/\b(typeof\s+)?import\(\s*['"]([^'"]+)['"]/g)
  return [...statics, ...dynamics].map(([, type, specifier = '']) => ({
    specifier,
    typeOnly: type !== undefined,
  }))
}

/** What is wrong with one import line of a file, in words; `null` when nothing is. */
export function wrongWith(path: string, { specifier, typeOnly }: ImportLine): string | null {
  const own = roomOf(path)
  const room = rooms.find(({ name }) => name === own?.name)
  if (own === null || room === undefined) return `${path} lies in no room`
  const no = (why: string) => `${path}: ${why} '${specifier}'`

  if (specifier.startsWith('node:')) return room.pure ? no('a pure room imports') : null
  if (!specifier.startsWith('.')) {
    const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
    return room.packages.includes(name) ? null : no(`${room.name} may not import the package`)
  }

  const target = posix.join(posix.dirname(path), specifier)
  if (!specifier.endsWith('.ts')) return no('an import without its .ts ending')
  const other = roomOf(target)
  if (other === null) return no('this leads to no room:')
  if (own.kind !== null && other.kind !== null && own.kind !== other.kind) return no('another adapter:')
  if (other.name === own.name || room.rooms.includes(other.name)) return null
  if (typeOnly && room.types?.includes(other.name)) return null
  return no(`${room.name} may not import ${other.name}:`)
}

/** Signs of I/O, clock or randomness in a source text. `new Date(value)` only converts, and is fine. */
export function impurities(source: string): string[] {
  const signs =
    /Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|randomUUID\(|setTimeout\(|setInterval\(|\bprocess\.|\bfetch\(|console\./g
  return withoutComments(source).match(signs) ?? []
}
