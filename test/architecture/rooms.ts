/** What one room may import: other rooms, packages, and whether Node's own modules. Design section 2, as data. */
export interface Room {
  readonly name: string
  /** Other rooms, by name. A room always may import itself. */
  readonly rooms: readonly string[]
  /** Rooms of which only types may be imported. */
  readonly types?: readonly string[]
  readonly packages: readonly string[]
  /** Without Node's modules, and without clock and randomness: a pure room. */
  readonly pure?: true
}

const engine = ['error', 'model', 'spec', 'stock', 'order', 'http', 'store', 'hub', 'index']
const all = [...engine, 'simulator', 'testing', 'cli', 'adapter', 'adapter simulator', 'simulators door']

export const rooms: readonly Room[] = [
  { name: 'error', rooms: [], packages: [], pure: true },
  { name: 'model', rooms: ['error'], packages: ['zod'], pure: true },
  { name: 'spec', rooms: ['model', 'error'], packages: ['zod'], pure: true },
  { name: 'stock', rooms: ['model', 'error'], packages: [], pure: true },
  { name: 'order', rooms: ['model', 'error', 'stock'], packages: [], pure: true },
  { name: 'http', rooms: ['error'], types: ['spec'], packages: ['axios', 'bottleneck', 'p-retry', 'zod'] },
  { name: 'store', rooms: ['model', 'stock', 'order', 'error'], packages: ['zod'] },
  { name: 'hub', rooms: engine, packages: ['zod'] },
  { name: 'index', rooms: engine, packages: [] },
  { name: 'postgres', rooms: ['store'], packages: [] },
  { name: 'simulator', rooms: ['spec', 'model', 'error', 'http'], packages: ['zod'] },
  { name: 'testing', rooms: [...engine, 'simulator'], packages: ['zod'] },
  // Of PostgreSQL's driver nothing is known but its shape, save where the demo is asked to make a pool of its own.
  { name: 'cli', rooms: all, packages: ['zod', 'pg'] },
  { name: 'adapter', rooms: ['spec', 'model', 'error', 'http'], packages: ['zod'] },
  {
    name: 'adapter simulator',
    rooms: ['spec', 'model', 'error', 'http', 'simulator', 'adapter'],
    packages: ['zod'],
  },
  { name: 'simulators door', rooms: ['simulator', 'adapter simulator'], packages: [] },
]

/** The room that a file belongs to, and for an adapter its kind; `null` when it lies in no room. */
export function roomOf(path: string): { name: string; kind: string | null } | null {
  if (path === 'adapters/simulators.ts') return { name: 'simulators door', kind: null }
  const [top, kind, inner] = path.split('/')
  if (top === 'adapters' && kind !== undefined) {
    return { name: inner === 'simulator' ? 'adapter simulator' : 'adapter', kind }
  }
  const name = kind?.replace(/\.ts$/, '')
  return top === 'src' && rooms.some((room) => room.name === name) ? { name: name ?? '', kind: null } : null
}
